//! What the sweeps see.

use domain::{AttemptPrefix, UploadKey, Work};
use futures_util::{StreamExt, stream};
use uuid::Uuid;

use tests::emulator::{Buckets, with_buckets};

#[tokio::test]
async fn uploads_are_listed_under_their_own_names_in_order() {
    with_buckets(async |buckets| {
        let mut keys =
            ["a b.pdf", "a+b.pdf", "a%20b.pdf", "ä/ß.PDF", "a\u{1}b.pdf", "a&<b>.pdf", "\u{10000}.pdf", "\u{ffee}.pdf"]
                .map(|name| format!("original_scans/{name}"));
        for key in &keys {
            buckets.put(&UploadKey::new(key.as_str()), key.as_bytes()).await;
        }
        buckets.put(&UploadKey::new("elsewhere/c.pdf"), b"").await;
        keys.sort();
        let listed = buckets.objects.list_uploads(None, 100).await.unwrap();
        assert_eq!(listed.iter().map(|upload| upload.key.as_str()).collect::<Vec<_>>(), keys);
        assert_eq!(buckets.objects.list_uploads(None, 3).await.unwrap(), listed[..3]);
    })
    .await;
}

#[tokio::test]
async fn a_listing_goes_on_behind_a_key() {
    with_buckets(async |buckets| {
        // Letters and digits only: the local stack, unlike S3, compares encoded keys with the encoded start.
        let mut keys = ["U.S./1", "U.S./10", "U.S./2", "F.3d/7", "F/1"].map(|name| format!("original_scans/{name}"));
        for key in &keys {
            buckets.put(&UploadKey::new(key.as_str()), key.as_bytes()).await;
        }
        keys.sort();
        let mut walked = Vec::new();
        while let [upload] = &buckets.objects.list_uploads(walked.last().map(String::as_str), 1).await.unwrap()[..] {
            let current = buckets.objects.current(&upload.key).await.unwrap().unwrap();
            assert_eq!((&current.etag, current.last_modified), (&upload.etag, upload.last_modified));
            assert_eq!(current.size_bytes, upload.size_bytes);
            walked.push(upload.key.as_str().to_owned());
        }
        assert_eq!(walked, keys);
    })
    .await;
}

#[tokio::test]
async fn an_attempt_is_deleted_with_all_its_objects_and_nothing_else() {
    with_buckets(async |buckets| {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (doomed, kept) = (AttemptPrefix::<Work>::work(1, one), AttemptPrefix::<Work>::work(1, other));
        fill(buckets, &doomed, 1005).await;
        fill(buckets, &kept, 2).await;
        assert_eq!(buckets.objects.delete_attempt(&doomed).await.unwrap(), 1005);
        assert_eq!(buckets.objects.delete_attempt(&doomed).await.unwrap(), 0);
        assert_eq!(buckets.objects.delete_attempt(&kept).await.unwrap(), 2, "the other attempt is whole");
    })
    .await;
}

async fn fill(buckets: &Buckets, prefix: &AttemptPrefix<Work>, objects: usize) {
    let keys = (0..objects).map(|number| prefix.join(&format!("{number:04}")).unwrap());
    stream::iter(keys).for_each_concurrent(8, async |key| buckets.put_result(key.as_str(), b"1").await).await;
}
