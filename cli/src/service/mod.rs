//! The commands that talk to the service: uploads, scans, and what operators do.

mod actor;
mod arguments;
mod connection;
mod consent;
mod cost;
mod delete;
mod dlq;
mod doctor;
mod download;
mod environment_file;
mod error;
mod invite;
mod logs;
mod operate;
mod reconcile;
mod report;
mod retry;
mod scans;
mod settings;
mod show;
mod stack;
mod upload;
mod values;
mod watch;

pub use arguments::ServiceCommand;

use crate::failure::ReportedFailure;
use engine::cancellation::Cancellation;

/// Runs the command and returns its exit status.
pub fn perform(command: &ServiceCommand, cancellation: &Cancellation) -> Result<u8, ReportedFailure> {
    let outcome = match command {
        ServiceCommand::Upload(arguments) => upload::run(arguments, cancellation),
        ServiceCommand::Scans(arguments) => scans::run(arguments, cancellation).map(|()| 0),
        ServiceCommand::Show(arguments) => show::run(arguments, cancellation).map(|()| 0),
        ServiceCommand::Watch(arguments) => watch::run(arguments, cancellation),
        ServiceCommand::Retry(arguments) => retry::run(arguments, cancellation).map(|()| 0),
        ServiceCommand::Skip(arguments) => operate::skip(arguments, cancellation).map(|()| 0),
        ServiceCommand::Download(arguments) => download::run(arguments, cancellation).map(|()| 0),
        ServiceCommand::Delete(arguments) => delete::run(arguments, cancellation).map(|()| 0),
        ServiceCommand::Cost(arguments) => cost::run(arguments, cancellation).map(|()| 0),
        ServiceCommand::Logs(arguments) => logs::run(arguments, cancellation).map(|()| 0),
        ServiceCommand::Cancel(arguments) => operate::cancel(arguments, cancellation).map(|()| 0),
        ServiceCommand::Defer(arguments) => operate::defer(arguments, cancellation).map(|()| 0),
        ServiceCommand::Describe(arguments) => operate::describe(arguments, cancellation).map(|()| 0),
        ServiceCommand::Confirm(arguments) => operate::confirm(arguments, cancellation).map(|()| 0),
        ServiceCommand::Approve(arguments) => operate::approve(arguments, cancellation).map(|()| 0),
        ServiceCommand::Dlq(command) => dlq::run(command, cancellation).map(|()| 0),
        ServiceCommand::Doctor(arguments) => doctor::run(arguments, cancellation),
        ServiceCommand::Reconcile(arguments) => reconcile::run(arguments, cancellation).map(|()| 0),
        ServiceCommand::Invite(arguments) => invite::run(arguments, cancellation).map(|()| 0),
        ServiceCommand::Migrate(arguments) => operate::migrate(arguments, cancellation).map(|()| 0),
        ServiceCommand::Rebuild(arguments) => operate::rebuild(arguments, cancellation),
    };
    outcome.map_err(|error| ReportedFailure::new(error.code(), &error, command.is_json()))
}
