//! The commands that need only a file of this machine: `quire process`, `validate`, `pair` and `inspect`.

use crate::arguments::{Inspect, Pair, Process, Validate};
use crate::failure::ReportedFailure;
use crate::findings;
use crate::progress::ProgressDisplay;
use crate::terminal::{megabytes, print, print_json};
use engine::cancellation::Cancellation;
use engine::external::ghostscript::CompressionOptions;
use engine::inspect::Drawing;
use engine::output::write_json;
use engine::pairing::pair_file;
use engine::report::Summary;
use engine::settings::{Request, Settings};
use engine::source::SkippedPages;
use engine::validate::Validation;

/// Returns the exit status.
pub fn process(arguments: Process, cancellation: &Cancellation) -> Result<u8, ReportedFailure> {
    let Process { volume, output, unredacted, footnotes, single_pages, skip_pages, strict, json, scan, compression } =
        arguments;
    let compression = CompressionOptions { resolution: compression.resolution, quantisation: compression.quantisation };
    let request = scan.request(volume, output);
    let settings = Settings { unredacted, footnotes, single_pages, compression, ..request.settings };
    let mut skipped = SkippedPages::default();
    skip_pages.iter().for_each(|page| skipped.insert(*page as usize - 1, None));
    let request = Request { skipped, settings, ..request };
    let summary = engine::process::process(&request, &ProgressDisplay::new(), cancellation);
    let summary = summary.map_err(|error| ReportedFailure::of_engine(error, json))?;
    if json {
        print_json(&summary)?;
    } else {
        print(&report(&summary))?;
    }
    Ok(if strict && summary.finding_counts.must_look > 0 { findings::MUST_LOOK } else { 0 })
}

fn report(summary: &Summary) -> String {
    let Summary {
        reporter,
        volume,
        first_page,
        last_page,
        pages,
        opinions,
        fallback_pages,
        input_bytes,
        output_bytes,
        ..
    } = summary;
    let ratio = *input_bytes as f64 / (*output_bytes).max(1) as f64;
    let mut lines = vec![
        format!("{reporter} {volume}, pages {first_page} to {last_page}: {pages} pages, {opinions} opinions"),
        format!("{} compressed to {} ({ratio:.1} times smaller)", megabytes(*input_bytes), megabytes(*output_bytes)),
    ];
    if *fallback_pages > 0 {
        lines.push(format!("{fallback_pages} pages were in doubt and were read by Tesseract"));
    }
    lines.extend(findings::lines(summary.finding_counts, &summary.findings));
    lines.push(format!("results: {}", summary.directory.display()));
    lines.join("\n")
}

/// Returns the exit status.
pub fn validate(arguments: Validate, cancellation: &Cancellation) -> Result<u8, ReportedFailure> {
    let json = arguments.json;
    let validation = engine::validate::validate(&arguments.request(), &ProgressDisplay::new(), cancellation);
    let validation = validation.map_err(|error| ReportedFailure::of_engine(error, json))?;
    if json {
        print_json(&validation)?;
    } else {
        print(&validation_report(&validation))?;
    }
    Ok(if validation.finding_counts.must_look > 0 { findings::MUST_LOOK } else { 0 })
}

fn validation_report(validation: &Validation) -> String {
    let Validation { pages, page_numbers, finding_counts, findings, .. } = validation;
    let read = page_numbers.iter().filter(|number| number.is_read);
    let ends = read.clone().next().zip(read.clone().next_back());
    let numbers = match ends.and_then(|(begin, end)| begin.first.zip(end.last.or(end.first))) {
        Some((first, last)) => format!("printed numbers {first} to {last}, read on {} pages", read.count()),
        None => "no printed number was read".to_owned(),
    };
    let mut lines = vec![format!("{pages} pages, {numbers}")];
    lines.extend(findings::all_lines(*finding_counts, findings));
    lines.join("\n")
}

pub fn pair(arguments: &Pair) -> Result<(), ReportedFailure> {
    let Pair { detections, first_page, output } = arguments;
    let opinions = pair_file(detections, *first_page).map_err(|error| ReportedFailure::of_engine(error, false))?;
    let Some(path) = output else {
        print(&serde_json::to_string_pretty(&opinions).unwrap_or_default())?;
        return Ok(());
    };
    write_json(path, &opinions).map_err(|error| ReportedFailure::of_engine(error, false))?;
    print(&format!("{} opinions: {}", opinions.len(), path.display()))?;
    Ok(())
}

pub fn inspect(arguments: Inspect, cancellation: &Cancellation) -> Result<(), ReportedFailure> {
    let Inspect { volume, pages, labels, pdf, output, scan } = arguments;
    let drawing = Drawing { pages, labels, as_pdf: pdf };
    let request = scan.request(volume, output);
    let pictures = engine::inspect::inspect(&request, &drawing, &ProgressDisplay::new(), cancellation);
    let pictures = pictures.map_err(|error| ReportedFailure::of_engine(error, false))?;
    match pictures.as_slice() {
        [document] if drawing.as_pdf => print(&format!("document: {}", document.display()))?,
        pictures => print(&format!("{} pictures: {}", pictures.len(), request.output.display()))?,
    }
    Ok(())
}
