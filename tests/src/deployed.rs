//! The stack that `cargo xtask test` deployed from `infra/template.yaml`, seen from outside, as a user and AWS see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: what is missing should stop the test where it stands"
)]

use crate::emulator::{s3_client, sdk};
use crate::world::{Failpoints, PATIENCE, required};
use catalog::{Catalog, DatabaseSettings, Filter, ScanDetail, ScanSummary};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The deployed stack.
pub struct Deployed {
    /// What `cargo xtask up` wrote down.
    pub environment: BTreeMap<String, String>,
    /// Its rows.
    pub catalog: Catalog,
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// EventBridge.
    pub events: aws_sdk_eventbridge::Client,
    /// The failpoints of its functions.
    pub failpoints: Failpoints,
}

impl Deployed {
    /// The stack that `QUIRE_TEST_STACK` names.
    ///
    /// # Panics
    /// When there is none.
    pub async fn find() -> Self {
        let environment = read(Path::new(&required("QUIRE_TEST_STACK")));
        let sdk = sdk(&environment["AWS_ENDPOINT_URL"]).await;
        let settings = DatabaseSettings { url: environment["DATABASE_URL"].clone() };
        Self {
            catalog: Catalog::new(&settings).expect("a database's address"),
            s3: s3_client(&sdk),
            sqs: aws_sdk_sqs::Client::new(&sdk),
            events: aws_sdk_eventbridge::Client::new(&sdk),
            failpoints: Failpoints::at(PathBuf::from(&environment["QUIRE_STACK_FAILPOINTS"])),
            environment,
        }
    }

    /// A value of the environment.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        &self.environment[name]
    }

    /// Puts a file into the upload bucket.
    pub async fn put(&self, key: &str, file: &Path) {
        let body = aws_sdk_s3::primitives::ByteStream::from_path(file).await.expect("the file can be read");
        let call = self.s3.put_object().bucket(self.value("QUIRE_UPLOAD_BUCKET")).key(key).body(body);
        call.send().await.expect("the upload is taken");
    }

    /// Waits until a key's newest scan is as it should be.
    ///
    /// # Panics
    /// When it never is.
    pub async fn wait(&self, key: &str, is_reached: impl Fn(&ScanSummary) -> bool) -> ScanSummary {
        let (began, filter) = (Instant::now(), Filter { key: Some(key.to_owned()), limit: 1, ..Filter::default() });
        loop {
            let scan = self.catalog.scans(&filter).await.expect("the database answers").into_iter().next();
            match scan {
                Some(scan) if is_reached(&scan) => return scan,
                last if began.elapsed() > PATIENCE => panic!("{key} is stuck: {last:?}"),
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Waits for a key's scan to come to its end, then tells everything about it.
    pub async fn ended(&self, key: &str) -> ScanDetail {
        let scan = self.wait(key, |scan| scan.status.is_ended()).await;
        self.catalog.scan(scan.id).await.expect("the database answers").expect("it was there just now")
    }

    /// Fetches everything below a prefix of the result bucket, by name.
    pub async fn fetch(&self, prefix: &str) -> BTreeMap<String, Vec<u8>> {
        let bucket = self.value("QUIRE_RESULT_BUCKET");
        let listing = self.s3.list_objects_v2().bucket(bucket).prefix(prefix).send().await.expect("a listing");
        let mut files = BTreeMap::new();
        for key in listing.contents.unwrap_or_default().into_iter().filter_map(|object| object.key) {
            let object = self.s3.get_object().bucket(bucket).key(&key).send().await.expect("an object");
            let bytes = object.body.collect().await.expect("its bytes").to_vec();
            files.insert(key[prefix.len()..].to_owned(), bytes);
        }
        files
    }

    /// How many messages a queue holds that can be received.
    pub async fn waiting(&self, url: &str) -> i64 {
        use aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessages as Count;
        let attributes = self.sqs.get_queue_attributes().queue_url(url).attribute_names(Count).send().await;
        let attributes = attributes.expect("the queue's attributes").attributes.unwrap_or_default();
        attributes.get(&Count).and_then(|count| count.parse().ok()).unwrap_or_default()
    }
}

fn read(file: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let unquoted = |value: &str| value.trim_matches('\'').to_owned();
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), unquoted(value)))
        .collect()
}
