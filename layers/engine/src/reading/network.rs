//! The recogniser: the network of a language of Tesseract, which `layers/model` imports, run by ONNX Runtime.

use super::ReadingError;
use super::line_picture::{HEIGHT, LinePicture};
use crate::onnx_runtime::{SharedSession, environment};
use ort::value::TensorRef;
use std::path::{Path, PathBuf};

/// How many lines are recognised together. More do not fit the cache.
const BATCH: usize = 4;

/// Columns of a picture in a time step.
const STEP: usize = 3;

/// Most characters of a language.
const MOST_CHARACTERS: usize = 100_000;

/// A character that was recognised in a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Character<'a> {
    pub(super) text: &'a str,
    /// The column of the picture on which it is centred.
    pub(super) column: usize,
    /// 0 to 1.
    pub(super) confidence: f64,
}

/// What the classes of a network mean.
struct Alphabet {
    /// The text of each class; empty for one that is no character.
    characters: Vec<String>,
    /// The class that separates characters.
    blank: usize,
}

pub(super) struct Network {
    alphabet: Alphabet,
    session: SharedSession,
}

impl Network {
    pub(super) fn load(library: &Path, path: &Path) -> Result<Self, ReadingError> {
        let environment = environment(library)?;
        let unusable = |reason: String| ReadingError::NetworkUnusable { path: path.to_owned(), reason };
        let session = SharedSession::load(&environment, path).map_err(|error| unusable(error.to_string()))?;
        let alphabet = Alphabet::of(&session).map_err(unusable)?;
        Ok(Self { alphabet, session })
    }

    /// The characters of each line, of those that are allowed.
    pub(super) fn recognise(
        &self,
        pictures: &[LinePicture],
        is_allowed: impl Fn(&str) -> bool,
    ) -> Result<Vec<Vec<Character<'_>>>, ReadingError> {
        let Alphabet { characters, blank } = &self.alphabet;
        let characters = characters.iter().enumerate();
        let allowed: Vec<bool> = characters.map(|(class, text)| class == *blank || is_allowed(text)).collect();
        let mut order: Vec<usize> = (0..pictures.len()).collect();
        order.sort_by_key(|line| pictures[*line].width);
        let mut found = vec![Vec::new(); pictures.len()];
        for batch in order.chunks(BATCH) {
            let lines: Vec<&LinePicture> = batch.iter().map(|line| &pictures[*line]).collect();
            for (line, characters) in batch.iter().zip(self.run(&lines, &allowed)?) {
                found[*line] = characters;
            }
        }
        Ok(found)
    }

    fn run(&self, pictures: &[&LinePicture], allowed: &[bool]) -> Result<Vec<Vec<Character<'_>>>, ReadingError> {
        let (image, width) = stacked(pictures);
        let lengths: Vec<i32> = pictures.iter().map(|picture| steps(picture) as i32).collect();
        let count = pictures.len() as i64;
        let image = TensorRef::from_array_view(([count, 1, HEIGHT as i64, width as i64], &*image)).map_err(runtime)?;
        let lengths = TensorRef::from_array_view(([count], &*lengths)).map_err(runtime)?;
        let output = self.session.run(&[image.into_dyn(), lengths.into_dyn()]).map_err(runtime)?;
        let (shape, output) = output.try_extract_tensor::<f32>().map_err(runtime)?;
        let classes = self.alphabet.characters.len();
        let rows = pictures.len() * width / STEP;
        if shape.last().copied() != Some(classes as i64) || output.len() != rows * classes {
            return Err(ReadingError::Runtime(format!("the result has the shape {shape:?}")));
        }
        let of_line = |(line, picture): (usize, &&LinePicture)| {
            let rows = output.chunks_exact(classes).skip(line).step_by(pictures.len());
            self.alphabet.decoded(rows.take(steps(picture)), allowed)
        };
        Ok(pictures.iter().enumerate().map(of_line).collect())
    }
}

impl Alphabet {
    /// As the metadata of the network name it. The error says what is wrong with them.
    fn of(session: &SharedSession) -> Result<Self, String> {
        let metadata = session.metadata().map_err(|error| error.to_string())?;
        let entry = |key: &str| metadata.custom(key).ok_or_else(|| format!("its metadata have no `{key}`"));
        let characters: Vec<String> = serde_json::from_str(&entry("characters")?)
            .map_err(|error| format!("the `characters` in its metadata are not a list: {error}"))?;
        if characters.is_empty() || characters.len() > MOST_CHARACTERS {
            return Err(format!("its metadata have {} `characters`", characters.len()));
        }
        for (key, expected) in [("height", HEIGHT), ("step", STEP)] {
            let found = entry(key)?;
            if found.parse() != Ok(expected) {
                return Err(format!("the `{key}` in its metadata is {found:.20} instead of {expected}"));
            }
        }
        let blank = entry("blank")?.parse().ok().filter(|blank| *blank < characters.len());
        Ok(Self { characters, blank: blank.ok_or("the `blank` in its metadata is not the number of a class")? })
    }

    /// The likeliest class of each time step, with repetitions and blanks removed.
    fn decoded<'a>(&self, rows: impl Iterator<Item = &'a [f32]>, allowed: &[bool]) -> Vec<Character<'_>> {
        let mut found = Vec::new();
        let mut open: Option<(usize, usize, f32)> = None;
        let mut close = |open: Option<(usize, usize, f32)>, end: usize| {
            let Some((class, start, confidence)) = open.filter(|(class, ..)| *class != self.blank) else { return };
            let column = (start + end) * STEP / 2;
            found.push(Character { text: &self.characters[class], column, confidence: confidence.into() });
        };
        let mut steps = 0;
        for row in rows {
            let (class, likelihood) = likeliest(row, allowed);
            match &mut open {
                Some((same, _, highest)) if *same == class => *highest = highest.max(likelihood),
                _ => close(open.replace((class, steps, likelihood)), steps),
            }
            steps += 1;
        }
        close(open, steps);
        found
    }
}

fn likeliest(row: &[f32], allowed: &[bool]) -> (usize, f32) {
    let best = |best: (usize, f32), (class, likelihood): (usize, &f32)| {
        if allowed[class] && *likelihood > best.1 { (class, *likelihood) } else { best }
    };
    row.iter().enumerate().fold((0, f32::MIN), best)
}

fn steps(picture: &LinePicture) -> usize {
    (picture.width / STEP).max(1)
}

/// The pictures in one tensor, and its width. Zeros follow the shorter ones.
fn stacked(pictures: &[&LinePicture]) -> (Vec<f32>, usize) {
    let widest = pictures.iter().map(|picture| picture.width).max().unwrap_or(0);
    let width = widest.next_multiple_of(STEP).max(STEP);
    let mut image = vec![0.0; pictures.len() * HEIGHT * width];
    let rows = pictures.iter().flat_map(|picture| picture.samples.chunks_exact(picture.width.max(1)));
    for (target, source) in image.chunks_exact_mut(width).zip(rows) {
        target[..source.len()].copy_from_slice(source);
    }
    (image, width)
}

fn runtime(error: ort::Error) -> ReadingError {
    ReadingError::Runtime(error.to_string())
}

/// Where the network of a language is installed; `None` if no network can have this name, as `eng+deu`.
pub(super) fn file(languages: &Path, language: &str) -> Option<PathBuf> {
    let is_name = !language.is_empty() && language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| languages.join(language).with_extension("onnx"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_and_blanks_are_removed() {
        let rows: [[f32; 3]; 7] = [
            [0.1, 0.1, 0.8],
            [0.7, 0.1, 0.2],
            [0.9, 0.0, 0.1],
            [0.1, 0.1, 0.8],
            [0.6, 0.2, 0.2],
            [0.1, 0.9, 0.0],
            [0.1, 0.8, 0.1],
        ];
        let alphabet = Alphabet { characters: ["a", "b", ""].map(str::to_owned).to_vec(), blank: 2 };
        let found = alphabet.decoded(rows.iter().map(<[f32; 3]>::as_slice), &[true; 3]);
        let text: String = found.iter().map(|character| character.text).collect();
        assert_eq!(text, "aab");
        assert_eq!(found.iter().map(|character| character.column).collect::<Vec<_>>(), [6, 13, 18]);
        assert!((found[0].confidence - 0.9).abs() < 1e-6);
        let found = alphabet.decoded(rows.iter().map(<[f32; 3]>::as_slice), &[true, false, true]);
        assert_eq!(found.iter().map(|character| character.text).collect::<String>(), "aa");
    }

    #[test]
    fn pictures_of_different_widths_share_a_tensor() {
        let picture = |width: usize, sample: f32| LinePicture {
            samples: vec![sample; HEIGHT * width],
            width,
            columns: vec![0.0; width],
            step: 1.0,
        };
        let (image, width) = stacked(&[&picture(4, 0.5), &picture(7, -0.5)]);
        assert_eq!((width, image.len()), (9, 2 * HEIGHT * 9));
        assert_eq!(image[..9], [0.5, 0.5, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(image[HEIGHT * 9..][..9], [-0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, 0.0, 0.0]);
    }

    #[test]
    fn a_language_cannot_leave_its_directory() {
        let languages = Path::new("languages");
        assert_eq!(file(languages, "chi_sim"), Some(languages.join("chi_sim.onnx")));
        for name in ["", "eng+deu", "../eng", "script/Latin", "/eng", "eng.x"] {
            assert_eq!(file(languages, name), None, "{name}");
        }
    }
}
