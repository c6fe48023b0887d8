//! The previews that the functions write of every page: what they show, how large they are, and where they come from.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use domain::preview_file;
use engine::cancellation::Cancellation;
use engine::process::process;
use engine::report::NoProgress;
use engine::settings::{Request, Settings};
use engine::stages::SplitResult;
use std::path::Path;
use tempfile::TempDir;
use tests::assembly::{Assembly, Sheet, image};
use tests::bad_inputs::{self, Damage};
use tests::page_kinds::{Turn, grey_jpeg, rotated};
use tests::sample::{self, Grey};
use tests::{command, look, staged};

/// No preview may have more bytes.
const MOST_BYTES: usize = 80_000;

/// Dots per inch of a preview.
const RESOLUTION: u32 = 110;

fn settings() -> Settings {
    Settings { previews: true, ..staged::fast() }
}

/// A volume in stages, in a folder that lives as long as its guard.
fn in_stages(volume: &[u8], range_pages: usize) -> (TempDir, SplitResult) {
    let folder = tempfile::tempdir().unwrap();
    let original = folder.path().join("arc.12.201.207.original.pdf");
    std::fs::write(&original, volume).unwrap();
    let prepared = staged::prepared(&original, &settings(), range_pages, folder.path()).unwrap();
    let inputs = staged::scanned(&prepared, &settings(), folder.path()).unwrap();
    let result = staged::split(&inputs, &staged::fast(), folder.path()).unwrap();
    (folder, result)
}

/// The previews of all pages. There is no other file beside them, and each has few enough bytes.
fn previews(result: &SplitResult) -> Vec<Grey> {
    let names: Vec<String> = (0..result.summary.pages).map(preview_file).collect();
    let told: Vec<&str> = result.summary.files.iter().filter_map(|file| file.to_str()).collect();
    let told: Vec<&str> = told.into_iter().filter(|file| file.starts_with("previews")).collect();
    assert_eq!(told, names);
    let preview = |name: &String| {
        let bytes = std::fs::read(result.summary.directory.join(name)).unwrap();
        println!("{name}: {} bytes", bytes.len());
        assert!(bytes.len() < MOST_BYTES, "{name} has {} bytes", bytes.len());
        sample::decoded(&bytes)
    };
    names.iter().map(preview).collect()
}

/// The mean difference between the shades of two pictures in squares of eight pixels, and the largest.
fn differences(one: &Grey, other: &Grey) -> (f64, f64) {
    assert_eq!((one.width, one.height), (other.width, other.height));
    let shade = |grey: &Grey, left: usize, top: usize| {
        let rows = top..(top + 8).min(grey.height);
        let pixels = rows.flat_map(|y| (left..(left + 8).min(grey.width)).map(move |x| (x, y)));
        let shades: Vec<f64> = pixels.map(|(x, y)| f64::from(grey.at(x, y))).collect();
        shades.iter().sum::<f64>() / shades.len() as f64
    };
    let squares = (0..one.height).step_by(8).flat_map(|y| (0..one.width).step_by(8).map(move |x| (x, y)));
    let found: Vec<f64> = squares.map(|(x, y)| (shade(one, x, y) - shade(other, x, y)).abs()).collect();
    (found.iter().sum::<f64>() / found.len() as f64, found.iter().copied().fold(0.0, f64::max))
}

/// Each preview against another program's drawing of the original.
fn assert_like_the_original(original: &Path, previews: &[Grey]) {
    let drawn = look::drawn(original, RESOLUTION);
    assert_eq!(drawn.len(), previews.len());
    for (page, (original, preview)) in drawn.iter().zip(previews).enumerate() {
        let (mean, largest) = differences(original, preview);
        let (of_another, _) = differences(&drawn[(page + 1) % drawn.len()], preview);
        println!("page {}: {mean:.2}, at most {largest:.1}; another page: {of_another:.2}", page + 1);
        assert!(mean < 6.0 && largest < 60.0 && of_another > 12.0, "page {}: {mean} {largest}", page + 1);
    }
}

#[test]
fn every_page_has_a_preview_that_shows_the_original() {
    let (folder, result) = in_stages(&sample::bytes(), 3);
    let previews = previews(&result);
    assert_eq!((previews.len(), previews[0].width, previews[0].height), (sample::PAGES, 660, 1045));
    assert_like_the_original(&folder.path().join("arc.12.201.207.original.pdf"), &previews);
    // The headnote matter that is covered in the results is in the previews.
    let redacted = look::drawn(&result.summary.directory.join("arc.12.201.207.redacted.pdf"), RESOLUTION);
    assert!(redacted.iter().zip(&previews).any(|(redacted, preview)| differences(redacted, preview).1 > 150.0));
}

#[test]
fn a_page_is_shown_as_it_is_turned() {
    let volume = rotated(Turn::Quarter);
    let (folder, result) = in_stages(&volume, 100);
    assert_like_the_original(&folder.path().join("arc.12.201.207.original.pdf"), &previews(&result));
}

#[test]
fn a_page_that_cannot_be_read_is_white() {
    let (_folder, result) = in_stages(&bad_inputs::damaged_page(Damage::Middle), 2);
    let is_white = |preview: &Grey| preview.pixels.iter().all(|shade| *shade > 250);
    let white: Vec<bool> = previews(&result).iter().map(is_white).collect();
    assert_eq!(white, [false, false, true, false, false]);
}

/// A JPEG of noise has many bytes at every quality. A strip and a sheet of a metre have sides that no screen shows.
#[test]
fn no_page_has_too_large_a_preview() {
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(1200 * 1900)
    .collect();
    let noise = || Grey { width: 1200, height: 1900, pixels: noise.clone() };
    let of_size = |width: f32, height: f32| {
        let mut sheet = Sheet::new(width, height);
        sheet.images.push((grey_jpeg(&noise()), [width, 0.0, 0.0, height, 0.0, 0.0]));
        sheet
    };
    let text = || Sheet::of_image(image(1500, 2375, "DeviceGray", 8, "DCTDecode", sample::jpegs(1).remove(0)));
    let sheets = [text(), of_size(432.0, 684.0), of_size(2835.0, 2835.0), of_size(3000.0, 80.0)];
    let (_folder, result) = in_stages(&Assembly::of(sheets).bytes(), 2);
    let previews = previews(&result);
    let sides: Vec<(usize, usize)> = previews.iter().map(|preview| (preview.width, preview.height)).collect();
    println!("{sides:?}");
    assert_eq!(sides[0], (660, 1045));
    assert!(sides.iter().all(|(width, height)| *width.max(height) <= 2000), "{sides:?}");
    assert!(sides[1].0 < 660 && sides[1].0 > 200, "noise is shown smaller: {sides:?}");
    let shades = |preview: &Grey| preview.pixels.iter().max().unwrap() - preview.pixels.iter().min().unwrap();
    assert!(previews.iter().all(|preview| shades(preview) > 40), "noise became one shade");
}

/// The switch is a setting of the engine, and one process gives what the stages give.
#[test]
fn one_process_gives_the_same_previews() {
    let (folder, result) = in_stages(&sample::bytes(), 4);
    let output = folder.path().join("out");
    let input = folder.path().join("arc.12.201.207.original.pdf");
    let request = |previews: bool| Request::new(input.clone(), output.clone(), Settings { previews, ..settings() });
    let whole = process(&request(true), &NoProgress, &Cancellation::new()).unwrap();
    assert_eq!(whole.files, result.summary.files);
    for file in &whole.files {
        let [staged, whole] =
            [&result.summary.directory, &whole.directory].map(|root| std::fs::read(root.join(file)).unwrap());
        assert!(staged == whole, "{} differs", file.display());
    }
    let without = process(&request(false), &NoProgress, &Cancellation::new()).unwrap();
    let expected: Vec<_> = whole.files.into_iter().filter(|file| !file.starts_with("previews")).collect();
    assert_eq!(without.files, expected);
    assert!(command::files(&without.directory).iter().all(|file| !file.ends_with("previews")));
}
