//! Pages that cannot be used as they are: each gives its finding on its page, and sound pages give none.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use serde_json::Value;
use tests::assembly::{Assembly, Sheet};
use tests::command::Trial;
use tests::page_kinds::grey_jpeg;
use tests::sample::{self, DOTS_PER_INCH, Grey};

/// The sample with changed pages.
fn volume(change: impl Fn(usize, &Grey) -> Grey) -> Vec<u8> {
    let pages = sample::greys(sample::PAGES);
    Assembly::of(pages.iter().enumerate().map(|(index, page)| sheet(&change(index, page)))).bytes()
}

fn sheet(page: &Grey) -> Sheet {
    let points = |pixels: usize| pixels as f32 * 72.0 / DOTS_PER_INCH;
    let (width, height) = (points(page.width), points(page.height));
    let mut sheet = Sheet::new(width, height);
    sheet.images.push((grey_jpeg(page), [width, 0.0, 0.0, height, 0.0, 0.0]));
    sheet
}

fn clockwise(page: &Grey) -> Grey {
    Grey::from_pixels(page.height, page.width, |x, y| page.at(y, page.height - 1 - x))
}

fn darkened(page: &Grey) -> Grey {
    Grey::from_pixels(page.width, page.height, |x, y| page.at(x, y) / 8)
}

/// A shadow that falls on the left quarter of the page and fades over an eighth of it.
fn shadowed(page: &Grey) -> Grey {
    let light = |x: usize| ((8 * x).saturating_sub(2 * page.width)).clamp(page.width / 8, page.width);
    Grey::from_pixels(page.width, page.height, |x, y| {
        u8::try_from(usize::from(page.at(x, y)) * light(x) / page.width).unwrap()
    })
}

/// A mean over nine by nine pixels.
fn blurred(page: &Grey) -> Grey {
    let mean = |pixels: &mut dyn Iterator<Item = u8>| {
        let (sum, count) = pixels.fold((0, 0), |(sum, count), pixel| (sum + u32::from(pixel), count + 1));
        u8::try_from(sum / count).unwrap()
    };
    let window = |at: usize, end: usize| at.saturating_sub(4)..(at + 5).min(end);
    let across =
        Grey::from_pixels(page.width, page.height, |x, y| mean(&mut window(x, page.width).map(|x| page.at(x, y))));
    Grey::from_pixels(page.width, page.height, |x, y| mean(&mut window(y, page.height).map(|y| across.at(x, y))))
}

/// The page moved to the left, so that its left edge cuts the left column.
fn cut_off(page: &Grey) -> Grey {
    let by = page.width / 5;
    Grey::from_pixels(page.width, page.height, |x, y| if x + by < page.width { page.at(x + by, y) } else { 250 })
}

fn framed(page: &Grey) -> Grey {
    Grey::from_pixels(page.width, page.height, |x, y| {
        let inside = (30..page.width - 25).contains(&x) && (20..page.height - 30).contains(&y);
        if inside { page.at(x, y) } else { 8 }
    })
}

/// The findings about the quality of pages: page, code and message.
fn findings(name: &str, change: impl Fn(usize, &Grey) -> Grey) -> Vec<(u64, String, String)> {
    let (_trial, ending) = Trial::shared(name, || volume(change), &["--json", "--no-ocr", "--model", "small"]);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    let summary = ending.json();
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let is_of_page = |code: &str| code.starts_with("finding.page_") && code != "finding.page_count";
    let told = summary["findings"].as_array().unwrap().iter();
    let mut found: Vec<_> = told
        .filter(|finding| is_of_page(finding["code"].as_str().unwrap()))
        .map(|finding| (finding["page_index"].as_u64().unwrap(), word(finding, "code"), word(finding, "message")))
        .collect();
    found.sort();
    found
}

#[test]
fn turned_blank_dark_and_blurred_pages_are_found() {
    let found = findings("unusable", |index, page| match index {
        0 => shadowed(page),
        1 => clockwise(page),
        2 => clockwise(&clockwise(page)),
        3 => clockwise(&clockwise(&clockwise(page))),
        4 => Grey::from_pixels(page.width, page.height, |_, _| 250),
        5 => darkened(page),
        6 => blurred(page),
        _ => page.clone(),
    });
    let codes: Vec<(u64, &str)> = found.iter().map(|(page, code, _)| (*page, code.as_str())).collect();
    let expected = [
        (0, "finding.page_dark"),
        (1, "finding.page_turned"),
        (2, "finding.page_turned"),
        (3, "finding.page_turned"),
        (4, "finding.page_blank"),
        (5, "finding.page_dark"),
        (6, "finding.page_blurred"),
    ];
    assert_eq!(codes, expected, "{found:?}");
    for (message, words) in found[1..].iter().map(|found| &found.2).zip(["to the left", "180 degrees", "to the right"])
    {
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn pages_that_are_cut_off_or_of_another_size_are_found_and_frames_are_not() {
    let found = findings("displaced", |index, page| match index {
        1 => cut_off(page),
        3 => page.rows(0, page.height * 3 / 4),
        5 => framed(page),
        _ => page.clone(),
    });
    let codes: Vec<(u64, &str)> = found.iter().map(|(page, code, _)| (*page, code.as_str())).collect();
    assert!(codes.contains(&(1, "finding.page_cut_off")) && codes.contains(&(3, "finding.page_unlike")), "{found:?}");
    assert!(codes.iter().all(|(page, _)| [1, 3].contains(page)), "{found:?}");
}
