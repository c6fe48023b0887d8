//! `intake`: records an upload as a scan.

use crate::context::Context;
use crate::deadline::Deadline;
use crate::error::StageError;
use crate::outbox;
use crate::runner::Handler;
use catalog::{Failure, NewScan, Recorded};
use domain::{FailureCode, UploadKey, Uploader};
use objects::ObjectVersion;
use queues::{Received, UploadEvent, Verdict};
use tracing::{Instrument, Span};

/// Enough of a file to recognise a PDF: readers accept its header within the first kilobyte (ISO 32000-1, annex H).
const FIRST_BYTES: u64 = 1024;

#[derive(Debug)]
pub struct Intake;

impl Handler for Intake {
    async fn handle(&self, context: &Context, message: &Received, deadline: Deadline) -> Result<Verdict, StageError> {
        let take_in_all = async {
            for upload in queues::upload_events(&message.body)? {
                let span = tracing::info_span!("upload", key = upload.key, scan = tracing::field::Empty);
                take_in(context, upload).instrument(span).await?;
            }
            Ok(Verdict::Delete)
        };
        let in_time = tokio::time::timeout_at(deadline.instant().into(), take_in_all).await;
        in_time.unwrap_or(Err(StageError::Deadline))
    }
}

async fn take_in(context: &Context, upload: UploadEvent) -> Result<(), StageError> {
    let (bucket, key) = (&context.configuration.addresses.buckets.uploads, UploadKey::new(upload.key));
    if upload.bucket != *bucket {
        let code = FailureCode::IntakeBucket.as_str();
        tracing::error!(code, "the event of {key} was dropped: it is about bucket {}, not {bucket}", upload.bucket);
        return Ok(());
    }
    match context.record(&key, record(context, bucket, &key, upload.principal.as_deref())).await? {
        None => tracing::info!("upload {key} is no longer in the bucket"),
        Some(recorded) => follow_up(context, &key, recorded).await?,
    }
    Ok(())
}

/// An event is only a hint: the version that counts is the one that S3 calls current while this function holds the key.
async fn record(
    context: &Context,
    bucket: &str,
    key: &UploadKey,
    principal: Option<&str>,
) -> Result<Option<Recorded>, StageError> {
    let lock = context.catalog.lock_key(bucket, key.as_str()).await?;
    let Some(version) = context.objects.current(key).await? else { return Ok(None) };
    let refusal = refusal(context, key, &version).await?;
    let new = NewScan {
        version_id: version.version_id,
        etag: version.etag,
        size_bytes: version.size_bytes as i64,
        name: key.volume_name(),
        uploader: Uploader::of(&[principal, version.uploader.as_deref()]),
        bulk_upload_volumes: context.configuration.volumes.bulk_upload_volumes,
        refusal,
    };
    Ok(Some(lock.record(&new).await?))
}

/// Why the file is refused, if its first bytes already show it.
async fn refusal(context: &Context, key: &UploadKey, version: &ObjectVersion) -> Result<Option<Failure>, StageError> {
    let start = context.objects.head_of(key, &version.version_id, FIRST_BYTES).await?;
    Ok(engine::source::check_start(&start).err().map(|error| StageError::from(error).failure()))
}

async fn follow_up(context: &Context, key: &UploadKey, recorded: Recorded) -> Result<(), StageError> {
    let (scan, ready) = match recorded {
        Recorded::New { scan, superseded, ready } => {
            match superseded {
                Some(earlier) => tracing::info!(scan, "upload {key} became scan {scan} and superseded scan {earlier}"),
                None => tracing::info!(scan, "upload {key} became scan {scan}"),
            }
            (scan, ready)
        }
        Recorded::Known { scan, ready } => {
            tracing::info!(scan, "upload {key} is scan {scan} already");
            (scan, ready)
        }
    };
    Span::current().record("scan", scan);
    context.send(&ready).await?;
    if ready.is_empty() {
        // The scan of a refused file has ended.
        outbox::try_publish(context).await;
    }
    Ok(())
}
