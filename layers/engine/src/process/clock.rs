//! What a stage costs: wall clock and processor time, that of finished child processes included.

use super::summary::{Stage, StageReport};
use std::time::Instant;

/// Started with a stage.
pub(super) struct Clock {
    started: Instant,
    cpu_seconds: f64,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { started: Instant::now(), cpu_seconds: cpu_seconds() }
    }

    pub(super) fn report(&self, name: Stage, pages: usize) -> StageReport {
        let wall_seconds = self.started.elapsed().as_secs_f64();
        StageReport { name, wall_seconds, cpu_seconds: cpu_seconds() - self.cpu_seconds, pages }
    }
}

/// Fields of `/proc/self/stat` behind the program's name: utime, stime, cutime, cstime (proc(5), fields 14 to 17).
const CPU_FIELDS: std::ops::Range<usize> = 11..15;

/// Processor seconds of this process and its finished children; 0 where the kernel does not tell.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: u64 = fields
        .split_ascii_whitespace()
        .skip(CPU_FIELDS.start)
        .take(CPU_FIELDS.len())
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_counted() {
        let clock = Clock::start();
        let mut sum = 0u64;
        while clock.report(Stage::Detect, 1).cpu_seconds == 0.0 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(clock.report(Stage::Detect, 1).wall_seconds > 0.0);
    }
}
