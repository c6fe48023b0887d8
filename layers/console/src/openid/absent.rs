//! In place of the issuer, in a program that was built without the feature `openid`. None is ever made.

use super::settings::IssuerSettings;
use super::{Claims, OpenIdError, Transaction};
use aws::SdkConfig;

#[derive(Debug)]
pub enum Issuer {}

impl Issuer {
    pub fn new(_: IssuerSettings, _: &SdkConfig) -> Result<Self, OpenIdError> {
        let reason = "QUIRE_OPENID_ISSUER is set, and this program was built without OpenID Connect.";
        Err(OpenIdError::Settings(reason.to_owned()))
    }

    pub async fn authorization_url(&self, _: &Transaction, _: &str) -> Result<String, OpenIdError> {
        match *self {}
    }

    pub async fn claims(&self, _: &str, _: &Transaction, _: &str) -> Result<Claims, OpenIdError> {
        match *self {}
    }

    pub fn is(&self, _: &str) -> bool {
        match *self {}
    }
}
