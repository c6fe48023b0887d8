//! The template of the deployment: what the linters of AWS say, and what they do not look at.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use tests::template::{Template, tool};

static TEMPLATE: LazyLock<Template> = LazyLock::new(Template::read);

fn passes(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{}", said.concat());
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml")
}

#[test]
fn cfn_lint_finds_nothing() {
    passes(Command::new(tool("cfn-lint")).arg(path()));
}

#[test]
fn sam_finds_nothing() {
    let mut sam = Command::new(tool("sam"));
    sam.args(["validate", "--lint", "--region", "us-east-1", "--template"]).arg(path());
    passes(sam.env("SAM_CLI_TELEMETRY", "0").env("__SAM_CLI_APP_DIR", env!("CARGO_TARGET_TMPDIR")));
}

/// AWS's advice for queues that feed functions; LocalStack accepts anything.
#[test]
fn a_message_stays_hidden_for_six_times_its_function_s_timeout() {
    let mut checked = 0;
    for function in TEMPLATE.functions() {
        let timeout = TEMPLATE.number(&function.properties["Timeout"]);
        for event in function.queue_events() {
            let queue = TEMPLATE.queue_of(event);
            let hidden = TEMPLATE.number(&queue.properties["VisibilityTimeout"]);
            assert!(hidden >= 6 * timeout, "{} feeds {}: {hidden} s for {timeout} s", queue.name, function.name);
            checked += 1;
        }
    }
    assert_eq!(checked, 5);
}

#[test]
fn every_queue_has_dead_letters_of_its_own() {
    let queues = TEMPLATE.of_type("AWS::SQS::Queue");
    let (fed, dead): (Vec<_>, Vec<_>) = queues.iter().partition(|queue| queue.properties["RedrivePolicy"].is_object());
    assert_eq!((fed.len(), dead.len()), (5, 5));
    for queue in fed {
        let policy = &queue.properties["RedrivePolicy"];
        assert_eq!(policy["maxReceiveCount"], 5, "{}", queue.name);
        let target = TEMPLATE.target(&policy["deadLetterTargetArn"]);
        let letters = dead.iter().find(|letters| letters.name == target).unwrap();
        let fourteen_days = 14 * 24 * 60 * 60;
        assert_eq!(letters.properties["MessageRetentionPeriod"], fourteen_days, "{target}");
        let allowed = &letters.properties["RedriveAllowPolicy"];
        assert_eq!(allowed["redrivePermission"], "byQueue", "{target}");
        let name = queue.properties["QueueName"]["Fn::Sub"].as_str().unwrap();
        let sources = allowed["sourceQueueArns"].as_array().unwrap();
        assert_eq!(sources.len(), 1, "{target}");
        assert!(sources[0]["Fn::Sub"].as_str().unwrap().ends_with(&format!(":{name}")), "{target}: {sources:?}");
    }
}

#[test]
fn every_queue_is_encrypted() {
    for queue in TEMPLATE.of_type("AWS::SQS::Queue") {
        assert_eq!(queue.properties["SqsManagedSseEnabled"], true, "{}", queue.name);
    }
}

/// Lambda stops a chain of functions and queues that comes back to itself at about 16 hops.
#[test]
fn no_function_may_send_to_a_queue_that_feeds_it() {
    for function in TEMPLATE.functions() {
        let feeding: Vec<String> = function.queue_events().map(|event| TEMPLATE.queue_of(event).name).collect();
        let sends = TEMPLATE.allowed(&function, "sqs:SendMessage");
        assert!(!sends.is_empty(), "{}", function.name);
        let back: Vec<_> = feeding.iter().filter(|queue| sends.contains(queue)).collect();
        assert!(back.is_empty(), "{} may send to {back:?}", function.name);
        for queue in &feeding {
            assert!(TEMPLATE.allowed(&function, "sqs:ReceiveMessage").contains(queue), "{}: {queue}", function.name);
        }
    }
}

#[test]
fn nobody_may_delete_or_overwrite_an_upload() {
    for function in TEMPLATE.functions() {
        for action in ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject", "s3:*", "*"] {
            let allowed = TEMPLATE.allowed(&function, action);
            assert!(!allowed.iter().any(|name| name == "UploadBucket"), "{}: {action}", function.name);
        }
    }
    let bucket = TEMPLATE.named("UploadBucket");
    assert_eq!(bucket.properties["VersioningConfiguration"]["Status"], "Enabled");
    assert_eq!(bucket.resource["DeletionPolicy"], "Retain");
}

/// What a function may do is written out: no action by pattern, no resource but of this template.
#[test]
fn a_role_allows_single_actions_on_resources_of_the_template() {
    for function in TEMPLATE.functions() {
        for statement in TEMPLATE.statements(&function) {
            for action in statement["Action"].as_array().unwrap() {
                let action = action.as_str().unwrap();
                assert!(!action.contains('*'), "{}: {action}", function.name);
                // Panics for a resource that belongs to nothing here, such as "*".
                assert!(!TEMPLATE.allowed(&function, action).is_empty(), "{}: {action}", function.name);
            }
        }
    }
}

#[test]
fn no_bucket_is_public() {
    let buckets = TEMPLATE.of_type("AWS::S3::Bucket");
    assert_eq!(buckets.len(), 2);
    for bucket in &buckets {
        for switch in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
            assert_eq!(bucket.properties["PublicAccessBlockConfiguration"][switch], true, "{}: {switch}", bucket.name);
        }
        assert!(bucket.properties["BucketEncryption"].is_object(), "{}", bucket.name);
    }
    for policy in TEMPLATE.of_type("AWS::S3::BucketPolicy") {
        let statements = policy.properties["PolicyDocument"]["Statement"].as_array().unwrap();
        assert!(statements.iter().all(|statement| statement["Effect"] == "Deny"), "{}", policy.name);
        let secure = |statement: &Value| statement["Condition"]["Bool"]["aws:SecureTransport"] == "false";
        assert!(statements.iter().any(secure), "{}", policy.name);
    }
    assert_eq!(TEMPLATE.of_type("AWS::S3::BucketPolicy").len(), buckets.len());
}

/// A suffix filter on ".pdf" would miss ".PDF".
#[test]
fn every_upload_below_the_prefix_is_told() {
    let bucket = TEMPLATE.named("UploadBucket");
    let told = bucket.properties["NotificationConfiguration"]["QueueConfigurations"].as_array().unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["Event"], "s3:ObjectCreated:*");
    let rules = told[0]["Filter"]["S3Key"]["Rules"].as_array().unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!((&rules[0]["Name"], &rules[0]["Value"]), (&"prefix".into(), &"original_scans/".into()));
}

#[test]
fn mappings_report_failed_messages_one_by_one_and_lambda_takes_their_concurrency() {
    for function in TEMPLATE.functions() {
        for event in function.queue_events() {
            assert_eq!(event["FunctionResponseTypes"][0], "ReportBatchItemFailures", "{}", function.name);
            assert!(TEMPLATE.number(&event["ScalingConfig"]["MaximumConcurrency"]) >= 2, "{}", function.name);
            let batch = if function.name == "Intake" { 10 } else { 1 };
            assert_eq!(event["BatchSize"], batch, "{}", function.name);
        }
    }
}

#[test]
fn intermediates_outlive_dead_letters() {
    let rules = TEMPLATE.named("ResultBucket").properties["LifecycleConfiguration"]["Rules"].clone();
    let work = rules.as_array().unwrap().iter().find(|rule| rule["Prefix"] == "work/").unwrap().clone();
    assert!(work["ExpirationInDays"].as_u64().unwrap() > 14);
}
