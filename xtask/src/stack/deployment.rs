//! The template, deployed to LocalStack through its CloudFormation, as to AWS.

use super::error::StackError;
use super::functions::Staged;
use super::localstack::{FAILPOINTS, REGION};
use super::options::UpOptions;
use super::record::{Record, State};
use super::virtual_environment::{digest, text_digest};
use super::{environment, say};
use crate::error::Error;
use crate::{program, workspace};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Name of the CloudFormation stack, with which every resource's name begins.
const STACK: &str = "quire";

/// Values of the template's parameters, by name.
type Parameters = BTreeMap<String, String>;

/// What is to be deployed, but for the functions' code.
#[derive(Debug)]
pub struct Plan {
    template: PathBuf,
    parameters: Parameters,
    digest: String,
}

impl Plan {
    /// The template with the local parameters, and over them those of the command line.
    pub fn new(options: &UpOptions, state: &State) -> Result<Self, Error> {
        let template = workspace::root().join("infra/template.yaml");
        let mut parameters = local(&workspace::root().join("localstack/parameters.json"))?;
        parameters.insert("Architecture".to_owned(), architecture().to_owned());
        if options.failpoints {
            parameters.insert("Failpoints".to_owned(), state.path(FAILPOINTS).display().to_string());
        }
        parameters.extend(options.parameters.iter().cloned());
        let digest = text_digest(&format!("{} {parameters:?}", digest(std::slice::from_ref(&template))?));
        Ok(Self { template, parameters, digest })
    }

    /// Another digest is a plan that LocalStack has to be started anew for: it cannot update every resource.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// The parameters that every local stack has.
fn local(file: &Path) -> Result<Parameters, Error> {
    let bytes = fs::read(file).map_err(Error::file("reading", file))?;
    serde_json::from_slice(&bytes).map_err(|error| Error::file("reading", file)(error.into()))
}

/// As Lambda names it.
fn architecture() -> &'static str {
    if std::env::consts::ARCH == "aarch64" { "arm64" } else { "x86_64" }
}

/// What `localstack/deploy.py` prints.
#[derive(Deserialize)]
struct Deployed {
    outputs: BTreeMap<String, String>,
}

/// Deploys, unless the same was deployed already.
pub fn deploy(
    python: &Path,
    plan: &Plan,
    staged: &Staged,
    url: &str,
    state: &State,
    record: &mut Record,
) -> Result<(), Error> {
    let wanted = text_digest(&format!("{} {} {url}", plan.digest, staged.digest));
    if record.deployed.as_deref() == Some(wanted.as_str()) {
        say("deployment", "nothing has changed");
        return Ok(());
    }
    let begun = Instant::now();
    let mut parameters = plan.parameters.clone();
    parameters
        .extend([("DatabaseUrl", url), ("ImageUri", &staged.image)].map(|(name, value)| (name.into(), value.into())));
    let text =
        serde_json::to_string(&parameters).map_err(|error| StackError::Deployment { said: error.to_string() })?;
    state.write_private("parameters.json", &text)?;
    record.outputs = run(&mut command(python, plan, staged, state, record))?.outputs;
    record.deployed = Some(wanted);
    say("deployment", &format!("took {:.1} s", begun.elapsed().as_secs_f64()));
    state.write(record)
}

fn command(python: &Path, plan: &Plan, staged: &Staged, state: &State, record: &Record) -> Command {
    let mut command = Command::new(python);
    command.arg(workspace::root().join("localstack/deploy.py"));
    command.args(["--endpoint", &environment::endpoint(record), "--region", REGION, "--stack", STACK]);
    command.arg("--template").arg(&plan.template).arg("--code").arg(&staged.code);
    command.arg("--parameters").arg(state.path("parameters.json"));
    command.envs(environment::CREDENTIALS).env("NO_PROXY", "127.0.0.1,localhost");
    command.env_remove("AWS_PROFILE").env_remove("PYTHONPATH").env_remove("PYTHONHOME");
    command
}

fn run(command: &mut Command) -> Result<Deployed, Error> {
    let output = program::capture(command)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(StackError::Deployment { said }.into());
    }
    Ok(serde_json::from_slice(&output.stdout).map_err(|error| StackError::Deployment { said: error.to_string() })?)
}
