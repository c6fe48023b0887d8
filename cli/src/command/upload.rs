//! `quire upload`.

use crate::arguments::Upload;
use crate::report::{advice, state};
use crate::service::{self, ServiceError, Settings};
use crate::terminal::{print, print_json, visible};
use crate::upload::{Arrival, Planned, arrival, plan, send};
use crate::watch::{Subject, View, follow};
use catalog::{Catalog, DatabaseSettings, ScanSummary};
use domain::{FailureCode, ScanId};
use engine::cancellation::Cancellation;
use objects::{ObjectVersion, Objects};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// Intake takes a second or two; after this long somebody else has to find out why it does not.
const PATIENCE: Duration = Duration::from_secs(30);

/// Nobody wonders about a pause as short as this.
const SOON: Duration = Duration::from_secs(3);

/// An upload's parts are given up in the background when somebody stops it.
const GRACE: Duration = Duration::from_secs(2);

/// What an upload became.
#[derive(Serialize)]
struct Uploaded<'a> {
    file: &'a Path,
    bucket: &'a str,
    key: &'a str,
    #[serde(flatten)]
    version: &'a ObjectVersion,
    scan: Option<&'a ScanSummary>,
}

/// Uploads files and says which scans they became.
///
/// # Errors
/// When a file is not fit to be uploaded (then none is), or S3 or the database does not answer.
pub fn run(arguments: &Upload, cancellation: &Cancellation) -> Result<u8, ServiceError> {
    let settings = Settings::new(&arguments.database.file)?;
    let bucket = settings.required(arguments.upload_bucket.as_deref(), "QUIRE_UPLOAD_BUCKET")?;
    let database = database(&settings, arguments)?;
    let endpoint = settings.endpoint(&arguments.aws);
    let planned = plan(&arguments.files, &arguments.target)?;
    service::run(cancellation, GRACE, async {
        let objects = service::objects(endpoint, bucket).await?;
        let catalog = database.as_ref().map(service::catalog).transpose()?;
        upload_all(&Uploader { objects, catalog, arguments }, &planned).await
    })
}

fn database(settings: &Settings, arguments: &Upload) -> Result<Option<DatabaseSettings>, ServiceError> {
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
        // When intake rests, it rests for all of them.
        patience = patience.filter(|_| arrived.is_some()).or(patience.map(|_| Duration::ZERO));
        uploader.tell(planned, &version, arrived.as_ref())?;
        scans.extend(arrived.map(|arrived| arrived.scan.id));
    }
    uploader.watch(scans).await
}

impl Uploader<'_> {
    /// Two boxes may each have a scan.pdf: the second must not supersede the first.
    async fn refuse_to_replace(&self, planned: &Planned) -> Result<(), ServiceError> {
        let Some(_) = self.objects.current(&planned.key).await? else { return Ok(()) };
        let reason = format!(
            "there is an upload of that name, {}, and this one would replace it. Rename the file; or, if it is to be \
             replaced, give --key {}.",
            planned.key, planned.key
        );
        Err(ServiceError::NotUploaded { path: planned.path.clone(), code: FailureCode::UploadExists, reason })
    }

    /// The file is uploaded by now: that nobody can say which scan it became is no failure, unless it is to be followed.
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
                    "uploaded; which scan it became is not known: {} [{}]",
                    visible(&error.to_string()),
                    error.code()
                );
                Ok(None)
            }
            outcome => outcome,
        }
    }

    /// Most scans are there at the first or second look; whoever has to wait longer is told why.
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
        eprintln!("waiting until the service has recorded it");
        look(patience).await
    }

    fn tell(&self, planned: &Planned, version: &ObjectVersion, arrived: Option<&Arrival>) -> Result<(), ServiceError> {
        let scan = arrived.map(|arrived| &arrived.scan);
        if self.arguments.json {
            let (bucket, key) = (self.objects.upload_bucket(), planned.key.as_str());
            return print_json(&Uploaded { file: &planned.path, bucket, key, version, scan });
        }
        print(&self.sentence(planned, arrived))
    }

    fn sentence(&self, planned: &Planned, arrived: Option<&Arrival>) -> String {
        let place = visible(&format!("s3://{}/{}", self.objects.upload_bucket(), planned.key));
        match (arrived, &self.catalog) {
            (Some(Arrival { scan, is_known }), _) => {
                let known = if *is_known { "the same file is already " } else { "" };
                let advice = advice(scan).map(|advice| format!("\n  {advice}")).unwrap_or_default();
                format!("{place}: {known}scan {}, {}{advice}", scan.id, state(scan))
            }
            (None, Some(_)) => format!("{place}: uploaded, no scan yet; look for it with `quire scans`"),
            (None, None) => format!("{place}: uploaded"),
        }
    }

    async fn watch(&self, scans: BTreeSet<ScanId>) -> Result<u8, ServiceError> {
        let Some(catalog) = self.catalog.as_ref().filter(|_| self.arguments.watch) else { return Ok(0) };
        let mut view = View::new(self.arguments.json);
        let ending = follow(catalog, &Subject::Scans(scans), &mut view).await?;
        Ok(ending.map_or(0, crate::watch::Ending::status))
    }
}
