//! The tables, and the same as JSON.

use super::result::{Entry, Results};
use super::round::Stage;
use crate::error::Error;
use std::fs;
use std::path::Path;

/// From this load on the machine counts as busy.
const BUSY: f64 = 0.5;

/// Writes everything as JSON.
pub fn write(results: &Results, path: &Path) -> Result<(), Error> {
    let failed = |source| Error::File { action: "writing", path: path.to_owned(), source };
    let mut json = serde_json::to_vec_pretty(results).map_err(|error| failed(error.into()))?;
    json.push(b'\n');
    fs::write(path, json).map_err(failed)
}

/// Prints the tables.
pub fn print(results: &Results) {
    heading(results);
    programs(results);
    for entry in &results.contestants {
        stages(entry);
    }
    comparisons(results);
}

fn heading(results: &Results) {
    let (machine, volume) = (&results.machine, &results.volume);
    let name = volume.path.file_name().unwrap_or_default().to_string_lossy();
    println!("\n{name}: {} pages, {:.1} MB", volume.pages, megabytes(volume.bytes));
    println!("{} cores of {}", machine.cores, machine.processor);
    if machine.load_before > BUSY {
        println!("the machine was busy (load {:.2}): take ratios, not values", machine.load_before);
    }
}

fn programs(results: &Results) {
    println!(
        "\n{:<26} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9}",
        "", "wall s", "s/page", "CPU s", "CPU/page", "peak MB", "smaller"
    );
    for entry in &results.contestants {
        match entry.median() {
            None => println!("{:<26} failed", entry.name),
            Some(round) => {
                let (wall, cpu) = (round.usage.wall_seconds, round.usage.cpu_seconds);
                let pages = f64::from(results.volume.pages.max(1));
                let smaller = round.compression.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}×"));
                let (wall_page, cpu_page, peak) = (wall / pages, cpu / pages, megabytes(entry.peak_bytes()));
                println!(
                    "{:<26} {wall:>8.2} {wall_page:>8.3} {cpu:>8.2} {cpu_page:>8.3} {peak:>9.0} {smaller:>9}",
                    entry.name
                );
            }
        }
    }
    println!("(median of the runs by wall clock; peak: the largest single process of any run, 10^6 bytes)");
}

fn stages(entry: &Entry) {
    let Some(round) = entry.median().filter(|round| !round.stages.is_empty()) else { return };
    println!("\n{:<26} {:>8} {:>8} {:>8} {:>8} {:>9}", entry.name, "wall s", "s/page", "CPU s", "CPU/page", "pages");
    for Stage { name, wall_seconds: wall, cpu_seconds: cpu, pages } in &round.stages {
        let count = f64::from((*pages).max(1));
        println!("  {name:<24} {wall:>8.2} {:>8.3} {cpu:>8.2} {:>8.3} {pages:>9}", wall / count, cpu / count);
    }
}

fn comparisons(results: &Results) {
    println!();
    for entry in &results.contestants {
        let Some(rival) = results.rival(entry) else { continue };
        if let (Some(ours), Some(theirs)) = (entry.median(), rival.median()) {
            let faster = theirs.usage.wall_seconds / ours.usage.wall_seconds;
            let leaner = rival.peak_bytes() as f64 / entry.peak_bytes().max(1) as f64;
            println!("{} against {}: {faster:.1} times faster, {leaner:.1} times less memory", entry.name, rival.name);
        }
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
