//! Every code that a failure can have: one table, from which docs/errors.md is made.
//!
//! An error enum says its code beside its text (`#[assoc(code = FailureCode::…)]`). The text of an error says what
//! happened, with the names and numbers at hand. What to do about it comes from this table and is added where the
//! failure is shown to a person. Codes are stable: scripts and rows of the database hold them.

use enum_assoc::Assoc;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

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
    /// Listed in `findings.json` and in the catalog.
    #[assoc(meaning = "Something that a person should look at before the volume is published.")]
    Finding,
    /// Reported in logs only.
    #[assoc(meaning = "The service noticed a fault and recovered from it.")]
    Recovered,
}

/// The stable code of a failure.
///
/// `meaning` says in a sentence what happened, `advice` says what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Assoc, VariantArray, Display, EnumString, IntoStaticStr)]
#[strum(const_into_str)]
#[func(pub const fn class(self) -> FailureClass)]
#[func(pub const fn meaning(self) -> &'static str)]
#[func(pub const fn advice(self) -> &'static str)]
pub enum FailureCode {
    // Names.
    #[strum(serialize = "naming.unrecognised")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file name does not say which volume it is.")]
    #[assoc(
        advice = "Rename it to reporter.volume.first.last.pdf, such as a3d.217.101.120.pdf, or give --reporter, --volume and --first-page."
    )]
    NamingUnrecognised,
    #[strum(serialize = "naming.component")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The reporter or the volume cannot be part of a file name.")]
    #[assoc(
        advice = "Use 1 to 64 bytes of letters, digits, spaces and -_&', beginning with a letter or digit. A reporter may also hold single dots."
    )]
    NamingComponent,
    #[strum(serialize = "naming.pages_reversed")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The last page is before the first page.", advice = "Give the pages in order.")]
    NamingPagesReversed,
    #[strum(serialize = "naming.page_too_large")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "A page number is larger than 9,999,999.", advice = "Check the page numbers in the name.")]
    NamingPageTooLarge,
    // The file.
    #[strum(serialize = "source.unreadable")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file cannot be read.", advice = "Check that the file exists and that you may read it.")]
    SourceUnreadable,
    #[strum(serialize = "source.empty")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file is empty.", advice = "Copy or upload it again.")]
    SourceEmpty,
    #[strum(serialize = "source.not_pdf")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file is not a PDF.", advice = "Export the volume as a PDF.")]
    SourceNotPdf,
    #[strum(serialize = "source.truncated")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file is cut off.", advice = "Copy or upload the whole file again.")]
    SourceTruncated,
    #[strum(serialize = "source.encrypted")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file is encrypted.")]
    #[assoc(advice = "Save it without a password, for example with `qpdf --decrypt IN.pdf OUT.pdf`.")]
    SourceEncrypted,
    #[strum(serialize = "source.damaged")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The structure of the PDF is damaged.")]
    #[assoc(advice = "Scan or export it again, or repair it with `qpdf IN.pdf OUT.pdf`.")]
    SourceDamaged,
    #[strum(serialize = "source.file_too_large")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file is larger than the limit.")]
    #[assoc(
        advice = "Split the volume into smaller files, or raise the limit of `quire process` with --max-file-bytes."
    )]
    SourceFileTooLarge,
    #[strum(serialize = "source.no_pages")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The PDF has no pages.", advice = "Export it again.")]
    SourceNoPages,
    #[strum(serialize = "source.too_many_pages")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The PDF has more pages than the limit.")]
    #[assoc(advice = "Split the volume into smaller files, or raise the limit of `quire process` with --max-pages.")]
    SourceTooManyPages,
    #[strum(serialize = "source.page_too_large")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "A page is larger than the limit.")]
    #[assoc(
        advice = "Export the page at its real size, or raise the limits of `quire process` with --max-page-points and --max-page-pixels."
    )]
    SourcePageTooLarge,
    #[strum(serialize = "source.page_too_small")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "A page is too small to be a page of a book.", advice = "Export the page at its real size.")]
    SourcePageTooSmall,
    #[strum(serialize = "source.image_too_large")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "An image has more pixels than the limit.")]
    #[assoc(
        advice = "Scan the page at a lower resolution, or raise the limit of `quire process` with --max-page-pixels."
    )]
    SourceImageTooLarge,
    #[strum(serialize = "source.content_too_large")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The content of a page is larger than the limit.")]
    #[assoc(advice = "Export the page again as a plain scan.")]
    SourceContentTooLarge,
    // Pixels.
    #[strum(serialize = "pixels.damaged")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "A page cannot be read.", advice = "Scan the page again.")]
    PixelsDamaged,
    #[strum(serialize = "pixels.not_opened")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "PDFium cannot open the volume.", advice = "Repair the file with `qpdf IN.pdf OUT.pdf`.")]
    PixelsNotOpened,
    #[strum(serialize = "pixels.page_count")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file claims another number of pages than it has.")]
    #[assoc(advice = "Repair the file with `qpdf IN.pdf OUT.pdf`.")]
    PixelsPageCount,
    #[strum(serialize = "pixels.other_pages")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "Two programs find different pages in the file.")]
    #[assoc(advice = "Repair the file with `qpdf IN.pdf OUT.pdf`.")]
    PixelsOtherPages,
    #[strum(serialize = "pixels.no_renderer")]
    #[assoc(class = FailureClass::NotInstalled)]
    #[assoc(meaning = "PDFium is needed to draw a page, and it is not installed.")]
    #[assoc(advice = "Install it with `cargo xtask setup`.")]
    PixelsNoRenderer,
    #[strum(serialize = "pixels.library_missing")]
    #[assoc(class = FailureClass::NotInstalled)]
    #[assoc(meaning = "PDFium cannot be loaded.")]
    #[assoc(
        advice = "Install it with `cargo xtask setup`, or let QUIRE_HOME name the directory that holds lib/ and models/."
    )]
    PixelsLibraryMissing,
    #[strum(serialize = "pixels.no_such_page")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "Quire asked for a page that does not exist.")]
    #[assoc(advice = "Please report it, with the volume if you can.")]
    PixelsNoSuchPage,
    // Detection.
    #[strum(serialize = "detect.library_missing")]
    #[assoc(class = FailureClass::NotInstalled)]
    #[assoc(meaning = "ONNX Runtime cannot be loaded.")]
    #[assoc(
        advice = "Install it with `cargo xtask setup`, or let QUIRE_HOME name the directory that holds lib/ and models/."
    )]
    DetectLibraryMissing,
    #[strum(serialize = "detect.model_missing")]
    #[assoc(class = FailureClass::NotInstalled)]
    #[assoc(meaning = "A model is missing.")]
    #[assoc(
        advice = "Install the published models with `cargo xtask setup` and your own with `quire model import`, or let QUIRE_HOME name the directory that holds lib/ and models/."
    )]
    DetectModelMissing,
    #[strum(serialize = "detect.model_unusable")]
    #[assoc(class = FailureClass::NotInstalled)]
    #[assoc(
        meaning = "A model cannot be used.",
        advice = "Convert it again with `cargo xtask setup`, or your own with `quire model import`."
    )]
    DetectModelUnusable,
    #[strum(serialize = "detect.runtime")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "Detection failed.", advice = "Please report it, with the page if you can.")]
    DetectRuntime,
    // External programs.
    #[strum(serialize = "external.not_installed")]
    #[assoc(class = FailureClass::NotInstalled)]
    #[assoc(meaning = "A program is not installed.")]
    #[assoc(advice = "Install it with the command that the message names.")]
    ExternalNotInstalled,
    #[strum(serialize = "external.sandbox_missing")]
    #[assoc(class = FailureClass::NotInstalled)]
    #[assoc(meaning = "The program `quire-sandbox`, which starts the other programs, is missing.")]
    #[assoc(
        advice = "Build it with `cargo build --release --package sandbox`, and copy it into the directory of the program."
    )]
    ExternalSandboxMissing,
    #[strum(serialize = "external.timed_out")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "A program took too long and was stopped.")]
    #[assoc(advice = "Try again on a machine with less load. If it happens again, please report it with the volume.")]
    ExternalTimedOut,
    #[strum(serialize = "external.out_of_space")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "A program found no space left on the disk.")]
    #[assoc(advice = "Free some space, or let TMPDIR name a directory on a larger disk.")]
    ExternalOutOfSpace,
    #[strum(serialize = "external.file_too_large")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "A program wrote a file larger than the limit and was stopped.")]
    #[assoc(advice = "Split the volume into smaller files.")]
    ExternalFileTooLarge,
    #[strum(serialize = "external.output_too_large")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "A program printed more than the limit and was stopped.")]
    #[assoc(advice = "Split the volume into smaller files.")]
    ExternalOutputTooLarge,
    #[strum(serialize = "external.failed")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "A program failed.", advice = "The last lines that it printed usually say why.")]
    ExternalFailed,
    #[strum(serialize = "external.io")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "A program could not be started or watched.")]
    #[assoc(advice = "Check the limits and permissions of the system.")]
    ExternalIo,
    #[strum(serialize = "external.cancelled")]
    #[assoc(class = FailureClass::Interrupted)]
    #[assoc(meaning = "A program was stopped because the work was cancelled.", advice = "Start the work again.")]
    ExternalCancelled,
    // Reading.
    #[strum(serialize = "reading.network_unusable")]
    #[assoc(class = FailureClass::NotInstalled)]
    #[assoc(meaning = "The network that reads the words of a language cannot be used.")]
    #[assoc(advice = "Install it again with `cargo xtask setup`, or read with `--reader tesseract`.")]
    ReadingNetworkUnusable,
    #[strum(serialize = "reading.runtime")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "Reading the words of a page failed.", advice = "Please report it, with the page if you can.")]
    ReadingRuntime,
    #[strum(serialize = "tesseract.language_missing")]
    #[assoc(class = FailureClass::NotInstalled)]
    #[assoc(meaning = "Tesseract has no data for the language.")]
    #[assoc(advice = "Install it with the command that the message names.")]
    TesseractLanguageMissing,
    #[strum(serialize = "tesseract.scratch")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "Temporary files for Tesseract cannot be written.")]
    #[assoc(advice = "Free some space, or let TMPDIR name a directory on another disk.")]
    TesseractScratch,
    #[strum(serialize = "tesseract.image")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "The bytes of an image for Tesseract do not fit its size.")]
    #[assoc(advice = "Please report it, with the volume if you can.")]
    TesseractImage,
    #[strum(serialize = "tesseract.count")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "Tesseract did not answer for every page number.")]
    #[assoc(advice = "Please report it, with the volume if you can.")]
    TesseractCount,
    #[strum(serialize = "hocr.encoding")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "The output of Tesseract is not UTF-8.")]
    #[assoc(
        advice = "Check that the `tesseract` on the PATH is the real program. If it is, please report it, with the volume if you can."
    )]
    HocrEncoding,
    #[strum(serialize = "hocr.page_count")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "The output of Tesseract has another number of pages than was asked for.")]
    #[assoc(
        advice = "Check that the `tesseract` on the PATH is the real program. If it is, please report it, with the volume if you can."
    )]
    HocrPageCount,
    #[strum(serialize = "hocr.malformed")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "The output of Tesseract is not valid hOCR.")]
    #[assoc(
        advice = "Check that the `tesseract` on the PATH is the real program. If it is, please report it, with the volume if you can."
    )]
    HocrMalformed,
    #[strum(serialize = "hocr.position")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "A word in the output of Tesseract has no valid position.")]
    #[assoc(advice = "Scan the page again. If it happens again, please report it, with the volume if you can.")]
    HocrPosition,
    #[strum(serialize = "hocr.too_much")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "The output of Tesseract for a page is larger than the limit.")]
    #[assoc(advice = "Scan the page again at a usual resolution.")]
    HocrTooMuch,
    // quire pair.
    #[strum(serialize = "pairing.unreadable")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file of detections cannot be read.", advice = "Check the path and its permissions.")]
    PairingUnreadable,
    #[strum(serialize = "pairing.too_large")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file of detections is larger than the limit.")]
    #[assoc(advice = "Give the detections.json of one volume.")]
    PairingTooLarge,
    #[strum(serialize = "pairing.json")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file is not a list of detections.")]
    #[assoc(advice = "Correct it at the place that the message names, or run the detection again.")]
    PairingJson,
    #[strum(serialize = "pairing.page_index")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The page index of a detection is out of range.")]
    #[assoc(advice = "Correct it; the first page has index 0.")]
    PairingPageIndex,
    #[strum(serialize = "pairing.page_size")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The page size of a detection is out of range.")]
    #[assoc(advice = "Correct img_width and img_height.")]
    PairingPageSize,
    #[strum(serialize = "pairing.sizes_differ")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "Two detections give their page different sizes.")]
    #[assoc(advice = "Give all detections of a page the same img_width and img_height.")]
    PairingSizesDiffer,
    #[strum(serialize = "pairing.too_many_on_page")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "A page has more detections than the limit.", advice = "Remove the false ones.")]
    PairingTooManyOnPage,
    #[strum(serialize = "pairing.box")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The box of a detection is not valid.")]
    #[assoc(advice = "Give it as [left, top, right, bottom] in pixels of its page.")]
    PairingBox,
    #[strum(serialize = "pairing.confidence")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The confidence of a detection is not between 0 and 1.")]
    #[assoc(advice = "Give a number between 0 and 1. A box that a person drew has 1.")]
    PairingConfidence,
    // Results.
    #[strum(serialize = "output.not_ours")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The output directory holds files that are not a result of Quire.")]
    #[assoc(advice = "Choose another output directory, or empty it.")]
    OutputNotOurs,
    #[strum(serialize = "output.disk_full")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "The disk is full.", advice = "Free about three times the size of the volume, and start again.")]
    OutputDiskFull,
    #[strum(serialize = "output.io")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "A result cannot be written.")]
    #[assoc(advice = "Check that the directory exists and that you may write to it.")]
    OutputIo,
    #[strum(serialize = "output.page_image")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "The image of a page cannot be rewritten.")]
    #[assoc(advice = "Please report it, with the volume if you can.")]
    OutputPageImage,
    #[strum(serialize = "output.document")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "A page of a result cannot be built.", advice = "Please report it, with the volume if you can.")]
    OutputDocument,
    // The whole volume.
    #[strum(serialize = "process.nothing_readable")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "Not one page of the volume can be read.", advice = "Scan the volume again, or repair the file.")]
    ProcessNothingReadable,
    #[strum(serialize = "process.no_such_pages")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The volume does not have the pages that were asked for.")]
    #[assoc(advice = "Ask for pages that the volume has.")]
    ProcessNoSuchPages,
    #[strum(serialize = "process.threads")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "The worker threads cannot be started.", advice = "Ask for fewer with --jobs.")]
    ProcessThreads,
    #[strum(serialize = "process.cancelled")]
    #[assoc(class = FailureClass::Interrupted)]
    #[assoc(meaning = "The work was stopped, and nothing was written.", advice = "Start it again.")]
    ProcessCancelled,
    // Single pages of a volume that goes on.
    #[strum(serialize = "page.damaged")]
    #[assoc(class = FailureClass::Page)]
    #[assoc(meaning = "The page cannot be read. It is a blank page in every result.")]
    #[assoc(advice = "Scan the page again and upload the volume anew.")]
    PageDamaged,
    #[strum(serialize = "page.skipped")]
    #[assoc(class = FailureClass::Page)]
    #[assoc(meaning = "A person had the page skipped. It is a blank page in every result.")]
    #[assoc(advice = "Scan the page again and upload the volume anew.")]
    PageSkipped,
    #[strum(serialize = "page.not_compressed")]
    #[assoc(class = FailureClass::Page)]
    #[assoc(meaning = "Ghostscript cannot rewrite the page. It stays as it was uploaded.")]
    #[assoc(advice = "Nothing needs to be done.")]
    PageNotCompressed,
    #[strum(serialize = "page.not_read")]
    #[assoc(class = FailureClass::Page)]
    #[assoc(meaning = "Tesseract failed on the page. It has no words.")]
    #[assoc(advice = "Scan the page again if its words matter.")]
    PageNotRead,
    #[strum(serialize = "page.redrawn")]
    #[assoc(class = FailureClass::Page)]
    #[assoc(meaning = "No program can copy the page as it is. Every result contains a picture of it instead.")]
    #[assoc(advice = "Compare the page with the original.")]
    PageRedrawn,
    #[strum(serialize = "page.image_damaged")]
    #[assoc(class = FailureClass::Page)]
    #[assoc(meaning = "An image on the page is damaged. The results show what can be drawn of it.")]
    #[assoc(advice = "Compare the page with the original. Scan it again if something is missing.")]
    PageImageDamaged,
    #[strum(serialize = "page.drawn_blank")]
    #[assoc(class = FailureClass::Page)]
    #[assoc(meaning = "The page has an image, but nothing of it can be seen.")]
    #[assoc(advice = "Look at the original. Scan the page again unless it is blank.")]
    PageDrawnBlank,
    #[strum(serialize = "page.form_fields")]
    #[assoc(class = FailureClass::Page)]
    #[assoc(meaning = "The page has form fields. What they contain is missing from the results.")]
    #[assoc(advice = "Look at the original. Print it to a new PDF if the fields matter.")]
    PageFormFields,
    // Findings: the sequence of pages.
    #[strum(serialize = "finding.pages_missing")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The printed numbers jump forward: pages are missing here.")]
    #[assoc(
        advice = "Look at the page and the one before it. Scan the missing leaves and upload the whole volume again."
    )]
    FindingPagesMissing,
    #[strum(serialize = "finding.duplicate_number")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "Two pages carry the same printed number.")]
    #[assoc(
        advice = "Compare both pages. If one was scanned twice, leave it out; if a number was misread, ignore this."
    )]
    FindingDuplicateNumber,
    #[strum(serialize = "finding.duplicate_picture")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "Two pages look nearly the same.")]
    #[assoc(advice = "Compare both pages. If one was scanned twice, leave it out.")]
    FindingDuplicatePicture,
    #[strum(serialize = "finding.out_of_order")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The printed numbers go backwards here.")]
    #[assoc(advice = "Put the pages in order and upload the whole volume again.")]
    FindingOutOfOrder,
    #[strum(serialize = "finding.number_missing")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "No printed number was read on the page. Its number follows from its neighbours.")]
    #[assoc(advice = "Check that the page belongs here.")]
    FindingNumberMissing,
    #[strum(serialize = "finding.number_doubtful")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "What was read as the number of the page contradicts its neighbours.")]
    #[assoc(advice = "Check the printed number, and that the page belongs here.")]
    FindingNumberDoubtful,
    #[strum(serialize = "finding.number_range")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "One page carries a range of printed numbers.")]
    #[assoc(advice = "Check that the book printed several pages as one.")]
    FindingNumberRange,
    #[strum(serialize = "finding.wrong_volume")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The printed numbers or the running heads do not fit the volume.")]
    #[assoc(advice = "Check that the page belongs to the volume, and that the file has the right name.")]
    FindingWrongVolume,
    #[strum(serialize = "finding.first_number")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The number printed on the first page is not the one that the name gives.")]
    #[assoc(advice = "Check the name of the file, and whether pages are missing at the beginning.")]
    FindingFirstNumber,
    #[strum(serialize = "finding.last_number")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The number printed on the last page is not the one that the name gives.")]
    #[assoc(advice = "Check the name of the file, and whether pages are missing at the end.")]
    FindingLastNumber,
    #[strum(serialize = "finding.page_count")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The number of pages does not fit the first and the last page number that the name gives.")]
    #[assoc(advice = "Check whether pages are missing or were scanned twice.")]
    FindingPageCount,
    // Findings: the quality of pages.
    #[strum(serialize = "finding.page_blank")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The page is blank.")]
    #[assoc(advice = "Check that the book has a blank page here.")]
    FindingPageBlank,
    #[strum(serialize = "finding.page_nearly_blank")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "There is hardly anything on the page.")]
    #[assoc(advice = "Check that the page was scanned completely.")]
    FindingPageNearlyBlank,
    #[strum(serialize = "finding.page_dark")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The page is very dark.")]
    #[assoc(advice = "Check that the page can be read, or scan it again with more light.")]
    FindingPageDark,
    #[strum(serialize = "finding.page_blurred")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The page is blurred.")]
    #[assoc(advice = "Check that the page can be read, or scan it again.")]
    FindingPageBlurred,
    #[strum(serialize = "finding.page_cut_off")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The text reaches the edge of the picture.")]
    #[assoc(advice = "Check that nothing is cut off, or scan the page again.")]
    FindingPageCutOff,
    #[strum(serialize = "finding.page_turned")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The page is turned.")]
    #[assoc(advice = "Turn the page upright and upload the volume again.")]
    FindingPageTurned,
    #[strum(serialize = "finding.page_unlike")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The size or the orientation of the page differs from its neighbours.")]
    #[assoc(advice = "Check that the page belongs here and is complete.")]
    FindingPageUnlike,
    // Findings: the boundaries of opinions.
    #[strum(serialize = "finding.key_unmatched")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "No opinion ends at this key icon.")]
    #[assoc(advice = "Check whether the caption of an opinion was missed before it.")]
    FindingKeyUnmatched,
    #[strum(serialize = "finding.caption_unmatched")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "No opinion begins at this caption.")]
    #[assoc(advice = "Check whether the key icon at the end of the opinion was missed.")]
    FindingCaptionUnmatched,
    #[strum(serialize = "finding.pages_uncovered")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "No opinion contains these pages.")]
    #[assoc(advice = "Check whether the boundary of an opinion was missed.")]
    FindingPagesUncovered,
    #[strum(serialize = "finding.opinion_out_of_sequence")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The pages of an opinion are not in sequence.")]
    #[assoc(advice = "Look at the findings of its pages before you publish it.")]
    FindingOpinionOutOfSequence,
    #[strum(serialize = "finding.boundary_missed")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "An opinion has the head matter of another one inside: a boundary was missed before it.")]
    #[assoc(advice = "Look for the caption of the second opinion and for the key icon before it.")]
    FindingBoundaryMissed,
    // Findings: redactions.
    #[strum(serialize = "finding.headnote_uncovered")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "No cover hides this headnote.")]
    #[assoc(advice = "Look at the redacted page. A headnote must not be published.")]
    FindingHeadnoteUncovered,
    #[strum(serialize = "finding.bracket_without_headnote")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "The text has a bracket with a number that no headnote has.")]
    #[assoc(advice = "Check whether a headnote was missed.")]
    FindingBracketWithoutHeadnote,
    #[strum(serialize = "finding.headnote_without_bracket")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "A headnote has no bracket in the text.")]
    #[assoc(advice = "Check whether a bracket was missed in the text.")]
    FindingHeadnoteWithoutBracket,
    #[strum(serialize = "finding.box_doubtful")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "A box with low confidence decides where an opinion begins or ends, or what is covered.")]
    #[assoc(advice = "Look at the box and at what follows from it.")]
    FindingBoxDoubtful,
    #[strum(serialize = "finding.box_of_one_model")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "Only one of the models found a box that decides where an opinion begins or ends.")]
    #[assoc(advice = "Look at the box and at what follows from it.")]
    FindingBoxOfOneModel,
    #[strum(serialize = "finding.cover_unlike")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "A cover hides much more, or much less, than the covers of similar headnotes.")]
    #[assoc(advice = "Look at the redacted page.")]
    FindingCoverUnlike,
    #[strum(serialize = "finding.word_left")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "Words can be read under or beside a cover.")]
    #[assoc(advice = "Look at the redacted page. What the publisher wrote must not be published.")]
    FindingWordLeft,
    #[strum(serialize = "finding.word_cut")]
    #[assoc(class = FailureClass::Finding)]
    #[assoc(meaning = "A cover cuts through a word.")]
    #[assoc(advice = "Look at the redacted page. The court's text must stay whole.")]
    FindingWordCut,
    // Why a scan FAILED or was CANCELLED.
    #[strum(serialize = "retries_exhausted")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "Every attempt at a stage failed. The message holds the last failure.")]
    #[assoc(advice = "Fix the cause, then retry the scan or redrive its message from the dead-letter queue.")]
    RetriesExhausted,
    #[strum(serialize = "interrupted")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(
        meaning = "The workers of a stage stopped repeatedly without reporting, most likely because memory or time ran out."
    )]
    #[assoc(advice = "Give the function more memory or time, or split the volume. Then retry the scan.")]
    Interrupted,
    #[strum(serialize = "intermediates_missing")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "Intermediate files of the scan were missing repeatedly.")]
    #[assoc(advice = "Find out what deletes objects below work/. Then retry the scan.")]
    IntermediatesMissing,
    #[strum(serialize = "original.missing")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The uploaded file is no longer in the bucket.", advice = "Upload it again.")]
    OriginalMissing,
    #[strum(serialize = "cancelled")]
    #[assoc(class = FailureClass::Interrupted)]
    #[assoc(meaning = "A person cancelled the scan.", advice = "Retry the scan to continue.")]
    Cancelled,
    #[strum(serialize = "deleted")]
    #[assoc(class = FailureClass::Interrupted)]
    #[assoc(meaning = "A person deleted what the scan made.")]
    #[assoc(advice = "Retry the scan to make it again from the original, if the original was kept.")]
    Deleted,
    #[strum(serialize = "superseded")]
    #[assoc(class = FailureClass::Interrupted)]
    #[assoc(meaning = "A newer upload of the same key replaced the scan.", advice = "Look at the newer scan.")]
    Superseded,
    // Why one attempt failed; the service tries again.
    #[strum(serialize = "deadline")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "The attempt reached its time limit.")]
    #[assoc(advice = "If it happens on every attempt, give the function more time, or use smaller page ranges.")]
    Deadline,
    #[strum(serialize = "scratch")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "The temporary directory of the function cannot be used.")]
    #[assoc(advice = "If it happens on every attempt, give the function more temporary storage.")]
    Scratch,
    #[strum(serialize = "scratch.too_small")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "The temporary storage of the function is too small for the volume.")]
    #[assoc(
        advice = "Give the function more (at most 10 GB on Lambda) and retry the scan, or upload the volume in parts."
    )]
    ScratchTooSmall,
    #[strum(serialize = "panicked")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "The worker panicked.", advice = "Please report it, with the log.")]
    Panicked,
    #[strum(serialize = "message.misplaced")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "A message is in the queue of another function.")]
    #[assoc(advice = "Check the queue URLs of the functions.")]
    MessageMisplaced,
    #[strum(serialize = "intermediate.missing")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "An intermediate file is missing. The volume is compressed again.")]
    #[assoc(advice = "Nothing needs to be done.")]
    IntermediateMissing,
    #[strum(serialize = "intermediate.unreadable")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "An intermediate file cannot be opened.", advice = "The service tries again by itself.")]
    IntermediateUnreadable,
    #[strum(serialize = "intermediate.damaged")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "An intermediate file is damaged.")]
    #[assoc(advice = "Prepare and scan the volume again. The service does so by itself.")]
    IntermediateDamaged,
    #[strum(serialize = "intermediate.refused")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "An intermediate file contains unexpected files.")]
    #[assoc(advice = "Prepare and scan the volume again. The service does so by itself.")]
    IntermediateRefused,
    #[strum(serialize = "intermediate.foreign")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "An intermediate file belongs to another volume, range or setting.")]
    #[assoc(advice = "Prepare and scan the volume again. The service does so by itself.")]
    IntermediateForeign,
    // PostgreSQL.
    #[strum(serialize = "catalog.settings")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "The database settings are not valid.", advice = "Check DATABASE_URL.")]
    CatalogSettings,
    #[strum(serialize = "catalog.invalid")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "The catalog cannot store a value.", advice = "Correct the value.")]
    CatalogInvalid,
    #[strum(serialize = "catalog.statement")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "The database refused a statement.")]
    #[assoc(advice = "Run `quire migrate`. If that does not help, please report it.")]
    CatalogStatement,
    #[strum(serialize = "catalog.migration")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "A migration failed.")]
    #[assoc(advice = "Fix the cause that the message names, then migrate again. The failed migration changed nothing.")]
    CatalogMigration,
    #[strum(serialize = "catalog.unreachable")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "The database cannot be reached.")]
    #[assoc(advice = "Check that it is running and that DATABASE_URL is right, then try again.")]
    CatalogUnreachable,
    #[strum(serialize = "catalog.denied")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "The database refuses access.")]
    #[assoc(
        advice = "Check the user, the password and the database name in DATABASE_URL, and the permissions of the user."
    )]
    CatalogDenied,
    #[strum(serialize = "catalog.credentials")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "The credentials of the database cannot be read.")]
    #[assoc(
        advice = "Check that the secret exists, that it holds `username` and `password`, and that the function may read it."
    )]
    CatalogCredentials,
    #[strum(serialize = "catalog.old_schema")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "The schema of the database is older than the program.")]
    #[assoc(advice = "Run `quire migrate`, or invoke the function `migrate` of the deployment.")]
    CatalogOldSchema,
    #[strum(serialize = "catalog.unknown")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "There is no such scan.", advice = "List the scans with `quire scans`.")]
    CatalogUnknown,
    #[strum(serialize = "catalog.refused")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "The status of the scan does not allow the action.")]
    #[assoc(advice = "Run `quire show`. It says what the scan waits for, or why it ended.")]
    CatalogRefused,
    // The console.
    #[strum(serialize = "console.not_signed_in")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "Nobody is signed in.", advice = "Sign in.")]
    ConsoleNotSignedIn,
    #[strum(serialize = "console.forbidden")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "The person's role does not allow the action.", advice = "Ask an admin for another role.")]
    ConsoleForbidden,
    #[strum(serialize = "console.not_found")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "The console has no such page.", advice = "Check the address.")]
    ConsoleNotFound,
    #[strum(serialize = "console.foreign_form")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "A form was sent from elsewhere, or from a page that is older than the session.")]
    #[assoc(advice = "Open the page again, and send the form from there.")]
    ConsoleForeignForm,
    #[strum(serialize = "console.too_many_attempts")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "Somebody tried to sign in too often.")]
    #[assoc(advice = "Wait 15 minutes. If the password is lost, ask an admin for an invitation.")]
    ConsoleTooManyAttempts,
    #[strum(serialize = "console.no_accounts")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "Signing in with a password is switched off.", advice = "Sign in with OpenID Connect.")]
    ConsoleNoAccounts,
    #[strum(serialize = "console.openid_state")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "An answer of the issuer belongs to no sign-in that this browser began and has not finished.")]
    #[assoc(advice = "Sign in again, in one window, within ten minutes.")]
    ConsoleOpenidState,
    #[strum(serialize = "console.openid_denied")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "The issuer of OpenID Connect refused a sign-in, or its code.")]
    #[assoc(advice = "Sign in again. If it happens always, check the client's settings at the issuer.")]
    ConsoleOpenidDenied,
    #[strum(serialize = "console.openid_group")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "None of the person's groups at the issuer has a role.")]
    #[assoc(advice = "Ask whoever manages the groups to add the person, then sign in again.")]
    ConsoleOpenidGroup,
    #[strum(serialize = "console.openid_revoked")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "An admin has revoked the access of a person who signs in with OpenID Connect.")]
    #[assoc(advice = "An admin can give it back, on the screen People.")]
    ConsoleOpenidRevoked,
    #[strum(serialize = "console.openid_untrusted")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(
        meaning = "What the issuer of OpenID Connect sent failed a check: a signature, an issuer, an audience, a time, a nonce."
    )]
    #[assoc(
        advice = "Sign in again. If it happens always, compare the settings of the console with those at the issuer."
    )]
    ConsoleOpenidUntrusted,
    #[strum(serialize = "console.openid_unreachable")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "The console cannot reach the issuer of OpenID Connect, or read its client's secret.")]
    #[assoc(advice = "Try again later. In a network of its own, the console needs a NAT gateway.")]
    ConsoleOpenidUnreachable,
    #[strum(serialize = "console.input")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "What was typed cannot be used.", advice = "Go back and correct it.")]
    ConsoleInput,
    #[strum(serialize = "console.too_large")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "A request to the console is too large.", advice = "Select fewer rows, or send less text.")]
    ConsoleTooLarge,
    #[strum(serialize = "console.fault")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "The console has a fault.", advice = "Report it with the lines of its log.")]
    ConsoleFault,
    // S3.
    #[strum(serialize = "objects.name")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "A name cannot be the name of an object.", advice = "Choose another name.")]
    ObjectsName,
    #[strum(serialize = "objects.foreign_key")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "A key does not belong to an attempt.", advice = "Check the key.")]
    ObjectsForeignKey,
    #[strum(serialize = "objects.file")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "A local file cannot be read or written.")]
    #[assoc(advice = "Check the path, its permissions and the free space.")]
    ObjectsFile,
    #[strum(serialize = "objects.changed")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "An object changed while it was read.", advice = "Try again.")]
    ObjectsChanged,
    #[strum(serialize = "objects.damaged")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "The copy of an object is damaged.", advice = "Try again.")]
    ObjectsDamaged,
    #[strum(serialize = "objects.missing")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "An object is missing.", advice = "Check the bucket and the key.")]
    ObjectsMissing,
    #[strum(serialize = "objects.unreachable")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "S3 does not answer.")]
    #[assoc(advice = "Check the network, the region and the endpoint, then try again.")]
    ObjectsUnreachable,
    #[strum(serialize = "objects.refused")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "S3 refuses a request.")]
    #[assoc(advice = "Check the credentials, the permissions and the name of the bucket.")]
    ObjectsRefused,
    // SQS and EventBridge.
    #[strum(serialize = "queues.malformed")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "A message cannot be read.")]
    #[assoc(advice = "Look at the message in the dead-letter queue, then delete it.")]
    QueuesMalformed,
    #[strum(serialize = "queues.unknown_letter")]
    #[assoc(class = FailureClass::Refused)]
    #[assoc(meaning = "There is no such dead letter.")]
    #[assoc(
        advice = "List the letters with `quire dlq list`. One that another command has taken is back after two minutes."
    )]
    QueuesUnknownLetter,
    #[strum(serialize = "queues.unknown_queue")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "A message comes from a queue that the function does not know.")]
    #[assoc(advice = "Check the queue URLs of the function.")]
    QueuesUnknownQueue,
    #[strum(serialize = "queues.unreachable")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "SQS or EventBridge does not answer.")]
    #[assoc(advice = "Check the network, the region and the endpoint, then try again.")]
    QueuesUnreachable,
    #[strum(serialize = "queues.refused")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "SQS or EventBridge refuses a request.")]
    #[assoc(advice = "Check the credentials, the permissions and the queue URLs.")]
    QueuesRefused,
    #[strum(serialize = "queues.entries_refused")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "SQS or EventBridge did not accept some entries of a batch.", advice = "Try again.")]
    QueuesEntriesRefused,
    // The command.
    #[strum(serialize = "command.arguments")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "Arguments do not go together, or one is not valid.")]
    #[assoc(advice = "See the help of the command with --help.")]
    CommandArguments,
    #[strum(serialize = "settings.missing")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "A setting is missing.")]
    #[assoc(
        advice = "Give the option, set the variable, or name a file that holds it with --environment-file. `cargo xtask up` writes target/stack/environment, which the command reads by itself."
    )]
    SettingsMissing,
    #[strum(serialize = "settings.file")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "The environment file cannot be read.")]
    #[assoc(advice = "Each line must be KEY=VALUE, blank, or a comment that begins with #.")]
    SettingsFile,
    #[strum(serialize = "settings.output")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "The stack has no output for a setting.")]
    #[assoc(
        advice = "Deploy the template of this release, or give the setting itself. The address of the database is an output only if the parameter DatabaseAddress gives it; DATABASE_URL replaces it."
    )]
    SettingsOutput,
    #[strum(serialize = "stack.unknown")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "There is no such CloudFormation stack.")]
    #[assoc(advice = "Check the name, AWS_REGION, and the account of the credentials.")]
    StackUnknown,
    #[strum(serialize = "stack.unreachable")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "CloudFormation or CloudWatch Logs does not answer.", advice = "Try again later.")]
    StackUnreachable,
    #[strum(serialize = "stack.refused")]
    #[assoc(class = FailureClass::Unavailable)]
    #[assoc(meaning = "CloudFormation or CloudWatch Logs refused a request.")]
    #[assoc(
        advice = "Check the caller's permissions: the stack's output OperatorPolicyArn names a policy that suffices."
    )]
    StackRefused,
    #[strum(serialize = "logs.file")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "A log file of the local stack cannot be read.")]
    #[assoc(advice = "Check --log-directory. `cargo xtask up` writes the logs to target/stack/logs.")]
    LogsFile,
    #[strum(serialize = "download.exists")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "A file that would be downloaded exists already.")]
    #[assoc(advice = "Choose another directory with --output, or replace the files with --force.")]
    DownloadExists,
    #[strum(serialize = "command.output")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "Standard output cannot be written.", advice = "Check where the output goes.")]
    CommandOutput,
    #[strum(serialize = "command.runtime")]
    #[assoc(class = FailureClass::Internal)]
    #[assoc(meaning = "The asynchronous runtime cannot be started.", advice = "Check the limits of the system.")]
    CommandRuntime,
    #[strum(serialize = "command.stopped")]
    #[assoc(class = FailureClass::Interrupted)]
    #[assoc(meaning = "The command was stopped. Scans in the service continue.", advice = "Start the command again.")]
    CommandStopped,
    #[strum(serialize = "upload.unnamed")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file name does not say which volume it is.")]
    #[assoc(
        advice = "Name it reporter.volume.first.last.pdf, such as a3d.217.101.120.pdf for pages 101 to 120, or give what is missing with --reporter, --volume, --first-page and --last-page. Or upload it with --unnamed, and name it later with `quire describe`."
    )]
    UploadUnnamed,
    #[strum(serialize = "upload.file_name")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file name cannot be part of a key.", advice = "Rename the file.")]
    UploadFileName,
    #[strum(serialize = "upload.same_key")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "Two files would have the same key.", advice = "Upload them separately, or rename one.")]
    UploadSameKey,
    #[strum(serialize = "upload.exists")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(
        meaning = "An upload with the same key exists, and this one would replace it.",
        advice = "Rename the file. If it is to replace the upload, give its key with --key."
    )]
    UploadExists,
    // What the functions report in their logs.
    #[strum(serialize = "configuration.invalid")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "A setting of a function is missing or not valid.")]
    #[assoc(advice = "Set the variable that the message names.")]
    ConfigurationInvalid,
    #[strum(serialize = "lease.lost")]
    #[assoc(class = FailureClass::Recovered)]
    #[assoc(meaning = "Another worker took the lease of an attempt. The attempt changed nothing.")]
    #[assoc(advice = "Nothing needs to be done.")]
    LeaseLost,
    #[strum(serialize = "worker.lost")]
    #[assoc(class = FailureClass::Recovered)]
    #[assoc(meaning = "A worker vanished. `reconcile` put its scan or range back to waiting.")]
    #[assoc(advice = "Nothing needs to be done, unless it happens often.")]
    WorkerLost,
    #[strum(serialize = "message.lost")]
    #[assoc(class = FailureClass::Recovered)]
    #[assoc(meaning = "A scan or range waited too long. `reconcile` sent its message again.")]
    #[assoc(advice = "Nothing needs to be done.")]
    MessageLost,
    #[strum(serialize = "event.lost")]
    #[assoc(class = FailureClass::Recovered)]
    #[assoc(meaning = "An upload had no scan. `reconcile` announced it to `intake`.")]
    #[assoc(advice = "Nothing needs to be done.")]
    EventLost,
    #[strum(serialize = "record.fault")]
    #[assoc(class = FailureClass::Recovered)]
    #[assoc(meaning = "A message could not be handled or put back in time. SQS delivers it again.")]
    #[assoc(advice = "Look at the log of the function.")]
    RecordFault,
    #[strum(serialize = "intake.bucket")]
    #[assoc(class = FailureClass::Recovered)]
    #[assoc(meaning = "An event of another bucket was dropped.")]
    #[assoc(advice = "Check which buckets notify the uploads queue.")]
    IntakeBucket,
    // The import of the models.
    #[strum(serialize = "model.name")]
    #[assoc(class = FailureClass::Arguments)]
    #[assoc(meaning = "The name of a model has another form, or belongs to the published models.")]
    #[assoc(advice = "Give another name with --name.")]
    ModelName,
    #[strum(serialize = "model.unreadable")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file to import cannot be read.", advice = "Check the path and its permissions.")]
    ModelUnreadable,
    #[strum(serialize = "model.too-large")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file to import is larger than the limit.")]
    #[assoc(
        advice = "Use the best.pt that the training wrote at its end. An interrupted training leaves its optimizer's state in the file; ultralytics' strip_optimizer removes it."
    )]
    ModelTooLarge,
    #[strum(serialize = "model.classes")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The checkpoint has a class that Quire does not know.")]
    #[assoc(
        advice = "Rename the class to one of the known names: in the training data, or in the `names` of the checkpoint's model."
    )]
    ModelClasses,
    #[strum(serialize = "model.block")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The checkpoint contains a kind of layer that Quire cannot translate.")]
    #[assoc(advice = "Train a YOLOv8, YOLO11, YOLO12 or YOLO26 detection model.")]
    ModelBlock,
    #[strum(serialize = "model.wheel-unreadable")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The wheel cannot be read.", advice = "Check the path and its permissions.")]
    ModelWheelUnreadable,
    #[strum(serialize = "model.wheel")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The file is not a readable wheel.", advice = "Download blackletter==0.0.12 again.")]
    ModelWheel,
    #[strum(serialize = "model.weights-missing")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The wheel does not contain the weights.")]
    #[assoc(advice = "Download blackletter==0.0.12; no other version has them.")]
    ModelWeightsMissing,
    #[strum(serialize = "model.digest")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The weights or the English language do not have the published digest.")]
    #[assoc(
        advice = "Download blackletter==0.0.12 again, or install Debian's tesseract-ocr-eng again. Another file of a language is imported with `quire model import`."
    )]
    ModelDigest,
    #[strum(serialize = "model.unwritable")]
    #[assoc(class = FailureClass::Resource)]
    #[assoc(meaning = "The converted model cannot be written.")]
    #[assoc(advice = "Check that you may write to the directory and that the disk has 500 MB left.")]
    ModelUnwritable,
    #[strum(serialize = "model.archive")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The checkpoint is not a readable zip archive.")]
    #[assoc(
        advice = "Copy or download it again. If it was written with PyTorch before 1.6, load it and save it again with torch.save."
    )]
    ModelArchive,
    #[strum(serialize = "model.entry-missing")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "An entry of the checkpoint is missing.")]
    #[assoc(advice = "Copy or download it again. It must be a checkpoint that torch.save wrote.")]
    ModelEntryMissing,
    #[strum(serialize = "model.entry-too-large")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "An entry of the checkpoint is larger than the limit.")]
    #[assoc(advice = "Use the checkpoint of a YOLOv8 or YOLO11 detection model, as ultralytics writes it.")]
    ModelEntryTooLarge,
    #[strum(serialize = "model.byte-order")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "A big-endian machine wrote the checkpoint, which is not supported.")]
    #[assoc(advice = "Load it and save it again with torch.save on a usual machine.")]
    ModelByteOrder,
    #[strum(serialize = "model.tensor")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "A tensor of the checkpoint is not supported.")]
    #[assoc(advice = "Save the model again as ultralytics does at the end of a training, in half or single precision.")]
    ModelTensor,
    #[strum(serialize = "model.pickle-truncated")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The pickle of the checkpoint is cut off.", advice = "Copy or download it again.")]
    ModelPickleTruncated,
    #[strum(serialize = "model.pickle-opcode")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The pickle of the checkpoint uses an opcode that a checkpoint of ultralytics does not need.")]
    #[assoc(
        advice = "Do not load the file with PyTorch unless you trust its origin. If you trained the model, use the best.pt that the training wrote at its end."
    )]
    ModelPickleOpcode,
    #[strum(serialize = "model.pickle-global")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The pickle of the checkpoint names something that is not part of a detection model.")]
    #[assoc(
        advice = "Do not load the file with PyTorch unless you trust its origin. If you trained the model, use the best.pt that the training wrote at its end."
    )]
    ModelPickleGlobal,
    #[strum(serialize = "model.pickle-malformed")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The pickle of the checkpoint is malformed.")]
    #[assoc(advice = "Copy or download the checkpoint again. It must be one that torch.save wrote.")]
    ModelPickleMalformed,
    #[strum(serialize = "model.pickle-limit")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The pickle of the checkpoint is larger than the limit.")]
    #[assoc(
        advice = "Use the best.pt that the training wrote at its end. An interrupted training leaves its optimizer's state in the file; ultralytics' strip_optimizer removes it."
    )]
    ModelPickleLimit,
    #[strum(serialize = "model.network-incomplete")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The checkpoint is not a complete detection model.")]
    #[assoc(advice = "Use the checkpoint of a YOLOv8 or YOLO11 detection model, as ultralytics writes it.")]
    ModelNetworkIncomplete,
    #[strum(serialize = "model.network-unsupported")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "A module of the checkpoint is not supported.")]
    #[assoc(advice = "Use a YOLOv8 or YOLO11 detection model with ultralytics' own settings of its layers.")]
    ModelNetworkUnsupported,
    #[strum(serialize = "model.network-channels")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The layers of the checkpoint do not fit together.")]
    #[assoc(advice = "Use the checkpoint of a YOLOv8 or YOLO11 detection model, as ultralytics writes it.")]
    ModelNetworkChannels,
    #[strum(serialize = "model.network-limit")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The network of the checkpoint is larger than the limit.")]
    #[assoc(advice = "Train a smaller model: all sizes of YOLOv8 and YOLO11 from n to x are below the limit.")]
    ModelNetworkLimit,
    #[strum(serialize = "model.language-damaged")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "A part of the language file is cut off, malformed or implausibly large.")]
    #[assoc(advice = "Copy or download it again. It must be a finished language of Tesseract 4 or 5.")]
    ModelLanguageDamaged,
    #[strum(serialize = "model.language-component")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The language file has no network that recognises lines, or no list of its characters.")]
    #[assoc(
        advice = "Use the file of Tesseract 4 or 5 for this language, for example from the Debian package tesseract-ocr-LANGUAGE."
    )]
    ModelLanguageComponent,
    #[strum(serialize = "model.language-network")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(meaning = "The network of the language contains a layer or a size that Quire cannot translate.")]
    #[assoc(advice = "Do not import this language. Tesseract itself can read it if it is installed.")]
    ModelLanguageNetwork,
    #[strum(serialize = "model.language-codes")]
    #[assoc(class = FailureClass::Input)]
    #[assoc(
        meaning = "The network of the language writes a character as a sequence of classes, as those of Chinese and Japanese do."
    )]
    #[assoc(advice = "Do not import this language. Tesseract itself can read it if it is installed.")]
    ModelLanguageCodes,
}

impl FailureCode {
    /// Every code, in the order of the table.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The code in rows, logs and JSON, such as `source.empty`.
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    /// The code with this text. None for a code of another version of Quire.
    pub fn parse(code: &str) -> Option<Self> {
        code.parse().ok()
    }
}

/// For comparisons with the text that a database row or a JSON object holds.
impl PartialEq<&str> for FailureCode {
    fn eq(&self, code: &&str) -> bool {
        self.as_str() == *code
    }
}

impl<'de> serde::Deserialize<'de> for FailureCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).ok_or_else(|| serde::de::Error::custom(format!("{code:?} is not a code of this version")))
    }
}

impl serde::Serialize for FailureCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
