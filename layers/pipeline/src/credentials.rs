//! The credentials of the database that AWS keeps: a secret that is rotated, or a token that expires.

use crate::configuration::DatabaseAddress;
use aws::{DatabaseToken, SdkConfig, Secrets};
use catalog::{CatalogError, CredentialSource, Credentials, Database};
use serde::Deserialize;
use std::pin::Pin;
use std::sync::Arc;

/// # Errors
/// When the address cannot be read, or the secret.
pub async fn database(address: &DatabaseAddress, sdk: &SdkConfig) -> Result<Database, CatalogError> {
    let settings = address.settings();
    if let Some(arn) = &address.database_secret_arn {
        let secret = Secret { secrets: Secrets::new(sdk), arn: arn.clone() };
        return Database::with_source(&settings, Arc::new(secret)).await;
    }
    if address.database_iam {
        let token =
            DatabaseToken::new(sdk, &settings.url).map_err(|reason| CatalogError::Settings(reason.to_string()))?;
        return Database::with_source(&settings, Arc::new(Token(token))).await;
    }
    Database::new(&settings)
}

#[derive(Debug)]
struct Secret {
    secrets: Secrets,
    arn: String,
}

/// The part that RDS rotates (AWS, "JSON structure of AWS Secrets Manager database credential secrets").
#[derive(Deserialize)]
struct UserAndPassword {
    username: String,
    password: String,
}

impl CredentialSource for Secret {
    fn read(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, CatalogError>> + Send + '_>> {
        Box::pin(async {
            let text =
                self.secrets.read(&self.arn).await.map_err(|error| CatalogError::Credentials(error.to_string()))?;
            credentials(&text)
        })
    }
}

fn credentials(secret: &str) -> Result<Credentials, CatalogError> {
    // serde's message would quote a part of the secret.
    let malformed = |_| CatalogError::Credentials("The secret is not JSON with `username` and `password`.".to_owned());
    let UserAndPassword { username, password } = serde_json::from_str(secret).map_err(malformed)?;
    Ok(Credentials { user: Some(username), password })
}

#[derive(Debug)]
struct Token(DatabaseToken);

impl CredentialSource for Token {
    fn read(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, CatalogError>> + Send + '_>> {
        Box::pin(async {
            let token = self.0.sign().await.map_err(|error| CatalogError::Credentials(error.to_string()))?;
            Ok(Credentials { user: None, password: token })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_may_have_any_character_and_an_error_quotes_none() {
        let secret = r#"{"username": "quire", "password": "a/b@c:d?e#f %\"", "engine": "postgres", "port": 5432}"#;
        let read = credentials(secret).unwrap();
        assert_eq!((read.user.as_deref(), read.password.as_str()), (Some("quire"), "a/b@c:d?e#f %\""));
        for broken in ["hunter2", r#"{"password": "hunter2"}"#, r#"{"username": 1, "password": "hunter2"}"#] {
            let error = credentials(broken).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
