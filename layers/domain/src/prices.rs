//! Prices of AWS in US dollars: the public list prices of us-east-1, without free tiers, discounts and taxes.

/// The day on which these prices were noted.
pub const NOTED_ON: &str = "2026-11-27";

/// The region that they are of.
pub const REGION: &str = "us-east-1";

/// Lambda on x86-64, memory times time.
pub const LAMBDA_GIGABYTE_SECOND: f64 = 0.000_016_666_7;

pub const LAMBDA_REQUEST: f64 = 0.20 / 1e6;

/// S3 Standard, the first 50 TB.
pub const S3_GIGABYTE_MONTH: f64 = 0.023;

/// PUT, COPY, POST and LIST.
pub const S3_WRITE_REQUEST: f64 = 0.005 / 1e3;

/// GET and HEAD.
pub const S3_READ_REQUEST: f64 = 0.000_4 / 1e3;

/// A standard queue.
pub const SQS_REQUEST: f64 = 0.40 / 1e6;
