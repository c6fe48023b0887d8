//! The settings that a deployed stack gives: its outputs, and nothing else of it.

use super::connection;
use super::error::ServiceError;
use engine::cancellation::Cancellation;
use std::collections::BTreeMap;
use std::time::Duration;

/// Settings, and the outputs of the template that give them. `tests/template.rs` compares this with the template.
pub const OUTPUTS: [(&str, &str); 28] = [
    ("DATABASE_URL", "DatabaseAddress"),
    ("QUIRE_DATABASE_SECRET_ARN", "DatabaseSecret"),
    ("QUIRE_DATABASE_IAM", "DatabaseIam"),
    ("QUIRE_UPLOAD_BUCKET", "UploadBucketName"),
    ("QUIRE_RESULT_BUCKET", "ResultBucketName"),
    ("QUIRE_UPLOADS_QUEUE_URL", "UploadsQueueUrl"),
    ("QUIRE_COMPRESS_QUEUE_URL", "CompressQueueUrl"),
    ("QUIRE_COMPRESS_BULK_QUEUE_URL", "CompressBulkQueueUrl"),
    ("QUIRE_SCAN_QUEUE_URL", "ScanQueueUrl"),
    ("QUIRE_SCAN_LARGE_QUEUE_URL", "ScanLargeQueueUrl"),
    ("QUIRE_SPLIT_QUEUE_URL", "SplitQueueUrl"),
    ("QUIRE_UPLOADS_DEAD_LETTERS_URL", "UploadsDeadLettersUrl"),
    ("QUIRE_COMPRESS_DEAD_LETTERS_URL", "CompressDeadLettersUrl"),
    ("QUIRE_COMPRESS_BULK_DEAD_LETTERS_URL", "CompressBulkDeadLettersUrl"),
    ("QUIRE_SCAN_DEAD_LETTERS_URL", "ScanDeadLettersUrl"),
    ("QUIRE_SCAN_LARGE_DEAD_LETTERS_URL", "ScanLargeDeadLettersUrl"),
    ("QUIRE_SPLIT_DEAD_LETTERS_URL", "SplitDeadLettersUrl"),
    ("QUIRE_EVENT_BUS", "BusName"),
    ("QUIRE_CONSOLE_URL", "ConsoleUrl"),
    ("QUIRE_STALE_AFTER_SECONDS", "StaleAfterSeconds"),
    ("QUIRE_MAXIMUM_INTERRUPTIONS", "MaximumInterruptions"),
    ("QUIRE_REVIVAL_GRACE_SECONDS", "RevivalGraceSeconds"),
    ("QUIRE_RESEND_AFTER_SECONDS", "ResendAfterSeconds"),
    ("QUIRE_INTAKE_LOG", "IntakeLogName"),
    ("QUIRE_COMPRESS_LOG", "CompressLogName"),
    ("QUIRE_SCAN_LOG", "ScanLogName"),
    ("QUIRE_SPLIT_LOG", "SplitLogName"),
    ("QUIRE_RECONCILE_LOG", "ReconcileLogName"),
];

#[derive(Debug)]
pub struct Stack {
    pub name: String,
    outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Reads the outputs of a stack of this account and region.
    pub fn read(name: &str, endpoint: Option<String>, cancellation: &Cancellation) -> Result<Self, ServiceError> {
        let outputs = connection::run(cancellation, Duration::ZERO, async {
            Ok(deployment::outputs(&connection::sdk(endpoint).await?, name).await?)
        })?;
        Ok(Self { name: name.to_owned(), outputs })
    }

    /// The value for a setting. An empty output counts as none.
    pub fn get(&self, variable: &str) -> Option<&str> {
        self.outputs.get(output(variable)?).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// The output that gives a setting.
pub fn output(variable: &str) -> Option<&'static str> {
    OUTPUTS.iter().find(|(name, _)| *name == variable).map(|(_, output)| *output)
}
