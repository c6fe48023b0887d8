//! What makes a scan: every way in which a file comes into the upload bucket, and what does not count.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use domain::Status;
use serde_json::json;
use tests::world::{Queue, Running, Volume, World};

/// A world in which only intake runs.
async fn intake() -> (World, Running) {
    let world = World::new().await;
    let running = world.start_one(Queue::Uploads);
    (world, running)
}

/// Waits until intake has nothing left to do, then counts a key's scans.
async fn scans(world: &World, key: &str) -> usize {
    world.resources.drained(Queue::Uploads).await;
    world.scans(key).await.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_any_spelling_are_taken_as_they_are() {
    let (world, _running) = intake().await;
    let volume = Volume::of_pages(2);
    let keys = [
        "original_scans/with space/1/1/with space.1.1.2.original.pdf",
        "original_scans/a+b/1/1/a+b.1.1.2.original.pdf",
        "original_scans/100%/a%20b.pdf",
        "original_scans/Übung/第一卷/ç.pdf",
        "original_scans/arc/9/1/arc.9.1.2.original.PDF",
        "original_scans/quote'\"&=?#;.pdf",
    ];
    for key in keys {
        world.resources.put(key, &volume.path()).await;
    }
    for key in keys {
        let scan = world.wait(key, |_| true).await;
        assert_eq!(scan.status, Status::Uploaded, "{scan:?}");
    }
    assert_eq!(world.detail(keys[4]).await.scan.summary.reporter.as_deref(), Some("arc"));
    assert_eq!(world.detail(keys[2]).await.scan.summary.reporter, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn multipart_uploads_and_copies_count() {
    let (world, _running) = intake().await;
    let (volume, s3, bucket) = (Volume::of_pages(2), &world.resources.s3, &world.resources.uploads);
    let body = std::fs::read(volume.path()).unwrap();
    let started = s3.create_multipart_upload().bucket(bucket).key(&volume.key).send().await.unwrap();
    let id = started.upload_id.unwrap();
    let part = s3.upload_part().bucket(bucket).key(&volume.key).upload_id(&id).part_number(1).body(body.into());
    let part = CompletedPart::builder().part_number(1).e_tag(part.send().await.unwrap().e_tag.unwrap()).build();
    let complete = s3.complete_multipart_upload().bucket(bucket).key(&volume.key).upload_id(&id);
    complete.multipart_upload(CompletedMultipartUpload::builder().parts(part).build()).send().await.unwrap();
    world.wait(&volume.key, |scan| scan.status == Status::Uploaded).await;
    let copy = "original_scans/arc/8/1/arc.8.1.2.original.pdf";
    let source = format!("{bucket}/{}", volume.key);
    s3.copy_object().bucket(bucket).key(copy).copy_source(source).send().await.unwrap();
    world.wait(copy, |scan| scan.status == Status::Uploaded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeated_and_disordered_events_make_one_scan() {
    let (world, _running) = intake().await;
    let volume = Volume::of_pages(2);
    world.resources.put(&volume.key, &volume.path()).await;
    world.wait(&volume.key, |_| true).await;
    let record = |sequencer: &str| {
        json!({
            "eventName": "ObjectCreated:Put",
            "s3": { "bucket": { "name": world.resources.uploads }, "object": { "key": volume.key, "sequencer": sequencer } }
        })
    };
    let twice = json!({ "Records": [record("2"), record("1")] }).to_string();
    world.resources.send(Queue::Uploads, &twice).await;
    world.resources.send(Queue::Uploads, &twice).await;
    assert_eq!(scans(&world, &volume.key).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_test_event_and_events_of_other_buckets_make_none() {
    let (world, _running) = intake().await;
    let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": world.resources.uploads });
    world.resources.send(Queue::Uploads, &test.to_string()).await;
    let other = json!({ "Records": [{
        "eventName": "ObjectCreated:Put",
        "s3": { "bucket": { "name": "another" }, "object": { "key": "original_scans/a.pdf" } }
    }] });
    world.resources.send(Queue::Uploads, &other.to_string()).await;
    let gone = json!({ "Records": [{
        "eventName": "ObjectCreated:Put",
        "s3": { "bucket": { "name": world.resources.uploads }, "object": { "key": "original_scans/gone.pdf" } }
    }] });
    world.resources.send(Queue::Uploads, &gone.to_string()).await;
    world.resources.drained(Queue::Uploads).await;
    assert!(world.catalog.scans(&catalog::Filter::default()).await.unwrap().is_empty());
    assert_eq!(world.resources.depth(&world.resources.dead_letters_url(Queue::Uploads)).await, 0);
}

/// The same file again is no new scan; a changed one supersedes; the first one again supersedes that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_file_again_and_a_changed_one() {
    let (world, _running) = intake().await;
    let volume = Volume::of_pages(3);
    world.resources.put(&volume.key, &volume.path()).await;
    let first = world.wait(&volume.key, |_| true).await.id;
    world.resources.put(&volume.key, &volume.path()).await;
    assert_eq!(scans(&world, &volume.key).await, 1, "the same file made a new scan");
    volume.cut(2);
    world.resources.put(&volume.key, &volume.path()).await;
    let second = world.wait(&volume.key, |scan| scan.id != first).await.id;
    volume.cut(3);
    world.resources.put(&volume.key, &volume.path()).await;
    let third = world.wait(&volume.key, |scan| scan.id != first && scan.id != second).await;
    assert_eq!(third.status, Status::Uploaded);
    for (earlier, later) in [(first, second), (second, third.id)] {
        let earlier = world.catalog.scan(earlier).await.unwrap().unwrap().scan.summary;
        assert_eq!((earlier.status, earlier.superseded_by), (Status::Cancelled, Some(later)), "{earlier:?}");
    }
}

/// After a failure the same file is a new scan.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_pdf_fails_with_a_sentence_and_may_come_again() {
    let (world, _running) = intake().await;
    let volume = Volume::of_pages(2);
    std::fs::write(volume.path(), "%!PS-Adobe-3.0\n(not a PDF) show\n").unwrap();
    world.resources.put(&volume.key, &volume.path()).await;
    let failed = world.ended(&volume.key).await;
    assert_eq!(failed.status, Status::Failed);
    assert!(failed.error_code.as_deref().is_some_and(|code| code.starts_with("source.")), "{failed:?}");
    assert!(failed.error_message.is_some_and(|message| !message.is_empty()));
    world.resources.put(&volume.key, &volume.path()).await;
    let again = world.wait(&volume.key, |scan| scan.id != failed.id).await;
    assert_eq!(again.status, Status::Failed);
}

/// A key that says nothing of the volume still gets its scan; a person names the volume before the split.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_outside_the_convention_waits_for_a_person() {
    let (world, volume) = (World::new().await, Volume::small());
    let key = "original_scans/box 7/shelf.pdf";
    let _running = world.start();
    world.resources.put(key, &volume.path()).await;
    let scan = world.wait(key, |scan| scan.status == Status::Scanned).await;
    assert_eq!(scan.waits_for, Some(domain::WaitsFor::Metadata), "{scan:?}");
    assert_eq!(world.reconcile()["resent"], 0, "what waits for a person is left alone");
    let name = domain::VolumeName::new("arc", "12", Some(201), None).unwrap();
    let ready = world.catalog.describe(scan.id, &name).await.unwrap();
    assert_eq!(ready, [domain::Task::Split { scan: scan.id }]);
    // The message of this answer is lost on purpose: the reconciler sends it.
    assert_eq!(world.wait_with_reconcile(key, |scan| scan.status.is_ended()).await.status, Status::PendingReview);
    world.assert_sound(key).await;
}
