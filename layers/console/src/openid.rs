//! Signing in with OpenID Connect: the authorization code flow with PKCE, state and nonce.
//!
//! The groups of a person at the issuer decide the role, at each sign-in. What talks to the issuer is behind the feature
//! `openid`, because of its dependencies; without it, the settings are refused.
#![cfg_attr(not(feature = "openid"), allow(dead_code, reason = "nobody talks to an issuer"))]

mod error;
#[cfg(feature = "openid")]
mod http_client;
#[cfg(feature = "openid")]
mod issuer;
#[cfg(not(feature = "openid"))]
#[path = "openid/absent.rs"]
mod issuer;
mod settings;
mod transaction;

pub use error::OpenIdError;
pub use settings::OpenIdSettings;
pub use transaction::{Transaction, VALID_FOR};

use aws::SdkConfig;
use catalog::OpenIdIdentity;
use domain::Role;
use issuer::Issuer;
use settings::{GroupRoles, IssuerSettings};

/// The issuer with which people sign in.
#[derive(Debug)]
pub struct OpenId {
    /// What the button of the sign-in page says.
    pub name: String,
    roles: GroupRoles,
    issuer: Issuer,
}

/// What the issuer's ID token says about a person.
#[derive(Debug)]
pub struct Claims {
    pub identity: OpenIdIdentity,
    pub groups: Vec<String>,
}

impl OpenId {
    /// Asks nobody yet. None if no issuer is configured.
    ///
    /// # Errors
    /// When settings are missing or cannot be used.
    pub fn new(settings: &OpenIdSettings, sdk: &SdkConfig) -> Result<Option<Self>, OpenIdError> {
        let Some(issuer) = IssuerSettings::of(settings)? else { return Ok(None) };
        let (name, roles) = (settings.openid_name.clone(), GroupRoles::of(settings)?);
        Ok(Some(Self { name, roles, issuer: Issuer::new(issuer, sdk)? }))
    }

    /// The address of the issuer to which a browser goes. From there it comes back to `redirect`.
    ///
    /// # Errors
    /// When the issuer does not say where that is.
    pub async fn authorization_url(&self, transaction: &Transaction, redirect: &str) -> Result<String, OpenIdError> {
        self.issuer.authorization_url(transaction, redirect).await
    }

    /// Who a browser with this code is, after every check of the ID token.
    ///
    /// # Errors
    /// When the issuer does not answer, does not accept the code, or sends what cannot be trusted.
    pub async fn claims(&self, code: &str, transaction: &Transaction, redirect: &str) -> Result<Claims, OpenIdError> {
        self.issuer.claims(code, transaction, redirect).await
    }

    /// Whether an answer names the issuer, if it names one (RFC 9207).
    #[must_use]
    pub fn is_issuer(&self, named: Option<&str>) -> bool {
        named.is_none_or(|named| self.issuer.is(named))
    }

    /// The highest role of these groups.
    #[must_use]
    pub fn role(&self, groups: &[String]) -> Option<Role> {
        self.roles.of_groups(groups)
    }
}
