//! The records of one invocation.

use aws_sdk_sqs::types::MessageSystemAttributeName;
use domain::Task;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use queues::{FaultReason, Processed, Queue, Queues, Received, SqsBatchResponse, SqsEvent, Verdict};

use tests::emulator::endpoint;
use tests::emulator::with_queues;
use tests::proxy::{Proxy, Request};

const AT_ONCE: Verdict = Verdict::Return { after: Duration::ZERO };

/// As the functions do it.
async fn process_batch<F, A>(queues: &Queues, event: SqsEvent, handle: F) -> Processed
where
    F: Fn(Received) -> A,
    A: Future<Output = Verdict>,
{
    let put_back = |received: Received, after| async move { queues.back_off(&received, after).await };
    queues::process_batch(queues.urls(), event, None, handle, put_back).await
}

fn ids(event: &SqsEvent) -> Vec<String> {
    event.records.iter().map(|record| record.message_id.clone().unwrap()).collect()
}

fn returned(response: &SqsBatchResponse) -> Vec<&str> {
    response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
}

/// Receipt and seconds of each message that was put back.
fn put_back(requests: &[Request]) -> Vec<(String, i64)> {
    let is_meant = |request: &&Request| request.header("x-amz-target") == Some("AmazonSQS.ChangeMessageVisibility");
    let read = |request: &Request| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        (body["ReceiptHandle"].as_str().unwrap().to_owned(), body["VisibilityTimeout"].as_i64().unwrap())
    };
    requests.iter().filter(is_meant).map(read).collect()
}

#[tokio::test]
async fn a_failing_record_returns_alone() {
    with_queues(async |stack| {
        let event = stack.deliver(Queue::Scan, &["a", "b", "c"]).await;
        let ids = ids(&event);
        let handled = Mutex::new(Vec::new());
        let processed = process_batch(&stack.queues, event, |received| {
            handled.lock().unwrap().push(received.body.clone());
            async move { if received.body == "b" { AT_ONCE } else { Verdict::Delete } }
        })
        .await;
        assert_eq!(handled.into_inner().unwrap(), ["a", "b", "c"]);
        assert_eq!(returned(&processed.response), [&ids[1]]);
        assert!(processed.faults.is_empty(), "{:?}", processed.faults);
        assert_eq!(stack.counts(Queue::Scan).await, (1, 2));
        assert_eq!(stack.receive(Queue::Scan, 1).await[0].body(), Some("b"));
    })
    .await;
}

#[tokio::test]
async fn panics_return_their_own_records_in_order_and_a_little_later() {
    with_queues(async |stack| {
        let event = stack.deliver(Queue::Scan, &["text", "fine", "sentence", "early", "value", "back"]).await;
        let (ids, receipts): (Vec<_>, Vec<_>) =
            event.records.iter().map(|record| (record.message_id.clone(), record.receipt_handle.clone())).unzip();
        let proxy = Proxy::http(&endpoint(), |_| None);
        let queues = stack.through(&proxy.endpoint).await;
        let processed = process_batch(&queues, event, |received| {
            assert!(received.body != "early", "before there is a future");
            async move {
                match received.body.as_str() {
                    "text" => panic!("in so many words"),
                    "sentence" => panic!("in {} words", 3),
                    "value" => std::panic::panic_any(7_u8),
                    "back" => Verdict::Return { after: Duration::from_millis(6_500) },
                    _ => Verdict::Delete,
                }
            }
        })
        .await;
        let chosen = [0, 2, 3, 4, 5];
        assert_eq!(returned(&processed.response), chosen.map(|index| ids[index].as_deref().unwrap()));
        let expected = chosen.map(|index| (receipts[index].clone().unwrap(), if index == 5 { 7 } else { 30 }));
        assert_eq!(put_back(&proxy.requests("POST")), expected);
        let words = processed.faults.iter().map(|fault| match &fault.reason {
            FaultReason::Panicked(words) => words.as_str(),
            reason @ FaultReason::NotBackedOff(_) => panic!("{reason}"),
        });
        let words: Vec<_> = words.collect();
        assert_eq!(words, ["in so many words", "in 3 words", "before there is a future", "without a message"]);
        assert_eq!(stack.counts(Queue::Scan).await, (0, 6));
    })
    .await;
}

#[tokio::test]
async fn a_record_that_cannot_be_put_back_is_returned_all_the_same() {
    with_queues(async |stack| {
        let mut event = stack.deliver(Queue::Scan, &["stale", "strange", "fine", "back"]).await;
        event.records[0].receipt_handle = Some("no receipt".to_owned());
        event.records[1].event_source_arn = Some("arn:aws:sqs:us-east-1:000000000000:strange".to_owned());
        let ids = ids(&event);
        let handle =
            |received: Received| async move { if received.body == "fine" { Verdict::Delete } else { AT_ONCE } };
        let processed = process_batch(&stack.queues, event, handle).await;
        assert_eq!(returned(&processed.response), [&ids[0], &ids[1], &ids[3]]);
        let faults = processed.faults.iter().map(|fault| match &fault.reason {
            FaultReason::NotBackedOff(error) => (fault.message_id.as_str(), error.code().as_str()),
            reason @ FaultReason::Panicked(_) => panic!("{reason}"),
        });
        let expected = [(ids[0].as_str(), "queues.refused"), (ids[1].as_str(), "queues.unknown_queue")];
        assert_eq!(faults.collect::<Vec<_>>(), expected);
        assert_eq!(stack.receive(Queue::Scan, 1).await[0].body(), Some("back"));
    })
    .await;
}

#[tokio::test]
async fn a_record_without_an_id_returns_the_whole_batch() {
    with_queues(async |stack| {
        let mut event = stack.deliver(Queue::Scan, &["a"]).await;
        event.records[0].message_id = None;
        let processed = process_batch(&stack.queues, event, |_| async { AT_ONCE }).await;
        let response = serde_json::to_value(&processed.response).unwrap();
        assert_eq!(response, serde_json::json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }));
    })
    .await;
}

#[tokio::test]
async fn a_message_tells_where_it_comes_from_when_and_how_often() {
    with_queues(async |stack| {
        let begin = SystemTime::now();
        let mut event_in = stack.deliver(Queue::ScanLarge, &["a"]).await;
        for count in 1..=2 {
            let seen = Mutex::new(None);
            let processed = process_batch(&stack.queues, event_in, |received| {
                *seen.lock().unwrap() = Some(received);
                async { Verdict::Return { after: Duration::from_secs(1) } }
            })
            .await;
            assert!(processed.faults.is_empty(), "{:?}", processed.faults);
            let received = seen.into_inner().unwrap().unwrap();
            assert_eq!((received.queue, received.receive_count), (Some(Queue::ScanLarge), Some(count)));
            // SQS's clock has milliseconds, this one has more.
            let sent_at = received.sent_at.unwrap();
            assert!(sent_at + Duration::from_millis(1) > begin && sent_at < SystemTime::now());
            event_in = stack.event(Queue::ScanLarge, &stack.receive(Queue::ScanLarge, 1).await);
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_record_sends_has_its_trace_or_that_of_the_invocation() {
    const RECORD: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    const INVOCATION: &str = "Root=1-6566d9c3-1f2e3d4c5b6a79880123abcd;Parent=0102030405060708;Sampled=0";
    with_queues(async |stack| {
        let queues = &stack.queues;
        let mut event = stack.deliver(Queue::Compress, &["1", "2"]).await;
        event.records[0].attributes.insert("AWSTraceHeader".to_owned(), RECORD.to_owned());
        let handle = async |received: Received| {
            queues.send(&[Task::Split { scan: received.body.parse().unwrap() }]).await.unwrap();
            Verdict::Delete
        };
        queues::process_batch(queues.urls(), event, Some(INVOCATION), handle, async |_, _| Ok(())).await;
        for message in stack.receive(Queue::Split, 2).await {
            let scan = Task::parse(message.body().unwrap()).unwrap().scan();
            let trace = message.attributes().unwrap().get(&MessageSystemAttributeName::AwsTraceHeader);
            assert_eq!(trace.unwrap(), if scan == 1 { RECORD } else { INVOCATION });
        }
    })
    .await;
}

/// Runtimes that move tasks between threads take only such futures.
#[allow(dead_code, reason = "it has to compile, that is all")]
fn the_future_may_move_between_threads(queues: &queues::Queues) {
    fn is_send(_: impl Send) {}
    is_send(process_batch(queues, SqsEvent::default(), |received| async move {
        tokio::task::yield_now().await;
        if received.body.is_empty() { AT_ONCE } else { Verdict::Delete }
    }));
    is_send(queues.send(&[]));
}
