//! The trace of X-Ray to which messages belong: what the work on a message sends belongs to the trace of that message.

use aws_sdk_sqs::types::{MessageSystemAttributeNameForSends, MessageSystemAttributeValue};
use std::collections::HashMap;

use crate::QueueError;

/// Of the part of a trace header in which Lambda counts how often a chain of messages came through a function.
const LINEAGE: &str = "Lineage=";

tokio::task_local! {
    static HEADER: Option<String>;
}

/// Runs the work on a message. `message` and `invocation` are the trace headers of both.
pub(crate) async fn scope<F: Future>(message: Option<&str>, invocation: Option<&str>, work: F) -> F::Output {
    HEADER.scope(passed_on(message, invocation), work).await
}

/// The header of the work that is running.
pub(crate) fn current() -> Option<String> {
    HEADER.try_with(Clone::clone).ok().flatten()
}

type Attributes = HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>;

/// The attribute of a message that carries its trace header.
pub(crate) fn attributes(header: Option<&str>) -> Result<Option<Attributes>, QueueError> {
    let Some(header) = header else { return Ok(None) };
    let value = MessageSystemAttributeValue::builder().data_type("String").string_value(header).build();
    let value = value.map_err(|error| QueueError::Malformed { what: "a trace header", reason: error.to_string() })?;
    Ok(Some(HashMap::from([(MessageSystemAttributeNameForSends::AwsTraceHeader, value)])))
}

/// A message without a header, such as the notification of most uploads, passes the trace of its invocation on. The lineage
/// is always the invocation's, or Lambda would not notice a loop.
fn passed_on(message: Option<&str>, invocation: Option<&str>) -> Option<String> {
    let Some(message) = message else { return invocation.map(str::to_owned) };
    let is_lineage = |part: &&str| part.starts_with(LINEAGE);
    let lineage = invocation.unwrap_or_default().split(';').filter(is_lineage);
    let parts = message.split(';').filter(|part| !is_lineage(part)).chain(lineage);
    Some(parts.collect::<Vec<_>>().join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    const INVOCATION: &str = "Root=1-6566d9c3-1f2e3d4c5b6a79880123abcd;Parent=0102030405060708;Sampled=0";

    #[test]
    fn a_message_without_a_trace_belongs_to_that_of_its_invocation() {
        assert_eq!(passed_on(None, None), None);
        assert_eq!(passed_on(None, Some(INVOCATION)).as_deref(), Some(INVOCATION));
        assert_eq!(passed_on(Some(MESSAGE), None).as_deref(), Some(MESSAGE));
        assert_eq!(passed_on(Some(MESSAGE), Some(INVOCATION)).as_deref(), Some(MESSAGE));
    }

    #[test]
    fn the_lineage_is_counted_on() {
        let [message, invocation] =
            [format!("{MESSAGE};Lineage=1:a87bd80c:1"), format!("{INVOCATION};Lineage=1:a87bd80c:2")];
        let expected = format!("{MESSAGE};Lineage=1:a87bd80c:2");
        assert_eq!(passed_on(Some(&message), Some(&invocation)), Some(expected));
        assert_eq!(passed_on(Some(&message), Some(INVOCATION)).as_deref(), Some(MESSAGE));
    }
}
