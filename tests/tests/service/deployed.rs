//! The deployed stack from end to end: the template, S3's events, the mappings, the rules, the bus.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use domain::Status;
use pipeline::rebuild::RECORD;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tests::deployed::Deployed;
use tests::world::{PATIENCE, Volume};
use tests::{quire, sample};

/// The number of a volume that the stack has not seen, in earlier runs of these tests neither.
fn unseen() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()
}

fn key(reporter: &str) -> String {
    let volume = unseen();
    format!("original_scans/{reporter}/{volume}/201/{reporter}.{volume}.201.203.original.pdf")
}

/// What `quire process` writes for the same file, by name.
fn processed(volume: &Path, name: &str, results: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join(name), folder.path().join("out"));
    std::fs::copy(volume, &input).unwrap();
    let process =
        Command::new(quire()).args(["process", "--model", "small", "--no-ocr", "-o"]).arg(&output).arg(&input).output();
    let process = process.unwrap();
    assert!(process.status.success(), "{process:?}");
    let root = output.join(results);
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files);
    files
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            collect(root, &entry.path(), files);
        } else {
            let name = entry.path().strip_prefix(root).unwrap().display().to_string();
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_gives_what_the_command_gives() {
    let stack = Deployed::find().await;
    let number = unseen();
    let name = format!("arc.{number}.201.207.original.pdf");
    let key = format!("original_scans/arc/{number}/201/{name}");
    stack.put(&key, &sample::path()).await;
    let scan = stack.ended(&key).await;
    assert_eq!(scan.scan.summary.status, Status::PendingReview, "{scan:#?}");
    let mut stored = stack.fetch(scan.scan.result_prefix.as_deref().unwrap()).await;
    assert!(stored.remove(RECORD).is_some(), "the record of the scan, which the command has no need of");
    // Only the service makes pictures for its screens.
    let previews = stored.extract_if(.., |name, _| domain::previewed_page(name).is_some()).count();
    assert_eq!(previews, 7);
    let expected = processed(&sample::path(), &name, &format!("arc/{number}/201"));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&stored), names(&expected));
    for (name, bytes) in &expected {
        assert!(stored[name] == *bytes, "{name} differs");
    }
    assert_eq!(scan.opinions.len(), 3);
}

/// Nobody calls the reconciler here: its rule does, once a minute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schedule_rescues_what_a_kill_left() {
    let (stack, volume) = (Deployed::find().await, Volume::small());
    let key = key("rescued");
    stack.failpoints.arm("compress.upload.after", &key, "kill");
    stack.put(&key, &volume.path()).await;
    stack.wait(&key, |scan| scan.status == Status::Compressing).await;
    let killed = Instant::now();
    let scan = stack.ended(&key).await;
    assert_eq!(scan.scan.summary.status, Status::PendingReview, "{scan:#?}");
    assert!(scan.events.iter().any(|event| event.kind == "interrupted"), "{:?}", scan.events);
    println!("rescued and finished {:.0} s after kill -9, reconcile every minute", killed.elapsed().as_secs_f64());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_letter_is_redriven() {
    let (stack, volume) = (Deployed::find().await, Volume::small());
    let key = key("redriven");
    let dead_letters = stack.value("QUIRE_SPLIT_DEAD_LETTERS_URL").to_owned();
    let before = stack.waiting(&dead_letters).await;
    stack.failpoints.arm("split.work", &key, "fail always");
    stack.put(&key, &volume.path()).await;
    let failed = stack.ended(&key).await;
    assert_eq!(failed.scan.summary.error_code.as_deref(), Some("retries_exhausted"), "{failed:#?}");
    let began = Instant::now();
    while stack.waiting(&dead_letters).await <= before {
        assert!(began.elapsed() < PATIENCE, "the message never reached the dead letters");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stack.failpoints.release("split.work", &key);
    // What is redriven sooner is still taken for the message on its way to the dead letters.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let redrive = stack.sqs.start_message_move_task().source_arn(stack.value("QUIRE_SPLIT_DEAD_LETTERS_ARN"));
    redrive.send().await.unwrap();
    stack.wait(&key, |scan| scan.status == Status::PendingReview).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bus_hears_of_an_end_once() {
    let (stack, volume) = (Deployed::find().await, Volume::small());
    let key = key("heard");
    let (url, arn) = listener(&stack).await;
    stack.put(&key, &volume.path()).await;
    let scan = stack.ended(&key).await;
    let mut heard = Vec::new();
    let began = Instant::now();
    while heard.is_empty() && began.elapsed() < PATIENCE {
        let call = stack.sqs.receive_message().queue_url(&url).wait_time_seconds(2).max_number_of_messages(10);
        let messages = call.send().await.unwrap().messages.unwrap_or_default();
        let bodies = messages.iter().filter_map(|message| serde_json::from_str(message.body()?).ok());
        heard.extend(bodies.filter(|event: &serde_json::Value| event["detail"]["scan"] == scan.scan.summary.id));
    }
    assert_eq!(heard.len(), 1, "{heard:?} ({arn})");
    assert_eq!(heard[0]["detail"]["kind"], "PENDING_REVIEW");
}

/// A queue that hears what the bus says.
async fn listener(stack: &Deployed) -> (String, String) {
    use aws_sdk_eventbridge::types::Target;
    use aws_sdk_sqs::types::QueueAttributeName::QueueArn;
    let name = format!("listener-{}", uuid::Uuid::new_v4().simple());
    let url = stack.sqs.create_queue().queue_name(&name).send().await.unwrap().queue_url.unwrap();
    let attributes = stack.sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueArn).send().await.unwrap();
    let arn = attributes.attributes.unwrap()[&QueueArn].clone();
    let bus = stack.value("QUIRE_EVENT_BUS");
    let rule = stack.events.put_rule().name(&name).event_bus_name(bus).event_pattern(r#"{"source":["quire"]}"#);
    rule.send().await.unwrap();
    let target = Target::builder().id("queue").arn(&arn).build().unwrap();
    stack.events.put_targets().rule(&name).event_bus_name(bus).targets(target).send().await.unwrap();
    (url, arn)
}
