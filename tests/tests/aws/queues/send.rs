//! Tasks to their queues.

use domain::Task;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_sqs::types::MessageSystemAttributeName;
use queues::{Queue, QueueError, QueueUrls, Queues};

use tests::emulator::{closed_endpoint, with_queues};
use tests::emulator::{endpoint, sdk};
use tests::proxy::{Fault, Proxy, Request};

/// The last requests of SQS's protocol name their operation in a header.
fn is_batch(request: &Request) -> bool {
    request.header("x-amz-target") == Some("AmazonSQS.SendMessageBatch")
}

fn ids(request: &Request) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    body["Entries"].as_array().unwrap().iter().map(|entry| entry["Id"].as_str().unwrap().to_owned()).collect()
}

/// An answer of 200 that accepts no entry.
fn all_failed(request: &Request) -> Fault {
    let failed = ids(request).into_iter().map(
        |id| serde_json::json!({ "Id": id, "Code": "InternalError", "Message": "try again", "SenderFault": false }),
    );
    let body = serde_json::json!({ "Successful": [], "Failed": failed.collect::<Vec<_>>() }).to_string();
    Fault::Answer { status: 200, content_type: "application/x-amz-json-1.0", body }
}

fn ranges(number: i32, is_large: bool) -> Vec<Task> {
    (0..number).map(|range| Task::Scan { scan: 5, generation: 1, range, is_large }).collect()
}

#[tokio::test]
async fn every_task_reaches_its_queue_once_in_the_group_of_its_scan() {
    with_queues(async |stack| {
        let others = [
            Task::Compress { scan: 1, is_bulk: false },
            Task::Split { scan: 2 },
            Task::Compress { scan: 3, is_bulk: false },
        ];
        let tasks: Vec<Task> = others.into_iter().chain(ranges(23, false)).chain(ranges(2, true)).collect();
        stack.queues.send(&tasks).await.unwrap();
        for queue in [Queue::Compress, Queue::Scan, Queue::ScanLarge, Queue::Split] {
            let expected: HashSet<Task> = tasks.iter().filter(|task| Queue::of(task) == queue).copied().collect();
            let messages = stack.receive(queue, expected.len()).await;
            let parse = |message: &aws_sdk_sqs::types::Message| {
                let task = Task::parse(message.body().unwrap()).unwrap();
                let group = message.attributes().unwrap().get(&MessageSystemAttributeName::MessageGroupId);
                assert_eq!(group.map(String::as_str), Some(task.scan().to_string().as_str()));
                task
            };
            assert_eq!(messages.iter().map(parse).collect::<HashSet<_>>(), expected);
            assert_eq!(stack.counts(queue).await.0, 0);
        }
        stack.queues.send(&[]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn entries_that_fail_are_sent_again() {
    with_queues(async |stack| {
        let calls = AtomicUsize::new(0);
        let proxy = Proxy::http(&endpoint(), move |request| {
            (is_batch(request) && calls.fetch_add(1, Ordering::SeqCst) < 2).then(|| all_failed(request))
        });
        stack.through(&proxy.endpoint).await.send(&ranges(3, false)).await.unwrap();
        assert_eq!(proxy.requests("POST").len(), 3);
        assert_eq!(stack.receive(Queue::Scan, 3).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn only_the_entries_that_fail_are_sent_again() {
    with_queues(async |stack| {
        // Of the first call, entry 0 counts as sent, entry 1 has failed, and entry 2 is not mentioned.
        let body = r#"{
            "Successful": [{ "Id": "0", "MessageId": "1", "MD5OfMessageBody": "1" }],
            "Failed": [{ "Id": "1", "Code": "InternalError", "SenderFault": false }]
        }"#;
        let fault = Fault::Answer { status: 200, content_type: "application/x-amz-json-1.0", body: body.to_owned() };
        let calls = AtomicUsize::new(0);
        let proxy = Proxy::http(&endpoint(), move |request| {
            (is_batch(request) && calls.fetch_add(1, Ordering::SeqCst) < 1).then(|| fault.clone())
        });
        let tasks = ranges(3, false);
        stack.through(&proxy.endpoint).await.send(&tasks).await.unwrap();
        let messages = stack.receive(Queue::Scan, 2).await;
        let sent: HashSet<_> = messages.iter().map(|message| Task::parse(message.body().unwrap()).unwrap()).collect();
        assert_eq!(sent, tasks[1..].iter().copied().collect());
    })
    .await;
}

#[tokio::test]
async fn entries_that_always_fail_are_named_and_hold_nobody_up() {
    with_queues(async |stack| {
        let scan = stack.url(Queue::Scan).to_owned();
        let proxy = Proxy::http(&endpoint(), move |request| {
            let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            (is_batch(request) && body["QueueUrl"] == scan.as_str()).then(|| all_failed(request))
        });
        let mut tasks = ranges(2, false);
        tasks.push(Task::Split { scan: 9 });
        let error = stack.through(&proxy.endpoint).await.send(&tasks).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.is_transient()), ("queues.entries_refused", true));
        let QueueError::EntriesRefused { entries, .. } = &error else { panic!("{error:?}") };
        assert_eq!(
            entries.iter().map(|entry| entry.refusal.error_code.as_str()).collect::<Vec<_>>(),
            ["InternalError"; 2]
        );
        assert!(error.to_string().contains("2 entries") && error.to_string().contains("range: 1"), "{error}");
        assert_eq!(proxy.requests("POST").len(), 6);
        assert_eq!(stack.receive(Queue::Split, 1).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_busy_service_is_asked_again() {
    with_queues(async |stack| {
        let calls = AtomicUsize::new(0);
        let body = r#"{"__type":"com.amazonaws.sqs#ServiceUnavailable","message":"busy"}"#.to_owned();
        let fault = Fault::Answer { status: 503, content_type: "application/x-amz-json-1.0", body };
        let proxy =
            Proxy::http(&endpoint(), move |_| (calls.fetch_add(1, Ordering::SeqCst) < 2).then(|| fault.clone()));
        stack.through(&proxy.endpoint).await.send(&[Task::Split { scan: 9 }]).await.unwrap();
        assert_eq!(stack.receive(Queue::Split, 1).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_queue_that_does_not_exist_is_a_refusal() {
    with_queues(async |stack| {
        let urls = QueueUrls { split: format!("{}-not", stack.url(Queue::Split)), ..stack.queues.urls().clone() };
        let error = Queues::new(&stack.sdk, urls).send(&[Task::Split { scan: 9 }]).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.is_transient()), ("queues.refused", false), "{error}");
    })
    .await;
}

#[tokio::test]
async fn nobody_at_the_endpoint_is_unreachable() {
    let url = || "http://127.0.0.1/queue/us-east-1/000000000000/none".to_owned();
    let urls = QueueUrls {
        uploads: url(),
        compress: url(),
        scan: url(),
        compress_bulk: url(),
        scan_large: url(),
        split: url(),
    };
    let queues = Queues::new(&sdk(&closed_endpoint()).await, urls);
    let error = queues.send(&[Task::Split { scan: 9 }]).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.is_transient()), ("queues.unreachable", true));
    assert!(error.to_string().contains("refused"), "{error}");
}
