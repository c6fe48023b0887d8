//! Polls scans and shows what changed, until all of them have ended.

use super::view::View;
use crate::service::error::ServiceError;
use crate::service::report::Ending;
use catalog::{Catalog, Event, Filter, ScanDetail, ScanSummary};
use domain::{ScanId, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::Instant;

const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// How long the database may be unreachable.
const PATIENCE: Duration = Duration::from_secs(120);

/// The number of scans in one query.
const PAGE: i64 = 1_000;

#[derive(Debug)]
pub enum Subject {
    Scans(BTreeSet<ScanId>),
    /// All unfinished scans, including those that are recorded while the command runs.
    Unfinished,
}

/// What was shown of a scan.
#[derive(Debug)]
struct Known {
    summary: ScanSummary,
    events: usize,
}

/// A scan as the database has it now.
struct Look {
    summary: ScanSummary,
    /// None if they were not queried yet.
    events: Option<Vec<Event>>,
}

/// Returns the worst ending, or none if there was no scan to watch.
pub async fn follow(catalog: &Catalog, subject: &Subject, view: &mut View) -> Result<Option<Ending>, ServiceError> {
    let mut known: BTreeMap<ScanId, Known> = BTreeMap::new();
    let mut answered = Instant::now();
    loop {
        match look(catalog, subject, &mut known, view).await {
            Ok(()) => answered = Instant::now(),
            Err(ServiceError::Catalog(error)) if error.is_temporary() && answered.elapsed() < PATIENCE => {
                view.note("The database does not answer. Trying again.");
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
            None => catalog.require_scan(summary.id).await?.events,
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
    for scan in scans.iter().filter(|scan| may_continue(known.get(scan))) {
        let ScanDetail { scan, events, .. } = catalog.require_scan(*scan).await?;
        looks.push(Look { summary: scan.summary, events: Some(events) });
    }
    Ok(looks)
}

/// The scans that are unfinished, and those that were unfinished at the last look.
async fn unfinished(catalog: &Catalog, known: &BTreeMap<ScanId, Known>) -> Result<Vec<Look>, ServiceError> {
    let mut summaries = list(catalog).await?;
    let listed: BTreeSet<ScanId> = summaries.iter().map(|summary| summary.id).collect();
    for (scan, _) in known.iter().filter(|(scan, known)| !listed.contains(scan) && may_continue(Some(known))) {
        summaries.push(catalog.require_scan(*scan).await?.scan.summary);
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

fn may_continue(known: Option<&Known>) -> bool {
    known.is_none_or(|known| !known.summary.status.is_ended())
}
