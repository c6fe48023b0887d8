//! The console's real program: who may do what, and what an attacker cannot.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use crate::command::record;
use catalog::Failure;
use domain::{FailureCode, Role, Status};
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{Answer, Browser, ConsoleServer, PASSWORD, Queue, Volume, World, encoded};
use ureq::http::Method;

/// Everything that a page could take for its own markup.
const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}&amp;";

/// Every screen.
const SCREENS: [&str; 8] = ["/", "/volumes", "/failures", "/letters", "/health", "/people", "/activity", "/sign-in"];

/// Every change, and the least role that may make it.
fn changes(scan: i64) -> Vec<(String, Role)> {
    let of_scan = |action: &str, role| (format!("/volumes/{scan}/{action}"), role);
    let other = |path: &str, role| (path.to_owned(), role);
    vec![
        of_scan("approve", Role::Reviewer),
        of_scan("describe", Role::Reviewer),
        of_scan("confirm", Role::Reviewer),
        of_scan("cancel", Role::Operator),
        of_scan("delete", Role::Operator),
        of_scan("skip", Role::Operator),
        other("/failures/retry", Role::Operator),
        other("/letters/preview", Role::Operator),
        other("/letters/redrive", Role::Operator),
        other("/letters/discard", Role::Operator),
        other("/letters/clear-settled", Role::Operator),
        other("/letters/move", Role::Operator),
        other("/letters/edit", Role::Operator),
        other("/people/invite", Role::Admin),
        other("/people/1/role", Role::Admin),
        other("/people/1/revoke", Role::Admin),
        other("/people/1/readmit", Role::Admin),
    ]
}

async fn failed(world: &World, key: &str, message: &str) -> i64 {
    let refusal = Failure { code: FailureCode::SourceNotPdf, message: message.to_owned() };
    record(world, key, Some(refusal)).await
}

fn is_refused(answer: &Answer) -> bool {
    answer.status == 403 && answer.text.contains("Not allowed")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_anything_without_signing_in() {
    let world = World::new().await;
    let (console, scan) = (world.start_console(), record(&world, "original_scans/a.pdf", None).await);
    let mut stranger = Browser::new(&console);
    let secret =
        [format!("/volumes/{scan}"), "/activity.csv".to_owned(), format!("/volumes/{scan}/files/findings.json")];
    for path in SCREENS.iter().map(ToString::to_string).chain(secret).filter(|path| path != "/sign-in") {
        let answer = stranger.get(&path);
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.location.unwrap().starts_with("/sign-in?next="), "{path}");
    }
    for (path, _) in changes(scan) {
        assert_eq!(stranger.post(&path, &[]).status, 303, "{path}");
    }
    stranger.cookie = Some("quire=0123456789".to_owned());
    assert_eq!(stranger.get("/").status, 303);
    assert_eq!(world.scan("original_scans/a.pdf").await.unwrap().status, Status::Uploaded);
}

/// By direct requests: what a page hides must be refused as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_is_checked_by_the_server() {
    let world = World::new().await;
    let (console, scan) = (world.start_console(), record(&world, "original_scans/a.pdf", None).await);
    world.sign_in(&console, "first", Role::Admin).await;
    for role in Role::ALL {
        let mut browser = world.sign_in(&console, role.as_str(), *role).await;
        for (path, least) in changes(scan) {
            let answer = browser.post(&path, &[]);
            assert_eq!(is_refused(&answer), *role < least, "{role} {path}: {} {}", answer.status, answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_needs_its_token_its_origin_and_post() {
    let world = World::new().await;
    let (console, scan) = (world.start_console(), record(&world, "original_scans/a.pdf", None).await);
    let browser = world.sign_in(&console, "ada", Role::Admin).await;
    let mut foreign = world.sign_in(&console, "eve", Role::Viewer).await;
    foreign.get("/");
    let cancel = format!("/volumes/{scan}/cancel");
    let mut tries: Vec<(&str, Browser)> = Vec::new();
    let mut attempt = |what, change: &dyn Fn(&mut Browser)| {
        let mut copy = browser.clone();
        copy.get("/");
        change(&mut copy);
        tries.push((what, copy));
    };
    attempt("the token of another session", &|copy| copy.form_token.clone_from(&foreign.form_token));
    attempt("an empty token", &|copy| copy.form_token = Some(String::new()));
    attempt("another site", &|copy| copy.site = Some("cross-site"));
    attempt("another host of the same site", &|copy| copy.site = Some("same-site"));
    attempt("an address bar", &|copy| copy.site = Some("none"));
    attempt("an old browser on another site", &|copy| {
        (copy.site, copy.origin) = (None, Some("https://evil.example".to_owned()));
    });
    attempt("no word of where it comes from", &|copy| copy.site = None);
    for (what, mut copy) in tries {
        let answer = copy.post(&cancel, &[]);
        assert_eq!(answer.status, 403, "{what}: {}", answer.text);
    }
    let mut without = browser.clone();
    assert_eq!(without.send(Method::POST, &cancel, Some("")).status, 403, "no token");
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        let status = without.send(method.clone(), &cancel, None).status;
        assert!([403, 405].contains(&status), "{method}: {status}");
    }
    assert_eq!(world.scan("original_scans/a.pdf").await.unwrap().status, Status::Uploaded);
    let mut old = browser.clone();
    old.get("/");
    (old.site, old.origin) = (None, Some(console.url.clone()));
    assert_eq!(old.post(&cancel, &[]).status, 303, "an old browser on this site");
    assert_eq!(world.scan("original_scans/a.pdf").await.unwrap().status, Status::Cancelled);
}

/// Keys, messages, names and search words come back as text, wherever they are shown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_wrote_is_shown_as_text() {
    let world = World::new().await;
    let console = world.start_console();
    let scan = failed(&world, &format!("original_scans/{HOSTILE}.pdf"), HOSTILE).await;
    world.resources.send_dead_letter(Queue::Scan, &format!("{HOSTILE} not JSON")).await;
    let mut browser = world.sign_in(&console, "<b>ada</b>", Role::Admin).await;
    let search = encoded(&[("search", HOSTILE), ("person", HOSTILE), ("action", HOSTILE)]);
    let mut paths: Vec<String> = SCREENS.iter().map(ToString::to_string).collect();
    paths.extend([
        format!("/volumes/{scan}"),
        "/failures?code=source.not_pdf&stage=compress".to_owned(),
        format!("/failures/preview?scan={scan}"),
        "/letters?look=true".to_owned(),
        format!("/volumes?{search}"),
        format!("/activity?{search}"),
        format!("/{search}"),
        format!("/sign-in?next=/{search}"),
    ]);
    let mut shown = 0;
    for path in &paths {
        let text = browser.get(path).text;
        for markup in ["<script>alert", "<img src=x", "<b>ada", "{{7*7}}</", ">49"] {
            assert!(!text.contains(markup) || markup == "{{7*7}}</", "{path} contains {markup}");
        }
        shown += usize::from(text.contains("&#60;script&#62;alert(1)"));
    }
    assert!(shown >= 6, "the hostile text was shown {shown} times only");
    let csv = browser.get("/activity.csv");
    assert!(csv.header("content-disposition").starts_with("attachment"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_forbids_inline_scripts_and_frames_and_is_kept_by_nobody() {
    let world = World::new().await;
    let console = world.start_console();
    let mut browser = world.sign_in(&console, "ada", Role::Admin).await;
    for path in SCREENS {
        let answer = browser.get(path);
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        let headers = ["cache-control", "x-content-type-options", "referrer-policy"].map(|name| answer.header(name));
        assert_eq!(headers, ["no-store", "nosniff", "no-referrer"], "{path}");
        for inline in ["<script>", "<style>", " style=\"", " onclick=", "javascript:"] {
            assert!(!answer.text.contains(inline), "{path} has {inline}");
        }
    }
}

/// A token that was planted before the sign-in is worth nothing after it, and one that was used is dead after the sign-out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_cannot_be_fixed_and_ends() {
    let world = World::new().await;
    let console = world.start_console();
    world.sign_in(&console, "ada", Role::Admin).await;
    let mut browser = Browser::new(&console);
    browser.cookie = Some("quire=planted".to_owned());
    browser.form_token = Some(String::new());
    let answer = sign_in(&mut browser, "ADA ", PASSWORD);
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_ne!(browser.cookie.as_deref(), Some("quire=planted"));
    assert_eq!(answer.location.as_deref(), Some("/"), "not to another site");
    let [mut kept, mut elsewhere] = [browser.clone(), browser.clone()];
    elsewhere.form_token = Some(String::new());
    assert_eq!(sign_in(&mut elsewhere, "ada", PASSWORD).status, 303, "a second session");
    assert_eq!((kept.get("/").status, elsewhere.get("/").status), (303, 200), "the first one was replaced");
    assert_eq!(elsewhere.clone().post("/sign-out-everywhere", &[]).status, 303);
    assert_eq!(elsewhere.get("/").status, 303);
    let mut planted = Browser::new(&console);
    planted.cookie = Some("quire=planted".to_owned());
    assert_eq!(planted.get("/").status, 303);
}

fn sign_in(browser: &mut Browser, name: &str, password: &str) -> Answer {
    browser.post("/sign-in", &[("name", name), ("password", password), ("next", "//evil.example")])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_stops_after_some_tries_also_with_the_right_password() {
    let world = World::new().await;
    let console = world.start_console();
    world.sign_in(&console, "ada", Role::Admin).await;
    let mut browser = Browser::new(&console);
    assert_eq!(sign_in(&mut browser, "ada", "").status, 401);
    for number in 0..9 {
        let answer = sign_in(&mut browser, "ada", &format!("guess {number}"));
        assert_eq!(answer.status, 401);
        assert!(answer.text.contains("Name or password is wrong."), "{}", answer.text);
    }
    assert_eq!(sign_in(&mut browser, "ada", PASSWORD).status, 429);
    let unknown = sign_in(&mut browser, "nobody", "guess");
    assert!(unknown.status == 401 && unknown.text.contains("Name or password is wrong."), "names are not told");
    assert_eq!(sign_in(&mut browser, "nobody", PASSWORD).location, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_asks_for_a_good_password_and_works_once() {
    let world = World::new().await;
    let console = world.start_console();
    let mut admin = world.sign_in(&console, "ada", Role::Admin).await;
    let answer = admin.post("/people/invite", &[("name", "Ben@Example.org"), ("role", "reviewer")]);
    let link = answer.text.split_once("value=\"http").and_then(|(_, rest)| rest.split_once('"')).unwrap().0;
    let path = link.split_once("/invitations/").map(|(_, token)| format!("/invitations/{token}")).unwrap();
    let mut ben = Browser::new(&console);
    assert!(ben.get(&path).text.contains("ben@example.org"));
    for (password, again) in [("short", "short"), (PASSWORD, "another password")] {
        assert_eq!(ben.post(&path, &[("password", password), ("again", again)]).status, 422);
    }
    assert_eq!(ben.post(&path, &[("password", PASSWORD), ("again", PASSWORD)]).status, 303);
    assert_eq!(ben.get("/").status, 200);
    let mut late = Browser::new(&console);
    assert_eq!(late.post(&path, &[("password", PASSWORD), ("again", PASSWORD)]).status, 422);
    assert_eq!(late.get(&path).status, 422);
    assert!(admin.get("/activity").text.contains("Invited"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_of_absurd_size_are_refused() {
    let world = World::new().await;
    let console = world.start_console();
    let mut browser = world.sign_in(&console, "ada", Role::Admin).await;
    let long = "x".repeat(10_000);
    assert_eq!(browser.get(&format!("/volumes?search={long}")).status, 413);
    let words = "word+".repeat(1_000);
    assert_eq!(browser.get(&format!("/volumes?search={words}")).status, 200);
    let many = "scan=1&".repeat(201);
    assert_eq!(browser.get(&format!("/failures/preview?{many}")).status, 422);
    for path in ["/volumes/99999999999999999999", "/volumes/-1", "/volumes?before=x", "/failures?stage=x", "/volumes/7"]
    {
        let status = browser.get(path).status;
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    let body = format!("form_token={}&letter={}", browser.form_token.clone().unwrap(), "x".repeat(2_000_000));
    let answer = browser.attempt(Method::POST, "/letters/redrive", Some(&body));
    assert!(answer.map_or(true, |answer| answer.status == 413));
    assert_eq!(browser.get("/").status, 200, "it goes on");
}

/// A failure is found, its retry is told before it is made, and then it does what was told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_volume_is_retried_as_told() {
    let (world, volume) = (World::new().await, Volume::of_pages(4));
    let console = world.start_console();
    world.failpoints.arm("scan.work", &volume.key, "refuse");
    let _running = world.start();
    world.resources.put(&volume.key, &volume.path()).await;
    let failed = world.ended(&volume.key).await;
    assert_eq!(failed.status, Status::Failed);
    world.failpoints.release("scan.work", &volume.key);
    let mut browser = world.sign_in(&console, "ada", Role::Operator).await;
    let code = failed.error_code.clone().unwrap();
    assert!(browser.get("/failures").text.contains(&code));
    assert!(
        browser.get(&format!("/failures?code={code}&stage=scan")).text.contains(&format!("/volumes/{}", failed.id))
    );
    let told = browser.get(&format!("/failures/preview?scan={}", failed.id));
    let finished = failed.ranges_finished;
    let expected = format!("keeps {finished} part{}, then splits.", if finished == 1 { "" } else { "s" });
    assert!(told.text.contains("Reads ") && told.text.contains(&expected), "{}", told.text);
    assert_eq!(world.scan(&volume.key).await.unwrap().status, Status::Failed, "telling changes nothing");
    let done = browser.post("/failures/retry", &[("scan", &failed.id.to_string())]);
    assert!(done.text.contains("1 volume of 1 retried."), "{}", done.text);
    let again = browser.post("/failures/retry", &[("scan", &failed.id.to_string())]);
    assert!(
        again.text.contains("0 volumes of 1 retried.") && again.text.contains("Nothing is done."),
        "{}",
        again.text
    );
    world.wait(&volume.key, |scan| scan.status == Status::PendingReview).await;
    let events = world.detail(&volume.key).await.events;
    assert!(events.iter().any(|event| event.kind == "retried" && event.actor.as_deref() == Some("ada")));
    let page = browser.get(&format!("/volumes/{}", failed.id)).text;
    assert!(page.contains("Ready for review") && page.contains("by ada"), "{page}");
    approve(&world, &mut browser, &console, failed.id, &volume.key).await;
}

/// Only while it is as it was when the person looked.
async fn approve(world: &World, operator: &mut Browser, console: &ConsoleServer, scan: i64, key: &str) {
    let path = format!("/volumes/{scan}");
    let seen = &operator.get(&path).field_values("seen")[0];
    let stale = operator.post(&format!("{path}/approve"), &[("seen", "SCANNING 1")]);
    assert!(stale.status == 409 && stale.text.contains("Nothing was done."), "{}", stale.text);
    assert_eq!(operator.post(&format!("{path}/approve"), &[("seen", seen)]).status, 303);
    assert_eq!(world.scan(key).await.unwrap().status, Status::Approved);
    let mut viewer = world.sign_in(console, "viola", Role::Viewer).await;
    look_at_the_pages(&mut viewer, &path);
    let file = viewer.get(&format!("{path}/files/findings.json"));
    assert_eq!(file.status, 307, "{}", file.text);
    assert!(file.location.unwrap().contains("X-Amz-Signature"), "a link for minutes");
    assert_eq!(viewer.get(&format!("{path}/files/../other")).status, 404);
    assert_eq!(viewer.get(&format!("{path}/files/no.such")).status, 404);
}

/// Every page has a picture, and what is covered on it is drawn.
fn look_at_the_pages(viewer: &mut Browser, volume: &str) {
    let grid = viewer.get(&format!("{volume}/pages"));
    assert_eq!(grid.text.matches("/pictures/").count(), 4, "{}", grid.text);
    let page = viewer.get(&format!("{volume}/pages/2?overlay=solid"));
    assert!(
        page.status == 200 && page.text.contains("<svg viewBox=") && page.text.contains("page solid"),
        "{}",
        page.text
    );
    let picture = viewer.get(&format!("{volume}/pictures/2"));
    assert!(picture.status == 307 && picture.header("cache-control").starts_with("private"), "{}", picture.text);
    let link = picture.location.unwrap();
    let mut jpeg = ureq::get(&link).call().unwrap();
    assert_eq!(jpeg.body_mut().read_to_vec().unwrap()[..2], [0xff, 0xd8], "{link}");
    for wrong in ["pages/0", "pages/5", "pages/x", "pages/2?overlay=other", "pictures/0"] {
        let status = viewer.get(&format!("{volume}/{wrong}")).status;
        assert!((400..500).contains(&status), "{wrong}: {status}");
    }
}

/// The person sees what it does before, and what somebody else did meanwhile is not undone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_skipped_as_told() {
    let world = World::new().await;
    let (console, scan) = (world.start_console(), failed(&world, "original_scans/a.pdf", "It stopped.").await);
    let mut viewer = world.sign_in(&console, "eve", Role::Viewer).await;
    let mut operator = world.sign_in(&console, "ada", Role::Operator).await;
    let (volume, skip) = (format!("/volumes/{scan}"), format!("/volumes/{scan}/skip"));
    assert!(!viewer.get(&volume).text.contains(&skip), "a viewer is offered what is refused");
    assert!(is_refused(&viewer.get(&format!("{skip}?pages=2"))));
    assert!(operator.get(&volume).text.contains(&skip));
    for wrong in ["", "x", "0", "-1", "2-3", "99999999999"] {
        let status = operator.get(&format!("{skip}?{}", encoded(&[("pages", wrong)]))).status;
        assert!([409, 422].contains(&status), "{wrong:?}: {status}");
    }
    let preview = operator.get(&format!("{skip}?{}", encoded(&[("pages", "20, 2")])));
    let told = &preview.text;
    assert!(told.contains("Starts from the beginning") && told.contains("Skip pages 20, 2 and go on"), "{told}");
    assert_eq!(world.scan("original_scans/a.pdf").await.unwrap().status, Status::Failed, "a look changed something");

    let seen = &preview.field_values("seen")[0];
    let form = [("seen", seen.as_str()), ("pages", "20, 2"), ("undo", "false")];
    let answer = operator.post(&skip, &form);
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some(volume.as_str())), "{}", answer.text);
    let detail = world.detail("original_scans/a.pdf").await;
    let skipped: Vec<_> = detail.skipped.iter().map(|page| (page.page, page.actor.as_deref())).collect();
    assert_eq!((detail.scan.summary.status, skipped), (Status::Uploaded, vec![(2, Some("ada")), (20, Some("ada"))]));
    assert_eq!(world.resources.depth(&world.resources.url(Queue::Compress)).await, 1);
    assert_eq!(operator.post(&skip, &form).status, 409, "the same form a second time");
    let shown = viewer.get(&volume).text;
    assert!(shown.contains("2 (by ada), 20 (by ada)") && shown.contains("Pages are skipped (pages 2, 20)"), "{shown}");

    world.catalog.cancel(scan).await.unwrap();
    let preview = operator.get(&format!("{skip}?{}", encoded(&[("pages", "20"), ("undo", "true")])));
    assert!(preview.text.contains("Process page 20 again"), "{}", preview.text);
    let seen = &preview.field_values("seen")[0];
    let form = [("seen", seen.as_str()), ("pages", "20"), ("undo", "true")];
    assert_eq!(operator.post(&skip, &form).status, 303);
    assert_eq!(world.detail("original_scans/a.pdf").await.skipped.len(), 1);
}

/// Two people press redrive at once while another letter arrives: each letter is sent again once, and none is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_redrive_at_once_neither_lose_nor_double_a_letter() {
    let world = World::new().await;
    let (console, other) = (world.start_console(), world.start_console());
    for number in 0..6 {
        let scan = record(&world, &format!("original_scans/{number}.pdf"), None).await;
        world.resources.send_dead_letter(Queue::Split, &format!("{{\"stage\":\"split\",\"scan\":{scan}}}")).await;
    }
    let mut ada = world.sign_in(&console, "ada", Role::Operator).await;
    let mut ben = world.sign_in(&other, "ben", Role::Operator).await;
    let page = ada.get("/letters?look=true");
    let names = page.field_values("letter");
    assert_eq!(names.len(), 6, "{}", page.text);
    ben.get("/");
    let fields: Vec<(&str, &str)> = names.iter().map(|name| ("letter", name.as_str())).collect();
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| ada.post("/letters/redrive", &fields));
        let two = scope.spawn(|| ben.post("/letters/redrive", &fields));
        (one.join().unwrap(), two.join().unwrap())
    });
    world.resources.send_dead_letter(Queue::Split, "{\"stage\":\"split\",\"scan\":1}").await;
    let sent = |answer: &Answer| -> usize {
        let (_, rest) = answer.text.split_once("role=\"status\">").unwrap_or_else(|| panic!("{}", answer.text));
        rest.split(' ').next().unwrap().parse().unwrap()
    };
    assert_eq!(sent(&one) + sent(&two), 6, "{}\n{}", one.text, two.text);
    assert_eq!(world.resources.depth(&world.resources.url(Queue::Split)).await, 6);
    world.resources.dead_letters(Queue::Split, 1).await;
}

/// An operator reads what the functions logged about a volume, and about no other. Errors are text, whoever wrote them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_logs_of_a_volume_are_on_a_page_for_operators() {
    let (mut world, volume) = (World::new().await, Volume::of_pages(2));
    world.environment.insert("QUIRE_STACK_LOGS".to_owned(), world.logs.path().display().to_string());
    let console = world.start_console();
    let running = world.start();
    let markup = format!("original_scans/{HOSTILE}.pdf");
    world.resources.put(&volume.key, &volume.path()).await;
    world.resources.put(&markup, &volume.path()).await;
    let scan = world.ended(&volume.key).await;
    let hostile = world.wait(&markup, |scan| scan.waits_for.is_some()).await;
    drop(running);
    let mut browser = world.sign_in(&console, "ada", Role::Operator).await;
    let path = format!("/volumes/{}/logs", scan.id);
    assert!(browser.get(&format!("/volumes/{}", scan.id)).text.contains(&path));
    let told = browser.get(&path).text;
    for line in [format!("became scan {}", scan.id), format!("split of scan {} finished", scan.id)] {
        assert!(told.contains(&line), "{line}: {told}");
    }
    assert!(!told.contains(&format!("scan {} ", hostile.id)), "{told}");
    let told = browser.get(&format!("/volumes/{}/logs", hostile.id)).text;
    assert!(told.contains("became scan") && !told.contains("<img"), "{told}");
    let mut viewer = world.sign_in(&console, "viola", Role::Viewer).await;
    assert!(is_refused(&viewer.get(&path)));
    let mut operator = world.sign_in(&console, "olga", Role::Operator).await;
    assert_eq!(operator.get("/volumes/4711/logs").status, 404);
}

/// A letter that no function can read is corrected, and a letter of a scan that is over is cleared.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_are_corrected_cleared_and_discarded() {
    let world = World::new().await;
    let console = world.start_console();
    let scan = record(&world, "original_scans/a.pdf", None).await;
    world.resources.send_dead_letter(Queue::Compress, "{\"stage\":\"compress\",\"scan\":\"x\"}").await;
    let mut browser = world.sign_in(&console, "ada", Role::Operator).await;
    let letter = &browser.get("/letters?look=true").field_values("letter")[0];
    let shown = browser.get(&format!("/letters/edit?{}", encoded(&[("letter", letter)])));
    assert!(shown.text.contains("fails again"), "{}", shown.text);
    let wrong = browser.post("/letters/edit", &[("letter", letter), ("body", "still not JSON")]);
    assert_ne!(wrong.status, 200, "{}", wrong.text);
    let body = format!("{{\"stage\":\"compress\",\"scan\":{scan}}}");
    let corrected = browser.post("/letters/edit", &[("letter", letter), ("body", &body)]);
    assert!(corrected.text.contains("corrected and sent again"), "{}", corrected.text);
    assert_eq!(world.resources.depth(&world.resources.url(Queue::Compress)).await, 1);

    world.catalog.cancel(scan).await.unwrap();
    world.resources.send_dead_letter(Queue::Compress, &body).await;
    assert!(browser.get("/letters?look=true").text.contains("settled"));
    assert!(browser.post("/letters/clear-settled", &[]).text.contains("1 letter cleared."));
    world.resources.send_dead_letter(Queue::Scan, "no JSON").await;
    let letter = &browser.get("/letters?look=true").field_values("letter")[0];
    assert_eq!(browser.post("/letters/discard", &[("letter", letter), ("reason", " ")]).status, 422);
    let discarded = browser.post("/letters/discard", &[("letter", letter), ("reason", "a test")]);
    assert!(discarded.text.contains("1 letter discarded."), "{}", discarded.text);
    assert!(browser.get("/activity").text.contains("a test"), "the reason is kept");
    world.resources.dead_letters(Queue::Scan, 0).await;
}

/// As Lambda invokes it behind the function's URL. The figures are printed for people.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_program_answers_behind_the_url_of_a_function() {
    let world = World::new().await;
    let program = world.program("console");
    let mut starts: Vec<u128> = (0..5).map(|_| program.start().unwrap().cold_start.as_millis()).collect();
    starts.sort_unstable();
    let mut function = program.start().unwrap();
    let event = serde_json::json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/volumes", "rawQueryString": "search=a%20b",
        "headers": { "host": "x.lambda-url.us-east-1.on.aws", "sec-fetch-site": "none" },
        "requestContext": {
            "accountId": "anonymous", "apiId": "x", "domainName": "x.lambda-url.us-east-1.on.aws", "domainPrefix": "x",
            "http": { "method": "GET", "path": "/volumes", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7", "userAgent": "test" },
            "requestId": "7", "routeKey": "$default", "stage": "$default", "time": "27/Nov/2026:15:00:00 +0000",
            "timeEpoch": 1_795_791_600_000_u64
        },
        "isBase64Encoded": false
    });
    let answer = function.invoke(&event, Duration::from_secs(60)).unwrap();
    assert_eq!(answer["statusCode"], 303, "{answer}");
    assert_eq!(answer["headers"]["location"], "/sign-in?next=%2Fvolumes%3Fsearch%3Da%2520b", "{answer}");
    assert!(answer["headers"]["strict-transport-security"].is_string(), "{answer}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", function.id())).unwrap();
    let memory = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    println!("cold start of console median {} ms, worst {} ms of 5; {memory}", starts[2], starts[4]);
}

/// Rows as a large library has them after years: 100,000 scans in all states, a volume of 1,000 pages with its findings, and a
/// thousand letters.
async fn fill(world: &World) -> i64 {
    let statements = "
        SET session_replication_role = replica;
        INSERT INTO scans (bucket, key, version_id, etag, size_bytes, reporter, volume, first_page, pages, status, failed_stage,
            error_code, error_message, created_at, updated_at, result_prefix, summary)
        SELECT 'b', format('original_scans/a3d/%s/1/a3d.%s.1.900.original.pdf', n, n), 'v', n::text, 1000000000, 'a3d', n::text, 1, 900,
            (ARRAY['APPROVED', 'APPROVED', 'APPROVED', 'PENDING_REVIEW', 'FAILED', 'CANCELLED', 'UPLOADED'])[1 + n % 7],
            CASE WHEN n % 7 IN (4, 5) THEN (ARRAY['compress', 'scan', 'split'])[1 + n % 3] END,
            CASE WHEN n % 7 IN (4, 5) THEN (ARRAY['source.damaged', 'deadline', 'cancelled', 'interrupted'])[1 + n % 4] END,
            CASE WHEN n % 7 IN (4, 5) THEN 'It is what it is.' END,
            now() - n * interval '5 minutes', now() - n * interval '5 minutes',
            CASE WHEN n % 7 < 4 THEN format('results/%s/0b0e9a6e-8a3d-4b7e-9d0c-3f1f5c7f7a11/', n) END, '{\"files\": []}'
        FROM generate_series(1, 100000) AS n;
        INSERT INTO page_ranges (scan_id, generation, number, first_index, page_count, input_key)
        SELECT max(id), 0, n, n * 50, 50, 'k' FROM scans, generate_series(0, 19) AS n WHERE status = 'PENDING_REVIEW' GROUP BY n;
        INSERT INTO findings (scan_id, sequence, code, severity, page_index, message, evidence)
        SELECT max(id), n, 'page.blank', 'should_look', n, 'This page is blank.', '{}'
        FROM scans, generate_series(1, 1000) AS n WHERE status = 'PENDING_REVIEW' GROUP BY n;
        INSERT INTO opinions (scan_id, sequence, file, redacted_key, first_page, last_page, caption_page_index, key_page_index)
        SELECT max(id), n, 'a.pdf', 'k', n, n, n, n FROM scans, generate_series(1, 300) AS n WHERE status = 'PENDING_REVIEW' GROUP BY n;
        INSERT INTO scan_events (scan_id, kind, actor)
        SELECT id, 'approved', 'ada' FROM scans WHERE status = 'APPROVED';
        UPDATE scans SET pages = 1000, summary = jsonb_build_object('files', (
            SELECT jsonb_agg(format('previews/%s.jpg', lpad(n::text, 4, '0'))) FROM generate_series(1, 1000) AS n))
        WHERE id = (SELECT max(id) FROM scans WHERE status = 'PENDING_REVIEW');
        ANALYZE;";
    world.database().execute(statements).await.unwrap();
    let thick = world.database().text("SELECT max(id)::text FROM scans WHERE status = 'PENDING_REVIEW'").await;
    let thick: i64 = thick.unwrap().parse().unwrap();
    write_sidecars(world, thick).await;
    let letters = (0..1_000).map(|number| format!("{{\"stage\":\"split\",\"scan\":{number}}}"));
    for body in letters {
        world.resources.send_dead_letter(Queue::Split, &body).await;
    }
    thick
}

/// What is drawn on 1,000 pages: eight boxes and twelve covers on each.
async fn write_sidecars(world: &World, scan: i64) {
    let found = (0..8_000).map(|number| {
        json!({
            "page_index": number / 8, "label": "HEADNOTE", "label_id": 7, "confidence": 0.9,
            "bbox": [81.3, 100.0 * f64::from(number % 8), 574.6, 150.0], "page_number": number / 8 + 1,
            "img_width": 1200, "img_height": 1900, "found_by": [{ "model": "small", "confidence": 0.9 }], "model_count": 1
        })
    });
    let rects = |fill: &str| {
        let rect = json!({ "x0": 73.0, "y0": 59.4, "x1": 91.0, "y1": 118.2, "fill": fill });
        vec![rect; 6]
    };
    let covers = (0..1_000).map(|page| json!({ "page_index": page, "rects": rects("black") }));
    let margins = (0..1_000)
        .map(|page| json!({ "page_index": page, "rects": rects("white"), "page_width": 432.0, "page_height": 684.0 }));
    let files: [(&str, Vec<Value>); 4] = [
        ("detections.json", found.collect()),
        ("redaction_rects.json", covers.collect()),
        ("margin_rects.json", margins.collect()),
        ("opinions.json", Vec::new()),
    ];
    for (name, content) in files {
        let key = format!("results/{scan}/0b0e9a6e-8a3d-4b7e-9d0c-3f1f5c7f7a11/{name}");
        let call = world.resources.s3.put_object().bucket(&world.resources.results).key(key);
        call.body(serde_json::to_vec(&content).unwrap().into()).send().await.unwrap();
    }
}

/// The figures are printed for people: the time from the request to the whole page, and its size.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_screens_of_a_large_library() {
    let world = World::new().await;
    let thick = fill(&world).await;
    let console = world.start_console();
    let mut browser = world.sign_in(&console, "ada", Role::Admin).await;
    let volume = format!("/volumes/{thick}");
    let [pages, one_page] = [format!("{volume}/pages"), format!("{volume}/pages/500")];
    let paths = [
        "/",
        "/volumes",
        "/volumes?search=a3d+99999",
        "/volumes?search=nothing+like+this",
        "/volumes?status=failed",
        "/volumes?needs=you",
        &volume,
        &pages,
        &one_page,
        "/failures",
        "/failures?code=deadline&stage=scan",
        "/letters",
        "/health",
        "/people",
        "/activity",
        "/activity?person=nobody",
    ];
    for path in paths {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..40 {
            let began = std::time::Instant::now();
            let answer = browser.get(path);
            times.push(began.elapsed().as_secs_f64() * 1e3);
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            bytes = answer.text.len();
        }
        times.sort_by(f64::total_cmp);
        println!("{path:<36} median {:6.1} ms, p95 {:6.1} ms, {:6.1} kB", times[20], times[37], bytes as f64 / 1e3);
    }
}
