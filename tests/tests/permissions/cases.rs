//! The calls that are decided, and how they should be.

use crate::policies::{ACCOUNT, arn, identity, resource_policy};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use tests::template::{Resource, Template};

/// Calls that the functions can make and that no test brings about: the programs abort an upload of several parts when a
/// part of it fails, and what scan and split upload in a test is too small for parts. Compress was recorded doing it.
const NOT_RECORDED: [(&str, &str); 2] = [
    ("scan", "s3:AbortMultipartUpload ResultBucket/work/{scan}/{token}/{file}"),
    ("split", "s3:AbortMultipartUpload ResultBucket/results/{scan}/{token}/{file}"),
];

/// What a person asks of AWS with `quire`, command by command. `Queue` stands for each of the queues and `Letters` for each
/// of their dead-letter queues.
const OPERATOR: [&str; 28] = [
    // --stack
    "cloudformation:DescribeStacks AWS::StackId",
    // doctor
    "s3:ListBucket UploadBucket",
    "s3:ListBucket ResultBucket",
    "s3:GetBucketVersioning UploadBucket",
    "s3:GetBucketVersioning ResultBucket",
    "sqs:GetQueueAttributes Queue",
    "sqs:GetQueueAttributes Letters",
    // upload
    "s3:PutObject UploadBucket/original_scans/{key}",
    "s3:AbortMultipartUpload UploadBucket/original_scans/{key}",
    "s3:GetObject UploadBucket/original_scans/{key}",
    "s3:GetObjectVersion UploadBucket/original_scans/{key}",
    // download, rebuild
    "s3:GetObject ResultBucket/results/{scan}/{token}/{file}",
    // delete
    "s3:DeleteObject ResultBucket/results/{scan}/{token}/{file}",
    "s3:DeleteObject ResultBucket/work/{scan}/{token}/{file}",
    "s3:DeleteObjectVersion UploadBucket/original_scans/{key}",
    // retry, defer, describe, confirm, reconcile
    "sqs:SendMessage Queue",
    // dlq
    "sqs:ReceiveMessage Letters",
    "sqs:DeleteMessage Letters",
    "sqs:ChangeMessageVisibility Letters",
    "sqs:StartMessageMoveTask Letters",
    "sqs:ListMessageMoveTasks Letters",
    // reconcile
    "events:PutEvents Bus",
    // logs
    "logs:FilterLogEvents IntakeLog",
    "logs:FilterLogEvents CompressLog",
    "logs:FilterLogEvents ScanLog",
    "logs:FilterLogEvents SplitLog",
    "logs:FilterLogEvents ReconcileLog",
    // The next one is denied: nobody reads the messages of a queue that feeds a function.
    "sqs:ReceiveMessage Queue",
];

/// What people ask of AWS through the console. `Queue` and `Letters` as above.
const CONSOLE: [&str; 24] = [
    "secretsmanager:GetSecretValue DatabaseSecretArn",
    // Signing in with OpenID Connect.
    "secretsmanager:GetSecretValue OpenIdSecretArn",
    // Uploads: the parts go from the browser to S3 with links that the console signs.
    "s3:PutObject UploadBucket/original_scans/{key}",
    "s3:ListMultipartUploadParts UploadBucket/original_scans/{key}",
    "s3:GetObject UploadBucket/original_scans/{key}",
    "s3:GetObjectVersion UploadBucket/original_scans/{key}",
    "s3:ListBucket UploadBucket",
    // Links to files, and what is drawn on pages.
    "s3:GetObject ResultBucket/results/{scan}/{token}/{file}",
    // Deleting a scan.
    "s3:ListBucket ResultBucket s3:prefix=results/{scan}/{token}/",
    "s3:DeleteObject ResultBucket/results/{scan}/{token}/{file}",
    "s3:DeleteObject ResultBucket/work/{scan}/{token}/{file}",
    // Retries, and letters that are sent again.
    "sqs:SendMessage Queue",
    "sqs:GetQueueAttributes Queue",
    "sqs:GetQueueAttributes Letters",
    "sqs:ReceiveMessage Letters",
    "sqs:DeleteMessage Letters",
    "sqs:ChangeMessageVisibility Letters",
    "sqs:StartMessageMoveTask Letters",
    "sqs:ListMessageMoveTasks Letters",
    // What the functions logged about a scan.
    "logs:FilterLogEvents IntakeLog",
    "logs:FilterLogEvents CompressLog",
    "logs:FilterLogEvents ScanLog",
    "logs:FilterLogEvents SplitLog",
    "logs:FilterLogEvents ReconcileLog",
];

/// PostgreSQL asks for this when a function logs in with IAM. No request of a function goes to AWS for it.
const LOG_IN: &str = "rds-db:connect DatabaseUserArn";

/// What Lambda does with the role of a function in a network (AWS, "Giving Lambda functions access to resources in an
/// Amazon VPC").
const FOR_THE_NETWORK: [&str; 6] = [
    "ec2:AssignPrivateIpAddresses network-interface/eni-1",
    "ec2:CreateNetworkInterface network-interface/*",
    "ec2:DeleteNetworkInterface network-interface/eni-1",
    "ec2:DescribeNetworkInterfaces *",
    "ec2:DescribeSubnets *",
    "ec2:UnassignPrivateIpAddresses network-interface/eni-1",
];

/// What Lambda does with the role of a function that X-Ray traces (AWS, "Visualize Lambda function invocations using AWS
/// X-Ray").
const FOR_TRACES: [&str; 2] = ["xray:PutTelemetryRecords *", "xray:PutTraceSegments *"];

/// A call and whether it should be allowed.
#[derive(Clone)]
pub struct Case {
    pub principal: String,
    pub action: String,
    /// Its ARN.
    pub resource: String,
    pub context: BTreeMap<String, String>,
    /// The policies of the principal.
    pub identity: Vec<String>,
    /// The policy of the resource.
    pub resource_policy: Option<String>,
    pub is_allowed: bool,
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { principal, action, resource, context, .. } = self;
        write!(formatter, "{principal} {action} {resource} {context:?}")
    }
}

impl Case {
    /// Whether the simulator's answer is the one that should be.
    pub fn is_right(&self, result: &str) -> bool {
        self.is_allowed == (result == "Allowed")
    }

    pub fn json(&self) -> Value {
        json!({
            "principal": self.principal,
            "action": self.action,
            "resource": self.resource,
            "account": ACCOUNT,
            "context": self.context,
            "identity": self.identity,
            "resourcePolicy": self.resource_policy,
        })
    }

    /// A call in the words of the recording: an action, a resource of the template, condition keys.
    fn new(template: &Template, principal: &str, call: &str) -> Self {
        let mut words = call.split(' ');
        let (action, target) = (words.next().unwrap(), words.next().unwrap());
        let context = words.map(|word| word.split_once('=').unwrap());
        let context = context.map(|(key, value)| (key.to_owned(), filled(value)));
        let encrypted = ("aws:SecureTransport".to_owned(), "true".to_owned());
        Self {
            principal: principal.to_owned(),
            action: action.to_owned(),
            resource: located(template, action, target),
            context: std::iter::once(encrypted).chain(context).collect(),
            identity: Vec::new(),
            resource_policy: resource_policy(template, target.split('/').next().unwrap()),
            is_allowed: true,
        }
    }

    fn of_function(template: &Template, function: &Resource, call: &str) -> Self {
        let role = template.target(&function.properties["Role"]);
        let identity = identity(template, function);
        Self { identity, ..Self::new(template, &format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/run"), call) }
    }

    fn with(mut self, key: &str, value: &str) -> Self {
        self.context.insert(key.to_owned(), value.to_owned());
        self
    }

    fn denied(self) -> Self {
        Self { is_allowed: false, ..self }
    }
}

/// The ARN of a resource in the words of the recording.
fn located(template: &Template, action: &str, target: &str) -> String {
    if target == "*" {
        return target.to_owned();
    }
    if action.starts_with("ec2:") {
        return format!("arn:aws:ec2:us-east-1:{ACCOUNT}:{target}");
    }
    match target.split_once('/') {
        None => arn(template, target),
        Some((log, stream)) if action.starts_with("logs:") => {
            format!("{}:log-stream:{stream}", arn(template, log).trim_end_matches(":*"))
        }
        Some((bucket, key)) => format!("{}/{}", arn(template, bucket), filled(key)),
    }
}

/// A key with something in each place that the recording left open.
fn filled(key: &str) -> String {
    let values = [
        ("{scan}", "17"),
        ("{token}", "0b0e9a6e-8a3d-4b7e-9d0c-3f1f5c7f7a11"),
        ("{file}", "images/0201-001.png"),
        ("{key}", "arc/12/201/arc.12.201.207.original.pdf"),
    ];
    values.iter().fold(key.to_owned(), |key, (place, value)| key.replace(place, value))
}

/// The recorded calls of each function.
fn recorded() -> BTreeMap<String, BTreeSet<String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("permissions/calls.json");
    let calls: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let of = |calls: &Value| calls.as_array().unwrap().iter().map(|call| call.as_str().unwrap().to_owned()).collect();
    calls.as_object().unwrap().iter().map(|(function, calls)| (function.clone(), of(calls))).collect()
}

/// Everything that is done with the role of a function.
fn calls_of(template: &Template, function: &Resource) -> BTreeSet<String> {
    let name = function.name.to_lowercase();
    let mut calls = recorded().remove(&name).unwrap_or_default();
    calls.extend(NOT_RECORDED.iter().filter(|(owner, _)| *owner == name).map(|(_, call)| (*call).to_owned()));
    if name == "console" {
        calls.extend(CONSOLE.iter().flat_map(|call| for_each_queue(call)));
    }
    // What Lambda does to poll its queues and to write its log (AWS, "Using Lambda with Amazon SQS").
    for mapping in template.mappings(function) {
        let queue = template.queue_of(&mapping).name;
        let actions = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];
        calls.extend(actions.map(|action| format!("sqs:{action} {queue}")));
    }
    let log = function.properties["LoggingConfig"]["LogGroup"]["Ref"].as_str().unwrap();
    calls.extend(["CreateLogStream", "PutLogEvents"].map(|action| format!("logs:{action} {log}/stream")));
    calls.extend(FOR_THE_NETWORK.map(str::to_owned));
    calls.extend(FOR_TRACES.map(str::to_owned));
    calls.insert(LOG_IN.to_owned());
    calls
}

pub fn own(template: &Template) -> Vec<Case> {
    let functions = template.functions();
    let cases = functions.iter().flat_map(|function| {
        let calls = calls_of(template, function).into_iter();
        calls.map(|call| Case::of_function(template, function, &call))
    });
    cases.collect()
}

/// Compared without the condition keys: who may ask whether a bucket exists may also list it.
fn without_conditions(call: &str) -> String {
    call.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

pub fn of_others(template: &Template) -> Vec<Case> {
    let functions = template.functions();
    let all: BTreeSet<String> = functions.iter().flat_map(|function| calls_of(template, function)).collect();
    let cases = functions.iter().flat_map(|function| {
        let own: BTreeSet<String> = calls_of(template, function).iter().map(|call| without_conditions(call)).collect();
        let foreign: Vec<_> = all.iter().filter(|call| !own.contains(&without_conditions(call))).collect();
        foreign.into_iter().map(|call| Case::of_function(template, function, call).denied()).collect::<Vec<_>>()
    });
    cases.collect()
}

/// Services, connections without encryption, and listings of a whole bucket.
pub fn from_outside(template: &Template) -> Vec<Case> {
    let notification = Case::new(template, "s3.amazonaws.com", "sqs:SendMessage UploadsQueue");
    let letter = Case::new(template, "events.amazonaws.com", "sqs:SendMessage ScheduleDeadLetters");
    let rule = |account: &str| format!("arn:aws:events:us-east-1:{account}:rule/of-a-schedule");
    let mut cases = vec![
        notification.clone().with("aws:SourceAccount", ACCOUNT),
        notification.with("aws:SourceAccount", "999999999999").denied(),
        letter.clone().with("aws:SourceArn", &rule(ACCOUNT)),
        letter.with("aws:SourceArn", &rule("999999999999")).denied(),
    ];
    let unencrypted = [
        ("Intake", "s3:GetObject UploadBucket/original_scans/{key}"),
        ("Intake", "s3:ListBucket UploadBucket"),
        ("Scan", "s3:GetObject ResultBucket/work/{scan}/{token}/{file}"),
        ("Scan", "s3:ListBucket ResultBucket"),
    ];
    for (function, call) in unencrypted {
        let case = Case::of_function(template, &template.named(function), call);
        cases.push(case.with("aws:SecureTransport", "false").denied());
    }
    let reconcile = template.named("Reconcile");
    let whole = ["s3:ListBucket UploadBucket", "s3:ListBucket ResultBucket"];
    cases.extend(whole.map(|call| Case::of_function(template, &reconcile, call).denied()));
    cases
}

/// A person with the operators' policy, which no function has.
pub fn of_operator(template: &Template) -> Vec<Case> {
    let (denied, allowed) = OPERATOR.split_last().unwrap();
    let case = |call: &str| Case {
        identity: vec!["OperatorPolicy".to_owned()],
        ..Case::new(template, &format!("arn:aws:iam::{ACCOUNT}:user/ada"), call)
    };
    let cases = allowed.iter().flat_map(|call| for_each_queue(call)).map(|call| case(&call));
    cases.chain(for_each_queue(denied).into_iter().map(|call| case(&call).denied())).collect()
}

fn for_each_queue(call: &str) -> Vec<String> {
    let (action, target) = call.split_once(' ').unwrap();
    let named = |suffix: &str| {
        let queues = ["Uploads", "Compress", "CompressBulk", "Scan", "ScanLarge", "Split"];
        queues.map(|queue| format!("{action} {queue}{suffix}")).to_vec()
    };
    match target {
        "Queue" => named("Queue"),
        "Letters" => named("DeadLetters"),
        _ => vec![call.to_owned()],
    }
}

pub fn all(template: &Template) -> Vec<Case> {
    [own(template), of_others(template), from_outside(template), of_operator(template)].concat()
}
