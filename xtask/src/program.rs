//! Running other programs.

use crate::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The program's path, if it is in PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    let directories = std::env::var_os("PATH")?;
    std::env::split_paths(&directories).map(|directory| directory.join(program)).find(|path| path.is_file())
}

/// Runs a command with its output on the terminal; an error unless it succeeds.
pub fn run(command: &mut Command) -> Result<(), Error> {
    let status = command.status().map_err(|source| Error::Start { command: line(command), source })?;
    if status.success() { Ok(()) } else { Err(Error::Failed { command: line(command), status: status.to_string() }) }
}

/// Runs a command silently and hands back how it ended and what it printed.
pub fn capture(command: &mut Command) -> Result<Output, Error> {
    command.stdin(Stdio::null()).output().map_err(|source| Error::Start { command: line(command), source })
}

/// True when the command starts and succeeds; its output is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    capture(command).is_ok_and(|output| output.status.success())
}

/// Which of a program's two outputs is read.
#[derive(Debug, Clone, Copy)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// Runs a command with its output on the terminal while `watch` sees every line of one stream.
/// Tells whether it succeeded.
pub fn watch(command: &mut Command, stream: Stream, watch: &mut dyn FnMut(&str)) -> Result<bool, Error> {
    match stream {
        Stream::Output => command.stdout(Stdio::piped()),
        Stream::Error => command.stderr(Stdio::piped()),
    };
    let mut child = command.spawn().map_err(|source| Error::Start { command: line(command), source })?;
    let piped: Option<Box<dyn Read>> = match stream {
        Stream::Output => child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read>),
        Stream::Error => child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read>),
    };
    if let Some(pipe) = piped {
        echo(pipe, watch).map_err(|error| Error::Output { command: line(command), reason: error.to_string() })?;
    }
    let status = child.wait().map_err(|source| Error::Start { command: line(command), source })?;
    Ok(status.success())
}

/// Passes lines on to standard output as they come.
fn echo(pipe: impl Read, watch: &mut dyn FnMut(&str)) -> std::io::Result<()> {
    let mut reader = BufReader::new(pipe);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        std::io::stdout().write_all(&bytes)?;
        watch(String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
    }
    std::io::stdout().flush()
}

/// The command line, for messages.
pub fn line(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(command.get_program().to_string_lossy()).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// The last words of a program that failed: its last line that is not blank.
pub fn last_words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watched_lines_arrive_and_failure_is_told() {
        let mut seen = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two; exit 3"]);
        let succeeded = watch(&mut command, Stream::Output, &mut |line| seen.push(line.to_owned())).unwrap();
        assert!(!succeeded);
        assert_eq!(seen, ["one", "two"]);
    }

    #[test]
    fn a_failed_command_names_itself() {
        let error = run(Command::new("sh").args(["-c", "exit 4"])).unwrap_err().to_string();
        assert!(error.contains("sh -c exit 4") && error.contains('4'), "{error}");
    }

    #[test]
    fn last_words_skip_blank_lines() {
        assert_eq!(last_words(b"first\nERROR: no such version\n\n"), "ERROR: no such version");
        assert_eq!(last_words(b"\n"), "it said nothing");
    }
}
