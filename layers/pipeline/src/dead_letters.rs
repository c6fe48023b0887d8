//! The actions of operators on dead letters: list, redrive, edit, discard and clear.
//!
//! Rows are the truth. So a letter that is sent twice does no harm, and what a letter will do can be said before it is
//! sent.

use crate::error::StageError;
use catalog::{Catalog, Effect, Forecast, LeaseRules};
use domain::{ScanId, Stage, Task};
use queues::{DeadLetters, Move, Queue, QueueError, Received, UploadEvent, upload_events};
use serde_json::json;
use std::fmt;

#[derive(Debug, Clone, Copy)]
pub struct LetterOperator<'a> {
    /// [`Catalog::acting_as`] somebody, whom the timelines of the scans name.
    pub catalog: &'a Catalog,
    pub letters: &'a DeadLetters,
    /// The rules of the functions, on which the forecasts depend.
    pub rules: LeaseRules,
    /// The most letters of one queue that are looked at.
    pub limit: usize,
}

/// A dead letter, and what it will do if it is redriven.
#[derive(Debug, Clone)]
pub struct Letter {
    pub received: Received,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub enum Content {
    Task {
        task: Task,
        forecast: Forecast,
    },
    /// `intake` looks at these uploads again.
    Uploads(Vec<UploadEvent>),
    /// The reason is a sentence.
    Unreadable {
        reason: String,
    },
}

/// Which letters an action is for. An empty list chooses all.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    pub message_ids: Vec<String>,
    pub queues: Vec<Queue>,
    /// Only letters whose row has this error, or had it in its last attempt.
    pub code: Option<String>,
    /// Whether a named letter that is not there is left out, and is no error.
    pub tolerates_missing: bool,
}

impl Selection {
    /// Whether it chooses every letter of its queues.
    #[must_use]
    pub const fn is_whole_queues(&self) -> bool {
        self.message_ids.is_empty() && self.code.is_none()
    }

    #[must_use]
    pub fn queues(&self) -> Vec<Queue> {
        if self.queues.is_empty() { Queue::ALL.to_vec() } else { self.queues.clone() }
    }

    fn includes(&self, letter: &Letter) -> bool {
        let is_named = self.message_ids.is_empty() || self.message_ids.contains(&letter.received.message_id);
        is_named && self.code.as_deref().is_none_or(|code| letter.has_code(code))
    }
}

impl Letter {
    /// The scan that its task names. It may not exist.
    #[must_use]
    pub const fn scan(&self) -> Option<ScanId> {
        match &self.content {
            Content::Task { task, .. } => Some(task.scan()),
            _ => None,
        }
    }

    #[must_use]
    pub const fn stage(&self) -> Option<Stage> {
        match &self.content {
            Content::Task { task, .. } => Some(task.stage()),
            _ => None,
        }
    }

    /// Whether its row needs nothing from it.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(&self.content, Content::Task { forecast, .. } if forecast.effect.is_settled())
    }

    fn has_code(&self, code: &str) -> bool {
        let Content::Task { forecast, .. } = &self.content else { return false };
        let last = format!("[{code}]");
        forecast.error_code.as_deref() == Some(code)
            || forecast.error_message.as_deref().is_some_and(|message| message.ends_with(&last))
    }
}

/// What it will do if it is redriven, as [`Effect`] says it.
impl fmt::Display for Letter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Task { forecast: Forecast { effect: Effect::UnknownScan, .. }, task } => {
                write!(formatter, "belongs to no scan: there is no scan {}", task.scan())
            }
            Content::Task { forecast, .. } => forecast.effect.fmt(formatter),
            Content::Uploads(events) if events.is_empty() => formatter.write_str("does nothing: it names no upload"),
            Content::Uploads(events) => {
                write!(formatter, "records {} if the bucket has it and it has no scan", events[0].key)?;
                if events.len() > 1 { write!(formatter, ", and {} more", events.len() - 1) } else { Ok(()) }
            }
            Content::Unreadable { reason } => write!(formatter, "fails again: {reason}"),
        }
    }
}

impl LetterOperator<'_> {
    /// The letters, and what each will do. Nothing is changed.
    ///
    /// # Errors
    /// When the database or a queue does not answer.
    pub async fn list(&self, selection: &Selection) -> Result<Vec<Letter>, StageError> {
        let letters = self.take(selection).await?;
        self.release(&letters).await?;
        Ok(letters)
    }

    /// Sends the chosen letters to their queues again, then deletes them. Use [`LetterOperator::move_all`] for whole
    /// queues.
    ///
    /// # Errors
    /// As [`LetterOperator::list`], and when a named letter is not there.
    pub async fn redrive(&self, selection: &Selection) -> Result<Vec<Letter>, StageError> {
        let letters = self.take(selection).await?;
        for letter in &letters {
            self.record(letter, "letter_redriven", json!({})).await?;
            self.letters.resend(&letter.received, &letter.received.body).await?;
        }
        Ok(letters)
    }

    /// Makes SQS redrive all letters of the chosen queues, at most `rate` a second and queue. Returns what they will do;
    /// letters beyond the limit are moved, too.
    ///
    /// # Errors
    /// As [`LetterOperator::list`].
    pub async fn move_all(&self, queues: &[Queue], rate: Option<i32>) -> Result<Vec<Letter>, StageError> {
        let selection = Selection { queues: queues.to_vec(), ..Selection::default() };
        let letters = self.list(&selection).await?;
        for letter in &letters {
            self.record(letter, "letter_redriven", json!({})).await?;
        }
        for queue in moved_queues(&letters) {
            self.letters.start_move(queue, rate).await?;
        }
        Ok(letters)
    }

    /// How far the moves of these letters' queues are.
    ///
    /// # Errors
    /// When a queue does not answer.
    pub async fn moves(&self, letters: &[Letter]) -> Result<Vec<(Queue, Move)>, StageError> {
        let mut moves = Vec::new();
        for queue in moved_queues(letters) {
            moves.extend(self.letters.newest_move(queue).await?.map(|newest| (queue, newest)));
        }
        Ok(moves)
    }

    /// Sends a corrected body instead of a letter's own, then deletes the letter.
    ///
    /// # Errors
    /// As [`LetterOperator::redrive`], and when the functions could not read the body.
    pub async fn edit(&self, message_id: &str, body: &str) -> Result<Letter, StageError> {
        let letter = self.take_one(message_id).await?;
        let corrected = self.examine(Received { body: body.to_owned(), ..letter.received.clone() }).await?;
        if let Content::Unreadable { reason } = corrected.content {
            self.release(&[letter]).await?;
            return Err(QueueError::Malformed { what: "the new body", reason }.into());
        }
        self.record(&letter, "letter_edited", json!({ "body": letter.received.body, "new_body": body })).await?;
        self.letters.resend(&letter.received, body).await?;
        Ok(corrected)
    }

    /// Deletes the chosen letters. The timelines of their scans keep the reason and the bodies.
    ///
    /// # Errors
    /// As [`LetterOperator::redrive`].
    pub async fn discard(&self, selection: &Selection, reason: &str) -> Result<Vec<Letter>, StageError> {
        let letters = self.take(selection).await?;
        self.delete(&letters, reason).await?;
        Ok(letters)
    }

    /// Deletes the letters whose rows need nothing from them.
    ///
    /// # Errors
    /// As [`LetterOperator::list`].
    pub async fn clear_settled(&self, selection: &Selection) -> Result<Vec<Letter>, StageError> {
        let (settled, others): (Vec<Letter>, Vec<Letter>) =
            self.take(selection).await?.into_iter().partition(Letter::is_settled);
        self.release(&others).await?;
        self.delete(&settled, "settled").await?;
        Ok(settled)
    }

    async fn delete(&self, letters: &[Letter], reason: &str) -> Result<(), StageError> {
        for letter in letters {
            let detail = json!({ "reason": reason, "body": letter.received.body });
            self.record(letter, "letter_discarded", detail).await?;
            self.letters.delete(&letter.received).await?;
        }
        Ok(())
    }

    async fn take_one(&self, message_id: &str) -> Result<Letter, StageError> {
        let selection = Selection { message_ids: vec![message_id.to_owned()], ..Selection::default() };
        let unknown = || QueueError::UnknownLetter { message_id: message_id.to_owned() };
        Ok(self.take(&selection).await?.into_iter().next().ok_or_else(unknown)?)
    }

    /// Takes the chosen letters and releases all others.
    async fn take(&self, selection: &Selection) -> Result<Vec<Letter>, StageError> {
        let mut letters = Vec::new();
        for received in self.letters.take(&selection.queues(), self.limit).await? {
            letters.push(self.examine(received).await?);
        }
        let (chosen, others): (Vec<Letter>, Vec<Letter>) =
            letters.into_iter().partition(|letter| selection.includes(letter));
        self.release(&others).await?;
        let is_there = |id: &&String| chosen.iter().any(|letter| letter.received.message_id == **id);
        let missing = selection.message_ids.iter().find(|id| !is_there(id));
        if let Some(missing) = missing.filter(|_| !selection.tolerates_missing) {
            self.release(&chosen).await?;
            return Err(QueueError::UnknownLetter { message_id: missing.clone() }.into());
        }
        Ok(chosen)
    }

    async fn release(&self, letters: &[Letter]) -> Result<(), StageError> {
        let received: Vec<Received> = letters.iter().map(|letter| letter.received.clone()).collect();
        Ok(self.letters.release(&received).await?)
    }

    async fn examine(&self, received: Received) -> Result<Letter, StageError> {
        let content = if received.queue == Some(Queue::Uploads) {
            upload_events(&received.body).map(Content::Uploads)
        } else {
            match received.task() {
                Ok(task) if is_misplaced(&task, received.queue) => {
                    Ok(Content::Unreadable { reason: "it is for another function".to_owned() })
                }
                Ok(task) => Ok(Content::Task { forecast: self.catalog.forecast(&task, &self.rules).await?, task }),
                Err(error) => Err(error),
            }
        };
        let content = content.unwrap_or_else(|error| Content::Unreadable { reason: reason(error) });
        Ok(Letter { received, content })
    }

    /// In the timeline of its scan. A letter that belongs to no scan is told among what people did besides.
    async fn record(&self, letter: &Letter, kind: &str, mut detail: serde_json::Value) -> Result<(), StageError> {
        detail["letter"] = json!(letter.received.message_id);
        let is_told = match letter.scan() {
            Some(scan) => self.catalog.record_action(scan, kind, detail.clone()).await?,
            None => false,
        };
        if !is_told {
            self.catalog.record_activity(kind, detail).await?;
        }
        Ok(())
    }
}

/// Some functions read two queues, and can do the tasks of both.
fn is_misplaced(task: &Task, queue: Option<Queue>) -> bool {
    queue.is_none_or(|queue| queue.function() != Queue::of(task).function())
}

fn reason(error: QueueError) -> String {
    match error {
        QueueError::Malformed { reason, .. } => reason,
        other => other.to_string(),
    }
}

fn moved_queues(letters: &[Letter]) -> Vec<Queue> {
    let has = |queue: &Queue| letters.iter().any(|letter| letter.received.queue == Some(*queue));
    Queue::ALL.into_iter().filter(has).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(queue: Queue, content: Content) -> Letter {
        let received = Received {
            message_id: "m".to_owned(),
            receipt_handle: "r".to_owned(),
            body: String::new(),
            sent_at: None,
            receive_count: Some(6),
            queue: Some(queue),
            trace: None,
        };
        Letter { received, content }
    }

    fn exhausted() -> Letter {
        let forecast = Forecast {
            effect: Effect::TooSoon,
            error_code: Some("retries_exhausted".to_owned()),
            error_message: Some("The last attempt, number 5, failed: S3 is away. [objects.unreachable]".to_owned()),
        };
        letter(Queue::Split, Content::Task { task: Task::Split { scan: 7 }, forecast })
    }

    #[test]
    fn a_selection_by_code_finds_the_code_of_the_row_and_of_its_last_attempt() {
        let by = |code: &str| Selection { code: Some(code.to_owned()), ..Selection::default() };
        assert!(by("retries_exhausted").includes(&exhausted()));
        assert!(by("objects.unreachable").includes(&exhausted()));
        assert!(!by("deadline").includes(&exhausted()));
        assert!(!by("deadline").includes(&letter(Queue::Uploads, Content::Uploads(Vec::new()))));
        assert!(Selection::default().includes(&exhausted()));
        assert!(!Selection { message_ids: vec!["n".to_owned()], ..Selection::default() }.includes(&exhausted()));
    }

    #[test]
    fn a_task_may_be_in_either_queue_of_its_function_but_not_in_another() {
        let volume = Task::Compress { scan: 7, is_bulk: true };
        assert!(!is_misplaced(&volume, Some(Queue::Compress)) && !is_misplaced(&volume, Some(Queue::CompressBulk)));
        assert!(is_misplaced(&volume, Some(Queue::Uploads)) && is_misplaced(&volume, None));
        let range = Task::Scan { scan: 7, generation: 1, range: 0, is_large: true };
        assert!(!is_misplaced(&range, Some(Queue::Scan)) && !is_misplaced(&range, Some(Queue::ScanLarge)));
        assert!(is_misplaced(&range, Some(Queue::Split)) && is_misplaced(&Task::Split { scan: 7 }, Some(Queue::Scan)));
    }

    #[test]
    fn letters_without_a_task_say_what_they_do() {
        let event = |key: &str| UploadEvent { bucket: "b".to_owned(), key: key.to_owned(), principal: None };
        let uploads =
            |keys: &[&str]| letter(Queue::Uploads, Content::Uploads(keys.iter().map(|key| event(key)).collect()));
        assert_eq!(uploads(&["a"]).to_string(), "records a if the bucket has it and it has no scan");
        assert!(uploads(&["a", "b", "c"]).to_string().ends_with(", and 2 more"));
        let unreadable = letter(Queue::Scan, Content::Unreadable { reason: "no JSON".to_owned() });
        assert_eq!(unreadable.to_string(), "fails again: no JSON");
        assert!(!unreadable.is_settled());
    }
}
