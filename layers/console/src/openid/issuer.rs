//! The conversation with the issuer. Whom to ask comes from its discovery document alone, which is read at each sign-in: no
//! key that the issuer has withdrawn is kept.

use super::http_client::{HttpClient, HttpError};
use super::settings::{ClientSecret, IssuerSettings, is_safe};
use super::{OpenIdError, Transaction};
use aws::{SdkConfig, Secrets};
use catalog::OpenIdIdentity;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthType, AuthorizationCode, Client, ClientId, CsrfToken, DiscoveryError, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenClaims, IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Signatures that only the issuer can make. With an algorithm of a shared secret, whoever knows the client's secret could
/// sign tokens.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The longest name that is taken from a token.
const LONGEST_NAME: usize = 100;

/// What a token says beyond the standard.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct OtherClaims(Map<String, Value>);

impl AdditionalClaims for OtherClaims {}

type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// openidconnect's client, with [`OtherClaims`].
type IssuerClient = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

#[derive(Debug)]
pub struct Issuer {
    settings: IssuerSettings,
    url: IssuerUrl,
    secrets: Secrets,
}

impl Issuer {
    /// Asks nobody yet.
    ///
    /// # Errors
    /// When the address cannot be one of an issuer.
    pub fn new(settings: IssuerSettings, sdk: &SdkConfig) -> Result<Self, OpenIdError> {
        let wrong = |error| OpenIdError::Settings(format!("QUIRE_OPENID_ISSUER is not an address: {error}."));
        let url = IssuerUrl::new(settings.url.clone()).map_err(wrong)?;
        Ok(Self { settings, url, secrets: Secrets::new(sdk) })
    }

    pub fn is(&self, named: &str) -> bool {
        self.url.as_str() == named
    }

    pub async fn authorization_url(&self, transaction: &Transaction, redirect: &str) -> Result<String, OpenIdError> {
        let metadata = self.metadata(&self.http_client()?).await?;
        let client = self.client(metadata, None, redirect)?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(transaction.verifier()));
        let (state, nonce) = (CsrfToken::new(transaction.state()), Nonce::new(transaction.nonce()));
        let (url, _, _) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
            .add_scopes(self.settings.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        let is_safe = url.as_str().parse().is_ok_and(|uri| is_safe(&uri, self.settings.is_local));
        if is_safe { Ok(url.into()) } else { Err(untrusted("the address of its sign-in page has no TLS")) }
    }

    pub async fn claims(
        &self,
        code: &str,
        transaction: &Transaction,
        redirect: &str,
    ) -> Result<super::Claims, OpenIdError> {
        let http_client = self.http_client()?;
        let metadata = self.metadata(&http_client).await?;
        let client = self.client(metadata, self.secret().await?, redirect)?;
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(untrusted)?;
        let verifier = PkceCodeVerifier::new(transaction.verifier());
        let tokens = request.set_pkce_verifier(verifier).request_async(&http_client).await.map_err(refusal)?;
        let token = tokens.extra_fields().id_token().ok_or_else(|| untrusted("there is no ID token"))?;
        // Issuer, audience, expiry, signature and nonce (OpenID Connect Core 1.0, section 3.1.3.7).
        let checks = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
        let claims = token.claims(&checks, &Nonce::new(transaction.nonce())).map_err(untrusted)?;
        Ok(super::Claims { identity: identity(claims), groups: self.groups(claims) })
    }

    fn http_client(&self) -> Result<HttpClient, OpenIdError> {
        HttpClient::new(self.settings.is_local).map_err(|error| unreachable(&error))
    }

    /// With the keys of the issuer.
    async fn metadata(&self, http_client: &HttpClient) -> Result<CoreProviderMetadata, OpenIdError> {
        CoreProviderMetadata::discover_async(self.url.clone(), http_client).await.map_err(|error| match error {
            DiscoveryError::Request(error) => unreachable(&error),
            DiscoveryError::Response(status, ..) => OpenIdError::Unreachable(format!("it answered with {status}")),
            error => untrusted(error),
        })
    }

    fn client(
        &self,
        metadata: CoreProviderMetadata,
        secret: Option<String>,
        redirect: &str,
    ) -> Result<IssuerClient, OpenIdError> {
        // Basic is the default of the standard, for issuers that name no method.
        let methods = metadata.token_endpoint_auth_methods_supported();
        let takes_basic = methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|_| OpenIdError::NotBegun)?;
        let client_id = ClientId::new(self.settings.client_id.clone());
        let secret = secret.map(openidconnect::ClientSecret::new);
        Ok(IssuerClient::from_provider_metadata(metadata, client_id, secret)
            .set_redirect_uri(redirect)
            .set_auth_type(if takes_basic { AuthType::BasicAuth } else { AuthType::RequestBody }))
    }

    async fn secret(&self) -> Result<Option<String>, OpenIdError> {
        match &self.settings.secret {
            ClientSecret::None => Ok(None),
            ClientSecret::Text(text) => Ok(Some(text.clone())),
            ClientSecret::Stored(arn) => {
                let unread = |error| OpenIdError::Unreachable(format!("the client's secret cannot be read: {error}"));
                Ok(Some(self.secrets.read(arn).await.map_err(unread)?.trim().to_owned()))
            }
        }
    }

    /// A list, or a single group as a text.
    fn groups(&self, claims: &TokenClaims) -> Vec<String> {
        let groups = match claims.additional_claims().0.get(&self.settings.groups_claim) {
            Some(Value::Array(groups)) => groups.as_slice(),
            Some(single) => std::slice::from_ref(single),
            None => &[],
        };
        groups.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
    }
}

type TokenClaims = IdTokenClaims<OtherClaims, CoreGenderClaim>;

/// The name is what people read, and says nothing about who it is: at many issuers, people choose it themselves.
fn identity(claims: &TokenClaims) -> OpenIdIdentity {
    let email = claims.email().filter(|_| claims.email_verified() == Some(true)).map(|email| email.as_str());
    let chosen = claims.preferred_username().map(|name| name.as_str());
    let subject = claims.subject().as_str();
    let readable = |name: &&str| name.chars().any(|letter| !letter.is_control() && !letter.is_whitespace());
    let name = [email, chosen].into_iter().flatten().find(readable).unwrap_or(subject);
    let name: String = name.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect();
    OpenIdIdentity { issuer: claims.issuer().as_str().to_owned(), subject: subject.to_owned(), name }
}

fn untrusted(cause: impl std::fmt::Display) -> OpenIdError {
    OpenIdError::Untrusted(cause.to_string().trim_end_matches('.').to_owned())
}

/// With its causes, which say what is wrong with a connection.
fn unreachable(error: &HttpError) -> OpenIdError {
    let first: &dyn std::error::Error = error;
    let causes = std::iter::successors(Some(first), |&error| error.source()).map(ToString::to_string);
    let mut causes: Vec<String> = causes.collect();
    causes.dedup();
    OpenIdError::Unreachable(causes.join(": "))
}

fn refusal(error: RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>) -> OpenIdError {
    match error {
        RequestTokenError::ServerResponse(answer) => OpenIdError::Denied(answer.error().to_string()),
        RequestTokenError::Request(error) => unreachable(&error),
        error => untrusted(error),
    }
}
