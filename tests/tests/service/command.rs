//! `quire upload`, `scans`, `show`, `watch` and the operators' actions, against a real database, S3 and queues.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use catalog::{Failure, NewScan, Recorded};
use domain::{FailureCode, ScanId, VolumeName};
use pipeline::rebuild::RECORD;
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use tests::command::{Ending, quire};
use tests::world::{Queue, Volume, World};

/// A terminal would take this text as an order.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}";

/// The command with the world's settings in its environment and nothing else of them.
fn command(world: &World, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command.envs(&world.environment).env_remove("AWS_ENDPOINT_URL_S3");
    command
}

/// The command with no setting at all, in a directory without an environment file.
pub fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(quire());
    command.args(arguments).current_dir(std::env::temp_dir());
    let is_setting = |name: &str| name.starts_with("AWS_") || name.starts_with("QUIRE_") || name == "DATABASE_URL";
    std::env::vars().filter(|(name, _)| is_setting(name)).for_each(|(name, _)| {
        command.env_remove(name);
    });
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

pub fn run(world: &World, arguments: &[&str]) -> Ending {
    Ending::of(&mut command(world, arguments))
}

/// A volume under a name of the archive's convention.
fn named(directory: &Path, volume: &Volume) -> PathBuf {
    let path = directory.join(volume.key.rsplit('/').next().unwrap());
    std::fs::copy(volume.path(), &path).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A scan as intake records it.
pub async fn record(world: &World, key: &str, refusal: Option<Failure>) -> ScanId {
    let name = VolumeName::new("arc", "12", Some(201), Some(207)).unwrap();
    let new = NewScan {
        version_id: "version".to_owned(),
        etag: "etag".to_owned(),
        size_bytes: 2_500_000,
        name: Some(name),
        uploader: None,
        bulk_upload_volumes: 5,
        refusal,
    };
    let lock = world.catalog.lock_key(&world.resources.uploads, key).await.unwrap();
    match lock.record(&new).await.unwrap() {
        Recorded::New { scan, .. } | Recorded::Known { scan, .. } => scan,
    }
}

fn objects(ending: &Ending) -> Vec<Value> {
    ending.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn an_upload_is_followed_to_its_results() {
    let world = World::new().await;
    let _functions = world.start();
    let (directory, volume) = (tempfile::tempdir().unwrap(), Volume::small());
    let ending = run(&world, &["upload", text(&named(directory.path(), &volume)), "--watch", "--json"]);
    assert_eq!(ending.status, Some(0), "{ending:?}\n{}", world.log());
    let told = objects(&ending);
    assert_eq!(told[0]["key"], volume.key);
    assert_eq!(told.last().unwrap()["scan"]["status"], "PENDING_REVIEW");
    let scan = told[0]["scan"]["id"].as_i64().unwrap().to_string();
    let shown = run(&world, &["show", &scan, "--json"]).json();
    let listing = world.resources.s3.list_objects_v2().bucket(&world.resources.results).prefix("results/");
    let stored = listing.send().await.unwrap().contents.unwrap_or_default();
    let keys = stored.iter().map(|object| object.key().unwrap()).filter(|key| !key.ends_with(RECORD));
    let stored: Vec<String> = keys.map(|key| format!("s3://{}/{key}", world.resources.results)).collect();
    let outputs = shown["outputs"].as_array().unwrap();
    assert!(!outputs.is_empty() && outputs.len() == stored.len(), "{outputs:?} {stored:?}");
    for output in outputs {
        assert!(stored.iter().any(|address| output["url"] == address.as_str()), "{output} is not there");
    }
    // The same file again is the same scan.
    let again = run(&world, &["upload", text(&named(directory.path(), &volume))]);
    assert!(again.stdout.contains(&format!("the same file is already scan {scan}")), "{again:?}");
}

#[tokio::test]
async fn a_large_file_arrives_whole() {
    let world = World::new().await;
    let directory = tempfile::tempdir().unwrap();
    let (attachment, file) = (directory.path().join("noise"), directory.path().join("arc.12.201.203.original.pdf"));
    let noise: Vec<u8> = (0..12 << 20_u32).scan(1_u32, |state, _| Some(noise(state))).collect();
    std::fs::write(&attachment, noise).unwrap();
    let volume = Volume::small();
    let mut qpdf = Command::new("qpdf");
    qpdf.arg(volume.path()).args(["--add-attachment", text(&attachment), "--"]).arg(&file);
    assert!(qpdf.status().unwrap().success());
    let uploaded = run(&world, &["upload", text(&file), "--no-wait", "--json"]).json();
    let object = world.resources.s3.get_object().bucket(&world.resources.uploads);
    let object = object.key(uploaded["key"].as_str().unwrap()).send().await.unwrap();
    assert!(object.e_tag().unwrap().contains('-'), "it went in one piece");
    assert_eq!(object.body.collect().await.unwrap().to_vec(), std::fs::read(&file).unwrap());
}

/// Bytes that no compression makes smaller.
fn noise(state: &mut u32) -> u8 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    state.to_be_bytes()[0]
}

#[tokio::test]
async fn one_bad_file_keeps_all_of_them_here() {
    let world = World::new().await;
    let (directory, volume) = (tempfile::tempdir().unwrap(), Volume::small());
    let good = named(directory.path(), &volume);
    let bad = directory.path().join("arc.13.1.9.pdf");
    std::fs::write(&bad, "%!PS-Adobe").unwrap();
    let ending = run(&world, &["upload", text(&good), text(&bad), "--json"]);
    assert_eq!((ending.status, ending.failure().0.as_str()), (Some(3), "source.not_pdf"), "{ending:?}");
    let nameless = directory.path().join("scan.pdf");
    std::fs::copy(&good, &nameless).unwrap();
    let ending = run(&world, &["upload", text(&good), text(&nameless), "--json"]);
    assert_eq!((ending.status, ending.failure().0.as_str()), (Some(3), "upload.unnamed"), "{ending:?}");
    let listing = world.resources.s3.list_objects_v2().bucket(&world.resources.uploads).send().await.unwrap();
    assert_eq!(listing.key_count(), Some(0));
}

#[tokio::test]
async fn an_unnamed_file_replaces_no_other() {
    let world = World::new().await;
    let (directory, volume) = (tempfile::tempdir().unwrap(), Volume::small());
    let file = directory.path().join("scan.pdf");
    std::fs::copy(volume.path(), &file).unwrap();
    let first = run(&world, &["upload", text(&file), "--unnamed", "--no-wait", "--json"]);
    assert_eq!(first.json()["key"], "original_scans/unsorted/scan.pdf");
    let second = run(&world, &["upload", text(&file), "--unnamed", "--no-wait", "--json"]);
    assert_eq!((second.status, second.failure().0.as_str()), (Some(3), "upload.exists"), "{second:?}");
    let meant = run(&world, &["upload", text(&file), "--key", "original_scans/unsorted/scan.pdf", "--no-wait"]);
    assert_eq!(meant.status, Some(0), "{meant:?}");
}

#[tokio::test]
async fn what_is_printed_does_nothing_to_a_terminal() {
    let world = World::new().await;
    let failure = Failure { code: FailureCode::SourceNotPdf, message: format!("It is{HOSTILE} no PDF.") };
    let scan = record(&world, &format!("original_scans/unsorted/{HOSTILE}.pdf"), Some(failure)).await.to_string();
    for arguments in [vec!["scans"], vec!["scans", "--json"], vec!["show", &scan], vec!["show", &scan, "--json"]] {
        let ending = run(&world, &arguments);
        assert_eq!(ending.status, Some(0), "{ending:?}");
        assert!(!ending.stdout.contains(['\u{1b}', '\u{7}']), "{arguments:?}: {ending:?}");
        assert!(ending.stdout.contains("source.not_pdf"), "{arguments:?}: {ending:?}");
    }
}

#[tokio::test]
async fn the_exit_status_of_watch_tells_how_it_ended() {
    let world = World::new().await;
    let failure = Failure { code: FailureCode::SourceEmpty, message: "The file is empty.".to_owned() };
    let failed = record(&world, "original_scans/a.pdf", Some(failure)).await.to_string();
    let cancelled = record(&world, "original_scans/b.pdf", None).await;
    world.catalog.cancel(cancelled).await.unwrap();
    assert_eq!(run(&world, &["watch", &failed]).status, Some(9));
    let ending = run(&world, &["watch", &cancelled.to_string(), "--json"]);
    assert_eq!((ending.status, ending.json()["scan"]["status"].as_str()), (Some(10), Some("CANCELLED")));
    let unknown = run(&world, &["watch", "4711", "--json"]);
    assert_eq!((unknown.status, unknown.failure().0.as_str()), (Some(8), "catalog.unknown"));
    let idle = run(&world, &["watch"]);
    assert_eq!(idle.status, Some(0), "{idle:?}");
}

#[tokio::test]
async fn a_scan_that_is_stopped_ends_the_watch() {
    let world = World::new().await;
    let scan = record(&world, "original_scans/a.pdf", None).await;
    let mut watch = Watched::start(&mut command(&world, &["watch", "--json"]));
    let first = watch.object();
    assert_eq!((first["scan"]["id"].as_i64(), &first["event"]), (Some(scan), &Value::Null));
    assert_eq!(run(&world, &["cancel", &scan.to_string()]).status, Some(0));
    assert_eq!(watch.object()["event"]["kind"], "cancelled");
    assert_eq!(watch.process.wait().unwrap().code(), Some(10));
}

/// A command that is read while it runs; it never outlives its test.
struct Watched {
    process: Child,
    output: Lines<BufReader<ChildStdout>>,
}

impl Watched {
    fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, output }
    }

    fn object(&mut self) -> Value {
        serde_json::from_str(&self.output.next().unwrap().unwrap()).unwrap()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn operators_change_rows_and_send_messages() {
    let world = World::new().await;
    let scan = record(&world, "original_scans/a.pdf", None).await.to_string();
    let status = |ending: &Ending| (ending.status, ending.json()["status"].as_str().unwrap_or_default().to_owned());
    assert_eq!(status(&run(&world, &["cancel", &scan, "--json"])), (Some(0), "CANCELLED".to_owned()));
    let refused = run(&world, &["cancel", &scan, "--json"]);
    assert_eq!((refused.status, refused.failure().0.as_str()), (Some(8), "catalog.refused"));
    let compress = world.resources.url(Queue::Compress);
    assert_eq!(world.resources.depth(&compress).await, 0);
    assert_eq!(status(&run(&world, &["retry", &scan, "--json"])), (Some(0), "UPLOADED".to_owned()));
    assert_eq!(world.resources.depth(&compress).await, 1);
    let deferred = run(&world, &["defer", &scan, "--for", "2h", "--json"]).json();
    assert!(deferred["not_before"].is_string(), "{deferred}");
    let described = ["describe", &scan, "--reporter", "a3d", "--volume", "217", "--first-page", "101", "--json"];
    let described = run(&world, &described).json();
    assert_eq!((&described["reporter"], &described["first_page"]), (&"a3d".into(), &101.into()));
    let nonsense = ["describe", &scan, "--reporter", "..", "--volume", "217", "--first-page", "101", "--json"];
    assert_eq!(run(&world, &nonsense).failure().0, "naming.component");
    assert_eq!(run(&world, &["approve", &scan]).status, Some(8));
    assert_eq!(run(&world, &["confirm", &scan]).status, Some(8));
}

#[tokio::test]
async fn settings_come_from_a_file_too() {
    let world = World::new().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("target/stack/environment");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let lines: String = world.environment.iter().map(|(name, value)| format!("{name}='{value}'\n")).collect();
    std::fs::write(&file, lines).unwrap();
    let volume = named(directory.path(), &Volume::small());
    let by_place = Ending::of(bare(&["upload", text(&volume), "--no-wait"]).current_dir(directory.path()));
    assert_eq!(by_place.status, Some(0), "{by_place:?}");
    let by_name = Ending::of(bare(&["scans", "--json"]).env("QUIRE_ENVIRONMENT_FILE", &file));
    assert!(by_name.json()["scans"].is_array(), "{by_name:?}");
}

#[test]
fn a_missing_setting_is_named() {
    for (arguments, variable) in [
        (vec!["scans", "--json"], "DATABASE_URL"),
        (vec!["upload", "a.pdf", "--json"], "QUIRE_UPLOAD_BUCKET"),
        (vec!["retry", "1", "--json", "--database-url", "postgres://h/d"], "QUIRE_COMPRESS_QUEUE_URL"),
    ] {
        let ending = Ending::of(&mut bare(&arguments));
        let (code, message) = ending.failure();
        assert_eq!((ending.status, code.as_str()), (Some(2), "settings.missing"), "{ending:?}");
        assert!(message.contains(variable), "{message}");
    }
}

#[test]
fn a_password_is_never_shown() {
    for url in ["postgres://quire:hunter2@127.0.0.1:1/d", "postgres://quire:hunter2@127.0.0.1:port/d", "hunter2"] {
        let ending = Ending::of(bare(&["scans", "--json"]).env("DATABASE_URL", url));
        assert!(matches!(ending.status, Some(2 | 7)), "{ending:?}");
        let told = format!("{}{}", ending.stdout, ending.stderr);
        assert!(!told.contains("hunter2"), "{told}");
    }
    let help = Ending::of(bare(&["scans", "--help"]).env("DATABASE_URL", "postgres://quire:hunter2@h/d"));
    assert!(help.stdout.contains("DATABASE_URL") && !help.stdout.contains("hunter2"), "{help:?}");
}
