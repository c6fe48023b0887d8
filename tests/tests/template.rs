//! The template of the deployment: what the linters of AWS say, and what they do not look at.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use deployment::FUNCTION_LOGS;
use queues::Queue;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use tests::template::{Resource, Template, tool};

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
        for mapping in TEMPLATE.mappings(&function) {
            let queue = TEMPLATE.queue_of(&mapping);
            let hidden = TEMPLATE.number(&queue.properties["VisibilityTimeout"]);
            assert!(hidden >= 6 * timeout, "{} feeds {}: {hidden} s for {timeout} s", queue.name, function.name);
            checked += 1;
        }
    }
    assert_eq!(checked, 6);
}

#[test]
fn every_queue_has_dead_letters_of_its_own() {
    let queues = TEMPLATE.of_type("AWS::SQS::Queue");
    let (fed, dead): (Vec<_>, Vec<_>) = queues.iter().partition(|queue| queue.properties["RedrivePolicy"].is_object());
    // The seventh is that of the schedules.
    assert_eq!((fed.len(), dead.len()), (6, 7));
    let mut targets = BTreeSet::new();
    for queue in fed {
        let policy = &queue.properties["RedrivePolicy"];
        assert_eq!(policy["maxReceiveCount"], 5, "{}", queue.name);
        let target = TEMPLATE.target(&policy["deadLetterTargetArn"]);
        assert!(dead.iter().any(|letters| letters.name == target), "{target}");
        assert!(targets.insert(target), "{} shares its dead letters", queue.name);
    }
    for letters in dead {
        let fourteen_days = 14 * 24 * 60 * 60;
        assert_eq!(letters.properties["MessageRetentionPeriod"], fourteen_days, "{}", letters.name);
    }
}

/// The names of the queues in the service and in the template are the same.
#[test]
fn every_queue_of_the_service_is_there_and_leads_to_its_function() {
    let capitalised = |name: &str| name[..1].to_uppercase() + &name[1..];
    for queue in Queue::ALL {
        let name = format!("{}Queue", queue.as_str().split('-').map(capitalised).collect::<String>());
        let letters = TEMPLATE.target(&TEMPLATE.named(&name).properties["RedrivePolicy"]["deadLetterTargetArn"]);
        assert_eq!(letters, name.replace("Queue", "DeadLetters"));
        let variable = queue.as_str().to_uppercase().replace('-', "_");
        let url = TEMPLATE.at(&format!("/Globals/Function/Environment/Variables/QUIRE_{variable}_QUEUE_URL"));
        assert_eq!(url["Ref"], name.as_str());
        let console = TEMPLATE.named("Console").properties["Environment"]["Variables"].clone();
        assert_eq!(console[format!("QUIRE_{variable}_DEAD_LETTERS_URL")]["Ref"], letters.as_str());
        let function = TEMPLATE.named(&capitalised(queue.function()));
        let feeds = TEMPLATE.mappings(&function);
        assert!(feeds.iter().any(|mapping| TEMPLATE.queue_of(mapping).name == name), "{name}");
    }
    assert_eq!(TEMPLATE.of_type("AWS::Lambda::EventSourceMapping").len(), Queue::ALL.len());
}

/// The console finds the logs of the functions by their names.
#[test]
fn the_logs_that_the_console_reads_are_those_of_the_functions() {
    let prefix = &TEMPLATE.named("Console").properties["Environment"]["Variables"]["QUIRE_LOG_PREFIX"]["Fn::Sub"];
    let logs = TEMPLATE.of_type("AWS::Logs::LogGroup");
    for (function, _) in FUNCTION_LOGS {
        let name = format!("{}{function}", prefix.as_str().unwrap());
        assert!(logs.iter().any(|log| log.properties["LogGroupName"]["Fn::Sub"] == name), "{name}");
    }
}

/// How long a value of a variable can become, in a stack with the longest name.
fn longest(value: &Value) -> usize {
    let stack = "s".repeat(128);
    if let Some(text) = value["Fn::Sub"].as_str() {
        return text.replace("${AWS::StackName}", &stack).len();
    }
    if let Some(choice) = value["Fn::If"].as_array() {
        return choice[1..].iter().map(longest).max().unwrap_or_default();
    }
    match value["Ref"].as_str() {
        None => value.as_str().unwrap().len(),
        Some("AWS::NoValue") => 0,
        Some("AWS::StackName") => stack.len(),
        Some("Bus") => stack.len() + "-scans".len(),
        Some("UploadBucket" | "ResultBucket") => 63,
        Some(queue) if queue.ends_with("Queue") || queue.ends_with("DeadLetters") => {
            "https://sqs.ap-southeast-1.amazonaws.com/123456789012/".len() + 80
        }
        Some(parameter) => match &TEMPLATE.at(&format!("/Parameters/{parameter}"))["Default"] {
            Value::Number(number) => number.to_string().len(),
            Value::String(text) if !text.is_empty() => text.len(),
            // What people give: an address, an ARN, names of groups.
            _ => 60,
        },
    }
}

/// Lambda takes 4 KB, names and values together. The console has the most.
#[test]
fn the_variables_of_a_function_fit_even_if_the_name_of_the_stack_is_long() {
    let variables = |value: &Value| {
        let variables = value.as_object().unwrap().iter();
        variables.map(|(name, value)| name.len() + longest(value)).sum::<usize>()
    };
    let all = variables(TEMPLATE.at("/Globals/Function/Environment/Variables"));
    let console = variables(&TEMPLATE.named("Console").properties["Environment"]["Variables"]);
    assert!(all + console <= 4096, "{all} + {console} characters");
}

/// Large volumes and bulk uploads cannot use the concurrency of the others.
#[test]
fn every_lane_has_a_concurrency_of_its_own() {
    let mappings = TEMPLATE.of_type("AWS::Lambda::EventSourceMapping");
    let parameter = |mapping: &Resource| mapping.properties["ScalingConfig"]["MaximumConcurrency"]["Ref"].clone();
    let parameters: BTreeSet<String> = mappings.iter().map(|mapping| parameter(mapping).to_string()).collect();
    assert_eq!(parameters.len(), mappings.len(), "{parameters:?}");
    for function in ["Compress", "Scan"] {
        assert_eq!(TEMPLATE.mappings(&TEMPLATE.named(function)).len(), 2, "{function}");
    }
}

/// What a first deployment made is removed when it fails, so that the next one can begin. What is in use stays.
#[test]
fn what_holds_data_outlives_the_stack_but_no_failed_creation() {
    let buckets = ["UploadBucket", "ResultBucket"].map(|name| TEMPLATE.named(name));
    let queues = TEMPLATE.of_type("AWS::SQS::Queue").into_iter();
    let fed = |queue: &Resource| queue.properties["RedrivePolicy"].is_object();
    let letters = queues.filter(|queue| !fed(queue) && queue.name != "ScheduleDeadLetters");
    for kept in letters.chain(buckets) {
        assert_eq!(kept.resource["DeletionPolicy"], "RetainExceptOnCreate", "{}", kept.name);
        assert_eq!(kept.resource["UpdateReplacePolicy"], "Retain", "{}", kept.name);
    }
}

/// The names of these are limited to 63, 80 and 64 characters, that of a stack to 128. A fixed name is also in the way of
/// the next deployment when something of that name was kept.
#[test]
fn cloudformation_chooses_the_names_that_have_a_narrow_limit() {
    for queue in TEMPLATE.of_type("AWS::SQS::Queue") {
        assert_eq!(queue.properties["QueueName"], Value::Null, "{}", queue.name);
    }
    for function in TEMPLATE.functions() {
        assert_eq!(function.properties["FunctionName"], Value::Null, "{}", function.name);
    }
    for bucket in TEMPLATE.of_type("AWS::S3::Bucket") {
        assert_eq!(bucket.properties["BucketName"]["Fn::If"][2]["Ref"], "AWS::NoValue", "{}", bucket.name);
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
    let functions = TEMPLATE.functions().into_iter().filter(|function| function.name != "Migrate");
    for function in functions {
        let mappings = TEMPLATE.mappings(&function);
        let feeding: Vec<String> = mappings.iter().map(|mapping| TEMPLATE.queue_of(mapping).name).collect();
        let sends = TEMPLATE.allowed(&function, "sqs:SendMessage");
        assert!(!sends.is_empty(), "{}", function.name);
        let back: Vec<_> = feeding.iter().filter(|queue| sends.contains(queue)).collect();
        assert!(back.is_empty(), "{} may send to {back:?}", function.name);
        for queue in &feeding {
            assert!(TEMPLATE.allowed(&function, "sqs:ReceiveMessage").contains(queue), "{}: {queue}", function.name);
        }
    }
}

/// The console uploads for people, and the bucket keeps every version.
#[test]
fn nobody_may_delete_an_upload_and_only_the_console_may_add_one() {
    for function in TEMPLATE.functions() {
        for action in ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject", "s3:*", "*"] {
            let allowed = TEMPLATE.allowed(&function, action);
            let is_upload = function.name == "Console" && action == "s3:PutObject";
            assert_eq!(allowed.iter().any(|name| name == "UploadBucket"), is_upload, "{}: {action}", function.name);
        }
    }
    let bucket = TEMPLATE.named("UploadBucket");
    assert_eq!(bucket.properties["VersioningConfiguration"]["Status"], "Enabled");
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
        for mapping in TEMPLATE.mappings(&function).iter().map(|mapping| &mapping.properties) {
            assert_eq!(mapping["FunctionResponseTypes"][0], "ReportBatchItemFailures", "{}", function.name);
            assert!(TEMPLATE.number(&mapping["ScalingConfig"]["MaximumConcurrency"]) >= 2, "{}", function.name);
            let batch = if function.name == "Intake" { 10 } else { 1 };
            assert_eq!(mapping["BatchSize"], batch, "{}", function.name);
        }
    }
}

/// With `GradualDeployment`, each mapping leads to an alias, and CodeDeploy moves the alias to another version.
#[test]
fn a_gradual_deployment_covers_every_function_that_a_queue_feeds() {
    let mut groups = BTreeSet::new();
    for function in TEMPLATE.functions() {
        for mapping in TEMPLATE.mappings(&function) {
            let choice = &mapping.properties["FunctionName"]["Fn::If"];
            assert_eq!(choice[0], "Gradual", "{}", mapping.name);
            let alias = TEMPLATE.named(choice[1]["Ref"].as_str().unwrap());
            let version = TEMPLATE.named(&TEMPLATE.target(&alias.properties["FunctionVersion"]));
            for part in [&alias, &version] {
                assert_eq!(part.properties["FunctionName"]["Ref"], function.name.as_str(), "{}", part.name);
            }
            assert_eq!(version.properties["Description"]["Ref"], "Release", "{}", version.name);
            let update = &alias.resource["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"];
            groups.insert((function.name.clone(), update["DeploymentGroupName"]["Ref"].as_str().unwrap().to_owned()));
        }
    }
    // CodeDeploy works on one deployment of a group at a time.
    let names: BTreeSet<_> = groups.iter().map(|(_, group)| group).collect();
    assert_eq!((groups.len(), names.len()), (4, 4), "{groups:?}");
    for group in names {
        let group = TEMPLATE.named(group).properties;
        let alarms = group["AlarmConfiguration"]["Alarms"].as_array().unwrap().iter();
        let alarms: Vec<_> = alarms.map(|alarm| TEMPLATE.named(alarm["Name"]["Ref"].as_str().unwrap()).name).collect();
        assert_eq!(alarms, ["FunctionErrorsAlarm", "RetriesAlarm", "FailedScansAlarm"]);
        let events = group["AutoRollbackConfiguration"]["Events"].as_array().unwrap();
        assert!(events.contains(&"DEPLOYMENT_STOP_ON_ALARM".into()), "{events:?}");
    }
    // Lambda publishes no version of a function in which nothing changed.
    let release = TEMPLATE.at("/Globals/Function/Environment/Variables/QUIRE_RELEASE");
    assert_eq!(release["Fn::If"][1]["Ref"], "Release");
}

#[test]
fn nothing_is_gradual_or_traced_unless_a_parameter_says_so() {
    assert_eq!(TEMPLATE.at("/Parameters/GradualDeployment/Default"), "AllAtOnce");
    assert_eq!(TEMPLATE.at("/Conditions/Gradual/Fn::Not/0/Fn::Equals/1"), "AllAtOnce");
    let kinds = ["AWS::Lambda::Version", "AWS::Lambda::Alias"];
    let kinds = kinds.into_iter().chain(["AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup"]);
    for resource in kinds.flat_map(|kind| TEMPLATE.of_type(kind)) {
        assert_eq!(resource.resource["Condition"], "Gradual", "{}", resource.name);
    }
    assert_eq!(TEMPLATE.named("DeploymentsRole").resource["Condition"], "Gradual");
    assert_eq!(TEMPLATE.at("/Parameters/Tracing/Default"), "disabled");
    assert_eq!(TEMPLATE.at("/Conditions/Traced/Fn::Equals/1"), "enabled");
    assert_eq!(
        TEMPLATE.at("/Globals/Function/Tracing/Fn::If"),
        &serde_json::json!(["Traced", "Active", "PassThrough"])
    );
    assert_eq!(TEMPLATE.named("TracingPolicy").resource["Condition"], "Traced");
}

#[test]
fn intermediates_outlive_dead_letters() {
    let work = lifecycle("work/");
    assert!(work["ExpirationInDays"].as_u64().unwrap() > 14);
    assert_eq!(work["NoncurrentVersionExpiration"]["NoncurrentDays"], 1);
}

#[test]
fn a_deleted_result_can_be_brought_back_for_thirty_days() {
    let bucket = TEMPLATE.named("ResultBucket");
    assert_eq!(bucket.properties["VersioningConfiguration"]["Status"], "Enabled");
    let results = lifecycle("results/");
    assert_eq!(results["NoncurrentVersionExpiration"]["NoncurrentDays"], 30);
    assert_eq!(results["ExpirationInDays"], Value::Null, "results are kept");
    let rules = bucket.properties["LifecycleConfiguration"]["Rules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["ExpiredObjectDeleteMarker"] == true && rule["Prefix"] == Value::Null));
}

/// The rule of the result bucket for a prefix.
fn lifecycle(prefix: &str) -> Value {
    let rules = TEMPLATE.named("ResultBucket").properties["LifecycleConfiguration"]["Rules"].clone();
    let found = rules.as_array().unwrap().iter().find(|rule| rule["Prefix"] == prefix).cloned();
    found.unwrap_or_else(|| panic!("no rule for {prefix}"))
}

/// The metrics of an alarm that the alarm's expression computes with, with their dimensions.
fn metrics(alarm: &str) -> Vec<(String, Vec<Value>)> {
    let alarm = TEMPLATE.named(alarm);
    let metrics = alarm.properties["Metrics"].as_array().unwrap().iter();
    let metrics = metrics.map(|metric| &metric["MetricStat"]["Metric"]).filter(|metric| metric.is_object());
    let read = |metric: &Value| {
        let name = format!("{} {}", metric["Namespace"].as_str().unwrap(), metric["MetricName"].as_str().unwrap());
        (name, metric["Dimensions"].as_array().unwrap().clone())
    };
    metrics.map(read).collect()
}

/// A worker that is killed now and then is killed in one period, and not in the next.
#[test]
fn one_period_is_enough_for_an_alarm() {
    for alarm in TEMPLATE.of_type("AWS::CloudWatch::Alarm") {
        assert_eq!(alarm.properties["EvaluationPeriods"], 1, "{}", alarm.name);
        assert!(alarm.properties["AlarmActions"].is_object(), "{}", alarm.name);
    }
    let functions: BTreeSet<String> = TEMPLATE.functions().into_iter().map(|function| function.name).collect();
    for (alarm, metric) in [("FunctionErrorsAlarm", "AWS/Lambda Errors"), ("ThrottlesAlarm", "AWS/Lambda Throttles")] {
        let metrics = metrics(alarm);
        assert!(metrics.iter().all(|(name, _)| name == metric), "{alarm}: {metrics:?}");
        let told = metrics.iter().map(|(_, dimensions)| dimensions[0]["Value"]["Ref"].as_str().unwrap().to_owned());
        assert_eq!(told.collect::<BTreeSet<String>>(), functions, "{alarm}");
    }
}

#[test]
fn every_queue_raises_alarms_and_is_on_the_dashboard() {
    let queues = TEMPLATE.of_type("AWS::SQS::Queue");
    let (fed, dead): (Vec<_>, Vec<_>) = queues.iter().partition(|queue| queue.properties["RedrivePolicy"].is_object());
    let body = TEMPLATE.named("Dashboard").properties["DashboardBody"]["Fn::Sub"].as_str().unwrap().to_owned();
    let shown =
        |metric: &str, queue: &str| body.contains(&format!("\"{metric}\", \"QueueName\", \"${{{queue}.QueueName}}\""));
    for (alarm, metric, queues) in [
        ("OldestMessageAlarm", "ApproximateAgeOfOldestMessage", fed),
        ("DeadLettersAlarm", "ApproximateNumberOfMessagesVisible", dead),
    ] {
        let metrics = metrics(alarm);
        assert!(metrics.iter().all(|(name, _)| *name == format!("AWS/SQS {metric}")), "{alarm}: {metrics:?}");
        let told = metrics.iter().map(|(_, dimensions)| TEMPLATE.target(&dimensions[0]["Value"]));
        let names: BTreeSet<String> = queues.iter().map(|queue| queue.name.clone()).collect();
        assert_eq!(told.collect::<BTreeSet<String>>(), names, "{alarm}");
        for queue in names.iter().filter(|name| *name != "ScheduleDeadLetters") {
            assert!(shown(metric, queue) && shown("ApproximateNumberOfMessagesVisible", queue), "{queue}");
        }
    }
}

/// The functions whose own counts of something an alarm computes with.
fn counted(alarm: &str, metric: &str) -> BTreeSet<String> {
    let metrics = metrics(alarm);
    assert!(metrics.iter().all(|(name, _)| name == metric), "{metrics:?}");
    for (_, dimensions) in &metrics {
        let names: Vec<_> = dimensions.iter().map(|dimension| dimension["Name"].as_str().unwrap()).collect();
        assert_eq!(names, ["function", "stack"]);
        assert_eq!(dimensions[1]["Value"]["Ref"], "AWS::StackName");
    }
    metrics.iter().map(|(_, dimensions)| dimensions[0]["Value"].as_str().unwrap().to_owned()).collect()
}

/// They leave neither a dead letter nor an error of a function.
#[test]
fn scans_that_fail_because_of_their_input_raise_an_alarm() {
    let functions = TEMPLATE.functions().into_iter().map(|function| function.name.to_lowercase());
    let functions = functions.filter(|name| !["migrate", "console"].contains(&name.as_str()));
    assert_eq!(counted("FailedScansAlarm", "Quire Failures"), functions.collect());
}

/// While a release gets a tenth of the messages, the other nine tenths succeed: nothing becomes FAILED.
#[test]
fn attempts_that_fail_raise_an_alarm() {
    let stages = ["compress", "scan", "split"].map(str::to_owned);
    assert_eq!(counted("RetriesAlarm", "Quire Retries"), stages.into());
}

#[test]
fn a_run_of_reconcile_that_failed_does_not_count() {
    let alarm = TEMPLATE.named("ReconcileSilentAlarm").properties;
    assert_eq!(alarm["Metrics"][0]["Expression"], "FILL(invocations, 0) - FILL(errors, 0)");
    assert_eq!(
        (&alarm["ComparisonOperator"], &alarm["TreatMissingData"]),
        (&"LessThanThreshold".into(), &"breaching".into())
    );
    let names: Vec<String> = metrics("ReconcileSilentAlarm").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["AWS/Lambda Invocations", "AWS/Lambda Errors"]);
}

#[test]
fn a_schedule_that_starts_nothing_leaves_a_dead_letter() {
    let events = TEMPLATE.named("Reconcile").properties["Events"].clone();
    let schedules: Vec<_> = events.as_object().unwrap().values().collect();
    assert_eq!(schedules.len(), 3);
    for schedule in schedules {
        let schedule = &schedule["Properties"];
        assert_eq!(TEMPLATE.target(&schedule["DeadLetterConfig"]["Arn"]), "ScheduleDeadLetters");
        assert!(schedule["RetryPolicy"]["MaximumRetryAttempts"].as_u64().unwrap() > 0);
    }
    let letters = metrics("DeadLettersAlarm");
    let told = letters.iter().map(|(_, dimensions)| TEMPLATE.target(&dimensions[0]["Value"]));
    assert_eq!(told.filter(|queue| queue == "ScheduleDeadLetters").count(), 1);
}

/// `quire --stack` looks for these outputs.
#[test]
fn the_outputs_that_the_command_reads_are_there() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/src/service/stack.rs");
    let source = std::fs::read_to_string(file).unwrap();
    let pairs = source.lines().filter_map(|line| line.trim().strip_prefix("(\"")?.strip_suffix("\"),"));
    let outputs: Vec<&str> = pairs.filter_map(|pair| Some(pair.split_once("\", \"")?.1)).collect();
    assert!(outputs.len() > 20, "{outputs:?}");
    let there = TEMPLATE.outputs();
    for output in outputs {
        assert!(there.iter().any(|name| name == output), "infra/template.yaml has no output {output}");
    }
}
