//! Python packages, installed by uv into virtual environments below the home directory: LocalStack with the executor, and
//! the linters of the template.

use crate::setup::{self, say};
use crate::{program, workspace};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The uv that is installed if PATH has none.
const UV: &str = "0.13.9";

/// LocalStack 4.14 starts on Python 3.12 and then answers every request with an error.
const PYTHON: &str = ">=3.13";

/// Installs LocalStack and the executor, and returns their Python.
pub fn install_localstack() -> Result<PathBuf> {
    let environment = install("localstack", "localstack/requirements.lock")?;
    let executor = workspace::root().join("localstack/executor");
    let (python, stamp) = (environment.join("bin/python"), environment.join("executor.recipe"));
    let mut sources = workspace::files(&executor.join("process_executor"))?;
    sources.retain(|file| file.extension().is_some_and(|extension| extension == "py"));
    sources.push(executor.join("pyproject.toml"));
    let recipe = workspace::fingerprint(&sources)?;
    if !fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == recipe) {
        // From a copy, because building writes files beside the sources.
        let copy = environment.join("executor");
        workspace::remove_directory(&copy)?;
        program::output(Command::new("cp").arg("-r").arg(&executor).arg(&copy))?;
        let mut install = uv()?;
        install.args(["pip", "install", "--no-deps", "--no-build-isolation", "--reinstall", "--python"]);
        program::output(install.arg(&python).arg(&copy)).context("The executor was not installed")?;
        workspace::remove_directory(&copy)?;
        workspace::write(&stamp, recipe)?;
    }
    say("LocalStack", "is installed, with the executor");
    Ok(python)
}

/// Installs cfn-lint and AWS SAM, with which the tests check the template, and returns their directory.
pub fn install_linters() -> Result<PathBuf> {
    let environment = install("linters", "infra/requirements.lock")?;
    say("linters", "cfn-lint and sam are installed");
    Ok(environment)
}

/// Makes a virtual environment with exactly the packages of a lock file, and returns its directory.
fn install(name: &str, lock: &str) -> Result<PathBuf> {
    let home = workspace::home()?;
    let _lock = setup::lock(&home)?;
    let (environment, lock) = (home.join(name), workspace::root().join(lock));
    let (stamp, content) = (environment.join("requirements.lock"), workspace::read(&lock)?);
    if fs::read(&stamp).is_ok_and(|stamp| stamp == content) {
        return Ok(environment);
    }
    let begun = Instant::now();
    say(name, "installing its Python packages");
    let interpreter = std::env::var("QUIRE_PYTHON").unwrap_or_else(|_| PYTHON.to_owned());
    program::output(uv()?.args(["venv", "--clear", "--python", &interpreter]).arg(&environment)).with_context(
        || {
            "LocalStack needs Python 3.13 or later. Install one with `uv python install 3.13` or `pyenv install 3.13`, \
         or set QUIRE_PYTHON to its path"
        },
    )?;
    let mut sync = uv()?;
    sync.args(["pip", "sync", "--require-hashes", "--python"]).arg(environment.join("bin/python")).arg(&lock);
    program::output(&mut sync).with_context(|| format!("The packages of {} were not installed", lock.display()))?;
    workspace::write(&stamp, content)?;
    say(name, &format!("installed in {:.0} s", begun.elapsed().as_secs_f64()));
    Ok(environment)
}

/// uv from PATH, or the pinned one, which pip installs below the home directory.
fn uv() -> Result<Command> {
    let program = match program::find("uv") {
        Some(program) => program,
        None => pinned_uv(&workspace::home()?)?,
    };
    let mut uv = Command::new(program);
    // A shim of pyenv fails unless it is told a version that is installed.
    uv.args(["--quiet", "--no-config"]).env("PYENV_VERSION", "3.13").env_remove("VIRTUAL_ENV");
    Ok(uv)
}

fn pinned_uv(home: &Path) -> Result<PathBuf> {
    let directory = home.join(format!("uv-{UV}"));
    let program = directory.join("bin/uv");
    if !program::succeeds(Command::new(&program).arg("--version")) {
        let mut install = setup::pip();
        install.args(["install", "--no-deps", "--upgrade", "--target"]).arg(&directory).arg(format!("uv=={UV}"));
        program::output(&mut install).context("uv was not installed")?;
    }
    Ok(program)
}
