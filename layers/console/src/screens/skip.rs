//! Skipping pages: what it would do, and the change itself.

use super::failures::estimate;
use super::volume::{Seen, back, summary};
use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::signed_in::{Operator as OperatorRank, SignedIn};
use crate::words;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use axum_extra::extract::{Form, Query};
use catalog::{Restart, ScanSummary};
use domain::ScanId;
use pipeline::actions::Operator;
use serde::Deserialize;
use std::sync::Arc;

/// More pages than these are no list that a person typed.
const MOST_PAGES: usize = 1_000;

pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/volumes/{scan}/skip", get(ask).post(skip))
}

#[derive(Debug, Deserialize)]
struct Choice {
    pages: String,
    /// The pages are not skipped any more.
    #[serde(default)]
    undo: bool,
}

/// Page numbers between commas or spaces.
fn pages(text: &str) -> Result<Vec<i32>, ConsoleError> {
    let numbers = text.split([',', ' ']).filter(|number| !number.is_empty());
    let parsed: Result<Vec<i32>, _> = numbers.take(MOST_PAGES + 1).map(str::parse).collect();
    match parsed {
        Ok(pages) if (1..=MOST_PAGES).contains(&pages.len()) => Ok(pages),
        _ => Err(ConsoleError::Wrong(format!("{text:?} is not a list of pages such as 17, 20. Nothing was done."))),
    }
}

#[derive(Template)]
#[template(path = "skip.html")]
struct SkipPage {
    frame: Frame,
    scan: ScanSummary,
    seen: Seen,
    /// The numbers of the pages, for people and for the form.
    pages: String,
    count: i64,
    undo: bool,
    effect: String,
    estimate: String,
}

/// The change itself, rolled back: so it follows the same rules, whatever they are.
async fn ask(
    State(console): State<Arc<Console>>,
    session: SignedIn<OperatorRank>,
    Path(scan): Path<ScanId>,
    Query(choice): Query<Choice>,
) -> Result<impl IntoResponse, ConsoleError> {
    let pages = pages(&choice.pages)?;
    let scan = summary(&console, scan).await?;
    let rehearsal = console.catalog.rehearsing();
    let restart = match choice.undo {
        false => rehearsal.skip_pages(scan.id, &pages).await?,
        true => rehearsal.unskip_pages(scan.id, &pages).await?,
    };
    let seconds = console.catalog.restart_seconds(&restart).await?;
    let title = if choice.undo { "Process skipped pages of" } else { "Skip pages of" };
    page(&SkipPage {
        frame: session.frame(format!("{title} {}?", words::volume(&scan))).section("/volumes"),
        seen: Seen::of(&scan),
        scan,
        count: pages.len() as i64,
        pages: words::list(&pages),
        undo: choice.undo,
        effect: effect(&restart),
        estimate: estimate(&console, seconds).await?,
    })
}

#[derive(Debug, Deserialize)]
struct Decision {
    seen: String,
    pages: String,
    #[serde(default)]
    undo: bool,
}

async fn skip(
    State(console): State<Arc<Console>>,
    session: SignedIn<OperatorRank>,
    Path(scan): Path<ScanId>,
    Form(decision): Form<Decision>,
) -> Result<Redirect, ConsoleError> {
    let Decision { seen, pages, undo } = decision;
    let pages = self::pages(&pages)?;
    Seen { seen }.check(&console, scan).await?;
    let catalog = session.catalog(&console)?;
    let operator = Operator { catalog: &catalog, queues: &console.queues };
    match undo {
        false => operator.skip(scan, &pages).await?,
        true => operator.unskip(scan, &pages).await?,
    };
    Ok(back(scan))
}

fn effect(restart: &Restart) -> String {
    let Restart { ranges, kept, .. } = restart;
    if ranges.is_empty() && *kept == 0 {
        return words::FROM_THE_BEGINNING.to_owned();
    }
    format!("Compresses again, reads {}", words::parts_again(ranges, *kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_pages_is_read() {
        assert_eq!(pages("17, 20").unwrap(), [17, 20]);
        assert_eq!(pages(" 3 ").unwrap(), [3]);
        for wrong in ["", " , ", "17-20", "x", "99999999999", &"1,".repeat(MOST_PAGES + 1)] {
            assert!(pages(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_restarts_is_told_first() {
        let told = |ranges: &[i32], kept| effect(&Restart { ranges: ranges.to_vec(), kept, ready: Vec::new() });
        assert_eq!(told(&[], 0), "Starts from the beginning: compresses, reads and splits.");
        assert_eq!(told(&[2], 3), "Compresses again, reads 1 part (3) again, keeps 3 parts, then splits.");
        assert_eq!(told(&[], 3), "Compresses again, reads 0 parts again, keeps 3 parts, then splits.");
    }
}
