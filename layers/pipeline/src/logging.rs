//! One JSON object a line on standard output, where Lambda collects it.

use tracing_subscriber::EnvFilter;

/// Starts the log. `RUST_LOG` says what is told; `info` without it.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true).with_span_list(false);
    // A second start in one process (tests) keeps the first one's log.
    drop(log.with_env_filter(filter).with_target(false).try_init());
}
