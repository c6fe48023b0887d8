//! The dead-letter queues: looking at letters, and sending them again.
//!
//! SQS has no way to look at a message without receiving it. A letter that was taken is hidden until it is released, is
//! deleted, or its time is over. So a command that is killed loses nothing.

use aws::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use domain::Task;
use futures_util::future::join_all;
use std::collections::HashSet;

use crate::entries::ENTRIES_PER_CALL;
use crate::queues::group;
use crate::{Queue, QueueError, QueueUrls, Received, SqsRecord, trace};

/// How long a taken letter is hidden from others.
const HIDDEN_SECONDS: i32 = 120;

/// Long polling asks all servers of a queue; without it, letters may be overlooked (AWS, "Amazon SQS short and long
/// polling").
const WAIT_SECONDS: i32 = 1;

#[derive(Debug, Clone)]
pub struct DeadLetters {
    client: Client,
    /// Where letters are sent again.
    sources: QueueUrls,
    /// The dead-letter queue of each of them.
    letters: QueueUrls,
}

/// A task of SQS that moves letters to the queue from which they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// `RUNNING`, `COMPLETED`, `CANCELLING`, `CANCELLED` or `FAILED`.
    pub status: String,
    pub moved: i64,
    /// How many letters there were at the start, as far as SQS knows.
    pub total: Option<i64>,
    pub failure: Option<String>,
}

impl Move {
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self.status.as_str(), "RUNNING" | "CANCELLING")
    }
}

/// What SQS says about a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueState {
    pub arn: String,
    /// Messages that are waiting, as far as SQS knows.
    pub waiting: i64,
    /// The ARN of its dead-letter queue.
    pub dead_letters_arn: Option<String>,
}

impl DeadLetters {
    /// Opens no connection yet.
    #[must_use]
    pub fn new(sdk: &SdkConfig, sources: QueueUrls, letters: QueueUrls) -> Self {
        Self { client: Client::new(sdk), sources, letters }
    }

    /// Receives the letters of these queues, at most `limit` of each, and hides them for two minutes.
    ///
    /// # Errors
    /// When SQS does not answer or refuses.
    pub async fn take(&self, queues: &[Queue], limit: usize) -> Result<Vec<Received>, QueueError> {
        let taken = join_all(queues.iter().map(|queue| self.take_of(*queue, limit))).await;
        let mut letters = Vec::new();
        for some in taken {
            letters.extend(some?);
        }
        Ok(letters)
    }

    async fn take_of(&self, queue: Queue, limit: usize) -> Result<Vec<Received>, QueueError> {
        let mut letters = Vec::new();
        let mut known = HashSet::new();
        while letters.len() < limit {
            let number = ENTRIES_PER_CALL.min(limit - letters.len());
            let call = self.client.receive_message().queue_url(self.letters.url(queue)).wait_time_seconds(WAIT_SECONDS);
            let call = call.message_system_attribute_names(MessageSystemAttributeName::All);
            let call = call.max_number_of_messages(i32::try_from(number).unwrap_or(1));
            let answer = call.visibility_timeout(HIDDEN_SECONDS).send().await;
            let answer = answer.map_err(|error| QueueError::of_call("receive dead letters", error))?;
            let new = answer.messages.unwrap_or_default().into_iter().map(|message| letter(message, queue));
            // A letter that is delivered twice counts once.
            let new: Vec<Received> = new.filter(|letter| known.insert(letter.message_id.clone())).collect();
            if new.is_empty() {
                break;
            }
            letters.extend(new);
        }
        Ok(letters)
    }

    /// Makes letters visible again that were taken.
    ///
    /// # Errors
    /// When SQS does not answer or refuses. The letters become visible by themselves then.
    pub async fn release(&self, letters: &[Received]) -> Result<(), QueueError> {
        for some in letters.chunks(ENTRIES_PER_CALL) {
            let released = join_all(some.iter().map(|letter| self.release_one(letter))).await;
            released.into_iter().collect::<Result<(), _>>()?;
        }
        Ok(())
    }

    async fn release_one(&self, letter: &Received) -> Result<(), QueueError> {
        let call = self.client.change_message_visibility().queue_url(self.letters.url(letter.known_queue()?));
        let call = call.receipt_handle(&letter.receipt_handle).visibility_timeout(0);
        call.send().await.map_err(|error| QueueError::of_call("release a dead letter", error))?;
        Ok(())
    }

    /// Sends a body to the queue from which the letter came, with the letter's trace, then deletes the letter. The order is
    /// important: the worst that a failure can do is to double the message, which is harmless.
    ///
    /// # Errors
    /// When SQS does not answer or refuses. The letter still exists then.
    pub async fn resend(&self, letter: &Received, body: &str) -> Result<(), QueueError> {
        let call = self.client.send_message().queue_url(self.sources.url(letter.known_queue()?)).message_body(body);
        let call = call.set_message_group_id(Task::parse(body).ok().as_ref().map(group));
        let call = call.set_message_system_attributes(trace::attributes(letter.trace.as_deref())?);
        call.send().await.map_err(|error| QueueError::of_call("send a dead letter again", error))?;
        self.delete(letter).await
    }

    /// # Errors
    /// When SQS does not answer or refuses.
    pub async fn delete(&self, letter: &Received) -> Result<(), QueueError> {
        let call = self.client.delete_message().queue_url(self.letters.url(letter.known_queue()?));
        let sent = call.receipt_handle(&letter.receipt_handle).send().await;
        sent.map_err(|error| QueueError::of_call("delete a dead letter", error))?;
        Ok(())
    }

    /// Makes SQS move all letters of a queue back, at most `rate` a second (SQS allows 1 to 500).
    ///
    /// # Errors
    /// When SQS does not answer or refuses, for example because such a task is running.
    pub async fn start_move(&self, queue: Queue, rate: Option<i32>) -> Result<(), QueueError> {
        let arn = state(&self.client, self.letters.url(queue)).await?.arn;
        let call = self.client.start_message_move_task().source_arn(arn).set_max_number_of_messages_per_second(rate);
        call.send().await.map_err(|error| QueueError::of_call("start moving dead letters", error))?;
        Ok(())
    }

    /// The newest task that moves letters of a queue.
    ///
    /// # Errors
    /// When SQS does not answer or refuses.
    pub async fn newest_move(&self, queue: Queue) -> Result<Option<Move>, QueueError> {
        let arn = state(&self.client, self.letters.url(queue)).await?.arn;
        let call = self.client.list_message_move_tasks().source_arn(arn).max_results(1);
        let answer = call.send().await.map_err(|error| QueueError::of_call("list the moves of dead letters", error))?;
        Ok(answer.results.unwrap_or_default().into_iter().next().map(|task| Move {
            status: task.status.unwrap_or_default(),
            moved: task.approximate_number_of_messages_moved,
            total: task.approximate_number_of_messages_to_move,
            failure: task.failure_reason,
        }))
    }

    /// A queue and its dead-letter queue.
    ///
    /// # Errors
    /// When SQS does not answer or refuses, for example because a queue does not exist.
    pub async fn states(&self, queue: Queue) -> Result<(QueueState, QueueState), QueueError> {
        let source = state(&self.client, self.sources.url(queue)).await?;
        Ok((source, state(&self.client, self.letters.url(queue)).await?))
    }
}

fn letter(message: Message, queue: Queue) -> Received {
    let attributes = message.attributes.unwrap_or_default().into_iter();
    let record = SqsRecord {
        message_id: message.message_id,
        receipt_handle: message.receipt_handle,
        body: message.body,
        attributes: attributes.map(|(name, value)| (name.as_str().to_owned(), value)).collect(),
        event_source_arn: None,
    };
    Received::of_queue(record, Some(queue))
}

async fn state(client: &Client, url: &str) -> Result<QueueState, QueueError> {
    use QueueAttributeName::{ApproximateNumberOfMessages, QueueArn, RedrivePolicy};
    let names = [QueueArn, ApproximateNumberOfMessages, RedrivePolicy];
    let call = client.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
    let answer = call.send().await.map_err(|error| QueueError::of_call("read the attributes of a queue", error))?;
    let attributes = answer.attributes.unwrap_or_default();
    let text = |name: &QueueAttributeName| attributes.get(name).cloned();
    let policy = text(&RedrivePolicy).and_then(|policy| serde_json::from_str::<serde_json::Value>(&policy).ok());
    Ok(QueueState {
        arn: text(&QueueArn).unwrap_or_default(),
        waiting: text(&ApproximateNumberOfMessages).and_then(|count| count.parse().ok()).unwrap_or_default(),
        dead_letters_arn: policy.and_then(|policy| Some(policy.get("deadLetterTargetArn")?.as_str()?.to_owned())),
    })
}
