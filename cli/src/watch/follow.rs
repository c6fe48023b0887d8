//! The loop: look, tell what is new, until nothing goes on.

use super::{Ending, View};
use crate::service::ServiceError;
use catalog::{Catalog, CatalogError, Event, Filter, ScanDetail, ScanSummary};
use domain::{ScanId, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::Instant;

const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// So long the database may be away.
const PATIENCE: Duration = Duration::from_secs(120);

/// Scans that are asked for at once.
const PAGE: i64 = 1_000;

/// Which scans to follow.
#[derive(Debug)]
pub enum Subject {
    /// These.
    Scans(BTreeSet<ScanId>),
    /// All that have not come to their ends, those too that begin meanwhile.
    Unfinished,
}

/// What was told of a scan.
#[derive(Debug)]
struct Known {
    summary: ScanSummary,
    events: usize,
}

/// A scan, looked at.
struct Look {
    summary: ScanSummary,
    /// What happened to it, where that was asked for at once.
    events: Option<Vec<Event>>,
}

/// Follows scans to their ends and tells the worst of them; none where there was nothing to follow.
///
/// # Errors
/// When a scan does not exist, or the database stays away for two minutes.
pub async fn follow(catalog: &Catalog, subject: &Subject, view: &mut View) -> Result<Option<Ending>, ServiceError> {
    let mut known: BTreeMap<ScanId, Known> = BTreeMap::new();
    let mut answered = Instant::now();
    loop {
        match look(catalog, subject, &mut known, view).await {
            Ok(()) => answered = Instant::now(),
            Err(ServiceError::Catalog(error)) if error.is_temporary() && answered.elapsed() < PATIENCE => {
                view.note("the database does not answer; trying again");
            }
            Err(error) => return Err(error),
        }
        let endings = known.values().map(|known| Ending::of(&known.summary)).collect::<Option<Vec<Ending>>>();
        if let Some(endings) = endings {
            return Ok(endings.into_iter().max());
        }
        view.refresh(known.values().map(|known| &known.summary), OffsetDateTime::now_utc());
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

async fn look(
    catalog: &Catalog,
    subject: &Subject,
    known: &mut BTreeMap<ScanId, Known>,
    view: &mut View,
) -> Result<(), ServiceError> {
    let looks = match subject {
        Subject::Scans(scans) => these(catalog, scans, known).await?,
        Subject::Unfinished => unfinished(catalog, known).await?,
    };
    for Look { summary, events } in looks {
        let before = known.get(&summary.id);
        let events = match events {
            Some(events) => events,
            None if before.is_some_and(|before| before.summary == summary) => continue,
            None => one(catalog, summary.id).await?.events,
        };
        let new = before.map(|before| events.get(before.events..).unwrap_or_default());
        if before.is_none_or(|before| before.summary != summary) || new.is_some_and(|new| !new.is_empty()) {
            view.changed(&summary, new)?;
        }
        known.insert(summary.id, Known { summary, events: events.len() });
    }
    Ok(())
}

async fn these(
    catalog: &Catalog,
    scans: &BTreeSet<ScanId>,
    known: &BTreeMap<ScanId, Known>,
) -> Result<Vec<Look>, ServiceError> {
    let mut looks = Vec::new();
    for scan in scans.iter().filter(|scan| goes_on(known.get(scan))) {
        let ScanDetail { scan, events, .. } = one(catalog, *scan).await?;
        looks.push(Look { summary: scan.summary, events: Some(events) });
    }
    Ok(looks)
}

/// Those of the list, and those that were in it before and are not any more.
async fn unfinished(catalog: &Catalog, known: &BTreeMap<ScanId, Known>) -> Result<Vec<Look>, ServiceError> {
    let mut summaries = list(catalog).await?;
    let listed: BTreeSet<ScanId> = summaries.iter().map(|summary| summary.id).collect();
    for (scan, _) in known.iter().filter(|(scan, known)| !listed.contains(scan) && goes_on(Some(known))) {
        summaries.push(one(catalog, *scan).await?.scan.summary);
    }
    summaries.sort_by_key(|summary| summary.id);
    Ok(summaries.into_iter().map(|summary| Look { summary, events: None }).collect())
}

async fn list(catalog: &Catalog) -> Result<Vec<ScanSummary>, ServiceError> {
    let statuses: Vec<Status> = Status::ALL.iter().copied().filter(|status| !status.is_ended()).collect();
    let mut filter = Filter { statuses, limit: PAGE, ..Filter::default() };
    let mut summaries = Vec::new();
    loop {
        let page = catalog.scans(&filter).await?;
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        filter.before = page.last().map(|summary| summary.id);
        summaries.extend(page);
        if is_last {
            return Ok(summaries);
        }
    }
}

/// A scan that waits for a person may go on; one that ended may not.
fn goes_on(known: Option<&Known>) -> bool {
    known.is_none_or(|known| !known.summary.status.is_ended())
}

async fn one(catalog: &Catalog, scan: ScanId) -> Result<ScanDetail, ServiceError> {
    Ok(catalog.scan(scan).await?.ok_or(CatalogError::Unknown(scan))?)
}
