//! An event of a scan's timeline, in words.

use crate::terminal::visible;
use catalog::Event;
use domain::count;
use serde_json::Value;

pub fn phrase(event: &Event) -> String {
    let (subject, kind) = match event.kind.strip_prefix("range_") {
        Some(kind) => (format!("range {} ", number(event, "range").unwrap_or_default()), kind),
        None => (String::new(), event.kind.as_str()),
    };
    let words = format!("{subject}{}", visible(&kind.replace('_', " ")));
    let by = event.actor.as_deref().map(|actor| format!(", by {}", visible(actor))).unwrap_or_default();
    format!("{words}{}{}{}{}{by}", counts(event), suspects(event, kind), other_fields(event), reason(event, kind))
}

fn number(event: &Event, name: &str) -> Option<i64> {
    event.detail.get(name).and_then(Value::as_i64)
}

fn counts(event: &Event) -> String {
    let counted = |name: &str, noun: &str| number(event, name).map(|number| count(number, noun));
    let counts = [counted("attempts", "failed attempt"), counted("interruptions", "interruption")];
    match counts.into_iter().flatten().collect::<Vec<_>>().join(", ") {
        counts if counts.is_empty() => counts,
        counts => format!(" ({counts})"),
    }
}

/// The pages that the lost worker was working on. The reason of a failure contains them already.
fn suspects(event: &Event, kind: &str) -> String {
    let pages = if kind == "interrupted" { catalog::suspects(&event.detail) } else { Vec::new() };
    let places: Vec<String> = pages.iter().map(ToString::to_string).collect();
    match places.as_slice() {
        [] => String::new(),
        [place] => format!(" at page {place}"),
        places => format!(" at the pages {}", places.join(", ")),
    }
}

fn other_fields(event: &Event) -> String {
    catalog::other_fields(&event.detail)
        .map(|(name, value)| format!(" {}={}", visible(name), visible(&value)))
        .collect()
}

/// A row keeps the error of its last attempt while it is retried. Only the event of the failure shows it, not the events
/// that follow.
fn reason(event: &Event, kind: &str) -> String {
    let text = |name: &str| event.detail.get(name).and_then(Value::as_str).map(visible);
    let is_failure = matches!(kind, "failed" | "cancelled" | "given_back" | "returned_to_compress");
    match (text("code"), text("message")) {
        (Some(code), Some(message)) if is_failure => format!(": {message} [{code}]"),
        (Some(code), None) if is_failure => format!(": [{code}]"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::report::testing::event;
    use serde_json::json;

    #[test]
    fn events_read_as_phrases() {
        let events = [
            event("uploaded", json!({"to": "UPLOADED", "generation": 0})),
            event("range_finished", json!({"generation": 1, "range": 3, "from": "SCANNING", "lease": "x"})),
            event("given_back", json!({"attempts": 2, "code": "objects.unreachable", "message": "S3\u{7} is away"})),
            event("compressing", json!({"attempts": 2, "code": "objects.unreachable", "message": "S3 is away"})),
            event("range_interrupted", json!({"range": 0, "interruptions": 1, "attempts": 1})),
            event("range_interrupted", json!({"range": 0, "interruptions": 2, "suspects": [12]})),
            event("range_interrupted", json!({"range": 0, "interruptions": 2, "suspects": [12, 14]})),
            event("deferred", json!({"until": "2026-12-24 05:00"})),
            event("described", json!({"reporter": "a3d\u{1b}", "volume": "217", "first_page": 101})),
            event("cancelled", json!({"code": "superseded"})),
            Event { actor: Some("Ada\u{1b}".to_owned()), ..event("letter_discarded", json!({"reason": "twice"})) },
        ];
        let phrases: Vec<String> = events.iter().map(phrase).collect();
        insta::assert_snapshot!(phrases.join("\n"), @r"
        uploaded
        range 3 finished
        given back (2 failed attempts): S3\u{7} is away [objects.unreachable]
        compressing (2 failed attempts)
        range 0 interrupted (1 failed attempt, 1 interruption)
        range 0 interrupted (2 interruptions) at page 12
        range 0 interrupted (2 interruptions) at the pages 12, 14
        deferred until=2026-12-24 05:00
        described reporter=a3d\u{1b} volume=217 first_page=101
        cancelled: [superseded]
        letter discarded reason=twice, by Ada\u{1b}
        ");
    }
}
