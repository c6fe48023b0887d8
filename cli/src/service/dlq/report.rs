//! Dead letters in words and as JSON.

use crate::service::report::{Table, timestamp};
use crate::terminal::visible;
use catalog::Forecast;
use domain::{ScanId, count};
use pipeline::dead_letters::{Content, Letter};
use queues::{Move, Queue};
use serde::Serialize;
use time::OffsetDateTime;

/// What was done with the letters of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Listed,
    Redriven,
    Edited,
    Discarded,
    Cleared,
}

#[derive(Serialize)]
pub struct Letters<'a> {
    letters: Vec<LetterObject<'a>>,
}

#[derive(Serialize)]
struct LetterObject<'a> {
    message_id: &'a str,
    queue: &'static str,
    #[serde(with = "time::serde::rfc3339::option")]
    sent_at: Option<OffsetDateTime>,
    receive_count: Option<u32>,
    scan: Option<ScanId>,
    stage: Option<domain::Stage>,
    /// None if the letter is not a task.
    forecast: Option<&'a Forecast>,
    if_redriven: String,
    is_settled: bool,
    body: &'a str,
}

pub fn object(letters: &[Letter]) -> Letters<'_> {
    Letters { letters: letters.iter().map(letter_object).collect() }
}

fn letter_object(letter: &Letter) -> LetterObject<'_> {
    let forecast = match &letter.content {
        Content::Task { forecast, .. } => Some(forecast),
        _ => None,
    };
    LetterObject {
        message_id: &letter.received.message_id,
        queue: queue(letter),
        sent_at: letter.received.sent_at.map(OffsetDateTime::from),
        receive_count: letter.received.receive_count,
        scan: letter.scan(),
        stage: letter.stage(),
        forecast,
        if_redriven: letter.to_string(),
        is_settled: letter.is_settled(),
        body: &letter.received.body,
    }
}

fn queue(letter: &Letter) -> &'static str {
    letter.received.queue.map_or("unknown", Queue::as_str)
}

pub fn text(done: Done, letters: &[Letter]) -> String {
    let heading = match (done, letters.len()) {
        (Done::Listed, 0) => return "no dead letters".to_owned(),
        (Done::Listed, _) => return table(letters),
        (Done::Redriven, number) => format!("{} redriven", count(number, "letter")),
        (Done::Edited, number) => format!("{} sent with the new body", count(number, "letter")),
        (Done::Discarded, number) => format!("{} discarded", count(number, "letter")),
        (Done::Cleared, number) => format!("{} cleared", count(number, "letter")),
    };
    if letters.is_empty() { heading } else { format!("{heading}\n{}", table(letters)) }
}

fn table(letters: &[Letter]) -> String {
    let mut table = Table::new("", &["MESSAGE", "QUEUE", "SENT", "FOR", "IF REDRIVEN"]);
    for letter in letters {
        table.row(vec![
            visible(&letter.received.message_id),
            queue(letter).to_owned(),
            sent(letter),
            work(letter),
            visible(&letter.to_string()),
        ]);
    }
    table.render()
}

fn sent(letter: &Letter) -> String {
    letter.received.sent_at.map_or_else(|| "-".to_owned(), |sent| timestamp(sent.into()))
}

fn work(letter: &Letter) -> String {
    match &letter.content {
        Content::Task { task, .. } => task.to_string(),
        Content::Uploads(_) => "uploads".to_owned(),
        Content::Unreadable { .. } => "-".to_owned(),
    }
}

/// Lines; the caller makes them harmless for a terminal.
pub fn detail(letter: &Letter) -> String {
    let count = letter.received.receive_count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let error = match &letter.content {
        Content::Task { forecast, .. } => forecast.error_message.clone().or_else(|| forecast.error_code.clone()),
        _ => None,
    };
    let lines = [
        ("message", Some(letter.received.message_id.clone())),
        ("queue", Some(queue(letter).to_owned())),
        ("sent", Some(sent(letter))),
        ("received", Some(format!("{count} times"))),
        ("for", Some(work(letter))),
        ("error", error),
        ("redrive", Some(letter.to_string())),
        ("body", Some(letter.received.body.clone())),
    ];
    let lines = lines.into_iter().filter_map(|(name, text)| Some(format!("{name:<11}{}", visible(&text?))));
    lines.collect::<Vec<_>>().join("\n")
}

pub fn progress(queue: Queue, newest: &Move) -> String {
    let total = newest.total.map(|total| format!(" of about {total}")).unwrap_or_default();
    let status = newest.status.to_ascii_lowercase();
    format!("queue {}: {}{total} letters moved, {}", queue.as_str(), newest.moved, visible(&status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::Effect;
    use domain::{Stage, Task};
    use queues::Received;
    use std::time::{Duration, SystemTime};

    fn letters() -> Vec<Letter> {
        let received = |id: &str, queue, body: &str| Received {
            message_id: id.to_owned(),
            receipt_handle: "receipt".to_owned(),
            body: body.to_owned(),
            sent_at: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_000_000)),
            receive_count: Some(6),
            queue: Some(queue),
            trace: None,
        };
        let task = Task::Scan { scan: 12, generation: 1, range: 3, is_large: false };
        let effect = Effect::Restarts { stage: Stage::Scan, ranges: vec![3, 7], kept: 38 };
        let error_code = Some("retries_exhausted".to_owned());
        let forecast =
            Forecast { effect, error_code, error_message: Some("S3 is away. [objects.unreachable]".to_owned()) };
        let unreadable = Content::Unreadable { reason: "no\u{1b} JSON".to_owned() };
        vec![
            Letter {
                received: received("one", Queue::Scan, &task.body().unwrap()),
                content: Content::Task { task, forecast },
            },
            Letter { received: received("two", Queue::Split, "\u{1b}"), content: unreadable },
        ]
    }

    #[test]
    fn a_list_says_what_each_letter_will_do() {
        insta::assert_snapshot!(text(Done::Listed, &letters()), @r"
        MESSAGE  QUEUE  SENT                     FOR                 IF REDRIVEN
        one      scan   2026-11-30 00:53:20 UTC  range 3 of scan 12  restarts ranges 3 and 7, keeps 38
        two      split  2026-11-30 00:53:20 UTC  -                   fails again: no\u{1b} JSON
        ");
        assert_eq!(text(Done::Listed, &[]), "no dead letters");
        assert_eq!(text(Done::Cleared, &[]), "0 letters cleared");
        assert!(text(Done::Redriven, &letters()).starts_with("2 letters redriven\nMESSAGE"));
    }

    #[test]
    fn one_letter_is_shown_with_its_error_and_body() {
        insta::assert_snapshot!(detail(&letters()[0]), @r#"
        message    one
        queue      scan
        sent       2026-11-30 00:53:20 UTC
        received   6 times
        for        range 3 of scan 12
        error      S3 is away. [objects.unreachable]
        redrive    restarts ranges 3 and 7, keeps 38
        body       {"stage":"scan","scan":12,"generation":1,"range":3,"is_large":false}
        "#);
    }

    #[test]
    fn json_has_the_forecast() {
        let letters = letters();
        let object = serde_json::to_value(object(&letters)).unwrap();
        let first = &object["letters"][0];
        assert_eq!(first["forecast"]["effect"], "restarts");
        assert_eq!(first["forecast"]["ranges"], serde_json::json!([3, 7]));
        assert_eq!((&first["scan"], &first["stage"]), (&12.into(), &"scan".into()));
        assert_eq!(object["letters"][1]["forecast"], serde_json::Value::Null);
    }

    #[test]
    fn progress_is_one_line() {
        let newest = Move { status: "RUNNING".to_owned(), moved: 3, total: Some(10), failure: None };
        assert_eq!(progress(Queue::ScanLarge, &newest), "queue scan-large: 3 of about 10 letters moved, running");
    }
}
