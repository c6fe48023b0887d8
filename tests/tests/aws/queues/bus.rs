//! Events to the bus.

use domain::ScanEnded;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, resume_unwind};

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::Target;
use futures_util::FutureExt;
use queues::{Bus, Queue, QueueError};
use serde_json::{Value, json};
use uuid::Uuid;

use tests::emulator::{TestQueues, closed_endpoint, with_queues};
use tests::emulator::{endpoint, sdk};
use tests::proxy::{Fault, Proxy, Request};

/// Runs a test with a bus whose events go on to the queue [`Queue::Uploads`].
async fn with_bus(test: impl AsyncFnOnce(&TestQueues, &str)) {
    with_queues(async |stack| {
        let (client, bus, rule) = (Client::new(&stack.sdk), format!("bus-{}", stack.name), "ends");
        client.create_event_bus().name(&bus).send().await.unwrap();
        let pattern = r#"{"source":["quire"],"detail-type":["Scan Ended"]}"#;
        client.put_rule().name(rule).event_bus_name(&bus).event_pattern(pattern).send().await.unwrap();
        let target = Target::builder().id("queue").arn(stack.arn(Queue::Uploads)).build().unwrap();
        client.put_targets().rule(rule).event_bus_name(&bus).targets(target).send().await.unwrap();
        let outcome = AssertUnwindSafe(test(stack, &bus)).catch_unwind().await;
        client.remove_targets().rule(rule).event_bus_name(&bus).ids("queue").send().await.unwrap();
        client.delete_rule().name(rule).event_bus_name(&bus).send().await.unwrap();
        client.delete_event_bus().name(&bus).send().await.unwrap();
        outcome.unwrap_or_else(|panic| resume_unwind(panic));
    })
    .await;
}

fn events(number: i64) -> Vec<ScanEnded> {
    let event = |scan| {
        let detail = json!({ "opinions": scan, "text": "ä \"quoted\"" });
        ScanEnded { id: Uuid::new_v4(), scan, kind: "PENDING_REVIEW".to_owned(), detail }
    };
    (0..number).map(event).collect()
}

fn ids(events: &[ScanEnded]) -> Vec<Uuid> {
    events.iter().map(|event| event.id).collect()
}

/// The scans of a call's entries.
fn scans(request: &Request) -> Vec<i64> {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let scan = |entry: &Value| {
        serde_json::from_str::<Value>(entry["Detail"].as_str().unwrap()).unwrap()["scan"].as_i64().unwrap()
    };
    body["Entries"].as_array().unwrap().iter().map(scan).collect()
}

/// An answer of 200 that accepts all entries but those of one scan.
fn refuse(request: &Request, refused: i64) -> Fault {
    let entry = |scan| match scan {
        scan if scan == refused => json!({ "ErrorCode": "ThrottlingException", "ErrorMessage": "slower" }),
        _ => json!({ "EventId": "accepted" }),
    };
    let entries: Vec<_> = scans(request).into_iter().map(entry).collect();
    let body = json!({ "FailedEntryCount": 1, "Entries": entries }).to_string();
    Fault::Answer { status: 200, content_type: "application/x-amz-json-1.1", body }
}

#[tokio::test]
async fn every_event_arrives_with_its_id_inside() {
    with_bus(async |stack, bus| {
        let events = events(12);
        let published = Bus::new(&stack.sdk, bus.to_owned()).publish(&events).await;
        assert!(published.error.is_none(), "{:?}", published.error);
        assert_eq!(published.accepted, ids(&events));
        let read = |message: &aws_sdk_sqs::types::Message| {
            let event: Value = serde_json::from_str(message.body().unwrap()).unwrap();
            assert_eq!((&event["source"], &event["detail-type"]), (&json!("quire"), &json!("Scan Ended")));
            (event["detail"]["id"].as_str().unwrap().to_owned(), event["detail"].clone())
        };
        let arrived: HashMap<String, Value> = stack.receive(Queue::Uploads, 12).await.iter().map(read).collect();
        let expected = events.iter().map(|event| (event.id.to_string(), serde_json::to_value(event).unwrap()));
        assert_eq!(arrived, expected.collect());
    })
    .await;
}

#[tokio::test]
async fn entries_that_fail_are_sent_again() {
    with_bus(async |stack, bus| {
        let proxy = Proxy::http(&endpoint(), |request| (scans(request).len() > 1).then(|| refuse(request, 1)));
        let events = events(3);
        let published = Bus::new(&sdk(&proxy.endpoint).await, bus.to_owned()).publish(&events).await;
        assert!(published.error.is_none(), "{:?}", published.error);
        assert_eq!(published.accepted.iter().collect::<HashSet<_>>(), ids(&events).iter().collect());
        assert_eq!(proxy.requests("POST").iter().map(scans).collect::<Vec<_>>(), [vec![0, 1, 2], vec![1]]);
        assert!(stack.receive(Queue::Uploads, 1).await[0].body().unwrap().contains(&events[1].id.to_string()));
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_always_fails_is_named_and_the_others_count() {
    with_bus(async |_, bus| {
        let proxy = Proxy::http(&endpoint(), |request| scans(request).contains(&4).then(|| refuse(request, 4)));
        let events = events(12);
        let published = Bus::new(&sdk(&proxy.endpoint).await, bus.to_owned()).publish(&events).await;
        let others: HashSet<Uuid> = events.iter().filter(|event| event.scan != 4).map(|event| event.id).collect();
        assert_eq!(published.accepted.into_iter().collect::<HashSet<_>>(), others);
        let Some(QueueError::EntriesRefused { entries, .. }) = &published.error else {
            panic!("{:?}", published.error)
        };
        assert_eq!(entries.iter().map(|entry| &entry.entry).collect::<Vec<_>>(), [&format!("event {}", events[4].id)]);
        assert_eq!(entries[0].refusal.error_code, "ThrottlingException");
        assert_eq!(proxy.requests("POST").len(), 6);
    })
    .await;
}

#[tokio::test]
async fn nobody_at_the_endpoint_accepts_nothing() {
    let published = Bus::new(&sdk(&closed_endpoint()).await, "bus".to_owned()).publish(&events(30)).await;
    assert!(published.accepted.is_empty());
    assert_eq!(published.error.map(|error| error.code().as_str()), Some("queues.unreachable"));
}
