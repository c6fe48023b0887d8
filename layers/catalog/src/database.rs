//! Where the database is and how to log in.

use crate::error::CatalogError;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

/// The authorities that sign the certificates of Amazon RDS and of RDS Proxy (AWS, "Using SSL/TLS to encrypt a
/// connection to a DB instance"). certificates/README.md says how to renew the file.
const RDS_AUTHORITIES: &[u8] = include_bytes!("../certificates/rds.pem");

#[derive(Clone)]
pub struct DatabaseSettings {
    /// A `postgres://` URL. Its parameter `sslmode` selects TLS. Without it, the server must prove who it is
    /// (`verify-full`), unless it is on this machine.
    pub url: String,
}

impl fmt::Debug for DatabaseSettings {
    /// Omits the URL, which may contain a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DatabaseSettings").finish_non_exhaustive()
    }
}

impl DatabaseSettings {
    fn options(&self) -> Result<PgConnectOptions, CatalogError> {
        let options =
            PgConnectOptions::from_str(&self.url).map_err(|error| CatalogError::Settings(error.to_string()))?;
        if options.get_options().is_some() {
            let reason =
                "A pooler does not support start-up options. Remove `options` from the URL, and unset PGOPTIONS.";
            return Err(CatalogError::Settings(reason.to_owned()));
        }
        let has = |parameter: &str| self.url.split(['?', '&']).skip(1).any(|given| given.starts_with(parameter));
        let is_elsewhere = options.get_socket().is_none() && !is_loopback(options.get_host());
        let options = if is_elsewhere && !has("sslmode=") { options.ssl_mode(PgSslMode::VerifyFull) } else { options };
        let options =
            if has("sslrootcert=") { options } else { options.ssl_root_cert_from_pem(RDS_AUTHORITIES.to_vec()) };
        Ok(options.statement_cache_capacity(0).extra_float_digits(None))
    }
}

fn is_loopback(host: &str) -> bool {
    let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    is_address || host == "localhost" || host.starts_with('/')
}

/// A user and a password.
#[derive(Clone)]
pub struct Credentials {
    /// `None` for the user in the URL.
    pub user: Option<String>,
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// Gives credentials that change while a program runs: a secret that is rotated, a token that expires.
pub trait CredentialSource: fmt::Debug + Send + Sync {
    /// # Errors
    /// [`CatalogError::Credentials`], whose text says why they cannot be read.
    fn read(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, CatalogError>> + Send + '_>>;
}

/// How to connect. Clones share the credentials that were read last.
#[derive(Clone, Debug)]
pub struct Database {
    options: Arc<Mutex<PgConnectOptions>>,
    source: Option<Arc<dyn CredentialSource>>,
}

impl Database {
    /// With the credentials in the URL.
    ///
    /// # Errors
    /// [`CatalogError::Settings`].
    pub fn new(settings: &DatabaseSettings) -> Result<Self, CatalogError> {
        Ok(Self { options: Arc::new(Mutex::new(settings.options()?)), source: None })
    }

    /// With credentials that are read now, and again whenever the database refuses them.
    ///
    /// # Errors
    /// [`CatalogError::Settings`] and [`CatalogError::Credentials`].
    pub async fn with_source(
        settings: &DatabaseSettings,
        source: Arc<dyn CredentialSource>,
    ) -> Result<Self, CatalogError> {
        let database = Self { source: Some(source), ..Self::new(settings)? };
        database.renew().await?;
        Ok(database)
    }

    pub(crate) fn options(&self) -> PgConnectOptions {
        self.options.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the credentials again. False if they are fixed.
    pub(crate) async fn renew(&self) -> Result<bool, CatalogError> {
        let Some(source) = &self.source else { return Ok(false) };
        let Credentials { user, password } = source.read().await?;
        let mut options = self.options.lock().unwrap_or_else(PoisonError::into_inner);
        let with_password = options.clone().password(&password);
        *options = match user {
            Some(user) => with_password.username(&user),
            None => with_password,
        };
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> PgSslMode {
        DatabaseSettings { url: url.to_owned() }.options().unwrap().get_ssl_mode()
    }

    #[test]
    fn a_server_elsewhere_must_prove_who_it_is_unless_the_url_says_otherwise() {
        for url in ["postgres://u@db.example.com/q", "postgres://u@10.0.0.7:5432/q?application_name=sslmode"] {
            assert!(matches!(mode(url), PgSslMode::VerifyFull), "{url}");
        }
        for url in
            ["postgres://u@127.0.0.1/q", "postgres://u@localhost/q", "postgres://u@[::1]/q", "postgres:///q?host=/run"]
        {
            assert!(matches!(mode(url), PgSslMode::Prefer), "{url}");
        }
        assert!(matches!(mode("postgres://u@db.example.com/q?sslmode=disable"), PgSslMode::Disable));
        assert!(matches!(mode("postgres://u@db.example.com/q?a=b&sslmode=require"), PgSslMode::Require));
    }
}
