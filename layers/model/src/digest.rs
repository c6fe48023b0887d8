//! The digests by which published files are recognised.

use sha2::{Digest, Sha256};

/// The SHA-256 digest, hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
