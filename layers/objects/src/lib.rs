//! Keys and transfers: all the S3.
