//! Letters: messages that their functions gave up on, in the dead-letter queues of SQS.
//!
//! SQS shows a letter only to whoever receives it, and hides it from all others meanwhile. So the counts are always shown,
//! and the letters themselves only when somebody asks for them.

use super::failures;
use crate::console::Console;
use crate::error::{ConsoleError, page};
use crate::frame::Frame;
use crate::signed_in::{Operator, SignedIn, Viewer};
use crate::words;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum_extra::extract::{Form, Query};
use catalog::Catalog;
use domain::ScanId;
use futures_util::future::try_join_all;
use pipeline::dead_letters::{Letter, LetterOperator, Selection};
use queues::{DeadLetters, Move, Queue, QueueState};
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The most letters of one queue that are looked at.
const LIMIT: usize = 1_000;

/// How long SQS keeps a letter, counted from when the message was first sent: `infra/template.yaml` sets it.
const KEPT: Duration = Duration::from_secs(14 * 86_400);

/// What SQS allows.
const FASTEST: i32 = 500;

pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/letters", get(letters))
        .route("/letters/preview", post(preview))
        .route("/letters/redrive", post(redrive))
        .route("/letters/discard", post(discard))
        .route("/letters/clear-settled", post(clear_settled))
        .route("/letters/move", post(move_all))
        .route("/letters/edit", get(ask_edit).post(edit))
}

/// The queue and the message id of a letter, as forms name it.
fn name(letter: &Letter) -> String {
    let queue = letter.received.queue.map_or("", Queue::as_str);
    format!("{queue}/{}", letter.received.message_id)
}

fn queue_name(letter: &Letter) -> &'static str {
    letter.received.queue.map_or("no queue", Queue::as_str)
}

fn queue(name: &str) -> Result<Queue, ConsoleError> {
    let found = Queue::ALL.into_iter().find(|queue| queue.as_str() == name);
    found.ok_or_else(|| ConsoleError::Wrong(format!("There is no queue {name:?}.")))
}

fn selection(names: &[String]) -> Result<Selection, ConsoleError> {
    let mut chosen = Selection { tolerates_missing: true, ..Selection::default() };
    for name in names {
        let malformed = || ConsoleError::Wrong(format!("{name:?} names no letter."));
        let (of, message_id) = name.split_once('/').ok_or_else(malformed)?;
        let of = queue(of)?;
        if !chosen.queues.contains(&of) {
            chosen.queues.push(of);
        }
        chosen.message_ids.push(message_id.to_owned());
    }
    if chosen.message_ids.is_empty() {
        return Err(ConsoleError::Wrong("Nothing was selected.".to_owned()));
    }
    Ok(chosen)
}

fn operator<'a>(console: &'a Console, catalog: &'a Catalog) -> LetterOperator<'a> {
    LetterOperator { catalog, letters: &console.dead_letters, rules: console.rules, limit: LIMIT }
}

/// A queue, what waits in it, what is dead, and the last time that SQS moved letters back.
struct QueueRow {
    queue: Queue,
    source: QueueState,
    letters: QueueState,
    newest_move: Option<Move>,
}

impl QueueRow {
    fn progress(&self) -> Option<String> {
        let newest = self.newest_move.as_ref()?;
        let total = newest.total.map(|total| format!(" of {total}")).unwrap_or_default();
        let failure = newest.failure.as_deref().map(|failure| format!(": {failure}")).unwrap_or_default();
        Some(format!("{}{total} moved, {}{failure}", newest.moved, newest.status.to_lowercase()))
    }
}

#[derive(Template)]
#[template(path = "letters.html")]
struct LettersPage {
    frame: Frame,
    queues: Vec<QueueRow>,
    /// None while nobody asked for them.
    letters: Option<Vec<Letter>>,
    limit: usize,
}

impl LettersPage {
    fn total(&self) -> i64 {
        self.queues.iter().map(|row| row.letters.waiting).sum()
    }

    fn is_moving(&self) -> bool {
        self.queues.iter().filter_map(|row| row.newest_move.as_ref()).any(|newest| !newest.is_over())
    }

    fn settled(&self) -> i64 {
        self.letters.iter().flatten().filter(|letter| letter.is_settled()).count() as i64
    }
}

/// When it was first sent, and in how many days SQS deletes it.
fn age(letter: &Letter) -> Option<String> {
    let age = SystemTime::now().duration_since(letter.received.sent_at?).ok()?;
    let left = KEPT.saturating_sub(age).as_secs() / 86_400;
    let age = words::length_of(time::Duration::try_from(age).ok()?);
    Some(format!("{age} ago, {} left", words::count(left, "day")))
}

async fn row(letters: &DeadLetters, queue: Queue) -> Result<QueueRow, ConsoleError> {
    let (states, newest_move) = tokio::join!(letters.states(queue), letters.newest_move(queue));
    let (source, letters) = states?;
    Ok(QueueRow { queue, source, letters, newest_move: newest_move? })
}

#[derive(Debug, Deserialize)]
struct Look {
    #[serde(default)]
    look: bool,
}

async fn letters(
    State(console): State<Arc<Console>>,
    session: SignedIn<Viewer>,
    Query(Look { look }): Query<Look>,
) -> Result<impl IntoResponse, ConsoleError> {
    let queues = try_join_all(Queue::ALL.map(|queue| row(&console.dead_letters, queue))).await?;
    let letters = match look {
        false => None,
        true => Some(operator(&console, &console.catalog).list(&Selection::default()).await?),
    };
    let frame = session.frame("Letters").section("/letters");
    page(&LettersPage { frame, queues, letters, limit: LIMIT })
}

#[derive(Debug, Deserialize)]
struct Chosen {
    #[serde(default)]
    letter: Vec<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Template)]
#[template(path = "letters_preview.html")]
struct PreviewPage {
    frame: Frame,
    letters: Vec<Letter>,
    /// The names of letters that were not there any more.
    missing: Vec<String>,
    estimate: String,
}

/// What it costs to send these letters again. It is a POST because a thousand names do not fit into an address.
async fn preview(
    State(console): State<Arc<Console>>,
    session: SignedIn<Operator>,
    Form(chosen): Form<Chosen>,
) -> Result<impl IntoResponse, ConsoleError> {
    let letters = operator(&console, &console.catalog).list(&selection(&chosen.letter)?).await?;
    let missing = missing(&chosen.letter, &letters);
    let scans: Vec<ScanId> = letters.iter().filter(|letter| !letter.is_settled()).filter_map(Letter::scan).collect();
    let seconds = console.catalog.retry_seconds(&scans).await?;
    let estimate = failures::estimate(&console, seconds).await?;
    let frame = session.frame("What the letters would do").section("/letters");
    page(&PreviewPage { frame, letters, missing, estimate })
}

#[derive(Template)]
#[template(path = "letters_done.html")]
struct DonePage {
    frame: Frame,
    /// `sent again`, `discarded`, …
    done: &'static str,
    letters: Vec<Letter>,
    /// The names of letters that were not there any more.
    missing: Vec<String>,
    is_sent: bool,
}

fn counted(letters: usize) -> String {
    words::count(letters, "letter")
}

fn gone(missing: &[String]) -> String {
    format!("{} {} not there any more", counted(missing.len()), if missing.len() == 1 { "was" } else { "were" })
}

/// What was asked for and is not among what was done: another person, or SQS itself, was faster.
fn missing(asked: &[String], done: &[Letter]) -> Vec<String> {
    let done: Vec<String> = done.iter().map(name).collect();
    asked.iter().filter(|asked| !done.contains(asked)).cloned().collect()
}

async fn redrive(
    State(console): State<Arc<Console>>,
    session: SignedIn<Operator>,
    Form(chosen): Form<Chosen>,
) -> Result<impl IntoResponse, ConsoleError> {
    let catalog = session.catalog(&console)?;
    let letters = operator(&console, &catalog).redrive(&selection(&chosen.letter)?).await?;
    let frame = session.frame("Letters sent again").section("/letters");
    page(&DonePage { frame, done: "sent again", missing: missing(&chosen.letter, &letters), letters, is_sent: true })
}

async fn discard(
    State(console): State<Arc<Console>>,
    session: SignedIn<Operator>,
    Form(chosen): Form<Chosen>,
) -> Result<impl IntoResponse, ConsoleError> {
    let reason = chosen.reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 {
        return Err(ConsoleError::Wrong("Say in a few words why the letters are not needed.".to_owned()));
    }
    let catalog = session.catalog(&console)?;
    let letters = operator(&console, &catalog).discard(&selection(&chosen.letter)?, reason).await?;
    let frame = session.frame("Letters discarded").section("/letters");
    page(&DonePage { frame, done: "discarded", missing: missing(&chosen.letter, &letters), letters, is_sent: false })
}

async fn clear_settled(
    State(console): State<Arc<Console>>,
    session: SignedIn<Operator>,
) -> Result<impl IntoResponse, ConsoleError> {
    let catalog = session.catalog(&console)?;
    let letters = operator(&console, &catalog).clear_settled(&Selection::default()).await?;
    let frame = session.frame("Settled letters cleared").section("/letters");
    page(&DonePage { frame, done: "cleared", letters, missing: Vec::new(), is_sent: false })
}

#[derive(Debug, Deserialize)]
struct Moving {
    queue: String,
    /// Letters a second. Empty for as fast as SQS can.
    #[serde(default)]
    rate: String,
}

async fn move_all(
    State(console): State<Arc<Console>>,
    session: SignedIn<Operator>,
    Form(Moving { queue: of, rate }): Form<Moving>,
) -> Result<Redirect, ConsoleError> {
    let wrong = || ConsoleError::Wrong(format!("The rate must be a number from 1 to {FASTEST}."));
    let rate: Option<i32> = match rate.trim() {
        "" => None,
        text => Some(text.parse().ok().filter(|rate| (1..=FASTEST).contains(rate)).ok_or_else(wrong)?),
    };
    let catalog = session.catalog(&console)?;
    operator(&console, &catalog).move_all(&[queue(&of)?], rate).await?;
    Ok(Redirect::to("/letters"))
}

#[derive(Template)]
#[template(path = "letter_edit.html")]
struct EditPage {
    frame: Frame,
    letter: Letter,
    name: String,
}

#[derive(Debug, Deserialize)]
struct One {
    letter: String,
}

async fn ask_edit(
    State(console): State<Arc<Console>>,
    session: SignedIn<Operator>,
    Query(One { letter }): Query<One>,
) -> Result<impl IntoResponse, ConsoleError> {
    let chosen = selection(std::slice::from_ref(&letter))?;
    let found = operator(&console, &console.catalog).list(&chosen).await?;
    let gone =
        || ConsoleError::Changed("This letter is not there any more, or somebody else is looking at it.".to_owned());
    let frame = session.frame("Correct a letter").section("/letters");
    page(&EditPage { frame, letter: found.into_iter().next().ok_or_else(gone)?, name: letter })
}

#[derive(Debug, Deserialize)]
struct Edited {
    letter: String,
    body: String,
}

async fn edit(
    State(console): State<Arc<Console>>,
    session: SignedIn<Operator>,
    Form(Edited { letter, body }): Form<Edited>,
) -> Result<impl IntoResponse, ConsoleError> {
    let chosen = selection(std::slice::from_ref(&letter))?;
    let catalog = session.catalog(&console)?;
    let id = chosen.message_ids.first().map_or("", String::as_str);
    let sent = operator(&console, &catalog).edit(id, &body).await?;
    let frame = session.frame("Letter corrected and sent again").section("/letters");
    page(&DonePage { frame, done: "corrected and sent again", letters: vec![sent], missing: Vec::new(), is_sent: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_named_by_queue_and_id() {
        let chosen = selection(&["scan/a".to_owned(), "scan/b".to_owned(), "split/c".to_owned()]).unwrap();
        assert_eq!((chosen.queues, chosen.message_ids.len()), (vec![Queue::Scan, Queue::Split], 3));
        assert!(chosen.tolerates_missing);
        for wrong in [&[][..], &["scan".to_owned()], &["other/a".to_owned()]] {
            assert!(selection(wrong).is_err(), "{wrong:?}");
        }
    }
}
