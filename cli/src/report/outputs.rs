//! Where a scan's results are.

use catalog::ScanDetail;
use serde::Serialize;

/// A file of the results.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Output {
    /// Its name below the results' prefix.
    pub file: String,
    /// Its key in the result bucket.
    pub key: String,
    /// The same with the bucket, where that is known.
    pub url: Option<String>,
}

impl Output {
    /// The address, as whole as it is known.
    pub fn address(&self) -> &str {
        self.url.as_deref().unwrap_or(&self.key)
    }
}

/// Every file that split published; none before.
pub fn outputs(scan: &ScanDetail, bucket: Option<&str>) -> Vec<Output> {
    let Some(prefix) = scan.scan.result_prefix.as_deref() else { return Vec::new() };
    let files = scan.scan.results.as_ref().and_then(|results| results.get("files")).and_then(|files| files.as_array());
    let names = files.into_iter().flatten().filter_map(|file| file.as_str());
    names
        .map(|file| {
            let key = format!("{prefix}{file}");
            let url = bucket.map(|bucket| format!("s3://{bucket}/{key}"));
            Output { file: file.to_owned(), key, url }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::detail;
    use domain::Status;

    #[test]
    fn a_file_has_its_whole_address_where_the_bucket_is_known() {
        let scan = detail(12, Status::PendingReview);
        let outputs = outputs(&scan, Some("results"));
        assert_eq!(outputs[0].address(), "s3://results/results/12/token/a3d.217.101.150.pdf");
        assert_eq!(super::outputs(&scan, None)[0].address(), "results/12/token/a3d.217.101.150.pdf");
    }

    #[test]
    fn nothing_is_there_before_split() {
        let mut scan = detail(12, Status::Scanning);
        scan.scan.result_prefix = None;
        assert_eq!(outputs(&scan, Some("results")), []);
    }
}
