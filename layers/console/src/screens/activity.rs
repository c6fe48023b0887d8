//! Activity: what people did, by person, action and volume, also as CSV.

use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::signed_in::{SignedIn, Viewer};
use crate::words;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum_extra::extract::Query;
use catalog::{Activity, ActivityFilter};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const ON_A_PAGE: i64 = 100;

/// As much as a response of a function may hold.
const IN_A_FILE: i64 = 10_000;

pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/activity", get(activity)).route("/activity.csv", get(csv))
}

#[derive(Debug, Default, Deserialize)]
struct Search {
    #[serde(default)]
    person: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    scan: String,
    #[serde(default)]
    before: String,
}

impl Search {
    fn filter(&self, limit: i64) -> Result<ActivityFilter, ConsoleError> {
        let given = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let wrong = |what: &str| ConsoleError::Wrong(format!("{what} cannot be read."));
        let scan = given(&self.scan).map(|scan| scan.parse().map_err(|_| wrong("The number of the scan")));
        let before = given(&self.before);
        let before = before.map(|at| OffsetDateTime::parse(&at, &Rfc3339).map_err(|_| wrong("The time")));
        Ok(ActivityFilter {
            actor: given(&self.person).map(|person| person.to_lowercase()),
            kind: given(&self.action),
            scan: scan.transpose()?,
            before: before.transpose()?,
            limit,
        })
    }

    fn query(&self, before: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in
            [("person", self.person.as_str()), ("action", &self.action), ("scan", &self.scan), ("before", before)]
        {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    frame: Frame,
    search: Search,
    activities: Vec<Activity>,
    next: Option<String>,
    file: String,
}

async fn activity(
    State(console): State<Arc<Console>>,
    session: SignedIn<Viewer>,
    Query(search): Query<Search>,
) -> Result<impl IntoResponse, ConsoleError> {
    let activities = console.catalog.activity(&search.filter(ON_A_PAGE)?).await?;
    let oldest = activities.last().filter(|_| activities.len() as i64 == ON_A_PAGE).map(|activity| activity.at);
    let next = oldest.and_then(|at| at.format(&Rfc3339).ok()).map(|before| search.query(&before));
    let frame = session.frame("Activity").section("/activity");
    page(&ActivityPage { frame, file: search.query(""), search, activities, next })
}

async fn csv(
    State(console): State<Arc<Console>>,
    _session: SignedIn<Viewer>,
    Query(search): Query<Search>,
) -> Result<Response, ConsoleError> {
    let activities = console.catalog.activity(&search.filter(IN_A_FILE)?).await?;
    let mut text = "at,person,action,scan,file,detail\r\n".to_owned();
    for activity in &activities {
        let scan = activity.scan.map(|scan| scan.to_string()).unwrap_or_default();
        let detail = activity.detail.to_string();
        let key = activity.key.as_deref().unwrap_or_default();
        let cells = [&words::moment(&activity.at), &activity.actor, &activity.kind, &scan, key, &detail];
        text += &cells.map(quoted).join(",");
        text += "\r\n";
    }
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"activity.csv\"")];
    Ok((headers, text).into_response())
}

/// A cell of CSV (RFC 4180). Spreadsheets take cells that begin with certain characters for formulas; an apostrophe makes
/// them text (OWASP, "CSV Injection").
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if is_formula { "'" } else { "" }, cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_broken_nor_a_formula() {
        assert_eq!(quoted("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        for formula in ["=1+1", "+1", "-1", "@a", "\t=1"] {
            assert!(quoted(formula).starts_with("\"'"), "{formula:?}");
        }
    }
}
