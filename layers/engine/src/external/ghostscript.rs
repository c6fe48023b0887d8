//! Ghostscript: rewrites pages with smaller images.

use super::command::{Command, CommandError, Limits};
use crate::cancellation::Cancellation;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

const PACKAGE: &str = "ghostscript";

/// Ghostscript's own time, and the time it gets for a page.
const TIME_LIMIT: Duration = Duration::from_secs(60);
const TIME_LIMIT_PER_PAGE: Duration = Duration::from_secs(10);

/// Memory that a page of at most the allowed size needs, with room to spare.
const MEMORY_LIMIT: u64 = 2 << 30;

/// How page images are made smaller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompressionOptions {
    /// Resolution that finer images are reduced to, in dots an inch.
    pub resolution: u32,
    /// Adobe's quantisation factor: 1 is JPEG quality 50, larger is smaller and coarser.
    pub quantisation: f64,
}

impl Default for CompressionOptions {
    /// 200 dots an inch, and the factor at which a 300 dpi grey scan comes out six times smaller.
    fn default() -> Self {
        Self { resolution: 200, quantisation: 3.2 }
    }
}

/// Writes the given pages (from 0, ascending) of `source` to `target`, compressed.
///
/// Ghostscript ends in success on many damaged files: the caller checks what came out.
///
/// # Errors
/// When Ghostscript is missing, fails, or takes too long.
pub fn compress(
    source: &Path,
    pages: &[usize],
    target: &Path,
    options: &CompressionOptions,
    cancellation: &Cancellation,
) -> Result<(), CommandError> {
    let page_count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    Command::new("gs", PACKAGE)
        .arguments(["-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pdfwrite", "-dCompatibilityLevel=1.7"])
        // Without it a truncated page comes out blank, with success.
        .argument("-dPDFSTOPONERROR")
        .arguments(["-sColorConversionStrategy=LeaveColorUnchanged", "-dAutoRotatePages=/None"])
        .arguments(downsampling(options))
        .argument(format!("-sPageList={}", page_list(pages)))
        .argument(output_argument(target))
        // As page device parameters: distiller parameters are forgotten after the first page.
        .arguments(["-c", &quantisation(options), "-f"])
        .argument(source.as_os_str())
        .temporary_directory(target.parent().unwrap_or(target))
        .limits(Limits { address_space: MEMORY_LIMIT, ..Limits::default() })
        .time_limit(TIME_LIMIT.saturating_add(TIME_LIMIT_PER_PAGE.saturating_mul(page_count)))
        .run(cancellation)
        .map(drop)
}

/// Grey and colour images are reduced; bitonal ones keep every pixel, which is what makes them legible.
fn downsampling(options: &CompressionOptions) -> Vec<String> {
    let mut arguments = vec!["-dDownsampleMonoImages=false".to_owned(), "-dMonoImageFilter=/CCITTFaxEncode".to_owned()];
    for kind in ["Color", "Gray"] {
        arguments.extend([
            format!("-dDownsample{kind}Images=true"),
            format!("-d{kind}ImageDownsampleType=/Bicubic"),
            format!("-d{kind}ImageResolution={}", options.resolution),
            format!("-d{kind}ImageDownsampleThreshold=1.05"),
            format!("-dAutoFilter{kind}Images=false"),
            format!("-d{kind}ImageFilter=/DCTEncode"),
        ]);
    }
    arguments
}

fn quantisation(options: &CompressionOptions) -> String {
    let factor = options.quantisation;
    // Every component at full resolution: coloured type stays sharp, and CMYK can be painted on as it is.
    let dictionary = |kind: &str| {
        format!("/{kind}ImageDict << /QFactor {factor} /Blend 1 /HSamples [1 1 1 1] /VSamples [1 1 1 1] >>")
    };
    format!("<< {} {} >> setpagedevice", dictionary("Gray"), dictionary("Color"))
}

/// Pages from 0 as Ghostscript's list of pages from 1, neighbours joined.
fn page_list(pages: &[usize]) -> String {
    let runs = pages.chunk_by(|a, b| a + 1 == *b);
    let run = |run: &[usize]| match run {
        [] => String::new(),
        [page] => format!("{}", page + 1),
        [first, .., last] => format!("{}-{}", first + 1, last + 1),
    };
    runs.map(run).collect::<Vec<_>>().join(",")
}

/// A percent sign in a file name would be a page number's place.
fn output_argument(target: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut argument = b"-sOutputFile=".to_vec();
    for byte in target.as_os_str().as_bytes() {
        argument.push(*byte);
        if *byte == b'%' {
            argument.push(b'%');
        }
    }
    OsString::from_vec(argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_pages_become_a_range() {
        assert_eq!(page_list(&[0, 1, 2, 5, 7, 8]), "1-3,6,8-9");
    }

    #[test]
    fn percent_signs_in_the_target_are_literal() {
        assert_eq!(output_argument(Path::new("/a%d/b.pdf")), OsString::from("-sOutputFile=/a%%d/b.pdf"));
    }
}
