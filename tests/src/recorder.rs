//! The calls that functions make to AWS, as a policy sees them, taken from requests on their way through a proxy.
#![allow(
    clippy::unwrap_used,
    reason = "test code: a request that is not understood should stop the test where it stands"
)]

use crate::proxy::{Fault, Proxy, Request};
use crate::world::{Queue, Resources};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The functions.
pub const FUNCTIONS: [&str; 6] = ["intake", "compress", "scan", "split", "reconcile", "migrate"];

/// One proxy for each function, through which all its calls to AWS pass.
pub struct Recorder(BTreeMap<&'static str, Proxy>);

impl Recorder {
    /// Forwards to an endpoint. `decide` may spoil a request.
    pub fn before<F>(endpoint: &str, decide: F) -> Self
    where
        F: Fn(&Request) -> Option<Fault> + Clone + Send + Sync + 'static,
    {
        Self(FUNCTIONS.map(|name| (name, Proxy::http(endpoint, decide.clone()))).into())
    }

    /// The endpoint of each function.
    #[must_use]
    pub fn endpoints(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, proxy)| ((*name).to_owned(), proxy.endpoint.clone())).collect()
    }

    /// What each function did: an action, a resource of the template, and the condition keys that it has, as in
    /// `s3:ListBucket ResultBucket s3:prefix=work/`.
    #[must_use]
    pub fn calls(&self, resources: &Resources) -> BTreeMap<String, BTreeSet<String>> {
        let calls = |proxy: &Proxy| proxy.requests("").iter().flat_map(|request| calls(request, resources)).collect();
        self.0.iter().map(|(name, proxy)| ((*name).to_owned(), calls(proxy))).collect()
    }
}

/// A request is one call, but for those of several entries.
fn calls(request: &Request, resources: &Resources) -> Vec<String> {
    match request.header("x-amz-target") {
        Some(target) => call_by_target(target, &serde_json::from_slice(&request.body).unwrap(), resources),
        None => calls_of_s3(request, resources),
    }
}

/// SQS and EventBridge name the operation in a header and the resource in the body.
fn call_by_target(target: &str, body: &Value, resources: &Resources) -> Vec<String> {
    let queue = || {
        let queue = Queue::ALL.into_iter().find(|queue| body["QueueUrl"] == resources.url(*queue)).unwrap();
        format!("{queue:?}Queue")
    };
    match target {
        "AmazonSQS.SendMessage" | "AmazonSQS.SendMessageBatch" => vec![format!("sqs:SendMessage {}", queue())],
        "AmazonSQS.ChangeMessageVisibility" => vec![format!("sqs:ChangeMessageVisibility {}", queue())],
        "AWSEvents.PutEvents" => vec!["events:PutEvents Bus".to_owned()],
        "secretsmanager.GetSecretValue" => vec!["secretsmanager:GetSecretValue DatabaseSecretArn".to_owned()],
        other => panic!("which action is {other}?"),
    }
}

/// S3 has no names of operations: method, path and query tell (AWS, "Required permissions for Amazon S3 API operations").
fn calls_of_s3(request: &Request, resources: &Resources) -> Vec<String> {
    let mut words = request.line.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let bucket = match bucket {
        name if name == resources.uploads => "UploadBucket",
        name if name == resources.results => "ResultBucket",
        name => panic!("whose bucket is {name}?"),
    };
    let query: BTreeMap<String, String> = query.split('&').map(pair).collect();
    let version = if query.contains_key("versionId") { "Version" } else { "" };
    let of_object = |action: &str| vec![format!("s3:{action} {bucket}/{}", shape(&decoded(key)))];
    match (method, key.is_empty()) {
        ("HEAD", true) => vec![format!("s3:ListBucket {bucket}")],
        ("GET", true) if query.contains_key("list-type") => vec![format!("s3:ListBucket {bucket}{}", listed(&query))],
        ("POST", true) if query.contains_key("delete") => deleted(request, bucket),
        ("HEAD" | "GET", false) => of_object(&format!("GetObject{version}")),
        ("PUT", false) => of_object("PutObject"),
        ("POST", false) if query.contains_key("uploads") || query.contains_key("uploadId") => of_object("PutObject"),
        ("DELETE", false) if query.contains_key("uploadId") => of_object("AbortMultipartUpload"),
        ("DELETE", false) => of_object(&format!("DeleteObject{version}")),
        _ => panic!("which action is {}?", request.line),
    }
}

fn pair(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (decoded(name), decoded(value))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

/// The condition keys of a listing.
fn listed(query: &BTreeMap<String, String>) -> String {
    let key = |name: &str| query.get(name).map(|value| format!(" s3:{name}={}", shape(value)));
    ["delimiter", "prefix"].into_iter().filter_map(key).collect()
}

/// The objects that a request deletes.
fn deleted(request: &Request, bucket: &str) -> Vec<String> {
    let body = String::from_utf8(request.body.clone()).unwrap();
    let keys = body.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap());
    keys.map(|key| format!("s3:DeleteObject {bucket}/{}", shape(key))).collect()
}

/// A key without what differs between two runs.
fn shape(key: &str) -> String {
    let (root, rest) = key.split_once('/').unwrap_or((key, ""));
    match (root, rest) {
        (_, "") => key.to_owned(),
        ("original_scans", _) => format!("{root}/{{key}}"),
        _ => {
            let names = ["{scan}", "{token}", "{file}"];
            let parts = rest.splitn(3, '/').zip(names).map(|(part, name)| if part.is_empty() { "" } else { name });
            format!("{root}/{}", parts.collect::<Vec<_>>().join("/"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn keys_of_two_runs_look_the_same() {
        assert_eq!(shape("original_scans/arc/1/201/a b.pdf"), "original_scans/{key}");
        assert_eq!(shape("original_scans/"), "original_scans/");
        assert_eq!(shape("work/12/6f2c/range-0000.pdf"), "work/{scan}/{token}/{file}");
        assert_eq!(shape("results/12/6f2c/images/0001-001.png"), "results/{scan}/{token}/{file}");
        assert_eq!(shape("results/12/6f2c/"), "results/{scan}/{token}/");
        assert_eq!(shape("results/12/"), "results/{scan}/");
        assert_eq!(shape("/"), "/");
    }
}
