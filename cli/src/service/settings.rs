//! Settings. Each comes from the first place that has it: option, environment, environment file.

use super::arguments::{
    AwsArguments, COMPRESS_QUEUE_URL, DATABASE_URL, DatabaseArguments, ENDPOINT_URL, FileArguments,
    LetterQueueArguments, QueueArguments, SCAN_LARGE_QUEUE_URL, SCAN_QUEUE_URL, SPLIT_QUEUE_URL, UPLOADS_QUEUE_URL,
};
use super::environment_file::EnvironmentFile;
use super::error::ServiceError;
use super::values::Secret;
use catalog::DatabaseSettings;
use queues::QueueUrls;

/// The environment file. The parser of arguments has already taken each value from its option or variable.
#[derive(Debug)]
pub struct Settings {
    file: EnvironmentFile,
}

impl Settings {
    pub fn new(arguments: &FileArguments) -> Result<Self, ServiceError> {
        Ok(Self { file: EnvironmentFile::read(arguments.environment_file.as_deref())? })
    }

    /// `given` is the value of the option or variable. An empty value counts as none.
    pub fn optional(&self, given: Option<&str>, variable: &'static str) -> Option<String> {
        given.filter(|value| !value.is_empty()).or_else(|| self.file.get(variable)).map(ToOwned::to_owned)
    }

    pub fn required(&self, given: Option<&str>, variable: &'static str) -> Result<String, ServiceError> {
        let missing = || ServiceError::SettingMissing { variable, file: self.file.path.clone() };
        self.optional(given, variable).ok_or_else(missing)
    }

    pub fn database(&self, arguments: &DatabaseArguments) -> Option<DatabaseSettings> {
        let given = arguments.database_url.as_ref().map(Secret::reveal);
        self.optional(given, DATABASE_URL).map(|url| DatabaseSettings { url })
    }

    pub fn required_database(&self, arguments: &DatabaseArguments) -> Result<DatabaseSettings, ServiceError> {
        let given = arguments.database_url.as_ref().map(Secret::reveal);
        self.required(given, DATABASE_URL).map(|url| DatabaseSettings { url })
    }

    /// The queues that actions send to. The uploads queue is not one of them: S3 sends to it.
    pub fn queue_urls(&self, arguments: &QueueArguments) -> Result<QueueUrls, ServiceError> {
        Ok(QueueUrls {
            uploads: String::new(),
            compress: self.required(arguments.compress_queue_url.as_deref(), COMPRESS_QUEUE_URL)?,
            scan: self.required(arguments.scan_queue_url.as_deref(), SCAN_QUEUE_URL)?,
            scan_large: self.required(arguments.scan_large_queue_url.as_deref(), SCAN_LARGE_QUEUE_URL)?,
            split: self.required(arguments.split_queue_url.as_deref(), SPLIT_QUEUE_URL)?,
        })
    }

    /// All queues and, as a second value, their dead-letter queues.
    pub fn letter_queue_urls(&self, arguments: &LetterQueueArguments) -> Result<(QueueUrls, QueueUrls), ServiceError> {
        let uploads = self.required(arguments.uploads_queue_url.as_deref(), UPLOADS_QUEUE_URL)?;
        let sources = QueueUrls { uploads, ..self.queue_urls(&arguments.queues)? };
        let letters = |given: &Option<String>, variable| self.required(given.as_deref(), variable);
        let letters = QueueUrls {
            uploads: letters(&arguments.uploads_dead_letters_url, "QUIRE_UPLOADS_DEAD_LETTERS_URL")?,
            compress: letters(&arguments.compress_dead_letters_url, "QUIRE_COMPRESS_DEAD_LETTERS_URL")?,
            scan: letters(&arguments.scan_dead_letters_url, "QUIRE_SCAN_DEAD_LETTERS_URL")?,
            scan_large: letters(&arguments.scan_large_dead_letters_url, "QUIRE_SCAN_LARGE_DEAD_LETTERS_URL")?,
            split: letters(&arguments.split_dead_letters_url, "QUIRE_SPLIT_DEAD_LETTERS_URL")?,
        };
        Ok((sources, letters))
    }

    /// The address to use instead of AWS. If it comes from the file, region and credentials come from the file, too:
    /// credentials of another place would not fit.
    pub fn endpoint(&self, arguments: &AwsArguments) -> Option<String> {
        let endpoint = self.optional(arguments.endpoint_url.as_deref(), ENDPOINT_URL);
        if endpoint.as_deref() == self.file.get(ENDPOINT_URL) {
            let is_free = |key: &str| endpoint.is_some() || std::env::var_os(key).is_none();
            self.file.aws().filter(|(key, _)| is_free(key)).for_each(|(key, value)| set_variable(key, value));
        }
        endpoint
    }
}

/// The AWS SDK reads region, profile and credentials from the environment of the process only.
#[expect(unsafe_code, reason = "the AWS SDK reads these settings from the environment of this process")]
fn set_variable(key: &str, value: &str) {
    // SAFETY: this runs before the runtime or any other thread starts. Signal handlers only set a flag.
    unsafe { std::env::set_var(key, value) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::arguments::UPLOAD_BUCKET;
    use std::io::Write;

    fn settings(text: &str) -> Settings {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Settings::new(&FileArguments { environment_file: Some(file.path().to_owned()) }).unwrap()
    }

    #[test]
    fn options_and_variables_precede_the_file() {
        let settings = settings("QUIRE_UPLOAD_BUCKET=file\n");
        assert_eq!(settings.required(Some("given"), UPLOAD_BUCKET).unwrap(), "given");
        assert_eq!(settings.required(Some(""), UPLOAD_BUCKET).unwrap(), "file");
        assert_eq!(settings.required(None, UPLOAD_BUCKET).unwrap(), "file");
    }

    #[test]
    fn a_missing_setting_is_named_with_the_ways_to_give_it() {
        let error = settings("").required(None, UPLOAD_BUCKET).unwrap_err();
        assert_eq!(error.code(), "settings.missing");
        let message = error.to_string();
        assert!(message.contains("QUIRE_UPLOAD_BUCKET") && message.contains("--upload-bucket"), "{message}");
    }

    #[test]
    fn an_action_needs_every_queue_but_the_uploads_queue() {
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
