//! Settings, each from the first place that has it: option, environment, environment file.

use super::ServiceError;
use super::environment_file::EnvironmentFile;
use crate::arguments::{AwsArguments, DatabaseArguments, FileArguments, QueueArguments, Secret};
use catalog::DatabaseSettings;
use queues::QueueUrls;

const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// Where settings come from. An option and its environment variable come together, from the parser of arguments.
#[derive(Debug)]
pub struct Settings {
    file: EnvironmentFile,
}

impl Settings {
    /// Reads the environment file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn new(arguments: &FileArguments) -> Result<Self, ServiceError> {
        Ok(Self { file: EnvironmentFile::read(arguments.environment_file.as_deref())? })
    }

    /// A setting that may be missing.
    pub fn optional(&self, given: Option<&str>, variable: &'static str) -> Option<String> {
        given.filter(|value| !value.is_empty()).or_else(|| self.file.get(variable)).map(ToOwned::to_owned)
    }

    /// A setting that must be there.
    ///
    /// # Errors
    /// When it is missing; the error says how to give it.
    pub fn required(&self, given: Option<&str>, variable: &'static str) -> Result<String, ServiceError> {
        let missing = || ServiceError::SettingMissing { variable, file: self.file.path.clone() };
        self.optional(given, variable).ok_or_else(missing)
    }

    /// The database, if there is one.
    pub fn database(&self, arguments: &DatabaseArguments) -> Option<DatabaseSettings> {
        let given = arguments.database_url.as_ref().map(Secret::reveal);
        self.optional(given, "DATABASE_URL").map(|url| DatabaseSettings { url })
    }

    /// The database.
    ///
    /// # Errors
    /// When it is missing.
    pub fn required_database(&self, arguments: &DatabaseArguments) -> Result<DatabaseSettings, ServiceError> {
        let missing = || ServiceError::SettingMissing { variable: "DATABASE_URL", file: self.file.path.clone() };
        self.database(arguments).ok_or_else(missing)
    }

    /// The queues that an operator's action sends to. The queue of S3's events is not one of them.
    ///
    /// # Errors
    /// When one is missing.
    pub fn queue_urls(&self, arguments: &QueueArguments) -> Result<QueueUrls, ServiceError> {
        Ok(QueueUrls {
            uploads: String::new(),
            compress: self.required(arguments.compress_queue_url.as_deref(), "QUIRE_COMPRESS_QUEUE_URL")?,
            scan: self.required(arguments.scan_queue_url.as_deref(), "QUIRE_SCAN_QUEUE_URL")?,
            scan_large: self.required(arguments.scan_large_queue_url.as_deref(), "QUIRE_SCAN_LARGE_QUEUE_URL")?,
            split: self.required(arguments.split_queue_url.as_deref(), "QUIRE_SPLIT_QUEUE_URL")?,
        })
    }

    /// The address to talk to instead of AWS. When it is the file's, then so are region and credentials: half of one
    /// place's and half of another's would be nobody's.
    pub fn endpoint(&self, arguments: &AwsArguments) -> Option<String> {
        let endpoint = self.optional(arguments.endpoint_url.as_deref(), ENDPOINT);
        if endpoint.as_deref() == self.file.get(ENDPOINT) {
            let is_free = |key: &str| endpoint.is_some() || std::env::var_os(key).is_none();
            self.file.aws().filter(|(key, _)| is_free(key)).for_each(|(key, value)| set_variable(key, value));
        }
        endpoint
    }
}

/// AWS's libraries read region, profile and credentials from the environment alone.
#[expect(unsafe_code, reason = "AWS's libraries read these settings from the environment of this very process")]
fn set_variable(key: &str, value: &str) {
    // SAFETY: settings are resolved before the runtime and any other thread starts (signal handlers set a flag only).
    unsafe { std::env::set_var(key, value) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn settings(text: &str) -> Settings {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Settings::new(&FileArguments { environment_file: Some(file.path().to_owned()) }).unwrap()
    }

    #[test]
    fn what_is_given_precedes_the_file() {
        let settings = settings("QUIRE_UPLOAD_BUCKET=file\n");
        assert_eq!(settings.required(Some("given"), "QUIRE_UPLOAD_BUCKET").unwrap(), "given");
        assert_eq!(settings.required(Some(""), "QUIRE_UPLOAD_BUCKET").unwrap(), "file");
        assert_eq!(settings.required(None, "QUIRE_UPLOAD_BUCKET").unwrap(), "file");
    }

    #[test]
    fn a_missing_setting_is_named_with_the_ways_to_give_it() {
        let error = settings("").required(None, "QUIRE_UPLOAD_BUCKET").unwrap_err();
        assert_eq!(error.code(), "settings.missing");
        let message = error.to_string();
        assert!(message.contains("QUIRE_UPLOAD_BUCKET") && message.contains("--upload-bucket"), "{message}");
    }

    #[test]
    fn an_action_wants_every_queue_but_that_of_uploads() {
        let text = "QUIRE_COMPRESS_QUEUE_URL=c\nQUIRE_SCAN_QUEUE_URL=s\nQUIRE_SCAN_LARGE_QUEUE_URL=l\n";
        let aws = AwsArguments { endpoint_url: None };
        let mut arguments = QueueArguments {
            compress_queue_url: None,
            scan_queue_url: None,
            scan_large_queue_url: None,
            split_queue_url: None,
            aws,
        };
        let error = settings(text).queue_urls(&arguments).unwrap_err();
        assert!(error.to_string().contains("--split-queue-url"), "{error}");
        arguments.split_queue_url = Some("p".to_owned());
        assert_eq!(settings(text).queue_urls(&arguments).unwrap().scan_large, "l");
    }
}
