use super::*;
use crate::volume::PageNumber;
use proptest::prelude::*;

fn reading(text: &str) -> Reading {
    Reading { text: text.to_owned(), bbox: [0.0; 4] }
}

fn pages(texts: &[&str]) -> Vec<Vec<Reading>> {
    texts.iter().map(|text| text.split('/').filter(|t| !t.is_empty()).map(reading).collect()).collect()
}

fn firsts(numbers: &[PageNumber]) -> Vec<u32> {
    numbers.iter().map(|number| number.first.expect("every page has a number")).collect()
}

fn numbered(texts: &[&str], first_page: u32) -> Vec<u32> {
    firsts(&number_pages(&pages(texts), first_page))
}

#[test]
fn plausible_follows_the_reference() {
    assert!(plausible(744, 744) && plausible(764, 744) && plausible(724, 744));
    assert!(!plausible(765, 744) && !plausible(723, 744) && !plausible(0, 5));
    assert!(plausible(12, 0) && plausible(99_999, 0) && !plausible(100_000, 0));
}

#[test]
fn chooses_the_most_confident_plausible_reading() {
    let chosen = |text: &str, hint| choose(&pages(&[text])[0], hint);
    let single = |first| Some(PageNumber { first: Some(first), last: None });
    assert_eq!(chosen("744/745", 744), single(744));
    assert_eq!(chosen("144/745", 744), single(745));
    assert_eq!(chosen("144/9/344", 744), single(344));
    assert_eq!(chosen("-744.", 744), single(744));
    assert_eq!(chosen("Arc./--", 744), None);
    assert_eq!(chosen("99999999999999/", 744), None);
}

#[test]
fn reads_ranges() {
    let chosen = |text: &str| choose(&pages(&[text])[0], 733);
    let range = |first, last| Some(PageNumber { first: Some(first), last: Some(last) });
    assert_eq!(chosen("733-734"), range(733, 734));
    assert_eq!(chosen("733–735"), range(733, 735));
    assert_eq!(chosen("733, 734"), range(733, 734));
    assert_eq!(chosen("733-745"), range(733, 745));
    for no_range in ["733-732", "733-764", "733, 745", "733 734", "733-", "-733"] {
        assert_eq!(chosen(no_range), Some(PageNumber { first: Some(733), last: None }), "{no_range}");
    }
}

#[test]
fn a_number_that_contradicts_both_neighbours_is_a_misreading() {
    assert_eq!(numbered(&["742", "743", "144", "745", "746"], 742), [742, 743, 744, 745, 746]);
    assert_eq!(numbered(&["142", "743", "744"], 742), [742, 743, 744]);
    assert_eq!(numbered(&["742", "743", "750"], 742), [742, 743, 744]);
    assert_eq!(numbered(&["742", "143", "144", "745", "746"], 742), [742, 743, 744, 745, 746]);
}

#[test]
fn another_reading_of_the_page_may_be_the_right_one() {
    assert_eq!(numbered(&["10", "30/11", "12", "", "14"], 10), [10, 11, 12, 13, 14]);
}

#[test]
fn every_page_ends_with_a_number() {
    assert_eq!(numbered(&["", "", "503", "", ""], 501), [501, 502, 503, 504, 505]);
    assert_eq!(numbered(&["", "", "503", "", ""], 1), [501, 502, 503, 504, 505]);
    assert_eq!(numbered(&["", "", ""], 7), [7, 8, 9]);
    assert_eq!(numbered(&[], 7), Vec::<u32>::new());
    assert_eq!(numbered(&["", "", "", "1", "2", "3", "4", "5"], 1), [1, 2, 3, 1, 2, 3, 4, 5]);
}

#[test]
fn many_unnumbered_pages_before_the_first_number_get_none_below_one() {
    let mut texts = vec![String::new(); 300];
    texts.extend((1..=300).map(|number| number.to_string()));
    let readings: Vec<Vec<Reading>> = texts.iter().map(|text| vec![reading(text)]).collect();
    let numbers = firsts(&number_pages(&readings, 5));
    assert_eq!(numbers[300..], (1..=300).collect::<Vec<u32>>());
    assert!(numbers.iter().all(|number| *number >= 1));
}

#[test]
fn a_gap_that_two_pages_confirm_is_kept() {
    assert_eq!(numbered(&["10", "11", "12", "15", "16"], 10), [10, 11, 12, 15, 16]);
    assert_eq!(numbered(&["10", "11", "", "15", "16"], 10), [10, 11, 12, 15, 16]);
    assert_eq!(numbered(&["10", "11", "12", "112", "113", "114"], 10), [10, 11, 12, 112, 113, 114]);
    assert_eq!(
        numbered(&["10", "11", "14", "15", "76", "17", "30", "31", "32"], 10),
        [10, 11, 14, 15, 16, 17, 30, 31, 32]
    );
}

#[test]
fn a_page_scanned_twice_is_kept_once_four_pages_confirm_it() {
    assert_eq!(numbered(&["10", "11", "12", "12", "13", "14", "15"], 10), [10, 11, 12, 12, 13, 14, 15]);
    assert_eq!(numbered(&["10", "11", "12", "12", "13"], 10), [10, 11, 12, 13, 14]);
}

#[test]
fn a_printed_range_moves_the_numbers_behind_it() {
    let numbers = number_pages(&pages(&["732", "733-734", "735", "136"]), 732);
    assert_eq!(firsts(&numbers), [732, 733, 735, 736]);
    assert_eq!(numbers[1].last, Some(734));
    let overlapping = number_pages(&pages(&["101-102", "102-103", "103-105", "105-106"]), 101);
    assert_eq!(firsts(&overlapping), [101, 102, 103, 105]);
    assert!(overlapping.iter().all(|number| number.last.is_some()));
}

#[test]
fn a_wide_range_counts_if_a_following_page_continues_it() {
    let range = |first, last| PageNumber { first: Some(first), last: Some(last) };
    for (after, expected) in [(["926", "927"], [926, 927]), (["", "927"], [926, 927]), (["914", "915"], [914, 915])] {
        let numbers = number_pages(&pages(&["911", "912", "913-925", after[0], after[1]]), 911);
        let is_range = after[0] != "914";
        let here = if is_range { range(913, 925) } else { PageNumber { first: Some(913), last: None } };
        assert_eq!((numbers[2], firsts(&numbers[3..])), (here, expected.to_vec()), "{after:?}");
    }
    assert_eq!(number_pages(&pages(&["911", "912", "913-925"]), 911)[2].last, None, "nothing confirms it");
}

#[test]
fn a_range_is_left_alone_when_either_end_fits_and_cleared_otherwise() {
    let by_the_end = number_pages(&pages(&["100", "100-101", "102", "103"]), 100);
    assert_eq!(by_the_end[1], PageNumber { first: Some(100), last: Some(101) });
    let wrong = number_pages(&pages(&["100", "131-132", "102", "103"]), 100);
    assert_eq!(wrong[1], PageNumber { first: Some(101), last: None });
}

#[test]
fn a_wrong_first_page_does_not_matter() {
    assert_eq!(numbered(&["733", "734", "135", "", "737"], 1), [733, 734, 735, 736, 737]);
}

/// A consecutive run with some unread pages and at most one misreading in four. No two misreadings agree with each
/// other, because those that do are a gap by definition.
fn misread_run() -> impl Strategy<Value = (Vec<u32>, Vec<PageNumber>)> {
    (4usize..60, 1u32..3000).prop_flat_map(|(length, first)| {
        let wrong = prop::collection::btree_map(0..length, 1u32..10_000, 0..=length / 4);
        let unread = prop::collection::btree_set(0..length, 0..=length / 8);
        (wrong, unread).prop_map(move |(wrong, unread)| {
            let truth: Vec<u32> = (0..length).map(|index| first + index as u32).collect();
            let mut errors = std::collections::BTreeSet::from([0]);
            let read = truth.iter().enumerate().map(|(index, &number)| {
                let value =
                    wrong.get(&index).copied().filter(|value| errors.insert(i64::from(*value) - i64::from(number)));
                let seen = value.or_else(|| (!unread.contains(&index)).then_some(number));
                PageNumber { first: seen, last: None }
            });
            let read = read.collect();
            (truth, read)
        })
    })
}

/// Random numbers, ranges and unread pages within a small span, so that they often agree by accident.
fn any_pages() -> impl Strategy<Value = Vec<PageNumber>> {
    let number = (prop::option::of(0u32..40), prop::option::of(1u32..12))
        .prop_map(|(first, span)| PageNumber { first, last: first.zip(span).map(|(first, span)| first + span) });
    prop::collection::vec(number, 0..30)
}

proptest! {
    #[test]
    fn misreadings_are_put_right((truth, read) in misread_run()) {
        let corrected = correct(&read, truth[0]);
        prop_assert_eq!(firsts(&corrected), truth.clone());
        prop_assert!(corrected.windows(2).all(|pair| pair[0].first != pair[1].first));
    }

    #[test]
    fn misreadings_are_put_right_though_the_first_page_is_unknown((truth, read) in misread_run()) {
        prop_assume!(read.iter().zip(&truth).filter(|(number, truth)| number.first == Some(**truth)).count() >= 3);
        prop_assert_eq!(firsts(&correct(&read, 0)), truth);
    }

    #[test]
    fn correcting_twice_changes_nothing_more(numbers in any_pages(), first_page in 0u32..40) {
        let once = correct(&numbers, first_page);
        prop_assert_eq!(correct(&once, first_page), once);
    }

    #[test]
    fn neighbours_are_equal_only_where_a_range_or_four_pages_say_so(numbers in any_pages(), first_page in 1u32..40) {
        let corrected = correct(&numbers, first_page);
        for (index, pair) in corrected.windows(2).enumerate() {
            if pair[0].first == pair[1].first && pair.iter().all(|number| number.last.is_none()) {
                let from = &numbers[index + 1..];
                let agreeing = from.iter().zip(&corrected[index + 1..]).filter(|(read, number)| read.first == number.first);
                prop_assert!(agreeing.count() >= 3, "{corrected:?}");
            }
        }
    }

    #[test]
    fn a_confirmed_gap_survives_misreadings(
        before in 4usize..30, after in 4usize..30, first in 1u32..2000, missing in 1u32..20, wrong in any::<prop::sample::Index>(),
    ) {
        let truth: Vec<u32> = (0..before as u32).map(|page| first + page)
            .chain((0..after as u32).map(|page| first + before as u32 + missing + page)).collect();
        let mut read: Vec<PageNumber> = truth.iter().map(|number| PageNumber { first: Some(*number), last: None }).collect();
        let place = wrong.index(before - 2);
        read[place].first = Some(truth[place] + 100);
        prop_assert_eq!(firsts(&correct(&read, first)), truth);
    }
}
