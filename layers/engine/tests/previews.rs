//! The previews of a scan with dense pages: none is reduced so far that nobody can read it.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

#[path = "support/shared_data.rs"]
mod shared_data;

use domain::{ModelChoice, preview_file};
use engine::cancellation::Cancellation;
use engine::installation::Installation;
use engine::process::process;
use engine::report::NoProgress;
use engine::settings::{Request, Settings};

/// No preview may have more bytes.
const MOST_BYTES: usize = 80_000;

/// Width and height of the pages at 110 dpi.
const SIDES: (u16, u16) = (664, 1066);

#[test]
fn dense_pages_keep_their_resolution() {
    let Some(input) = shared_data::shared("data/sample20/a3d.217.101.120.original.pdf") else { return };
    let output = tempfile::tempdir().unwrap();
    let installation = Installation::of_user().unwrap();
    let settings = Settings { previews: true, ocr: false, model: ModelChoice::Small, ..Settings::new(installation) };
    let request = Request::new(input, output.path().to_owned(), settings);
    let summary = process(&request, &NoProgress, &Cancellation::new()).unwrap();
    for page in 0..20 {
        let file = preview_file(page);
        let bytes = std::fs::read(summary.directory.join(&file)).unwrap();
        let mut decoder = zune_jpeg::JpegDecoder::new(std::io::Cursor::new(&bytes));
        decoder.decode_headers().unwrap();
        let info = decoder.info().unwrap();
        println!("{file}: {} bytes, {} by {}", bytes.len(), info.width, info.height);
        assert!(bytes.len() < MOST_BYTES && bytes.len() > MOST_BYTES / 4, "{file} has {} bytes", bytes.len());
        assert_eq!((info.width, info.height), SIDES, "{file}");
    }
}
