//! PostgreSQL refuses to run as root: then its programs and its data belong to the user `postgres`.

use super::error::StackError;
use super::record::State;
use super::virtual_environment::text_digest;
use crate::error::Error;
use crate::program;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::NamedTempFile;

/// The user that Debian's package makes.
const USER: &str = "postgres";

/// Where that user may always write.
const HOME_OF_USER: &str = "/var/lib/postgresql";

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A command as the user who owns the data.
pub fn command(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let user = [format!("--reuid={USER}"), format!("--regid={USER}")];
    command.args(user).args(["--clear-groups", "--"]).arg(program).current_dir("/");
    command
}

/// An empty directory for the data: below the state directory, or, where the user `postgres` cannot go, as below
/// root's own home, in that user's.
pub fn data_directory(state: &State) -> Result<PathBuf, Error> {
    let reachable = program::succeeds(command(Path::new("test")).arg("-x").arg(state.directory()));
    let directory = if reachable {
        state.path("postgres")
    } else {
        let name = text_digest(&state.directory().to_string_lossy());
        Path::new(HOME_OF_USER).join(format!("quire-{}", &name[..12]))
    };
    make(&directory)?;
    Ok(directory)
}

fn make(directory: &Path) -> Result<(), Error> {
    remove(directory)?;
    fs::create_dir_all(directory).map_err(Error::file("making", directory))?;
    fs::set_permissions(directory, Permissions::from_mode(0o700)).map_err(Error::file("protecting", directory))?;
    give_away(directory)
}

/// A temporary file that only the owner of the data may read.
pub fn secret(text: &str) -> Result<NamedTempFile, Error> {
    let directory = std::env::temp_dir();
    let written = NamedTempFile::new().and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file));
    let file = written.map_err(Error::file("writing in", &directory))?;
    give_away(file.path())?;
    Ok(file)
}

fn give_away(path: &Path) -> Result<(), Error> {
    if !is_root() {
        return Ok(());
    }
    let [user, group] = [id("-u")?, id("-g")?];
    chown(path, Some(user), Some(group)).map_err(Error::file("giving away", path))
}

/// Removes a data directory that this task made.
pub fn remove(directory: &Path) -> Result<(), Error> {
    if directory.exists() { fs::remove_dir_all(directory).map_err(Error::file("removing", directory)) } else { Ok(()) }
}

fn id(which: &str) -> Result<u32, Error> {
    let output = program::capture(Command::new("id").args([which, USER]))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let unknown = || StackError::Database { program: format!("id {which} {USER}"), said: text.trim().to_owned() };
    Ok(text.trim().parse().map_err(|_| unknown())?)
}
