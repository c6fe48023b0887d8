//! What breaks on the way of an upload, one fault a test, against the real database, queues and binaries.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use crate::command::run;
use domain::{Severity, Status};
use serde_json::json;
use std::time::{Duration, Instant};
use tests::world::{Ended, FunctionProcess, Queue, Running, Volume, World, event};

async fn upload(world: &World, volume: &Volume) {
    world.resources.put(&volume.key, &volume.path()).await;
}

/// Receives a message without deleting it, as a function's event.
async fn receive(world: &World, queue: Queue) -> serde_json::Value {
    let began = Instant::now();
    loop {
        let call = world.resources.sqs.receive_message().queue_url(world.resources.url(queue)).wait_time_seconds(1);
        let messages = call.send().await.unwrap().messages.unwrap_or_default();
        if !messages.is_empty() {
            return event(&messages, &world.resources.arn(queue));
        }
        assert!(began.elapsed() < tests::world::PATIENCE, "no message came\n{}", world.log());
    }
}

/// Invokes a function on a thread of its own.
fn invoke(
    mut function: FunctionProcess,
    event: serde_json::Value,
) -> std::thread::JoinHandle<Result<serde_json::Value, Ended>> {
    std::thread::spawn(move || function.invoke(&event, Duration::from_secs(120)))
}

fn assert_settled(answer: &serde_json::Value) {
    assert_eq!(answer["batchItemFailures"], json!([]), "the message should be settled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_becomes_opinions() {
    let (world, volume) = (World::new().await, Volume::small());
    let _running: Vec<Running> = world.start();
    upload(&world, &volume).await;
    let scan = world.ended(&volume.key).await;
    assert_eq!(scan.status, Status::PendingReview, "{}", world.log());
    let detail = world.assert_sound(&volume.key).await;
    assert_eq!(detail.ranges.len(), 2);
    assert!(!detail.opinions.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_message_twice_at_once_is_worked_on_once() {
    let (world, volume) = (World::new().await, Volume::small());
    let _intake = world.start_one(Queue::Uploads);
    world.failpoints.arm("compress.finish.before", &volume.key, "hold");
    upload(&world, &volume).await;
    let event = receive(&world, Queue::Compress).await;
    let (first, mut second) = (world.program("compress").start().unwrap(), world.program("compress").start().unwrap());
    let first = invoke(first, event.clone());
    world.failpoints.reached("compress.finish.before", &volume.key).await;
    assert_settled(&second.invoke(&event, Duration::from_secs(60)).unwrap());
    world.failpoints.release("compress.finish.before", &volume.key);
    assert_settled(&first.join().unwrap().unwrap());
    let _rest = [world.start_one(Queue::Scan), world.start_one(Queue::Split)];
    assert_eq!(world.ended(&volume.key).await.status, Status::PendingReview);
    let detail = world.assert_sound(&volume.key).await;
    let claims = detail.events.iter().filter(|event| event.kind == "compressing").count();
    assert_eq!(claims, 1, "{:?}", detail.events);
}

/// The worker lives on without a heartbeat; another takes over, and what the first one writes late changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_heartbeat_stopped_changes_nothing_late() {
    for (function, queue) in [("compress", Queue::Compress), ("scan", Queue::Scan), ("split", Queue::Split)] {
        let (world, volume) = (World::new().await, Volume::small());
        world.failpoints.arm(&format!("{function}.heartbeat"), &volume.key, "skip");
        world.failpoints.arm(&format!("{function}.finish.before"), &volume.key, "hold");
        let others: Vec<Running> =
            Queue::ALL.iter().filter(|other| **other != queue).map(|other| world.start_one(*other)).collect();
        upload(&world, &volume).await;
        let late = invoke(world.program(function).start().unwrap(), receive(&world, queue).await);
        world.failpoints.reached(&format!("{function}.finish.before"), &volume.key).await;
        // The first beat is due after a second. Whoever comes later has a heartbeat again.
        tokio::time::sleep(Duration::from_secs(3)).await;
        world.failpoints.release(&format!("{function}.heartbeat"), &volume.key);
        let _running = world.start_one(queue);
        assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview, "{function}");
        let before = world.assert_sound(&volume.key).await;
        world.failpoints.release(&format!("{function}.finish.before"), &volume.key);
        assert_settled(&late.join().unwrap().unwrap());
        assert_eq!(world.assert_sound(&volume.key).await, before, "{function} wrote late");
        drop(others);
    }
}

/// The reconciler takes a row back from a worker that lives on: what that worker finishes is not taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_finishes_after_its_row_was_taken_back_changes_nothing() {
    let (world, volume) = (World::new().await, Volume::small());
    let _intake = world.start_one(Queue::Uploads);
    world.failpoints.arm("compress.heartbeat", &volume.key, "skip");
    world.failpoints.arm("compress.finish.before", &volume.key, "hold");
    upload(&world, &volume).await;
    let late = invoke(world.program("compress").start().unwrap(), receive(&world, Queue::Compress).await);
    world.failpoints.reached("compress.finish.before", &volume.key).await;
    world.wait_with_reconcile(&volume.key, |scan| scan.status == Status::Uploaded).await;
    let taken_back = world.detail(&volume.key).await;
    assert_eq!(taken_back.scan.summary.interruptions, 1);
    world.failpoints.release("compress.finish.before", &volume.key);
    assert_settled(&late.join().unwrap().unwrap());
    assert_eq!(world.detail(&volume.key).await, taken_back, "the late worker changed something");
    world.failpoints.release("compress.heartbeat", &volume.key);
    let _running = world.start();
    assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview);
    world.assert_sound(&volume.key).await;
}

/// A PDF that kills its worker each time fails for good, the queue goes on, and a late duplicate revives nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadly_upload_is_interrupted_for_good() {
    let mut world = World::new().await;
    world.environment.insert("QUIRE_MAXIMUM_INTERRUPTIONS".to_owned(), "2".to_owned());
    let (deadly, healthy) = (Volume::small(), Volume::small());
    world.failpoints.arm("compress.work", &deadly.key, "kill always");
    let _running = world.start();
    upload(&world, &deadly).await;
    upload(&world, &healthy).await;
    let failed = world.ended_with_reconcile(&deadly.key).await;
    assert_eq!((failed.status, failed.error_code.as_deref()), (Status::Failed, Some("interrupted")));
    assert_eq!(world.ended_with_reconcile(&healthy.key).await.status, Status::PendingReview);
    let before = world.assert_sound(&deadly.key).await;
    world.failpoints.release("compress.work", &deadly.key);
    world.resources.send(Queue::Compress, &json!({ "stage": "compress", "scan": failed.id }).to_string()).await;
    world.resources.drained(Queue::Compress).await;
    assert_eq!(world.detail(&deadly.key).await, before, "a late duplicate changed a failed scan");
}

/// A page that kills its worker each time is named: in the failure, in the timeline, in the row of its range.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadly_page_is_named() {
    let mut world = World::new().await;
    world.environment.insert("QUIRE_MAXIMUM_INTERRUPTIONS".to_owned(), "1".to_owned());
    // So the first beat is the one with which a worker names its first pages. The worker dies right after it.
    world.environment.insert("QUIRE_HEARTBEAT_SECONDS".to_owned(), "600".to_owned());
    let volume = Volume::of_pages(4);
    world.failpoints.arm("scan.beat", &volume.key, "kill always");
    let _running = world.start();
    upload(&world, &volume).await;
    let failed = world.ended_with_reconcile(&volume.key).await;
    assert_eq!((failed.status, failed.error_code.as_deref()), (Status::Failed, Some("interrupted")), "{}", world.log());
    let detail = world.assert_sound(&volume.key).await;
    for range in &detail.ranges {
        let pages = range.first_index + 1..=range.first_index + range.page_count;
        assert!(!range.suspects.is_empty(), "{detail:#?}");
        assert!(range.suspects.iter().all(|page| pages.contains(page)), "{detail:#?}");
        assert!(range.error_message.as_deref().unwrap().contains("It was working on "), "{detail:#?}");
    }
    assert!(detail.scan.summary.error_message.unwrap().contains("It was working on "));
    let named = detail.events.iter().filter(|event| event.kind == "range_interrupted");
    let named: Vec<_> = named.map(|event| event.detail["suspects"].as_array().map(Vec::len)).collect();
    assert_eq!(named.len(), 2, "{:#?}", detail.events);
    assert!(named.iter().all(|suspects| suspects.is_some_and(|suspects| suspects > 0)), "{:#?}", detail.events);
}

/// A person has the page skipped that killed its worker. The volume is finished without it, and says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadly_page_is_skipped() {
    let mut world = World::new().await;
    let usual = world.environment.clone();
    world.environment.insert("QUIRE_MAXIMUM_INTERRUPTIONS".to_owned(), "1".to_owned());
    world.environment.insert("QUIRE_HEARTBEAT_SECONDS".to_owned(), "600".to_owned());
    let volume = Volume::of_pages(4);
    world.failpoints.arm("scan.beat", &volume.key, "kill always");
    let running = world.start();
    upload(&world, &volume).await;
    let failed = world.ended_with_reconcile(&volume.key).await;
    assert_eq!((failed.status, failed.error_code.as_deref()), (Status::Failed, Some("interrupted")), "{}", world.log());
    let suspected = world.detail(&volume.key).await;
    drop(running);

    // One range gets its results, so that there is something to keep. The other one fails again.
    world.environment = usual;
    world.failpoints.release("scan.beat", &volume.key);
    world.failpoints.arm("scan.work", &volume.key, "refuse");
    let _running = world.start();
    let scan = failed.id.to_string();
    assert_eq!(run(&world, &["retry", &scan]).status, Some(0));
    assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::Failed, "{}", world.log());
    let before = world.detail(&volume.key).await;
    let (failed, kept): (Vec<_>, Vec<_>) = before.ranges.iter().partition(|range| range.result_key.is_none());
    assert_eq!((failed.len(), kept.len()), (1, 1), "{before:#?}");
    let page = suspected.ranges[failed[0].number as usize].suspects[0];

    let skipped = run(&world, &["skip", &scan, &page.to_string(), "--as", "Ada"]);
    assert_eq!(skipped.status, Some(0), "{skipped:?}");
    assert!(skipped.stderr.contains("1 page range must be scanned again"), "{skipped:?}");
    assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview, "{}", world.log());
    let detail = world.assert_sound(&volume.key).await;
    assert_eq!(detail.ranges[kept[0].number as usize].result_key, kept[0].result_key, "it was scanned again");
    let about_it: Vec<_> = detail
        .findings
        .iter()
        .filter(|finding| finding.code.starts_with("page."))
        .map(|finding| (finding.code.as_str(), finding.page_index, finding.severity, finding.message.as_str()))
        .collect();
    let message = format!("Page {page} is blank in every result: it was skipped by Ada.");
    assert_eq!(about_it, [("page.skipped", Some(page - 1), Severity::MustLook, message.as_str())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_s3_is_waited_for() {
    let mut world = World::new().await;
    let proxy = world.through_proxy_to_s3();
    let volume = Volume::small();
    world.failpoints.arm("compress.work", &volume.key, "hold");
    let _running = world.start();
    upload(&world, &volume).await;
    world.failpoints.reached("compress.work", &volume.key).await;
    proxy.be_busy();
    world.failpoints.release("compress.work", &volume.key);
    while proxy.refused() < 4 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    proxy.mend();
    assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview, "{}", world.log());
    world.assert_sound(&volume.key).await;
}

/// What is no message of ours ends among the dead letters, and holds nobody up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_ends_among_the_dead_letters() {
    let (world, volume) = (World::new().await, Volume::small());
    let _running = world.start();
    for queue in Queue::ALL {
        world.resources.send(queue, "{\"stage\": \"dance\"}").await;
        world.resources.send(queue, "not JSON at all").await;
    }
    upload(&world, &volume).await;
    assert_eq!(world.ended(&volume.key).await.status, Status::PendingReview);
    for queue in Queue::ALL {
        world.resources.dead_letters(queue, 2).await;
    }
    world.assert_sound(&volume.key).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_whose_event_was_lost_is_found() {
    let (world, volume) = (World::new().await, Volume::small());
    upload(&world, &volume).await;
    world.resources.lose(Queue::Uploads).await;
    let report = world.schedule("sweep_uploads").unwrap();
    assert_eq!(report["announced"], 1);
    let _running = world.start();
    assert_eq!(world.ended(&volume.key).await.status, Status::PendingReview);
    world.assert_sound(&volume.key).await;
    assert_eq!(world.schedule("sweep_uploads").unwrap()["announced"], 0, "a known upload is announced again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_message_is_sent_again() {
    for lost in [Queue::Compress, Queue::Scan, Queue::Split] {
        let (world, volume) = (World::new().await, Volume::small());
        let others: Vec<Running> =
            Queue::ALL.iter().filter(|queue| **queue != lost).map(|queue| world.start_one(*queue)).collect();
        upload(&world, &volume).await;
        world.resources.lose(lost).await;
        drop(others);
        let _running = world.start();
        assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview, "{lost:?}");
        world.assert_sound(&volume.key).await;
    }
}

/// Two reconcilers on the same stuck rows, while others work: each row is charged once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_reconcilers_at_once_charge_a_row_once() {
    let world = World::new().await;
    let volumes: Vec<Volume> = (0..4).map(|_| Volume::small()).collect();
    for volume in &volumes {
        world.failpoints.arm("compress.work", &volume.key, "kill");
    }
    let running = world.start();
    for volume in &volumes {
        upload(&world, volume).await;
    }
    for volume in &volumes {
        world.wait(&volume.key, |scan| scan.status == Status::Compressing).await;
    }
    drop(running);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let reports: Vec<serde_json::Value> = std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| world.reconcile()));
        both.map(|pass| pass.join().unwrap()).into()
    });
    let rescued: u64 = reports.iter().map(|report| report["rescued"].as_u64().unwrap()).sum();
    assert_eq!(rescued, 4, "{reports:?}");
    for volume in &volumes {
        assert_eq!(world.detail(&volume.key).await.scan.summary.interruptions, 1);
    }
    let _running = world.start();
    for volume in &volumes {
        assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview);
        world.assert_sound(&volume.key).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_uploads_of_a_key_in_one_second_the_later_counts() {
    let (world, volume) = (World::new().await, Volume::of_pages(3));
    let _running = [world.start(), vec![world.start_one(Queue::Uploads)]];
    upload(&world, &volume).await;
    volume.cut(2);
    let version = world.resources.put(&volume.key, &volume.path()).await;
    let scan = world.wait(&volume.key, |scan| scan.pages == Some(2) && scan.status.is_ended()).await;
    assert_eq!(scan.status, Status::PendingReview);
    assert_eq!(world.assert_sound(&volume.key).await.scan.version_id, version);
    for earlier in world.scans(&volume.key).await.into_iter().filter(|earlier| earlier.id != scan.id) {
        assert_eq!(earlier.superseded_by, Some(scan.id), "{earlier:?}");
        assert!(earlier.status.is_ended(), "{earlier:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_while_its_ranges_run() {
    let (world, volume) = (World::new().await, Volume::small());
    world.failpoints.arm("scan.finish.before", &volume.key, "hold");
    let _running = world.start();
    upload(&world, &volume).await;
    world.failpoints.reached("scan.finish.before", &volume.key).await;
    let scan = world.scan(&volume.key).await.unwrap().id;
    world.catalog.cancel(scan).await.unwrap();
    let cancelled = world.detail(&volume.key).await;
    world.failpoints.release("scan.finish.before", &volume.key);
    world.resources.drained(Queue::Scan).await;
    assert_eq!(world.detail(&volume.key).await, cancelled, "a worker wrote after the scan was cancelled");
    let ready = world.catalog.retry(scan).await.unwrap();
    assert!(!ready.is_empty());
    // The messages of this retry are lost on purpose: the reconciler sends them.
    assert_eq!(world.wait_with_reconcile(&volume.key, |scan| scan.status == Status::PendingReview).await.id, scan);
    world.assert_sound(&volume.key).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn superseded_while_its_ranges_run() {
    let (world, volume) = (World::new().await, Volume::of_pages(3));
    world.failpoints.arm("scan.finish.before", &volume.key, "hold");
    let _running = world.start();
    upload(&world, &volume).await;
    world.failpoints.reached("scan.finish.before", &volume.key).await;
    let earlier = world.scan(&volume.key).await.unwrap().id;
    volume.cut(2);
    upload(&world, &volume).await;
    world.wait(&volume.key, |scan| scan.id != earlier).await;
    world.failpoints.release("scan.finish.before", &volume.key);
    assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview);
    world.assert_sound(&volume.key).await;
    let earlier = world.catalog.scan(earlier).await.unwrap().unwrap();
    assert_eq!(earlier.scan.summary.status, Status::Cancelled);
    assert_eq!(earlier.scan.summary.error_code.as_deref(), Some("superseded"));
    assert!(earlier.opinions.is_empty());
}

/// Five failures, the dead-letter queue, and AWS's own redrive brings the scan back to life.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exhausted_retries_end_among_the_dead_letters_and_a_redrive_revives() {
    for (function, queue) in [("compress", Queue::Compress), ("scan", Queue::Scan), ("split", Queue::Split)] {
        let (world, volume) = (World::new().await, Volume::of_pages(2));
        let point = format!("{function}.work");
        world.failpoints.arm(&point, &volume.key, "fail always");
        let _running = world.start();
        upload(&world, &volume).await;
        let failed = world.ended(&volume.key).await;
        assert_eq!(
            (failed.status, failed.error_code.as_deref()),
            (Status::Failed, Some("retries_exhausted")),
            "{function}"
        );
        assert!(failed.error_message.is_some_and(|message| message.contains("scratch")), "the row says why");
        world.resources.dead_letters(queue, 1).await;
        world.failpoints.release(&point, &volume.key);
        tokio::time::sleep(Duration::from_secs(4)).await;
        world.resources.redrive(queue).await;
        world.wait(&volume.key, |scan| scan.status == Status::PendingReview).await;
        world.assert_sound(&volume.key).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_intermediates_send_a_scan_back_to_compress() {
    for (before, point) in [(Queue::Scan, "scan.work"), (Queue::Split, "split.work")] {
        let (world, volume) = (World::new().await, Volume::small());
        world.failpoints.arm(point, &volume.key, "hold");
        let _running = world.start();
        upload(&world, &volume).await;
        world.failpoints.reached(point, &volume.key).await;
        world.resources.empty_results().await;
        world.failpoints.release(point, &volume.key);
        assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview, "{before:?}");
        assert!(world.assert_sound(&volume.key).await.scan.generation >= 2, "it was not compressed anew");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_fails_the_attempt_and_not_the_function() {
    let (world, volume) = (World::new().await, Volume::small());
    world.failpoints.arm("compress.work", &volume.key, "panic");
    let running = world.start();
    upload(&world, &volume).await;
    assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview);
    assert_eq!(running.iter().map(Running::deaths).sum::<usize>(), 0);
    world.assert_sound(&volume.key).await;
}

/// Near its time limit an attempt gives its claim back, and says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_takes_too_long_gives_its_claim_back() {
    let (mut world, volume) = (World::new().await, Volume::small());
    let others = [Queue::Uploads, Queue::Compress, Queue::Split];
    let _others = others.map(|queue| world.start_one(queue));
    // Long enough for an attempt on a busy machine, and not for one that is held.
    world.environment.insert("QUIRE_STAGE_LIMIT_SECONDS".to_owned(), "15".to_owned());
    world.failpoints.arm("scan.work", &volume.key, "hold");
    let _scan = world.start_one(Queue::Scan);
    upload(&world, &volume).await;
    world.failpoints.reached("scan.work", &volume.key).await;
    tokio::time::sleep(Duration::from_secs(16)).await;
    world.failpoints.release("scan.work", &volume.key);
    assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview);
    let detail = world.assert_sound(&volume.key).await;
    let given_back = detail.events.iter().filter(|event| event.detail.to_string().contains("deadline")).count();
    assert!(given_back > 0, "{:?}", detail.events);
}

/// Both small volumes overtake the large one that came first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_volume_does_not_hold_up_small_ones() {
    let mut world = World::new().await;
    world.environment.insert("QUIRE_LARGE_VOLUME_PAGES".to_owned(), "3".to_owned());
    world.environment.insert("QUIRE_RANGE_PAGES".to_owned(), "1".to_owned());
    let (large, small) = (Volume::of_pages(7), [Volume::of_pages(2), Volume::of_pages(2)]);
    let _running = world.start();
    upload(&world, &large).await;
    world.wait(&large.key, |scan| scan.status == Status::Compressed || scan.status == Status::Scanning).await;
    for volume in &small {
        upload(&world, volume).await;
    }
    let large = world.ended(&large.key).await;
    for volume in &small {
        let small = world.ended(&volume.key).await;
        assert_eq!(small.status, Status::PendingReview);
        assert!(small.finished_at < large.finished_at, "{small:?}\n{large:?}");
    }
    assert_eq!(large.status, Status::PendingReview);
}

/// Puts volumes into the bucket, each in the name of somebody, and lets intake record them one after the other. LocalStack
/// names the same identity in all its events, so others take their place.
async fn upload_as(world: &World, uploads: &[(&Volume, &str)]) {
    for (volume, _) in uploads {
        upload(world, volume).await;
        world.resources.lose(Queue::Uploads).await;
    }
    let _intake = world.start_one(Queue::Uploads);
    for (volume, principal) in uploads {
        let event = json!({ "Records": [{
            "eventName": "ObjectCreated:Put",
            "userIdentity": { "principalId": principal },
            "s3": { "bucket": { "name": world.resources.uploads }, "object": { "key": volume.key } },
        }] });
        world.resources.send(Queue::Uploads, &event.to_string()).await;
        world.wait(&volume.key, |_| true).await;
    }
}

/// Whoever uploads many volumes at once fills the second lane. The single volume of somebody else is finished while all of
/// that lane still waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_upload_does_not_hold_up_the_upload_of_somebody_else() {
    let mut world = World::new().await;
    world.environment.insert("QUIRE_BULK_UPLOAD_VOLUMES".to_owned(), "1".to_owned());
    let (first, single) = (Volume::of_pages(2), Volume::of_pages(2));
    let bulk = [Volume::of_pages(2), Volume::of_pages(2)];
    let many = [&first, &bulk[0], &bulk[1]].map(|volume| (volume, "AWS:AIDAMANY"));
    for volume in &bulk {
        world.failpoints.arm("compress.work", &volume.key, "hold");
    }
    upload_as(&world, &[&many[..], &[(&single, "AWS:AIDASINGLE")]].concat()).await;
    assert_eq!(world.resources.depth(&world.resources.url(Queue::CompressBulk)).await, 2);
    assert_eq!(world.resources.depth(&world.resources.url(Queue::Compress)).await, 2);
    let queues = Queue::ALL.into_iter().filter(|queue| *queue != Queue::Uploads);
    let _running: Vec<Running> = queues.map(|queue| world.start_one(queue)).collect();
    for volume in [&first, &single] {
        assert_eq!(world.ended(&volume.key).await.status, Status::PendingReview, "{}", world.log());
    }
    for volume in &bulk {
        let detail = world.detail(&volume.key).await.scan;
        assert!(detail.is_bulk && detail.summary.finished_at.is_none(), "{detail:?}");
        assert_eq!(detail.uploader.as_deref(), Some("AWS:AIDAMANY"));
        world.failpoints.release("compress.work", &volume.key);
    }
    for volume in &bulk {
        assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview, "{}", world.log());
        world.assert_sound(&volume.key).await;
    }
}

/// The attempt says so and gives its claim back; the next one, with room, succeeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_temporary_directory_costs_one_attempt() {
    for (function, queue) in [("compress", Queue::Compress), ("scan", Queue::Scan), ("split", Queue::Split)] {
        let (world, volume) = (World::new().await, Volume::of_pages(2));
        let others: Vec<Running> =
            Queue::ALL.iter().filter(|other| **other != queue).map(|other| world.start_one(*other)).collect();
        upload(&world, &volume).await;
        let event = receive(&world, queue).await;
        let disk = tempfile::tempdir().unwrap();
        let mut small = world.program(function).on_a_small_disk(disk.path(), "64k").start().unwrap();
        let answer = small.invoke(&event, Duration::from_secs(60)).unwrap();
        assert_eq!(answer["batchItemFailures"].as_array().map(Vec::len), Some(1), "{function}: {answer}");
        let detail = world.detail(&volume.key).await;
        let attempts = detail.scan.summary.attempts + detail.ranges.iter().map(|range| range.attempts).sum::<i32>();
        assert_eq!(attempts, 1, "{function}: {detail:#?}");
        if function == "compress" {
            // It looks before it downloads.
            assert_eq!(detail.scan.summary.error_code.as_deref(), Some("scratch.too_small"), "{detail:#?}");
        }
        let _running = world.start_one(queue);
        assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview, "{function}");
        world.assert_sound(&volume.key).await;
        drop(others);
    }
}
