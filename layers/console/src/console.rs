use crate::configuration::{Configuration, FunctionLogs};
use crate::error::ConsoleError;
use crate::openid::{OpenId, OpenIdError};
use crate::overlay::Overlays;
use crate::{assets, guard, screens};
use aws::SdkConfig;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::get;
use catalog::{Catalog, LeaseRules};
use deployment::Logs;
use domain::ResultKey;
use objects::{ObjectError, Objects};
use pipeline::credentials;
use queues::{DeadLetters, Queues};
use std::sync::Arc;
use std::time::Duration;

/// The largest form. A message of SQS has at most 256 KiB, and its characters may be escaped.
pub(crate) const LARGEST_FORM: usize = 1024 * 1024;

/// How long a link to a file works.
const LINK: Duration = Duration::from_secs(300);

/// How browsers reach the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Through the function's URL, with TLS.
    Lambda,
    /// On this machine, without TLS.
    Loopback,
}

impl Transport {
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::Lambda => "https",
            Self::Loopback => "http",
        }
    }
}

/// What the screens need.
#[derive(Debug)]
pub struct Console {
    pub catalog: Catalog,
    pub objects: Objects,
    pub queues: Queues,
    pub dead_letters: DeadLetters,
    pub rules: LeaseRules,
    pub transport: Transport,
    pub overlays: Overlays,
    /// With what people sign in besides a password, or instead of one.
    pub openid: Option<OpenId>,
    /// Whether people may sign in with a password.
    pub has_accounts: bool,
    pub function_logs: FunctionLogs,
    pub cloudwatch: Logs,
}

impl Console {
    /// Connects to nothing but the secret that holds the database's password.
    ///
    /// # Errors
    /// When the database's address or its secret cannot be read, or settings are missing.
    pub async fn new(
        configuration: &Configuration,
        sdk: &SdkConfig,
        transport: Transport,
    ) -> Result<Self, ConsoleError> {
        let Configuration { buckets, queues, dead_letters, recovery, local_accounts, .. } = configuration;
        let openid = OpenId::new(&configuration.openid, sdk)?;
        if openid.is_none() && !local_accounts {
            let reason = "QUIRE_LOCAL_ACCOUNTS=false needs QUIRE_OPENID_ISSUER: nobody could sign in.";
            return Err(OpenIdError::Settings(reason.to_owned()).into());
        }
        Ok(Self {
            catalog: Catalog::on(credentials::database(&configuration.database, sdk).await?),
            objects: buckets.objects(sdk),
            queues: Queues::new(sdk, queues.clone()),
            dead_letters: DeadLetters::new(sdk, queues.clone(), dead_letters.urls()),
            rules: recovery.lease_rules(),
            transport,
            overlays: Overlays::default(),
            openid,
            has_accounts: *local_accounts,
            function_logs: configuration.logs.clone(),
            cloudwatch: Logs::new(sdk),
        })
    }

    /// A link to a file of the results. Whoever has it can read the file, so it works for a few minutes only.
    pub(crate) async fn link(&self, key: &ResultKey) -> Result<String, ObjectError> {
        self.objects.presigned_url(key, LINK).await
    }
}

/// Every address of the console.
pub fn router(console: Arc<Console>) -> Router {
    Router::new()
        .merge(screens::inside().layer(middleware::from_fn_with_state(Arc::clone(&console), guard::check_token)))
        .merge(screens::outside())
        .route("/assets/{name}", get(assets::asset))
        .fallback(screens::not_found)
        .layer(middleware::from_fn(guard::check_origin))
        .layer(middleware::from_fn_with_state(Arc::clone(&console), guard::set_headers))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .with_state(console)
}
