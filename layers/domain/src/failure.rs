//! Every code that a failure can have: one table, from which docs/errors.md is made.
//!
//! An error enum says its code beside its text (`#[assoc(code = FailureCode::…)]`). The text of an error says what
//! happened, with the names and numbers at hand. What to do about it comes from this table and is added where the
//! failure is shown to a person. Codes are stable: scripts and rows of the database hold them.

use enum_assoc::Assoc;
use std::fmt;
use strum::VariantArray;

/// Who can do something about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Assoc, VariantArray)]
#[func(pub const fn exit_status(self) -> Option<u8>)]
#[func(pub const fn meaning(self) -> &'static str)]
pub enum FailureClass {
    #[assoc(exit_status = 2, meaning = "Arguments or settings are wrong.")]
    Arguments,
    #[assoc(exit_status = 3, meaning = "The input is at fault. The person who brought it must bring another.")]
    Input,
    #[assoc(exit_status = 4, meaning = "A program, library, model or language is not installed.")]
    NotInstalled,
    #[assoc(exit_status = 5, meaning = "Disk, memory or time ran out.")]
    Resource,
    #[assoc(exit_status = 6, meaning = "Quire, or a program that it runs, has a fault.")]
    Internal,
    #[assoc(exit_status = 7, meaning = "The database, S3 or a queue does not answer or refuses.")]
    Unavailable,
    #[assoc(exit_status = 8, meaning = "There is no such scan, or its status does not allow the action.")]
    Refused,
    #[assoc(exit_status = 130, meaning = "A person or a newer upload stopped the work.")]
    Interrupted,
    /// Reported among the problems of a volume.
    #[assoc(meaning = "One page has a problem. The rest of the volume is not affected.")]
    Page,
    /// Reported in logs only.
    #[assoc(meaning = "The service noticed a fault and recovered from it.")]
    Recovered,
}

/// The stable code of a failure.
///
/// `meaning` says in a sentence what happened, `advice` says what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Assoc, VariantArray)]
#[func(pub const fn as_str(self) -> &'static str)]
#[func(pub const fn class(self) -> FailureClass)]
#[func(pub const fn meaning(self) -> &'static str)]
#[func(pub const fn advice(self) -> &'static str)]
#[func(pub fn parse(code: &str) -> Option<Self>)]
pub enum FailureCode {
    // Names.
    #[assoc(as_str = "naming.unrecognised", class = FailureClass::Input, parse = "naming.unrecognised")]
    #[assoc(meaning = "The file name does not say which volume it is.")]
    #[assoc(
        advice = "Rename it to reporter.volume.first.last.pdf, such as a3d.217.101.120.pdf, or give --reporter, --volume and --first-page."
    )]
    NamingUnrecognised,
    #[assoc(as_str = "naming.component", class = FailureClass::Input, parse = "naming.component")]
    #[assoc(meaning = "The reporter or the volume cannot be part of a file name.")]
    #[assoc(
        advice = "Use 1 to 64 bytes of letters, digits, spaces and -_&', beginning with a letter or digit. A reporter may also hold single dots."
    )]
    NamingComponent,
    #[assoc(as_str = "naming.pages_reversed", class = FailureClass::Input, parse = "naming.pages_reversed")]
    #[assoc(meaning = "The last page is before the first page.", advice = "Give the pages in order.")]
    NamingPagesReversed,
    #[assoc(as_str = "naming.page_too_large", class = FailureClass::Input, parse = "naming.page_too_large")]
    #[assoc(meaning = "A page number is larger than 9,999,999.", advice = "Check the page numbers in the name.")]
    NamingPageTooLarge,
    // The file.
    #[assoc(as_str = "source.unreadable", class = FailureClass::Input, parse = "source.unreadable")]
    #[assoc(meaning = "The file cannot be read.", advice = "Check that the file exists and that you may read it.")]
    SourceUnreadable,
    #[assoc(as_str = "source.empty", class = FailureClass::Input, parse = "source.empty")]
    #[assoc(meaning = "The file is empty.", advice = "Copy or upload it again.")]
    SourceEmpty,
    #[assoc(as_str = "source.not_pdf", class = FailureClass::Input, parse = "source.not_pdf")]
    #[assoc(meaning = "The file is not a PDF.", advice = "Export the volume as a PDF.")]
    SourceNotPdf,
    #[assoc(as_str = "source.truncated", class = FailureClass::Input, parse = "source.truncated")]
    #[assoc(meaning = "The file is cut off.", advice = "Copy or upload the whole file again.")]
    SourceTruncated,
    #[assoc(as_str = "source.encrypted", class = FailureClass::Input, parse = "source.encrypted")]
    #[assoc(meaning = "The file is encrypted.")]
    #[assoc(advice = "Save it without a password, for example with `qpdf --decrypt IN.pdf OUT.pdf`.")]
    SourceEncrypted,
    #[assoc(as_str = "source.damaged", class = FailureClass::Input, parse = "source.damaged")]
    #[assoc(meaning = "The structure of the PDF is damaged.")]
    #[assoc(advice = "Scan or export it again, or repair it with `qpdf IN.pdf OUT.pdf`.")]
    SourceDamaged,
    #[assoc(as_str = "source.file_too_large", class = FailureClass::Input, parse = "source.file_too_large")]
    #[assoc(meaning = "The file is larger than the limit.")]
    #[assoc(
        advice = "Split the volume into smaller files, or raise the limit of `quire process` with --max-file-bytes."
    )]
    SourceFileTooLarge,
    #[assoc(as_str = "source.no_pages", class = FailureClass::Input, parse = "source.no_pages")]
    #[assoc(meaning = "The PDF has no pages.", advice = "Export it again.")]
    SourceNoPages,
    #[assoc(as_str = "source.too_many_pages", class = FailureClass::Input, parse = "source.too_many_pages")]
    #[assoc(meaning = "The PDF has more pages than the limit.")]
    #[assoc(advice = "Split the volume into smaller files, or raise the limit of `quire process` with --max-pages.")]
    SourceTooManyPages,
    #[assoc(as_str = "source.page_too_large", class = FailureClass::Input, parse = "source.page_too_large")]
    #[assoc(meaning = "A page is larger than the limit.")]
    #[assoc(
        advice = "Export the page at its real size, or raise the limits of `quire process` with --max-page-points and --max-page-pixels."
    )]
    SourcePageTooLarge,
    #[assoc(as_str = "source.page_too_small", class = FailureClass::Input, parse = "source.page_too_small")]
    #[assoc(meaning = "A page is too small to be a page of a book.", advice = "Export the page at its real size.")]
    SourcePageTooSmall,
    #[assoc(as_str = "source.image_too_large", class = FailureClass::Input, parse = "source.image_too_large")]
    #[assoc(meaning = "An image has more pixels than the limit.")]
    #[assoc(
        advice = "Scan the page at a lower resolution, or raise the limit of `quire process` with --max-page-pixels."
    )]
    SourceImageTooLarge,
    #[assoc(as_str = "source.content_too_large", class = FailureClass::Input, parse = "source.content_too_large")]
    #[assoc(meaning = "The content of a page is larger than the limit.")]
    #[assoc(advice = "Export the page again as a plain scan.")]
    SourceContentTooLarge,
    // Pixels.
    #[assoc(as_str = "pixels.damaged", class = FailureClass::Input, parse = "pixels.damaged")]
    #[assoc(meaning = "A page cannot be read.", advice = "Scan the page again.")]
    PixelsDamaged,
    #[assoc(as_str = "pixels.not_opened", class = FailureClass::Input, parse = "pixels.not_opened")]
    #[assoc(meaning = "PDFium cannot open the volume.", advice = "Repair the file with `qpdf IN.pdf OUT.pdf`.")]
    PixelsNotOpened,
    #[assoc(as_str = "pixels.page_count", class = FailureClass::Input, parse = "pixels.page_count")]
    #[assoc(meaning = "The file claims another number of pages than it has.")]
    #[assoc(advice = "Repair the file with `qpdf IN.pdf OUT.pdf`.")]
    PixelsPageCount,
    #[assoc(as_str = "pixels.no_renderer", class = FailureClass::NotInstalled, parse = "pixels.no_renderer")]
    #[assoc(meaning = "PDFium is needed to draw a page, and it is not installed.")]
    #[assoc(advice = "Install it with `cargo xtask setup`.")]
    PixelsNoRenderer,
    #[assoc(as_str = "pixels.library_missing", class = FailureClass::NotInstalled, parse = "pixels.library_missing")]
    #[assoc(meaning = "PDFium cannot be loaded.")]
    #[assoc(
        advice = "Install it with `cargo xtask setup`, or let QUIRE_HOME name the directory that holds lib/ and models/."
    )]
    PixelsLibraryMissing,
    #[assoc(as_str = "pixels.no_such_page", class = FailureClass::Internal, parse = "pixels.no_such_page")]
    #[assoc(meaning = "Quire asked for a page that does not exist.")]
    #[assoc(advice = "Please report it, with the volume if you can.")]
    PixelsNoSuchPage,
    // Detection.
    #[assoc(as_str = "detect.library_missing", class = FailureClass::NotInstalled, parse = "detect.library_missing")]
    #[assoc(meaning = "ONNX Runtime cannot be loaded.")]
    #[assoc(
        advice = "Install it with `cargo xtask setup`, or let QUIRE_HOME name the directory that holds lib/ and models/."
    )]
    DetectLibraryMissing,
    #[assoc(as_str = "detect.model_missing", class = FailureClass::NotInstalled, parse = "detect.model_missing")]
    #[assoc(meaning = "A model is missing.")]
    #[assoc(
        advice = "Install it with `cargo xtask setup`, or let QUIRE_HOME name the directory that holds lib/ and models/."
    )]
    DetectModelMissing,
    #[assoc(as_str = "detect.model_unusable", class = FailureClass::NotInstalled, parse = "detect.model_unusable")]
    #[assoc(meaning = "A model cannot be used.", advice = "Convert it again with `cargo xtask setup`.")]
    DetectModelUnusable,
    #[assoc(as_str = "detect.runtime", class = FailureClass::Internal, parse = "detect.runtime")]
    #[assoc(meaning = "Detection failed.", advice = "Please report it, with the page if you can.")]
    DetectRuntime,
    // External programs.
    #[assoc(as_str = "external.not_installed", class = FailureClass::NotInstalled, parse = "external.not_installed")]
    #[assoc(meaning = "A program is not installed.")]
    #[assoc(advice = "Install it with the command that the message names.")]
    ExternalNotInstalled,
    #[assoc(as_str = "external.timed_out", class = FailureClass::Resource, parse = "external.timed_out")]
    #[assoc(meaning = "A program took too long and was stopped.")]
    #[assoc(advice = "Try again on a machine with less load. If it happens again, please report it with the volume.")]
    ExternalTimedOut,
    #[assoc(as_str = "external.out_of_space", class = FailureClass::Resource, parse = "external.out_of_space")]
    #[assoc(meaning = "A program found no space left on the disk.")]
    #[assoc(advice = "Free some space, or let TMPDIR name a directory on a larger disk.")]
    ExternalOutOfSpace,
    #[assoc(as_str = "external.file_too_large", class = FailureClass::Resource, parse = "external.file_too_large")]
    #[assoc(meaning = "A program wrote a file larger than the limit and was stopped.")]
    #[assoc(advice = "Split the volume into smaller files.")]
    ExternalFileTooLarge,
    #[assoc(as_str = "external.output_too_large", class = FailureClass::Resource, parse = "external.output_too_large")]
    #[assoc(meaning = "A program printed more than the limit and was stopped.")]
    #[assoc(advice = "Split the volume into smaller files.")]
    ExternalOutputTooLarge,
    #[assoc(as_str = "external.failed", class = FailureClass::Internal, parse = "external.failed")]
    #[assoc(meaning = "A program failed.", advice = "The last lines that it printed usually say why.")]
    ExternalFailed,
    #[assoc(as_str = "external.io", class = FailureClass::Internal, parse = "external.io")]
    #[assoc(meaning = "A program could not be started or watched.")]
    #[assoc(advice = "Check the limits and permissions of the system.")]
    ExternalIo,
    #[assoc(as_str = "external.cancelled", class = FailureClass::Interrupted, parse = "external.cancelled")]
    #[assoc(meaning = "A program was stopped because the work was cancelled.", advice = "Start the work again.")]
    ExternalCancelled,
    // Reading.
    #[assoc(as_str = "tesseract.language_missing", class = FailureClass::NotInstalled, parse = "tesseract.language_missing")]
    #[assoc(meaning = "Tesseract has no data for the language.")]
    #[assoc(advice = "Install it with the command that the message names.")]
    TesseractLanguageMissing,
    #[assoc(as_str = "tesseract.scratch", class = FailureClass::Resource, parse = "tesseract.scratch")]
    #[assoc(meaning = "Temporary files for Tesseract cannot be written.")]
    #[assoc(advice = "Free some space, or let TMPDIR name a directory on another disk.")]
    TesseractScratch,
    #[assoc(as_str = "tesseract.image", class = FailureClass::Internal, parse = "tesseract.image")]
    #[assoc(meaning = "The bytes of an image for Tesseract do not fit its size.")]
    #[assoc(advice = "Please report it, with the volume if you can.")]
    TesseractImage,
    #[assoc(as_str = "tesseract.count", class = FailureClass::Internal, parse = "tesseract.count")]
    #[assoc(meaning = "Tesseract did not answer for every page number.")]
    #[assoc(advice = "Please report it, with the volume if you can.")]
    TesseractCount,
    #[assoc(as_str = "hocr.encoding", class = FailureClass::Internal, parse = "hocr.encoding")]
    #[assoc(meaning = "The output of Tesseract is not UTF-8.")]
    #[assoc(
        advice = "Check that the `tesseract` on the PATH is the real program. If it is, please report it, with the volume if you can."
    )]
    HocrEncoding,
    #[assoc(as_str = "hocr.page_count", class = FailureClass::Internal, parse = "hocr.page_count")]
    #[assoc(meaning = "The output of Tesseract has another number of pages than was asked for.")]
    #[assoc(
        advice = "Check that the `tesseract` on the PATH is the real program. If it is, please report it, with the volume if you can."
    )]
    HocrPageCount,
    #[assoc(as_str = "hocr.malformed", class = FailureClass::Internal, parse = "hocr.malformed")]
    #[assoc(meaning = "The output of Tesseract is not valid hOCR.")]
    #[assoc(
        advice = "Check that the `tesseract` on the PATH is the real program. If it is, please report it, with the volume if you can."
    )]
    HocrMalformed,
    #[assoc(as_str = "hocr.position", class = FailureClass::Internal, parse = "hocr.position")]
    #[assoc(meaning = "A word in the output of Tesseract has no valid position.")]
    #[assoc(advice = "Scan the page again. If it happens again, please report it, with the volume if you can.")]
    HocrPosition,
    #[assoc(as_str = "hocr.too_much", class = FailureClass::Internal, parse = "hocr.too_much")]
    #[assoc(meaning = "The output of Tesseract for a page is larger than the limit.")]
    #[assoc(advice = "Scan the page again at a usual resolution.")]
    HocrTooMuch,
    // quire pair.
    #[assoc(as_str = "pairing.unreadable", class = FailureClass::Input, parse = "pairing.unreadable")]
    #[assoc(meaning = "The file of detections cannot be read.", advice = "Check the path and its permissions.")]
    PairingUnreadable,
    #[assoc(as_str = "pairing.too_large", class = FailureClass::Input, parse = "pairing.too_large")]
    #[assoc(meaning = "The file of detections is larger than the limit.")]
    #[assoc(advice = "Give the detections.json of one volume.")]
    PairingTooLarge,
    #[assoc(as_str = "pairing.json", class = FailureClass::Input, parse = "pairing.json")]
    #[assoc(meaning = "The file is not a list of detections.")]
    #[assoc(advice = "Correct it at the place that the message names, or run the detection again.")]
    PairingJson,
    #[assoc(as_str = "pairing.page_index", class = FailureClass::Input, parse = "pairing.page_index")]
    #[assoc(meaning = "The page index of a detection is out of range.")]
    #[assoc(advice = "Correct it; the first page has index 0.")]
    PairingPageIndex,
    #[assoc(as_str = "pairing.page_size", class = FailureClass::Input, parse = "pairing.page_size")]
    #[assoc(meaning = "The page size of a detection is out of range.")]
    #[assoc(advice = "Correct img_width and img_height.")]
    PairingPageSize,
    #[assoc(as_str = "pairing.sizes_differ", class = FailureClass::Input, parse = "pairing.sizes_differ")]
    #[assoc(meaning = "Two detections give their page different sizes.")]
    #[assoc(advice = "Give all detections of a page the same img_width and img_height.")]
    PairingSizesDiffer,
    #[assoc(as_str = "pairing.too_many_on_page", class = FailureClass::Input, parse = "pairing.too_many_on_page")]
    #[assoc(meaning = "A page has more detections than the limit.", advice = "Remove the false ones.")]
    PairingTooManyOnPage,
    #[assoc(as_str = "pairing.box", class = FailureClass::Input, parse = "pairing.box")]
    #[assoc(meaning = "The box of a detection is not valid.")]
    #[assoc(advice = "Give it as [left, top, right, bottom] in pixels of its page.")]
    PairingBox,
    #[assoc(as_str = "pairing.confidence", class = FailureClass::Input, parse = "pairing.confidence")]
    #[assoc(meaning = "The confidence of a detection is not between 0 and 1.")]
    #[assoc(advice = "Give a number between 0 and 1. A box that a person drew has 1.")]
    PairingConfidence,
    // Results.
    #[assoc(as_str = "output.not_ours", class = FailureClass::Input, parse = "output.not_ours")]
    #[assoc(meaning = "The output directory holds files that are not a result of Quire.")]
    #[assoc(advice = "Choose another output directory, or empty it.")]
    OutputNotOurs,
    #[assoc(as_str = "output.disk_full", class = FailureClass::Resource, parse = "output.disk_full")]
    #[assoc(meaning = "The disk is full.", advice = "Free about three times the size of the volume, and start again.")]
    OutputDiskFull,
    #[assoc(as_str = "output.io", class = FailureClass::Resource, parse = "output.io")]
    #[assoc(meaning = "A result cannot be written.")]
    #[assoc(advice = "Check that the directory exists and that you may write to it.")]
    OutputIo,
    #[assoc(as_str = "output.page_image", class = FailureClass::Internal, parse = "output.page_image")]
    #[assoc(meaning = "The image of a page cannot be rewritten.")]
    #[assoc(advice = "Please report it, with the volume if you can.")]
    OutputPageImage,
    #[assoc(as_str = "output.document", class = FailureClass::Internal, parse = "output.document")]
    #[assoc(meaning = "A page of a result cannot be built.", advice = "Please report it, with the volume if you can.")]
    OutputDocument,
    // The whole volume.
    #[assoc(as_str = "process.nothing_readable", class = FailureClass::Input, parse = "process.nothing_readable")]
    #[assoc(meaning = "Not one page of the volume can be read.", advice = "Scan the volume again, or repair the file.")]
    ProcessNothingReadable,
    #[assoc(as_str = "process.no_such_pages", class = FailureClass::Input, parse = "process.no_such_pages")]
    #[assoc(meaning = "The volume has none of the pages that were asked for.")]
    #[assoc(advice = "Ask for pages that the volume has.")]
    ProcessNoSuchPages,
    #[assoc(as_str = "process.threads", class = FailureClass::Resource, parse = "process.threads")]
    #[assoc(meaning = "The worker threads cannot be started.", advice = "Ask for fewer with --jobs.")]
    ProcessThreads,
    #[assoc(as_str = "process.cancelled", class = FailureClass::Interrupted, parse = "process.cancelled")]
    #[assoc(meaning = "The work was stopped, and nothing was written.", advice = "Start it again.")]
    ProcessCancelled,
    // Single pages of a volume that goes on.
    #[assoc(as_str = "page.damaged", class = FailureClass::Page, parse = "page.damaged")]
    #[assoc(meaning = "The page cannot be read. It is a blank page in every result.")]
    #[assoc(advice = "Scan the page again and upload the volume anew.")]
    PageDamaged,
    #[assoc(as_str = "page.not_compressed", class = FailureClass::Page, parse = "page.not_compressed")]
    #[assoc(meaning = "Ghostscript cannot rewrite the page. It stays as it was uploaded.")]
    #[assoc(advice = "Nothing needs to be done.")]
    PageNotCompressed,
    #[assoc(as_str = "page.not_read", class = FailureClass::Page, parse = "page.not_read")]
    #[assoc(meaning = "Tesseract failed on the page. It has no words.")]
    #[assoc(advice = "Scan the page again if its words matter.")]
    PageNotRead,
    // Why a scan FAILED or was CANCELLED.
    #[assoc(as_str = "retries_exhausted", class = FailureClass::Internal, parse = "retries_exhausted")]
    #[assoc(meaning = "Every attempt at a stage failed. The message holds the last failure.")]
    #[assoc(advice = "Fix the cause, then retry the scan or redrive its message from the dead-letter queue.")]
    RetriesExhausted,
    #[assoc(as_str = "interrupted", class = FailureClass::Resource, parse = "interrupted")]
    #[assoc(
        meaning = "The workers of a stage stopped repeatedly without reporting, most likely because memory or time ran out."
    )]
    #[assoc(advice = "Give the function more memory or time, or split the volume. Then retry the scan.")]
    Interrupted,
    #[assoc(as_str = "intermediates_missing", class = FailureClass::Internal, parse = "intermediates_missing")]
    #[assoc(meaning = "Intermediate files of the scan were missing repeatedly.")]
    #[assoc(advice = "Find out what deletes objects below work/. Then retry the scan.")]
    IntermediatesMissing,
    #[assoc(as_str = "original.missing", class = FailureClass::Input, parse = "original.missing")]
    #[assoc(meaning = "The uploaded file is no longer in the bucket.", advice = "Upload it again.")]
    OriginalMissing,
    #[assoc(as_str = "cancelled", class = FailureClass::Interrupted, parse = "cancelled")]
    #[assoc(meaning = "A person cancelled the scan.", advice = "Retry the scan to continue.")]
    Cancelled,
    #[assoc(as_str = "superseded", class = FailureClass::Interrupted, parse = "superseded")]
    #[assoc(meaning = "A newer upload of the same key replaced the scan.", advice = "Look at the newer scan.")]
    Superseded,
    // Why one attempt failed; the service tries again.
    #[assoc(as_str = "deadline", class = FailureClass::Resource, parse = "deadline")]
    #[assoc(meaning = "The attempt reached its time limit.")]
    #[assoc(advice = "If it happens on every attempt, give the function more time, or use smaller page ranges.")]
    Deadline,
    #[assoc(as_str = "scratch", class = FailureClass::Resource, parse = "scratch")]
    #[assoc(meaning = "The temporary directory of the function cannot be used.")]
    #[assoc(advice = "If it happens on every attempt, give the function more temporary storage.")]
    Scratch,
    #[assoc(as_str = "panicked", class = FailureClass::Internal, parse = "panicked")]
    #[assoc(meaning = "The worker panicked.", advice = "Please report it, with the log.")]
    Panicked,
    #[assoc(as_str = "message.misplaced", class = FailureClass::Internal, parse = "message.misplaced")]
    #[assoc(meaning = "A message is in the queue of another function.")]
    #[assoc(advice = "Check the queue URLs of the functions.")]
    MessageMisplaced,
    #[assoc(as_str = "intermediate.missing", class = FailureClass::Internal, parse = "intermediate.missing")]
    #[assoc(meaning = "An intermediate file is missing. The volume is compressed again.")]
    #[assoc(advice = "Nothing needs to be done.")]
    IntermediateMissing,
    #[assoc(as_str = "intermediate.unreadable", class = FailureClass::Resource, parse = "intermediate.unreadable")]
    #[assoc(meaning = "An intermediate file cannot be opened.", advice = "The service tries again by itself.")]
    IntermediateUnreadable,
    #[assoc(as_str = "intermediate.damaged", class = FailureClass::Internal, parse = "intermediate.damaged")]
    #[assoc(meaning = "An intermediate file is damaged.")]
    #[assoc(advice = "Prepare and scan the volume again. The service does so by itself.")]
    IntermediateDamaged,
    #[assoc(as_str = "intermediate.refused", class = FailureClass::Internal, parse = "intermediate.refused")]
    #[assoc(meaning = "An intermediate file contains unexpected files.")]
    #[assoc(advice = "Prepare and scan the volume again. The service does so by itself.")]
    IntermediateRefused,
    #[assoc(as_str = "intermediate.foreign", class = FailureClass::Internal, parse = "intermediate.foreign")]
    #[assoc(meaning = "An intermediate file belongs to another volume, range or setting.")]
    #[assoc(advice = "Prepare and scan the volume again. The service does so by itself.")]
    IntermediateForeign,
    // PostgreSQL.
    #[assoc(as_str = "catalog.settings", class = FailureClass::Arguments, parse = "catalog.settings")]
    #[assoc(meaning = "The database settings are not valid.", advice = "Check DATABASE_URL.")]
    CatalogSettings,
    #[assoc(as_str = "catalog.invalid", class = FailureClass::Arguments, parse = "catalog.invalid")]
    #[assoc(meaning = "The catalog cannot store a value.", advice = "Correct the value.")]
    CatalogInvalid,
    #[assoc(as_str = "catalog.statement", class = FailureClass::Internal, parse = "catalog.statement")]
    #[assoc(meaning = "The database refused a statement.")]
    #[assoc(advice = "Run `quire migrate`. If that does not help, please report it.")]
    CatalogStatement,
    #[assoc(as_str = "catalog.migration", class = FailureClass::Internal, parse = "catalog.migration")]
    #[assoc(meaning = "A migration failed.")]
    #[assoc(advice = "Fix the cause that the message names, then migrate again. The failed migration changed nothing.")]
    CatalogMigration,
    #[assoc(as_str = "catalog.unreachable", class = FailureClass::Unavailable, parse = "catalog.unreachable")]
    #[assoc(meaning = "The database cannot be reached.")]
    #[assoc(advice = "Check that it is running and that DATABASE_URL is right, then try again.")]
    CatalogUnreachable,
    #[assoc(as_str = "catalog.denied", class = FailureClass::Unavailable, parse = "catalog.denied")]
    #[assoc(meaning = "The database refuses access.")]
    #[assoc(
        advice = "Check the user, the password and the database name in DATABASE_URL, and the permissions of the user."
    )]
    CatalogDenied,
    #[assoc(as_str = "catalog.unknown", class = FailureClass::Refused, parse = "catalog.unknown")]
    #[assoc(meaning = "There is no such scan.", advice = "List the scans with `quire scans`.")]
    CatalogUnknown,
    #[assoc(as_str = "catalog.refused", class = FailureClass::Refused, parse = "catalog.refused")]
    #[assoc(meaning = "The status of the scan does not allow the action.")]
    #[assoc(advice = "Run `quire show`. It says what the scan waits for, or why it ended.")]
    CatalogRefused,
    // S3.
    #[assoc(as_str = "objects.name", class = FailureClass::Arguments, parse = "objects.name")]
    #[assoc(meaning = "A name cannot be the name of an object.", advice = "Choose another name.")]
    ObjectsName,
    #[assoc(as_str = "objects.foreign_key", class = FailureClass::Arguments, parse = "objects.foreign_key")]
    #[assoc(meaning = "A key does not belong to an attempt.", advice = "Check the key.")]
    ObjectsForeignKey,
    #[assoc(as_str = "objects.file", class = FailureClass::Input, parse = "objects.file")]
    #[assoc(meaning = "A local file cannot be read or written.")]
    #[assoc(advice = "Check the path, its permissions and the free space.")]
    ObjectsFile,
    #[assoc(as_str = "objects.changed", class = FailureClass::Internal, parse = "objects.changed")]
    #[assoc(meaning = "An object changed while it was read.", advice = "Try again.")]
    ObjectsChanged,
    #[assoc(as_str = "objects.damaged", class = FailureClass::Internal, parse = "objects.damaged")]
    #[assoc(meaning = "The copy of an object is damaged.", advice = "Try again.")]
    ObjectsDamaged,
    #[assoc(as_str = "objects.missing", class = FailureClass::Unavailable, parse = "objects.missing")]
    #[assoc(meaning = "An object is missing.", advice = "Check the bucket and the key.")]
    ObjectsMissing,
    #[assoc(as_str = "objects.unreachable", class = FailureClass::Unavailable, parse = "objects.unreachable")]
    #[assoc(meaning = "S3 does not answer.")]
    #[assoc(advice = "Check the network, the region and the endpoint, then try again.")]
    ObjectsUnreachable,
    #[assoc(as_str = "objects.refused", class = FailureClass::Unavailable, parse = "objects.refused")]
    #[assoc(meaning = "S3 refuses a request.")]
    #[assoc(advice = "Check the credentials, the permissions and the name of the bucket.")]
    ObjectsRefused,
    // SQS and EventBridge.
    #[assoc(as_str = "queues.malformed", class = FailureClass::Internal, parse = "queues.malformed")]
    #[assoc(meaning = "A message cannot be read.")]
    #[assoc(advice = "Look at the message in the dead-letter queue, then delete it.")]
    QueuesMalformed,
    #[assoc(as_str = "queues.unknown_queue", class = FailureClass::Internal, parse = "queues.unknown_queue")]
    #[assoc(meaning = "A message comes from a queue that the function does not know.")]
    #[assoc(advice = "Check the queue URLs of the function.")]
    QueuesUnknownQueue,
    #[assoc(as_str = "queues.unreachable", class = FailureClass::Unavailable, parse = "queues.unreachable")]
    #[assoc(meaning = "SQS or EventBridge does not answer.")]
    #[assoc(advice = "Check the network, the region and the endpoint, then try again.")]
    QueuesUnreachable,
    #[assoc(as_str = "queues.refused", class = FailureClass::Unavailable, parse = "queues.refused")]
    #[assoc(meaning = "SQS or EventBridge refuses a request.")]
    #[assoc(advice = "Check the credentials, the permissions and the queue URLs.")]
    QueuesRefused,
    #[assoc(as_str = "queues.entries_refused", class = FailureClass::Unavailable, parse = "queues.entries_refused")]
    #[assoc(meaning = "SQS or EventBridge did not accept some entries of a batch.", advice = "Try again.")]
    QueuesEntriesRefused,
    // The command.
    #[assoc(as_str = "command.arguments", class = FailureClass::Arguments, parse = "command.arguments")]
    #[assoc(meaning = "Arguments do not go together, or one is not valid.")]
    #[assoc(advice = "See the help of the command with --help.")]
    CommandArguments,
    #[assoc(as_str = "settings.missing", class = FailureClass::Arguments, parse = "settings.missing")]
    #[assoc(meaning = "A setting is missing.")]
    #[assoc(
        advice = "Give the option, set the variable, or name a file that holds it with --environment-file. `cargo xtask up` writes target/stack/environment, which the command reads by itself."
    )]
    SettingsMissing,
    #[assoc(as_str = "settings.file", class = FailureClass::Arguments, parse = "settings.file")]
    #[assoc(meaning = "The environment file cannot be read.")]
    #[assoc(advice = "Each line must be KEY=VALUE, blank, or a comment that begins with #.")]
    SettingsFile,
    #[assoc(as_str = "command.output", class = FailureClass::Resource, parse = "command.output")]
    #[assoc(meaning = "Standard output cannot be written.", advice = "Check where the output goes.")]
    CommandOutput,
    #[assoc(as_str = "command.runtime", class = FailureClass::Internal, parse = "command.runtime")]
    #[assoc(meaning = "The asynchronous runtime cannot be started.", advice = "Check the limits of the system.")]
    CommandRuntime,
    #[assoc(as_str = "command.stopped", class = FailureClass::Interrupted, parse = "command.stopped")]
    #[assoc(meaning = "The command was stopped. Scans in the service continue.", advice = "Start the command again.")]
    CommandStopped,
    #[assoc(as_str = "upload.unnamed", class = FailureClass::Input, parse = "upload.unnamed")]
    #[assoc(meaning = "The file name does not say which volume it is.")]
    #[assoc(
        advice = "Name it reporter.volume.first.last.pdf, such as a3d.217.101.120.pdf for pages 101 to 120, or give what is missing with --reporter, --volume, --first-page and --last-page. Or upload it with --unnamed, and name it later with `quire describe`."
    )]
    UploadUnnamed,
    #[assoc(as_str = "upload.file_name", class = FailureClass::Input, parse = "upload.file_name")]
    #[assoc(meaning = "The file name cannot be part of a key.", advice = "Rename the file.")]
    UploadFileName,
    #[assoc(as_str = "upload.same_key", class = FailureClass::Input, parse = "upload.same_key")]
    #[assoc(meaning = "Two files would have the same key.", advice = "Upload them separately, or rename one.")]
    UploadSameKey,
    #[assoc(as_str = "upload.exists", class = FailureClass::Input, parse = "upload.exists")]
    #[assoc(
        meaning = "An upload with the same key exists, and this one would replace it.",
        advice = "Rename the file. If it is to replace the upload, give its key with --key."
    )]
    UploadExists,
    // What the functions report in their logs.
    #[assoc(as_str = "configuration.invalid", class = FailureClass::Arguments, parse = "configuration.invalid")]
    #[assoc(meaning = "A setting of a function is missing or not valid.")]
    #[assoc(advice = "Set the variable that the message names.")]
    ConfigurationInvalid,
    #[assoc(as_str = "lease.lost", class = FailureClass::Recovered, parse = "lease.lost")]
    #[assoc(meaning = "Another worker took the lease of an attempt. The attempt changed nothing.")]
    #[assoc(advice = "Nothing needs to be done.")]
    LeaseLost,
    #[assoc(as_str = "worker.lost", class = FailureClass::Recovered, parse = "worker.lost")]
    #[assoc(meaning = "A worker vanished. `reconcile` put its scan or range back to waiting.")]
    #[assoc(advice = "Nothing needs to be done, unless it happens often.")]
    WorkerLost,
    #[assoc(as_str = "message.lost", class = FailureClass::Recovered, parse = "message.lost")]
    #[assoc(meaning = "A scan or range waited too long. `reconcile` sent its message again.")]
    #[assoc(advice = "Nothing needs to be done.")]
    MessageLost,
    #[assoc(as_str = "event.lost", class = FailureClass::Recovered, parse = "event.lost")]
    #[assoc(meaning = "An upload had no scan. `reconcile` announced it to `intake`.")]
    #[assoc(advice = "Nothing needs to be done.")]
    EventLost,
    #[assoc(as_str = "record.fault", class = FailureClass::Recovered, parse = "record.fault")]
    #[assoc(meaning = "A message could not be handled or put back in time. SQS delivers it again.")]
    #[assoc(advice = "Look at the log of the function.")]
    RecordFault,
    #[assoc(as_str = "intake.bucket", class = FailureClass::Recovered, parse = "intake.bucket")]
    #[assoc(meaning = "An event of another bucket was dropped.")]
    #[assoc(advice = "Check which buckets notify the uploads queue.")]
    IntakeBucket,
    // The import of the models.
    #[assoc(as_str = "model.wheel-unreadable", class = FailureClass::Input, parse = "model.wheel-unreadable")]
    #[assoc(meaning = "The wheel cannot be read.", advice = "Check the path and its permissions.")]
    ModelWheelUnreadable,
    #[assoc(as_str = "model.wheel", class = FailureClass::Input, parse = "model.wheel")]
    #[assoc(meaning = "The file is not a readable wheel.", advice = "Download blackletter==0.0.12 again.")]
    ModelWheel,
    #[assoc(as_str = "model.weights-missing", class = FailureClass::Input, parse = "model.weights-missing")]
    #[assoc(meaning = "The wheel does not contain the weights.")]
    #[assoc(advice = "Download blackletter==0.0.12; no other version has them.")]
    ModelWeightsMissing,
    #[assoc(as_str = "model.digest", class = FailureClass::Input, parse = "model.digest")]
    #[assoc(meaning = "The weights do not have the published digest.", advice = "Download blackletter==0.0.12 again.")]
    ModelDigest,
    #[assoc(as_str = "model.unwritable", class = FailureClass::Resource, parse = "model.unwritable")]
    #[assoc(meaning = "The converted model cannot be written.")]
    #[assoc(advice = "Check that you may write to the directory and that the disk has 200 MB left.")]
    ModelUnwritable,
    #[assoc(as_str = "model.archive", class = FailureClass::Input, parse = "model.archive")]
    #[assoc(meaning = "The checkpoint is not a readable zip archive.", advice = "Download it again.")]
    ModelArchive,
    #[assoc(as_str = "model.entry-missing", class = FailureClass::Input, parse = "model.entry-missing")]
    #[assoc(meaning = "An entry of the checkpoint is missing.", advice = "Use a checkpoint that torch.save wrote.")]
    ModelEntryMissing,
    #[assoc(as_str = "model.entry-too-large", class = FailureClass::Input, parse = "model.entry-too-large")]
    #[assoc(meaning = "An entry of the checkpoint is larger than the limit.", advice = "Use the published weights.")]
    ModelEntryTooLarge,
    #[assoc(as_str = "model.byte-order", class = FailureClass::Input, parse = "model.byte-order")]
    #[assoc(meaning = "A big-endian machine wrote the checkpoint, which is not supported.")]
    #[assoc(advice = "Use the published weights.")]
    ModelByteOrder,
    #[assoc(as_str = "model.tensor", class = FailureClass::Input, parse = "model.tensor")]
    #[assoc(meaning = "A tensor of the checkpoint is not supported.", advice = "Use the published weights.")]
    ModelTensor,
    #[assoc(as_str = "model.pickle-truncated", class = FailureClass::Input, parse = "model.pickle-truncated")]
    #[assoc(meaning = "The pickle of the checkpoint is cut off.", advice = "Download it again.")]
    ModelPickleTruncated,
    #[assoc(as_str = "model.pickle-opcode", class = FailureClass::Input, parse = "model.pickle-opcode")]
    #[assoc(meaning = "The pickle of the checkpoint uses an opcode that a YOLOv8 checkpoint does not need.")]
    #[assoc(advice = "Do not trust the file. Use the published weights.")]
    ModelPickleOpcode,
    #[assoc(as_str = "model.pickle-global", class = FailureClass::Input, parse = "model.pickle-global")]
    #[assoc(meaning = "The pickle of the checkpoint names something that is not part of a YOLOv8 model.")]
    #[assoc(advice = "Do not trust the file. Use the published weights.")]
    ModelPickleGlobal,
    #[assoc(as_str = "model.pickle-malformed", class = FailureClass::Input, parse = "model.pickle-malformed")]
    #[assoc(meaning = "The pickle of the checkpoint is malformed.", advice = "Use the published weights.")]
    ModelPickleMalformed,
    #[assoc(as_str = "model.pickle-limit", class = FailureClass::Input, parse = "model.pickle-limit")]
    #[assoc(meaning = "The pickle of the checkpoint is larger than the limit.", advice = "Use the published weights.")]
    ModelPickleLimit,
    #[assoc(as_str = "model.network-incomplete", class = FailureClass::Input, parse = "model.network-incomplete")]
    #[assoc(meaning = "The checkpoint is not a complete YOLOv8 detection model.")]
    #[assoc(advice = "Use the published weights.")]
    ModelNetworkIncomplete,
    #[assoc(as_str = "model.network-unsupported", class = FailureClass::Input, parse = "model.network-unsupported")]
    #[assoc(meaning = "A module of the checkpoint is not supported.", advice = "Use a YOLOv8 detection model.")]
    ModelNetworkUnsupported,
    #[assoc(as_str = "model.network-channels", class = FailureClass::Input, parse = "model.network-channels")]
    #[assoc(meaning = "The layers of the checkpoint do not fit together.", advice = "Use the published weights.")]
    ModelNetworkChannels,
    #[assoc(as_str = "model.network-limit", class = FailureClass::Input, parse = "model.network-limit")]
    #[assoc(meaning = "The network of the checkpoint is larger than the limit.", advice = "Use the published weights.")]
    ModelNetworkLimit,
}

impl FailureCode {
    /// Every code, in the order of the table.
    pub const ALL: &[Self] = Self::VARIANTS;
}

impl fmt::Display for FailureCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// For comparisons with the text that a database row or a JSON object holds.
impl PartialEq<&str> for FailureCode {
    fn eq(&self, code: &&str) -> bool {
        self.as_str() == *code
    }
}

impl serde::Serialize for FailureCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
