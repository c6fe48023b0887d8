use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;

use crate::CallError;

/// AWS Secrets Manager.
#[derive(Debug, Clone)]
pub struct Secrets(Client);

impl Secrets {
    /// Opens no connection yet.
    #[must_use]
    pub fn new(sdk: &SdkConfig) -> Self {
        Self(Client::new(sdk))
    }

    /// The text of the current version of a secret; empty if it is binary. `secret` is an ARN or a name.
    ///
    /// # Errors
    /// When the service does not answer or refuses.
    pub async fn read(&self, secret: &str) -> Result<String, CallError> {
        let answer = self.0.get_secret_value().secret_id(secret).send().await?;
        Ok(answer.secret_string.unwrap_or_default())
    }
}
