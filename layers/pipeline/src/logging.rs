//! The log: one JSON object a line on standard output, where Lambda collects it.

use tracing_subscriber::EnvFilter;

/// `RUST_LOG` selects what is written; the default is `info`.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true).with_span_list(false);
    // In tests, a second start in the same process keeps the first log.
    drop(log.with_env_filter(filter).with_target(false).try_init());
}
