//! The template of the deployment, read by AWS SAM's own reader.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: a template that cannot be read should stop the test where it stands"
)]

use engine::installation::Installation;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Prints a template as JSON, with the short forms of the intrinsic functions written out.
const READ: &str = "import json, sys; from samcli.yamlhelper import yaml_parse; \
                    json.dump(yaml_parse(open(sys.argv[1]).read()), sys.stdout)";

/// A program of the linters' virtual environment: `QUIRE_LINTERS` names its directory of programs, else it is where
/// `cargo xtask test` installs it.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn tool(name: &str) -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let installed = || Installation::of_user().map(|installation| installation.home().join("linters/bin"));
    let programs = variable("QUIRE_LINTERS").or_else(installed);
    let found = programs.map(|programs| programs.join(name)).filter(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is not installed: `cargo xtask test {name}` installs it"))
}

/// The template.
#[derive(Debug)]
pub struct Template(Value);

/// One resource of it.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its name in the template.
    pub name: String,
    /// All of it.
    pub resource: Value,
    /// Its properties.
    pub properties: Value,
}

impl Template {
    /// Reads `infra/template.yaml`.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml");
        let output = Command::new(tool("python")).args(["-c", READ]).arg(path).output().expect("Python starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self(serde_json::from_slice(&output.stdout).expect("it prints JSON"))
    }

    /// The resources of a type.
    ///
    /// # Panics
    /// When there is none: the question would prove nothing.
    #[must_use]
    pub fn of_type(&self, kind: &str) -> Vec<Resource> {
        let all = self.0["Resources"].as_object().expect("a template has resources");
        let found = all.keys().filter(|name| all[*name]["Type"] == kind).map(|name| self.named(name));
        let found: Vec<_> = found.collect();
        assert!(!found.is_empty(), "no {kind}");
        found
    }

    /// The functions.
    #[must_use]
    pub fn functions(&self) -> Vec<Resource> {
        self.of_type("AWS::Serverless::Function")
    }

    /// The names of the outputs.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn outputs(&self) -> Vec<String> {
        self.0["Outputs"].as_object().expect("a template has outputs").keys().cloned().collect()
    }

    /// A resource.
    ///
    /// # Panics
    /// When there is none of the name.
    #[must_use]
    pub fn named(&self, name: &str) -> Resource {
        let resource = self.0["Resources"][name].clone();
        assert!(resource.is_object(), "no resource {name}");
        Resource { name: name.to_owned(), properties: resource["Properties"].clone(), resource }
    }

    /// What is at a JSON pointer.
    ///
    /// # Panics
    /// When nothing is.
    #[must_use]
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"))
    }

    /// A number, given as such or by a parameter's default.
    ///
    /// # Panics
    /// When it is neither.
    #[must_use]
    pub fn number(&self, value: &Value) -> u64 {
        let found = match value["Ref"].as_str() {
            Some(parameter) => &self.0["Parameters"][parameter]["Default"],
            None => value,
        };
        found.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
    }

    /// The resource whose attribute is asked for.
    ///
    /// # Panics
    /// When the value is no `Fn::GetAtt`.
    #[must_use]
    pub fn target(&self, value: &Value) -> String {
        value["Fn::GetAtt"][0].as_str().unwrap_or_else(|| panic!("{value} is no attribute")).to_owned()
    }

    /// What brings the messages of queues to a function.
    ///
    /// # Panics
    /// When there is no mapping at all.
    #[must_use]
    pub fn mappings(&self, function: &Resource) -> Vec<Resource> {
        let mut mappings = self.of_type("AWS::Lambda::EventSourceMapping");
        mappings.retain(|mapping| mapping.properties["FunctionName"]["Fn::If"][2]["Ref"] == function.name.as_str());
        mappings
    }

    /// The queue of a mapping.
    #[must_use]
    pub fn queue_of(&self, mapping: &Resource) -> Resource {
        self.named(&self.target(&mapping.properties["EventSourceArn"]))
    }

    /// The statements of a function's role.
    ///
    /// # Panics
    /// When its role has none.
    #[must_use]
    pub fn statements(&self, function: &Resource) -> Vec<Value> {
        let role = self.named(&self.target(&function.properties["Role"]));
        let policies = role.properties["Policies"].as_array().expect("a role has policies");
        let statements = policies.iter().filter_map(|policy| policy["PolicyDocument"]["Statement"].as_array());
        statements.flatten().cloned().collect()
    }

    /// The resources on which a function may do something.
    #[must_use]
    pub fn allowed(&self, function: &Resource, action: &str) -> Vec<String> {
        let allows = |statement: &&Value| list(&statement["Action"]).iter().any(|allowed| *allowed == action);
        let statements = self.statements(function);
        let resources = statements.iter().filter(allows).flat_map(|statement| list(&statement["Resource"]));
        resources.map(|resource| named_by(&resource)).collect()
    }
}

/// One value or several.
fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// The resource that an ARN belongs to: `!GetAtt Name.Arn` or `!Sub "${Name.Arn}/…"`.
fn named_by(arn: &Value) -> String {
    let written = arn["Fn::Sub"].as_str().map(|text| text.trim_start_matches("${"));
    let named = arn["Fn::GetAtt"][0].as_str().or_else(|| written.and_then(|text| text.split('.').next()));
    named.unwrap_or_else(|| panic!("{arn} names no resource of the template")).to_owned()
}
