//! Where `quire-sandbox` is, which starts every child, and what this kernel lacks for it.

use super::child::last_lines;
use super::command::CommandError;
use sandbox::confinement::Task;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The launcher's name, also in messages.
const NAME: &str = "quire-sandbox";

/// The launcher's absolute path. `program` is what it is to start. The programs of tests and examples are one directory
/// below the others.
///
/// # Errors
/// [`CommandError::SandboxMissing`].
pub(crate) fn path(program: &str) -> Result<&'static Path, CommandError> {
    static FOUND: OnceLock<Result<PathBuf, PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| find(std::env::current_exe().unwrap_or_default())).as_deref();
    found.map_err(|quire| CommandError::SandboxMissing { program: program.to_owned(), quire: quire.clone() })
}

/// The path of this program if the launcher is not beside it.
fn find(quire: PathBuf) -> Result<PathBuf, PathBuf> {
    let beside = quire.ancestors().skip(1).take(2).map(|directory| directory.join(NAME)).find(|path| path.is_file());
    beside.ok_or(quire)
}

/// What the kernel lacks to confine the programs that read uploaded files, in sentences. Empty on a current kernel.
///
/// # Errors
/// [`CommandError::SandboxMissing`], and [`CommandError::Failed`] if the launcher cannot confine anything.
pub fn lacks() -> Result<Vec<String>, CommandError> {
    let (program, launcher) = (NAME.to_owned(), path(NAME)?);
    let output = std::process::Command::new(launcher).args(Task::Probe.to_arguments()).env_clear().output();
    let output = output.map_err(|source| CommandError::Io { program: program.clone(), action: "start", source })?;
    if !output.status.success() {
        let last_lines = last_lines(&output.stdout, &output.stderr);
        return Err(CommandError::Failed { program, status: output.status, last_lines });
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_launcher_is_beside_the_program_or_one_directory_up() {
        let directory = tempfile::tempdir().unwrap();
        let quire = directory.path().join("deps/quire");
        assert_eq!(find(quire.clone()).unwrap_err(), quire);
        let above = directory.path().join(NAME);
        std::fs::write(&above, "").unwrap();
        assert_eq!(find(quire.clone()).unwrap(), above);
        let beside = directory.path().join("deps").join(NAME);
        std::fs::create_dir(beside.parent().unwrap()).unwrap();
        std::fs::write(&beside, "").unwrap();
        assert_eq!(find(quire).unwrap(), beside);
    }

    #[test]
    fn a_kernel_is_probed() {
        // Sentences, or none.
        assert!(lacks().unwrap().iter().all(|lack| lack.ends_with('.')));
    }
}
