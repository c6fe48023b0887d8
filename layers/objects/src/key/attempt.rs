//! Keys of what an attempt writes: nobody else writes below its prefix, so that a half-written attempt
//! is never taken for a whole one.

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::str::FromStr;

use uuid::Uuid;

use super::KeyError;

/// The longest key that S3 takes, bytes.
const LONGEST_KEY: usize = 1024;

/// What an attempt writes.
pub trait Kind: Copy + Ord + Hash + fmt::Debug + Send + Sync + 'static {
    /// The first part of the keys.
    const ROOT: &'static str;
}

/// What the next stage reads; expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Work;

/// What people get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Results;

impl Kind for Work {
    const ROOT: &'static str = "work";
}

impl Kind for Results {
    const ROOT: &'static str = "results";
}

/// Where one attempt writes: `work/{scan}/{token}/` or `results/{scan}/{token}/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptPrefix<K> {
    scan: i64,
    token: Uuid,
    kind: PhantomData<K>,
}

/// The key of one object of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptKey<K> {
    text: String,
    kind: PhantomData<K>,
}

/// The key of an intermediate.
pub type WorkKey = AttemptKey<Work>;

/// The key of an output.
pub type ResultKey = AttemptKey<Results>;

impl AttemptPrefix<Work> {
    /// Where an attempt puts what the next stage reads.
    #[must_use]
    pub const fn work(scan: i64, token: Uuid) -> Self {
        Self { scan, token, kind: PhantomData }
    }
}

impl AttemptPrefix<Results> {
    /// Where an attempt puts what people get.
    #[must_use]
    pub const fn result(scan: i64, token: Uuid) -> Self {
        Self { scan, token, kind: PhantomData }
    }
}

impl<K: Kind> AttemptPrefix<K> {
    /// The scan.
    #[must_use]
    pub const fn scan(&self) -> i64 {
        self.scan
    }

    /// The lease token of the attempt.
    #[must_use]
    pub const fn token(&self) -> Uuid {
        self.token
    }

    /// The key of an object below the prefix. A name may have folders (`opinions/0001.pdf`).
    ///
    /// # Errors
    /// [`KeyError::Name`] when the name would lead elsewhere (`..`, a leading `/`, an empty part), has control
    /// characters or a backslash, or makes the key longer than S3 takes.
    pub fn join(&self, name: &str) -> Result<AttemptKey<K>, KeyError> {
        let text = format!("{self}{name}");
        if is_name(name) && text.len() <= LONGEST_KEY {
            return Ok(AttemptKey { text, kind: PhantomData });
        }
        Err(KeyError::Name { name: name.to_owned() })
    }

    /// The prefix that a key is below, and the rest of the key.
    pub(crate) fn split(key: &str) -> Option<(Self, &str)> {
        let (scan, rest) = key.strip_prefix(K::ROOT)?.strip_prefix('/')?.split_once('/')?;
        let (token, name) = rest.split_once('/')?;
        let prefix = Self { scan: scan.parse().ok()?, token: token.parse().ok()?, kind: PhantomData };
        // Numbers and tokens have more than one spelling; only ours means this attempt.
        key.starts_with(&prefix.to_string()).then_some((prefix, name))
    }
}

impl<K: Kind> AttemptKey<K> {
    /// The key as S3 knows it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The attempt that wrote it.
    #[must_use]
    pub fn prefix(&self) -> Option<AttemptPrefix<K>> {
        AttemptPrefix::split(&self.text).map(|(prefix, _)| prefix)
    }

    /// What it is called below its attempt's prefix.
    #[must_use]
    pub fn name(&self) -> &str {
        AttemptPrefix::<K>::split(&self.text).map_or(&self.text, |(_, name)| name)
    }
}

impl<K: Kind> fmt::Display for AttemptPrefix<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}/", K::ROOT, self.scan, self.token)
    }
}

impl<K: Kind> fmt::Display for AttemptKey<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Reads what [`Display`](fmt::Display) wrote, as the database keeps it.
impl<K: Kind> FromStr for AttemptPrefix<K> {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let split = Self::split(text).filter(|(_, name)| name.is_empty());
        split.map(|(prefix, _)| prefix).ok_or_else(|| KeyError::Foreign { key: text.to_owned(), root: K::ROOT })
    }
}

/// Reads what [`Display`](fmt::Display) wrote, as the database keeps it.
impl<K: Kind> FromStr for AttemptKey<K> {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let foreign = || KeyError::Foreign { key: text.to_owned(), root: K::ROOT };
        let (prefix, name) = AttemptPrefix::<K>::split(text).ok_or_else(foreign)?;
        prefix.join(name)
    }
}

fn is_name(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part != "." && part != "..";
    name.split('/').all(is_part) && !name.contains(|char: char| char.is_control() || char == '\\')
}

#[cfg(test)]
mod tests;
