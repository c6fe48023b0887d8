//! `quire --stack`: settings from the outputs of a CloudFormation stack.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use crate::command::bare;
use crate::permissions::keep_secret;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;
use tests::command::Ending;
use tests::deployed::Deployed;
use tests::emulator::{endpoint, sdk};
use tests::world::{World, required};

/// The command with nothing but the way to AWS in its environment.
fn with_aws(arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")]);
    command.env("AWS_ENDPOINT_URL", required("QUIRE_TEST_AWS_ENDPOINT"));
    command
}

/// The name of the stack that `cargo xtask test` deployed.
const DEPLOYED: &str = "quire";

#[tokio::test]
async fn the_deployed_stack_gives_everything_but_its_password() {
    let deployed = Deployed::find().await;
    let doctor = ["--stack", DEPLOYED, "doctor", "--json"];
    let report = Ending::of(with_aws(&doctor).env("DATABASE_URL", deployed.value("DATABASE_URL")));
    assert_eq!(report.status, Some(0), "{report:?}");
    let checks = report.json()["checks"].as_array().unwrap().clone();
    assert!(checks.len() >= 10, "{checks:?}");
    let told = |name: &str| checks.iter().find(|check| check["name"] == name).unwrap()["message"].to_string();
    assert!(told("upload bucket").contains(deployed.value("QUIRE_UPLOAD_BUCKET")));
    // The template shows no address that has a password.
    let scans = Ending::of(&mut with_aws(&["scans", "--stack", DEPLOYED, "--json"]));
    let (code, message) = scans.failure();
    assert_eq!((scans.status, code.as_str()), (Some(2), "settings.output"), "{scans:?}");
    assert!(message.contains("DatabaseAddress") && message.contains("DATABASE_URL"), "{message}");
}

/// A stack with an address and a secret, as the template makes for a database of RDS.
#[tokio::test]
async fn a_stack_with_a_secret_needs_no_other_setting() {
    let world = World::new().await;
    let url = &world.environment["DATABASE_URL"];
    let (_, host) = url.split_once('@').unwrap();
    let outputs = BTreeMap::from([
        ("DatabaseAddress", format!("postgres://{host}")),
        ("DatabaseSecret", keep_secret(url).await),
        ("DatabaseIam", "false".to_owned()),
    ]);
    let stack = create(&outputs).await;
    let scans = Ending::of(&mut with_aws(&["--stack", &stack, "scans", "--json"]));
    assert_eq!((scans.status, &scans.json()), (Some(0), &json!({ "scans": [] })), "{scans:?}");
    let retry = Ending::of(&mut with_aws(&["--stack", &stack, "retry", "7", "--json"]));
    let (code, message) = retry.failure();
    assert_eq!((retry.status, code.as_str()), (Some(2), "settings.output"), "{retry:?}");
    assert!(message.contains("CompressQueueUrl") && message.contains("--compress-queue-url"), "{message}");
}

/// CloudFormation makes no stack without a resource, so this one has a queue.
async fn create(outputs: &BTreeMap<&str, String>) -> String {
    let outputs: BTreeMap<&str, Value> =
        outputs.iter().map(|(name, value)| (*name, json!({ "Value": value }))).collect();
    let template = json!({ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } }, "Outputs": outputs });
    let client = aws_sdk_cloudformation::Client::new(&sdk(&endpoint()).await);
    let name = format!("stack-{}", uuid::Uuid::new_v4());
    client.create_stack().stack_name(&name).template_body(template.to_string()).send().await.unwrap();
    loop {
        let stacks = client.describe_stacks().stack_name(&name).send().await.unwrap().stacks.unwrap();
        match stacks[0].stack_status().unwrap().as_str() {
            "CREATE_COMPLETE" => return name,
            "CREATE_IN_PROGRESS" => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
            other => panic!("{other}: {stacks:?}"),
        }
    }
}

#[test]
fn an_unknown_stack_is_named_and_a_command_without_a_service_takes_none() {
    let unknown = Ending::of(&mut with_aws(&["--stack", "nowhere", "scans", "--json"]));
    let (code, message) = unknown.failure();
    assert_eq!((unknown.status, code.as_str()), (Some(2), "stack.unknown"), "{unknown:?}");
    assert!(message.contains("nowhere"), "{message}");
    let process = Ending::of(&mut with_aws(&["--stack", "nowhere", "process", "a.pdf", "-o", "out"]));
    assert_eq!(process.status, Some(2), "{process:?}");
    assert!(process.stderr.contains("--stack has no meaning"), "{process:?}");
}
