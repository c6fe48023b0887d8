//! `quire upload`.

mod arrival;
mod plan;
mod send;

use super::arguments::{UPLOAD_BUCKET, Upload};
use super::connection::{self, DatabaseAccess};
use super::error::ServiceError;
use super::report::{Ending, advice, state};
use super::settings::Settings;
use super::watch::{Subject, View, follow};
use crate::terminal::{print, print_json, visible};
use arrival::arrival;
use catalog::{Catalog, ScanSummary};
use domain::{FailureCode, ScanId};
use engine::cancellation::Cancellation;
use objects::{ObjectVersion, Objects};
use pipeline::arrival::Arrival;
use plan::{Planned, plan};
use send::send;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// How long to wait for a scan to be recorded. `intake` usually needs a second or two.
const PATIENCE: Duration = Duration::from_secs(30);

/// After this time, the user is told what the command waits for.
const SOON: Duration = Duration::from_secs(3);

/// When the command is stopped, the multipart upload is aborted in the background.
const GRACE: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Uploaded<'a> {
    file: &'a Path,
    bucket: &'a str,
    key: &'a str,
    #[serde(flatten)]
    version: &'a ObjectVersion,
    scan: Option<&'a ScanSummary>,
}

/// Uploads files and reports their scans. If one file is refused, none is uploaded.
pub fn run(arguments: &Upload, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let settings = Settings::new(&arguments.database.service, cancellation)?;
    let bucket = settings.required(arguments.upload_bucket.as_deref(), UPLOAD_BUCKET)?;
    let database = database(&settings, arguments)?;
    let endpoint = settings.endpoint();
    let planned = plan(&arguments.files, &arguments.target)?;
    connection::run(cancellation, GRACE, async {
        let objects = connection::objects(endpoint, bucket, String::new()).await?;
        let catalog = match &database {
            Some(database) => Some(connection::catalog(database).await?),
            None => None,
        };
        upload_all(&Uploader { objects, catalog, arguments }, &planned).await
    })
}

fn database(settings: &Settings, arguments: &Upload) -> Result<Option<DatabaseAccess>, ServiceError> {
    match (arguments.no_wait, arguments.watch) {
        (true, _) => Ok(None),
        (false, true) => settings.required_database(&arguments.database).map(Some),
        (false, false) => Ok(settings.database(&arguments.database)),
    }
}

struct Uploader<'a> {
    objects: Objects,
    catalog: Option<Catalog>,
    arguments: &'a Upload,
}

async fn upload_all(uploader: &Uploader<'_>, planned: &[Planned]) -> Result<u8, ServiceError> {
    for planned in planned.iter().filter(|planned| planned.is_unsorted) {
        uploader.refuse_to_replace(planned).await?;
    }
    let mut scans = BTreeSet::new();
    let mut patience = (!uploader.arguments.watch).then_some(PATIENCE);
    for planned in planned {
        let version = send(&uploader.objects, planned).await?;
        let arrived = uploader.arrival(planned, &version, patience).await?;
        // If `intake` did not record one scan in time, the command does not wait for the others.
        patience = patience.filter(|_| arrived.is_some()).or(patience.map(|_| Duration::ZERO));
        uploader.report(planned, &version, arrived.as_ref())?;
        scans.extend(arrived.map(|arrived| arrived.scan.id));
    }
    uploader.watch(scans).await
}

impl Uploader<'_> {
    /// Two unsorted volumes may both be named scan.pdf. The second must not replace the first.
    async fn refuse_to_replace(&self, planned: &Planned) -> Result<(), ServiceError> {
        let Some(_) = self.objects.current(&planned.key).await? else { return Ok(()) };
        let reason = format!("An upload with the key {} exists, and this one would replace it.", planned.key);
        Err(ServiceError::NotUploaded { path: planned.path.clone(), code: FailureCode::UploadExists, reason })
    }

    /// The file is uploaded by now. An unknown scan is only an error if it is to be watched.
    async fn arrival(
        &self,
        planned: &Planned,
        version: &ObjectVersion,
        patience: Option<Duration>,
    ) -> Result<Option<Arrival>, ServiceError> {
        let Some(catalog) = &self.catalog else { return Ok(None) };
        match self.look(catalog, planned, version, patience).await {
            Err(error) if !self.arguments.watch => {
                eprintln!(
                    "The file was uploaded, but its scan is not known. {} [{}]",
                    visible(&error.to_string()),
                    error.code()
                );
                Ok(None)
            }
            outcome => outcome,
        }
    }

    async fn look(
        &self,
        catalog: &Catalog,
        planned: &Planned,
        version: &ObjectVersion,
        patience: Option<Duration>,
    ) -> Result<Option<Arrival>, ServiceError> {
        let look = async |patience| arrival(catalog, &self.objects, &planned.key, version, patience).await;
        let soon = patience.map_or(SOON, |patience| patience.min(SOON));
        let arrived = look(Some(soon)).await?;
        if arrived.is_some() || patience == Some(soon) {
            return Ok(arrived);
        }
        eprintln!("Waiting until the service has recorded the scan.");
        look(patience).await
    }

    fn report(
        &self,
        planned: &Planned,
        version: &ObjectVersion,
        arrived: Option<&Arrival>,
    ) -> Result<(), ServiceError> {
        let scan = arrived.map(|arrived| &arrived.scan);
        if self.arguments.json {
            let (bucket, key) = (self.objects.upload_bucket(), planned.key.as_str());
            return Ok(print_json(&Uploaded { file: &planned.path, bucket, key, version, scan })?);
        }
        Ok(print(&self.line(planned, arrived))?)
    }

    fn line(&self, planned: &Planned, arrived: Option<&Arrival>) -> String {
        let place = visible(&format!("s3://{}/{}", self.objects.upload_bucket(), planned.key));
        match (arrived, &self.catalog) {
            (Some(Arrival { scan, is_known }), _) => {
                let known = if *is_known { "the same file is already " } else { "" };
                let advice = advice(scan).map(|advice| format!("\n  {advice}")).unwrap_or_default();
                format!("{place}: {known}scan {}, {}{advice}", scan.id, state(scan))
            }
            (None, Some(_)) => format!("{place}: uploaded, but not recorded yet; look for its scan with `quire scans`"),
            (None, None) => format!("{place}: uploaded"),
        }
    }

    async fn watch(&self, scans: BTreeSet<ScanId>) -> Result<u8, ServiceError> {
        let Some(catalog) = self.catalog.as_ref().filter(|_| self.arguments.watch) else { return Ok(0) };
        let mut view = View::new(self.arguments.json);
        let ending = follow(catalog, &Subject::Scans(scans), &mut view).await?;
        Ok(ending.map_or(0, Ending::exit_status))
    }
}
