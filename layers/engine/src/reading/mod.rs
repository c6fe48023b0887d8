//! Reads the words of a page: finds the lines in its ink, cuts them out along their baselines, and recognises them with
//! the network of a language of Tesseract.

mod blank;
mod ink;
mod line_picture;
mod lines;
mod network;
mod pieces;
mod rows;
mod text_line;
mod words;

use crate::geometry::Rect;
use crate::installation::Installation;
use crate::onnx_runtime::LibraryMissing;
use crate::pixels::GreyImage;
use crate::text::{Line, Word};
use domain::FailureCode;
use enum_assoc::Assoc;
use ink::Ink;
use line_picture::LinePicture;
use network::Network;
use std::path::PathBuf;

/// Why the network of a language cannot be loaded or run.
#[derive(Debug, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum ReadingError {
    #[error(transparent)]
    #[assoc(code = FailureCode::DetectLibraryMissing)]
    Library(#[from] LibraryMissing),
    #[error("The network {path} cannot be used: {reason}.")]
    #[assoc(code = FailureCode::ReadingNetworkUnusable)]
    NetworkUnusable { path: PathBuf, reason: String },
    #[error("ONNX Runtime failed on the lines of a page: {0}.")]
    #[assoc(code = FailureCode::ReadingRuntime)]
    Runtime(String),
}

/// What is known of a page before it is read, in pixels of its image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Regions {
    /// About where the middle between two columns is, if the page has columns.
    pub gutter: Option<f64>,
    /// Pictures. They may have words, such as a caption.
    pub pictures: Vec<Rect>,
}

impl Regions {
    fn is_in_picture(&self, rect: &Rect) -> bool {
        self.pictures.iter().any(|picture| picture.holds_centre_of(rect))
    }
}

/// What was read on a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The lines in reading order, in pixels of the image.
    Certain(Vec<Line>),
    /// The page is not what this reader can read.
    Doubtful,
}

/// Words are doubtful if they have less confidence on average.
const LEAST_CONFIDENCE: f64 = 0.97;

/// Words are doubtful if more than this share of them has less confidence than this.
const MOST_UNSURE: f64 = 0.05;
const UNSURE: f64 = 0.8;

/// A page is doubtful if its words are, or if more than this share of its ink is in no line.
const MOST_LEFT_OUT: f64 = 0.15;

/// The loaded network of a language. Several threads can use it at once.
pub struct Reader {
    network: Network,
}

impl Reader {
    /// Loads the network of a language. Returns `None` if it is not installed.
    ///
    /// # Errors
    /// When ONNX Runtime is not installed, or the network cannot be used.
    pub fn load(installation: &Installation, language: &str) -> Result<Option<Self>, ReadingError> {
        let Some(file) = network::file(&installation.languages(), language).filter(|file| file.is_file()) else {
            return Ok(None);
        };
        let network = Network::load(&installation.onnx_runtime(), &file)?;
        Ok(Some(Self { network }))
    }

    /// Reads a page.
    ///
    /// # Errors
    /// When ONNX Runtime fails.
    pub fn read(&self, page: &GreyImage, regions: &Regions) -> Result<Reading, ReadingError> {
        if !page.is_whole() {
            return Ok(Reading::Doubtful);
        }
        let ink = Ink::of(page);
        let found = lines::find(&pieces::pieces(&ink), (page.width, page.height), regions);
        let Some(found) = found.filter(|found| found.left_out <= MOST_LEFT_OUT) else {
            return Ok(Reading::Doubtful);
        };
        let pictures: Option<Vec<LinePicture>> = found.lines.iter().map(|line| LinePicture::of(page, line)).collect();
        let Some(pictures) = pictures else {
            return Ok(Reading::Doubtful);
        };
        let characters = self.network.recognise(&pictures, |_| true)?;
        let lines = found.lines.iter().zip(&pictures).zip(&characters);
        let lines = lines.filter_map(|((line, picture), characters)| words::line(line, picture, characters));
        // What a picture seems to say counts only if it is certain.
        let lines = lines.filter(|line| !regions.is_in_picture(&line.rect) || is_certain(&line.words));
        Ok(judged(lines.collect()))
    }

    /// Reads a page number in a crop that contains little else, in pure black and white. Returns an empty text if the
    /// reader is not sure of it.
    ///
    /// # Errors
    /// When ONNX Runtime fails.
    pub fn read_number(&self, crop: &GreyImage) -> Result<String, ReadingError> {
        if !crop.is_whole() {
            return Ok(String::new());
        }
        let lines = lines::of_crop(&pieces::pieces(&Ink::of_bitonal(crop)));
        let pictures: Vec<LinePicture> = lines.iter().filter_map(|line| LinePicture::of(crop, line)).collect();
        let read = self.network.recognise(&pictures, |text| !text.is_empty() && NUMBER_CHARACTERS.contains(text))?;
        if read.iter().flatten().any(|character| character.confidence < SURE) {
            return Ok(String::new());
        }
        let texts: Vec<String> =
            read.iter().map(|characters| characters.iter().map(|character| character.text).collect()).collect();
        Ok(texts.join(" ").split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// The characters of page numbers: digits, and those that join two of them to a range.
const NUMBER_CHARACTERS: &str = "0123456789-, ";

/// A number is read only if each of its characters has this confidence.
const SURE: f64 = 0.9;

fn judged(lines: Vec<Line>) -> Reading {
    if is_certain(lines.iter().flat_map(|line| &line.words)) { Reading::Certain(lines) } else { Reading::Doubtful }
}

fn is_certain<'a>(words: impl IntoIterator<Item = &'a Word>) -> bool {
    let confidences: Vec<f64> = words.into_iter().map(|word| word.confidence).collect();
    let count = confidences.len() as f64;
    let unsure = confidences.iter().filter(|confidence| **confidence < UNSURE).count() as f64;
    confidences.iter().sum::<f64>() >= LEAST_CONFIDENCE * count && unsure <= MOST_UNSURE * count
}
