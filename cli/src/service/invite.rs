//! `quire invite`: an invitation to the console.

use super::actor;
use super::arguments::{CONSOLE_URL, Invite};
use super::connection;
use super::error::ServiceError;
use super::report::timestamp;
use super::settings::Settings;
use crate::terminal::{print, print_json};
use catalog::PersonSummary;
use engine::cancellation::Cancellation;
use pipeline::invitation;
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;

#[derive(Debug, Serialize)]
struct Invited {
    name: String,
    role: &'static str,
    /// Null if somebody can sign in already and only the first person was to be invited.
    link: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

pub fn run(arguments: &Invite, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let settings = Settings::new(&arguments.acting.database.service, cancellation)?;
    let database = settings.required_database(&arguments.acting.database)?;
    let console = settings.optional(arguments.console_url.as_deref(), CONSOLE_URL).unwrap_or_default();
    let actor = actor::of(&arguments.acting);
    let link = connection::run(cancellation, Duration::ZERO, async {
        let catalog = connection::catalog(&database).await?.acting_as(&actor);
        let is_member = |person: &PersonSummary| person.is_member && person.revoked_at.is_none();
        if arguments.first && catalog.people().await?.iter().any(is_member) {
            return Ok(None);
        }
        Ok(Some(invitation::invite(&catalog, &arguments.name, arguments.role).await?))
    })?;
    let invited = Invited {
        name: arguments.name.as_str().to_lowercase(),
        role: arguments.role.as_str(),
        link: link.as_ref().map(|link| format!("{}{}", console.trim_end_matches('/'), link.path)),
        expires_at: link.as_ref().map(|link| link.expires_at),
    };
    if arguments.acting.json {
        return Ok(print_json(&invited)?);
    }
    match (invited.link, invited.expires_at) {
        (Some(link), Some(expires)) => {
            eprintln!("The link works once and expires on {}. It is shown only now:", timestamp(expires));
            Ok(print(&link)?)
        }
        _ => {
            eprintln!("Somebody can sign in already. Nobody was invited.");
            Ok(())
        }
    }
}
