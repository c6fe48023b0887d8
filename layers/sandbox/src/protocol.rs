//! What the engine and a process that runs PDFium say to each other, through the standard input and output of the
//! process. Numbers are little-endian.
//!
//! The process first says whether it could open the document. Then it draws a page for each request. The engine does not
//! trust the answers: a document may have taken over the process.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::time::Duration;

/// How long drawing a page may take, in time and in processor time.
pub const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The longest text in an answer.
const MAX_TEXT: usize = 1024;

/// The first answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    Opened {
        pages: u32,
    },
    Refused(Refusal),
    /// PDFium cannot be loaded, because of what the text says.
    NoLibrary(String),
}

/// Why PDFium does not open a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Encrypted,
    UnsupportedEncryption,
    Unreadable,
    Damaged,
}

/// Asks for a page, counted from 0, in a size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    pub page: u32,
    pub width: u32,
    pub height: u32,
}

/// A page as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// Width and height of the page in PDFium's points.
    pub points: (f32, f32),
    /// 1 for a page without colour, otherwise 3: red, green, blue.
    pub channels: u8,
    pub pixels: Vec<u8>,
}

impl Refusal {
    const ALL: [Self; 4] = [Self::Encrypted, Self::UnsupportedEncryption, Self::Unreadable, Self::Damaged];
}

impl Opening {
    /// # Errors
    /// When the other side does not listen.
    pub fn write(&self, to: &mut impl Write) -> Result<()> {
        let (kind, number, text) = match self {
            Self::Opened { pages } => (0, *pages, ""),
            Self::Refused(refusal) => (1, *refusal as u32, ""),
            Self::NoLibrary(cause) => (2, 0, &cause[..cause.floor_char_boundary(MAX_TEXT)]),
        };
        let length = u32::try_from(text.len()).map_err(Error::other)?;
        to.write_all(&[[kind, number, length].map(u32::to_le_bytes).as_flattened(), text.as_bytes()].concat())
    }

    /// # Errors
    /// When the other side ends or answers nonsense.
    pub fn read(from: &mut impl Read) -> Result<Self> {
        let [kind, number, length] = numbers(from)?;
        let mut text = vec![0; usize::try_from(length).unwrap_or(usize::MAX).min(MAX_TEXT)];
        from.read_exact(&mut text)?;
        let refusal = || usize::try_from(number).ok().and_then(|index| Refusal::ALL.get(index)).ok_or_else(nonsense);
        match kind {
            0 => Ok(Self::Opened { pages: number }),
            1 => Ok(Self::Refused(*refusal()?)),
            2 => Ok(Self::NoLibrary(String::from_utf8_lossy(&text).into_owned())),
            _ => Err(nonsense()),
        }
    }
}

impl Request {
    /// # Errors
    /// When the other side does not listen.
    pub fn write(self, to: &mut impl Write) -> Result<()> {
        to.write_all([self.page, self.width, self.height].map(u32::to_le_bytes).as_flattened())
    }

    /// The next request.
    ///
    /// # Errors
    /// When the other side has ended.
    pub fn read(from: &mut impl Read) -> Result<Self> {
        let [page, width, height] = numbers(from)?;
        Ok(Self { page, width, height })
    }

    /// Bytes of a drawing of this size.
    fn length(self, channels: u8) -> Option<usize> {
        let side = |side: u32| usize::try_from(side).ok();
        side(self.width)?.checked_mul(side(self.height)?)?.checked_mul(channels.into())
    }
}

impl Drawing {
    /// Answers a request with a drawing, or with `None` if the page cannot be drawn.
    ///
    /// # Errors
    /// When the other side does not listen.
    pub fn write(drawing: Option<&Self>, to: &mut impl Write) -> Result<()> {
        let Some(drawing) = drawing else {
            return to.write_all([0u32; 3].map(u32::to_le_bytes).as_flattened());
        };
        let (width, height) = drawing.points;
        let head = [u32::from(drawing.channels), width.to_bits(), height.to_bits()];
        to.write_all(head.map(u32::to_le_bytes).as_flattened())?;
        to.write_all(&drawing.pixels)
    }

    /// Reads the answer to a request.
    ///
    /// # Errors
    /// When the other side ends or answers nonsense.
    pub fn read(request: Request, from: &mut impl Read) -> Result<Option<Self>> {
        let [channels, width, height] = numbers(from)?;
        let channels = match channels {
            0 => return Ok(None),
            1 => 1,
            3 => 3,
            _ => return Err(nonsense()),
        };
        let mut pixels = vec![0; request.length(channels).ok_or_else(nonsense)?];
        from.read_exact(&mut pixels)?;
        Ok(Some(Self { points: (f32::from_bits(width), f32::from_bits(height)), channels, pixels }))
    }
}

fn numbers<const N: usize>(from: &mut impl Read) -> Result<[u32; N]> {
    let mut bytes = [[0; 4]; N];
    from.read_exact(bytes.as_flattened_mut())?;
    Ok(bytes.map(u32::from_le_bytes))
}

fn nonsense() -> Error {
    Error::from(ErrorKind::InvalidData)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_is_read_as_it_was_written() {
        let refusals = Refusal::ALL.map(Opening::Refused);
        let others = [Opening::Opened { pages: 2000 }, Opening::NoLibrary("no such file".into())];
        for opening in refusals.into_iter().chain(others) {
            let mut bytes = Vec::new();
            opening.write(&mut bytes).unwrap();
            assert_eq!(Opening::read(&mut bytes.as_slice()).unwrap(), opening);
        }
    }

    #[test]
    fn a_drawing_is_read_as_it_was_written() {
        let request = Request { page: 7, width: 2, height: 3 };
        let mut bytes = Vec::new();
        request.write(&mut bytes).unwrap();
        assert_eq!(Request::read(&mut bytes.as_slice()).unwrap(), request);
        let drawn =
            |channels: u8| Drawing { points: (612.0, 792.5), channels, pixels: vec![9; 6 * usize::from(channels)] };
        for drawing in [None, Some(drawn(1)), Some(drawn(3))] {
            let mut bytes = Vec::new();
            Drawing::write(drawing.as_ref(), &mut bytes).unwrap();
            assert_eq!(Drawing::read(request, &mut bytes.as_slice()).unwrap(), drawing);
            bytes.pop();
            assert!(Drawing::read(request, &mut bytes.as_slice()).is_err());
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let request = Request { page: 0, width: u32::MAX, height: u32::MAX };
        for bytes in [[0; 11].as_slice(), &[9; 12], &[2, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255]] {
            assert!(Opening::read(&mut &*bytes).is_err());
        }
        assert!(Opening::read(&mut [1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0].as_slice()).is_err());
        for bytes in [[0; 11].as_slice(), &[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
        {
            assert!(Drawing::read(request, &mut &*bytes).is_err());
        }
    }
}
