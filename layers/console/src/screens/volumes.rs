//! Volumes: everything that was ever uploaded, with a search.

use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::signed_in::{SignedIn, Viewer};
use crate::words;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum_extra::extract::Query;
use catalog::{Filter, ScanSummary};
use domain::{ScanId, Status};
use serde::Deserialize;
use std::sync::Arc;

const ON_A_PAGE: i64 = 50;

/// More words find nothing more, and cost time.
const MOST_WORDS: usize = 8;

pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/volumes", get(volumes))
}

/// The statuses behind a chip.
struct Chip {
    value: &'static str,
    name: &'static str,
    includes: fn(Status) -> bool,
}

const CHIPS: [Chip; 5] = [
    Chip { value: "working", name: "In work", includes: |status| !status.is_ended() },
    Chip {
        value: "finished",
        name: "Finished",
        includes: |status| matches!(status, Status::PendingReview | Status::Approved),
    },
    Chip { value: "approved", name: "Approved", includes: |status| matches!(status, Status::Approved) },
    Chip { value: "failed", name: "Failed", includes: |status| matches!(status, Status::Failed) },
    Chip { value: "cancelled", name: "Cancelled", includes: |status| matches!(status, Status::Cancelled) },
];

#[derive(Debug, Default, Clone, Deserialize)]
struct Search {
    #[serde(default)]
    search: String,
    #[serde(default)]
    status: String,
    /// `you`: only what waits for a person.
    #[serde(default)]
    needs: String,
    before: Option<ScanId>,
}

impl Search {
    fn filter(&self) -> Filter {
        let chip = CHIPS.iter().find(|chip| chip.value == self.status);
        let statuses = Status::ALL.iter().copied().filter(|status| chip.is_some_and(|chip| (chip.includes)(*status)));
        Filter {
            statuses: statuses.collect(),
            words: self.search.split_whitespace().take(MOST_WORDS).map(ToOwned::to_owned).collect(),
            needs_person: self.needs == "you",
            before: self.before,
            // One more shows whether there is a next page.
            limit: ON_A_PAGE + 1,
            ..Filter::default()
        }
    }

    fn is_filtered(&self) -> bool {
        !self.search.trim().is_empty() || !self.status.is_empty() || !self.needs.is_empty() || self.before.is_some()
    }

    /// The address of this search with other values.
    fn address(&self, status: &str, needs: &str, before: Option<ScanId>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let before = before.map(|before| before.to_string()).unwrap_or_default();
        for (name, value) in [("search", self.search.trim()), ("status", status), ("needs", needs), ("before", &before)]
        {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("/volumes?{}", query.finish())
    }
}

#[derive(Template)]
#[template(path = "volumes.html")]
struct VolumesPage {
    frame: Frame,
    search: String,
    status: String,
    needs: String,
    /// Name, address, and whether it is chosen.
    chips: Vec<(&'static str, String, bool)>,
    scans: Vec<ScanSummary>,
    is_filtered: bool,
    here: String,
    next: Option<String>,
}

async fn volumes(
    State(console): State<Arc<Console>>,
    session: SignedIn<Viewer>,
    Query(search): Query<Search>,
) -> Result<impl IntoResponse, ConsoleError> {
    let mut scans = console.catalog.scans(&search.filter()).await?;
    let has_more = scans.len() as i64 > ON_A_PAGE;
    scans.truncate(ON_A_PAGE as usize);
    let oldest = scans.last().map(|scan| scan.id).filter(|_| has_more);
    let mut chips = vec![("All", search.address("", "", None), search.status.is_empty() && search.needs.is_empty())];
    chips.push(("Needs you", search.address("", "you", None), search.needs == "you"));
    chips.extend(
        CHIPS.iter().map(|chip| (chip.name, search.address(chip.value, "", None), search.status == chip.value)),
    );
    page(&VolumesPage {
        frame: session.frame("Volumes").section("/volumes"),
        chips,
        is_filtered: search.is_filtered(),
        here: search.address(&search.status, &search.needs, search.before),
        next: oldest.map(|oldest| search.address(&search.status, &search.needs, Some(oldest))),
        search: search.search,
        status: search.status,
        needs: search.needs,
        scans,
    })
}
