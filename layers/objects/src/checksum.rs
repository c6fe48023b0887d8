use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_smithy_types::base64;
use crc_fast::{CrcAlgorithm, Digest};

use crate::ObjectError;
use crate::client::Location;

/// The checksum that S3 keeps of a whole object. Only CRCs are used: they can be combined from those of parts that
/// arrive in any order, and S3 and the SDKs choose a CRC by default.
#[derive(Debug, Clone)]
pub(crate) struct Checksum {
    pub algorithm: CrcAlgorithm,
    expected: String,
}

impl Checksum {
    /// The checksum in an object's head. A checksum of the checksums of a multipart upload's parts (`…-3`) is ignored,
    /// since it cannot be compared without the sizes of the parts.
    pub fn offered(head: &HeadObjectOutput) -> Option<Self> {
        let offers = [
            (CrcAlgorithm::Crc64Nvme, head.checksum_crc64_nvme()),
            (CrcAlgorithm::Crc32IsoHdlc, head.checksum_crc32()),
            (CrcAlgorithm::Crc32Iscsi, head.checksum_crc32_c()),
        ];
        let of_whole = |text: &&str| !text.contains('-');
        offers.into_iter().find_map(|(algorithm, value)| {
            value.filter(of_whole).map(|value| Self { algorithm, expected: value.to_owned() })
        })
    }

    /// `parts` are the digests of the parts, in their order.
    pub fn compare(&self, parts: impl Iterator<Item = Digest>, location: &Location<'_>) -> Result<(), ObjectError> {
        let mut whole = Digest::new(self.algorithm);
        parts.for_each(|part| whole.combine(&part));
        let found = self.encode(whole.finalize());
        if found == self.expected {
            return Ok(());
        }
        let reason = format!("its checksum is {found} instead of {}", self.expected);
        Err(ObjectError::Damaged { object: location.to_string(), reason })
    }

    /// Base64 of the big-endian bytes, as S3 writes it.
    fn encode(&self, value: u64) -> String {
        let bytes = value.to_be_bytes();
        let width = if self.algorithm == CrcAlgorithm::Crc64Nvme { 8 } else { 4 };
        base64::encode(&bytes[bytes.len() - width..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: Location<'_> = Location { bucket: "bucket", key: "key", version: None };

    fn digests(algorithm: CrcAlgorithm, parts: &[&[u8]]) -> Vec<Digest> {
        let digest = |part: &&[u8]| {
            let mut digest = Digest::new(algorithm);
            digest.update(part);
            digest
        };
        parts.iter().map(digest).collect()
    }

    /// The values are the check values of the algorithms' published definitions, of `123456789`.
    #[test]
    fn parts_give_the_checksum_of_the_whole() {
        for (algorithm, check) in [
            (CrcAlgorithm::Crc64Nvme, 0xAE8B_1486_0A79_9888_u64),
            (CrcAlgorithm::Crc32IsoHdlc, 0xCBF4_3926),
            (CrcAlgorithm::Crc32Iscsi, 0xE306_9283),
        ] {
            let mut checksum = Checksum { algorithm, expected: String::new() };
            checksum.expected = checksum.encode(check);
            for parts in [&[b"123456789".as_slice()][..], &[b"1234", b"5678", b"9"], &[b"", b"123456789", b""]] {
                checksum.compare(digests(algorithm, parts).into_iter(), &ADDRESS).unwrap();
            }
            let other = digests(algorithm, &[b"5678", b"1234", b"9"]);
            assert_eq!(checksum.compare(other.into_iter(), &ADDRESS).unwrap_err().code(), "objects.damaged");
        }
    }

    #[test]
    fn a_checksum_of_checksums_is_no_offer() {
        let composite = HeadObjectOutput::builder().checksum_crc32("y/Q5Jg==-2").build();
        assert!(Checksum::offered(&composite).is_none());
        let whole = HeadObjectOutput::builder().checksum_crc32("y/Q5Jg==").build();
        assert_eq!(Checksum::offered(&whole).unwrap().algorithm, CrcAlgorithm::Crc32IsoHdlc);
    }
}
