//! The command line of `quire dlq`.

use crate::service::arguments::{Acting, LetterQueueArguments, RuleArguments, exit_statuses};
use clap::{Args, Subcommand, ValueEnum};
use pipeline::dead_letters::Selection;
use queues::Queue;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum DlqCommand {
    /// List dead letters, and what each will do if it is redriven.
    List(List),
    /// Show one dead letter with its body.
    Show(Show),
    /// Send dead letters to their queues again.
    Redrive(Redrive),
    /// Send a corrected body instead of a letter's own, and delete the letter.
    Edit(Edit),
    /// Delete dead letters. The timelines of their scans keep the reason and the bodies.
    Discard(Discard),
    /// Delete the dead letters whose rows need nothing from them.
    ClearSettled(List),
}

impl DlqCommand {
    pub const fn is_json(&self) -> bool {
        match self {
            Self::List(arguments) | Self::ClearSettled(arguments) => arguments.letters.acting.json,
            Self::Show(arguments) => arguments.letters.acting.json,
            Self::Redrive(arguments) => arguments.letters.acting.json,
            Self::Edit(arguments) => arguments.letters.acting.json,
            Self::Discard(arguments) => arguments.letters.acting.json,
        }
    }
}

/// What every verb has.
#[derive(Debug, Args)]
pub struct LetterArguments {
    /// Look at no more than this many letters of each queue.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    pub limit: usize,
    #[command(flatten)]
    pub acting: Acting,
    #[command(flatten)]
    pub queues: LetterQueueArguments,
    #[command(flatten)]
    pub rules: RuleArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LetterStage {
    Uploads,
    Compress,
    Scan,
    Split,
}

impl LetterStage {
    fn queues(self) -> Vec<Queue> {
        let function = match self {
            Self::Uploads => "intake",
            Self::Compress => "compress",
            Self::Scan => "scan",
            Self::Split => "split",
        };
        Queue::ALL.into_iter().filter(|queue| queue.function() == function).collect()
    }
}

/// Which letters.
#[derive(Debug, Default, Args)]
pub struct Filter {
    /// Only letters of this stage.
    #[arg(long, value_name = "STAGE")]
    pub stage: Option<LetterStage>,
    /// Only letters whose row failed with this code, also as the code of its last attempt.
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
}

impl Filter {
    pub fn selection(&self, message_ids: &[String]) -> Selection {
        Selection {
            message_ids: message_ids.to_vec(),
            queues: self.stage.map(LetterStage::queues).unwrap_or_default(),
            code: self.code.clone(),
            tolerates_missing: false,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = exit_statuses())]
pub struct List {
    #[command(flatten)]
    pub filter: Filter,
    #[command(flatten)]
    pub letters: LetterArguments,
}

#[derive(Debug, Args)]
#[command(after_help = exit_statuses())]
pub struct Show {
    /// The id of the message.
    #[arg(value_name = "MESSAGE")]
    pub message_id: String,
    #[command(flatten)]
    pub letters: LetterArguments,
}

/// Letters by their ids, by a filter, or all of them.
#[derive(Debug, Args)]
pub struct Choice {
    /// The ids of the messages.
    #[arg(value_name = "MESSAGE", required_unless_present_any = ["all", "code"], conflicts_with_all = ["all", "code", "stage"])]
    pub message_ids: Vec<String>,
    /// All letters, or with --stage all letters of a stage.
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub filter: Filter,
}

impl Choice {
    pub fn selection(&self) -> Selection {
        self.filter.selection(&self.message_ids)
    }
}

#[derive(Debug, Args)]
#[command(after_help = format!("{REDRIVE_EXAMPLES}\n\n{}", exit_statuses()))]
pub struct Redrive {
    #[command(flatten)]
    pub choice: Choice,
    /// With --all, move at most this many letters a second from each queue, 1 to 500.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=500), conflicts_with_all = ["message_ids", "code"])]
    pub rate: Option<i32>,
    /// With --all, do not wait until SQS has moved the letters.
    #[arg(long, conflicts_with_all = ["message_ids", "code"])]
    pub no_wait: bool,
    #[command(flatten)]
    pub letters: LetterArguments,
}

const REDRIVE_EXAMPLES: &str = "\
Examples:
  Redrive all letters of the stage scan, five a second:
    quire dlq redrive --all --stage scan --rate 5
  Redrive the letters that failed because S3 was away:
    quire dlq redrive --code objects.unreachable";

#[derive(Debug, Args)]
#[command(after_help = exit_statuses())]
pub struct Edit {
    /// The id of the message.
    #[arg(value_name = "MESSAGE")]
    pub message_id: String,
    /// The corrected body.
    #[arg(long, value_name = "TEXT", required_unless_present = "file", conflicts_with = "file")]
    pub body: Option<String>,
    /// Read the corrected body from this file.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub letters: LetterArguments,
}

#[derive(Debug, Args)]
#[command(after_help = exit_statuses())]
pub struct Discard {
    #[command(flatten)]
    pub choice: Choice,
    /// Why they are not needed. The timelines of their scans keep it.
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub reason: String,
    #[command(flatten)]
    pub letters: LetterArguments,
}
