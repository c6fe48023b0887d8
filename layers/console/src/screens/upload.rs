//! Upload: files go from the browser straight to S3, in parts.
//!
//! The browser asks for a signed URL for each part when it needs it. S3 knows the parts that it has, so an upload goes on
//! after a lost connection, and after the page was closed.

use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::signed_in::{Reviewer, SignedIn};
use crate::words;
use askama::Template;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_extra::extract::{Form, Query};
use catalog::{Filter, ScanSummary};
use domain::{NameParts, NamingError, ScanId, Status, UploadKey, VolumeName};
use objects::{BrowserUpload, ObjectVersion};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// A part over a slow line takes minutes.
const URL_LIFETIME: Duration = Duration::from_secs(1_800);

/// What the functions can process: `/tmp` has to hold the volume twice.
const LARGEST_FILE: u64 = 4_300_000_000;

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/upload", get(upload))
        .route("/upload/check", get(check))
        .route("/upload/begin", post(begin))
        .route("/upload/part", post(part))
        .route("/upload/state", post(state))
        .route("/upload/complete", post(complete))
        .route("/upload/arrival", get(arrival))
}

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadPage {
    frame: Frame,
}

async fn upload(session: SignedIn<Reviewer>) -> Result<impl IntoResponse, ConsoleError> {
    page(&UploadPage { frame: session.frame("Upload").section("/upload") })
}

/// A file, and what the person says about it. Empty fields say nothing.
#[derive(Debug, Deserialize)]
struct Described {
    file: String,
    #[serde(default)]
    bytes: u64,
    #[serde(default)]
    reporter: String,
    #[serde(default)]
    volume: String,
    #[serde(default)]
    first_page: String,
    #[serde(default)]
    last_page: String,
    /// The name is to be given later.
    #[serde(default)]
    unnamed: bool,
}

/// What would happen with a file.
#[derive(Debug, Serialize)]
struct Checked {
    /// None while something is missing.
    key: Option<UploadKey>,
    /// What the file is taken for, or what is missing.
    text: String,
    /// What the upload would replace, or who has it already.
    conflict: Option<String>,
}

impl Described {
    fn name(&self) -> Result<VolumeName, ConsoleError> {
        let given = |text: &'_ str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let number = |text: &str| -> Result<Option<u32>, ConsoleError> {
            let wrong = || ConsoleError::Wrong(format!("{text:?} is not a page number."));
            given(text).map(|text| text.parse().map_err(|_| wrong())).transpose()
        };
        let (reporter, volume) = (given(&self.reporter), given(&self.volume));
        let said = NameParts {
            reporter: reporter.as_deref(),
            volume: volume.as_deref(),
            first_page: number(&self.first_page)?,
            last_page: number(&self.last_page)?,
        };
        VolumeName::completed(&self.file, &said).map_err(|error| match error {
            NamingError::Unrecognised { .. } => ConsoleError::Wrong("Say which reporter and volume it is.".to_owned()),
            error => ConsoleError::Wrong(error.to_string()),
        })
    }

    /// The key, and the volume in words.
    fn key(&self) -> Result<(UploadKey, String), ConsoleError> {
        if self.bytes > LARGEST_FILE {
            let (size, limit) = (words::megabytes(self.bytes as i64), words::megabytes(LARGEST_FILE as i64));
            return Err(ConsoleError::Wrong(format!("The file has {size}. At most {limit} can be processed.")));
        }
        if self.unnamed {
            let key = UploadKey::unsorted(&self.file);
            let key = key.ok_or_else(|| ConsoleError::Wrong("The file's name cannot be used.".to_owned()))?;
            return Ok((key, "It is named later.".to_owned()));
        }
        let name = self.name()?;
        match (UploadKey::of_volume(&name), name.first_page(), name.last_page()) {
            (Some(key), Some(first), Some(last)) => {
                Ok((key, format!("{} {}, pages {first} to {last}", name.volume(), name.reporter())))
            }
            _ => Err(ConsoleError::Wrong("Say the numbers of the first and of the last page.".to_owned())),
        }
    }
}

async fn newest(console: &Console, key: &UploadKey) -> Result<Option<ScanSummary>, ConsoleError> {
    let filter = Filter { key: Some(key.to_string()), limit: 1, ..Filter::default() };
    Ok(console.catalog.scans(&filter).await?.into_iter().next())
}

fn conflict(scan: &ScanSummary) -> String {
    let (id, when) = (scan.id, words::ago(&scan.created_at));
    match scan.status {
        Status::Approved => format!(
            "This volume was uploaded {when} and is approved (scan {id}). A person has to confirm that the new file replaces it."
        ),
        _ => format!("This volume was uploaded {when} (scan {id}). The new file replaces it."),
    }
}

/// What is wrong is no failure here: the person is still typing.
async fn check(
    State(console): State<Arc<Console>>,
    _session: SignedIn<Reviewer>,
    Query(file): Query<Described>,
) -> Result<Json<Checked>, ConsoleError> {
    match file.key() {
        Ok((key, text)) => {
            let conflict = newest(&console, &key).await?.map(|scan| conflict(&scan));
            Ok(Json(Checked { key: Some(key), text, conflict }))
        }
        Err(ConsoleError::Wrong(text)) => Ok(Json(Checked { key: None, text, conflict: None })),
        Err(error) => Err(error),
    }
}

#[derive(Debug, Serialize)]
struct Begun {
    key: UploadKey,
    upload: String,
    part_bytes: u64,
}

async fn begin(
    State(console): State<Arc<Console>>,
    session: SignedIn<Reviewer>,
    Form(file): Form<Described>,
) -> Result<Json<Begun>, ConsoleError> {
    let (key, _) = file.key()?;
    if file.unnamed && console.objects.current(&key).await?.is_some() {
        let text = "Another file with this name waits for its name already. Rename this one first.";
        return Err(ConsoleError::Wrong(text.to_owned()));
    }
    let uploader = format!("person {}", session.person.id);
    let upload = console.objects.begin_browser_upload(key, &uploader).await?;
    let detail = serde_json::json!({ "file": upload.key.as_str(), "bytes": file.bytes });
    session.catalog(&console)?.record_activity("upload_begun", detail).await?;
    let part_bytes = BrowserUpload::part_bytes(file.bytes);
    Ok(Json(Begun { key: upload.key, upload: upload.id, part_bytes }))
}

/// An upload that was begun, as the browser remembers it.
#[derive(Debug, Deserialize)]
struct Open {
    key: String,
    upload: String,
}

impl Open {
    fn upload(&self) -> Result<BrowserUpload, ConsoleError> {
        let key = UploadKey::chosen(&self.key).ok_or(ConsoleError::NotFound)?;
        Ok(BrowserUpload { key, id: self.upload.clone() })
    }
}

/// A part of an upload that was begun.
#[derive(Debug, Deserialize)]
struct Part {
    key: String,
    upload: String,
    /// From 1.
    part: i32,
}

/// The signed URL of a part.
async fn part(
    State(console): State<Arc<Console>>,
    _session: SignedIn<Reviewer>,
    Form(Part { key, upload, part }): Form<Part>,
) -> Result<Json<String>, ConsoleError> {
    let upload = Open { key, upload }.upload()?;
    Ok(Json(console.objects.part_url(&upload, part, URL_LIFETIME).await?))
}

/// The numbers of the parts that S3 has.
async fn state(
    State(console): State<Arc<Console>>,
    _session: SignedIn<Reviewer>,
    Form(open): Form<Open>,
) -> Result<Json<Vec<i32>>, ConsoleError> {
    let parts = console.objects.uploaded_parts(&open.upload()?).await?;
    Ok(Json(parts.into_iter().map(|part| part.number).collect()))
}

async fn complete(
    State(console): State<Arc<Console>>,
    session: SignedIn<Reviewer>,
    Form(open): Form<Open>,
) -> Result<Json<ObjectVersion>, ConsoleError> {
    let upload = open.upload()?;
    let parts = console.objects.uploaded_parts(&upload).await?;
    let version = console.objects.complete_browser_upload(&upload, &parts).await?;
    let detail = serde_json::json!({ "file": upload.key.as_str(), "version": version.version_id });
    session.catalog(&console)?.record_activity("upload_completed", detail).await?;
    Ok(Json(version))
}

/// A version of an upload that was completed.
#[derive(Debug, Deserialize)]
struct Arriving {
    key: String,
    version_id: String,
    etag: String,
}

/// The number of its scan. Null until intake has recorded it.
async fn arrival(
    State(console): State<Arc<Console>>,
    _session: SignedIn<Reviewer>,
    Query(Arriving { key, version_id, etag }): Query<Arriving>,
) -> Result<Json<Option<ScanId>>, ConsoleError> {
    let key = UploadKey::chosen(&key).ok_or(ConsoleError::NotFound)?;
    let bucket = console.objects.upload_bucket();
    let arrived = pipeline::arrival::arrival(&console.catalog, bucket, &key, &version_id, &etag).await?;
    Ok(Json(arrived.map(|arrival| arrival.scan.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> Described {
        let (reporter, volume, first_page, last_page) = Default::default();
        Described { file: name.to_owned(), bytes: 1, reporter, volume, first_page, last_page, unnamed: false }
    }

    #[test]
    fn a_name_is_completed_by_what_the_person_says() {
        let (key, text) = file("a3d.217.101.120.pdf").key().unwrap();
        assert_eq!(key.as_str(), "original_scans/a3d/217/101/a3d.217.101.120.original.pdf");
        assert_eq!(text, "217 a3d, pages 101 to 120");
        let said = Described { reporter: " a3d ".to_owned(), volume: "217".to_owned(), ..file("scan.pdf") };
        assert!(matches!(said.key(), Err(ConsoleError::Wrong(text)) if text.contains("first and of the last page")));
        let said = Described { first_page: "101".to_owned(), last_page: "120".to_owned(), ..said };
        assert_eq!(said.key().unwrap().0, key);
        for wrong in ["x", "-1", "1.5"] {
            let said = Described { first_page: wrong.to_owned(), ..file("a3d.217.pdf") };
            assert!(matches!(said.key(), Err(ConsoleError::Wrong(_))), "{wrong}");
        }
    }

    #[test]
    fn a_file_may_be_named_later_but_not_be_too_large() {
        let later = Described { unnamed: true, ..file("scan.pdf") };
        assert_eq!(later.key().unwrap().0.as_str(), "original_scans/unsorted/scan.pdf");
        assert!(Described { bytes: LARGEST_FILE + 1, ..later }.key().is_err());
        assert!(Described { unnamed: true, ..file("a\nb.pdf") }.key().is_err());
    }
}
