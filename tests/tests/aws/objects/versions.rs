//! Every read names a version; what is not there is a case of its own.

use domain::UploadKey;
use tests::emulator::{bytes, with_buckets, work_key};

#[tokio::test]
async fn each_version_of_a_key_can_be_read() {
    with_buckets(async |buckets| {
        let key = UploadKey::new("original_scans/U.S./5/1/U.S..5.1.9.original.pdf");
        assert_eq!(buckets.objects.current(&key).await.unwrap(), None);
        let (first, second) = (buckets.put(&key, b"the first").await, buckets.put(&key, b"another").await);
        let current = buckets.objects.current(&key).await.unwrap().unwrap();
        assert_eq!((current.version_id.as_str(), current.size_bytes), (second.as_str(), 7));
        assert_eq!(current.etag, "b32d73e56ec99bc5ec8f83871cde708a");
        for (version, contents) in [(&first, "the first"), (&second, "another")] {
            let to = buckets.path("to");
            buckets.objects.download_original(&key, version, &to).await.unwrap();
            assert_eq!(std::fs::read_to_string(&to).unwrap(), contents);
        }
    })
    .await;
}

/// The console uploads with one role for all people, so S3's event does not say who it was.
#[tokio::test]
async fn an_upload_of_a_browser_names_its_person() {
    with_buckets(async |buckets| {
        let key = UploadKey::new("original_scans/x.pdf");
        let upload = buckets.objects.begin_browser_upload(key.clone(), "person 7").await.unwrap();
        let part = buckets.client.upload_part().bucket(&buckets.uploads).key(key.as_str()).upload_id(&upload.id);
        part.part_number(1).body(b"%PDF".to_vec().into()).send().await.unwrap();
        let parts = buckets.objects.uploaded_parts(&upload).await.unwrap();
        buckets.objects.complete_browser_upload(&upload, &parts).await.unwrap();
        let current = buckets.objects.current(&key).await.unwrap().unwrap();
        assert_eq!(current.uploader.as_deref(), Some("person 7"));
        buckets.put(&key, b"of somebody else").await;
        assert_eq!(buckets.objects.current(&key).await.unwrap().unwrap().uploader, None);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_upload_has_no_current_version_but_its_old_ones() {
    with_buckets(async |buckets| {
        let key = UploadKey::new("original_scans/x.pdf");
        let version = buckets.put(&key, b"%PDF").await;
        let delete = buckets.client.delete_object().bucket(&buckets.uploads).key(key.as_str());
        let marker = delete.send().await.unwrap().version_id.unwrap();
        assert_eq!(buckets.objects.current(&key).await.unwrap(), None);
        assert_eq!(buckets.objects.head_of(&key, &version, 100).await.unwrap(), b"%PDF");
        let error = buckets.objects.download_original(&key, &marker, &buckets.path("to")).await.unwrap_err();
        assert!(error.is_missing(), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_missing() {
    with_buckets(async |buckets| {
        let (key, to) = (UploadKey::new("original_scans/x.pdf"), buckets.path("to"));
        let stale = buckets.put(&key, b"%PDF").await;
        let delete = buckets.client.delete_object().bucket(&buckets.uploads).key(key.as_str());
        delete.version_id(&stale).send().await.unwrap();
        let errors = [
            buckets.objects.download(&work_key("x.pdf"), &to).await.unwrap_err(),
            buckets.objects.download_original(&key, &stale, &to).await.unwrap_err(),
            buckets.objects.head_of(&key, &stale, 5).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(
                (error.code().as_str(), error.is_missing(), error.is_transient()),
                ("objects.missing", true, false)
            );
        }
        assert_eq!(buckets.files(), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_no_missing_object() {
    with_buckets(async |buckets| {
        let sdk = tests::emulator::sdk(&tests::emulator::endpoint()).await;
        let objects = objects::Objects::new(&sdk, "no-such-uploads".to_owned(), "no-such-results".to_owned());
        let current = objects.current(&UploadKey::new("original_scans/x.pdf")).await.unwrap_err();
        let download = objects.download(&work_key("x"), &buckets.path("to")).await.unwrap_err();
        for error in [current, download] {
            assert_eq!((error.code().as_str(), error.is_missing()), ("objects.refused", false), "{error}");
            assert!(error.to_string().contains("NoSuchBucket"), "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_head_of_a_file_is_as_long_as_asked_or_as_the_file() {
    with_buckets(async |buckets| {
        let key = UploadKey::new("original_scans/x.pdf");
        let contents = bytes(100_000);
        let version = buckets.put(&key, &contents).await;
        for length in [0, 1, 1024, 99_999, 100_000, 100_001, u64::MAX] {
            let head = buckets.objects.head_of(&key, &version, length).await.unwrap();
            assert!(head == contents[..contents.len().min(usize::try_from(length).unwrap())]);
        }
        let empty = buckets.put(&key, b"").await;
        assert_eq!(buckets.objects.head_of(&key, &empty, 1024).await.unwrap(), b"");
    })
    .await;
}

#[tokio::test]
async fn a_bucket_without_versions_calls_the_only_one_null() {
    with_buckets(async |buckets| {
        let sdk = tests::emulator::sdk(&tests::emulator::endpoint()).await;
        let objects = objects::Objects::new(&sdk, buckets.results.clone(), buckets.results.clone());
        let key = UploadKey::new("original_scans/x.pdf");
        let version = objects.upload_original(&buckets.file("x.pdf", b"%PDF"), &key, &|_| ()).await.unwrap();
        assert_eq!(version.version_id, "null");
        objects.download_original(&key, &version.version_id, &buckets.path("to")).await.unwrap();
        assert_eq!(std::fs::read(buckets.path("to")).unwrap(), b"%PDF");
    })
    .await;
}
