//! qpdf cuts and joins documents without changing their pages.

use crate::cancellation::Cancellation;
use crate::programs::command::{Command, CommandError};
use std::ops::Range;
use std::path::{Path, PathBuf};

const PACKAGE: &str = "qpdf";

/// qpdf's exit status after warnings. The output exists and is complete.
const WARNINGS: i32 = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub document: PathBuf,
    /// Page indices from 0.
    pub pages: Range<usize>,
}

/// Writes the parts one after another to `target`. Only pages are copied, no metadata, outlines or attachments.
///
/// # Errors
/// When qpdf is not installed or cannot read a part.
pub fn join(parts: &[Part], target: &Path, cancellation: &Cancellation) -> Result<(), CommandError> {
    let command = Command::new("qpdf", PACKAGE).accept_status(WARNINGS).arguments([
        "--warning-exit-0",
        "--deterministic-id",
        "--object-streams=generate",
        "--remove-unreferenced-resources=yes",
        "--empty",
    ]);
    write(command, parts, target, cancellation)
}

/// Writes the parts one after another to `target`, with every stream as it is stored. Settings of the document
/// outside its pages, such as which layers are visible, are those of `settings_of`, if it is given.
///
/// # Errors
/// See [`join`].
pub fn copy(
    parts: &[Part],
    settings_of: Option<&Path>,
    target: &Path,
    cancellation: &Cancellation,
) -> Result<(), CommandError> {
    let mut command = Command::new("qpdf", PACKAGE).accept_status(WARNINGS).arguments([
        "--warning-exit-0",
        "--deterministic-id",
        "--object-streams=generate",
        "--stream-data=preserve",
    ]);
    command = match settings_of {
        Some(document) => command.reads(document).argument(document),
        None => command.argument("--empty"),
    };
    write(command, parts, target, cancellation)
}

/// The object number of every page that qpdf finds. `join` and `copy` take pages by their place in this list. A page
/// without an object of its own, and one that is listed again, get a new number.
///
/// # Errors
/// When qpdf is not installed or cannot read the document.
pub fn pages(document: &Path, cancellation: &Cancellation) -> Result<Vec<u32>, CommandError> {
    // qpdf lists the pages here. When asked only for their number, it repeats what the file claims.
    let command = Command::new("qpdf", PACKAGE).accept_status(WARNINGS).arguments(["--warning-exit-0", "--show-pages"]);
    let output = command.reads(document).argument(document).run(cancellation)?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(listed_page).collect())
}

/// Parses `page 1: 12 0 R`.
fn listed_page(line: &str) -> Option<u32> {
    let (_, object) = line.strip_prefix("page ")?.split_once(": ")?;
    object.split_once(' ')?.0.parse().ok()
}

/// A range of page indices as qpdf writes it: counted from 1, with an inclusive end.
fn page_range(pages: &Range<usize>) -> String {
    format!("{}-{}", pages.start + 1, pages.end)
}

fn write(mut command: Command, parts: &[Part], target: &Path, cancellation: &Cancellation) -> Result<(), CommandError> {
    command = command.argument("--pages");
    for part in joined(parts) {
        command = command.reads(&part.document).argument(part.document).argument(page_range(&part.pages));
    }
    command.argument("--").argument(target).writes(target).run(cancellation).map(drop)
}

/// Joins neighbouring parts of the same document.
fn joined(parts: &[Part]) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts.iter().filter(|part| !part.pages.is_empty()) {
        match joined.last_mut() {
            Some(last) if last.document == part.document && last.pages.end == part.pages.start => {
                last.pages.end = part.pages.end;
            }
            _ => joined.push(part.clone()),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_of_pages_are_read() {
        let lines = ["page 12: 345 0 R", "  content:", "    346 0 R", "page 1", ""];
        assert_eq!(lines.map(listed_page), [Some(345), None, None, None, None]);
    }

    #[test]
    fn neighbouring_parts_become_one() {
        let part = |name: &str, pages: Range<usize>| Part { document: name.into(), pages };
        let parts = [part("a", 0..1), part("a", 1..4), part("b", 0..0), part("b", 2..3), part("a", 4..5)];
        assert_eq!(joined(&parts), [part("a", 0..4), part("b", 2..3), part("a", 4..5)]);
    }
}
