//! Where everything is, as variables: for `quire`, the tests, and a shell (`set -a; . target/stack/environment`).

use super::error::StackError;
use super::localstack::{FAILPOINTS, LOGS, PROCESSES, REGION};
use super::record::{Record, State};
use crate::error::Error;
use crate::home::QuireHome;
use std::collections::BTreeMap;

/// The file's name, below the state directory.
pub const FILE: &str = "environment";

/// LocalStack takes any; these belong to its account 000000000000.
pub const CREDENTIALS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];

/// Variables and the template's outputs that are their values.
const OUTPUTS: [(&str, &str); 23] = [
    ("QUIRE_UPLOAD_BUCKET", "UploadBucketName"),
    ("QUIRE_RESULT_BUCKET", "ResultBucketName"),
    ("QUIRE_UPLOADS_QUEUE_URL", "UploadsQueueUrl"),
    ("QUIRE_COMPRESS_QUEUE_URL", "CompressQueueUrl"),
    ("QUIRE_SCAN_QUEUE_URL", "ScanQueueUrl"),
    ("QUIRE_SCAN_LARGE_QUEUE_URL", "ScanLargeQueueUrl"),
    ("QUIRE_SPLIT_QUEUE_URL", "SplitQueueUrl"),
    ("QUIRE_UPLOADS_DEAD_LETTERS_ARN", "UploadsDeadLettersArn"),
    ("QUIRE_COMPRESS_DEAD_LETTERS_ARN", "CompressDeadLettersArn"),
    ("QUIRE_SCAN_DEAD_LETTERS_ARN", "ScanDeadLettersArn"),
    ("QUIRE_SCAN_LARGE_DEAD_LETTERS_ARN", "ScanLargeDeadLettersArn"),
    ("QUIRE_SPLIT_DEAD_LETTERS_ARN", "SplitDeadLettersArn"),
    ("QUIRE_UPLOADS_DEAD_LETTERS_URL", "UploadsDeadLettersUrl"),
    ("QUIRE_COMPRESS_DEAD_LETTERS_URL", "CompressDeadLettersUrl"),
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

/// LocalStack's address.
pub fn endpoint(record: &Record) -> String {
    format!("http://127.0.0.1:{}", record.localstack.map_or(0, |server| server.port))
}

impl Environment {
    /// Of what was started and deployed.
    pub fn new(record: &Record, url: &str, home: &QuireHome, state: &State) -> Result<Self, Error> {
        let mut variables = BTreeMap::new();
        let mut set = |name: &str, value: String| variables.insert(name.to_owned(), value);
        set("DATABASE_URL", url.to_owned());
        set("AWS_ENDPOINT_URL", endpoint(record));
        for (name, value) in CREDENTIALS.into_iter().chain([("AWS_REGION", REGION), ("AWS_DEFAULT_REGION", REGION)]) {
            set(name, value.to_owned());
        }
        for (name, output) in OUTPUTS {
            set(name, record.outputs.get(output).cloned().ok_or(StackError::Output(output))?);
        }
        set("QUIRE_HOME", home.directory().display().to_string());
        for (name, directory) in [("LOGS", LOGS), ("PROCESSES", PROCESSES), ("FAILPOINTS", FAILPOINTS)] {
            set(&format!("QUIRE_STACK_{name}"), state.path(directory).display().to_string());
        }
        Ok(Self(variables))
    }

    /// The variables.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// Writes the file; it holds the database's password, so its owner alone may read it.
    pub fn write(&self, state: &State) -> Result<(), Error> {
        state.write_private(FILE, &self.text())
    }

    fn text(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={}\n", quoted(value))).collect()
    }

    /// What a person wants to know, in a few lines.
    pub fn places(&self, state: &State) -> [(&'static str, String); 6] {
        let value = |name: &str| self.0.get(name).cloned().unwrap_or_default();
        [
            ("database", value("DATABASE_URL")),
            ("AWS", format!("{} (LocalStack)", value("AWS_ENDPOINT_URL"))),
            ("uploads", format!("s3://{}/original_scans/", value("QUIRE_UPLOAD_BUCKET"))),
            ("results", format!("s3://{}/results/", value("QUIRE_RESULT_BUCKET"))),
            ("logs", format!("{}/", value("QUIRE_STACK_LOGS"))),
            ("variables", state.path(FILE).display().to_string()),
        ]
    }
}

/// As a shell reads it: quoted unless every character is plain.
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
    use super::super::process::Identity;
    use super::super::record::Server;
    use super::*;
    use std::path::Path;
    use std::process::Command;

    fn record() -> Record {
        let outputs = OUTPUTS.map(|(_, output)| (output.to_owned(), format!("the {output}")));
        let server = Server { process: Identity { pid: 1, started: 1 }, port: 4566 };
        Record { outputs: outputs.into(), localstack: Some(server), ..Record::default() }
    }

    #[test]
    fn a_shell_reads_back_what_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        let home = QuireHome::at(Path::new("/a home/it's"));
        let environment = Environment::new(&record(), "postgres://u:p@h:1/d?a=b&c", &home, &state).unwrap();
        environment.write(&state).unwrap();
        for name in ["DATABASE_URL", "QUIRE_HOME", "QUIRE_UPLOAD_BUCKET", "AWS_ENDPOINT_URL"] {
            let script = format!(". {}; printf %s \"${name}\"", state.path(FILE).display());
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), environment.variables()[name]);
        }
    }

    #[test]
    fn a_missing_output_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        let mut record = record();
        record.outputs.remove("BusName");
        let error = Environment::new(&record, "", &QuireHome::at(Path::new("/q")), &state).unwrap_err();
        assert!(error.to_string().contains("BusName"), "{error}");
    }
}
