//! Sends a file to S3 and shows the progress: a bar on a terminal, lines elsewhere.

use super::plan::Planned;
use crate::service::error::ServiceError;
use crate::service::report::shortened;
use crate::terminal::megabytes;
use indicatif::{ProgressBar, ProgressStyle};
use objects::{ObjectVersion, Objects};
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const BAR: &str = "{prefix} {bar:30} {decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left";

/// Characters. The bar, the speed and the remaining time must fit beside it.
const LONGEST_NAME: usize = 40;

const BETWEEN_LINES: Duration = Duration::from_secs(10);

pub async fn send(objects: &Objects, planned: &Planned) -> Result<ObjectVersion, ServiceError> {
    let display = UploadDisplay::new(planned);
    let sent = objects.upload_original(&planned.path, &planned.key, &|bytes| display.sent(bytes)).await;
    let version = sent.map_err(|source| ServiceError::Upload { path: planned.path.clone(), source })?;
    display.finish();
    Ok(version)
}

struct UploadDisplay {
    name: String,
    total: u64,
    started: Instant,
    last_line: Mutex<Instant>,
    bar: Option<ProgressBar>,
}

impl UploadDisplay {
    fn new(planned: &Planned) -> Self {
        let name = shortened(&planned.path.file_name().unwrap_or_default().to_string_lossy(), LONGEST_NAME);
        let (total, now) = (planned.bytes, Instant::now());
        let bar = std::io::stderr().is_terminal().then(|| bar(&name, total));
        Self { name, total, started: now, last_line: Mutex::new(now), bar }
    }

    fn sent(&self, bytes: u64) {
        match &self.bar {
            Some(bar) => bar.set_position(bytes),
            None if bytes < self.total && self.is_due() => {
                eprintln!("{}: {} of {} sent", self.name, megabytes(bytes), megabytes(self.total));
            }
            None => {}
        }
    }

    fn is_due(&self) -> bool {
        let mut last_line = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last_line.elapsed() >= BETWEEN_LINES;
        if is_due {
            *last_line = Instant::now();
        }
        is_due
    }

    fn finish(&self) {
        self.clear();
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = megabytes((self.total as f64 / seconds.max(1e-3)) as u64);
        eprintln!("{}: {} sent in {seconds:.1} s ({rate} a second)", self.name, megabytes(self.total));
    }

    fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for UploadDisplay {
    fn drop(&mut self) {
        self.clear();
    }
}

fn bar(name: &str, total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total).with_prefix(name.to_owned());
    bar.set_style(ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
