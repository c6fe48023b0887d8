//! Names of intermediate files. A file has the same name in the directory of a run and in the archive that carries it
//! to another stage.

/// The description of the volume.
pub(crate) const VOLUME: &str = "volume.json";

/// The description of a range.
pub(crate) const RANGE: &str = "range.json";

/// A PDF of compressed pages, named after the first of them.
pub(crate) fn compressed(first_page: usize) -> String {
    format!("compressed/{first_page:05}.pdf")
}

/// A PDF of original pages that are smaller than the compressed ones, named after the first of them.
pub(crate) fn original(first_page: usize) -> String {
    format!("compressed/original-{first_page:05}.pdf")
}

/// A page that is not a single image, drawn from the original.
pub(crate) fn drawn(page: usize) -> String {
    format!("drawn/{page:05}.png")
}

/// What was detected on a page.
pub(crate) fn page(page: usize) -> String {
    format!("pages/{page:05}.json")
}

/// The words of a page.
pub(crate) fn words(page: usize) -> String {
    format!("words/{page:05}.json")
}

/// A picture that was cut out of a page, until the page has a number. `sequence` counts from 1.
pub(crate) fn picture(page: usize, sequence: usize) -> String {
    format!("pictures/{page:05}-{sequence:03}.png")
}
