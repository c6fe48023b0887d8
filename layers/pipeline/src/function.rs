//! From a process to a function: the start, and the loop over Lambda's invocations.

use crate::attempt::{Deadline, first_pause};
use crate::configuration::Configuration;
use crate::context::Context;
use crate::logging;
use crate::metrics::{Metric, emit};
use crate::reconcile;
use crate::stages::{Worker, compress::Compress, intake::Intake, scan::Scan, split::Split};
use crate::writes::{Effect, Function, write};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use queues::{QueueError, Received, SqsBatchResponse, SqsEvent, Verdict};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tracing::Instrument;

/// Runs the function of this name. The functions are compiled here, once, and not in each of their binaries.
#[must_use]
pub fn serve(function: Function) -> ExitCode {
    match function {
        Function::Intake => start(function, poll::<Intake>()),
        Function::Compress => start(function, poll::<Compress>()),
        Function::Scan => start(function, poll::<Scan>()),
        Function::Split => start(function, poll::<Split>()),
        Function::Reconcile => start(function, poll_schedule()),
    }
}

/// One thread is enough: the engine brings its own.
fn start(function: Function, poll: impl Future<Output = Result<(), Error>>) -> ExitCode {
    logging::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(poll)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(function = function.name(), %error, "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn context() -> Result<Context, Error> {
    let configuration = Configuration::from_environment()?;
    Ok(Context::new(configuration, &aws::sdk_config(None).await)?)
}

async fn poll<W: Worker + 'static>() -> Result<(), Error> {
    let context = context().await?;
    let shared = Arc::new((W::new(&context.configuration)?, context));
    lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let shared = Arc::clone(&shared);
        // Boxed here and below: the whole of an attempt in one future is more than the compiler lays out.
        Box::pin(async move { Ok::<_, Error>(batch(&shared.0, &shared.1, event).await) })
    }))
    .await
}

async fn batch<W: Worker>(worker: &W, context: &Context, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let deadline = deadline(context, &event.context);
    let request = event.context.request_id.as_str();
    let span = tracing::info_span!("invocation", function = W::FUNCTION.name(), request);
    async {
        let handle = async |received: Received| handle(worker, context, &received, deadline).await;
        let put_back = async |received: Received, after| put_back::<W>(context, &received, after).await;
        let processed = queues::process_batch(context.queues.urls(), event.payload, handle, put_back).await;
        for fault in &processed.faults {
            tracing::error!(code = "record.fault", message = fault.message_id, reason = %fault.reason, "a record fails");
        }
        processed.response
    }
    .instrument(span)
    .await
}

fn deadline(context: &Context, invocation: &lambda_runtime::Context) -> Deadline {
    let ends: SystemTime = UNIX_EPOCH + Duration::from_millis(invocation.deadline);
    Deadline::new(ends, Duration::from_secs(context.configuration.recovery.stage_limit_seconds))
}

/// The boundary: what nobody handled is logged here, and the message comes back.
async fn handle<W: Worker>(worker: &W, context: &Context, received: &Received, deadline: Deadline) -> Verdict {
    if let Some(age) = received.sent_at.and_then(|sent| SystemTime::now().duration_since(sent).ok()) {
        emit(W::FUNCTION, &[(Metric::MessageAgeSeconds, age.as_secs_f64())]);
    }
    Box::pin(worker.handle(context, received, deadline)).await.unwrap_or_else(|error| {
        tracing::error!(code = error.code().as_str(), %error, message = received.message_id, "the message comes back");
        // Without a row there is no count of attempts: the first pause, and SQS's own count to the dead-letter queue.
        Verdict::Return { after: first_pause(&context.configuration.recovery) }
    })
}

async fn put_back<W: Worker>(context: &Context, received: &Received, after: Duration) -> Result<(), QueueError> {
    let subject = received.task().map_or_else(|_| "any".to_owned(), |task| task.scan().to_string());
    write(W::FUNCTION, Effect::BackOff, &subject, context.queues.back_off(received, after)).await
}

async fn poll_schedule() -> Result<(), Error> {
    let context = Arc::new(context().await?);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<reconcile::Request>| {
        let context = Arc::clone(&context);
        async move {
            let deadline = deadline(&context, &event.context);
            let request = event.context.request_id.as_str();
            let span = tracing::info_span!("invocation", function = Function::Reconcile.name(), request);
            let report = Box::pin(reconcile::run(&context, event.payload, deadline)).instrument(span).await;
            report.map_err(|error| {
                tracing::error!(code = error.code().as_str(), %error, "the pass failed");
                Error::from(error.to_string())
            })
        }
    }))
    .await
}
