//! The status machine of a scan and of a page range: the one place that says what may follow what.
//!
//! PostgreSQL holds the same table (`status_transitions`, filled by the second migration) and a trigger that refuses
//! everything else. A test tries every pair of statuses against it and compares the answer with [`Status::may_become`].
//!
//! | from | to | when |
//! | --- | --- | --- |
//! | – | UPLOADED | intake records an upload |
//! | – | FAILED | intake records an upload that is not a PDF |
//! | UPLOADED | COMPRESSING | compress claims |
//! | COMPRESSING | COMPRESSED | compress finished: the ranges exist |
//! | COMPRESSED | SCANNING | the first range is claimed |
//! | SCANNING | SCANNED | the last range finished |
//! | SCANNED | SPLITTING | split claims |
//! | SPLITTING | PENDING_REVIEW | split finished: the opinions exist |
//! | PENDING_REVIEW | APPROVED | a person approves |
//! | COMPRESSING | UPLOADED | the attempt is given back, or was interrupted |
//! | SPLITTING | SCANNED | the attempt is given back, or was interrupted |
//! | SCANNING, SPLITTING | UPLOADED | intermediates are missing: compress makes them again |
//! | UPLOADED … SPLITTING | FAILED | the input is at fault, retries are exhausted, or it was interrupted too often |
//! | UPLOADED … SPLITTING | CANCELLED | a person cancels, or a newer upload supersedes |
//! | PENDING_REVIEW, FAILED | CANCELLED | a person deletes what it made |
//! | FAILED, CANCELLED | UPLOADED, COMPRESSED, SCANNED | retry: back to where the failed stage waits |
//! | FAILED, CANCELLED | UPLOADED | a person has pages skipped |
//!
//! A page range goes WAITING → SCANNING → FINISHED, from SCANNING back to WAITING or to FAILED, and from FAILED back
//! to WAITING by retry. A finished range stays finished until a new generation replaces it.

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// A part of the work on a scan, done by one function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, Display, IntoStaticStr)]
#[strum(const_into_str, serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(type_name = "text", rename_all = "snake_case"))]
pub enum Stage {
    /// Validates the volume, cuts it into page ranges and makes it smaller.
    Compress,
    /// Reads the pages of one page range.
    Scan,
    /// Gathers the ranges and writes the results.
    Split,
}

/// Where a scan is.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(const_into_str, serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE"))]
pub enum Status {
    /// Waits for compress.
    Uploaded,
    /// Leased by compress.
    Compressing,
    /// Its ranges wait, none was claimed yet.
    Compressed,
    /// Its ranges are being worked on; the leases are the ranges'.
    Scanning,
    /// Waits for split.
    Scanned,
    /// Leased by split.
    Splitting,
    /// Done by the machine; waits for a person's eyes.
    PendingReview,
    /// Accepted by a person. Final.
    Approved,
    /// Ended without a result; `error_code` says why.
    Failed,
    /// Ended by a person or by a newer upload; `error_code` says which, and whether its results were deleted.
    Cancelled,
}

/// What a scan waits for besides its turn.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, Display, IntoStaticStr)]
#[strum(const_into_str, serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(type_name = "text", rename_all = "snake_case"))]
pub enum WaitsFor {
    /// Before split: a person must say which reporter, volume and first page it is.
    Metadata,
    /// Before compress: a person must allow it to replace an approved scan of the same key.
    Confirmation,
}

/// Where a page range is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, Display, IntoStaticStr, VariantArray)]
#[strum(const_into_str, serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE"))]
pub enum RangeStatus {
    /// Waits for scan.
    Waiting,
    /// Leased by scan.
    Scanning,
    /// Its results are published.
    Finished,
    /// Gave up; `error_code` says why.
    Failed,
}

impl Stage {
    /// The name in the database, in messages and in JSON.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    /// The status in which a scan waits for this stage.
    pub const fn waiting(self) -> Status {
        match self {
            Self::Compress => Status::Uploaded,
            Self::Scan => Status::Compressed,
            Self::Split => Status::Scanned,
        }
    }

    /// The status of a scan that this stage works on.
    pub const fn busy(self) -> Status {
        match self {
            Self::Compress => Status::Compressing,
            Self::Scan => Status::Scanning,
            Self::Split => Status::Splitting,
        }
    }
}

impl Status {
    /// Every status, in the order of the flow.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The statuses in which a scan may be created.
    pub const INITIAL: [Self; 2] = [Self::Uploaded, Self::Failed];

    /// The name in the database, in messages and in JSON.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    /// The statuses that may follow this one.
    pub const fn transitions(self) -> &'static [Self] {
        match self {
            Self::Uploaded => &[Self::Compressing, Self::Failed, Self::Cancelled],
            Self::Compressing => &[Self::Compressed, Self::Uploaded, Self::Failed, Self::Cancelled],
            Self::Compressed => &[Self::Scanning, Self::Failed, Self::Cancelled],
            Self::Scanning => &[Self::Scanned, Self::Uploaded, Self::Failed, Self::Cancelled],
            Self::Scanned => &[Self::Splitting, Self::Failed, Self::Cancelled],
            Self::Splitting => &[Self::PendingReview, Self::Scanned, Self::Uploaded, Self::Failed, Self::Cancelled],
            Self::PendingReview => &[Self::Approved, Self::Cancelled],
            Self::Approved => &[],
            Self::Failed => &[Self::Uploaded, Self::Compressed, Self::Scanned, Self::Cancelled],
            Self::Cancelled => &[Self::Uploaded, Self::Compressed, Self::Scanned],
        }
    }

    /// Whether `next` may follow this status.
    pub fn may_become(self, next: Self) -> bool {
        self.transitions().contains(&next)
    }

    /// The stage that a scan in this status waits for or is in; none once it ended.
    pub const fn stage(self) -> Option<Stage> {
        match self {
            Self::Uploaded | Self::Compressing => Some(Stage::Compress),
            Self::Compressed | Self::Scanning => Some(Stage::Scan),
            Self::Scanned | Self::Splitting => Some(Stage::Split),
            Self::PendingReview | Self::Approved | Self::Failed | Self::Cancelled => None,
        }
    }

    /// Whether a scan in this status waits to be claimed.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Uploaded | Self::Compressed | Self::Scanned)
    }

    /// Whether a scan in this status is being worked on.
    pub const fn is_busy(self) -> bool {
        matches!(self, Self::Compressing | Self::Scanning | Self::Splitting)
    }

    /// Whether no function will touch a scan in this status by itself.
    pub const fn is_ended(self) -> bool {
        self.stage().is_none()
    }
}

impl WaitsFor {
    /// The name in the database, in messages and in JSON.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

impl RangeStatus {
    /// Every status of a page range.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name in the database, in messages and in JSON.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    /// The statuses that may follow this one.
    pub const fn transitions(self) -> &'static [Self] {
        match self {
            Self::Waiting => &[Self::Scanning],
            Self::Scanning => &[Self::Finished, Self::Waiting, Self::Failed],
            Self::Finished => &[],
            Self::Failed => &[Self::Waiting],
        }
    }

    /// Whether `next` may follow this status.
    pub fn may_become(self, next: Self) -> bool {
        self.transitions().contains(&next)
    }
}
