//! Settings. Each comes from the first place that has it: option, environment, then the stack or the environment file.

use super::arguments::{
    COMPRESS_BULK_QUEUE_URL, COMPRESS_QUEUE_URL, DATABASE_IAM, DATABASE_SECRET_ARN, DATABASE_URL, DatabaseArguments,
    ENDPOINT_URL, LetterQueueArguments, QueueArguments, RuleArguments, SCAN_LARGE_QUEUE_URL, SCAN_QUEUE_URL,
    SPLIT_QUEUE_URL, ServiceArguments, UPLOADS_QUEUE_URL,
};
use super::connection::DatabaseAccess;
use super::environment_file::EnvironmentFile;
use super::error::ServiceError;
use super::stack::{Stack, output};
use super::values::Secret;
use catalog::LeaseRules;
use engine::cancellation::Cancellation;
use pipeline::configuration::DatabaseAddress;
use queues::QueueUrls;
use std::str::FromStr;
use std::time::Duration;

/// What gives the settings that neither an option nor the environment gives. The parser of arguments has already taken
/// each value from its option or variable.
#[derive(Debug)]
pub struct Settings {
    source: Source,
    endpoint: Option<String>,
}

#[derive(Debug)]
enum Source {
    File(EnvironmentFile),
    Stack(Stack),
}

impl Settings {
    /// Reads the outputs of the stack, if one is named, or else the environment file.
    pub fn new(arguments: &ServiceArguments, cancellation: &Cancellation) -> Result<Self, ServiceError> {
        let endpoint = given(arguments.endpoint_url.as_deref());
        if let Some(name) = &arguments.stack {
            let source = Source::Stack(Stack::read(name, endpoint.clone(), cancellation)?);
            return Ok(Self { source, endpoint });
        }
        let file = EnvironmentFile::read(arguments.environment_file.as_deref())?;
        let endpoint = endpoint.or_else(|| file.get(ENDPOINT_URL).map(ToOwned::to_owned));
        // If the address comes from the file, region and credentials come from the file, too: credentials of another
        // place would not fit.
        if endpoint.as_deref() == file.get(ENDPOINT_URL) {
            let is_free = |key: &str| endpoint.is_some() || std::env::var_os(key).is_none();
            file.aws().filter(|(key, _)| is_free(key)).for_each(|(key, value)| set_variable(key, value));
        }
        Ok(Self { source: Source::File(file), endpoint })
    }

    /// The address to use instead of AWS.
    pub fn endpoint(&self) -> Option<String> {
        self.endpoint.clone()
    }

    fn fallback(&self, variable: &str) -> Option<&str> {
        match &self.source {
            Source::File(file) => file.get(variable),
            Source::Stack(stack) => stack.get(variable),
        }
    }

    fn missing(&self, variable: &'static str) -> ServiceError {
        match (&self.source, output(variable)) {
            (Source::Stack(Stack { name, .. }), Some(output)) => {
                ServiceError::OutputMissing { stack: name.clone(), output, variable }
            }
            (Source::Stack(_), None) => ServiceError::SettingMissing { variable, file: None },
            (Source::File(file), _) => ServiceError::SettingMissing { variable, file: file.path.clone() },
        }
    }

    /// `value` is the value of the option or variable.
    pub fn optional(&self, value: Option<&str>, variable: &'static str) -> Option<String> {
        given(value).or_else(|| self.fallback(variable).map(ToOwned::to_owned))
    }

    pub fn required(&self, value: Option<&str>, variable: &'static str) -> Result<String, ServiceError> {
        self.optional(value, variable).ok_or_else(|| self.missing(variable))
    }

    /// A number that has a default.
    pub fn number<N: FromStr>(&self, value: Option<N>, variable: &'static str, default: N) -> Result<N, ServiceError> {
        match (value, self.fallback(variable)) {
            (Some(value), _) => Ok(value),
            (None, None) => Ok(default),
            (None, Some(text)) => text.parse().map_err(|_| ServiceError::Arguments {
                reason: format!("The setting {variable} is {text:?}, which is not a number."),
            }),
        }
    }

    /// Secret and token belong to the address, so all three come from the same place.
    pub fn database(&self, arguments: &DatabaseArguments) -> Option<DatabaseAccess> {
        let address = match given(arguments.database_url.as_ref().map(Secret::reveal)) {
            Some(database_url) => DatabaseAddress {
                database_url,
                database_secret_arn: given(arguments.database_secret_arn.as_deref()),
                database_iam: arguments.database_iam.unwrap_or_default(),
            },
            None => DatabaseAddress {
                database_url: self.fallback(DATABASE_URL)?.to_owned(),
                database_secret_arn: self.optional(arguments.database_secret_arn.as_deref(), DATABASE_SECRET_ARN),
                database_iam: arguments.database_iam.unwrap_or_else(|| self.fallback(DATABASE_IAM) == Some("true")),
            },
        };
        Some(DatabaseAccess { address, endpoint: self.endpoint() })
    }

    pub fn required_database(&self, arguments: &DatabaseArguments) -> Result<DatabaseAccess, ServiceError> {
        self.database(arguments).ok_or_else(|| self.missing(DATABASE_URL))
    }

    /// The rules of the functions, as far as commands depend on them.
    pub fn rules(&self, arguments: &RuleArguments) -> Result<LeaseRules, ServiceError> {
        let RuleArguments { stale_after_seconds, maximum_interruptions, revival_grace_seconds } = *arguments;
        let stale_after = self.number(stale_after_seconds, "QUIRE_STALE_AFTER_SECONDS", 90)?;
        let revival_grace = self.number(revival_grace_seconds, "QUIRE_REVIVAL_GRACE_SECONDS", 30)?;
        Ok(LeaseRules {
            stale_after: Duration::from_secs(stale_after),
            maximum_interruptions: self.number(maximum_interruptions, "QUIRE_MAXIMUM_INTERRUPTIONS", 3)?,
            revival_grace: Duration::from_secs(revival_grace),
        })
    }

    /// The queues that actions send to. The uploads queue is not one of them: S3 sends to it.
    pub fn queue_urls(&self, arguments: &QueueArguments) -> Result<QueueUrls, ServiceError> {
        Ok(QueueUrls {
            uploads: String::new(),
            compress: self.required(arguments.compress_queue_url.as_deref(), COMPRESS_QUEUE_URL)?,
            compress_bulk: self.required(arguments.compress_bulk_queue_url.as_deref(), COMPRESS_BULK_QUEUE_URL)?,
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
            compress_bulk: letters(&arguments.compress_bulk_dead_letters_url, "QUIRE_COMPRESS_BULK_DEAD_LETTERS_URL")?,
            scan: letters(&arguments.scan_dead_letters_url, "QUIRE_SCAN_DEAD_LETTERS_URL")?,
            scan_large: letters(&arguments.scan_large_dead_letters_url, "QUIRE_SCAN_LARGE_DEAD_LETTERS_URL")?,
            split: letters(&arguments.split_dead_letters_url, "QUIRE_SPLIT_DEAD_LETTERS_URL")?,
        };
        Ok((sources, letters))
    }
}

/// An empty value counts as none.
fn given(value: Option<&str>) -> Option<String> {
    value.filter(|value| !value.is_empty()).map(ToOwned::to_owned)
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
        let arguments =
            ServiceArguments { environment_file: Some(file.path().to_owned()), ..ServiceArguments::default() };
        Settings::new(&arguments, &Cancellation::new()).unwrap()
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
    fn the_secret_of_one_database_is_not_used_for_another() {
        let settings = settings("DATABASE_URL=postgres://h/d\nQUIRE_DATABASE_SECRET_ARN=arn\n");
        let mut arguments = DatabaseArguments {
            database_url: None,
            database_secret_arn: None,
            database_iam: None,
            service: ServiceArguments::default(),
        };
        let secret = |arguments: &DatabaseArguments| settings.database(arguments).unwrap().address.database_secret_arn;
        assert_eq!(secret(&arguments).as_deref(), Some("arn"));
        arguments.database_url = Some(Secret::from("postgres://u:p@other/d".to_owned()));
        assert_eq!(secret(&arguments), None);
    }

    #[test]
    fn a_rule_of_the_service_precedes_the_default() {
        let none =
            RuleArguments { stale_after_seconds: None, maximum_interruptions: None, revival_grace_seconds: None };
        let rules = settings("QUIRE_STALE_AFTER_SECONDS=20\n").rules(&none).unwrap();
        assert_eq!((rules.stale_after.as_secs(), rules.maximum_interruptions), (20, 3));
        assert_eq!(settings("QUIRE_STALE_AFTER_SECONDS=soon\n").rules(&none).unwrap_err().code(), "command.arguments");
    }

    #[test]
    fn an_action_needs_every_queue_but_the_uploads_queue() {
        let text = "QUIRE_COMPRESS_QUEUE_URL=c\nQUIRE_COMPRESS_BULK_QUEUE_URL=b\nQUIRE_SCAN_QUEUE_URL=s\n\
                    QUIRE_SCAN_LARGE_QUEUE_URL=l\n";
        let mut arguments = QueueArguments {
            compress_queue_url: None,
            compress_bulk_queue_url: None,
            scan_queue_url: None,
            scan_large_queue_url: None,
            split_queue_url: None,
        };
        let error = settings(text).queue_urls(&arguments).unwrap_err();
        assert!(error.to_string().contains("--split-queue-url"), "{error}");
        arguments.split_queue_url = Some("p".to_owned());
        let urls = settings(text).queue_urls(&arguments).unwrap();
        assert_eq!((urls.compress_bulk, urls.scan_large), ("b".to_owned(), "l".to_owned()));
    }
}
