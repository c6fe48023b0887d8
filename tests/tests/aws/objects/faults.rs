//! What S3 and the line to it do wrong.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use objects::ObjectError;

use tests::emulator::{Buckets, bytes, with_buckets, work_key};
use tests::emulator::{closed_endpoint, endpoint};
use tests::proxy::{Fault, Proxy, Request, slow_down};

const MEBIBYTE: usize = 1024 * 1024;

fn denied() -> Fault {
    let body = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>No.</Message></Error>";
    Fault::Answer { status: 403, content_type: "application/xml", body: body.to_owned() }
}

/// Spoils the first `times` requests that `is_meant`.
fn first(
    times: usize,
    is_meant: impl Fn(&Request) -> bool + Send + Sync,
    fault: Fault,
) -> impl Fn(&Request) -> Option<Fault> + Send + Sync {
    let seen = AtomicUsize::new(0);
    move |request| (is_meant(request) && seen.fetch_add(1, Ordering::SeqCst) < times).then(|| fault.clone())
}

/// An object of `size` bytes; returns them.
async fn stored(buckets: &Buckets, key: &domain::WorkKey, size: usize) -> Vec<u8> {
    let contents = bytes(size);
    buckets.objects.upload(&buckets.file("from", &contents), key).await.unwrap();
    std::fs::remove_file(buckets.path("from")).unwrap();
    contents
}

#[tokio::test]
async fn a_busy_s3_is_asked_again() {
    with_buckets(async |buckets| {
        let proxy = Proxy::http(&endpoint(), first(2, |_| true, slow_down()));
        let objects = buckets.through(&proxy.endpoint).await;
        let (key, from) = (work_key("x.zip"), buckets.file("from", b"zip"));
        objects.upload(&from, &key).await.unwrap();
        assert_eq!(proxy.requests("PUT").len(), 3);
        buckets.objects.download(&key, &buckets.path("to")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_s3_that_stays_busy_is_unreachable_not_missing() {
    with_buckets(async |buckets| {
        let proxy = Proxy::http(&endpoint(), |_| Some(slow_down()));
        let objects = buckets.through(&proxy.endpoint).await;
        let error = objects.download(&work_key("x.zip"), &buckets.path("to")).await.unwrap_err();
        assert_eq!(
            (error.code().as_str(), error.is_transient(), error.is_missing()),
            ("objects.unreachable", true, false)
        );
        assert_eq!(proxy.requests("HEAD").len(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_part_that_breaks_off_goes_on_where_it_broke() {
    with_buckets(async |buckets| {
        let key = work_key("volume.pdf");
        let contents = stored(buckets, &key, 40 * MEBIBYTE).await;
        let is_second_part = |request: &Request| {
            request.header("range").is_some_and(|range| range.ends_with(&format!("-{}", 32 * MEBIBYTE - 1)))
        };
        let proxy = Proxy::http(&endpoint(), first(2, is_second_part, Fault::CutAfter(3 * MEBIBYTE)));
        let objects = buckets.through(&proxy.endpoint).await;
        objects.download(&key, &buckets.path("to")).await.unwrap();
        assert!(std::fs::read(buckets.path("to")).unwrap() == contents);
        let starts: Vec<_> = proxy.requests("GET").into_iter().filter(is_second_part).collect();
        let starts: Vec<_> = starts.iter().map(|request| request.header("range").unwrap()).collect();
        let end = 32 * MEBIBYTE - 1;
        let expected = [16, 19, 22].map(|start| format!("bytes={}-{end}", start * MEBIBYTE));
        assert_eq!(starts, expected);
    })
    .await;
}

#[tokio::test]
async fn a_download_that_always_breaks_leaves_no_file() {
    with_buckets(async |buckets| {
        let key = work_key("volume.pdf");
        stored(buckets, &key, 20 * MEBIBYTE).await;
        let proxy = Proxy::http(&endpoint(), |request| request.is("GET").then_some(Fault::CutAfter(1000)));
        let objects = buckets.through(&proxy.endpoint).await;
        let error = objects.download(&key, &buckets.path("to")).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.is_transient()), ("objects.unreachable", true));
        assert_eq!(buckets.files(), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_download_that_nobody_waits_for_leaves_no_file() {
    with_buckets(async |buckets| {
        let key = work_key("volume.pdf");
        stored(buckets, &key, 20 * MEBIBYTE).await;
        let proxy = Proxy::http(&endpoint(), |request| request.is("GET").then_some(Fault::CutAfter(0)));
        let objects = buckets.through(&proxy.endpoint).await;
        let to = buckets.path("to");
        let download = objects.download(&key, &to);
        assert!(tokio::time::timeout(Duration::from_millis(500), download).await.is_err());
        assert_eq!(buckets.files(), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_changed_byte_is_noticed() {
    with_buckets(async |buckets| {
        for size in [100, 40 * MEBIBYTE] {
            let key = work_key("volume.pdf");
            stored(buckets, &key, size).await;
            let proxy = Proxy::http(&endpoint(), |request| request.is("GET").then_some(Fault::Garble));
            let objects = buckets.through(&proxy.endpoint).await;
            let error = objects.download(&key, &buckets.path("to")).await.unwrap_err();
            assert_eq!((error.code().as_str(), error.is_transient()), ("objects.damaged", true), "{error}");
            assert_eq!(buckets.files(), [""; 0]);
        }
    })
    .await;
}

#[tokio::test]
async fn an_object_that_is_replaced_meanwhile_is_not_mixed() {
    with_buckets(async |buckets| {
        let key = work_key("volume.pdf");
        stored(buckets, &key, 100).await;
        let body = "<Error><Code>PreconditionFailed</Code><Message>No.</Message></Error>".to_owned();
        let fault = Fault::Answer { status: 412, content_type: "application/xml", body };
        let proxy = Proxy::http(&endpoint(), move |request| {
            (request.is("GET") && request.header("if-match").is_some()).then(|| fault.clone())
        });
        let objects = buckets.through(&proxy.endpoint).await;
        let error = objects.download(&key, &buckets.path("to")).await.unwrap_err();
        assert!(matches!(error, ObjectError::Changed { .. }), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_failed_upload_is_given_up() {
    with_buckets(async |buckets| {
        let from = buckets.file("from", &bytes(40 * MEBIBYTE));
        type Meant = fn(&Request) -> bool;
        let part: Meant = |request| request.is("PUT") && request.line.contains("partNumber=2");
        let complete: Meant = |request| request.is("POST") && request.line.contains("uploadId=");
        for is_meant in [part, complete] {
            let spoil = move |request: &Request| is_meant(request).then(denied);
            let proxy = Proxy::http(&endpoint(), spoil);
            let objects = buckets.through(&proxy.endpoint).await;
            let key = work_key("volume.pdf");
            let error = objects.upload(&from, &key).await.unwrap_err();
            assert_eq!((error.code().as_str(), error.is_transient()), ("objects.refused", false), "{error}");
            assert_eq!(proxy.requests("DELETE").len(), 1);
            assert_eq!(buckets.open_uploads().await, 0);
            let missing = buckets.objects.download(&key, &buckets.path("to")).await.unwrap_err();
            assert!(missing.is_missing(), "{missing}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_nobody_waits_for_is_given_up() {
    with_buckets(async |buckets| {
        let from = buckets.file("from", &bytes(40 * MEBIBYTE));
        let is_part = |request: &Request| request.is("PUT") && request.line.contains("partNumber=3");
        let proxy = Proxy::http(&endpoint(), move |request| is_part(request).then(slow_down));
        let objects = buckets.through(&proxy.endpoint).await;
        let key = work_key("volume.pdf");
        let stopped = async {
            while proxy.requests("PUT").iter().filter(|request| is_part(request)).count() < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            outcome = objects.upload(&from, &key) => panic!("{outcome:?}"),
            () = stopped => {}
        }
        while proxy.requests("DELETE").is_empty() || buckets.open_uploads().await > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_at_the_endpoint_is_unreachable() {
    let sdk = tests::emulator::sdk(&closed_endpoint()).await;
    let objects = objects::Objects::new(&sdk, "uploads".to_owned(), "results".to_owned());
    let error = objects.current(&domain::UploadKey::new("original_scans/x.pdf")).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.is_transient()), ("objects.unreachable", true));
}
