//! Which text each class of a network stands for.

use super::bytes::Bytes;
use crate::error::ModelError;

/// Entries of the list that stand for no text: a part of a character, and a blot.
const WITHOUT_TEXT: [&str; 2] = ["Joined", "|Broken|0|1"];
/// How the list writes the space, because a space ends the text of an entry.
const SPACE: &str = "NULL";
/// The longest text of an entry, in bytes. Tesseract allows 30.
const TEXT_LIMIT: usize = 64;
/// The most classes that one character may have. Tesseract has the same limit.
const CODE_LIMIT: usize = 9;

/// The text of each class. The blank, and other classes without text, have an empty one.
pub(super) fn read(mut list: Bytes, mut codes: Bytes, classes: usize, blank: usize) -> Result<Vec<String>, ModelError> {
    let mut texts = vec![String::new(); classes];
    for (text, class) in entries(&mut list)?.into_iter().zip(codes_of(&mut codes)?) {
        let class = class.ok_or_else(|| ModelError::LanguageCodes { character: text.to_owned() })?;
        let place = texts.get_mut(class).ok_or_else(|| codes.damaged("it names a class that does not exist"))?;
        if class != blank && !WITHOUT_TEXT.contains(&text) {
            *place = if text == SPACE { " ".to_owned() } else { text.to_owned() };
        }
    }
    Ok(texts)
}

/// The text of each entry of the list of characters, which is a text file: the number of entries, then one on each line.
fn entries<'a>(list: &mut Bytes<'a>) -> Result<Vec<&'a str>, ModelError> {
    let text = std::str::from_utf8(list.remaining()).map_err(|_| list.damaged("it is not text"))?;
    let mut lines = text.lines();
    let count = lines.next().and_then(|line| line.trim().parse().ok());
    let count: usize = count.ok_or_else(|| list.damaged("it does not begin with the number of characters"))?;
    let is_plain = |text: &&str| text.len() <= TEXT_LIMIT && !text.contains(char::is_control);
    let entry = |line: &'a str| line.split_ascii_whitespace().next().filter(is_plain);
    let entries: Option<Vec<_>> = lines.take(count).map(entry).collect();
    let entries = entries.ok_or_else(|| list.damaged("a character is missing, too long or not printable"))?;
    if entries.len() == count { Ok(entries) } else { Err(list.damaged("it ends early")) }
}

/// The class of each entry. None if the network writes the character as a sequence of classes.
fn codes_of(codes: &mut Bytes) -> Result<Vec<Option<usize>>, ModelError> {
    let count = codes.size()?;
    (0..count).map(|_| code(codes)).collect()
}

fn code(codes: &mut Bytes) -> Result<Option<usize>, ModelError> {
    let _is_normalised = codes.byte()?;
    let length = codes.size()?;
    if length == 0 || length > CODE_LIMIT {
        return Err(codes.damaged("the code of a character is empty or too long"));
    }
    let first = codes.size()?;
    for _ in 1..length {
        codes.size()?;
    }
    Ok((length == 1).then_some(first))
}
