//! `quire reconcile`, `download`, `delete` and `cost`, against a real database, real queues and real buckets.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use crate::command::{bare, record, run};
use catalog::{Claim, ClaimTerms, Failure, LeaseRules};
use domain::{FailureCode, ScanId, Stage, Status};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tests::command::Ending;
use tests::deployed::Deployed;
use tests::world::{PATIENCE, Queue, Volume, World};
use time::OffsetDateTime;

/// Everything that a person sees of a scan.
async fn seen(world: &World, scan: ScanId) -> String {
    format!("{:?}", world.catalog.scan(scan).await.unwrap().unwrap())
}

fn numbers(list: &Value) -> Vec<ScanId> {
    list.as_array().unwrap().iter().map(|entry| entry["scan"].as_i64().unwrap()).collect()
}

/// A scan whose worker is gone, one whose message is lost, and one whose end was not published.
#[tokio::test]
async fn a_rehearsal_says_what_a_pass_does_and_does_nothing() {
    let world = World::new().await;
    let interrupted = record(&world, "original_scans/a.pdf", None).await;
    let waiting = record(&world, "original_scans/b.pdf", None).await;
    let failure = Failure { code: FailureCode::SourceEmpty, message: "The file is empty.".to_owned() };
    record(&world, "original_scans/c.pdf", Some(failure)).await;
    let rules =
        LeaseRules { stale_after: Duration::from_secs(90), maximum_interruptions: 3, revival_grace: Duration::ZERO };
    let terms = ClaimTerms { rules, sent_at: OffsetDateTime::now_utc() };
    let claim = world.catalog.claim_scan(Stage::Compress, interrupted, &terms).await.unwrap();
    assert!(matches!(claim, Claim::Claimed(_)), "{claim:?}");
    let hour_ago = "clock_timestamp() - interval '1 hour'";
    let age = format!(
        "UPDATE scans SET heartbeat_at = {hour_ago} WHERE id = {interrupted};
         UPDATE scans SET dispatched_at = {hour_ago} WHERE id = {waiting}"
    );
    world.database().execute(&age).await.unwrap();
    let before = [seen(&world, interrupted).await, seen(&world, waiting).await];
    let pass = ["reconcile", "--json", "--as", "Ada"];
    let dry: Vec<&str> = pass.iter().copied().chain(["--dry-run"]).collect();

    let told = run(&world, &dry).json();
    assert_eq!((numbers(&told["rescued"]), numbers(&told["resent"])), (vec![interrupted], vec![waiting]), "{told}");
    assert_eq!((&told["published"], &told["is_dry_run"]), (&json!(1), &json!(true)));
    assert_eq!(before, [seen(&world, interrupted).await, seen(&world, waiting).await]);
    let compress = world.resources.url(Queue::Compress);
    assert_eq!(world.resources.depth(&compress).await, 0);
    let lines = run(&world, &dry[..1].iter().chain(&dry[2..]).copied().collect::<Vec<_>>()).stdout;
    assert!(lines.contains("Nothing was changed.") && lines.contains("it waits again"), "{lines}");

    let done = run(&world, &pass).json();
    assert_eq!((numbers(&done["rescued"]), numbers(&done["resent"])), (vec![interrupted], vec![waiting]), "{done}");
    assert_eq!(done["published"], 1);
    assert_eq!(world.resources.depth(&compress).await, 2);
    let rescued = world.catalog.scan(interrupted).await.unwrap().unwrap();
    assert_eq!(rescued.scan.summary.status, Status::Uploaded);
    assert_eq!(rescued.events.last().unwrap().actor.as_deref(), Some("Ada"));
    let idle = run(&world, &["reconcile"]);
    assert_eq!((idle.status, idle.stdout.trim()), (Some(0), "There is nothing to repair."), "{idle:?}");
}

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(directory).unwrap().display().to_string();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

/// The keys below a prefix of the result bucket, and whether the upload bucket has a file at all.
async fn keys(world: &World, bucket: &str, prefix: &str) -> Vec<String> {
    let listing = world.resources.s3.list_objects_v2().bucket(bucket).prefix(prefix).send().await.unwrap();
    listing.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect()
}

/// A finished scan is downloaded, its cost is told, and it is deleted, made again and deleted with its original.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_is_downloaded_priced_and_deleted() {
    let (world, volume, directory) = (World::new().await, Volume::of_pages(4), tempfile::tempdir().unwrap());
    let running = world.start();
    world.resources.put(&volume.key, &volume.path()).await;
    let scan = world.ended(&volume.key).await;
    assert_eq!(scan.status, Status::PendingReview, "{}", world.log());
    let (id, output) = (scan.id.to_string(), directory.path().to_str().unwrap());

    let downloaded = run(&world, &["download", &id, "--output", output, "--json"]).json();
    let place = Path::new(downloaded["directory"].as_str().unwrap()).to_owned();
    assert!(place.starts_with(directory.path()), "{downloaded}");
    let shown = run(&world, &["show", &id, "--json"]).json();
    let mine = files(&place);
    assert_eq!(mine.len(), shown["outputs"].as_array().unwrap().len());
    for output in shown["outputs"].as_array().unwrap() {
        let call = world.resources.s3.get_object().bucket(&world.resources.results);
        let stored = call.key(output["key"].as_str().unwrap()).send().await.unwrap().body.collect().await.unwrap();
        assert_eq!(mine[output["file"].as_str().unwrap()], stored.to_vec(), "{output}");
    }
    let again = run(&world, &["download", &id, "--output", output, "--json"]);
    assert_eq!((again.status, again.failure().0.as_str()), (Some(2), "download.exists"), "{again:?}");
    assert_eq!(run(&world, &["download", &id, "--output", output, "--force"]).status, Some(0));

    // The functions of a test say that they have 4 GB.
    let cost = run(&world, &["cost", &id, "--json"]).json();
    let stages: Vec<&str> =
        cost["stages"].as_array().unwrap().iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
    assert_eq!((stages.as_slice(), &cost["pages"]), (["compress", "scan", "split"].as_slice(), &json!(4)), "{cost}");
    for stage in cost["stages"].as_array().unwrap() {
        let number = |name: &str| stage[name].as_f64().unwrap();
        assert!((number("gigabyte_seconds") - 4.0 * number("seconds")).abs() < 1e-6, "{stage}");
        assert!(number("bytes_read") > 0.0 && number("bytes_written") > 0.0, "{stage}");
        assert!(number("read_requests") > 0.0 && number("write_requests") > 0.0, "{stage}");
        assert_eq!(number("unrecorded"), 0.0, "{stage}");
    }
    let original = std::fs::metadata(volume.path()).unwrap().len();
    let compress = &cost["stages"][0];
    assert!(compress["bytes_read"].as_u64().unwrap() >= original, "{compress}");
    assert!(cost["stored_bytes"].as_u64().unwrap() > original, "{cost}");
    assert!(cost["dollars"].as_f64().unwrap() > 0.0 && cost["dollars_per_thousand_pages"].is_f64(), "{cost}");
    let month = run(&world, &["cost"]);
    assert!(month.stdout.contains("1 scan of the last 30 days: 4 pages"), "{month:?}");

    let unasked = run(&world, &["delete", &id, "--json"]);
    assert_eq!((unasked.status, unasked.failure().0.as_str()), (Some(2), "command.arguments"), "{unasked:?}");
    let kept = format!("{} is kept", volume.key);
    assert!(unasked.stderr.contains("files of results") && unasked.stderr.contains(&kept), "{unasked:?}");
    let deleted = run(&world, &["delete", &id, "--yes", "--as", "Ada", "--json"]).json();
    assert!(deleted["objects"].as_u64().unwrap() > mine.len() as u64, "{deleted}");
    let (results, uploads) = (world.resources.results.clone(), world.resources.uploads.clone());
    for prefix in [format!("results/{id}/"), format!("work/{id}/")] {
        assert_eq!(keys(&world, &results, &prefix).await, Vec::<String>::new());
    }
    assert_eq!(keys(&world, &uploads, "").await, [volume.key.as_str()]);
    let row = world.catalog.scan(scan.id).await.unwrap().unwrap();
    assert_eq!((row.scan.summary.status, row.scan.summary.error_code.as_deref()), (Status::Cancelled, Some("deleted")));
    assert!(row.opinions.is_empty() && row.ranges.is_empty() && row.scan.result_prefix.is_none(), "{row:?}");
    let told = row.events.iter().find(|event| event.kind == "deleted").unwrap();
    assert_eq!(told.actor.as_deref(), Some("Ada"));
    // The original is still known, so the sweep records no new scan.
    assert_eq!(world.schedule("sweep_uploads").unwrap()["announced"], 0);
    assert_eq!(run(&world, &["download", &id]).status, Some(8));

    assert_eq!(run(&world, &["retry", &id]).status, Some(0));
    let made_again = world.ended(&volume.key).await;
    assert_eq!((made_again.id, made_again.status), (scan.id, Status::PendingReview), "{}", world.log());
    drop(running);
    let gone = run(&world, &["delete", &id, "--original", "--yes"]);
    assert_eq!(gone.status, Some(0), "{gone:?}");
    assert_eq!(keys(&world, &uploads, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_scan_that_functions_may_touch_and_one_that_was_approved_are_not_deleted() {
    let world = World::new().await;
    let scan = record(&world, "original_scans/a.pdf", None).await.to_string();
    let refused = run(&world, &["delete", &scan, "--yes", "--json"]);
    let (code, message) = refused.failure();
    assert_eq!((refused.status, code.as_str()), (Some(8), "catalog.refused"), "{refused:?}");
    assert!(message.contains(&format!("quire cancel {scan}")), "{message}");
    assert_eq!(run(&world, &["cancel", &scan]).status, Some(0));
    assert_eq!(run(&world, &["delete", &scan, "--yes"]).status, Some(0));
    let unknown = run(&world, &["delete", "4711", "--yes", "--json"]);
    assert_eq!((unknown.status, unknown.failure().0.as_str()), (Some(8), "catalog.unknown"));
}

/// The lines of a scan come from CloudWatch Logs, or from the files that the executor writes.
#[tokio::test]
async fn the_logs_of_a_scan_are_found_in_cloudwatch_and_in_files() {
    let (stack, volume) = (Deployed::find().await, Volume::small());
    let key = format!("original_scans/logs/{}.pdf", uuid::Uuid::new_v4());
    stack.put(&key, &volume.path()).await;
    let scan = stack.wait(&key, |scan| scan.status == Status::Scanned).await.id;
    let id = scan.to_string();
    // LocalStack names a log after its function and ignores the template's name.
    let mut lines = String::new();
    for function in ["INTAKE", "COMPRESS", "SCAN", "SPLIT", "RECONCILE"] {
        let name = stack.value(&format!("QUIRE_{function}_FUNCTION"));
        lines += &format!("QUIRE_{function}_LOG=/aws/lambda/{name}\n");
    }
    for name in ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"] {
        lines += &format!("{name}={}\n", stack.value(name));
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines).unwrap();
    let wanted = format!("range 0 of scan {scan} finished");
    let files = Ending::of(&mut bare(&["logs", &id, "--json", "--log-directory", stack.value("QUIRE_STACK_LOGS")]));
    let told: Vec<Value> = files.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_told = |function: &str, text: &str| {
        told.iter().any(|line| line["function"] == function && line["line"]["message"].as_str().unwrap().contains(text))
    };
    assert!(is_told("intake", &format!("became scan {scan}")) && is_told("scan", &wanted), "{files:?}");
    let about = |line: &Value| line["line"]["scan"] == scan || line["line"]["span"]["scan"] == scan;
    assert!(told.iter().all(about), "{files:?}");
    let mut cloud = String::new();
    let delivered = async {
        // LocalStack delivers lines some seconds after they were written, each function's in its own time.
        while !told.iter().all(|line| cloud.contains(line["line"]["timestamp"].as_str().unwrap())) {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let ending = Ending::of(bare(&["logs", &id]).env("QUIRE_ENVIRONMENT_FILE", file.path()));
            assert_eq!(ending.status, Some(0), "{ending:?}");
            cloud = ending.stdout;
        }
    };
    let is_delivered = tokio::time::timeout(PATIENCE, delivered).await.is_ok();
    assert!(is_delivered, "CloudWatch has\n{cloud}\nand the files have\n{}", files.stdout);
    let none = Ending::of(&mut bare(&["logs", "4711", "--log-directory", stack.value("QUIRE_STACK_LOGS")]));
    assert!(none.stdout.is_empty() && none.stderr.contains("no line about scan 4711"), "{none:?}");
}
