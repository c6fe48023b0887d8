use super::*;
use proptest::prelude::*;

/// Measures a page as `detect` does.
fn measure(page: &GreyImage) -> PageMeasures {
    super::measure(&page.clone().flattened(), PageLight::of(page))
}

const WIDTH: usize = 1200;
const HEIGHT: usize = 1600;

/// A page of text that is made of rectangles: the bodies of the letters stand on a base line, most of the other
/// strokes rise above them, and few hang below. The letters of different lines do not stand below each other.
fn page() -> GreyImage {
    let mut page = GreyImage::filled(WIDTH, HEIGHT, 250);
    for base in (120..HEIGHT - 100).step_by(28) {
        let letters = (100 + base * 5 % 11..WIDTH - 100).step_by(12).enumerate();
        for (letter, x) in letters.filter(|(letter, _)| (letter + base) % 7 != 6) {
            let (above, below) = match (letter * 5 + base) % 9 {
                0..3 => (20, 0),
                3 => (13, 6),
                _ => (13, 0),
            };
            for y in base - above..base + below {
                page.pixels[y * WIDTH + x..y * WIDTH + x + 3].fill(30);
            }
            for y in [base - 13, base - 3].into_iter().flat_map(|top| top..top + 3) {
                page.pixels[y * WIDTH + x..y * WIDTH + x + 9].fill(30);
            }
        }
    }
    page
}

fn from_pixels(width: usize, height: usize, pixel: impl Fn(usize, usize) -> u8) -> GreyImage {
    let pixels = (0..width * height).map(|at| pixel(at % width, at / width)).collect();
    GreyImage { width, height, pixels }
}

fn at(page: &GreyImage, x: usize, y: usize) -> u8 {
    page.pixels[y * page.width + x]
}

fn clockwise(page: &GreyImage) -> GreyImage {
    from_pixels(page.height, page.width, |x, y| at(page, y, page.height - 1 - x))
}

/// A mean over a square whose side is twice the reach and one.
fn blurred(page: &GreyImage, reach: usize) -> GreyImage {
    from_pixels(page.width, page.height, |x, y| {
        let rows = y.saturating_sub(reach)..(y + reach + 1).min(page.height);
        let columns = x.saturating_sub(reach)..(x + reach + 1).min(page.width);
        let count = rows.len() * columns.len();
        let row = |y: usize| &page.pixels[y * page.width + columns.start..y * page.width + columns.end];
        let sum: usize = rows.flat_map(row).map(|sample| usize::from(*sample)).sum();
        u8::try_from(sum / count).unwrap()
    })
}

#[test]
fn a_page_of_text_is_measured() {
    let found = measure(&page());
    assert!((0.05..0.4).contains(&found.ink) && found.text > 0.8, "{found:?}");
    assert!(found.paper > 0.95 && found.darkest_paper > 0.95 && found.contrast > 0.8, "{found:?}");
    assert!(found.sharpness > 0.1 && found.level > 0.6 && found.upright > 0.15, "{found:?}");
    assert_eq!(found.touching, Touching::default());
}

#[test]
fn every_turn_is_seen() {
    let quarter = clockwise(&page());
    let half = clockwise(&quarter);
    let (right, over, left) = (measure(&quarter), measure(&half), measure(&clockwise(&half)));
    assert!(right.level < 0.4 && right.upright < -0.15, "{right:?}");
    assert!(over.level > 0.6 && over.upright < -0.15, "{over:?}");
    assert!(left.level < 0.4 && left.upright > 0.15, "{left:?}");
}

#[test]
fn blur_is_seen_whatever_the_light() {
    let dim = |page: &GreyImage| from_pixels(page.width, page.height, |x, y| at(page, x, y) / 2);
    let (sharp, soft) = (page(), blurred(&page(), 4));
    for (sharp, soft) in [(measure(&sharp), measure(&soft)), (measure(&dim(&sharp)), measure(&dim(&soft)))] {
        assert!(soft.sharpness < sharp.sharpness / 3.0, "{sharp:?} {soft:?}");
        assert!(soft.contrast < sharp.contrast, "{sharp:?} {soft:?}");
    }
}

#[test]
fn little_text_is_as_sharp_as_much() {
    let whole = page();
    let little = from_pixels(WIDTH, HEIGHT, |x, y| if y < 500 { at(&whole, x, y) } else { 250 });
    let (whole, little) = (measure(&whole), measure(&little));
    assert!(little.ink < whole.ink / 2.0);
    assert!((little.sharpness - whole.sharpness).abs() < 0.05, "{little:?} {whole:?}");
}

#[test]
fn text_is_cut_off_at_each_edge_and_a_frame_is_not() {
    let whole = page();
    let cut = |x0: usize, y0: usize, x1: usize, y1: usize| {
        measure(&from_pixels(x1 - x0, y1 - y0, |x, y| at(&whole, x + x0, y + y0))).touching
    };
    let least = 12;
    assert!(cut(300, 0, WIDTH, HEIGHT).left >= least);
    assert!(cut(0, 300, WIDTH, HEIGHT).top >= least);
    assert!(cut(0, 0, 800, HEIGHT).right >= least);
    assert!(cut(0, 0, WIDTH, 900).bottom >= least);
    let framed = from_pixels(WIDTH, HEIGHT, |x, y| {
        let inside = (20..WIDTH - 20).contains(&x) && (20..HEIGHT - 20).contains(&y);
        if inside { at(&whole, x, y) } else { 5 }
    });
    let Touching { left, top, right, bottom } = measure(&framed).touching;
    assert!([left, top, right, bottom].iter().all(|letters| *letters < least));
    assert!((measure(&framed).ink - measure(&whole).ink).abs() < 0.01, "the frame is not ink");
}

#[test]
fn paper_without_ink_is_blank_even_if_it_is_grey() {
    for shade in [40, 128, 255] {
        let found = measure(&GreyImage::filled(300, 400, shade));
        assert_eq!((found.ink, found.text, found.paper), (0.0, 0.0, f64::from(shade) / 255.0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_picture_has_possible_measures(
        width in 1usize..90, height in 1usize..90, seed in any::<u64>(), shades in 1u8..=255,
    ) {
        let mut state = seed | 1;
        let mut sample = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            u8::try_from(state % u64::from(shades)).unwrap()
        };
        let pixels = (0..width * height).map(|_| sample()).collect();
        let found = measure(&GreyImage { width, height, pixels });
        prop_assert!(found.are_possible(), "{:?}", found);
    }
}

#[test]
fn an_image_with_missing_pixels_is_not_measured() {
    let broken = GreyImage { width: 10, height: 10, pixels: vec![0; 5] };
    assert_eq!(measure(&broken), PageMeasures::default());
    assert!(PageMeasures::default().are_possible());
}

#[test]
fn measures_that_no_page_has_are_not_possible() {
    let with = |change: fn(&mut PageMeasures)| {
        let mut measures = PageMeasures::default();
        change(&mut measures);
        measures.are_possible()
    };
    assert!(!with(|measures| measures.ink = f64::NAN));
    assert!(!with(|measures| measures.paper = 1.5));
    assert!(!with(|measures| measures.upright = f64::NEG_INFINITY));
    assert!(!with(|measures| measures.touching.left = u32::MAX));
}
