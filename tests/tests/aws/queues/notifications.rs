//! What S3 tells about new objects.

use std::collections::HashSet;

use aws_sdk_s3::types::{Event, NotificationConfiguration, QueueConfiguration};
use queues::{Queue, UploadEvent, upload_events};

use tests::emulator::{TestQueues, s3_client, with_queues};

const KEYS: [&str; 7] = ["a b.pdf", "a+b.pdf", "a%20b.PDF", "a%2Bb", "ä/ß 𝄞.pdf", "a&b=c?d#e.pdf", "100%.pdf"];

/// LocalStack names the same identity in all events.
const PRINCIPAL: &str = "AIDAJDPLRKLG7UEXAMPLE";

/// The uploads that a number of messages tell.
async fn told(stack: &TestQueues, messages: usize) -> HashSet<UploadEvent> {
    let messages = stack.receive(Queue::Uploads, messages).await;
    messages.iter().flat_map(|message| upload_events(message.body().unwrap()).unwrap()).collect()
}

fn expected(bucket: &str, principal: Option<&str>) -> HashSet<UploadEvent> {
    let event = |key: &str| UploadEvent {
        bucket: bucket.to_owned(),
        key: format!("original_scans/{key}"),
        principal: principal.map(ToOwned::to_owned),
    };
    KEYS.map(event).into()
}

#[tokio::test]
async fn keys_of_the_events_of_a_real_bucket_are_read() {
    with_queues(async |stack| {
        let (client, bucket) = (s3_client(&stack.sdk), format!("uploads-{}", stack.name));
        client.create_bucket().bucket(&bucket).send().await.unwrap();
        let queue = QueueConfiguration::builder().queue_arn(stack.arn(Queue::Uploads));
        let queue = queue.events(Event::S3ObjectCreated).build().unwrap();
        let notification = NotificationConfiguration::builder().queue_configurations(queue).build();
        let call = client.put_bucket_notification_configuration().bucket(&bucket);
        call.notification_configuration(notification).send().await.unwrap();
        for key in KEYS {
            let call = client.put_object().bucket(&bucket).key(format!("original_scans/{key}"));
            call.body(b"%PDF".to_vec().into()).send().await.unwrap();
        }
        // One more: the test event that S3 sends when the notification is configured.
        let told = told(stack, KEYS.len() + 1).await;
        for key in KEYS {
            client.delete_object().bucket(&bucket).key(format!("original_scans/{key}")).send().await.unwrap();
        }
        client.delete_bucket().bucket(&bucket).send().await.unwrap();
        assert_eq!(told, expected(&bucket, Some(PRINCIPAL)));
    })
    .await;
}

#[tokio::test]
async fn an_announced_upload_reads_like_one_that_s3_told() {
    with_queues(async |stack| {
        for key in KEYS {
            stack.queues.announce_upload("bucket", &format!("original_scans/{key}")).await.unwrap();
        }
        // The sweep of the uploads does not know who uploaded them.
        assert_eq!(told(stack, KEYS.len()).await, expected("bucket", None));
    })
    .await;
}
