//! The file format of Tesseract's languages: the number of components, the offset of each, and their bytes.

use super::bytes::Bytes;
use crate::error::ModelError;

/// The most components that Tesseract accepts. A file that begins with a larger number has another format.
const COMPONENT_LIMIT: usize = 1_000;
/// The size limit of one component. The network of the largest language has 13 million bytes.
const SIZE_LIMIT: usize = 32 << 20;

/// A component that the importer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Component {
    Network,
    Characters,
    Codes,
}

impl Component {
    /// Its place in the table of offsets.
    const fn index(self) -> usize {
        match self {
            Self::Network => 17,
            Self::Characters => 21,
            Self::Codes => 22,
        }
    }

    /// Its name, as `combine_tessdata -d` prints it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Network => "lstm",
            Self::Characters => "lstm-unicharset",
            Self::Codes => "lstm-recoder",
        }
    }
}

pub(super) struct Container<'a> {
    bytes: &'a [u8],
    /// The offset of each component from the start of the file. A negative one means that the component is absent.
    offsets: Vec<i64>,
}

/// True when the file begins like a language file. No archive of a checkpoint does.
pub(crate) fn is_container(bytes: &[u8]) -> bool {
    Bytes::new("table", bytes).size().is_ok_and(|count| (1..=COMPONENT_LIMIT).contains(&count))
}

impl<'a> Container<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, ModelError> {
        let mut table = Bytes::new("table of components", bytes);
        let count = table.size()?;
        if count > COMPONENT_LIMIT {
            return Err(table.damaged("it has too many entries"));
        }
        let offsets = table.chunks(count)?.iter().map(|&offset| i64::from_le_bytes(offset)).collect();
        Ok(Self { bytes, offsets })
    }

    /// The bytes of a component: up to the next one that is present.
    pub(super) fn component(&self, component: Component) -> Result<Bytes<'a>, ModelError> {
        let part = component.name();
        let mut present = self.offsets.iter().skip(component.index());
        let start = present.next().and_then(|&offset| usize::try_from(offset).ok());
        let start = start.ok_or(ModelError::LanguageComponent { component: part })?;
        let end = present.find_map(|&offset| usize::try_from(offset).ok()).unwrap_or(self.bytes.len());
        let damaged = |reason| ModelError::LanguageDamaged { part, reason };
        let bytes = self.bytes.get(start..end).ok_or_else(|| damaged("its place lies outside the file"))?;
        if bytes.len() > SIZE_LIMIT { Err(damaged("it is too large")) } else { Ok(Bytes::new(part, bytes)) }
    }
}
