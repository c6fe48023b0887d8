//! An event source mapping: polls a queue, invokes a function, deletes what it settled
//! (AWS, "How Lambda processes records from stream and queue-based event sources").

use super::function::{Ended, FunctionProcess, Program};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a mapping needs.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The queue's address.
    pub queue_url: String,
    /// The queue's name in events.
    pub queue_arn: String,
    /// Messages handed over at once.
    pub batch_size: i32,
    /// The function.
    pub program: Program,
    /// How long it may run.
    pub limit: Duration,
}

/// A mapping at work, on a thread of its own.
pub struct Running {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    deaths: Arc<AtomicUsize>,
}

impl Mapping {
    /// Starts polling.
    #[must_use]
    pub fn start(self, sqs: Client) -> Running {
        let (stop, deaths) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (stopped, died) = (Arc::clone(&stop), Arc::clone(&deaths));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let mut worker = Worker { mapping: self, sqs, function: None, deaths: died };
            while !stopped.load(Ordering::Acquire) {
                runtime.block_on(worker.turn());
            }
        });
        Running { stop, thread: Some(thread), deaths }
    }
}

impl Running {
    /// How often a process of this mapping ended under an invocation.
    #[must_use]
    pub fn deaths(&self) -> usize {
        self.deaths.load(Ordering::Acquire)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

struct Worker {
    mapping: Mapping,
    sqs: Client,
    function: Option<FunctionProcess>,
    deaths: Arc<AtomicUsize>,
}

impl Worker {
    async fn turn(&mut self) {
        let received = self.receive().await;
        if received.is_empty() {
            return;
        }
        let event = event(&received, &self.mapping.queue_arn);
        match self.invoke(&event) {
            Ok(answer) => self.settle(&received, &answer).await,
            // As on AWS: nothing is deleted, and all of it comes back after the visibility time-out.
            Err(ended) => {
                self.deaths.fetch_add(1, Ordering::AcqRel);
                eprintln!("{}: {ended:?}", self.mapping.program.binary.display());
                self.function = None;
            }
        }
    }

    async fn receive(&self) -> Vec<Message> {
        let call = self.sqs.receive_message().queue_url(&self.mapping.queue_url).wait_time_seconds(1);
        let call = call.max_number_of_messages(self.mapping.batch_size);
        let call = call.message_system_attribute_names(MessageSystemAttributeName::All);
        match call.send().await {
            Ok(answer) => answer.messages.unwrap_or_default(),
            Err(error) => {
                eprintln!("receiving: {error:?}");
                tokio::time::sleep(Duration::from_millis(200)).await;
                Vec::new()
            }
        }
    }

    fn invoke(&mut self, event: &Value) -> Result<Value, Ended> {
        let mut function = match self.function.take() {
            Some(function) => function,
            None => self.mapping.program.start()?,
        };
        let answer = function.invoke(event, self.mapping.limit)?;
        self.function = Some(function);
        Ok(answer)
    }

    async fn settle(&self, received: &[Message], answer: &Value) {
        let failures = answer["batchItemFailures"].as_array().cloned().unwrap_or_default();
        let failed: BTreeSet<&str> = failures.iter().filter_map(|item| item["itemIdentifier"].as_str()).collect();
        for message in received.iter().filter(|message| !failed.contains(message.message_id().unwrap_or_default())) {
            let call = self.sqs.delete_message().queue_url(&self.mapping.queue_url);
            if let Err(error) = call.receipt_handle(message.receipt_handle().unwrap_or_default()).send().await {
                eprintln!("deleting: {error:?}");
            }
        }
    }
}

/// What Lambda makes of received messages.
#[must_use]
pub fn event(received: &[Message], queue_arn: &str) -> Value {
    let records: Vec<Value> = received.iter().map(|message| record(message, queue_arn)).collect();
    json!({ "Records": records })
}

fn record(message: &Message, queue_arn: &str) -> Value {
    let attributes: serde_json::Map<String, Value> = message
        .attributes()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str().to_owned(), json!(value)))
        .collect();
    json!({
        "messageId": message.message_id(),
        "receiptHandle": message.receipt_handle(),
        "body": message.body(),
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": message.md5_of_body(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": "us-east-1",
    })
}
