//! An upload's event becomes a scan.

use super::Worker;
use crate::attempt::Deadline;
use crate::configuration::Configuration;
use crate::context::Context;
use crate::error::StageError;
use crate::writes::{Effect, Function, write};
use crate::{dispatch, hooks};
use catalog::{Failure, NewScan, Recorded};
use domain::UploadKey;
use objects::ObjectVersion;
use queues::{Received, UploadEvent, Verdict};
use tracing::Instrument;

/// Enough of a file to tell a PDF: readers accept its header within the first kilobyte (ISO 32000-1, annex H).
const FIRST_BYTES: u64 = 1024;

/// Takes uploads in.
#[derive(Debug)]
pub struct Intake;

impl Worker for Intake {
    const FUNCTION: Function = Function::Intake;

    fn new(_configuration: &Configuration) -> Result<Self, StageError> {
        Ok(Self)
    }

    async fn handle(&self, context: &Context, message: &Received, _: Deadline) -> Result<Verdict, StageError> {
        for upload in queues::upload_events(&message.body)? {
            let span = tracing::info_span!("upload", key = upload.key, scan = tracing::field::Empty);
            take_in(context, &upload).instrument(span).await?;
        }
        Ok(Verdict::Delete)
    }
}

/// An event is only a hint: what counts is the version that S3 calls the current one, asked for while nobody else can
/// take in the same key.
async fn take_in(context: &Context, upload: &UploadEvent) -> Result<(), StageError> {
    let (bucket, key) = (&context.configuration.addresses.upload_bucket, UploadKey::new(upload.key.clone()));
    if upload.bucket != *bucket {
        tracing::error!(code = "intake.bucket", bucket = upload.bucket, "an event of another bucket was dropped");
        return Ok(());
    }
    let recorded = write(Function::Intake, Effect::Record, key.as_str(), record(context, bucket, &key)).await?;
    match recorded {
        None => {
            tracing::info!("the upload is no longer there");
            Ok(())
        }
        Some(recorded) => follow_up(context, key.as_str(), recorded).await,
    }
}

async fn record(context: &Context, bucket: &str, key: &UploadKey) -> Result<Option<Recorded>, StageError> {
    let lock = context.catalog.lock_key(bucket, key.as_str()).await?;
    let Some(version) = context.objects.current(key).await? else { return Ok(None) };
    let refusal = refusal(context, key, &version).await?;
    let new = NewScan {
        version_id: version.version_id,
        etag: version.etag,
        size_bytes: version.size_bytes as i64,
        name: key.volume_name(),
        refusal,
    };
    Ok(Some(lock.record(&new).await?))
}

/// What is wrong with the file, as far as its first bytes tell.
async fn refusal(context: &Context, key: &UploadKey, version: &ObjectVersion) -> Result<Option<Failure>, StageError> {
    let start = context.objects.head_of(key, &version.version_id, FIRST_BYTES).await?;
    Ok(engine::source::check_start(&start).err().map(|error| StageError::from(error).failure()))
}

async fn follow_up(context: &Context, key: &str, recorded: Recorded) -> Result<(), StageError> {
    let ready = match recorded {
        Recorded::New { scan, superseded, ready } => {
            tracing::Span::current().record("scan", scan);
            tracing::info!(?superseded, "a new scan");
            ready
        }
        Recorded::Known { scan, ready } => {
            tracing::Span::current().record("scan", scan);
            tracing::info!("known already");
            ready
        }
    };
    dispatch::send(context, Function::Intake, key, &ready).await?;
    if ready.is_empty() {
        // A file that was refused has come to its end.
        hooks::publish_or_leave(context, Function::Intake, key).await;
    }
    Ok(())
}
