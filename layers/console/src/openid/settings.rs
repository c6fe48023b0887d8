//! Which issuer, and what its groups may do.

use super::OpenIdError;
use clap::Args;
use domain::Role;
use http::Uri;
use std::net::IpAddr;

/// All empty without OpenID Connect. Lists are separated by semicolons, because names of groups may contain commas.
#[derive(Clone, Default, Args)]
pub struct OpenIdSettings {
    /// The issuer's address, as its ID tokens name it.
    #[arg(long, env = "QUIRE_OPENID_ISSUER")]
    pub openid_issuer: Option<String>,
    /// What the issuer calls this console.
    #[arg(long, env = "QUIRE_OPENID_CLIENT_ID")]
    pub openid_client_id: Option<String>,
    /// The client's secret, for tests and the local stack.
    #[arg(long, env = "QUIRE_OPENID_CLIENT_SECRET", hide_env_values = true)]
    pub openid_client_secret: Option<String>,
    /// The ARN of a secret of Secrets Manager whose text is the client's secret.
    #[arg(long, env = "QUIRE_OPENID_SECRET_ARN")]
    pub openid_secret_arn: Option<String>,
    /// The button of the sign-in page says "Sign in with" and this.
    #[arg(long, env = "QUIRE_OPENID_NAME", default_value = "OpenID Connect")]
    pub openid_name: String,
    /// What is asked of the issuer, separated by spaces. Some issuers tell groups only if they are asked to.
    #[arg(long, env = "QUIRE_OPENID_SCOPES", default_value = "openid profile email")]
    pub openid_scopes: String,
    /// The claim of the ID token that holds the groups.
    #[arg(long, env = "QUIRE_OPENID_GROUPS_CLAIM", default_value = "groups")]
    pub openid_groups_claim: String,
    /// The groups whose people are viewers, and so on.
    #[arg(long, env = "QUIRE_OPENID_VIEWERS", value_delimiter = ';')]
    pub openid_viewers: Vec<String>,
    #[arg(long, env = "QUIRE_OPENID_REVIEWERS", value_delimiter = ';')]
    pub openid_reviewers: Vec<String>,
    #[arg(long, env = "QUIRE_OPENID_OPERATORS", value_delimiter = ';')]
    pub openid_operators: Vec<String>,
    #[arg(long, env = "QUIRE_OPENID_ADMINS", value_delimiter = ';')]
    pub openid_admins: Vec<String>,
}

impl std::fmt::Debug for OpenIdSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The settings may contain a secret.
        formatter.debug_struct("OpenIdSettings").field("issuer", &self.openid_issuer).finish_non_exhaustive()
    }
}

/// Where the client's secret is. A public client has none: PKCE alone protects its codes.
#[derive(Clone, PartialEq, Eq)]
pub enum ClientSecret {
    None,
    Text(String),
    /// The ARN of a secret, which is read at each sign-in, so that it can be rotated.
    Stored(String),
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ClientSecret(…)")
    }
}

/// The settings that the conversation with the issuer needs, checked.
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    pub url: String,
    /// Whether the issuer is on this machine. Then, and only then, everything that it names may be there, without TLS.
    pub is_local: bool,
    pub client_id: String,
    pub secret: ClientSecret,
    pub scopes: Vec<String>,
    pub groups_claim: String,
}

impl IssuerSettings {
    /// None if there is no issuer.
    ///
    /// # Errors
    /// When a setting is missing or cannot be used.
    pub fn of(settings: &OpenIdSettings) -> Result<Option<Self>, OpenIdError> {
        let Some(url) = settings.openid_issuer.clone() else { return Ok(None) };
        let wrong = |reason: &str| OpenIdError::Settings(reason.to_owned());
        let uri: Uri = url.parse().map_err(|_| wrong("QUIRE_OPENID_ISSUER is not an address."))?;
        let is_local = is_loopback(&uri);
        if !is_safe(&uri, is_local) || uri.query().is_some() {
            return Err(wrong("QUIRE_OPENID_ISSUER must begin with https:// and have no query."));
        }
        let client_id = settings.openid_client_id.clone();
        let secret = match (&settings.openid_client_secret, &settings.openid_secret_arn) {
            (None, None) => ClientSecret::None,
            (Some(text), None) => ClientSecret::Text(text.clone()),
            (None, Some(arn)) => ClientSecret::Stored(arn.clone()),
            (Some(_), Some(_)) => {
                return Err(wrong("QUIRE_OPENID_CLIENT_SECRET and QUIRE_OPENID_SECRET_ARN exclude each other."));
            }
        };
        Ok(Some(Self {
            url,
            is_local,
            client_id: client_id.ok_or_else(|| wrong("QUIRE_OPENID_ISSUER needs QUIRE_OPENID_CLIENT_ID."))?,
            secret,
            scopes: settings.openid_scopes.split_whitespace().map(ToOwned::to_owned).collect(),
            groups_claim: settings.openid_groups_claim.clone(),
        }))
    }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

/// Whether an address of the issuer may be asked: with TLS, or on this machine if the issuer is there, too.
#[must_use]
pub fn is_safe(uri: &Uri, is_local: bool) -> bool {
    match (uri.scheme_str(), is_loopback(uri)) {
        (Some("https" | "http"), true) => is_local,
        (Some("https"), false) => uri.host().is_some_and(|host| !host.is_empty()),
        _ => false,
    }
}

/// The groups of each role, the highest first.
#[derive(Debug, Clone)]
pub struct GroupRoles(Vec<(Role, Vec<String>)>);

impl GroupRoles {
    /// # Errors
    /// When no group is named: nobody could sign in.
    pub fn of(settings: &OpenIdSettings) -> Result<Self, OpenIdError> {
        let named = |groups: &[String]| -> Vec<String> {
            groups.iter().map(|group| group.trim().to_owned()).filter(|group| !group.is_empty()).collect()
        };
        let roles = vec![
            (Role::Admin, named(&settings.openid_admins)),
            (Role::Operator, named(&settings.openid_operators)),
            (Role::Reviewer, named(&settings.openid_reviewers)),
            (Role::Viewer, named(&settings.openid_viewers)),
        ];
        if roles.iter().all(|(_, groups)| groups.is_empty()) {
            let reason =
                "QUIRE_OPENID_ISSUER needs a group in QUIRE_OPENID_VIEWERS, _REVIEWERS, _OPERATORS or _ADMINS.";
            return Err(OpenIdError::Settings(reason.to_owned()));
        }
        Ok(Self(roles))
    }

    /// The highest role of any of these groups.
    #[must_use]
    pub fn of_groups(&self, groups: &[String]) -> Option<Role> {
        self.0.iter().find(|(_, allowed)| groups.iter().any(|group| allowed.contains(group))).map(|(role, _)| *role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(issuer: &str) -> OpenIdSettings {
        OpenIdSettings {
            openid_issuer: Some(issuer.to_owned()),
            openid_client_id: Some("quire".to_owned()),
            ..OpenIdSettings::default()
        }
    }

    #[test]
    fn an_issuer_has_tls_except_on_this_machine() {
        assert!(IssuerSettings::of(&OpenIdSettings::default()).unwrap().is_none());
        for local in ["http://127.0.0.1:9000", "http://localhost/realm", "https://[::1]:1/"] {
            assert!(IssuerSettings::of(&settings(local)).unwrap().unwrap().is_local, "{local}");
        }
        assert!(!IssuerSettings::of(&settings("https://id.example.org/realm")).unwrap().unwrap().is_local);
        for wrong in [
            "http://id.example.org",
            "http://127.0.0.1.example.org",
            "http://localhost.example.org",
            "https://",
            "file:///etc/passwd",
            "id.example.org",
            "https://id.example.org/?a=b",
            "",
        ] {
            assert_eq!(IssuerSettings::of(&settings(wrong)).unwrap_err().code().as_str(), "configuration.invalid");
        }
    }

    #[test]
    fn an_issuer_elsewhere_cannot_name_this_machine() {
        let is_safe = |uri: &str, is_local| is_safe(&uri.parse().unwrap(), is_local);
        assert!(is_safe("https://keys.example.org/jwks", false));
        for wrong in
            ["http://keys.example.org/jwks", "https://127.0.0.1/", "http://localhost/", "https://[::1]/", "/jwks"]
        {
            assert!(!is_safe(wrong, false), "{wrong}");
        }
        assert!(is_safe("http://127.0.0.1:7/jwks", true) && !is_safe("http://10.0.0.1/", true));
    }

    #[test]
    fn a_client_has_an_id_and_one_secret_at_most() {
        let without = OpenIdSettings { openid_client_id: None, ..settings("https://id.example.org") };
        assert!(IssuerSettings::of(&without).unwrap_err().to_string().contains("QUIRE_OPENID_CLIENT_ID"));
        let [text, arn] = ["hunter2", "arn"].map(|value| Some(value.to_owned()));
        let both = OpenIdSettings {
            openid_client_secret: text.clone(),
            openid_secret_arn: arn,
            ..settings("https://id.example.org")
        };
        assert!(!IssuerSettings::of(&both).unwrap_err().to_string().contains("hunter2"));
        let one = OpenIdSettings { openid_client_secret: text, ..settings("https://id.example.org") };
        let checked = IssuerSettings::of(&one).unwrap().unwrap();
        assert_eq!(checked.secret, ClientSecret::Text("hunter2".to_owned()));
        assert!(!format!("{one:?}{checked:?}").contains("hunter2"));
    }

    #[test]
    fn the_highest_role_of_all_groups_counts_and_names_are_compared_as_a_whole() {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let settings = OpenIdSettings {
            openid_viewers: list(&["staff", " cn=law,ou=staff "]),
            openid_admins: list(&["owners", ""]),
            ..settings("https://id.example.org")
        };
        let roles = GroupRoles::of(&settings).unwrap();
        let of = |groups: &[&str]| roles.of_groups(&list(groups));
        assert_eq!(of(&["staff", "owners"]), Some(Role::Admin));
        assert_eq!(of(&["cn=law,ou=staff"]), Some(Role::Viewer));
        for nobody in [&[][..], &[""], &["Staff"], &["staff2", "law"], &["staff;owners"]] {
            assert_eq!(of(nobody), None, "{nobody:?}");
        }
        assert!(GroupRoles::of(&OpenIdSettings { openid_admins: list(&[" "]), ..OpenIdSettings::default() }).is_err());
    }
}
