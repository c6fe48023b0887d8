//! Starts a function, and passes each of Lambda's invocations to its handler.

use crate::configuration::{self, Configuration, MigrateConfiguration};
use crate::context::Context;
use crate::credentials;
use crate::deadline::Deadline;
use crate::error::StageError;
use crate::failpoints;
use crate::function::Function;
use crate::intake::Intake;
use crate::logging;
use crate::metrics::Metric;
use crate::reconcile;
use crate::retry;
use crate::runner::Handler;
use crate::stages::{compress::Compress, scan::Scan, split::Split};
use catalog::{Catalog, Database};
use domain::FailureCode;
use engine::programs::launcher;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use queues::{Received, SqsBatchResponse, SqsEvent, Verdict};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::fmt::Display;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tracing::Instrument;

/// Runs a function until Lambda ends the process. All functions are compiled here, once, and not in each binary.
#[must_use]
pub fn serve(function: Function) -> ExitCode {
    match function {
        Function::Intake => start(function, serve_queue(function, |_| Ok(Intake))),
        Function::Compress => start(function, serve_queue(function, |configuration| Ok(Compress::new(configuration)))),
        Function::Scan => start(function, serve_queue(function, Scan::new)),
        Function::Split => start(function, serve_queue(function, |configuration| Ok(Split::new(configuration)))),
        Function::Reconcile => start(function, serve_schedules()),
        Function::Migrate => start(function, serve_deployments()),
    }
}

/// One thread is enough: the engine starts its own.
fn start(function: Function, service: impl Future<Output = Result<(), Error>>) -> ExitCode {
    logging::start();
    hide();
    if matches!(function, Function::Compress | Function::Scan | Function::Split) {
        log_what_the_kernel_lacks();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(service)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(function = function.name(), %error, "the function {} cannot start", function.name());
            ExitCode::FAILURE
        }
    }
}

/// Other processes of the same user cannot look at this one, whose environment holds credentials. Where the kernel has no
/// Landlock, nothing else keeps a program that a hostile file has taken over from doing so.
fn hide() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "the function's environment could not be hidden from the programs that it starts");
    }
}

/// Once per process, because it stays the same. A launcher that is missing fails each attempt with its own code.
fn log_what_the_kernel_lacks() {
    match launcher::lacks() {
        Ok(lacks) => lacks.iter().for_each(|lack| tracing::warn!("the sandbox of external programs has a gap: {lack}")),
        Err(error) => tracing::error!(code = error.code().as_str(), %error, "external programs cannot be started"),
    }
}

async fn context(function: Function) -> Result<Context, Error> {
    let configuration: Configuration = configuration::from_environment()?;
    Ok(Context::new(function, configuration, &aws::sdk_config(None).await).await?)
}

async fn serve_queue<H: Handler + 'static>(
    function: Function,
    handler: impl FnOnce(&Configuration) -> Result<H, StageError>,
) -> Result<(), Error> {
    let context = context(function).await?;
    let shared = Arc::new((handler(&context.configuration)?, context));
    lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let shared = Arc::clone(&shared);
        // Boxed here and below: the compiler cannot lay out a whole attempt in one future.
        Box::pin(async move { Ok::<_, Error>(handle_batch(&shared.0, &shared.1, event).await) })
    }))
    .await
}

async fn handle_batch<H: Handler>(handler: &H, context: &Context, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let deadline = deadline(context, &event.context);
    let request = event.context.request_id.as_str();
    let span = tracing::info_span!("invocation", function = context.function.name(), request);
    let handle = async |received: Received| handle(handler, context, &received, deadline).await;
    let put_back = async |received: Received, after| context.back_off(&received, after).await;
    let trace = event.context.xray_trace_id.as_deref();
    let batch = queues::process_batch(context.queues.urls(), event.payload, trace, handle, put_back);
    let processed = failpoints::scope(batch).instrument(span.clone()).await;
    let _entered = span.entered();
    for fault in &processed.faults {
        log_unhandled(&fault.message_id, FailureCode::RecordFault, &fault.reason);
    }
    processed.response
}

fn deadline(context: &Context, invocation: &lambda_runtime::Context) -> Deadline {
    let ends: SystemTime = UNIX_EPOCH + Duration::from_millis(invocation.deadline);
    Deadline::new(ends, Duration::from_secs(context.configuration.recovery.stage_limit_seconds))
}

/// The boundary: an error that the handler returns is logged here, and SQS delivers the message again.
async fn handle<H: Handler>(handler: &H, context: &Context, received: &Received, deadline: Deadline) -> Verdict {
    if let Some(age) = received.sent_at.and_then(|sent| SystemTime::now().duration_since(sent).ok()) {
        context.emit(&[(Metric::MessageAgeSeconds, age.as_secs_f64())]);
    }
    let handled = async {
        context.require_schema().await?;
        handler.handle(context, received, deadline).await
    };
    Box::pin(handled).await.unwrap_or_else(|error: StageError| {
        log_unhandled(&received.message_id, error.code(), &error);
        let receive_count = received.receive_count.unwrap_or(1);
        Verdict::Return { after: retry::pause_of_outage(&context.configuration.recovery, receive_count) }
    })
}

fn log_unhandled(message_id: &str, code: FailureCode, error: &impl Display) {
    let code = code.as_str();
    tracing::error!(code, message_id, %error, "message {message_id} could not be handled and is delivered again");
}

async fn serve_schedules() -> Result<(), Error> {
    let context = Arc::new(context(Function::Reconcile).await?);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<reconcile::ReconcileRequest>| {
        let context = Arc::clone(&context);
        async move {
            let deadline = deadline(&context, &event.context);
            let request = event.context.request_id.as_str();
            let span = tracing::info_span!("invocation", function = context.function.name(), request);
            let pass = async {
                context.require_schema().await?;
                reconcile::run(&context, event.payload, deadline).await
            };
            let report = Box::pin(pass).instrument(span.clone()).await;
            report.map_err(|error: StageError| {
                let _entered = span.entered();
                tracing::error!(code = error.code().as_str(), %error, "{} failed", event.payload);
                Error::from(error.to_string())
            })
        }
    }))
    .await
}

/// Whoever deploys invokes `migrate`; until then, the new functions leave their messages in the queues. The event does
/// not matter.
async fn serve_deployments() -> Result<(), Error> {
    let configuration: MigrateConfiguration = configuration::from_environment()?;
    let database = Arc::new(credentials::database(&configuration.database, &aws::sdk_config(None).await).await?);
    lambda_runtime::run(service_fn(move |_: LambdaEvent<serde_json::Value>| {
        let catalog = Catalog::on(Database::clone(&database));
        async move {
            let migrated = catalog.migrate().await;
            migrated.map(|version| serde_json::json!({ "schema": version })).map_err(|error| {
                tracing::error!(code = error.code().as_str(), %error, "the migration failed and changed nothing");
                Error::from(error.to_string())
            })
        }
    }))
    .await
}
