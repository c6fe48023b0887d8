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
    match Login::of(address)? {
        Login::Url => Database::new(&settings),
        Login::Secret(arn) => {
            let secret = Secret { secrets: Secrets::new(sdk), arn: arn.to_owned() };
            Database::with_source(&settings, Arc::new(secret)).await
        }
        Login::Token => {
            let token =
                DatabaseToken::new(sdk, &settings.url).map_err(|reason| CatalogError::Settings(reason.to_string()))?;
            Database::with_source(&settings, Arc::new(Token(token))).await
        }
    }
}

/// Where user and password come from.
#[derive(Debug, PartialEq, Eq)]
enum Login<'a> {
    Url,
    Secret(&'a str),
    Token,
}

impl<'a> Login<'a> {
    /// The template sets the variable of IAM in every case, so its value decides and not whether it is there.
    fn of(address: &'a DatabaseAddress) -> Result<Self, CatalogError> {
        match (address.database_secret_arn.as_deref(), address.database_iam) {
            (None, false) => Ok(Self::Url),
            (Some(arn), false) => Ok(Self::Secret(arn)),
            (None, true) => Ok(Self::Token),
            (Some(_), true) => {
                let reason = "QUIRE_DATABASE_SECRET_ARN and QUIRE_DATABASE_IAM=true exclude each other.";
                Err(CatalogError::Settings(reason.to_owned()))
            }
        }
    }
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
    use clap::Parser;

    #[derive(Parser)]
    #[command(no_binary_name = true)]
    struct Only {
        #[command(flatten)]
        address: DatabaseAddress,
    }

    #[test]
    fn a_secret_and_a_token_exclude_each_other_and_no_token_is_no_contradiction() {
        let address = |given: &[&str]| {
            Only::try_parse_from(["--database-url=postgres://db/quire"].iter().chain(given)).unwrap().address
        };
        let (secret, token, no_token) = ("--database-secret-arn=arn", "--database-iam=true", "--database-iam=false");
        assert_eq!(Login::of(&address(&[secret, no_token])).unwrap(), Login::Secret("arn"));
        assert_eq!(Login::of(&address(&[no_token])).unwrap(), Login::Url);
        assert_eq!(Login::of(&address(&[token])).unwrap(), Login::Token);
        assert_eq!(Login::of(&address(&[secret, token])).unwrap_err().code(), "catalog.settings");
    }

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
