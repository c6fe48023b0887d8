//! Draws pages of one document with PDFium, for the process at the other end of the standard input and output.

use crate::protocol::{Drawing, Opening, Refusal, Request, TIME_LIMIT};
use pdfium_render::prelude::{PdfBitmapFormat, PdfDocument, PdfRenderConfig, Pdfium, PdfiumError, PdfiumInternalError};
use rustix::process::{Resource, Rlimit, getrlimit, set_parent_process_death_signal, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::fs::File;
use std::io::{ErrorKind, Result};
use std::os::fd::AsFd;
use std::path::Path;

/// PDFium draws a pixel as blue, green, red.
const CHANNELS: usize = 3;

/// Answers until the other side closes its end.
pub(crate) fn serve(library: &Path, document: &Path) -> Result<()> {
    // Rust's own standard output would look for the end of a line in every picture.
    let mut answers = File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
    let mut requests = std::io::stdin().lock();
    limit_processor_time()?;
    // The system would send it when the thread ends that started this process, and other threads go on asking. Without
    // its starter, this process ends at the end of the requests.
    set_parent_process_death_signal(None)?;
    let pdfium = match Pdfium::bind_to_library(library) {
        Ok(bindings) => Pdfium::new(bindings),
        Err(error) => return Opening::NoLibrary(error.to_string()).write(&mut answers),
    };
    // PDFium reads from the file only what it needs, when it needs it.
    let document = match pdfium.load_pdf_from_file(document, None) {
        Ok(document) => document,
        Err(error) => return Opening::Refused(refusal(&error)).write(&mut answers),
    };
    let pages = u32::try_from(document.pages().len()).unwrap_or(0);
    Opening::Opened { pages }.write(&mut answers)?;
    loop {
        let request = match Request::read(&mut requests) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            request => request?,
        };
        limit_processor_time()?;
        Drawing::write(draw(&document, request).ok().as_ref(), &mut answers)?;
    }
}

/// Gives the next answer its processor time. The system ends the process when it is used up, even if nobody waits for
/// the answer any more.
fn limit_processor_time() -> Result<()> {
    let spent = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
    let maximum = getrlimit(Resource::Cpu).maximum;
    let next = spent.saturating_add(TIME_LIMIT.as_secs()).min(maximum.unwrap_or(u64::MAX));
    Ok(setrlimit(Resource::Cpu, Rlimit { current: Some(next), maximum })?)
}

const fn refusal(error: &PdfiumError) -> Refusal {
    match error {
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::PasswordError) => Refusal::Encrypted,
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::SecurityError) => Refusal::UnsupportedEncryption,
        PdfiumError::PdfiumLibraryInternalError(PdfiumInternalError::FileError) => Refusal::Unreadable,
        _ => Refusal::Damaged,
    }
}

fn draw(document: &PdfDocument<'_>, request: Request) -> std::result::Result<Drawing, PdfiumError> {
    let page = request.page.try_into().map_err(|_| PdfiumError::PageIndexOutOfBounds)?;
    let page = document.pages().get(page)?;
    let side = |length: u32| i32::try_from(length).map_err(|_| PdfiumError::UnknownBitmapFormat);
    let (across, down) = (side(request.width)?, side(request.height)?);
    // With its default, reversed byte order, the library draws grey pages white. Form fields stay off because the
    // file is not trusted. Without them only a target size scales the page; a fixed size does not.
    let config = PdfRenderConfig::new()
        .set_target_size(across, down)
        .set_format(PdfBitmapFormat::BGR)
        .set_reverse_byte_order(false)
        .render_form_data(false);
    let bitmap = page.render_with_config(&config)?;
    let side = |length: i32| usize::try_from(length).map_err(|_| PdfiumError::UnknownBitmapFormat);
    let (width, height) = (side(bitmap.width())?, side(bitmap.height())?);
    if (bitmap.width(), bitmap.height()) != (across, down) {
        return Err(PdfiumError::UnknownBitmapFormat);
    }
    let rows = bitmap.as_raw_bytes();
    let stride = rows.len() / height.max(1);
    let rows = rows.chunks_exact(stride.max(1)).map(|row| &row[..width * CHANNELS]);
    let (channels, pixels) = from_rows(rows, width * height);
    Ok(Drawing { points: (page.width().value, page.height().value), channels, pixels })
}

/// Converts blue, green, red to red, green, blue, or to grey if the page has no colour.
fn from_rows<'r>(rows: impl Iterator<Item = &'r [u8]> + Clone, area: usize) -> (u8, Vec<u8>) {
    let is_grey = |pixel: &[u8]| pixel[0] == pixel[1] && pixel[1] == pixel[2];
    let grey = rows.clone().all(|row| row.chunks_exact(CHANNELS).all(is_grey));
    let channels = if grey { 1 } else { 3 };
    let mut pixels = Vec::with_capacity(area * usize::from(channels));
    for pixel in rows.flat_map(|row| row.chunks_exact(CHANNELS)) {
        if grey {
            pixels.push(pixel[0]);
        } else {
            pixels.extend([pixel[2], pixel[1], pixel[0]]);
        }
    }
    (channels, pixels)
}
