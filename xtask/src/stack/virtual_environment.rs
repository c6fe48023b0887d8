//! What is written in Python, installed once into virtual environments below the directory of installed things:
//! LocalStack with the executor, and the linters of the template.

use super::error::StackError;
use super::{python, say};
use crate::error::Error;
use crate::home::QuireHome;
use crate::setup::hexadecimal;
use crate::{program, workspace};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// A virtual environment below the directory of installed things.
struct Installation {
    /// What is installed, for people.
    name: &'static str,
    /// The directory's name.
    directory: &'static str,
    /// The lock file, below the workspace's root.
    requirements: &'static str,
}

const LOCALSTACK: Installation =
    Installation { name: "LocalStack", directory: "localstack", requirements: "localstack/requirements.lock" };

const LINTERS: Installation =
    Installation { name: "linters", directory: "linters", requirements: "infra/requirements.lock" };

/// Installs LocalStack and the executor, as far as they are missing or changed, and hands back their Python.
pub fn ensure(home: &QuireHome) -> Result<PathBuf, Error> {
    // Two checkouts may share the directory of installed things.
    let _lock = lock(home.directory())?;
    let directory = LOCALSTACK.ensure(home)?;
    let python = directory.join("bin/python");
    let executor = workspace::root().join("localstack/executor");
    let plugin = Part { stamp: directory.join("executor.sha256"), recipe: digest(&sources_of(&executor)?)? };
    if !plugin.is_current() {
        install_executor(&python, &executor)?;
        plugin.note()?;
    }
    say(LOCALSTACK.name, "is installed, with the executor");
    Ok(python)
}

/// Installs what checks the template in the tests: cfn-lint and AWS SAM.
pub fn ensure_linters(home: &QuireHome) -> Result<(), Error> {
    let _lock = lock(home.directory())?;
    LINTERS.ensure(home)?;
    say(LINTERS.name, "cfn-lint and sam are installed");
    Ok(())
}

impl Installation {
    fn ensure(&self, home: &QuireHome) -> Result<PathBuf, Error> {
        let directory = home.directory().join(self.directory);
        let requirements = workspace::root().join(self.requirements);
        let recipe = digest(std::slice::from_ref(&requirements))?;
        let packages = Part { stamp: directory.join("packages.sha256"), recipe };
        if !packages.is_current() {
            self.make(&directory, &requirements)?;
            packages.note()?;
        }
        Ok(directory)
    }

    fn make(&self, directory: &Path, requirements: &Path) -> Result<(), Error> {
        let begun = Instant::now();
        let python = python::find()?;
        say(self.name, &format!("installing (once, a minute or two) with {}", python.display()));
        // Anew: packages of an earlier lock would stay.
        if directory.exists() {
            fs::remove_dir_all(directory).map_err(Error::file("removing", directory))?;
        }
        install(Command::new(python).args(["-m", "venv"]).arg(directory))?;
        install(pip(&directory.join("bin/python")).args(["--no-deps", "--requirement"]).arg(requirements))?;
        say(self.name, &format!("installed in {:.0} s", begun.elapsed().as_secs_f64()));
        Ok(())
    }
}

/// Waits until nobody else installs; the lock ends with the file.
fn lock(home: &Path) -> Result<File, Error> {
    fs::create_dir_all(home).map_err(Error::file("making", home))?;
    let path = home.join(".localstack.lock");
    let file = File::create(&path).map_err(Error::file("writing", &path))?;
    file.lock().map_err(Error::file("locking", &path))?;
    Ok(file)
}

/// Something installed, with the digest of what it was installed from.
struct Part {
    stamp: PathBuf,
    recipe: String,
}

impl Part {
    fn is_current(&self) -> bool {
        fs::read_to_string(&self.stamp).is_ok_and(|stamp| stamp == self.recipe)
    }

    /// Written last: what was stopped halfway is installed anew.
    fn note(&self) -> Result<(), Error> {
        fs::write(&self.stamp, &self.recipe).map_err(Error::file("writing", &self.stamp))
    }
}

/// From a copy: building leaves files beside the sources.
fn install_executor(python: &Path, executor: &Path) -> Result<(), Error> {
    let scratch = tempfile::tempdir().map_err(Error::file("making", &std::env::temp_dir()))?;
    for file in sources_of(executor)? {
        let copy = scratch.path().join(file.strip_prefix(executor).unwrap_or(&file));
        let directory = copy.parent().unwrap_or(scratch.path());
        fs::create_dir_all(directory).map_err(Error::file("making", directory))?;
        fs::copy(&file, &copy).map_err(Error::file("copying", &file))?;
    }
    let flags = ["--no-deps", "--no-build-isolation", "--force-reinstall"];
    install(pip(python).args(flags).arg(scratch.path()))
}

fn pip(python: &Path) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip
}

fn install(command: &mut Command) -> Result<(), Error> {
    let output = program::capture(command)?;
    if output.status.success() {
        return Ok(());
    }
    Err(StackError::Installation { said: program::last_words(&output.stderr) }.into())
}

fn sources_of(executor: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = workspace::files(executor)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "py" || extension == "toml"));
    Ok(files)
}

/// SHA-256 over files, names included.
pub fn digest(files: &[PathBuf]) -> Result<String, Error> {
    let mut digest = Sha256::new();
    for file in files {
        digest.update(file.file_name().unwrap_or_default().as_encoded_bytes());
        digest.update(fs::read(file).map_err(Error::file("reading", file))?);
    }
    Ok(hexadecimal(&digest.finalize()))
}

/// SHA-256 of a text.
pub fn text_digest(text: &str) -> String {
    hexadecimal(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_recipe_is_not_current() {
        let directory = tempfile::tempdir().unwrap();
        let stamp = directory.path().join("stamp");
        let part = |recipe: &str| Part { stamp: stamp.clone(), recipe: recipe.into() };
        assert!(!part("a").is_current());
        part("a").note().unwrap();
        assert!(part("a").is_current());
        assert!(!part("b").is_current());
    }

    #[test]
    fn the_digest_follows_content_and_name() {
        let directory = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| directory.path().join(name));
        fs::write(&one, "same").unwrap();
        fs::write(&two, "same").unwrap();
        assert_ne!(digest(std::slice::from_ref(&one)).unwrap(), digest(&[two]).unwrap());
        let before = digest(std::slice::from_ref(&one)).unwrap();
        fs::write(&one, "other").unwrap();
        assert_ne!(digest(&[one]).unwrap(), before);
    }
}
