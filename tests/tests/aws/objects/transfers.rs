//! Files to S3 and back.

use domain::{AttemptPrefix, Results, UploadKey};
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_s3::types::ChecksumMode;
use objects::ObjectError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use tests::emulator::{bytes, with_buckets, work_key};
use tests::proxy::Proxy;

const MEBIBYTE: usize = 1024 * 1024;

#[tokio::test]
async fn files_of_every_size_come_back_as_they_were() {
    with_buckets(async |buckets| {
        for size in [0, 1, 16 * MEBIBYTE - 1, 16 * MEBIBYTE, 16 * MEBIBYTE + 1, 32 * MEBIBYTE, 50 * MEBIBYTE + 77] {
            let contents = bytes(size);
            let (from, to, key) = (buckets.file("from", &contents), buckets.path("to"), work_key("volume.pdf"));
            buckets.objects.upload(&from, &key).await.unwrap();
            assert_eq!(buckets.objects.download(&key, &to).await.unwrap(), size as u64);
            assert!(std::fs::read(&to).unwrap() == contents, "{size} bytes differ");
        }
        assert_eq!(buckets.open_uploads().await, 0);
        assert_eq!(buckets.files(), ["from", "to"]);
    })
    .await;
}

#[tokio::test]
async fn an_object_knows_its_type_and_a_checksum_of_the_whole() {
    with_buckets(async |buckets| {
        for (name, size, content_type) in
            [("small.json", 10, "application/json"), ("large.pdf", 33 * MEBIBYTE, "application/pdf")]
        {
            let key = work_key(name);
            buckets.objects.upload(&buckets.file(name, &bytes(size)), &key).await.unwrap();
            let head = buckets.client.head_object().bucket(&buckets.results).key(key.as_str());
            let head = head.checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
            assert_eq!(head.content_type(), Some(content_type));
            let checksum = head.checksum_crc64_nvme().or(head.checksum_crc32()).unwrap();
            assert!(!checksum.contains('-'), "{checksum} is not one of the whole object");
        }
    })
    .await;
}

#[tokio::test]
async fn parts_travel_at_once_but_only_a_few() {
    with_buckets(async |buckets| {
        let proxy = Proxy::http(&tests::emulator::endpoint(), |_| None);
        let objects = buckets.through(&proxy.endpoint).await;
        let (from, key) = (buckets.file("from", &bytes(97 * MEBIBYTE)), work_key("volume.pdf"));
        objects.upload(&from, &key).await.unwrap();
        objects.download(&key, &buckets.path("to")).await.unwrap();
        assert_eq!(proxy.requests("PUT").len(), 7);
        assert_eq!(proxy.requests("GET").len(), 7);
        assert!((2..=4).contains(&proxy.most_at_once()), "{} at once", proxy.most_at_once());
    })
    .await;
}

#[tokio::test]
async fn the_progress_of_an_upload_grows_up_to_its_size() {
    with_buckets(async |buckets| {
        for size in [3 * MEBIBYTE, 23 * MEBIBYTE] {
            let told = Mutex::new(Vec::new());
            let from = buckets.file("volume.pdf", &bytes(size));
            let key = UploadKey::new("original_scans/a key/with + and %41 and ä.PDF");
            let progress = |bytes| told.lock().unwrap().push(bytes);
            let version = buckets.objects.upload_original(&from, &key, &progress).await.unwrap();
            assert_eq!(version.size_bytes, size as u64);
            assert_eq!(buckets.objects.current(&key).await.unwrap(), Some(version));
            let told = told.into_inner().unwrap();
            assert!(told.is_sorted(), "{told:?}");
            assert_eq!(told.last(), Some(&(size as u64)));
            assert_eq!(told.len(), size.div_ceil(5 * MEBIBYTE));
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_or_written_is_named() {
    with_buckets(async |buckets| {
        let key = work_key("volume.pdf");
        let error = buckets.objects.upload(&buckets.path("absent"), &key).await.unwrap_err();
        assert!(matches!(&error, ObjectError::File { path, .. } if *path == buckets.path("absent")), "{error:?}");
        buckets.objects.upload(&buckets.file("from", b"%PDF"), &key).await.unwrap();
        let error = buckets.objects.download(&key, &buckets.path("absent/to")).await.unwrap_err();
        assert_eq!(error.code(), "objects.file");
        assert!(!error.is_disk_full() && !error.is_missing() && !error.is_transient());
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_is_told_from_other_failures() {
    with_buckets(async |buckets| {
        let (key, to) = (work_key("volume.pdf"), buckets.path("to"));
        buckets.objects.upload(&buckets.file("from", &bytes(MEBIBYTE)), &key).await.unwrap();
        std::os::unix::fs::symlink("/dev/full", buckets.path("to.partial")).unwrap();
        let error = buckets.objects.download(&key, &to).await.unwrap_err();
        assert!(error.is_disk_full(), "{error:?}");
        assert_eq!(buckets.files(), ["from"]);
    })
    .await;
}

#[tokio::test]
async fn a_presigned_url_opens_an_output() {
    with_buckets(async |buckets| {
        let key = AttemptPrefix::<Results>::result(3, Uuid::new_v4()).join("opinions/a b+c.pdf").unwrap();
        buckets.objects.upload(&buckets.file("from", b"%PDF-1.7"), &key).await.unwrap();
        let url = buckets.objects.presigned_url(&key, Duration::from_secs(60)).await.unwrap();
        let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let mut connection = TcpStream::connect(host).await.unwrap();
        let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n%PDF-1.7"), "{answer}");
        let too_long = buckets.objects.presigned_url(&key, Duration::from_secs(8 * 86_400)).await;
        assert_eq!(too_long.unwrap_err().code(), "objects.refused");
    })
    .await;
}

/// Runtimes that move tasks between threads take only such futures.
#[allow(dead_code, reason = "it has to compile, that is all")]
fn the_futures_may_move_between_threads(objects: &objects::Objects, key: &UploadKey, path: &std::path::Path) {
    fn is_send(_: impl Send) {}
    let prefix = AttemptPrefix::work(1, Uuid::nil());
    is_send(objects.current(key));
    is_send(objects.head_of(key, "", 4));
    is_send(objects.download_original(key, "", path));
    is_send(objects.upload_original(path, key, &|_| ()));
    is_send(objects.list_uploads(None, 1));
    is_send(objects.delete_attempt(&prefix));
    is_send(async move {
        let key = prefix.join("name")?;
        objects.upload(path, &key).await?;
        objects.download(&key, path).await
    });
}
