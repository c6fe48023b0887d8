//! `quire logs`: the lines about one scan, from CloudWatch Logs or from the files of the local stack.

use super::arguments::{Logs as Arguments, STACK_LOGS};
use super::connection;
use super::error::ServiceError;
use super::settings::Settings;
use crate::terminal::{print, print_json, visible};
use deployment::{FUNCTION_LOGS, LogLine, Logs, ScanLog};
use engine::cancellation::Cancellation;
use std::time::Duration;
use time::OffsetDateTime;

/// The time between two looks of `--follow`.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// The retention of the logs of the template.
const DEFAULT_SINCE: Duration = Duration::from_secs(30 * 86_400);

pub fn run(arguments: &Arguments, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let settings = Settings::new(&arguments.service, cancellation)?;
    let since = arguments.since.unwrap_or(DEFAULT_SINCE);
    let since = OffsetDateTime::now_utc().saturating_sub(since.try_into().unwrap_or_default());
    let directory = settings.optional(arguments.log_directory.as_deref(), STACK_LOGS);
    connection::run(cancellation, Duration::ZERO, async {
        let mut log = match directory {
            Some(directory) => ScanLog::in_directory(directory.into(), since),
            None => {
                let name = |(function, variable)| Ok((function, settings.required(None, variable)?));
                let logs = FUNCTION_LOGS.into_iter().map(name).collect::<Result<Vec<_>, ServiceError>>()?;
                ScanLog::in_cloudwatch(Logs::new(&connection::sdk(settings.endpoint()).await?), logs, since)
            }
        };
        let mut is_first = true;
        loop {
            let lines = log.next(arguments.scan).await?;
            if is_first && lines.is_empty() && !arguments.follow {
                eprintln!("The logs have no line about scan {}. --since looks further back.", arguments.scan);
            }
            is_first = false;
            for line in &lines {
                if arguments.json { print_json(line)? } else { print(&text(line))? }
            }
            if !arguments.follow {
                return Ok(());
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    })
}

fn text(line: &LogLine) -> String {
    let [time, level, message, code, error] =
        ["timestamp", "level", "message", "code", "error"].map(|name| line.field(name));
    let error = if error.is_empty() { String::new() } else { format!(": {error}") };
    let code = if code.is_empty() { String::new() } else { format!(" [{code}]") };
    visible(&format!("{time}  {:<9}  {level:<5}  {message}{error}{code}", line.function))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_says_when_who_what_and_why() {
        let line = json!({
            "timestamp": "2026-11-20T09:41:05Z", "level": "WARN", "code": "worker.lost",
            "message": "split of scan 17 had no heartbeat\u{1b}[2J",
        });
        let line = LogLine { function: "reconcile".to_owned(), line };
        insta::assert_snapshot!(text(&line), @r"2026-11-20T09:41:05Z  reconcile  WARN   split of scan 17 had no heartbeat\u{1b}[2J [worker.lost]");
    }
}
