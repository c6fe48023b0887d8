//! `quire dlq`: dead letters.

mod arguments;
mod report;

pub use arguments::DlqCommand;

use super::error::ServiceError;
use super::settings::Settings;
use super::{actor, connection};
use crate::terminal::{print, print_json, visible_lines};
use arguments::{Discard, Edit, LetterArguments, List, Redrive, Show};
use engine::cancellation::Cancellation;
use pipeline::dead_letters::{Letter, LetterOperator, Selection};
use pipeline::error::StageError;
use queues::QueueError;
use report::Done;
use std::io::Read;
use std::time::Duration;

/// The time between two looks at how far SQS has moved letters.
const POLL: Duration = Duration::from_secs(2);

/// SQS takes no larger message (AWS, "Amazon SQS message quotas").
const LARGEST_BODY: u64 = 1 << 20;

pub fn run(command: &DlqCommand, cancellation: &Cancellation) -> Result<(), ServiceError> {
    match command {
        DlqCommand::List(arguments) => list(arguments, cancellation),
        DlqCommand::Show(arguments) => show(arguments, cancellation),
        DlqCommand::Redrive(arguments) => redrive(arguments, cancellation),
        DlqCommand::Edit(arguments) => edit(arguments, cancellation),
        DlqCommand::Discard(arguments) => discard(arguments, cancellation),
        DlqCommand::ClearSettled(arguments) => clear_settled(arguments, cancellation),
    }
}

fn list(arguments: &List, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let selection = arguments.filter.selection(&[]);
    let found = operate(&arguments.letters, cancellation, async |operator| Ok(operator.list(&selection).await?))?;
    tell(Done::Listed, &found, &arguments.letters)
}

fn show(arguments: &Show, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let selection = Selection { message_ids: vec![arguments.message_id.clone()], ..Selection::default() };
    let found = operate(&arguments.letters, cancellation, async |operator| Ok(operator.list(&selection).await?))?;
    if arguments.letters.acting.json {
        return tell(Done::Listed, &found, &arguments.letters);
    }
    let texts: Vec<String> = found.iter().map(report::detail).collect();
    Ok(print(&visible_lines(&texts.join("\n")))?)
}

fn redrive(arguments: &Redrive, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let selection = arguments.choice.selection();
    let redriven = operate(&arguments.letters, cancellation, async |operator| {
        if !selection.is_whole_queues() {
            return Ok(operator.redrive(&selection).await?);
        }
        let letters = operator.move_all(&selection.queues(), arguments.rate).await?;
        if !arguments.no_wait {
            wait_for_moves(operator, &letters).await?;
        }
        Ok(letters)
    })?;
    tell(Done::Redriven, &redriven, &arguments.letters)
}

async fn wait_for_moves(operator: LetterOperator<'_>, letters: &[Letter]) -> Result<(), ServiceError> {
    loop {
        let moves = operator.moves(letters).await?;
        for (queue, newest) in &moves {
            eprintln!("{}", report::progress(*queue, newest));
            if newest.is_over() && newest.status != "COMPLETED" {
                let reason = newest.failure.clone().unwrap_or_else(|| newest.status.clone());
                return Err(ServiceError::MoveFailed { queue: queue.as_str(), reason });
            }
        }
        if moves.iter().all(|(_, newest)| newest.is_over()) {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

fn edit(arguments: &Edit, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let body = body(arguments)?;
    let sent = operate(&arguments.letters, cancellation, async |operator| {
        operator.edit(&arguments.message_id, &body).await.map_err(refusal)
    })?;
    tell(Done::Edited, &[sent], &arguments.letters)
}

/// A body that the function could not read is a mistake in the arguments.
fn refusal(error: StageError) -> ServiceError {
    match error {
        StageError::Queues(error @ QueueError::Malformed { .. }) => {
            ServiceError::Arguments { reason: format!("{error} The letter was not changed.") }
        }
        other => other.into(),
    }
}

fn body(arguments: &Edit) -> Result<String, ServiceError> {
    let Some(path) = &arguments.file else { return Ok(arguments.body.clone().unwrap_or_default()) };
    let mut body = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST_BODY + 1).read_to_string(&mut body));
    let reason = match read {
        Err(error) => format!("The file {} cannot be read: {error}.", path.display()),
        Ok(_) if body.len() as u64 > LARGEST_BODY => {
            format!("The file {} is larger than a message can be (1 MiB).", path.display())
        }
        Ok(_) => return Ok(body.trim_end().to_owned()),
    };
    Err(ServiceError::Arguments { reason })
}

fn discard(arguments: &Discard, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let selection = arguments.choice.selection();
    let discarded = operate(&arguments.letters, cancellation, async |operator| {
        Ok(operator.discard(&selection, &arguments.reason).await?)
    })?;
    tell(Done::Discarded, &discarded, &arguments.letters)
}

fn clear_settled(arguments: &List, cancellation: &Cancellation) -> Result<(), ServiceError> {
    let selection = arguments.filter.selection(&[]);
    let cleared =
        operate(&arguments.letters, cancellation, async |operator| Ok(operator.clear_settled(&selection).await?))?;
    tell(Done::Cleared, &cleared, &arguments.letters)
}

/// Runs an action on the service that the arguments name, as the operator whom they name.
fn operate<T>(
    arguments: &LetterArguments,
    cancellation: &Cancellation,
    action: impl AsyncFnOnce(LetterOperator<'_>) -> Result<T, ServiceError>,
) -> Result<T, ServiceError> {
    let settings = Settings::new(&arguments.acting.database.service, cancellation)?;
    let database = settings.required_database(&arguments.acting.database)?;
    let (sources, letters) = settings.letter_queue_urls(&arguments.queues)?;
    let endpoint = settings.endpoint();
    let rules = settings.rules(&arguments.rules)?;
    let actor = actor::of(&arguments.acting);
    connection::run(cancellation, Duration::ZERO, async {
        let letters = connection::dead_letters(endpoint, sources, letters).await?;
        let catalog = connection::catalog(&database).await?.acting_as(&actor);
        let limit = arguments.limit;
        action(LetterOperator { catalog: &catalog, letters: &letters, rules, limit }).await
    })
}

fn tell(done: Done, letters: &[Letter], arguments: &LetterArguments) -> Result<(), ServiceError> {
    if arguments.acting.json {
        return Ok(print_json(&report::object(letters))?);
    }
    Ok(print(&report::text(done, letters))?)
}
