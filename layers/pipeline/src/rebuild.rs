//! Rebuilds a lost database from the result bucket.

use crate::error::StageError;
use catalog::{Catalog, ScanRecord};
use domain::ResultKey;
use objects::Objects;
use serde::Serialize;
use std::path::Path;

/// The name of the file, below the prefix of a split attempt, that says which scan the results are of.
pub const RECORD: &str = "scan.json";

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Scans that have a row again.
    pub restored: usize,
    /// Records of scans that had a row.
    pub known: usize,
    /// Records that cannot be read, with the reason.
    pub unreadable: Vec<String>,
}

/// Restores a row for every scan that has results. An upload without results needs no row: the sweep of the uploads
/// announces it to intake. `told` is called with each restored scan's key.
///
/// # Errors
/// When the database or S3 does not answer.
pub async fn rebuild(catalog: &Catalog, objects: &Objects, told: impl Fn(&str)) -> Result<Rebuilt, StageError> {
    let scratch = tempfile::tempdir().map_err(|source| StageError::Scratch { source })?;
    let mut rebuilt = Rebuilt::default();
    for key in objects.list_records(RECORD).await? {
        match read(objects, &key, &scratch.path().join(RECORD)).await? {
            Ok(record) if catalog.restore(&record).await? => {
                told(&record.key);
                rebuilt.restored += 1;
            }
            Ok(_) => rebuilt.known += 1,
            Err(reason) => rebuilt.unreadable.push(format!("{key}: {reason}")),
        }
    }
    Ok(rebuilt)
}

async fn read(objects: &Objects, key: &ResultKey, to: &Path) -> Result<Result<ScanRecord, String>, StageError> {
    objects.download(key, to).await?;
    let text = std::fs::read_to_string(to).map_err(|source| StageError::Scratch { source })?;
    Ok(serde_json::from_str(&text).map_err(|error| error.to_string()))
}
