//! What may be worked on next.

use crate::ScanId;

/// Work that may be ready: the caller turns it into a message, right after the commit that returned it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ready {
    /// A scan waits for compress.
    Compress {
        /// The scan.
        scan: ScanId,
    },
    /// A page range waits for scan.
    Range {
        /// The scan.
        scan: ScanId,
        /// The generation of its ranges.
        generation: i32,
        /// The number of the range, from 0.
        number: i32,
        /// Whether the volume takes the lane for large ones.
        is_large: bool,
    },
    /// A scan waits for split.
    Split {
        /// The scan.
        scan: ScanId,
    },
}
