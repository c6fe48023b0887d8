//! The buckets and queues of one world, wired as the template wires them.

use crate::emulator::{Buckets, TestQueues, endpoint, sdk};
use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
use aws_sdk_s3::types::{Event, NotificationConfiguration, QueueConfiguration};
use aws_sdk_sqs::types::{Message, QueueAttributeName};
use queues::Queue;
use std::collections::BTreeMap;
use std::path::Path;

/// A function may run for up to this long in these tests, and its message stays invisible as long.
const VISIBILITY_SECONDS: &str = "5";

#[derive(Debug)]
pub struct Resources {
    pub s3: aws_sdk_s3::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub uploads: String,
    pub results: String,
    queues: TestQueues,
}

impl Resources {
    /// Makes buckets and queues; the upload bucket notifies the uploads queue.
    pub async fn create() -> Self {
        let sdk = sdk(&endpoint()).await;
        let (buckets, queues) = (Buckets::create(&sdk).await, TestQueues::create(&sdk, VISIBILITY_SECONDS).await);
        let Buckets { client: s3, uploads, results, .. } = buckets;
        let resources = Self { s3, sqs: queues.client.clone(), uploads, results, queues };
        resources.notify().await;
        resources
    }

    async fn notify(&self) {
        let queue = QueueConfiguration::builder().queue_arn(self.arn(Queue::Uploads)).events(Event::S3ObjectCreated);
        let notify = NotificationConfiguration::builder().queue_configurations(queue.build().expect("a complete rule"));
        let call = self.s3.put_bucket_notification_configuration().bucket(&self.uploads);
        call.notification_configuration(notify.build()).send().await.expect("the bucket's events");
    }

    #[must_use]
    pub fn url(&self, queue: Queue) -> String {
        self.queues.url(queue).to_owned()
    }

    #[must_use]
    pub fn arn(&self, queue: Queue) -> String {
        self.queues.arn(queue).to_owned()
    }

    #[must_use]
    pub fn dead_letters_url(&self, queue: Queue) -> String {
        self.queues.dead_letters_url(queue).to_owned()
    }

    /// Redrives by AWS's own means: StartMessageMoveTask.
    pub async fn redrive(&self, queue: Queue) {
        let call = self.sqs.start_message_move_task().source_arn(self.queues.dead_letters_arn(queue));
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

    /// Makes a message a dead letter at once.
    pub async fn send_dead_letter(&self, queue: Queue, body: &str) {
        let call = self.sqs.send_message().queue_url(self.dead_letters_url(queue)).message_body(body);
        call.send().await.expect("the letter is taken");
    }

    /// Lets pages from this origin upload with a signed URL, as the template does.
    ///
    /// # Panics
    /// When S3 does not take it.
    pub async fn let_browsers_upload(&self, origin: &str) {
        let rule = CorsRule::builder().allowed_methods("PUT").allowed_origins(origin).allowed_headers("*").build();
        let rules = CorsConfiguration::builder().cors_rules(rule.expect("a rule")).build().expect("rules");
        let call = self.s3.put_bucket_cors().bucket(&self.uploads).cors_configuration(rules);
        call.send().await.expect("the rules are taken");
    }

    /// Loses every message of a queue, those that come within the next moments included. The message with which S3 tries the
    /// notification is not the one to wait for.
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
            let is_trial =
                |message: &Message| message.body.as_deref().is_some_and(|body| body.contains("s3:TestEvent"));
            if !messages.iter().all(is_trial) {
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
        let letters = |queue| self.dead_letters_url(queue);
        [
            ("AWS_ENDPOINT_URL", endpoint()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("QUIRE_UPLOAD_BUCKET", self.uploads.clone()),
            ("QUIRE_RESULT_BUCKET", self.results.clone()),
            ("QUIRE_UPLOADS_QUEUE_URL", url(Queue::Uploads)),
            ("QUIRE_COMPRESS_QUEUE_URL", url(Queue::Compress)),
            ("QUIRE_COMPRESS_BULK_QUEUE_URL", url(Queue::CompressBulk)),
            ("QUIRE_SCAN_QUEUE_URL", url(Queue::Scan)),
            ("QUIRE_SCAN_LARGE_QUEUE_URL", url(Queue::ScanLarge)),
            ("QUIRE_SPLIT_QUEUE_URL", url(Queue::Split)),
            // For the commands; the functions do not read them.
            ("QUIRE_UPLOADS_DEAD_LETTERS_URL", letters(Queue::Uploads)),
            ("QUIRE_COMPRESS_DEAD_LETTERS_URL", letters(Queue::Compress)),
            ("QUIRE_COMPRESS_BULK_DEAD_LETTERS_URL", letters(Queue::CompressBulk)),
            ("QUIRE_SCAN_DEAD_LETTERS_URL", letters(Queue::Scan)),
            ("QUIRE_SCAN_LARGE_DEAD_LETTERS_URL", letters(Queue::ScanLarge)),
            ("QUIRE_SPLIT_DEAD_LETTERS_URL", letters(Queue::Split)),
            ("QUIRE_EVENT_BUS", "default".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }
}
