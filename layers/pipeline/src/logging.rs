//! The log: one JSON object per line on standard output, where Lambda collects it.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log. `RUST_LOG` chooses the lines by level and target (`info,pipeline=debug`); the default is `info`.
pub fn start() {
    let filter = std::env::var("RUST_LOG").ok().and_then(|filter| filter.parse().ok());
    let filter: Targets = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    // A second start in one process (tests) keeps the first one's log.
    drop(tracing_subscriber::registry().with(lines.with_target(false)).with(filter).try_init());
}
