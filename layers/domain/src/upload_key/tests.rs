use proptest::prelude::*;

use super::*;

fn identity(key: &str) -> Option<(String, String, u32, u32)> {
    let name = UploadKey::new(key).volume_name()?;
    Some((name.reporter().to_owned(), name.volume().to_owned(), name.first_page()?, name.last_page()?))
}

fn expected(reporter: &str, volume: &str, first: u32, last: u32) -> Option<(String, String, u32, u32)> {
    Some((reporter.to_owned(), volume.to_owned(), first, last))
}

#[test]
fn the_convention_is_read() {
    for (key, volume) in [
        ("original_scans/arc/12/201/arc.12.201.207.original.pdf", expected("arc", "12", 201, 207)),
        ("original_scans/arc/12/201/arc.12.201.207.original.PDF", expected("arc", "12", 201, 207)),
        ("original_scans/F.3d/999/1/F.3d.999.1.1400.original.pdf", expected("F.3d", "999", 1, 1400)),
        ("original_scans/U.S/5/1/U.S.5.1.9.original.Pdf", expected("U.S", "5", 1, 9)),
        ("original_scans/N. Y. &é/2-1/1/N. Y. &é.2-1.1.1.original.pdf", expected("N. Y. &é", "2-1", 1, 1)),
        ("original_scans/arc/12/0201/arc.12.201.0207.original.pdf", expected("arc", "12", 201, 207)),
    ] {
        assert_eq!(identity(key), volume, "{key}");
    }
}

#[test]
fn other_keys_and_keys_whose_parts_disagree_are_nobody() {
    for key in [
        "",
        "original_scans/",
        "original_scans/volume.pdf",
        "original_scans/arc/12/201",
        "scans/arc/12/201/arc.12.201.207.original.pdf",
        "/original_scans/arc/12/201/arc.12.201.207.original.pdf",
        "original_scans//arc/12/201/arc.12.201.207.original.pdf",
        "original_scans/arc/12/201/arc.12.201.207.original.pdf/",
        "original_scans/arc/12/201/x/arc.12.201.207.original.pdf",
        "original_scans/arc/12/201/arc.13.201.207.original.pdf",
        "original_scans/arc/12/202/arc.12.201.207.original.pdf",
        "original_scans/brc/12/201/arc.12.201.207.original.pdf",
        "original_scans/arc/12/207/arc.12.207.201.original.pdf",
        "original_scans/arc/12/201/arc.12.201.207.pdf",
        "original_scans/arc/12/201/arc.12.201.207.original.tif",
        "original_scans/arc/12/201/arc.12.201.207.Original.pdf",
        "original_scans/arc/12/201/arc.12.201.original.pdf",
        "original_scans/arc/12/201/arc.12.201.207.2.original.pdf",
        "original_scans/arc/12/+1/arc.12.+1.207.original.pdf",
        "original_scans/arc/12/-1/arc.12.-1.207.original.pdf",
        "original_scans/arc/12/1/arc.12.1..original.pdf",
        "original_scans/arc/12/1/arc.12.1.10000000.original.pdf",
        "original_scans/arc/12/1/arc.12.1.99999999999999999999.original.pdf",
        "original_scans/../12/1/...12.1.9.original.pdf",
        "original_scans/arc/./1/arc...1.9.original.pdf",
        "original_scans//12/1/.12.1.9.original.pdf",
        "original_scans/U.S./5/1/U.S..5.1.9.original.pdf",
        "original_scans/N. Y. +%/2/1/N. Y. +%.2.1.1.original.pdf",
        "original_scans/arc/2.1/1/arc.2.1.1.1.original.pdf",
        "original_scans/a\n/12/1/a\n.12.1.9.original.pdf",
        "original_scans/a\\b/12/1/a\\b.12.1.9.original.pdf",
    ] {
        assert_eq!(identity(key), None, "{key}");
    }
}

proptest! {
    #[test]
    fn no_key_panics(key in any::<String>()) {
        drop(UploadKey::new(key).volume_name());
    }

    #[test]
    fn no_almost_key_panics_or_leads_elsewhere(
        reporter in "[a.é/\\\\\u{0}-\u{2}]{0,4}", volume in "[1.]{0,3}", first in "[+0-9]{0,8}", last in "[0-9.]{0,8}",
    ) {
        let key = format!("original_scans/{reporter}/{volume}/{first}/{reporter}.{volume}.{first}.{last}.original.pdf");
        if let Some(found) = UploadKey::new(key).volume_name() {
            for name in [found.reporter(), found.volume()] {
                prop_assert!(!name.contains(['/', '\\']) && !name.contains(char::is_control));
                prop_assert!(![".", "..", ""].contains(&name));
            }
            prop_assert!(found.first_page() <= found.last_page() && found.last_page() <= Some(9_999_999));
        }
    }

    #[test]
    fn every_volume_is_read_from_its_key(
        reporter in "[A-Za-zé][A-Za-z0-9 .&é-]{0,12}", volume in "[0-9]{1,4}", first in 0_u32..9_999, more in 0_u32..999,
    ) {
        let Ok(name) = VolumeName::new(&reporter, &volume, Some(first), Some(first + more)) else { return Ok(()) };
        let key = UploadKey::of_volume(&name).unwrap();
        prop_assert_eq!(key.volume_name(), Some(name));
        prop_assert_eq!(UploadKey::chosen(key.as_str()), Some(key));
    }

    #[test]
    fn a_key_that_names_a_volume_is_that_volumes_key_but_for_zeros_and_case(
        reporter in "[a-c.]{1,3}", volume in "[0-9a]{1,2}", first in "[0-9]{1,3}", last in "[0-9]{1,3}", pdf in "[pP][dD][fF]",
    ) {
        let key = format!("original_scans/{reporter}/{volume}/{first}/{reporter}.{volume}.{first}.{last}.original.{pdf}");
        if let Some(name) = UploadKey::new(key).volume_name() {
            let (first, last) = (first.parse::<u32>().unwrap(), last.parse::<u32>().unwrap());
            prop_assert_eq!(Ok(name), VolumeName::new(&reporter, &volume, Some(first), Some(last)));
        }
    }
}

#[test]
fn a_volume_without_its_pages_has_no_key() {
    let name = VolumeName::new("a3d", "217", Some(101), None).unwrap();
    assert_eq!(UploadKey::of_volume(&name), None);
}

#[test]
fn a_chosen_key_is_where_intake_looks() {
    assert!(UploadKey::chosen("original_scans/b/c.pdf").is_some());
    let long = format!("original_scans/{}", "a".repeat(1010));
    for wrong in ["scan.pdf", "original_scans/", "original_scans/a/", "original_scans/a\n", "/original_scans/a", &long]
    {
        assert_eq!(UploadKey::chosen(wrong), None, "{wrong:?}");
    }
}

#[test]
fn a_file_without_a_volume_goes_to_the_unsorted() {
    let key = UploadKey::unsorted("scan 12.pdf").unwrap();
    assert_eq!(key.as_str(), "original_scans/unsorted/scan 12.pdf");
    assert_eq!((UploadKey::unsorted(""), UploadKey::unsorted("a\u{1b}.pdf")), (None, None));
}
