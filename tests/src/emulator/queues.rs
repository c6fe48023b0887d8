use super::{endpoint, sdk};
use aws::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use futures_util::FutureExt;
use queues::{Queue, QueueUrls, Queues, SqsEvent};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, resume_unwind};
use uuid::Uuid;

/// All queues of the service, each with its dead-letter queue.
#[derive(Debug)]
pub struct TestQueues {
    pub sdk: SdkConfig,
    pub client: Client,
    pub queues: Queues,
    /// Part of all names.
    pub name: Uuid,
    created: HashMap<Queue, Created>,
}

#[derive(Debug)]
struct Created {
    url: String,
    arn: String,
    dead_letters_url: String,
    dead_letters_arn: String,
}

/// Runs a test with queues of its own, and removes them. A received message stays invisible for ten minutes unless it is
/// put back.
pub async fn with_queues(test: impl AsyncFnOnce(&TestQueues)) {
    let queues = TestQueues::create(&sdk(&endpoint()).await, "600").await;
    let outcome = AssertUnwindSafe(test(&queues)).catch_unwind().await;
    for Created { url, dead_letters_url, .. } in queues.created.values() {
        queues.client.delete_queue().queue_url(url).send().await.unwrap();
        queues.client.delete_queue().queue_url(dead_letters_url).send().await.unwrap();
    }
    outcome.unwrap_or_else(|panic| resume_unwind(panic));
}

impl TestQueues {
    pub async fn create(sdk: &SdkConfig, visibility_seconds: &str) -> Self {
        let (client, name) = (Client::new(sdk), Uuid::new_v4());
        let mut created = HashMap::new();
        for queue in Queue::ALL {
            created.insert(queue, create_queue(&client, &format!("{queue:?}-{name}"), visibility_seconds).await);
        }
        let url = |queue| created[&queue].url.clone();
        let urls = QueueUrls {
            uploads: url(Queue::Uploads),
            compress: url(Queue::Compress),
            compress_bulk: url(Queue::CompressBulk),
            scan: url(Queue::Scan),
            scan_large: url(Queue::ScanLarge),
            split: url(Queue::Split),
        };
        Self { queues: Queues::new(sdk, urls), sdk: sdk.clone(), client, name, created }
    }

    /// The same queues, through another endpoint.
    pub async fn through(&self, endpoint: &str) -> Queues {
        Queues::new(&sdk(endpoint).await, self.queues.urls().clone())
    }

    #[must_use]
    pub fn url(&self, queue: Queue) -> &str {
        &self.created[&queue].url
    }

    #[must_use]
    pub fn arn(&self, queue: Queue) -> &str {
        &self.created[&queue].arn
    }

    #[must_use]
    pub fn dead_letters_url(&self, queue: Queue) -> &str {
        &self.created[&queue].dead_letters_url
    }

    #[must_use]
    pub fn dead_letters_arn(&self, queue: Queue) -> &str {
        &self.created[&queue].dead_letters_arn
    }

    /// Messages that can be received, and messages that are received and not settled.
    pub async fn counts(&self, queue: Queue) -> (usize, usize) {
        let visible = attribute(&self.client, self.url(queue), QueueAttributeName::ApproximateNumberOfMessages);
        let hidden = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let hidden = attribute(&self.client, self.url(queue), hidden);
        (visible.await.parse().unwrap(), hidden.await.parse().unwrap())
    }

    /// Receives until there are `number` messages.
    ///
    /// # Panics
    /// When one does not come within 20 s, or more come.
    pub async fn receive(&self, queue: Queue, number: usize) -> Vec<Message> {
        let mut received = Vec::new();
        while received.len() < number {
            let call = self.client.receive_message().queue_url(self.url(queue)).max_number_of_messages(10);
            let call = call.message_system_attribute_names(MessageSystemAttributeName::All).wait_time_seconds(20);
            let some = call.send().await.unwrap().messages.unwrap_or_default();
            assert!(!some.is_empty(), "{} of {number} messages came", received.len());
            received.extend(some);
        }
        assert_eq!(received.len(), number);
        received
    }

    /// Sends bodies, receives them in their order, and makes the event that Lambda would.
    pub async fn deliver(&self, queue: Queue, bodies: &[&str]) -> SqsEvent {
        for body in bodies {
            self.client.send_message().queue_url(self.url(queue)).message_body(*body).send().await.unwrap();
        }
        let mut messages = self.receive(queue, bodies.len()).await;
        messages.sort_by_key(|message| bodies.iter().position(|body| message.body() == Some(body)));
        self.event(queue, &messages)
    }

    /// The messages as Lambda hands them to a function.
    #[must_use]
    pub fn event(&self, queue: Queue, messages: &[Message]) -> SqsEvent {
        serde_json::from_value(crate::world::event(messages, self.arn(queue))).unwrap()
    }
}

async fn create_queue(client: &Client, name: &str, visibility_seconds: &str) -> Created {
    let visibility = (QueueAttributeName::VisibilityTimeout, visibility_seconds.to_owned());
    let create = async |name: String, redrive: Option<String>| {
        let redrive = redrive.map(|policy| (QueueAttributeName::RedrivePolicy, policy));
        let attributes = [visibility.clone()].into_iter().chain(redrive).collect();
        let call = client.create_queue().queue_name(name).set_attributes(Some(attributes));
        let url = call.send().await.unwrap().queue_url.unwrap();
        let arn = attribute(client, &url, QueueAttributeName::QueueArn).await;
        (url, arn)
    };
    let (dead_letters_url, dead_letters_arn) = create(format!("{name}-dead-letters"), None).await;
    let redrive = serde_json::json!({ "deadLetterTargetArn": dead_letters_arn, "maxReceiveCount": "5" });
    let (url, arn) = create(name.to_owned(), Some(redrive.to_string())).await;
    Created { url, arn, dead_letters_url, dead_letters_arn }
}

async fn attribute(client: &Client, url: &str, name: QueueAttributeName) -> String {
    let call = client.get_queue_attributes().queue_url(url).attribute_names(name.clone());
    call.send().await.unwrap().attributes.unwrap()[&name].clone()
}
