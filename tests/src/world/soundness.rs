//! What must hold of a scan that came to its end, whatever happened on the way.

use super::World;
use catalog::ScanDetail;
use domain::{RangeStatus, Status};
use pipeline::rebuild::RECORD;
use std::collections::BTreeSet;

impl World {
    /// Holds a key's newest scan against everything that must hold.
    ///
    /// # Panics
    /// When something does not.
    pub async fn assert_sound(&self, key: &str) -> ScanDetail {
        let detail = self.detail(key).await;
        let what = format!("{key}: {detail:#?}");
        match detail.scan.summary.status {
            Status::PendingReview => self.assert_complete(&detail, &what).await,
            Status::Failed => {
                assert!(detail.scan.summary.error_code.is_some(), "no reason: {what}");
                assert!(detail.scan.summary.error_message.is_some(), "no sentence: {what}");
            }
            status => panic!("ended as {status:?}: {what}"),
        }
        assert!(detail.ranges.iter().all(|range| range.status != RangeStatus::Scanning), "a range is busy: {what}");
        assert_eq!(detail.scan.processing_started_at, None, "somebody still holds it: {what}");
        self.assert_original_is_there(&detail).await;
        detail
    }

    async fn assert_complete(&self, detail: &ScanDetail, what: &str) {
        assert!(detail.ranges.iter().all(|range| range.status == RangeStatus::Finished), "{what}");
        let files: BTreeSet<&str> = detail.opinions.iter().map(|opinion| opinion.file.as_str()).collect();
        assert_eq!(files.len(), detail.opinions.len(), "an opinion is there twice: {what}");
        let results = detail.scan.results.as_ref().expect("split says what it wrote");
        assert_eq!(results["opinions"].as_u64(), Some(detail.opinions.len() as u64), "{what}");
        let prefix = detail.scan.result_prefix.as_deref().expect("a place for the results");
        let stored = self.stored(prefix).await;
        let named: BTreeSet<String> = results["files"]
            .as_array()
            .expect("a list of files")
            .iter()
            .map(|file| file.as_str().expect("a name"))
            .chain([RECORD])
            .map(|file| format!("{prefix}{file}"))
            .collect();
        assert_eq!(stored, named, "{what}");
        assert!(detail.opinions.iter().all(|opinion| stored.contains(&opinion.redacted_key)), "{what}");
        let file = self.json(&format!("{prefix}findings.json")).await;
        let rows = serde_json::to_value(&detail.findings).expect("findings are JSON");
        assert_eq!(rows, file, "the rows are not what findings.json says: {what}");
        assert_eq!(serde_json::json!(detail.scan.summary.finding_counts), results["finding_counts"], "{what}");
        assert!(results.get("findings").is_none(), "the findings are stored twice: {what}");
    }

    /// A JSON file in the result bucket.
    async fn json(&self, key: &str) -> serde_json::Value {
        let call = self.resources.s3.get_object().bucket(&self.resources.results).key(key);
        let body = call.send().await.expect("the file is there").body.collect().await.expect("it can be read");
        serde_json::from_slice(&body.into_bytes()).expect("it is JSON")
    }

    /// The keys below a prefix of the result bucket.
    pub async fn stored(&self, prefix: &str) -> BTreeSet<String> {
        let call = self.resources.s3.list_objects_v2().bucket(&self.resources.results).prefix(prefix);
        let listing = call.send().await.expect("the bucket can be listed").contents.unwrap_or_default();
        listing.into_iter().filter_map(|object| object.key).collect()
    }

    async fn assert_original_is_there(&self, detail: &ScanDetail) {
        let call = self.resources.s3.head_object().bucket(&detail.scan.bucket).key(&detail.scan.summary.key);
        let head = call.version_id(&detail.scan.version_id).send().await;
        assert!(head.is_ok(), "the original is gone: {head:?}");
    }
}
