//! Queues of a test's own, removed behind it.

use std::panic::{AssertUnwindSafe, resume_unwind};

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use futures_util::FutureExt;
use queues::{Queue, QueueUrls, Queues, SqsEvent};
use serde_json::json;
use uuid::Uuid;

use crate::emulator::{endpoint, sdk};

/// The queues.
pub struct Stack {
    pub sdk: SdkConfig,
    pub client: Client,
    pub queues: Queues,
    /// What the names of everything that the test makes end in.
    pub name: Uuid,
}

/// An address where nobody listens.
pub fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Runs a test with queues of its own. A received message stays invisible for ten minutes, unless it is put back.
pub async fn with_queues(test: impl AsyncFnOnce(&Stack)) {
    let stack = Stack::create().await;
    let outcome = AssertUnwindSafe(test(&stack)).catch_unwind().await;
    for queue in Queue::ALL {
        stack.client.delete_queue().queue_url(stack.url(queue)).send().await.unwrap();
    }
    outcome.unwrap_or_else(|panic| resume_unwind(panic));
}

impl Stack {
    async fn create() -> Self {
        let (sdk, name) = (sdk(&endpoint()).await, Uuid::new_v4());
        let client = Client::new(&sdk);
        let create = async |kind: &str| {
            let call = client.create_queue().queue_name(format!("{kind}-{name}"));
            let call = call.attributes(QueueAttributeName::VisibilityTimeout, "600");
            call.send().await.expect("the local stack makes a queue").queue_url.unwrap()
        };
        let urls = QueueUrls {
            uploads: create("uploads").await,
            compress: create("compress").await,
            scan: create("scan").await,
            scan_large: create("scan-large").await,
            split: create("split").await,
        };
        Self { queues: Queues::new(&sdk, urls), sdk, client, name }
    }

    /// The same queues, through another endpoint.
    pub async fn through(&self, endpoint: &str) -> Queues {
        Queues::new(&sdk(endpoint).await, self.queues.urls().clone())
    }

    pub fn url(&self, queue: Queue) -> &str {
        self.queues.urls().url(queue)
    }

    pub async fn arn(&self, queue: Queue) -> String {
        self.attribute(queue, QueueAttributeName::QueueArn).await
    }

    /// Messages that can be received, and messages that are received and not settled.
    pub async fn counts(&self, queue: Queue) -> (usize, usize) {
        let visible = self.attribute(queue, QueueAttributeName::ApproximateNumberOfMessages).await;
        let hidden = self.attribute(queue, QueueAttributeName::ApproximateNumberOfMessagesNotVisible).await;
        (visible.parse().unwrap(), hidden.parse().unwrap())
    }

    async fn attribute(&self, queue: Queue, name: QueueAttributeName) -> String {
        let call = self.client.get_queue_attributes().queue_url(self.url(queue)).attribute_names(name.clone());
        call.send().await.unwrap().attributes.unwrap()[&name].clone()
    }

    /// Receives until there are `number` messages; waits for the last of them for a while.
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
        event(&self.arn(queue).await, &messages)
    }
}

/// The messages as Lambda hands them to a function.
pub fn event(arn: &str, messages: &[Message]) -> SqsEvent {
    let record = |message: &Message| {
        let attributes = message.attributes().unwrap().iter().map(|(name, value)| (name.as_str(), value.as_str()));
        json!({
            "messageId": message.message_id(), "receiptHandle": message.receipt_handle(), "body": message.body(),
            "attributes": attributes.collect::<std::collections::HashMap<_, _>>(), "messageAttributes": {},
            "md5OfBody": message.md5_of_body(), "eventSource": "aws:sqs", "eventSourceARN": arn,
            "awsRegion": "us-east-1",
        })
    };
    serde_json::from_value(json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() })).unwrap()
}
