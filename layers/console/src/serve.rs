//! Starts the console: on Lambda behind the function's URL, elsewhere as a server on loopback.

use crate::configuration::Configuration;
use crate::console::{Console, Transport, router};
use lambda_http::Error;
use pipeline::configuration::from_environment;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Lambda sets it (AWS, "Using the Lambda runtime API for custom runtimes").
const RUNTIME: &str = "AWS_LAMBDA_RUNTIME_API";

/// Runs the console until the process is ended.
#[must_use]
pub fn serve() -> ExitCode {
    pipeline::logging::start();
    // One thread: the screens wait for the database.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(run())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the console cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Error> {
    let configuration: Configuration = from_environment()?;
    let transport = if std::env::var_os(RUNTIME).is_some() { Transport::Lambda } else { Transport::Loopback };
    let sdk = aws::sdk_config(None).await;
    let console = Arc::new(Console::new(&configuration, &sdk, transport).await?);
    console.catalog.require_schema().await?;
    match transport {
        Transport::Lambda => lambda_http::run(router(console)).await,
        Transport::Loopback => listen(configuration.address, console).await,
    }
}

async fn listen(address: SocketAddr, console: Arc<Console>) -> Result<(), Error> {
    if !address.ip().is_loopback() {
        return Err(
            format!("{address} is not a loopback address. Without TLS, the console listens on no other.").into()
        );
    }
    let listener = TcpListener::bind(address).await?;
    tracing::info!("the console listens on http://{}", listener.local_addr()?);
    let service = router(console).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(ended()).await?;
    Ok(())
}

async fn ended() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminated.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
