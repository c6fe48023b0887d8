//! The keys of the objects that an attempt writes.
//!
//! Each attempt has a prefix of its own, and nobody else writes below it. So the results of an attempt that stopped
//! halfway are never mistaken for complete ones.

mod preview;

use enum_assoc::Assoc;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::str::FromStr;

use uuid::Uuid;

use crate::{FailureCode, LONGEST_KEY, ScanId};

pub use preview::{PREVIEWS, preview_file, previewed_page};

/// What kind of objects an attempt writes: [`Work`] or [`Results`].
pub trait AttemptKind: Copy + Ord + Hash + fmt::Debug + Send + Sync + 'static {
    const ROOT: &'static str;
}

/// Intermediates, which the next stage reads. They expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Work;

/// Results, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Results;

impl AttemptKind for Work {
    const ROOT: &'static str = "work";
}

impl AttemptKind for Results {
    const ROOT: &'static str = "results";
}

/// A text that is not the key of an object of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Assoc)]
#[func(pub const fn code(&self) -> FailureCode)]
pub enum KeyError {
    /// The name does not stay below the attempt's prefix, or no file could have it.
    #[error("{name:?} cannot be the name of an object of an attempt.")]
    #[assoc(code = FailureCode::ObjectsName)]
    Name { name: String },
    #[error("{key:?} is not below {root}/{{scan}}/{{token}}/.")]
    #[assoc(code = FailureCode::ObjectsForeignKey)]
    Foreign { key: String, root: &'static str },
}

/// The prefix of one attempt: `work/{scan}/{token}/` or `results/{scan}/{token}/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptPrefix<K> {
    scan: ScanId,
    token: Uuid,
    kind: PhantomData<K>,
}

/// The key of one object that an attempt wrote.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptKey<K> {
    text: String,
    kind: PhantomData<K>,
}

pub type WorkKey = AttemptKey<Work>;

pub type ResultKey = AttemptKey<Results>;

impl AttemptPrefix<Work> {
    #[must_use]
    pub const fn work(scan: ScanId, token: Uuid) -> Self {
        Self { scan, token, kind: PhantomData }
    }
}

impl AttemptPrefix<Results> {
    #[must_use]
    pub const fn result(scan: ScanId, token: Uuid) -> Self {
        Self { scan, token, kind: PhantomData }
    }
}

impl<K: AttemptKind> AttemptPrefix<K> {
    #[must_use]
    pub const fn scan(&self) -> ScanId {
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
    /// [`KeyError::Name`] when the name would lead outside the prefix (`..`, a leading `/`, an empty part), has control
    /// characters or a backslash, or makes the key longer than S3 accepts.
    pub fn join(&self, name: &str) -> Result<AttemptKey<K>, KeyError> {
        let text = format!("{self}{name}");
        if is_name(name) && text.len() <= LONGEST_KEY {
            return Ok(AttemptKey { text, kind: PhantomData });
        }
        Err(KeyError::Name { name: name.to_owned() })
    }

    /// The prefix that a key is below, and the rest of the key.
    pub fn split(key: &str) -> Option<(Self, &str)> {
        let (scan, rest) = key.strip_prefix(K::ROOT)?.strip_prefix('/')?.split_once('/')?;
        let (token, name) = rest.split_once('/')?;
        let prefix = Self { scan: scan.parse().ok()?, token: token.parse().ok()?, kind: PhantomData };
        // Numbers and tokens have more than one spelling; only ours is the prefix of this attempt.
        key.starts_with(&prefix.to_string()).then_some((prefix, name))
    }
}

impl<K: AttemptKind> AttemptKey<K> {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The attempt that wrote it.
    #[must_use]
    pub fn prefix(&self) -> Option<AttemptPrefix<K>> {
        AttemptPrefix::split(&self.text).map(|(prefix, _)| prefix)
    }

    /// The name below the prefix of its attempt.
    #[must_use]
    pub fn name(&self) -> &str {
        AttemptPrefix::<K>::split(&self.text).map_or(&self.text, |(_, name)| name)
    }
}

impl<K: AttemptKind> fmt::Display for AttemptPrefix<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}/", K::ROOT, self.scan, self.token)
    }
}

impl<K: AttemptKind> fmt::Display for AttemptKey<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Reads what [`Display`](fmt::Display) wrote, as the database keeps it.
impl<K: AttemptKind> FromStr for AttemptPrefix<K> {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let split = Self::split(text).filter(|(_, name)| name.is_empty());
        split.map(|(prefix, _)| prefix).ok_or_else(|| KeyError::Foreign { key: text.to_owned(), root: K::ROOT })
    }
}

/// Reads what [`Display`](fmt::Display) wrote, as the database keeps it.
impl<K: AttemptKind> FromStr for AttemptKey<K> {
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
