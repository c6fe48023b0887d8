use proptest::prelude::*;

use super::*;

fn prefix() -> AttemptPrefix<Work> {
    AttemptPrefix::work(42, Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8))
}

#[test]
fn a_key_is_its_attempts_prefix_and_a_name() {
    let key = prefix().join("range-0000.pdf").unwrap();
    assert_eq!(key.as_str(), "work/42/67e55044-10b1-426f-9247-bb680e5fe0c8/range-0000.pdf");
    assert_eq!((key.prefix(), key.name()), (Some(prefix()), "range-0000.pdf"));
    let key = AttemptPrefix::result(42, prefix().token()).join("opinions/0001 a+ä.pdf").unwrap();
    assert_eq!(key.as_str(), "results/42/67e55044-10b1-426f-9247-bb680e5fe0c8/opinions/0001 a+ä.pdf");
    assert_eq!(key.name(), "opinions/0001 a+ä.pdf");
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    let long = "x".repeat(1024);
    for name in ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "./a", "a\\b", "a\0", "a\nb", &long]
    {
        assert_eq!(prefix().join(name).unwrap_err().code(), FailureCode::ObjectsName, "{name:?}");
    }
    for name in ["a", ".a", "..a", "a..", "...", "a/b/c"] {
        assert!(prefix().join(name).is_ok(), "{name}");
    }
}

#[test]
fn what_the_database_keeps_is_read_again() {
    let key = prefix().join("a/b").unwrap();
    assert_eq!(key.to_string().parse(), Ok(key.clone()));
    assert_eq!(prefix().to_string().parse(), Ok(prefix()));
    for text in [
        "",
        "work/",
        "work/42/67e55044-10b1-426f-9247-bb680e5fe0c8",
        "work/042/67e55044-10b1-426f-9247-bb680e5fe0c8/",
        "work/+42/67e55044-10b1-426f-9247-bb680e5fe0c8/",
        "work/42/67E55044-10b1-426f-9247-bb680e5fe0c8/",
        "work/42/67e5504410b1426f9247bb680e5fe0c8/",
        "results/42/67e55044-10b1-426f-9247-bb680e5fe0c8/",
        "workshop/42/67e55044-10b1-426f-9247-bb680e5fe0c8/",
    ] {
        assert_eq!(text.parse::<AttemptPrefix<Work>>().unwrap_err().code(), FailureCode::ObjectsForeignKey, "{text}");
        assert!(format!("{text}a").parse::<WorkKey>().is_err(), "{text}");
    }
    let climbing = format!("{}../a", prefix());
    assert_eq!(climbing.parse::<WorkKey>().unwrap_err().code(), FailureCode::ObjectsName);
}

#[test]
fn previews_are_named_by_the_place_of_their_page() {
    assert_eq!(preview_file(0), "previews/0001.jpg");
    assert_eq!(preview_file(9_999), "previews/10000.jpg");
    let prefix = AttemptPrefix::result(42, prefix().token());
    let key = prefix.preview(11);
    assert_eq!(key.as_str(), "results/42/67e55044-10b1-426f-9247-bb680e5fe0c8/previews/0012.jpg");
    assert_eq!(prefix.join(&preview_file(11)), Ok(key.clone()));
    assert_eq!(previewed_page(key.name()), Some(11));
    let others =
        ["previews/0000.jpg", "previews/1.jpg", "previews/00001.jpg", "previews/+001.jpg", "previews/0001.png"];
    for other in others.into_iter().chain(["images/0001.jpg", "previews/.jpg", "previews0001.jpg", ""]) {
        assert_eq!(previewed_page(other), None, "{other}");
    }
}

proptest! {
    #[test]
    fn a_preview_is_of_its_page(index in 0..usize::MAX) {
        prop_assert_eq!(previewed_page(&preview_file(index)), Some(index));
    }

    #[test]
    fn no_name_escapes(name in "[a./\\\\\u{0}é]{0,12}", scan in any::<i64>(), token in any::<u128>()) {
        let prefix = AttemptPrefix::work(scan, Uuid::from_u128(token));
        if let Ok(key) = prefix.join(&name) {
            let inside = key.as_str().strip_prefix(&prefix.to_string());
            prop_assert_eq!(inside, Some(name.as_str()));
            prop_assert!(name.split('/').all(|part| !["", ".", ".."].contains(&part)));
            prop_assert_eq!((key.prefix(), key.name()), (Some(prefix), name.as_str()));
            prop_assert_eq!(key.as_str().parse::<WorkKey>(), Ok(key));
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), tail in "[-0-9a-f/.]{0,50}") {
        drop((text.parse::<WorkKey>(), text.parse::<AttemptPrefix<Results>>(), prefix().join(&text)));
        drop(format!("work/{tail}").parse::<WorkKey>());
    }
}
