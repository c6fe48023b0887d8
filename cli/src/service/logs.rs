//! `quire logs`: the lines about one scan, from CloudWatch Logs or from the files of the local stack.

use super::arguments::{Logs as Arguments, STACK_LOGS};
use super::connection;
use super::error::ServiceError;
use super::settings::Settings;
use crate::terminal::{print, print_json, visible};
use deployment::Logs;
use domain::ScanId;
use engine::cancellation::Cancellation;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::OffsetDateTime;

/// The functions whose logs name scans, and the settings with the names of their logs.
const LOGS: [(&str, &str); 5] = [
    ("intake", "QUIRE_INTAKE_LOG"),
    ("compress", "QUIRE_COMPRESS_LOG"),
    ("scan", "QUIRE_SCAN_LOG"),
    ("split", "QUIRE_SPLIT_LOG"),
    ("reconcile", "QUIRE_RECONCILE_LOG"),
];

/// The time between two looks of `--follow`.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// CloudWatch may receive a line later than one that was written after it.
const LATENESS: time::Duration = time::Duration::minutes(2);

/// A longer line is no line of a function.
const LONGEST_LINE: u64 = 1 << 20;

/// A line of a function.
#[derive(Debug, PartialEq, Serialize)]
struct Line {
    function: String,
    /// As the function wrote it.
    line: Value,
}

pub fn run(arguments: &Arguments, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let settings = Settings::new(&arguments.service, cancellation)?;
    let since = arguments.since.unwrap_or(DEFAULT_SINCE);
    let since = OffsetDateTime::now_utc().saturating_sub(since.try_into().unwrap_or_default());
    let directory = settings.optional(arguments.log_directory.as_deref(), STACK_LOGS);
    connection::run(cancellation, Duration::ZERO, async {
        let mut source = match directory {
            Some(directory) => Source::Directory { directory: directory.into(), read: BTreeMap::new(), since },
            None => {
                let log = |(function, variable)| Ok((function, settings.required(None, variable)?));
                let logs = LOGS.into_iter().map(log).collect::<Result<Vec<_>, ServiceError>>()?;
                let client = Logs::new(&connection::sdk(settings.endpoint()).await?);
                Source::CloudWatch { client, logs, since, told: BTreeSet::new() }
            }
        };
        let mut is_first = true;
        loop {
            let lines = source.next(arguments.scan).await?;
            if is_first && lines.is_empty() && !arguments.follow {
                eprintln!("The logs have no line about scan {}. --since looks further back.", arguments.scan);
            }
            is_first = false;
            for line in &lines {
                if arguments.json { print_json(line)? } else { print(&text(line))? }
            }
            if !arguments.follow {
                return Ok(());
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    })
}

/// The retention of the logs of the template.
const DEFAULT_SINCE: Duration = Duration::from_secs(30 * 86_400);

/// Where lines come from, and what was read already.
enum Source {
    Directory {
        directory: PathBuf,
        /// How many bytes of each file were read.
        read: BTreeMap<PathBuf, u64>,
        since: OffsetDateTime,
    },
    CloudWatch {
        client: Logs,
        logs: Vec<(&'static str, String)>,
        since: OffsetDateTime,
        /// The ids of the lines that were told.
        told: BTreeSet<String>,
    },
}

impl Source {
    /// The lines that are new, the oldest first.
    async fn next(&mut self, scan: ScanId) -> Result<Vec<Line>, ServiceError> {
        let mut lines = match self {
            Self::Directory { directory, read, since } => from_files(directory, read, *since, scan)?,
            Self::CloudWatch { client, logs, since, told } => {
                let began = OffsetDateTime::now_utc();
                let mut lines = Vec::new();
                for (function, log) in logs {
                    for (id, text) in client.lines(log, scan, *since).await? {
                        if told.insert(id) {
                            lines.extend(line(function, &text, scan));
                        }
                    }
                }
                *since = (*since).max(began - LATENESS);
                lines
            }
        };
        lines.sort_by(|one, other| time_of(one).cmp(time_of(other)));
        Ok(lines)
    }
}

/// The executor of the local stack writes one file for each function, whose name contains that of the function.
fn from_files(
    directory: &Path,
    read: &mut BTreeMap<PathBuf, u64>,
    since: OffsetDateTime,
    scan: ScanId,
) -> Result<Vec<Line>, ServiceError> {
    let failed = |cause| ServiceError::LogFile { path: directory.to_owned(), cause };
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let function = LOGS.iter().map(|(function, _)| *function).find(|function| name.contains(function));
        let Some(function) = function.filter(|_| path.extension().is_some_and(|end| end == "log")) else { continue };
        let position = read.entry(path.clone()).or_default();
        let failed = |cause| ServiceError::LogFile { path: path.clone(), cause };
        for text in complete_lines(&path, position).map_err(failed)? {
            lines.extend(line(function, &text, scan).filter(|line| is_since(line, since)));
        }
    }
    Ok(lines)
}

/// The lines after `position` that mention a scan at all, and moves `position` behind the last complete line.
fn complete_lines(path: &Path, position: &mut u64) -> std::io::Result<Vec<String>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(*position))?;
    let mut reader = BufReader::new(file);
    let mut lines = Vec::new();
    loop {
        let mut bytes = Vec::new();
        let length = std::io::Read::take(&mut reader, LONGEST_LINE).read_until(b'\n', &mut bytes)? as u64;
        if length < LONGEST_LINE && bytes.last() != Some(&b'\n') {
            return Ok(lines);
        }
        *position += length;
        let text = String::from_utf8_lossy(&bytes);
        if text.contains("\"scan\"") {
            lines.push(text.into_owned());
        }
    }
}

/// None if the line is about another scan, or is a measurement.
fn line(function: &str, text: &str, scan: ScanId) -> Option<Line> {
    let line: Value = serde_json::from_str(text).ok()?;
    let is_about = |value: &Value| value["scan"].as_i64() == Some(scan);
    (is_about(&line) || is_about(&line["span"])).then(|| Line { function: function.to_owned(), line })
}

fn field<'a>(line: &'a Line, name: &str) -> &'a str {
    line.line[name].as_str().unwrap_or_default()
}

fn time_of(line: &Line) -> &str {
    field(line, "timestamp")
}

fn is_since(line: &Line, since: OffsetDateTime) -> bool {
    let written = OffsetDateTime::parse(time_of(line), &time::format_description::well_known::Rfc3339);
    written.map_or(true, |written| written >= since)
}

fn text(line: &Line) -> String {
    let [time, level, message, code, error] =
        ["timestamp", "level", "message", "code", "error"].map(|name| field(line, name));
    let error = if error.is_empty() { String::new() } else { format!(": {error}") };
    let code = if code.is_empty() { String::new() } else { format!(" [{code}]") };
    visible(&format!("{time}  {:<9}  {level:<5}  {message}{error}{code}", line.function))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const ONE: &str = r#"{"timestamp":"2026-11-20T09:41:07.1Z","level":"INFO","message":"range 3 of scan 17 finished in 8.2 s","seconds":8.2,"span":{"scan":17,"name":"attempt"}}"#;
    const OTHER: &str = r#"{"timestamp":"2026-11-20T09:41:06Z","level":"INFO","message":"other","span":{"scan":170}}"#;
    const WARNING: &str = r#"{"timestamp":"2026-11-20T09:41:05Z","level":"WARN","message":"split of scan 17 had no heartbeat\u001b[2J","code":"worker.lost","scan":17}"#;

    #[test]
    fn lines_of_one_scan_are_chosen_and_new_ones_follow() {
        let directory = tempfile::tempdir().unwrap();
        let log = |name: &str| directory.path().join(name);
        std::fs::write(log("quire-Scan-1.log"), format!("{ONE}\n{OTHER}\nno JSON about \"scan\"\n")).unwrap();
        std::fs::write(log("quire-Reconcile-2.log"), format!("{WARNING}\n")).unwrap();
        std::fs::write(log("notes.txt"), format!("{ONE}\n")).unwrap();
        let mut read = BTreeMap::new();
        let mut look = || from_files(directory.path(), &mut read, OffsetDateTime::UNIX_EPOCH, 17).unwrap();
        let mut found: Vec<String> = look().iter().map(text).collect();
        found.sort();
        insta::assert_snapshot!(found.join("\n"), @r"
        2026-11-20T09:41:05Z  reconcile  WARN   split of scan 17 had no heartbeat\u{1b}[2J [worker.lost]
        2026-11-20T09:41:07.1Z  scan       INFO   range 3 of scan 17 finished in 8.2 s
        ");
        assert_eq!(look(), []);
        let mut file = File::options().append(true).open(log("quire-Scan-1.log")).unwrap();
        let (begin, end) = ONE.split_at(40);
        file.write_all(begin.as_bytes()).unwrap();
        assert_eq!(look(), [], "the line is not complete yet");
        file.write_all(format!("{end}\n").as_bytes()).unwrap();
        assert_eq!(look().len(), 1);
    }

    #[test]
    fn old_lines_are_left_out() {
        let line = line("scan", ONE, 17).unwrap();
        assert!(is_since(&line, time::macros::datetime!(2026-11-20 9:41 UTC)));
        assert!(!is_since(&line, time::macros::datetime!(2026-11-20 9:42 UTC)));
    }
}
