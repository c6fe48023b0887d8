//! The functions and the template, deployed to LocalStack through its CloudFormation, as to AWS.

use super::localstack::{self, CREDENTIALS, FAILPOINTS, IMAGES, REGION};
use super::record::{DEPLOYED, Record, State};
use super::{UpOptions, say};
use crate::build::{IN_IMAGE, ZIPPED};
use crate::{program, workspace};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The name of the CloudFormation stack. The name of every resource begins with it.
const STACK: &str = "quire";
/// The directory of the deployed programs, below the state directory.
const FUNCTIONS: &str = "functions";

/// The template and its parameters.
pub struct Plan {
    template: PathBuf,
    parameters: BTreeMap<String, String>,
    /// LocalStack is restarted when this changes, because it cannot update every resource.
    pub fingerprint: String,
}

impl Plan {
    pub fn new(options: &UpOptions, state: &State) -> Result<Self> {
        let template = workspace::root().join("infra/template.yaml");
        let mut parameters = local_parameters(&workspace::root().join("localstack/parameters.json"))?;
        let architecture = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "x86_64" };
        parameters.insert("Architecture".to_owned(), architecture.to_owned());
        if options.failpoints {
            parameters.insert("Failpoints".to_owned(), state.path(FAILPOINTS).display().to_string());
        }
        parameters.extend(options.parameters.iter().cloned());
        let content = workspace::fingerprint(std::slice::from_ref(&template))?;
        let fingerprint = workspace::text_fingerprint(&format!("{content} {parameters:?}"));
        Ok(Self { template, parameters, fingerprint })
    }
}

/// The parameters of every local stack.
fn local_parameters(file: &Path) -> Result<BTreeMap<String, String>> {
    let json: Value = serde_json::from_slice(&workspace::read(file)?)?;
    let object = json.as_object().with_context(|| format!("{} is not a JSON object.", file.display()))?;
    Ok(object.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect())
}

/// The programs that are deployed. They are copies, because the next build may replace the originals while these run.
pub struct Staged {
    /// Contains NAME/bootstrap for each zip function.
    directory: PathBuf,
    /// The name and tag of the image. The tag is a fingerprint of the programs.
    image: String,
    /// The directory that stands for the image.
    programs: PathBuf,
    fingerprint: String,
}

/// The copy of a zip function's program.
pub fn staged_program(state: &State, name: &str) -> PathBuf {
    state.path(&format!("{FUNCTIONS}/{name}/bootstrap"))
}

impl Staged {
    /// Copies the built programs from a directory.
    pub fn new(built: &Path, home: &Path, state: &State) -> Result<Self> {
        let paths = |names: &[&str]| names.iter().map(|name| built.join(name)).collect::<Vec<_>>();
        let (in_image, all) = (paths(&IN_IMAGE), paths(&[&ZIPPED[..], &IN_IMAGE].concat()));
        let tag = fingerprint(&in_image)?;
        let (directory, programs) = (state.make(FUNCTIONS)?, state.make(&format!("{FUNCTIONS}/image-{tag}"))?);
        for name in ZIPPED {
            copy_newer(&built.join(name), &state.make(&format!("{FUNCTIONS}/{name}"))?.join("bootstrap"))?;
        }
        for name in IN_IMAGE {
            copy_newer(&built.join(name), &programs.join(name))?;
        }
        let staged = Self { directory, image: format!("quire:{tag}"), programs, fingerprint: fingerprint(&all)? };
        // The executor reads this map. The environment stands for the ENV instructions of the image.
        let image = json!({ "directory": staged.programs, "environment": { "QUIRE_HOME": home } });
        state.write_private(IMAGES, &json!({ &staged.image: image }).to_string())?;
        Ok(staged)
    }

    /// Deletes the programs of earlier deployments.
    pub fn sweep(&self) -> Result<()> {
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            let is_image = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("image-"));
            if is_image && path != self.programs {
                workspace::remove_directory(&path)?;
            }
        }
        Ok(())
    }
}

/// Changes when a program is built again. The programs are too large to read them each time.
pub fn fingerprint(programs: &[PathBuf]) -> Result<String> {
    let mut text = String::new();
    for program in programs {
        let found = fs::metadata(program).and_then(|metadata| Ok((metadata.len(), metadata.modified()?)));
        let found = found.with_context(|| format!("{} could not be read", program.display()))?;
        text += &format!("{} {found:?}\n", program.display());
    }
    Ok(workspace::text_fingerprint(&text))
}

/// Copies a program, unless the copy is newer.
fn copy_newer(from: &Path, to: &Path) -> Result<()> {
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    if changed(to).zip(changed(from)).is_some_and(|(copy, original)| copy > original) {
        return Ok(());
    }
    // A running program cannot be overwritten, but it can be replaced.
    let partial = to.with_extension("partial");
    workspace::copy(from, &partial)?;
    fs::rename(&partial, to).with_context(|| format!("{} could not be written", to.display()))
}

/// Deploys, unless exactly this was deployed before.
pub fn deploy(
    python: &Path,
    plan: &Plan,
    staged: &Staged,
    url: &str,
    state: &State,
    record: &mut Record,
) -> Result<()> {
    let wanted = workspace::text_fingerprint(&format!("{} {} {url}", plan.fingerprint, staged.fingerprint));
    if record.get(DEPLOYED) == Some(&wanted) {
        say("deployment", "is up to date");
        return Ok(());
    }
    let begun = Instant::now();
    let mut parameters = plan.parameters.clone();
    parameters.insert("DatabaseUrl".to_owned(), url.to_owned());
    parameters.insert("ImageUri".to_owned(), staged.image.clone());
    // In a file, because it contains the password of the database.
    state.write_private("parameters.json", &json!(parameters).to_string())?;
    let mut deploy = Command::new(python);
    deploy.arg(workspace::root().join("localstack/deploy.py"));
    deploy.args(["--endpoint", &localstack::endpoint(record), "--region", REGION, "--stack", STACK]);
    deploy.arg("--template").arg(&plan.template).arg("--code").arg(&staged.directory);
    deploy.arg("--parameters").arg(state.path("parameters.json")).envs(CREDENTIALS);
    deploy.env("NO_PROXY", "127.0.0.1,localhost").env_remove("AWS_PROFILE");
    deploy.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
    let printed = program::capture(&mut deploy)?;
    let message = String::from_utf8_lossy(&printed.stderr).trim().to_owned();
    anyhow::ensure!(printed.status.success(), "infra/template.yaml was not deployed: {message}");
    let printed: Value = serde_json::from_slice(&printed.stdout)?;
    for (name, value) in printed["outputs"].as_object().into_iter().flatten() {
        record.set_output(name, value.as_str().unwrap_or_default());
    }
    record.set(DEPLOYED, wanted);
    say("deployment", &format!("took {:.1} s", begun.elapsed().as_secs_f64()));
    state.write(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(directory: &Path, scan: &str) {
        for name in ZIPPED.into_iter().chain(IN_IMAGE) {
            fs::write(directory.join(name), if name == "scan" { scan } else { name }).unwrap();
        }
    }

    #[test]
    fn a_changed_program_is_another_image_and_the_last_one_goes() {
        let [target, directory] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let state = State::open(directory.path()).unwrap();
        let stage = || Staged::new(target.path(), Path::new("/home/of/quire"), &state).unwrap();
        build(target.path(), "one");
        let first = stage();
        assert_eq!(stage().fingerprint, first.fingerprint);
        build(target.path(), "other");
        let second = stage();
        assert_ne!(second.image, first.image);
        assert_eq!(fs::read_to_string(second.programs.join("scan")).unwrap(), "other");
        second.sweep().unwrap();
        assert!(!first.programs.exists() && second.programs.exists());
        let images: Value = serde_json::from_slice(&fs::read(state.path(IMAGES)).unwrap()).unwrap();
        assert_eq!(images[&second.image]["environment"]["QUIRE_HOME"], "/home/of/quire");
    }
}
