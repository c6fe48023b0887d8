//! Ghostscript rewrites pages with smaller images.

use crate::cancellation::Cancellation;
use crate::programs::command::{Command, CommandError, ResourceLimits};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

const PACKAGE: &str = "ghostscript";

/// The base time limit, and the additional time for each page.
const TIME_LIMIT: Duration = Duration::from_secs(60);
const TIME_LIMIT_PER_PAGE: Duration = Duration::from_secs(10);

/// The memory limit: enough for a page of the largest allowed size, with a reserve.
const MEMORY_LIMIT: u64 = 2 << 30;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompressionOptions {
    /// Images with a higher resolution are reduced to this one, in dots per inch.
    pub resolution: u32,
    /// Adobe's quantisation factor: 1 is JPEG quality 50; larger values make smaller and coarser images.
    pub quantisation: f64,
}

impl Default for CompressionOptions {
    /// 200 dots per inch, and the factor that makes a 300 dpi grey scan six times smaller.
    fn default() -> Self {
        Self { resolution: 200, quantisation: 3.2 }
    }
}

/// Writes the given pages (from 0, ascending) of `source` to `target`, compressed.
///
/// Ghostscript exits with success on many damaged files, so the caller checks the result.
///
/// # Errors
/// When Ghostscript is not installed, fails, or takes too long.
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
        // Without this, a truncated page comes out blank and Ghostscript reports success.
        .argument("-dPDFSTOPONERROR")
        .arguments(["-sColorConversionStrategy=LeaveColorUnchanged", "-dAutoRotatePages=/None"])
        .arguments(downsampling(options))
        .argument(format!("-sPageList={}", page_list(pages)))
        .argument(output_argument(target))
        // These are set as page device parameters, because distiller parameters are forgotten after the first page.
        .arguments(["-c", &quantisation(options), "-f"])
        .argument(source.as_os_str())
        .reads(source)
        .writes(target)
        .limits(ResourceLimits { address_space: MEMORY_LIMIT, ..ResourceLimits::default() })
        .time_limit(TIME_LIMIT.saturating_add(TIME_LIMIT_PER_PAGE.saturating_mul(page_count)))
        .run(cancellation)
        .map(drop)
}

/// Grey and colour images are reduced. Bitonal images keep every pixel, because they are illegible with fewer.
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
    // Every component keeps its full resolution: coloured type stays sharp, and CMYK can be painted on directly.
    let dictionary = |kind: &str| {
        format!("/{kind}ImageDict << /QFactor {factor} /Blend 1 /HSamples [1 1 1 1] /VSamples [1 1 1 1] >>")
    };
    format!("<< {} {} >> setpagedevice", dictionary("Gray"), dictionary("Color"))
}

/// Pages that count from 0, as Ghostscript's list of pages that count from 1. Neighbours become ranges.
fn page_list(pages: &[usize]) -> String {
    let runs = pages.chunk_by(|a, b| a + 1 == *b);
    let run = |run: &[usize]| match run {
        [] => String::new(),
        [page] => format!("{}", page + 1),
        [first, .., last] => format!("{}-{}", first + 1, last + 1),
    };
    runs.map(run).collect::<Vec<_>>().join(",")
}

/// A percent sign in a file name is doubled, because Ghostscript would replace it by the page number.
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
