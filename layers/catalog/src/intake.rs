//! An upload becomes a scan.

use crate::{Catalog, CatalogError, Failure, Ready, ScanId};
use sqlx::{Postgres, Transaction};

/// An open transaction that holds the row of one upload key: whoever else records an upload of that key waits. Ask S3
/// for the key's current version while holding it, then [`KeyLock::record`]. Dropping it lets go and changes nothing.
///
/// The catalog has one connection, and this is it: nothing else of the same [`Catalog`] runs meanwhile.
#[derive(Debug)]
pub struct KeyLock {
    pub(crate) transaction: Transaction<'static, Postgres>,
    pub(crate) bucket: String,
    pub(crate) key: String,
}

/// What an upload's key or a person says about the volume.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VolumeIdentity {
    /// The reporter.
    pub reporter: String,
    /// The volume of the reporter.
    pub volume: String,
    /// Printed number of the first page.
    pub first_page: Option<i32>,
    /// Printed number of the last page.
    pub last_page: Option<i32>,
}

/// A version of an upload as S3 has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewScan {
    /// The version.
    pub version_id: String,
    /// Its ETag, with or without quotes.
    pub etag: String,
    /// Its size in bytes.
    pub size_bytes: i64,
    /// What the key says, if it follows the convention.
    pub name: Option<VolumeIdentity>,
    /// Why the upload is no work for compress (it is no PDF): the scan is FAILED from the start.
    pub refusal: Option<Failure>,
}

/// What became of an upload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recorded {
    /// It is a new scan.
    New {
        /// The new scan.
        scan: ScanId,
        /// The earlier scan of the key that it superseded, the newest if there were several.
        superseded: Option<ScanId>,
        /// Compress, unless the upload was refused or a person must confirm it first.
        ready: Vec<Ready>,
    },
    /// This version, or the same file, has a scan already.
    Known {
        /// That scan.
        scan: ScanId,
        /// Compress, if it still waits for it.
        ready: Vec<Ready>,
    },
}

impl Catalog {
    /// Waits for the row of an upload key and holds it.
    pub async fn lock_key(&self, bucket: &str, key: &str) -> Result<KeyLock, CatalogError> {
        let _ = (bucket, key);
        todo!()
    }
}

impl KeyLock {
    /// Records the version that S3 says is current, and lets the key go.
    pub async fn record(self, upload: &NewScan) -> Result<Recorded, CatalogError> {
        let _ = upload;
        todo!()
    }
}
