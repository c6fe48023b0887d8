//! `quire delete`: what a scan made, and its original if a person wants that.

use super::actor;
use super::arguments::{Delete, RESULT_BUCKET};
use super::connection;
use super::consent;
use super::error::ServiceError;
use super::report::volume;
use super::settings::Settings;
use super::show;
use crate::terminal::{print, print_json, visible};
use catalog::ScanDetail;
use domain::{ScanId, Status, count};
use engine::cancellation::Cancellation;
use pipeline::delete::{Deleted, delete};
use serde::Serialize;
use std::time::Duration;

#[derive(Serialize)]
struct Report {
    scan: ScanId,
    #[serde(flatten)]
    deleted: Deleted,
}

pub fn run(arguments: &Delete, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let Delete { scan, original, yes, acting, results } = arguments;
    let settings = Settings::new(&acting.database.service, cancellation)?;
    let database = settings.required_database(&acting.database)?;
    let result_bucket = settings.required(results.result_bucket.as_deref(), RESULT_BUCKET)?;
    let (actor, endpoint) = (actor::of(acting), settings.endpoint());
    let found = connection::run(cancellation, Duration::ZERO, async {
        Ok(connection::catalog(&database).await?.require_scan(*scan).await?)
    })?;
    let status = found.scan.summary.status;
    // Any other status is refused below, with the reason.
    if status.is_ended() && status != Status::Approved {
        eprintln!("{}", announcement(&found, *original));
        if !yes {
            consent::ask("Nothing was deleted.")?;
        }
    }
    let deleted = connection::run(cancellation, Duration::ZERO, async {
        let objects = connection::objects(endpoint, found.scan.bucket.clone(), result_bucket).await?;
        let catalog = connection::catalog(&database).await?.acting_as(&actor);
        delete(&catalog, &objects, *scan, *original).await.map_err(|error| ServiceError::of_action(*scan, error))
    })?;
    if acting.json {
        return Ok(print_json(&Report { scan: *scan, deleted })?);
    }
    Ok(print(&outcome(*scan, &deleted))?)
}

fn announcement(found: &ScanDetail, with_original: bool) -> String {
    let summary = &found.scan.summary;
    let files = show::outputs(found, None).len();
    let place = visible(&format!("s3://{}/{}", found.scan.bucket, summary.key));
    let original = if with_original {
        format!("Its original {place} (version {}) will be deleted for good.", visible(&found.scan.version_id))
    } else {
        format!("Its original {place} is kept.")
    };
    format!(
        "Scan {} ({}, {}): {} of results, {}, {} and all intermediate files will be deleted.\n{original}",
        summary.id,
        volume(summary),
        summary.status,
        count(files, "file"),
        count(found.opinions.len(), "opinion"),
        count(found.findings.len(), "finding"),
    )
}

fn outcome(scan: ScanId, deleted: &Deleted) -> String {
    let original = if deleted.with_original { "The original is deleted, too." } else { "The original is kept." };
    let retry = if deleted.with_original { String::new() } else { format!(" `quire retry {scan}` makes them again.") };
    let files = count(deleted.objects, "file");
    format!("scan {scan}: CANCELLED (deleted), {files} deleted. {original}{retry}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::report::testing;

    #[test]
    fn what_will_be_deleted_is_said_before() {
        let scan = testing::detail(12, Status::PendingReview);
        insta::assert_snapshot!(announcement(&scan, false), @r"
        Scan 12 (a3d 217 p. 101, PENDING_REVIEW): 4 files of results, 1 opinion, 0 findings and all intermediate files will be deleted.
        Its original s3://uploads/original_scans/a3d/217/101/a3d.217.101.150.original.pdf is kept.
        ");
        let last = announcement(&scan, true).lines().last().unwrap().to_owned();
        insta::assert_snapshot!(last, @"Its original s3://uploads/original_scans/a3d/217/101/a3d.217.101.150.original.pdf (version version) will be deleted for good.");
    }
}
