//! What happens around the functions on AWS: outages, slow transfers, rotated passwords, upgrades.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use domain::Status;
use serde_json::{Value, json};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tests::emulator::{endpoint, sdk};
use tests::proxy::{Fault, Request};
use tests::world::{Queue, Volume, World};

async fn upload(world: &World, volume: &Volume) {
    world.resources.put(&volume.key, &volume.path()).await;
}

/// Ten minutes by the default settings are 16 seconds by these: the longest pause is 24 seconds instead of 900.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_the_database_dead_letters_nothing() {
    let mut world = World::new().await;
    world.environment.insert("QUIRE_BACKOFF_CAP_SECONDS".to_owned(), "24".to_owned());
    // The queue must not deliver a message again before its pause is over.
    world.environment.insert("QUIRE_RESEND_AFTER_SECONDS".to_owned(), "600".to_owned());
    let proxy = world.through_proxy_to_database();
    let volumes: Vec<Volume> = (0..3).map(|_| Volume::small()).collect();
    world.failpoints.arm("compress.finish.before", &volumes[0].key, "hold");
    let _running = world.start();
    upload(&world, &volumes[0]).await;
    world.failpoints.reached("compress.finish.before", &volumes[0].key).await;
    proxy.cut();
    world.failpoints.release("compress.finish.before", &volumes[0].key);
    for volume in &volumes[1..] {
        upload(&world, volume).await;
    }
    while proxy.refused() == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_secs(16)).await;
    proxy.mend();
    for volume in &volumes {
        assert_eq!(world.ended(&volume.key).await.status, Status::PendingReview, "{}", world.log());
        world.assert_sound(&volume.key).await;
    }
    for queue in Queue::ALL {
        assert_eq!(world.resources.depth(&world.resources.dead_letters_url(queue)).await, 0, "{queue:?}");
    }
}

/// The upload would outlast the function. The attempt gives its claim back in time, so nothing is interrupted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_upload_ends_with_the_deadline() {
    let mut world = World::new().await;
    let was_slow = AtomicBool::new(false);
    let decide = move |request: &Request| {
        if request.is("PUT /results-") && !was_slow.swap(true, Ordering::SeqCst) {
            std::thread::sleep(Duration::from_secs(60));
        }
        None
    };
    let proxy = world.through_http_proxy_to_s3(decide);
    world.environment.insert("QUIRE_STAGE_LIMIT_SECONDS".to_owned(), "15".to_owned());
    let volume = Volume::small();
    let running = world.start();
    upload(&world, &volume).await;
    assert_eq!(world.ended(&volume.key).await.status, Status::PendingReview, "{}", world.log());
    let detail = world.assert_sound(&volume.key).await;
    let given_back: Vec<_> = detail.events.iter().filter(|event| event.kind == "given_back").collect();
    assert_eq!(given_back.len(), 1, "{:?}", detail.events);
    assert_eq!(given_back[0].detail["code"], "deadline");
    assert!(running.iter().all(|mapping| mapping.deaths() == 0));
    assert!(!proxy.requests("PUT").is_empty());
}

/// EventBridge refuses ten events for good. The eleventh is published all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_events_hold_up_no_other() {
    let mut world = World::new().await;
    let decide = |request: &Request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let answer = |entry: &Value| match entry["Detail"].as_str() {
            Some(detail) if detail.contains("refused-") => {
                json!({ "ErrorCode": "NotAuthorized", "ErrorMessage": "no" })
            }
            _ => json!({ "EventId": "accepted" }),
        };
        let entries: Vec<Value> = body["Entries"].as_array()?.iter().map(answer).collect();
        let failed = entries.iter().filter(|entry| entry["ErrorCode"].is_string()).count();
        let body = json!({ "FailedEntryCount": failed, "Entries": entries }).to_string();
        Some(Fault::Answer { status: 200, content_type: "application/x-amz-json-1.1", body })
    };
    let _proxy = world.through_http_proxy_to_event_bridge(decide);
    let file = world.logs.path().join("not-a-pdf");
    std::fs::write(&file, "This is no PDF.").unwrap();
    let _intake = world.start_one(Queue::Uploads);
    let keys: Vec<String> = (0..10).map(|number| format!("original_scans/refused-{number}.pdf")).collect();
    for key in keys.iter().map(String::as_str).chain(["original_scans/published.pdf"]) {
        world.resources.put(key, &file).await;
        assert_eq!(world.ended(key).await.status, Status::Failed);
    }
    drop(world.schedule("reconcile"));
    let unsent = world.catalog.unsent_events(&[], 100).await.unwrap();
    let unsent: Vec<&str> = unsent.iter().map(|event| event.detail["key"].as_str().unwrap()).collect();
    assert_eq!(unsent, keys, "{}", world.log());
}

/// The functions keep running while somebody rotates the secret, and read it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_secret_is_read_again() {
    let mut world = World::new().await;
    let user = world.database().text("SELECT current_database()::text").await.unwrap();
    let secrets = aws_sdk_secretsmanager::Client::new(&sdk(&endpoint()).await);
    let secret = |password: &str| json!({ "username": user, "password": password }).to_string();
    let (first, second) = ("a/b@c:d?e#f", "another one");
    let make = format!("CREATE ROLE {user} LOGIN PASSWORD '{first}' IN ROLE pg_read_all_data, pg_write_all_data");
    world.database().execute(&make).await.unwrap();
    let created = secrets.create_secret().name(&user).secret_string(secret(first)).send().await.unwrap();
    world.environment.insert("QUIRE_DATABASE_SECRET_ARN".to_owned(), created.arn.unwrap());

    let (before, after) = (Volume::small(), Volume::small());
    let _running = world.start();
    upload(&world, &before).await;
    assert_eq!(world.ended(&before.key).await.status, Status::PendingReview, "{}", world.log());

    let rotate = format!("ALTER ROLE {user} PASSWORD '{second}'");
    let others = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{user}'");
    world.database().execute(&format!("{rotate}; {others}")).await.unwrap();
    secrets.put_secret_value().secret_id(&user).secret_string(secret(second)).send().await.unwrap();
    upload(&world, &after).await;
    assert_eq!(world.ended(&after.key).await.status, Status::PendingReview, "{}", world.log());
    secrets.delete_secret().secret_id(&user).force_delete_without_recovery(true).send().await.unwrap();
    world.database().execute(&format!("DROP OWNED BY {user}; DROP ROLE {user}")).await.unwrap();
}

/// Functions that are newer than the schema leave their messages in the queue until `migrate` has run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_functions_wait_for_the_migration() {
    let mut world = World::new().await;
    world.environment.insert("QUIRE_BACKOFF_CAP_SECONDS".to_owned(), "16".to_owned());
    world.database().execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
    let volume = Volume::small();
    let _running = world.start();
    upload(&world, &volume).await;
    let log = || std::fs::read_to_string(world.logs.path().join("intake.log")).unwrap_or_default();
    while !log().contains("catalog.old_schema") {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut migrate = world.program("migrate").start().unwrap();
    let answer = migrate.invoke(&json!({}), Duration::from_secs(60)).unwrap();
    assert!(answer["schema"].as_i64() > Some(1), "{answer}");
    assert_eq!(world.ended(&volume.key).await.status, Status::PendingReview, "{}", world.log());
    world.assert_sound(&volume.key).await;
}

/// The database is lost and the buckets are not: finished scans come back as they were, and unfinished ones start again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_database_is_rebuilt_from_the_buckets() {
    let (world, finished, unfinished) = (World::new().await, Volume::small(), Volume::small());
    let running = world.start();
    upload(&world, &finished).await;
    world.ended(&finished.key).await;
    let before = world.assert_sound(&finished.key).await;
    drop(running);
    upload(&world, &unfinished).await;
    world.resources.lose(Queue::Uploads).await;
    world.database().execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
    world.catalog.migrate().await.unwrap();

    let output = quire(&world, &["rebuild", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let rebuilt: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rebuilt, json!({ "restored": 1, "known": 0, "unreadable": [] }));
    assert_eq!(world.schedule("sweep_uploads").unwrap()["announced"], 1, "the unfinished one");
    assert_eq!(world.schedule("sweep_results").unwrap()["removed"], 0);
    let _running = world.start();
    assert_eq!(world.ended(&unfinished.key).await.status, Status::PendingReview, "{}", world.log());
    world.assert_sound(&unfinished.key).await;
    let after = world.assert_sound(&finished.key).await;
    assert_eq!((after.opinions, after.findings), (before.opinions, before.findings));
    assert_eq!(after.scan.result_prefix, before.scan.result_prefix, "it did not run again");
    let rebuilt: Value = serde_json::from_slice(&quire(&world, &["rebuild", "--json"]).stdout).unwrap();
    assert_eq!(rebuilt, json!({ "restored": 0, "known": 2, "unreadable": [] }));
}

fn quire(world: &World, arguments: &[&str]) -> Output {
    let mut command = Command::new(tests::world::functions().join("quire"));
    command.args(arguments).envs(&world.environment).env("QUIRE_RESULT_BUCKET", &world.resources.results);
    command.output().unwrap()
}
