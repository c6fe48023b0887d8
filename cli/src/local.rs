//! The commands that need only a file of this machine: `quire process`, `validate`, `pair` and `inspect`.

use crate::arguments::{Inspect, Pair, Process, Validate};
use crate::failure::ReportedFailure;
use crate::findings;
use crate::progress::ProgressDisplay;
use crate::terminal::{megabytes, print, print_json};
use domain::count;
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
    let (pages, opinions) = (count(*pages, "page"), count(*opinions, "opinion"));
    let mut lines = vec![
        format!("{reporter} {volume}, pages {first_page} to {last_page}: {pages}, {opinions}"),
        sizes(*input_bytes, *output_bytes),
    ];
    if *fallback_pages > 0 {
        lines.push(format!("read by Tesseract, because Quire was in doubt: {}", count(*fallback_pages, "page")));
    }
    lines.extend(findings::lines(summary.finding_counts, &summary.findings));
    lines.push(format!("results: {}", summary.directory.display()));
    lines.join("\n")
}

/// What compression did. The words make a volume larger, which shows only if it was small or well compressed before.
fn sizes(input: u64, output: u64) -> String {
    let (before, after) = (megabytes(input), megabytes(output));
    if output >= input {
        return format!("{before} became {after}: it cannot be compressed further");
    }
    format!("{before} compressed to {after} ({:.1} times smaller)", input as f64 / output.max(1) as f64)
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
        Some((first, last)) => format!("printed numbers {first} to {last}, read on {}", count(read.count(), "page")),
        None => "no printed number was read".to_owned(),
    };
    let mut lines = vec![format!("{}, {numbers}", count(*pages, "page"))];
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
    print(&format!("{}: {}", count(opinions.len(), "opinion"), path.display()))?;
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
        pictures => print(&format!("{}: {}", count(pictures.len(), "picture"), request.output.display()))?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_that_grew_is_not_called_smaller() {
        assert_eq!(sizes(21_100_000, 3_200_000), "21.1 MB compressed to 3.2 MB (6.6 times smaller)");
        assert_eq!(sizes(1_100_000, 1_200_000), "1.1 MB became 1.2 MB: it cannot be compressed further");
    }
}
