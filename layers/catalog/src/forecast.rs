//! What a message would do if it were sent now.
//!
//! The forecast is the claim itself, in a transaction that is rolled back. So it follows the same rules, whatever they
//! are.

use crate::claim::{Claim, ClaimTerms, RangeId, claim_range, claim_scan};
use crate::connection::{Catalog, Transaction};
use crate::error::CatalogError;
use crate::lease::LeaseRules;
use crate::state::ScanState;
use domain::{RangeStatus, ScanId, Stage, Status, Task};
use serde::Serialize;
use std::fmt;

/// What a message would do, and the error of its row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Forecast {
    #[serde(flatten)]
    pub effect: Effect,
    pub error_code: Option<String>,
    /// For an exhausted row, it ends with the code of its last attempt in brackets.
    pub error_message: Option<String>,
}

/// The sentence of [`fmt::Display`] begins in lower case and has no full stop.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// The row waits: the message starts it.
    Starts {
        stage: Stage,
    },
    /// The row exhausted its retries: the message gives it new ones.
    Restarts {
        stage: Stage,
        /// The numbers of the ranges that run again.
        ranges: Vec<i32>,
        /// How many finished ranges stay as they are.
        kept: usize,
    },
    /// The worker of the row was lost: the message takes over its lease.
    TakesOver {
        stage: Stage,
    },
    /// The worker of the row was lost once too often: the message makes it FAILED(interrupted).
    Interrupts,
    /// Its stage is over, but the messages of the next stage may be lost. It sends them again.
    SendsNext {
        tasks: usize,
    },
    /// The row failed so recently that the message does not count as a redrive. It would become a dead letter again.
    TooSoon,
    Busy,
    Deferred,
    WaitsForPerson,
    StageOver,
    /// Its stage has not begun.
    NotReached,
    OtherGeneration,
    Superseded {
        by: ScanId,
    },
    Cancelled,
    /// The scan failed in a way that no message revives.
    Failed,
    UnknownScan,
}

impl Effect {
    /// Whether the row needs nothing from the message, now or later, so that the message may be deleted.
    ///
    /// A message of an unknown scan is not settled: the database may be an older one.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(
            self,
            Self::StageOver | Self::OtherGeneration | Self::Superseded { .. } | Self::Cancelled | Self::Failed
        )
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starts { stage } => write!(formatter, "starts {stage}, which waits for a message"),
            Self::Restarts { stage: Stage::Scan, ranges, kept } => {
                write!(formatter, "restarts {}, keeps {kept}", numbered(ranges))
            }
            Self::Restarts { stage, kept: 0, .. } => write!(formatter, "restarts {stage}"),
            Self::Restarts { stage, kept, .. } => write!(formatter, "restarts {stage}, keeps {kept} ranges"),
            Self::TakesOver { stage } => write!(formatter, "restarts {stage}, whose worker was lost"),
            Self::Interrupts => formatter.write_str("fails the scan, whose workers were lost too often"),
            Self::SendsNext { tasks: 1 } => {
                formatter.write_str("its stage is over; sends 1 message for the next stage")
            }
            Self::SendsNext { tasks } => {
                write!(formatter, "its stage is over; sends {tasks} messages for the next stage")
            }
            Self::TooSoon => formatter.write_str("does nothing yet: the scan failed a moment ago"),
            Self::Busy => formatter.write_str("does nothing: a worker is busy with it"),
            Self::Deferred => formatter.write_str("does nothing yet: the scan is deferred"),
            Self::WaitsForPerson => formatter.write_str("does nothing yet: the scan waits for a person"),
            Self::StageOver => formatter.write_str("does nothing: its stage is over"),
            Self::NotReached => formatter.write_str("does nothing: the scan has not reached its stage"),
            Self::OtherGeneration => formatter.write_str("does nothing: the volume was cut into ranges again since"),
            Self::Superseded { by } => write!(formatter, "does nothing: superseded by scan {by}"),
            Self::Cancelled => formatter.write_str("does nothing: the scan is cancelled"),
            Self::Failed => formatter.write_str("does nothing: the scan failed for another reason; use `quire retry`"),
            Self::UnknownScan => formatter.write_str("belongs to no scan"),
        }
    }
}

/// `range 3`, `ranges 3 and 7`, `ranges 3, 7 and 9`.
fn numbered(numbers: &[i32]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    match texts.as_slice() {
        [] => "no range".to_owned(),
        [one] => format!("range {one}"),
        [first @ .., last] => format!("ranges {} and {last}", first.join(", ")),
    }
}

impl Catalog {
    /// What the message of a task would do if it were sent now. Nothing is changed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forecast(&self, task: &Task, rules: &LeaseRules) -> Result<Forecast, CatalogError> {
        let mut transaction = self.begin().await?;
        let Some(before) = ScanState::lock(&mut transaction, task.scan()).await? else {
            return Ok(Forecast { effect: Effect::UnknownScan, error_code: None, error_message: None });
        };
        let row = sqlx::query!("SELECT error_message FROM scans WHERE id = $1", task.scan())
            .fetch_one(transaction.executor())
            .await?;
        let ranges = ranges(&mut transaction, &before).await?;
        let claim = claim(&mut transaction, task, rules).await?;
        let effect = match claim {
            Claim::Claimed(()) => {
                let after = self::ranges(&mut transaction, &before).await?;
                of_claimed(task, &before, &ranges, &after)
            }
            Claim::Busy => Effect::Busy,
            Claim::Done(tasks) if tasks.is_empty() => Effect::StageOver,
            Claim::Done(tasks) => Effect::SendsNext { tasks: tasks.len() },
            Claim::NotDue if before.waits_for.is_some() => Effect::WaitsForPerson,
            Claim::NotDue => Effect::Deferred,
            Claim::Exhausted => Effect::TooSoon,
            Claim::Interrupted => Effect::Interrupts,
            Claim::Gone => of_gone(task, &before, &ranges),
        };
        // Dropping the transaction rolls the claim back.
        Ok(Forecast { effect, error_code: before.error_code, error_message: row.error_message })
    }
}

async fn claim(transaction: &mut Transaction<'_>, task: &Task, rules: &LeaseRules) -> Result<Claim<()>, CatalogError> {
    let terms = ClaimTerms { rules: *rules, sent_at: transaction.clock().await? };
    Ok(match *task {
        Task::Scan { scan, generation, range: number, .. } => {
            claim_range(transaction, RangeId { scan, generation, number }, &terms).await?.map(|_| ())
        }
        Task::Compress { scan, .. } | Task::Split { scan } => {
            claim_scan(transaction, task.stage(), scan, &terms).await?.map(|_| ())
        }
    })
}

struct RangeState {
    number: i32,
    status: RangeStatus,
    attempts: i32,
}

/// Those of the generation in which the scan was before the claim.
async fn ranges(transaction: &mut Transaction<'_>, scan: &ScanState) -> Result<Vec<RangeState>, CatalogError> {
    Ok(sqlx::query_as!(
        RangeState,
        r#"SELECT number, status AS "status: RangeStatus", attempts
           FROM page_ranges WHERE scan_id = $1 AND generation = $2 ORDER BY number"#,
        scan.scan,
        scan.generation,
    )
    .fetch_all(transaction.executor())
    .await?)
}

fn of_claimed(task: &Task, before: &ScanState, ranges: &[RangeState], after: &[RangeState]) -> Effect {
    let stage = task.stage();
    let restarted = ranges.iter().zip(after).filter(|(old, new)| {
        old.status == RangeStatus::Failed && new.status != RangeStatus::Failed || new.attempts < old.attempts
    });
    let restarted: Vec<i32> = restarted.map(|(range, _)| range.number).collect();
    let kept = ranges.iter().filter(|range| range.status == RangeStatus::Finished).count();
    if before.status == Status::Failed || !restarted.is_empty() {
        return Effect::Restarts { stage, ranges: restarted, kept };
    }
    let own = own_range(task, ranges);
    if before.status == stage.busy() && own.is_none_or(|range| range.status == RangeStatus::Scanning) {
        return Effect::TakesOver { stage };
    }
    Effect::Starts { stage }
}

fn own_range<'a>(task: &Task, ranges: &'a [RangeState]) -> Option<&'a RangeState> {
    let Task::Scan { range, .. } = task else { return None };
    ranges.iter().find(|state| state.number == *range)
}

fn of_gone(task: &Task, before: &ScanState, ranges: &[RangeState]) -> Effect {
    if let Some(by) = before.superseded_by {
        return Effect::Superseded { by };
    }
    let generation = match task {
        Task::Scan { generation, .. } => Some(*generation),
        Task::Compress { .. } | Task::Split { .. } => None,
    };
    let is_failed = own_range(task, ranges).is_some_and(|range| range.status == RangeStatus::Failed);
    match before.status {
        _ if generation.is_some_and(|generation| generation < before.generation) => Effect::OtherGeneration,
        Status::Cancelled => Effect::Cancelled,
        Status::Failed => Effect::Failed,
        _ if is_failed => Effect::Failed,
        _ => Effect::NotReached,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_reads_as_a_phrase() {
        let restarts = |stage, ranges: &[i32], kept| Effect::Restarts { stage, ranges: ranges.to_vec(), kept };
        let effects = [
            restarts(Stage::Scan, &[3, 7], 38),
            restarts(Stage::Scan, &[3, 7, 9], 0),
            restarts(Stage::Scan, &[3], 1),
            restarts(Stage::Split, &[], 40),
            restarts(Stage::Compress, &[], 0),
            Effect::Superseded { by: 9 },
            Effect::UnknownScan,
            Effect::SendsNext { tasks: 2 },
        ];
        let phrases = effects.map(|effect| effect.to_string());
        let expected = [
            "restarts ranges 3 and 7, keeps 38",
            "restarts ranges 3, 7 and 9, keeps 0",
            "restarts range 3, keeps 1",
            "restarts split, keeps 40 ranges",
            "restarts compress",
            "does nothing: superseded by scan 9",
            "belongs to no scan",
            "its stage is over; sends 2 messages for the next stage",
        ];
        assert_eq!(phrases, expected);
    }
}
