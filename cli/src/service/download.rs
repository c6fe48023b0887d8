//! `quire download`: all results of a scan.

use super::arguments::{Download, RESULT_BUCKET};
use super::connection;
use super::error::ServiceError;
use super::settings::Settings;
use super::show;
use crate::terminal::{megabytes, print, print_json, visible};
use catalog::{CatalogError, ScanDetail};
use domain::{AttemptPrefix, ResultKey, Results, VolumeName, count};
use engine::cancellation::Cancellation;
use indicatif::{ProgressBar, ProgressStyle};
use objects::{ObjectError, Objects};
use serde::Serialize;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Files that are downloaded at once. Most of them are small pictures.
const AT_ONCE: usize = 8;

const BAR: &str = "{bar:30} {pos}/{len} files  {eta} left";

#[derive(Serialize)]
struct Downloaded {
    scan: domain::ScanId,
    directory: PathBuf,
    files: Vec<String>,
    bytes: u64,
}

/// A file and its place on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Planned {
    key: ResultKey,
    to: PathBuf,
}

pub fn run(arguments: &Download, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let settings = Settings::new(&arguments.database.service, cancellation)?;
    let database = settings.required_database(&arguments.database)?;
    let bucket = settings.required(arguments.results.result_bucket.as_deref(), RESULT_BUCKET)?;
    let (endpoint, scan) = (settings.endpoint(), arguments.scan);
    let started = Instant::now();
    let downloaded = connection::run(cancellation, Duration::ZERO, async {
        let found = connection::catalog(&database).await?.require_scan(scan).await?;
        let directory = arguments.output.join(folder(&found));
        let planned = plan(&found, &directory)?;
        if !arguments.force {
            refuse_to_overwrite(&planned)?;
        }
        let objects = connection::objects(endpoint, String::new(), bucket).await?;
        let bytes = fetch(&objects, &planned).await?;
        let files = planned.iter().map(|planned| planned.key.name().to_owned()).collect();
        Ok(Downloaded { scan, directory, files, bytes })
    })?;
    if arguments.json {
        return Ok(print_json(&downloaded)?);
    }
    let Downloaded { directory, files, bytes, .. } = &downloaded;
    let (files, size, seconds) = (count(files.len(), "file"), megabytes(*bytes), started.elapsed().as_secs_f64());
    eprintln!("{files}, {size}, checked against their checksums, in {seconds:.1} s");
    Ok(print(&visible(&directory.display().to_string()))?)
}

/// REPORTER/VOLUME/FIRST, as `quire process` names it. The names in a row were checked when they were written; a name
/// that would lead elsewhere gives way to the number of the scan.
fn folder(found: &ScanDetail) -> PathBuf {
    let summary = &found.scan.summary;
    let named = || {
        let (reporter, volume) = (summary.reporter.as_deref()?, summary.volume.as_deref()?);
        let first = u32::try_from(summary.first_page?).ok()?;
        let name = VolumeName::new(reporter, volume, Some(first), None).ok()?;
        Some(Path::new(name.reporter()).join(name.volume()).join(first.to_string()))
    };
    named().unwrap_or_else(|| PathBuf::from(format!("scan-{}", summary.id)))
}

/// Every name stays below the directory: [`AttemptPrefix::join`] refuses all others.
fn plan(found: &ScanDetail, directory: &Path) -> Result<Vec<Planned>, ServiceError> {
    let summary = &found.scan.summary;
    let nothing =
        || CatalogError::Refused { scan: summary.id, status: summary.status, reason: "It has no results.".to_owned() };
    let prefix = found.scan.result_prefix.as_deref().ok_or_else(nothing)?;
    let prefix: AttemptPrefix<Results> = prefix.parse().map_err(ObjectError::Key)?;
    let outputs = show::outputs(found, None);
    if outputs.is_empty() {
        return Err(nothing().into());
    }
    let place = |output: show::Output| {
        let key = prefix.join(&output.file).map_err(ObjectError::Key)?;
        Ok(Planned { to: directory.join(key.name()), key })
    };
    outputs.into_iter().map(place).collect()
}

/// Nothing is downloaded if a single file exists.
fn refuse_to_overwrite(planned: &[Planned]) -> Result<(), ServiceError> {
    match planned.iter().find(|planned| std::fs::symlink_metadata(&planned.to).is_ok()) {
        Some(planned) => Err(ServiceError::DownloadExists { path: planned.to.clone() }),
        None => Ok(()),
    }
}

/// Returns the number of bytes.
async fn fetch(objects: &Objects, planned: &[Planned]) -> Result<u64, ServiceError> {
    let bar = bar(planned.len());
    let mut waiting = planned.iter().cloned();
    let (mut running, mut bytes) = (JoinSet::new(), 0);
    loop {
        while running.len() < AT_ONCE
            && let Some(next) = waiting.next()
        {
            let objects = objects.clone();
            running.spawn(async move { fetch_one(&objects, &next).await });
        }
        match running.join_next().await {
            None => break,
            Some(Ok(fetched)) => bytes += fetched?,
            Some(Err(cause)) => return Err(ServiceError::Runtime { cause: cause.into() }),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(bytes)
}

async fn fetch_one(objects: &Objects, planned: &Planned) -> Result<u64, ServiceError> {
    if let Some(parent) = planned.to.parent() {
        let failed = |source| ObjectError::File { action: "create", path: parent.to_owned(), source };
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    Ok(objects.download(&planned.key, &planned.to).await?)
}

fn bar(files: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(files as u64).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::report::testing;
    use domain::Status;
    use serde_json::json;

    fn detail(files: &[&str]) -> ScanDetail {
        let mut scan = testing::detail(12, Status::PendingReview);
        scan.scan.result_prefix = Some("results/12/0b0e9a6e-8a3d-4b7e-9d0c-3f1f5c7f7a11/".to_owned());
        scan.scan.results = Some(json!({ "files": files }));
        scan
    }

    #[test]
    fn no_file_leaves_the_directory() {
        let planned = plan(&detail(&["images/1.png"]), Path::new("out")).unwrap();
        assert_eq!(planned[0].to, Path::new("out/images/1.png"));
        for file in ["../evil", "/etc/passwd", "a/../../b", ""] {
            let refusal = plan(&detail(&["images/1.png", file]), Path::new("out")).unwrap_err();
            assert_eq!(refusal.code(), "objects.name", "{file}");
        }
        let mut scan = detail(&[]);
        assert_eq!(folder(&scan), Path::new("a3d/217/101"));
        scan.scan.summary.reporter = Some("../..".to_owned());
        assert_eq!(folder(&scan), Path::new("scan-12"));
    }

    #[test]
    fn a_scan_without_results_is_refused() {
        let mut scan = detail(&[]);
        assert_eq!(plan(&scan, Path::new("out")).unwrap_err().code(), "catalog.refused");
        scan.scan.result_prefix = None;
        assert_eq!(plan(&scan, Path::new("out")).unwrap_err().code(), "catalog.refused");
    }

    #[test]
    fn an_existing_file_stops_everything() {
        let directory = tempfile::tempdir().unwrap();
        let planned = plan(&detail(&["a.pdf", "b.pdf"]), directory.path()).unwrap();
        refuse_to_overwrite(&planned).unwrap();
        std::fs::write(directory.path().join("b.pdf"), "mine").unwrap();
        assert_eq!(refuse_to_overwrite(&planned).unwrap_err().code(), "download.exists");
    }
}
