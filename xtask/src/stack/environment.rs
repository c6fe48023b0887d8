//! Where everything is, as variables for `quire`, the tests, and a shell (`set -a; . target/stack/environment`).

use super::localstack::{self, CREDENTIALS, FAILPOINTS, LOGS, PROCESSES, REGION};
use super::record::{Record, State};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// The file's name, below the state directory.
pub const FILE: &str = "environment";

/// Variables, and the outputs of the template that they are set to.
const OUTPUTS: [(&str, &str); 26] = [
    ("QUIRE_UPLOAD_BUCKET", "UploadBucketName"),
    ("QUIRE_RESULT_BUCKET", "ResultBucketName"),
    ("QUIRE_UPLOADS_QUEUE_URL", "UploadsQueueUrl"),
    ("QUIRE_COMPRESS_QUEUE_URL", "CompressQueueUrl"),
    ("QUIRE_COMPRESS_BULK_QUEUE_URL", "CompressBulkQueueUrl"),
    ("QUIRE_SCAN_QUEUE_URL", "ScanQueueUrl"),
    ("QUIRE_SCAN_LARGE_QUEUE_URL", "ScanLargeQueueUrl"),
    ("QUIRE_SPLIT_QUEUE_URL", "SplitQueueUrl"),
    ("QUIRE_UPLOADS_DEAD_LETTERS_ARN", "UploadsDeadLettersArn"),
    ("QUIRE_COMPRESS_DEAD_LETTERS_ARN", "CompressDeadLettersArn"),
    ("QUIRE_COMPRESS_BULK_DEAD_LETTERS_ARN", "CompressBulkDeadLettersArn"),
    ("QUIRE_SCAN_DEAD_LETTERS_ARN", "ScanDeadLettersArn"),
    ("QUIRE_SCAN_LARGE_DEAD_LETTERS_ARN", "ScanLargeDeadLettersArn"),
    ("QUIRE_SPLIT_DEAD_LETTERS_ARN", "SplitDeadLettersArn"),
    ("QUIRE_UPLOADS_DEAD_LETTERS_URL", "UploadsDeadLettersUrl"),
    ("QUIRE_COMPRESS_DEAD_LETTERS_URL", "CompressDeadLettersUrl"),
    ("QUIRE_COMPRESS_BULK_DEAD_LETTERS_URL", "CompressBulkDeadLettersUrl"),
    ("QUIRE_SCAN_DEAD_LETTERS_URL", "ScanDeadLettersUrl"),
    ("QUIRE_SCAN_LARGE_DEAD_LETTERS_URL", "ScanLargeDeadLettersUrl"),
    ("QUIRE_SPLIT_DEAD_LETTERS_URL", "SplitDeadLettersUrl"),
    ("QUIRE_EVENT_BUS", "BusName"),
    ("QUIRE_INTAKE_FUNCTION", "IntakeFunctionName"),
    ("QUIRE_COMPRESS_FUNCTION", "CompressFunctionName"),
    ("QUIRE_SCAN_FUNCTION", "ScanFunctionName"),
    ("QUIRE_SPLIT_FUNCTION", "SplitFunctionName"),
    ("QUIRE_RECONCILE_FUNCTION", "ReconcileFunctionName"),
];

/// The variables of a running stack.
#[derive(Debug)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    pub fn new(record: &Record, url: &str, console_url: &str, home: &Path, state: &State) -> Result<Self> {
        let mut variables = BTreeMap::new();
        let mut set = |name: &str, value: &str| variables.insert(name.to_owned(), value.to_owned());
        set("DATABASE_URL", url);
        set("AWS_ENDPOINT_URL", &localstack::endpoint(record));
        for (name, value) in CREDENTIALS.into_iter().chain([("AWS_REGION", REGION), ("AWS_DEFAULT_REGION", REGION)]) {
            set(name, value);
        }
        for (name, output) in OUTPUTS {
            let value = record.output(output);
            set(name, value.with_context(|| format!("infra/template.yaml has no output {output}."))?);
        }
        set("QUIRE_HOME", &home.display().to_string());
        set("QUIRE_CONSOLE_URL", console_url);
        for (name, directory) in [("LOGS", LOGS), ("PROCESSES", PROCESSES), ("FAILPOINTS", FAILPOINTS)] {
            set(&format!("QUIRE_STACK_{name}"), &state.path(directory).display().to_string());
        }
        Ok(Self(variables))
    }

    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// A variable's value.
    pub fn value(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Writes the file. It contains the database's password, so only its owner may read it.
    pub fn write(&self, state: &State) -> Result<()> {
        let lines: String = self.0.iter().map(|(name, value)| format!("{name}={}\n", quoted(value))).collect();
        state.write_private(FILE, &lines)
    }

    /// Prints what a person wants to know.
    pub fn print(&self, state: &State) {
        println!();
        for (what, place) in [
            ("database", self.value("DATABASE_URL").to_owned()),
            ("AWS", format!("{} (LocalStack)", self.value("AWS_ENDPOINT_URL"))),
            ("console", self.value("QUIRE_CONSOLE_URL").to_owned()),
            ("uploads", format!("s3://{}/original_scans/", self.value("QUIRE_UPLOAD_BUCKET"))),
            ("results", format!("s3://{}/results/", self.value("QUIRE_RESULT_BUCKET"))),
            ("logs", format!("{}/", self.value("QUIRE_STACK_LOGS"))),
            ("variables", state.path(FILE).display().to_string()),
        ] {
            println!("  {what:<12} {place}");
        }
    }
}

/// As a shell reads it: quoted, unless every character is plain.
fn quoted(value: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-./:@%+=,".contains(character);
    if !value.is_empty() && value.chars().all(is_plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn record(outputs: &[(&str, &str)]) -> Record {
        let mut record = Record::default();
        outputs.iter().for_each(|(_, output)| record.set_output(output, &format!("the {output}")));
        record
    }

    #[test]
    fn a_shell_reads_back_what_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        let (url, home) = ("postgres://u:p@h:1/d?a=b&c", Path::new("/a home/it's"));
        let environment = Environment::new(&record(&OUTPUTS), url, "http://127.0.0.1:1", home, &state).unwrap();
        environment.write(&state).unwrap();
        for name in ["DATABASE_URL", "QUIRE_HOME", "QUIRE_UPLOAD_BUCKET", "AWS_ENDPOINT_URL"] {
            let script = format!(". {}; printf %s \"${name}\"", state.path(FILE).display());
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), environment.value(name));
        }
    }

    #[test]
    fn a_missing_output_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        let without_bus: Vec<_> = OUTPUTS.into_iter().filter(|(_, output)| *output != "BusName").collect();
        let error = Environment::new(&record(&without_bus), "", "", Path::new("/q"), &state).unwrap_err();
        assert!(error.to_string().contains("BusName"), "{error}");
    }
}
