//! Running other programs.

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The program's path, if it is in PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    let directories = std::env::var_os("PATH")?;
    std::env::split_paths(&directories).map(|directory| directory.join(program)).find(|path| path.is_file())
}

/// Runs a command with its output on the terminal.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| did_not_start(command))?;
    if !status.success() {
        bail!("`{}` failed ({status}). Its own message is above.", line(command));
    }
    Ok(())
}

/// Runs a command without terminal output.
pub fn capture(command: &mut Command) -> Result<Output> {
    command.stdin(Stdio::null()).output().with_context(|| did_not_start(command))
}

/// Runs a command without terminal output and returns its standard output. The error quotes its last line.
pub fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = capture(command)?;
    if !output.status.success() {
        bail!("`{}` failed: {}", line(command), last_words(&output.stderr));
    }
    Ok(output.stdout)
}

/// Like [`output`], as trimmed text.
pub fn text(command: &mut Command) -> Result<String> {
    Ok(String::from_utf8_lossy(&output(command)?).trim().to_owned())
}

pub fn succeeds(command: &mut Command) -> bool {
    capture(command).is_ok_and(|output| output.status.success())
}

/// The command line, for messages.
pub fn line(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(command.get_program().to_string_lossy()).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// The last line that is not blank.
pub fn last_words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it printed no message").to_owned()
}

fn did_not_start(command: &Command) -> String {
    format!("`{}` could not be started. Install it and make sure it is in PATH", line(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_names_itself() {
        let error = run(Command::new("sh").args(["-c", "exit 4"])).unwrap_err().to_string();
        assert!(error.contains("sh -c exit 4") && error.contains('4'), "{error}");
    }

    #[test]
    fn last_words_skip_blank_lines() {
        assert_eq!(last_words(b"first\nERROR: no such version\n\n"), "ERROR: no such version");
        assert_eq!(last_words(b"\n"), "it printed no message");
    }
}
