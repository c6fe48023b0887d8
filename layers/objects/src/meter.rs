//! Counts what goes to S3 and comes from it, each attempt of a call by itself: every one costs money.

use aws_sdk_s3::config::interceptors::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Requests and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// GET and HEAD.
    pub read_requests: u64,
    /// PUT, POST and LIST, which S3 charges alike. DELETE is free.
    pub write_requests: u64,
    /// Of downloads. A body that broke off counts as a whole.
    pub bytes_read: u64,
    pub bytes_written: u64,
}

impl Traffic {
    /// What came after `earlier`.
    #[must_use]
    pub const fn since(&self, earlier: &Self) -> Self {
        Self {
            read_requests: self.read_requests.saturating_sub(earlier.read_requests),
            write_requests: self.write_requests.saturating_sub(earlier.write_requests),
            bytes_read: self.bytes_read.saturating_sub(earlier.bytes_read),
            bytes_written: self.bytes_written.saturating_sub(earlier.bytes_written),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    read_requests: AtomicU64,
    write_requests: AtomicU64,
    bytes_read: AtomicU64,
    bytes_written: AtomicU64,
}

impl Meter {
    pub fn read(&self) -> Traffic {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { read_requests, write_requests, bytes_read, bytes_written } = &*self.0;
        Traffic {
            read_requests: read(read_requests),
            write_requests: read(write_requests),
            bytes_read: read(bytes_read),
            bytes_written: read(bytes_written),
        }
    }
}

fn length(text: Option<&str>) -> u64 {
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let is_listing = request.uri().contains("list-type=");
        let requests = match request.method() {
            "DELETE" => return Ok(()),
            "GET" | "HEAD" if !is_listing => &self.0.read_requests,
            _ => &self.0.write_requests,
        };
        requests.fetch_add(1, Ordering::Relaxed);
        self.0.bytes_written.fetch_add(length(request.headers().get("content-length")), Ordering::Relaxed);
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.response().headers();
        // Every download asks for a range. The answer to HEAD has the length of a body that does not come.
        if headers.get("content-range").is_some() {
            self.0.bytes_read.fetch_add(length(headers.get("content-length")), Ordering::Relaxed);
        }
        Ok(())
    }
}
