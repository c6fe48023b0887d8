//! Arbitrary bytes lead to a volume or an error, never to a panic, and never to more pages than allowed.

use super::packed_file;
use crate::source::testing::{PdfBuilder, file, one_scan};
use crate::source::{Limits, open};
use proptest::prelude::*;

fn survives(bytes: &[u8]) {
    let limits = Limits { max_pages: 20, ..Limits::default() };
    if let Ok(volume) = open(file(bytes).path(), &limits) {
        assert!((1..=20).contains(&volume.pages.len()));
        for page in &volume.pages {
            assert!(page.width_points >= 36.0 && page.height_points <= 14_400.0);
            let _ = volume.image_bytes(page);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_end_in_a_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        survives(&bytes);
        survives(&[b"%PDF-1.4\n", &bytes[..], b"\nstartxref\n9\n%%EOF"].concat());
        survives(&[b"%PDF-1.4\nxref\n0 3\n", &bytes[..], b"\nstartxref\n9\n%%EOF"].concat());
    }

    #[test]
    fn changed_bytes_end_in_a_verdict(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        packed in any::<bool>(),
    ) {
        let mut bytes = if packed { packed_file(b"") } else { one_scan() };
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        survives(&bytes);
    }

    #[test]
    fn swapped_tokens_end_in_a_verdict(
        swaps in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..6),
    ) {
        let mut pdf = PdfBuilder::new();
        pdf.root = "/MediaBox[0 0 72 144]/Rotate 0".to_owned();
        pdf.page("/Resources<</Font<</F 1 0 R>>/XObject<</X 3 0 R>>>>", "q 1 0 0 1 0 0 cm /X Do BT 3 Tr (a) Tj ET Q");
        pdf.page("/CropBox[0 0 50 50]", "0 0 9 9 re W n");
        let text = String::from_utf8(pdf.bytes()).unwrap();
        let mut tokens: Vec<&str> = text.split_inclusive([' ', '/', '\n', '[', ']']).collect();
        for (one, other) in swaps {
            let (one, other) = (one.index(tokens.len()), other.index(tokens.len()));
            tokens.swap(one, other);
        }
        survives(tokens.concat().as_bytes());
    }
}
