//! The console in Debian's Chromium: a librarian uploads and looks, an operator mends. `tests/browser/walk.mjs` has the steps.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use crate::command::record;
use catalog::Failure;
use domain::{FailureCode, Role};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;
use tests::sample;
use tests::world::{Issuer, Queue, World};

/// The browser and the packages that drive it. `cargo xtask test` installs them where it can.
fn tools() -> Option<(PathBuf, PathBuf)> {
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.exists());
    Some((path("QUIRE_TEST_BROWSER")?, path("QUIRE_TEST_BROWSER_PACKAGES")?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_find_their_way_in_a_browser() {
    let Some((browser, packages)) = tools() else {
        println!("skipped: Chromium and the packages that drive it are not installed");
        return;
    };
    let owner = json!({ "email": "ada@example.org", "email_verified": true, "groups": ["owners"] });
    let Some(issuer) = Issuer::start(&json!({ "ada": owner })) else {
        println!("skipped: the packages of tests/issuer are not installed");
        return;
    };
    let mut world = World::new().await;
    world.environment.extend(issuer.settings());
    let console = world.start_console();
    world.resources.let_browsers_upload(&console.url).await;
    let directory = tempfile::tempdir().unwrap();
    let breaking = directory.path().join("arc.13.201.207.original.pdf");
    // Without its fourth page: that is a finding.
    let pages = [sample::path().as_os_str(), "--pages".as_ref(), ".".as_ref(), "1-3,5-7".as_ref(), "--".as_ref()]
        .map(ToOwned::to_owned);
    assert!(Command::new("qpdf").args(pages).arg(&breaking).status().unwrap().success());
    // Three parts. Nothing of it is a PDF but the beginning, which is no matter for the upload.
    let large = directory.path().join("arc.14.1.9.original.pdf");
    std::fs::write(&large, [sample::bytes(), vec![0; 18 << 20]].concat()).unwrap();
    world.failpoints.arm("scan.work", "original_scans/arc/13/201/arc.13.201.207.original.pdf", "refuse");
    let markup = "<script>alert(1)</script>";
    let refusal = Failure { code: FailureCode::SourceNotPdf, message: markup.to_owned() };
    let invitations = json!({
        "admin": world.invite("admin", Role::Admin).await,
        "viewer": world.invite("viola", Role::Viewer).await,
    });
    let _functions = world.start();
    let hostile = record(&world, &format!("original_scans/{markup}.pdf"), Some(refusal)).await;
    // Nothing was sent about it, so it waits as long as the test lasts.
    let waiting = record(&world, "original_scans/waiting.pdf", None).await;
    world.resources.send_dead_letter(Queue::Split, "{\"stage\":\"split\"}").await;
    let task = json!({
        "url": console.url, "issuer": issuer.url, "invitations": invitations, "sample": sample::path(), "breaking": breaking, "large": large,
        "hostile": format!("/volumes/{hostile}"), "waiting": format!("/volumes/{waiting}"), "letter": format!("{{\"stage\":\"split\",\"scan\":{hostile}}}"),
        "screens": screens(),
    });
    let mut walk = Command::new("node");
    walk.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/walk.mjs"));
    walk.env("QUIRE_BROWSER", browser).env("QUIRE_BROWSER_PACKAGES", packages);
    walk.env("QUIRE_BROWSER_TASK", task.to_string());
    let walked = tokio::task::spawn_blocking(move || walk.output()).await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&walked.stdout);
    println!("{told}");
    let errors = String::from_utf8_lossy(&walked.stderr);
    assert!(walked.status.success(), "{told}\n{errors}\n{}", world.log());
}

/// Where the pictures of the screens are kept for people.
fn screens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/console")
}
