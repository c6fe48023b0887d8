use crate::DeploymentError;
use aws::{CallError, SdkConfig};
use aws_sdk_cloudwatchlogs::Client;
use domain::ScanId;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// Lines of one log that are read at once. More are left to the next call.
const MOST_LINES: usize = 10_000;

/// CloudWatch Logs.
#[derive(Debug, Clone)]
pub struct Logs(Client);

impl Logs {
    /// Opens no connection yet.
    #[must_use]
    pub fn new(sdk: &SdkConfig) -> Self {
        Self(Client::new(sdk))
    }

    /// Lines about a scan that a log has received since `since`, by the id that CloudWatch gave to each. CloudWatch
    /// chooses them by the field `scan` of the line or of its span. A log that does not exist has no lines.
    ///
    /// # Errors
    /// When CloudWatch Logs does not answer or refuses.
    pub async fn lines(
        &self,
        log: &str,
        scan: ScanId,
        since: OffsetDateTime,
    ) -> Result<BTreeMap<String, String>, DeploymentError> {
        let pattern = format!("{{ ($.scan = {scan}) || ($.span.scan = {scan}) }}");
        let start = since.unix_timestamp().max(0).saturating_mul(1_000);
        let mut lines = BTreeMap::new();
        let mut next = None;
        loop {
            let call = self.0.filter_log_events().log_group_name(log).filter_pattern(&pattern).start_time(start);
            let answer = match call.set_next_token(next).send().await.map_err(CallError::from) {
                Err(CallError::Refused { refusal, .. }) if refusal.error_code == "ResourceNotFoundException" => {
                    return Ok(lines);
                }
                answer => answer.map_err(|error| DeploymentError::of("read the log", error))?,
            };
            let events = answer.events.unwrap_or_default().into_iter();
            lines.extend(events.filter_map(|event| event.event_id.zip(event.message)));
            next = answer.next_token;
            if next.is_none() || lines.len() >= MOST_LINES {
                return Ok(lines);
            }
        }
    }
}
