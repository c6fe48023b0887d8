use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::{Request, Uri};
use std::time::{Duration, SystemTime};

/// RDS accepts a token for so long (AWS, "IAM database authentication").
const VALID_FOR: Duration = Duration::from_secs(900);

/// Why no token can be made. `reason` is a full sentence.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct TokenError {
    reason: String,
}

impl TokenError {
    fn new(what: &str, cause: impl std::fmt::Display) -> Self {
        Self { reason: format!("{what}: {cause}.") }
    }
}

/// Signs the tokens that stand for a password where the database checks permissions of IAM: the query of a request to
/// the database's host (AWS, "Connecting to your DB instance using IAM authentication").
#[derive(Debug, Clone)]
pub struct DatabaseToken {
    credentials: SharedCredentialsProvider,
    region: String,
    /// What is signed: `https://host:port/?Action=connect&DBUser=user`.
    request: String,
}

impl DatabaseToken {
    /// For the host, the port and the user in a `postgres://` URL.
    ///
    /// # Errors
    /// When one of them is missing, or there are no credentials or no region.
    pub fn new(sdk: &SdkConfig, database_url: &str) -> Result<Self, TokenError> {
        let missing = |what: &str| TokenError { reason: format!("IAM database authentication needs {what}.") };
        let uri: Uri =
            database_url.parse().map_err(|error| TokenError::new("The database's URL is not valid", error))?;
        let user = uri.authority().and_then(|authority| authority.as_str().rsplit_once('@'));
        let user = user.map(|(user, _)| user).filter(|user| !user.contains(':'));
        let user = user.ok_or_else(|| missing("a user, and no password, in the database's URL"))?;
        let host = uri.host().ok_or_else(|| missing("a host in the database's URL"))?;
        let port = uri.port_u16().unwrap_or(5432);
        Ok(Self {
            credentials: sdk.credentials_provider().ok_or_else(|| missing("credentials of AWS"))?,
            region: sdk.region().ok_or_else(|| missing("a region of AWS"))?.to_string(),
            request: format!("https://{host}:{port}/?Action=connect&DBUser={user}"),
        })
    }

    /// A token that is valid for 15 minutes. A connection outlives its token.
    ///
    /// # Errors
    /// When the credentials cannot be had.
    pub async fn sign(&self) -> Result<String, TokenError> {
        self.sign_at(SystemTime::now()).await
    }

    async fn sign_at(&self, time: SystemTime) -> Result<String, TokenError> {
        let unsigned = |cause: &dyn std::fmt::Display| TokenError::new("The token cannot be signed", cause);
        let credentials = self.credentials.provide_credentials().await;
        let identity = credentials.map_err(|error| TokenError::new("There are no credentials of AWS", error))?.into();
        let mut settings = SigningSettings::default();
        settings.expires_in = Some(VALID_FOR);
        settings.signature_location = SignatureLocation::QueryParams;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("rds-db")
            .time(time)
            .settings(settings)
            .build()
            .map_err(|error| unsigned(&error))?;
        let signable = SignableRequest::new("GET", &self.request, std::iter::empty(), SignableBody::Bytes(&[]))
            .map_err(|error| unsigned(&error))?;
        let (instructions, _) = sign(signable, &parameters.into()).map_err(|error| unsigned(&error))?.into_parts();
        let mut request = Request::get(&self.request).body(()).map_err(|error| unsigned(&error))?;
        instructions.apply_to_request_http1x(&mut request);
        Ok(request.uri().to_string().trim_start_matches("https://").to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::Credentials;

    fn sdk() -> SdkConfig {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("session".to_owned()), None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build()
    }

    #[tokio::test]
    async fn a_token_is_the_signed_query_without_the_scheme() {
        let url = "postgres://quire@db.example.com:5433/quire?sslmode=verify-full";
        let signer = DatabaseToken::new(&sdk(), url).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let token = signer.sign_at(time).await.unwrap();
        assert!(token.starts_with("db.example.com:5433/?Action=connect&DBUser=quire&X-Amz-"), "{token}");
        let parts = [
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "X-Amz-Credential=AKIDEXAMPLE%2F20231114%2Fus-east-1%2Frds-db%2Faws4_request",
            "X-Amz-Expires=900",
            "X-Amz-SignedHeaders=host",
            "X-Amz-Security-Token=session",
            "X-Amz-Signature=",
        ];
        for part in parts {
            assert!(token.contains(part), "{part} in {token}");
        }
        assert_eq!(signer.sign_at(time).await.unwrap(), token, "the same time gives the same token");
        assert_ne!(signer.sign_at(time + VALID_FOR).await.unwrap(), token);
    }

    #[test]
    fn a_url_without_a_user_or_with_a_password_is_refused() {
        for url in ["postgres://db.example.com/quire", "postgres://quire:pw@db.example.com/quire", "nonsense"] {
            assert!(DatabaseToken::new(&sdk(), url).is_err(), "{url}");
        }
    }
}
