//! Records which calls the functions make to AWS, so that `tests/permissions` can prove that their roles allow them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use domain::Status;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tests::assembly::{Assembly, Sheet, image};
use tests::emulator::{bytes, endpoint, sdk};
use tests::proxy::{Fault, Request};
use tests::recorder::Recorder;
use tests::world::{PATIENCE, Queue, Volume, World};

/// The recording that is in the repository. With `QUIRE_UPDATE_CALLS=1` this test writes it anew.
fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("permissions/calls.json")
}

/// Volumes wait at each stage until reconcile has sent their messages again, lose their intermediates there, and meet a
/// failure. So every function does everything that it ever asks of AWS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_functions_make_the_calls_that_their_permissions_are_tested_with() {
    let recording = Recording::new().await;
    let volumes = Volumes { small: Volume::of_pages(2), large: Volume::of_pages(4), refused: Volume::of_pages(2) };
    recording.migrate();
    recording.take_in(&volumes).await;
    recording.compress(&volumes).await;
    recording.scan(&volumes).await;
    recording.split(&volumes).await;
    recording.recover().await;
    recording.break_off_an_upload().await;
    compare(&recording.recorder.calls(&recording.world.resources));
}

fn compare(calls: &BTreeMap<String, BTreeSet<String>>) {
    let text = format!("{:#}\n", json!(calls));
    if std::env::var_os("QUIRE_UPDATE_CALLS").is_some() {
        std::fs::write(file(), &text).unwrap();
    }
    let kept = std::fs::read_to_string(file()).unwrap_or_default();
    assert_eq!(kept, text, "the calls of the functions changed: record them with QUIRE_UPDATE_CALLS=1");
}

struct Volumes {
    small: Volume,
    /// On the queue for bulk uploads, because the small one waits, and on the queue for large volumes.
    large: Volume,
    /// Scan refuses it.
    refused: Volume,
}

struct Recording {
    world: World,
    recorder: Recorder,
}

impl Recording {
    async fn new() -> Self {
        let mut world = World::new().await;
        let settings = [("BULK_UPLOAD_VOLUMES", "1"), ("LARGE_VOLUME_PAGES", "3"), ("RESULT_SWEEP_AGE_SECONDS", "0")];
        for (name, value) in settings {
            world.environment.insert(format!("QUIRE_{name}"), value.to_owned());
        }
        let arn = keep_secret(&world.environment["DATABASE_URL"]).await;
        world.environment.insert("QUIRE_DATABASE_SECRET_ARN".to_owned(), arn);
        let recorder = Recorder::before(&endpoint(), refuse_the_first_part());
        world.endpoints = recorder.endpoints();
        Self { world, recorder }
    }

    fn migrate(&self) {
        let mut migrate = self.world.program("migrate").start().unwrap();
        let answer = migrate.invoke(&json!({}), Duration::from_secs(60)).unwrap();
        assert!(answer["schema"].is_i64(), "{answer}");
    }

    /// Intake: volumes, a file that is no PDF, an upload that is gone, and a message that cannot be read.
    async fn take_in(&self, volumes: &Volumes) {
        let (world, broken) = (&self.world, Volume::of_pages(2));
        let _intake = world.start_one(Queue::Uploads);
        std::fs::write(broken.path(), "not a PDF").unwrap();
        world.resources.put(&volumes.small.key, &volumes.small.path()).await;
        world.wait(&volumes.small.key, |_| true).await;
        for volume in [&volumes.large, &volumes.refused, &broken] {
            world.resources.put(&volume.key, &volume.path()).await;
        }
        let gone = json!({ "Records": [{
            "eventName": "ObjectCreated:Put",
            "s3": { "bucket": { "name": world.resources.uploads }, "object": { "key": "original_scans/gone.pdf" } }
        }] });
        world.resources.send(Queue::Uploads, &gone.to_string()).await;
        world.resources.send(Queue::Uploads, "not JSON at all").await;
        assert_eq!(world.ended(&broken.key).await.status, Status::Failed);
        world.resources.dead_letters(Queue::Uploads, 1).await;
        self.reconcile_until("sqs:SendMessage CompressQueue").await;
        self.reconcile_until("sqs:SendMessage CompressBulkQueue").await;
    }

    /// Compress: also a volume whose original is gone.
    async fn compress(&self, volumes: &Volumes) {
        let (world, gone) = (&self.world, Volume::of_pages(2));
        let version = world.resources.put(&gone.key, &gone.path()).await;
        let intake = world.start_one(Queue::Uploads);
        world.wait(&gone.key, |_| true).await;
        drop(intake);
        let delete = world.resources.s3.delete_object().bucket(&world.resources.uploads).key(&gone.key);
        delete.version_id(version).send().await.unwrap();
        for volume in [&volumes.small, &volumes.large] {
            world.failpoints.arm("compress.work", &volume.key, "fail");
        }
        let _compress = self.start(&[Queue::Compress, Queue::CompressBulk]);
        assert_eq!(world.ended(&gone.key).await.status, Status::Failed);
        for volume in [&volumes.small, &volumes.large, &volumes.refused] {
            world.wait(&volume.key, |scan| scan.status == Status::Compressed).await;
        }
        self.reconcile_until("sqs:SendMessage ScanQueue").await;
        self.reconcile_until("sqs:SendMessage ScanLargeQueue").await;
    }

    /// Scan: the intermediates are gone, then an attempt fails, then the work succeeds.
    async fn scan(&self, volumes: &Volumes) {
        let world = &self.world;
        world.resources.empty_results().await;
        world.failpoints.arm("scan.work", &volumes.refused.key, "refuse");
        let _running = self.start(&[Queue::Compress, Queue::CompressBulk, Queue::Scan, Queue::ScanLarge]);
        assert_eq!(world.ended(&volumes.refused.key).await.status, Status::Failed);
        for volume in [&volumes.small, &volumes.large] {
            world.wait(&volume.key, |scan| scan.status == Status::Scanned).await;
        }
        self.reconcile_until("sqs:SendMessage SplitQueue").await;
    }

    /// Split: the same. Scan works again here, and fails once for each of its queues.
    async fn split(&self, volumes: &Volumes) {
        let world = &self.world;
        world.resources.empty_results().await;
        world.failpoints.arm("split.work", &volumes.small.key, "fail");
        world.failpoints.arm("scan.work", &volumes.small.key, "fail");
        world.failpoints.arm("scan.work", &volumes.large.key, "fail");
        let queues = Queue::ALL.into_iter().filter(|queue| *queue != Queue::Uploads);
        let _running = self.start(&queues.collect::<Vec<_>>());
        for volume in [&volumes.small, &volumes.large] {
            assert_eq!(world.ended_with_reconcile(&volume.key).await.status, Status::PendingReview, "{}", world.log());
        }
    }

    /// Reconcile: a lost event of an upload, workers that died and left files behind, an unsent event.
    async fn recover(&self) {
        let (world, volume) = (&self.world, Volume::of_pages(2));
        world.resources.put(&volume.key, &volume.path()).await;
        world.resources.lose(Queue::Uploads).await;
        assert_eq!(world.schedule("sweep_uploads").unwrap()["announced"], 1);
        for point in ["compress.finish.before", "split.finish.before", "split.publish.before"] {
            world.failpoints.arm(point, &volume.key, "kill");
        }
        let _running = self.start(&Queue::ALL);
        let scan = world.ended_with_reconcile(&volume.key).await;
        assert_eq!(scan.status, Status::PendingReview, "{}", world.log());
        self.reconcile_until("events:PutEvents Bus").await;
        assert!(world.schedule("sweep_results").unwrap()["removed"].as_u64() >= Some(2));
    }

    /// Compress: a file of several parts, of which S3 refuses one.
    async fn break_off_an_upload(&self) {
        let (world, volume) = (&self.world, Volume::of_pages(2));
        std::fs::write(volume.path(), noise()).unwrap();
        world.resources.put(&volume.key, &volume.path()).await;
        let _running = self.start(&[Queue::Uploads, Queue::Compress, Queue::CompressBulk]);
        world.wait(&volume.key, |scan| scan.status == Status::Compressed).await;
    }

    fn start(&self, queues: &[Queue]) -> Vec<tests::world::Running> {
        queues.iter().map(|queue| self.world.start_one(*queue)).collect()
    }

    /// Runs reconcile until it has made a call.
    async fn reconcile_until(&self, call: &str) {
        let began = Instant::now();
        while !self.recorder.calls(&self.world.resources)["reconcile"].contains(call) {
            assert!(began.elapsed() < PATIENCE, "reconcile never made {call}\n{}", self.world.log());
            self.world.reconcile();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

/// Puts the login of a URL into a secret; returns its ARN.
pub async fn keep_secret(url: &str) -> String {
    let login = url.trim_start_matches("postgres://").split_once('@').unwrap().0;
    let (username, password) = login.split_once(':').unwrap();
    let secret = json!({ "username": username, "password": password }).to_string();
    let secrets = aws_sdk_secretsmanager::Client::new(&sdk(&endpoint()).await);
    let name = format!("permissions-{}", uuid::Uuid::new_v4());
    secrets.create_secret().name(name).secret_string(secret).send().await.unwrap().arn.unwrap()
}

/// S3's answer to a part that it does not take.
fn refuse_the_first_part() -> impl Fn(&Request) -> Option<Fault> + Clone + Send + Sync + 'static {
    let is_refused = Arc::new(AtomicBool::new(false));
    move |request| {
        let is_first = request.line.contains("partNumber=") && !is_refused.swap(true, Ordering::AcqRel);
        let body = "<?xml version=\"1.0\"?><Error><Code>InvalidArgument</Code><Message>No.</Message></Error>";
        is_first.then(|| Fault::Answer { status: 400, content_type: "application/xml", body: body.to_owned() })
    }
}

/// Two pages that no program makes smaller: a range of them is sent in parts.
fn noise() -> Vec<u8> {
    let (width, height) = (3000, 6000);
    let page = || {
        let data = bytes(width * height);
        let mut noise = image(width, height, "DeviceGray", 8, "none", data);
        noise.dict.remove(b"Filter");
        Sheet::of_image(noise)
    };
    Assembly::of([page(), page()]).bytes()
}
