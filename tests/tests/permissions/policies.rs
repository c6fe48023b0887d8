//! The policies of the template, with ARNs instead of references.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tests::template::{Resource, Template};

pub const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// The statements of each role, managed policy, bucket policy and queue policy, by its name in the template.
pub struct Policies(pub BTreeMap<String, Vec<Value>>);

impl Policies {
    pub fn of(template: &Template) -> Self {
        let roles = template.of_type("AWS::IAM::Role").into_iter().map(|role| {
            // That of CodeDeploy has none of its own.
            let policies = role.properties["Policies"].as_array().into_iter().flatten();
            let statements = policies.flat_map(|policy| statements(&policy["PolicyDocument"]));
            (role.name.clone(), statements.collect::<Vec<_>>())
        });
        let kinds = ["AWS::IAM::ManagedPolicy", "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"];
        let others = kinds.iter().flat_map(|kind| template.of_type(kind));
        let others = others.map(|policy| (policy.name.clone(), statements(&policy.properties["PolicyDocument"])));
        let resolved = |statements: Vec<Value>| statements.iter().map(|one| resolve(template, one)).collect();
        Self(roles.chain(others).map(|(name, statements)| (name, resolved(statements))).collect())
    }
}

fn statements(document: &Value) -> Vec<Value> {
    document["Statement"].as_array().unwrap().clone()
}

/// Replaces what CloudFormation would.
fn resolve(template: &Template, value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(|value| resolve(template, value)).collect(),
        Value::Object(entries) => match entries.iter().next() {
            Some((function, argument)) if function == "Ref" => json!(parameter(argument.as_str().unwrap())),
            Some((function, argument)) if function == "Fn::GetAtt" && argument[1] == "Arn" => {
                json!(arn(template, argument[0].as_str().unwrap()))
            }
            Some((function, argument)) if function == "Fn::Sub" => {
                json!(substitute(template, argument.as_str().unwrap()))
            }
            Some((function, _)) if function.starts_with("Fn::") => panic!("{value} is not understood"),
            _ => {
                entries.iter().map(|(key, value)| (key.clone(), resolve(template, value))).collect::<Map<_, _>>().into()
            }
        },
        _ => value.clone(),
    }
}

/// The value of a parameter, or of CloudFormation's own.
fn parameter(name: &str) -> &'static str {
    match name {
        "DatabaseSecretArn" => "arn:aws:secretsmanager:us-east-1:123456789012:secret:database-AbCdEf",
        "OpenIdSecretArn" => "arn:aws:secretsmanager:us-east-1:123456789012:secret:openid-AbCdEf",
        "DatabaseUserArn" => "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-ABCDEFGHIJKLMNOPQRSTUVWXYZ/quire",
        "AWS::AccountId" => ACCOUNT,
        "AWS::StackId" => {
            "arn:aws:cloudformation:us-east-1:123456789012:stack/quire/0b0e9a6e-8a3d-4b7e-9d0c-3f1f5c7f7a11"
        }
        "AWS::Partition" => "aws",
        "AWS::Region" => REGION,
        _ => panic!("{name} is not understood"),
    }
}

/// `${Name.Arn}` and pseudo parameters in a text.
fn substitute(template: &Template, text: &str) -> String {
    let mut parts = text.split("${");
    let mut resolved = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap();
        match name.strip_suffix(".Arn") {
            Some(name) => resolved += &arn(template, name),
            None => resolved += parameter(name),
        }
        resolved += rest;
    }
    resolved
}

/// The ARN of a resource, which CloudFormation gives a name of its own, or the one that a parameter gives.
pub fn arn(template: &Template, name: &str) -> String {
    if name.ends_with("Arn") || name == "AWS::StackId" {
        return parameter(name).to_owned();
    }
    match template.named(name).resource["Type"].as_str().unwrap() {
        "AWS::S3::Bucket" => format!("arn:aws:s3:::{}", name.to_lowercase()),
        "AWS::SQS::Queue" => format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"),
        "AWS::Events::EventBus" => format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}"),
        // CloudFormation's attribute ends like this.
        "AWS::Logs::LogGroup" => format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*"),
        kind => panic!("what is the ARN of {name}, an {kind}?"),
    }
}

/// The role of a function and the managed policies of that role.
pub fn identity(template: &Template, function: &Resource) -> Vec<String> {
    let role = template.named(&template.target(&function.properties["Role"]));
    // With all conditions.
    let managed = role.properties["ManagedPolicyArns"].as_array().cloned().unwrap_or_default();
    let managed = managed.iter().map(|policy| policy["Fn::If"][1]["Ref"].as_str().unwrap().to_owned());
    std::iter::once(role.name).chain(managed).collect()
}

/// The policy of a bucket or queue.
pub fn resource_policy(template: &Template, resource: &str) -> Option<String> {
    let kinds = ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"];
    let mut policies = kinds.iter().flat_map(|kind| template.of_type(kind));
    let of = |policy: &Resource| {
        policy.properties["Bucket"]["Ref"] == resource || policy.properties["Queues"][0]["Ref"] == resource
    };
    policies.find(of).map(|policy| policy.name)
}
