//! `quire dlq`, `retry --all` and `doctor`, against a real database, real queues and real dead letters.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use crate::command::{record, run};
use domain::{Role, Status, Task};
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{Queue, Volume, World};

/// The letters that `quire dlq list` prints.
fn list(world: &World, options: &[&str]) -> Vec<Value> {
    let arguments: Vec<&str> = ["dlq", "list", "--json"].iter().chain(options).copied().collect();
    let ending = run(world, &arguments);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    ending.json()["letters"].as_array().unwrap().clone()
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key}: {value}"))
}

/// The kinds and the actors of a scan's timeline.
async fn timeline(world: &World, scan: i64) -> Vec<(String, Option<String>)> {
    let events = world.catalog.scan(scan).await.unwrap().unwrap().events;
    events.into_iter().map(|event| (event.kind, event.actor)).collect()
}

/// The console says what sending the letters again does and costs, once a volume was finished from which that is known.
async fn assert_the_work_is_told(world: &World) {
    let console = world.start_console();
    let mut browser = world.sign_in(&console, "ada", Role::Operator).await;
    let names = browser.get("/letters?look=true").field_values("letter");
    let fields: Vec<(&str, &str)> = names.iter().map(|name| ("letter", name.as_str())).collect();
    let told = browser.post("/letters/preview", &fields).text;
    assert!(told.contains("How long it takes is not known yet"), "{told}");
    let volume = Volume::of_pages(2);
    world.resources.put(&volume.key, &volume.path()).await;
    world.ended(&volume.key).await;
    let told = browser.post("/letters/preview", &fields).text;
    assert!(told.contains("restarts ranges 0 and 1, keeps 0") && told.contains("Send 2 letters again"), "{told}");
    assert!(told.contains(" of work, ") && told.contains('$'), "{told}");
    assert_eq!(browser.post("/letters/preview", &[]).status, 422);
}

/// A message that failed five times is told with what it will do, and both ways to redrive it do that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redriven_letter_does_what_was_said() {
    for by_move in [true, false] {
        let (world, volume) = (World::new().await, Volume::of_pages(4));
        world.failpoints.arm("scan.work", &volume.key, "fail always");
        let _running = world.start();
        world.resources.put(&volume.key, &volume.path()).await;
        let failed = world.ended(&volume.key).await;
        assert_eq!(failed.error_code.as_deref(), Some("retries_exhausted"));
        world.resources.dead_letters(Queue::Scan, 2).await;
        world.failpoints.release("scan.work", &volume.key);
        tokio::time::sleep(Duration::from_secs(4)).await;

        let letters = list(&world, &["--stage", "scan"]);
        assert_eq!(letters.len(), 2, "{letters:?}");
        for letter in &letters {
            assert_eq!((word(letter, "queue"), letter["scan"].as_i64()), ("scan", Some(failed.id)));
            assert_eq!(word(letter, "if_redriven"), "restarts ranges 0 and 1, keeps 0");
        }
        assert!(list(&world, &["--stage", "split"]).is_empty());
        if by_move {
            assert_the_work_is_told(&world).await;
        }
        let first = word(&letters[0], "message_id").to_owned();
        let shown = run(&world, &["dlq", "show", &first]);
        assert!(
            shown.stdout.contains("restarts ranges 0 and 1") && shown.stdout.contains("\"stage\":\"scan\""),
            "{shown:?}"
        );

        let redriven = if by_move {
            run(&world, &["dlq", "redrive", "--all", "--rate", "100", "--as", "Ada", "--json"])
        } else {
            let second = word(&letters[1], "message_id");
            run(&world, &["dlq", "redrive", &first, second, "--as", "Ada", "--json"])
        };
        assert_eq!(redriven.status, Some(0), "{redriven:?}");
        assert_eq!(redriven.json()["letters"].as_array().map(Vec::len), Some(2), "{redriven:?}");
        world.wait(&volume.key, |scan| scan.status == Status::PendingReview).await;
        world.assert_sound(&volume.key).await;
        assert!(list(&world, &[]).is_empty());
        let by_ada = ("letter_redriven".to_owned(), Some("Ada".to_owned()));
        assert_eq!(timeline(&world, failed.id).await.iter().filter(|event| **event == by_ada).count(), 2);
        let shown = run(&world, &["show", &failed.id.to_string()]);
        assert!(shown.stdout.contains("letter redriven") && shown.stdout.contains("by Ada"), "{shown:?}");
    }
}

#[tokio::test]
async fn letters_are_edited_discarded_and_cleared() {
    let world = World::new().await;
    let scan = record(&world, "original_scans/a.pdf", None).await;
    let cancelled = record(&world, "original_scans/b.pdf", None).await;
    world.catalog.cancel(cancelled).await.unwrap();
    let send = async |queue, body: &str| world.resources.send_dead_letter(queue, body).await;
    send(Queue::Compress, "{\"stage\":\"compress\",\"scan\":\"seven\"}").await;
    send(Queue::Compress, &Task::Compress { scan: cancelled, is_bulk: false }.body().unwrap()).await;
    send(Queue::Split, &Task::Split { scan: 4711 }.body().unwrap()).await;
    let letters = list(&world, &[]);
    let said = |text: &str| {
        let found = letters.iter().find(|letter| word(letter, "if_redriven").starts_with(text));
        word(found.unwrap_or_else(|| panic!("{text}: {letters:?}")), "message_id").to_owned()
    };
    let (broken, unknown) = (said("fails again"), said("belongs to no scan"));
    said("does nothing: the scan is cancelled");

    // Only the letter of the cancelled scan is settled.
    let cleared = run(&world, &["dlq", "clear-settled", "--json"]).json();
    assert_eq!(cleared["letters"].as_array().map(Vec::len), Some(1), "{cleared}");
    assert_eq!(cleared["letters"][0]["scan"], cancelled);
    assert_eq!(list(&world, &[]).len(), 2);
    assert!(
        timeline(&world, cancelled).await.iter().any(|(kind, actor)| kind == "letter_discarded" && actor.is_some())
    );

    // A body that no function reads is refused, and the letter stays.
    let refused = run(&world, &["dlq", "edit", &broken, "--body", "{}", "--json"]);
    assert_eq!(refused.failure().0, "command.arguments");
    let body = Task::Compress { scan, is_bulk: false }.body().unwrap();
    let edited = run(&world, &["dlq", "edit", &broken, "--body", &body, "--json"]);
    assert_eq!(edited.json()["letters"][0]["if_redriven"], "starts compress, which waits for a message", "{edited:?}");
    assert_eq!(world.resources.depth(&world.resources.url(Queue::Compress)).await, 1);

    assert_eq!(run(&world, &["dlq", "discard", &unknown]).status, Some(2), "it needs a reason");
    let discarded = run(&world, &["dlq", "discard", &unknown, "--reason", "a test", "--json"]);
    assert_eq!(discarded.status, Some(0), "{discarded:?}");
    assert!(list(&world, &[]).is_empty());
    let again = run(&world, &["dlq", "discard", &unknown, "--reason", "a test", "--json"]);
    assert_eq!((again.status, again.failure().0.as_str()), (Some(8), "queues.unknown_letter"), "{again:?}");
}

/// A letter that was looked at can be looked at again at once.
#[tokio::test]
async fn looking_hides_no_letter() {
    let world = World::new().await;
    for number in 0..23 {
        let task = Task::Scan { scan: 1, generation: 1, range: number, is_large: number % 2 == 0 };
        let queue = if number % 2 == 0 { Queue::ScanLarge } else { Queue::Scan };
        world.resources.send_dead_letter(queue, &task.body().unwrap()).await;
    }
    for _ in 0..2 {
        assert_eq!(list(&world, &["--stage", "scan"]).len(), 23);
    }
    assert_eq!(list(&world, &["--stage", "scan", "--limit", "5"]).len(), 10, "of each queue");
    assert!(list(&world, &["--code", "objects.unreachable"]).is_empty());
    assert_eq!(list(&world, &[]).len(), 23);
}

#[tokio::test]
async fn all_scans_that_failed_in_one_way_are_retried() {
    let world = World::new().await;
    let (first, second) =
        (record(&world, "original_scans/a.pdf", None).await, record(&world, "original_scans/b.pdf", None).await);
    let statement = format!(
        "UPDATE scans SET status = 'FAILED', failed_stage = 'compress', error_code = 'retries_exhausted',
             error_message = 'S3 is away. [objects.unreachable]' WHERE id IN ({first}, {second})"
    );
    world.database().execute(&statement).await.unwrap();
    let all = ["retry", "--all", "--code", "objects.unreachable", "--stage", "compress", "--json"];
    let unasked = run(&world, &all);
    assert_eq!((unasked.status, unasked.failure().0.as_str()), (Some(2), "command.arguments"), "nobody can be asked");
    assert!(unasked.stderr.contains("2 scans will be retried"), "{unasked:?}");
    let other = run(&world, &["retry", "--all", "--code", "deadline", "--yes", "--json"]);
    assert_eq!(other.json()["retried"], json!([]));
    let arguments: Vec<&str> = all.into_iter().chain(["--yes", "--as", "Ada"]).collect();
    assert_eq!(run(&world, &arguments).json()["retried"], json!([first, second]));
    assert_eq!(world.resources.depth(&world.resources.url(Queue::Compress)).await, 2);
    for scan in [first, second] {
        assert_eq!(timeline(&world, scan).await.last().unwrap(), &("retried".to_owned(), Some("Ada".to_owned())));
    }
}

#[tokio::test]
async fn a_doctor_finds_what_is_wrong() {
    let mut world = World::new().await;
    let well = run(&world, &["doctor", "--json"]);
    let checks = well.json()["checks"].as_array().unwrap().clone();
    let names: Vec<&str> = checks.iter().map(|check| word(check, "name")).collect();
    for name in ["database", "clock", "schema", "upload bucket", "result bucket", "queue uploads", "queue split"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    let wrong = |checks: &[Value]| -> Vec<String> {
        let wrong: Vec<&Value> = checks.iter().filter(|check| check["is_ok"] == false).collect();
        assert!(wrong.iter().all(|check| !word(check, "advice").is_empty()), "{wrong:?}");
        wrong.iter().map(|check| word(check, "name").to_owned()).collect()
    };
    assert_eq!((well.status, wrong(&checks)), (Some(0), Vec::new()), "{well:?}");

    let scan_letters = world.resources.dead_letters_url(Queue::Scan);
    world.environment.insert("QUIRE_SPLIT_DEAD_LETTERS_URL".to_owned(), scan_letters);
    world.environment.insert("QUIRE_UPLOAD_BUCKET".to_owned(), "a-bucket-that-nobody-made".to_owned());
    world.database().execute("DELETE FROM _sqlx_migrations WHERE version > 1").await.unwrap();
    let ill = run(&world, &["doctor", "--json"]);
    assert_eq!(ill.status, Some(13), "{ill:?}");
    let found = wrong(ill.json()["checks"].as_array().unwrap());
    for name in ["schema", "upload bucket", "queue split"] {
        assert!(found.iter().any(|wrong| wrong == name), "{name}: {found:?}");
    }
    assert!(!found.iter().any(|wrong| wrong == "queue scan"), "{found:?}");
    world.environment.remove("QUIRE_SPLIT_DEAD_LETTERS_URL");
    world.environment.insert("DATABASE_URL".to_owned(), "postgres://quire@127.0.0.1:1/d".to_owned());
    let worse = run(&world, &["doctor"]);
    assert_eq!(worse.status, Some(13), "{worse:?}");
    assert!(worse.stdout.contains("WRONG  database") && worse.stdout.contains("WRONG  queues"), "{worse:?}");
}
