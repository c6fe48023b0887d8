//! Damages a file in ways that depend on a seed only: bytes are flipped, an end or a part is lost, parts are moved, and
//! numbers are changed.

use std::ops::Range;

/// Marsaglia's xorshift generator.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 16) % end.max(1) as u64) as usize
    }
}

/// A file to damage.
pub struct Mutations<'f> {
    file: &'f [u8],
    structure: Vec<Range<usize>>,
}

impl<'f> Mutations<'f> {
    pub fn of(file: &'f [u8]) -> Self {
        Self { file, structure: structure(file) }
    }

    /// A damaged file. Half of the changes hit the structure of the file, which is a hundredth of a scanned volume.
    pub fn file(&self, seed: u64) -> Vec<u8> {
        let mut random = Random::new(seed);
        let mut bytes = self.file.to_vec();
        for _ in 0..=random.below(4) {
            let anywhere = random.below(2) == 0;
            let at = if anywhere { random.below(bytes.len()) } else { place(&self.structure, &mut random) };
            let at = at.min(bytes.len().saturating_sub(1));
            change(&mut bytes, at, &mut random);
        }
        bytes
    }
}

fn change(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let length = 1 + random.below(64);
    let part = at..(at + length).min(bytes.len());
    match random.below(8) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(part)),
        2 => {
            let moved: Vec<u8> = bytes.drain(part).collect();
            let target = random.below(bytes.len() + 1);
            bytes.splice(target..target, moved);
        }
        3 => {
            let copied = bytes[part].to_vec();
            bytes.splice(at..at, copied);
        }
        4 | 5 => change_number(bytes, at, random),
        _ => {
            for index in part.take(1 + random.below(8)) {
                bytes[index] ^= 1 << random.below(8);
            }
        }
    }
}

/// Replaces the next number by one that programs like to trip over.
fn change_number(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    const NUMBERS: [&[u8]; 10] =
        [b"0", b"1", b"-1", b"2", b"7", b"65536", b"4294967295", b"99999999999", b"0.5", b"null"];
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|step| at + step) else { return };
    let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = NUMBERS[random.below(NUMBERS.len())];
    bytes.splice(start..start + digits, number.iter().copied());
}

/// The parts of a file outside its streams.
fn structure(file: &[u8]) -> Vec<Range<usize>> {
    let find = |from: usize, word: &[u8]| {
        file[from..].windows(word.len()).position(|window| window == word).map(|step| from + step)
    };
    let (mut parts, mut from) = (Vec::new(), 0);
    while let Some(start) = find(from, b"stream") {
        parts.push(from..start);
        from = find(start, b"endstream").map_or(file.len(), |end| end + b"endstream".len());
    }
    parts.push(from..file.len());
    parts
}

fn place(parts: &[Range<usize>], random: &mut Random) -> usize {
    let mut index = random.below(parts.iter().map(Range::len).sum());
    for part in parts {
        if index < part.len() {
            return part.start + index;
        }
        index -= part.len();
    }
    0
}
