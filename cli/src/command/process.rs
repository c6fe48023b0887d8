//! `quire process`.

use crate::arguments::Process;
use crate::exit::Failure;
use crate::progress::Display;
use engine::cancellation::Cancellation;
use engine::external::ghostscript::CompressionOptions;
use engine::report::Summary;
use engine::settings::{Request, Settings};

/// Processes a volume and tells what came out.
///
/// # Errors
/// When the volume cannot be processed.
pub fn run(arguments: Process, cancellation: &Cancellation) -> Result<(), Failure> {
    let Process { volume, output, unredacted, json, scan, compression } = arguments;
    let compression = CompressionOptions { resolution: compression.resolution, quantisation: compression.quantisation };
    let request = scan.request(volume, output);
    let settings = Settings { unredacted, compression, ..request.settings };
    let request = Request { settings, ..request };
    let display = Display::new();
    let summary = engine::process::process(&request, &display, cancellation);
    let summary = summary.map_err(|error| Failure::new(error, json))?;
    if json {
        print_json(&summary)
    } else {
        print_text(&summary)
    }
    Ok(())
}

fn print_json(summary: &Summary) {
    println!("{}", serde_json::to_string(summary).unwrap_or_default());
}

fn print_text(summary: &Summary) {
    let Summary { reporter, volume, first_page, last_page, pages, opinions, .. } = summary;
    println!("{reporter} {volume}, pages {first_page} to {last_page}: {pages} pages, {opinions} opinions");
    let ratio = summary.input_bytes as f64 / summary.output_bytes.max(1) as f64;
    println!(
        "{} became {} ({ratio:.1} times smaller)",
        megabytes(summary.input_bytes),
        megabytes(summary.output_bytes)
    );
    for problem in &summary.problems {
        println!("page {}: {} [{}]", problem.page_index + 1, problem.reason, problem.code);
    }
    println!("results: {}", summary.directory.display());
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
