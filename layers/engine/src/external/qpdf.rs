//! qpdf: cuts and joins documents without touching what is on their pages.

use super::command::{Command, CommandError};
use crate::cancellation::Cancellation;
use std::ops::Range;
use std::path::{Path, PathBuf};

const PACKAGE: &str = "qpdf";

/// qpdf's exit status after warnings: the output is there and whole.
const WARNINGS: i32 = 3;

/// Some pages of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub document: PathBuf,
    /// Its pages, from 0, end exclusive.
    pub pages: Range<usize>,
}

/// Writes the parts one after another to `target`. Only pages travel: no metadata, outlines or attachments.
///
/// # Errors
/// When qpdf is missing or cannot read a part.
pub fn join(parts: &[Part], target: &Path, cancellation: &Cancellation) -> Result<(), CommandError> {
    let mut command = Command::new("qpdf", PACKAGE).accept_status(WARNINGS).arguments([
        "--warning-exit-0",
        "--deterministic-id",
        "--object-streams=generate",
        "--remove-unreferenced-resources=yes",
        "--empty",
        "--pages",
    ]);
    for part in joined(parts) {
        command = command.argument(part.document).argument(page_range(&part.pages));
    }
    write(command, target, cancellation)
}

/// Writes the parts one after another to `target`, every stream as it is stored. What a document says beside its
/// pages (which layers show) stays that of `settings_of`, when one is named.
///
/// # Errors
/// As [`join`].
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
    command = command.argument(settings_of.unwrap_or(Path::new("--empty"))).argument("--pages");
    for part in joined(parts) {
        command = command.argument(part.document).argument(page_range(&part.pages));
    }
    write(command, target, cancellation)
}

/// How many pages qpdf finds: by its count `join` and `copy` take pages.
///
/// # Errors
/// When qpdf is missing or cannot read the document.
pub fn page_count(document: &Path, cancellation: &Cancellation) -> Result<usize, CommandError> {
    // The pages themselves: asked for their number alone, it repeats what the file claims.
    let command = Command::new("qpdf", PACKAGE).accept_status(WARNINGS).arguments(["--warning-exit-0", "--show-pages"]);
    let output = command.argument(document).run(cancellation)?;
    Ok(output.stdout.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"page ")).count())
}

/// Pages from 0, end exclusive, as qpdf counts: from 1, end inclusive.
fn page_range(pages: &Range<usize>) -> String {
    format!("{}-{}", pages.start + 1, pages.end)
}

fn write(command: Command, target: &Path, cancellation: &Cancellation) -> Result<(), CommandError> {
    let folder = target.parent().unwrap_or(target);
    command.argument("--").argument(target).temporary_directory(folder).run(cancellation).map(drop)
}

/// Neighbouring parts of one document made one.
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
    fn neighbouring_parts_become_one() {
        let part = |name: &str, pages: Range<usize>| Part { document: name.into(), pages };
        let parts = [part("a", 0..1), part("a", 1..4), part("b", 0..0), part("b", 2..3), part("a", 4..5)];
        assert_eq!(joined(&parts), [part("a", 0..4), part("b", 2..3), part("a", 4..5)]);
    }
}
