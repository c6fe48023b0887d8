use super::*;
use proptest::prelude::*;
use std::path::Path;

fn parts(file_name: &str) -> (String, String, Option<u32>, Option<u32>) {
    let name = VolumeName::parse(file_name).unwrap();
    (name.reporter().to_owned(), name.volume().to_owned(), name.first_page(), name.last_page())
}

#[test]
fn reads_the_archives_convention() {
    let expected = ("a3d".to_owned(), "217".to_owned(), Some(101), Some(120));
    for file_name in [
        "a3d.217.101.120.pdf",
        "a3d.217.101.120.PDF",
        "a3d.217.101.120.original.pdf",
        "a3d.217.101.120.Original.Pdf",
        "a3d.217.101.120_ocr_compressed.pdf",
        "a3d.217.101.120_COMPRESSED_OCR_redacted.pdf",
        "a3d.217.101.120_dupes_fixed-copy bitonal.pdf",
        "a3d.217.101.120.redacted.pdf",
        "a3d.217.101.120",
    ] {
        assert_eq!(parts(file_name), expected, "{file_name}");
    }
}

#[test]
fn reads_names_with_fewer_pages_and_reporters_with_dots() {
    let owned = |reporter: &str, volume: &str| (reporter.to_owned(), volume.to_owned());
    let (r, v) = owned("f-supp-3d", "12");
    assert_eq!(parts("f-supp-3d.12.7.pdf"), (r.clone(), v.clone(), Some(7), None));
    assert_eq!(parts("f-supp-3d.12.pdf"), (r, v, None, None));
    let (r, v) = owned("cal.app.5th", "12");
    assert_eq!(parts("cal.app.5th.12.1.900.pdf"), (r, v, Some(1), Some(900)));
}

#[test]
fn refuses_what_names_no_volume() {
    for file_name in [
        "",
        ".pdf",
        "scan.pdf",
        "scan.final.pdf",
        "a3d.217.xx.120.pdf",
        "a3d..101.120.pdf",
        ".217.101.120.pdf",
        "_ocr.pdf",
        "a3d.",
    ] {
        let error = VolumeName::parse(file_name).unwrap_err();
        assert_eq!(error.code(), FailureCode::NamingUnrecognised, "{file_name}");
    }
    assert!(VolumeName::from_path(Path::new("/")).is_err());
}

#[test]
fn refuses_hostile_components() {
    let long = "a".repeat(65);
    for value in
        ["", ".", "..", "a/b", "/", "\\", "a\0b", "a\nb", "-rf", ".hidden", "a..b", "a.", "a:b", "\u{202e}a", &long]
    {
        for (reporter, volume) in [(value, "217"), ("a3d", value)] {
            let error = VolumeName::new(reporter, volume, None, None).unwrap_err();
            assert_eq!(error.code(), FailureCode::NamingComponent, "{reporter:?} {volume:?}");
        }
    }
    assert!(VolumeName::parse("../../etc.217.101.120.pdf").is_err());
    assert!(VolumeName::parse("a/b.217.101.120.pdf").is_err());
    assert!(VolumeName::new(&"a".repeat(64), "1", None, None).is_ok());
    let error = VolumeName::new("a3d", "217", Some(1), Some(10_000_000)).unwrap_err();
    assert_eq!(error.code(), FailureCode::NamingPageTooLarge);
    assert_eq!(VolumeName::parse("a3d.217.120.101.pdf").unwrap_err().code(), FailureCode::NamingPagesReversed);
}

#[test]
fn names_the_outputs() {
    let name = VolumeName::parse("a3d.217.101.120.pdf").unwrap();
    assert_eq!(name.volume_file(101, 120), "a3d.217.101.120.pdf");
    assert_eq!(name.redacted_file(101, 120), "a3d.217.101.120.redacted.pdf");
    assert_eq!(name.directory(101), Path::new("a3d/217/101"));
    assert_eq!(image_file(7, 2), "0007-002.png");
    assert_eq!(
        opinion_files(&name, &[(1, 1), (1, 2), (1, 1), (12345, 12346)]),
        ["a3d.217.0001-0001-1.pdf", "a3d.217.0001-0002.pdf", "a3d.217.0001-0001-2.pdf", "a3d.217.12345-12346.pdf"]
    );
}

proptest! {
    #[test]
    fn a_volume_file_names_its_volume_again(
        reporter in "[a-z][a-z0-9-]{0,9}(\\.[a-z0-9-]{0,5}[a-z])?",
        volume in "[0-9a-z]{1,6}",
        first in 0u32..100_000,
        length in 0u32..3_000,
    ) {
        let name = VolumeName::new(&reporter, &volume, Some(first), Some(first + length)).unwrap();
        for file in [name.volume_file(first, first + length), name.redacted_file(first, first + length)] {
            prop_assert_eq!(VolumeName::parse(&file), Ok(name.clone()));
        }
    }

    #[test]
    fn whatever_is_accepted_stays_inside_its_directory(file_name in any::<String>()) {
        if let Ok(name) = VolumeName::parse(&file_name) {
            let directory = name.directory(1);
            prop_assert_eq!(directory.components().count(), 3);
            prop_assert!(directory.components().all(|part| matches!(part, std::path::Component::Normal(_))));
        }
    }

    #[test]
    fn opinion_files_never_repeat(pages in prop::collection::vec((0u32..4, 0u32..4), 0..40)) {
        let name = VolumeName::new("a3d", "217", None, None).unwrap();
        let files = opinion_files(&name, &pages);
        let unique: std::collections::BTreeSet<_> = files.iter().collect();
        prop_assert_eq!(unique.len(), pages.len());
    }
}
