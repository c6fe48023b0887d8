//! PDFium, which draws the pages of one document in a process of its own.
//!
//! PDFium is a large program in C++ that reads what was uploaded. Its process holds no credentials, reaches nothing but
//! the document, and may crash or hang without harm: the page is then damaged, and the next one gets a new process.

use super::reader::PixelError;
use crate::cancellation::Cancellation;
use crate::programs::command::{Command, CommandError, ResourceLimits};
use crate::programs::dialogue::Dialogue;
use crate::programs::launcher;
use sandbox::confinement::Task;
use sandbox::protocol::{Drawing, Opening, Refusal, Request, TIME_LIMIT};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How many processes a document may cost. Without a limit, a thousand pages could hang for a minute each.
pub(super) const MOST_LOST: usize = 20;

/// A process draws all pages of a volume, so it may need hours in the end. Each page has a limit of its own. It writes no
/// files.
const LIMITS: ResourceLimits = ResourceLimits { processor_seconds: 24 * 3600, address_space: 4 << 30, file_size: 0 };

/// Where PDFium is installed.
#[derive(Debug, Clone)]
pub struct PdfiumLibrary {
    path: PathBuf,
    cancellation: Cancellation,
    time_limit: Duration,
}

impl PdfiumLibrary {
    /// Takes the path of the library, which is loaded when the first page has to be drawn.
    ///
    /// # Errors
    /// [`PixelError::LibraryMissing`] when there is no such file.
    pub fn load(library: &Path) -> Result<Self, PixelError> {
        let found = Self { path: library.to_owned(), cancellation: Cancellation::new(), time_limit: TIME_LIMIT };
        if library.is_file() { Ok(found) } else { Err(found.missing("there is no such file".to_owned())) }
    }

    /// Stops drawing when the work is cancelled.
    #[must_use]
    pub fn cancelled_by(mut self, cancellation: Cancellation) -> Self {
        self.cancellation = cancellation;
        self
    }

    /// How long drawing one page may take. The default is a minute.
    #[must_use]
    pub const fn time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    fn missing(&self, cause: String) -> PixelError {
        PixelError::LibraryMissing { path: self.path.display().to_string(), cause }
    }

    /// Starts a process that opens the document. Returns it with the number of pages that PDFium counts.
    fn start(&self, document: &Path) -> Result<(Dialogue, usize), PixelError> {
        let launcher = launcher::path("PDFium")?;
        let task = Task::Pdfium { library: self.path.clone(), document: document.to_owned() };
        let command = Command::new(launcher, "quire").arguments(task.to_arguments());
        let command = command.reads(&self.path).reads(document).limits(LIMITS).time_limit(self.time_limit);
        let mut dialogue = Dialogue::start(command)?;
        match dialogue.ask(&self.cancellation, |_, answers| Opening::read(answers)) {
            Ok(Opening::Opened { pages }) => Ok((dialogue, usize::try_from(pages).unwrap_or(usize::MAX))),
            Ok(Opening::Refused(refusal)) => Err(PixelError::NotOpened { cause: cause(refusal) }),
            Ok(Opening::NoLibrary(cause)) => Err(self.missing(cause)),
            Err(error) => {
                Err(blame(&error).map_or(PixelError::Command(error), |cause| PixelError::NotOpened { cause }))
            }
        }
    }
}

/// Why PDFium refuses a file, as the end of a sentence.
const fn cause(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Encrypted => "it is encrypted",
        Refusal::UnsupportedEncryption => "its encryption is not supported",
        Refusal::Unreadable => "the file cannot be read",
        Refusal::Damaged => "the file is damaged",
    }
}

/// What a document did to PDFium, as the end of a sentence; `None` if the document is not to blame.
fn blame(error: &CommandError) -> Option<&'static str> {
    match error {
        CommandError::TimedOut { .. } => Some("PDFium takes too long"),
        CommandError::Failed { status, .. } if status.signal().is_some() => Some("PDFium crashes"),
        _ => None,
    }
}

/// A document that PDFium has opened.
pub(super) struct Document {
    library: PdfiumLibrary,
    path: PathBuf,
    /// Missing after a page that it did not survive.
    process: Option<Dialogue>,
    pages: usize,
    lost: usize,
}

impl Document {
    /// # Errors
    /// [`PixelError::NotOpened`], [`PixelError::LibraryMissing`] and [`PixelError::Command`].
    pub(super) fn open(library: PdfiumLibrary, path: &Path) -> Result<Self, PixelError> {
        let (process, pages) = library.start(path)?;
        Ok(Self { library, path: path.to_owned(), process: Some(process), pages, lost: 0 })
    }

    /// The number of pages that PDFium counts.
    pub(super) const fn pages(&self) -> usize {
        self.pages
    }

    /// Draws a page at a size in pixels. If it cannot be drawn, returns why, as the end of a sentence.
    ///
    /// # Errors
    /// [`PixelError::Command`] if the page is not to blame.
    pub(super) fn draw(
        &mut self,
        page: usize,
        (width, height): (u32, u32),
    ) -> Result<Result<Drawing, &'static str>, PixelError> {
        let Ok(page) = u32::try_from(page) else { return Ok(Err("PDFium cannot draw it")) };
        let request = Request { page, width, height };
        if self.lost >= MOST_LOST {
            return Ok(Err("PDFium did not survive other pages of the file and was not asked again"));
        }
        let mut process = match self.process.take() {
            Some(process) => process,
            None => self.library.start(&self.path)?.0,
        };
        let answer = process.ask(&self.library.cancellation, |requests, answers| {
            request.write(requests)?;
            Drawing::read(request, answers)
        });
        match answer {
            Ok(drawing) => {
                self.process = Some(process);
                Ok(drawing.ok_or("PDFium cannot draw it"))
            }
            Err(CommandError::Cancelled { program }) => Err(CommandError::Cancelled { program }.into()),
            Err(error) => {
                self.lost += 1;
                Ok(Err(blame(&error).unwrap_or("PDFium gives no answer")))
            }
        }
    }

    #[cfg(test)]
    pub(super) fn process_id(&self) -> Option<rustix::process::Pid> {
        self.process.as_ref().map(Dialogue::id)
    }
}
