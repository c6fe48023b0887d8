//! The lines about one scan, from CloudWatch Logs or from the files of the local stack.

use crate::{DeploymentError, Logs};
use domain::ScanId;
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// The functions whose logs name scans, and the settings with the names of their logs.
pub const FUNCTION_LOGS: [(&str, &str); 5] = [
    ("intake", "QUIRE_INTAKE_LOG"),
    ("compress", "QUIRE_COMPRESS_LOG"),
    ("scan", "QUIRE_SCAN_LOG"),
    ("split", "QUIRE_SPLIT_LOG"),
    ("reconcile", "QUIRE_RECONCILE_LOG"),
];

/// CloudWatch may receive a line later than one that was written after it.
const LATENESS: time::Duration = time::Duration::minutes(2);

/// A longer line is no line of a function.
const LONGEST_LINE: u64 = 1 << 20;

/// A line of a function.
#[derive(Debug, PartialEq, Serialize)]
pub struct LogLine {
    pub function: String,
    /// As the function wrote it.
    pub line: Value,
}

impl LogLine {
    /// None if the line is about another scan, or is a measurement.
    fn about(scan: ScanId, function: &str, text: &str) -> Option<Self> {
        let line: Value = serde_json::from_str(text).ok()?;
        let is_about = |value: &Value| value["scan"].as_i64() == Some(scan);
        (is_about(&line) || is_about(&line["span"])).then(|| Self { function: function.to_owned(), line })
    }

    /// A text of the line; empty if the line has none of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.line[name].as_str().unwrap_or_default()
    }

    fn is_since(&self, since: OffsetDateTime) -> bool {
        let written = OffsetDateTime::parse(self.field("timestamp"), &time::format_description::well_known::Rfc3339);
        written.map_or(true, |written| written >= since)
    }
}

/// Where lines come from, and what was read already.
#[derive(Debug)]
pub struct ScanLog {
    source: Source,
    since: OffsetDateTime,
}

#[derive(Debug)]
enum Source {
    Directory {
        directory: PathBuf,
        /// How many bytes of each file were read.
        read: BTreeMap<PathBuf, u64>,
    },
    CloudWatch {
        client: Logs,
        /// The log of each function.
        logs: Vec<(&'static str, String)>,
        /// The ids of the lines that were told.
        told: BTreeSet<String>,
    },
}

impl ScanLog {
    /// Reads the files that the executor of the local stack writes: one for each function, whose name contains that of
    /// the function.
    #[must_use]
    pub const fn in_directory(directory: PathBuf, since: OffsetDateTime) -> Self {
        Self { source: Source::Directory { directory, read: BTreeMap::new() }, since }
    }

    /// Reads CloudWatch Logs, given the name of each function's log.
    #[must_use]
    pub const fn in_cloudwatch(client: Logs, logs: Vec<(&'static str, String)>, since: OffsetDateTime) -> Self {
        Self { source: Source::CloudWatch { client, logs, told: BTreeSet::new() }, since }
    }

    /// The lines about the scan that are new since the last call, the oldest first.
    ///
    /// # Errors
    /// When a file cannot be read, or CloudWatch does not answer or refuses.
    pub async fn next(&mut self, scan: ScanId) -> Result<Vec<LogLine>, DeploymentError> {
        let mut lines = match &mut self.source {
            Source::Directory { directory, read } => from_files(directory, read, self.since, scan)?,
            Source::CloudWatch { client, logs, told } => {
                let began = OffsetDateTime::now_utc();
                let mut lines = Vec::new();
                let found = logs.iter().map(|(_, log)| client.lines(log, scan, self.since));
                for ((function, _), found) in logs.iter().zip(try_join_all(found).await?) {
                    for (id, text) in found {
                        if told.insert(id) {
                            lines.extend(LogLine::about(scan, function, &text));
                        }
                    }
                }
                self.since = self.since.max(began - LATENESS);
                lines
            }
        };
        lines.sort_by(|one, other| one.field("timestamp").cmp(other.field("timestamp")));
        Ok(lines)
    }
}

fn from_files(
    directory: &Path,
    read: &mut BTreeMap<PathBuf, u64>,
    since: OffsetDateTime,
    scan: ScanId,
) -> Result<Vec<LogLine>, DeploymentError> {
    let failed = |cause| DeploymentError::LogFile { path: directory.to_owned(), cause };
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let function = FUNCTION_LOGS.iter().map(|(function, _)| *function).find(|function| name.contains(function));
        let Some(function) = function.filter(|_| path.extension().is_some_and(|end| end == "log")) else { continue };
        let position = read.entry(path.clone()).or_default();
        let failed = |cause| DeploymentError::LogFile { path: path.clone(), cause };
        for text in complete_lines(&path, position).map_err(failed)? {
            lines.extend(LogLine::about(scan, function, &text).filter(|line| line.is_since(since)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const ONE: &str = r#"{"timestamp":"2026-11-20T09:41:07.1Z","level":"INFO","message":"range 3 of scan 17 finished in 8.2 s","seconds":8.2,"span":{"scan":17,"name":"attempt"}}"#;
    const OTHER: &str = r#"{"timestamp":"2026-11-20T09:41:06Z","level":"INFO","message":"other","span":{"scan":170}}"#;
    const WARNING: &str = r#"{"timestamp":"2026-11-20T09:41:05Z","level":"WARN","message":"split of scan 17 had no heartbeat","code":"worker.lost","scan":17}"#;

    #[test]
    fn lines_of_one_scan_are_chosen_and_new_ones_follow() {
        let directory = tempfile::tempdir().unwrap();
        let log = |name: &str| directory.path().join(name);
        std::fs::write(log("quire-Scan-1.log"), format!("{ONE}\n{OTHER}\nno JSON about \"scan\"\n")).unwrap();
        std::fs::write(log("quire-Reconcile-2.log"), format!("{WARNING}\n")).unwrap();
        std::fs::write(log("notes.txt"), format!("{ONE}\n")).unwrap();
        let mut read = BTreeMap::new();
        let mut look = || from_files(directory.path(), &mut read, OffsetDateTime::UNIX_EPOCH, 17).unwrap();
        let mut found: Vec<String> =
            look().iter().map(|line| format!("{} {}", line.function, line.field("message"))).collect();
        found.sort();
        let expected = ["reconcile split of scan 17 had no heartbeat", "scan range 3 of scan 17 finished in 8.2 s"];
        assert_eq!(found, expected);
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
        let line = LogLine::about(17, "scan", ONE).unwrap();
        assert!(line.is_since(time::macros::datetime!(2026-11-20 9:41 UTC)));
        assert!(!line.is_since(time::macros::datetime!(2026-11-20 9:42 UTC)));
    }
}
