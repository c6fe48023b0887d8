//! Buckets, queues and a bus that only one test uses, on the emulator.

use super::required;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::types::{
    BucketVersioningStatus, Event, NotificationConfiguration, QueueConfiguration, VersioningConfiguration,
};
use aws_sdk_sqs::types::QueueAttributeName;
use queues::Queue;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Lambda lets a function run for up to this long in these tests; a message stays away as long.
const VISIBILITY_SECONDS: &str = "5";

/// The function that lives on a queue.
#[must_use]
pub const fn function_of(queue: Queue) -> &'static str {
    match queue {
        Queue::Uploads => "intake",
        Queue::Compress => "compress",
        Queue::Scan | Queue::ScanLarge => "scan",
        Queue::Split => "split",
    }
}

/// What a test has to itself on the emulator.
#[derive(Debug)]
pub struct Resources {
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// The upload bucket.
    pub uploads: String,
    /// The result bucket.
    pub results: String,
    endpoint: String,
    queues: HashMap<Queue, Addresses>,
}

#[derive(Debug, Clone)]
struct Addresses {
    url: String,
    arn: String,
    dead_letters_url: String,
    dead_letters_arn: String,
}

impl Resources {
    /// Makes them.
    pub async fn create() -> Self {
        let endpoint = required("QUIRE_TEST_AWS_ENDPOINT");
        let sdk = sdk(&endpoint).await;
        let name = format!("test-{}", uuid::Uuid::new_v4().simple());
        let s3 = aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build());
        let sqs = aws_sdk_sqs::Client::new(&sdk);
        let mut queues = HashMap::new();
        for queue in Queue::ALL {
            queues.insert(queue, create_queue(&sqs, &format!("{name}-{queue:?}")).await);
        }
        let (uploads, results) = (format!("{name}-uploads"), format!("{name}-results"));
        let resources = Self { s3, sqs, uploads, results, endpoint, queues };
        resources.create_buckets().await;
        resources
    }

    async fn create_buckets(&self) {
        for bucket in [&self.uploads, &self.results] {
            self.s3.create_bucket().bucket(bucket).send().await.expect("a bucket");
        }
        let versions = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let call = self.s3.put_bucket_versioning().bucket(&self.uploads).versioning_configuration(versions);
        call.send().await.expect("a versioned bucket");
        let queue = QueueConfiguration::builder().queue_arn(self.arn(Queue::Uploads)).events(Event::S3ObjectCreated);
        let notify = NotificationConfiguration::builder().queue_configurations(queue.build().expect("a complete rule"));
        let call = self.s3.put_bucket_notification_configuration().bucket(&self.uploads);
        call.notification_configuration(notify.build()).send().await.expect("the bucket's events");
    }

    /// The address of a queue.
    #[must_use]
    pub fn url(&self, queue: Queue) -> String {
        self.queues[&queue].url.clone()
    }

    /// The name of a queue in events.
    #[must_use]
    pub fn arn(&self, queue: Queue) -> String {
        self.queues[&queue].arn.clone()
    }

    /// The address of a queue's dead-letter queue.
    #[must_use]
    pub fn dead_letters_url(&self, queue: Queue) -> String {
        self.queues[&queue].dead_letters_url.clone()
    }

    /// Redrives by AWS's own means: StartMessageMoveTask.
    pub async fn redrive(&self, queue: Queue) {
        let call = self.sqs.start_message_move_task().source_arn(&self.queues[&queue].dead_letters_arn);
        call.send().await.expect("the redrive starts");
    }

    /// How many messages a queue holds, those under way included.
    pub async fn depth(&self, url: &str) -> i64 {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let call = self.sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
        let attributes = call.send().await.expect("the queue's attributes").attributes.unwrap_or_default();
        names.iter().filter_map(|name| attributes.get(name)?.parse::<i64>().ok()).sum()
    }

    /// Waits until a queue holds nothing any more.
    ///
    /// # Panics
    /// When it never does.
    pub async fn drained(&self, queue: Queue) {
        self.until(&self.url(queue), |depth| depth == 0).await;
    }

    /// Waits until a queue has so many dead letters.
    ///
    /// # Panics
    /// When it never has.
    pub async fn dead_letters(&self, queue: Queue, count: i64) {
        self.until(&self.dead_letters_url(queue), |depth| depth == count).await;
    }

    async fn until(&self, url: &str, is_reached: impl Fn(i64) -> bool) {
        let began = std::time::Instant::now();
        while !is_reached(self.depth(url).await) {
            assert!(began.elapsed() < super::PATIENCE, "{url} holds {}", self.depth(url).await);
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    /// Removes everything from the result bucket.
    ///
    /// # Panics
    /// When S3 refuses.
    pub async fn empty_results(&self) {
        let listing = self.s3.list_objects_v2().bucket(&self.results).send().await.expect("a listing");
        for object in listing.contents.unwrap_or_default() {
            let call = self.s3.delete_object().bucket(&self.results).key(object.key.unwrap_or_default());
            call.send().await.expect("the object is removed");
        }
    }

    /// Sends a message as it is.
    pub async fn send(&self, queue: Queue, body: &str) {
        let call = self.sqs.send_message().queue_url(self.url(queue)).message_body(body);
        call.send().await.expect("the message is taken");
    }

    /// Loses every message of a queue, those that come within the next moments included.
    pub async fn lose(&self, queue: Queue) {
        let url = self.url(queue);
        for _ in 0..20 {
            let call = self.sqs.receive_message().queue_url(&url).max_number_of_messages(10).wait_time_seconds(1);
            let messages = call.send().await.expect("the queue answers").messages.unwrap_or_default();
            for message in &messages {
                let call = self.sqs.delete_message().queue_url(&url);
                let receipt = message.receipt_handle.as_deref().unwrap_or_default();
                call.receipt_handle(receipt).send().await.expect("the message is deleted");
            }
            if !messages.is_empty() {
                return;
            }
        }
        panic!("there was no message to lose");
    }

    /// Puts a file into the upload bucket; returns its version.
    pub async fn put(&self, key: &str, file: &Path) -> String {
        let body = aws_sdk_s3::primitives::ByteStream::from_path(file).await.expect("the file can be read");
        let call = self.s3.put_object().bucket(&self.uploads).key(key).body(body);
        call.send().await.expect("the upload is taken").version_id.unwrap_or_default()
    }

    /// What the functions must be told.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        let url = |queue| self.url(queue);
        [
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("QUIRE_UPLOAD_BUCKET", self.uploads.clone()),
            ("QUIRE_RESULT_BUCKET", self.results.clone()),
            ("QUIRE_UPLOADS_QUEUE_URL", url(Queue::Uploads)),
            ("QUIRE_COMPRESS_QUEUE_URL", url(Queue::Compress)),
            ("QUIRE_SCAN_QUEUE_URL", url(Queue::Scan)),
            ("QUIRE_SCAN_LARGE_QUEUE_URL", url(Queue::ScanLarge)),
            ("QUIRE_SPLIT_QUEUE_URL", url(Queue::Split)),
            ("QUIRE_EVENT_BUS", "default".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }
}

/// The emulator's address with credentials that it does not check.
pub async fn sdk(endpoint: &str) -> SdkConfig {
    let credentials = aws_sdk_s3::config::Credentials::new("test", "test", None, None, "test");
    aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .load()
        .await
}

async fn create_queue(sqs: &aws_sdk_sqs::Client, name: &str) -> Addresses {
    let (dead_letters_url, dead_letters_arn) = create_one(sqs, &format!("{name}-dead-letters"), None).await;
    let redrive = serde_json::json!({ "deadLetterTargetArn": dead_letters_arn, "maxReceiveCount": "5" });
    let (url, arn) = create_one(sqs, name, Some(redrive.to_string())).await;
    Addresses { url, arn, dead_letters_url, dead_letters_arn }
}

async fn create_one(sqs: &aws_sdk_sqs::Client, name: &str, redrive: Option<String>) -> (String, String) {
    let mut call = sqs.create_queue().queue_name(name);
    call = call.attributes(QueueAttributeName::VisibilityTimeout, VISIBILITY_SECONDS);
    if let Some(redrive) = redrive {
        call = call.attributes(QueueAttributeName::RedrivePolicy, redrive);
    }
    let url = call.send().await.expect("a queue").queue_url.expect("its address");
    let call = sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn);
    let attributes = call.send().await.expect("the queue's attributes").attributes.unwrap_or_default();
    (url, attributes[&QueueAttributeName::QueueArn].clone())
}
