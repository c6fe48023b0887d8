//! Finds the lines of text on a page, in reading order, from its pieces of ink.

use super::Regions;
use super::blank;
use super::pieces::Piece;
use super::rows;
use super::text_line::{TextLine, percentile};
use crate::geometry::Rect;

/// The lines of a page in reading order, and how much of its ink outside pictures is in none of them.
pub(super) struct PageLines {
    pub(super) lines: Vec<TextLine>,
    /// 0 to 1.
    pub(super) left_out: f64,
}

/// Noise on a page can have hundreds of thousands of pieces. A dense page has 8,000.
const MOST_PIECES: usize = 40_000;

/// `None` if the page has more pieces than a page of text.
pub(super) fn find(pieces: &[Piece], (width, height): (usize, usize), regions: &Regions) -> Option<PageLines> {
    let page = Rect::new(0.0, 0.0, width as f64, height as f64);
    let is_outside = |piece: &&Piece| !regions.is_in_picture(&piece.page);
    let area = |piece: &Piece| f64::from(piece.area);
    let printed: Vec<Piece> =
        pieces.iter().filter(|piece| is_printed(piece) && !is_margin(&piece.page, &page)).copied().collect();
    let ink: f64 = printed.iter().filter(is_outside).map(area).sum();
    let mut text: Vec<Piece> = printed.into_iter().filter(|piece| may_be_text(&piece.page, &page)).collect();
    if text.len() > MOST_PIECES {
        return None;
    }
    let mut lines = Vec::new();
    let outside: Vec<Piece> = text.iter().filter(is_outside).copied().collect();
    if let Some(x_height) = x_height(&outside) {
        let letter = |piece: &&Piece| (0.7 * x_height..2.5 * x_height).contains(&piece.page.height());
        let slope = slope(&outside.iter().filter(letter).map(|piece| piece.page).collect::<Vec<_>>());
        text.iter_mut().for_each(|piece| level(piece, slope));
        let outside: Vec<Piece> = text.iter().filter(is_outside).copied().collect();
        let gutter = gutter(&outside, page.x1, x_height, regions.gutter);
        for group in groups(&text, gutter, x_height) {
            let mut found = rows::lines(&group, x_height);
            found.sort_by(|a, b| a.at.total_cmp(&b.at));
            lines.extend(found);
        }
        for line in &mut lines {
            line.pieces.iter_mut().for_each(|piece| piece.rect = piece.page);
            line.fit(slope);
        }
        lines.retain(|line| line.pieces.len() > 1 || line.above > 0.8 * x_height);
    }
    let placed: f64 = lines.iter().flat_map(|line| &line.pieces).filter(is_outside).map(area).sum();
    Some(PageLines { lines, left_out: if ink > 0.0 { 1.0 - placed / ink } else { 0.0 } })
}

/// The lines of a crop that contains a number, from the top. Its digits are its largest pieces.
pub(super) fn of_crop(pieces: &[Piece]) -> Vec<TextLine> {
    let printed: Vec<Piece> = pieces.iter().filter(|piece| is_printed(piece)).copied().collect();
    let height = printed.iter().map(|piece| piece.page.height()).fold(0.0, f64::max);
    if printed.len() > MOST_PIECES_OF_A_CROP || height < *X_HEIGHTS.start() as f64 {
        return Vec::new();
    }
    // Digits are as high as capitals.
    let mut lines = rows::lines(&printed, 0.7 * height);
    lines.sort_by(|a, b| a.at.total_cmp(&b.at));
    lines
}

/// A number has a few digits.
const MOST_PIECES_OF_A_CROP: usize = 100;

fn is_printed(piece: &Piece) -> bool {
    piece.area >= 3 && piece.page.height() >= 2.0
}

/// Ink at the sides of the page is the shadow of the scanner, if it is higher than a letter.
const SIDE: f64 = 2.0;
const HIGHER_THAN_A_LETTER: f64 = 60.0;

fn is_margin(rect: &Rect, page: &Rect) -> bool {
    let touches = rect.x0 <= SIDE || rect.x1 >= page.x1 - SIDE;
    touches && rect.height() >= HIGHER_THAN_A_LETTER
}

/// False for rules and pictures.
fn may_be_text(rect: &Rect, page: &Rect) -> bool {
    rect.width() <= 0.3 * page.x1 && rect.height() <= 0.06 * page.y1
}

/// The heights of small letters that can be read, in pixels.
const X_HEIGHTS: std::ops::RangeInclusive<usize> = 6..=80;

/// The height of a small letter: the most common height of pieces.
fn x_height(pieces: &[Piece]) -> Option<f64> {
    let mut counts = vec![0usize; X_HEIGHTS.end() + 3];
    for height in pieces.iter().map(|piece| piece.page.height() as usize).filter(|height| X_HEIGHTS.contains(height)) {
        counts[height] += 1;
    }
    let smooth = |height: usize| counts[height - 1..=height + 1].iter().sum::<usize>();
    // The lowest of equally common heights.
    let best = X_HEIGHTS.rev().max_by_key(|height| smooth(*height))?;
    (smooth(best) > 0).then_some(best as f64)
}

/// The steps in which slopes are tried, first the coarse ones.
const SLOPES: [f64; 2] = [0.004, 0.0005];

/// Slopes that are tried on both sides of the best one.
const TRIES: i32 = 9;

/// The slope of the lines: the one at which the feet of the letters gather in the fewest rows.
fn slope(letters: &[Rect]) -> f64 {
    let mut best = (0, 0.0);
    let mut rows: Vec<u64> = Vec::new();
    for step in SLOPES {
        let centre = best.1;
        for number in -TRIES..=TRIES {
            let slope = centre + f64::from(number) * step;
            let foot = |rect: &Rect| rect.y1 - slope * rect.centre_x();
            let top = letters.iter().map(foot).fold(f64::MAX, f64::min);
            rows.clear();
            for rect in letters {
                let row = (foot(rect) - top) as usize / 2;
                rows.resize(rows.len().max(row + 1), 0);
                rows[row] += 1;
            }
            let sharpness: u64 = rows.iter().map(|count| count * count).sum();
            if sharpness > best.0 {
                best = (sharpness, slope);
            }
        }
    }
    best.1
}

/// Turns a piece by the slope of the page. The angle is small, so a shear in both directions is near enough.
fn level(piece: &mut Piece, slope: f64) {
    let (x, y) = (piece.page.centre_x(), piece.page.centre_y());
    piece.rect = piece.page.moved(slope * y, -slope * x);
}

/// The gutter is looked for in this part of the width, or this near to where it is said to be.
const MIDDLE: (f64, f64) = (0.38, 0.62);
const NEAR: f64 = 0.1;

/// From so many lines on, a stripe that only a tenth of them cross is no accident. On a page of fewer lines the gaps
/// between words may form a stripe. Then none may cross it, and it must be wider than such a gap.
const MANY_LINES: f64 = 20.0;
const NARROWEST: f64 = 0.5;
const NARROWEST_OF_FEW_LINES: f64 = 1.2;

/// The white stripe between two columns: its left and right edge.
fn gutter(pieces: &[Piece], width: f64, x_height: f64, expected: Option<f64>) -> Option<(f64, f64)> {
    let cover = cover(pieces.iter().filter(|piece| piece.rect.height() > 0.6 * x_height), width as usize);
    let (low, high) = expected.map_or((MIDDLE.0 * width, MIDDLE.1 * width), |x| (x - NEAR * width, x + NEAR * width));
    let (low, high) = (low.max(0.0) as usize, (high.max(0.0) as usize).min(cover.len()));
    let body = &cover[(0.1 * width) as usize..(0.9 * width) as usize];
    let lines = percentile(body.iter().map(|count| f64::from(*count)), 0.6);
    let (most, narrowest) =
        if lines >= MANY_LINES { ((0.1 * lines).max(3.0), NARROWEST) } else { (0.1 * lines, NARROWEST_OF_FEW_LINES) };
    let window = cover.get(low..high).unwrap_or_default();
    let widest = blank::widest(window.iter().map(|count| f64::from(*count) <= most));
    let (left, right) = ((low + widest.start) as f64, (low + widest.end) as f64);
    (right - left >= narrowest * x_height).then_some((left, right))
}

/// How many pieces stand in each column of pixels.
fn cover<'a>(pieces: impl Iterator<Item = &'a Piece>, width: usize) -> Vec<i32> {
    let mut changes = vec![0i32; width + 1];
    for piece in pieces {
        changes[(piece.rect.x0.max(0.0) as usize).min(width)] += 1;
        changes[(piece.rect.x1.max(0.0) as usize).min(width)] -= 1;
    }
    changes.truncate(width);
    let mut count = 0;
    changes.iter_mut().for_each(|change| {
        count += *change;
        *change = count;
    });
    changes
}

/// The pieces by column, from one line that crosses the gutter to the next, in reading order.
fn groups(pieces: &[Piece], gutter: Option<(f64, f64)>, x_height: f64) -> Vec<Vec<Piece>> {
    let Some((left, right)) = gutter else {
        return vec![pieces.to_vec()];
    };
    let middle = f64::midpoint(left, right);
    let bands = crossing_bands(pieces, (left, right), x_height);
    // For each band: the columns above it, then the band.
    let mut groups = vec![Vec::new(); 3 * bands.len() + 2];
    for piece in pieces {
        let y = piece.rect.centre_y();
        let above = bands.iter().filter(|(_, bottom)| *bottom <= y).count();
        let place = match bands.get(above) {
            Some((top, _)) if *top < y => 2,
            _ => usize::from(piece.rect.centre_x() >= middle),
        };
        groups[3 * above + place].push(*piece);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// The lines that run across the gutter, as bands from top to bottom.
fn crossing_bands(pieces: &[Piece], (left, right): (f64, f64), x_height: f64) -> Vec<(f64, f64)> {
    let is_letter = |piece: &&Piece| (0.6 * x_height..2.6 * x_height).contains(&piece.rect.height());
    let is_inside = |piece: &&Piece| piece.rect.x0 < right - 2.0 && piece.rect.x1 > left + 2.0;
    let inside: Vec<Rect> = pieces.iter().filter(is_letter).filter(is_inside).map(|piece| piece.rect).collect();
    let crosses = |rect: &&Rect| {
        let beside = |other: &&Rect| other.y0 < rect.y1 && other.y1 > rect.y0;
        let mut edges: Vec<(f64, f64)> = inside.iter().filter(beside).map(|other| (other.x0, other.x1)).collect();
        edges.sort_by(|a, b| a.0.total_cmp(&b.0));
        widest_gap(&edges, (left, right)) < 0.6 * (right - left)
    };
    let mut bands: Vec<(f64, f64)> =
        inside.iter().filter(crosses).map(|rect| (rect.y0 - 0.8 * x_height, rect.y1 + 0.8 * x_height)).collect();
    bands.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut merged: Vec<(f64, f64)> = Vec::new();
    for (top, bottom) in bands {
        match merged.last_mut() {
            Some(last) if top <= last.1 => last.1 = last.1.max(bottom),
            _ => merged.push((top, bottom)),
        }
    }
    merged
}

fn widest_gap(edges: &[(f64, f64)], (left, right): (f64, f64)) -> f64 {
    let (mut reached, mut widest) = (left, 0.0f64);
    for (start, end) in edges {
        widest = widest.max(start - reached);
        reached = reached.max(*end);
    }
    widest.max(right - reached)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Height of a small letter and distance of the lines of the generated pages, in pixels.
    const X_HEIGHT: f64 = 15.0;
    const LEADING: f64 = 34.0;
    const PAGE: (usize, usize) = (1700, 2200);

    /// The letters of a line: every third has an ascender, every fifth a descender, every seventh is followed by a point.
    fn line(left: f64, foot: f64, width: f64) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut x = left;
        for number in 0.. {
            if x + 12.0 > left + width {
                break;
            }
            let top = if number % 3 == 0 { 1.5 * X_HEIGHT } else { X_HEIGHT };
            let bottom = if number % 5 == 4 { 6.0 } else { 0.0 };
            pieces.push(Piece::new(Rect::new(x, foot - top, x + 10.0, foot + bottom), 60));
            if number % 7 == 6 {
                pieces.push(Piece::new(Rect::new(x + 11.0, foot - 3.0, x + 14.0, foot), 9));
            }
            x += if number % 6 == 5 { 24.0 } else { 13.0 };
        }
        pieces
    }

    /// A page with a running head across both columns, and its lines in reading order.
    fn page(lines: usize, gutter: f64) -> Vec<Vec<Piece>> {
        let width = (1400.0 - gutter) / 2.0;
        let column = |left: f64| {
            let foot = |number: usize| 300.0 + LEADING * number as f64;
            // The last line of a paragraph is short, and one line is centred.
            (0..lines).map(move |number| match number % 10 {
                9 => line(left, foot(number), 0.4 * width),
                4 => line(left + 0.3 * width, foot(number), 0.4 * width),
                _ => line(left, foot(number), width),
            })
        };
        let head = line(400.0, 200.0, 900.0);
        std::iter::once(head).chain(column(150.0)).chain(column(150.0 + width + gutter)).collect()
    }

    fn turned(piece: &Piece, slope: f64) -> Piece {
        let (x, y) = (piece.page.centre_x(), piece.page.centre_y());
        Piece::new(piece.page.moved(-slope * y, slope * x), piece.area)
    }

    fn edges(piece: &Piece) -> [i64; 4] {
        piece.page.edges().map(|edge| (edge * 100.0).round() as i64)
    }

    fn sorted(pieces: &[Piece]) -> Vec<[i64; 4]> {
        let mut edges: Vec<[i64; 4]> = pieces.iter().map(edges).collect();
        edges.sort_unstable();
        edges
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_lines_of_two_columns_are_found_in_reading_order(
            lines in 12usize..50, gutter in 24.0f64..80.0, slope in -0.015f64..0.015, seed in any::<u64>(),
        ) {
            let expected: Vec<Vec<Piece>> = page(lines, gutter)
                .iter()
                .map(|line| line.iter().map(|piece| turned(piece, slope)).collect())
                .collect();
            // The pieces come in no order.
            let mut pieces = expected.concat();
            pieces.sort_by_key(|piece| edges(piece).iter().fold(seed, |mixed, edge| (mixed ^ *edge as u64).wrapping_mul(0x100_0000_01b3)));
            let found = find(&pieces, PAGE, &Regions::default()).unwrap();
            let found_lines: Vec<Vec<[i64; 4]>> = found.lines.iter().map(|line| sorted(&line.pieces)).collect();
            let expected: Vec<Vec<[i64; 4]>> = expected.iter().map(|line| sorted(line)).collect();
            prop_assert_eq!(found_lines, expected);
            prop_assert!(found.left_out < 1e-9);
            for line in &found.lines {
                prop_assert!((line.slope - slope).abs() < 0.003, "{} instead of {}", line.slope, slope);
            }
        }

        #[test]
        fn no_pieces_make_it_fail(
            boxes in proptest::collection::vec((0.0f64..1700.0, 0.0f64..2200.0, 1.0f64..300.0, 1.0f64..300.0), 0..200),
            gutter in proptest::option::of(-100.0f64..2000.0),
        ) {
            let piece = |(x, y, width, height): &(f64, f64, f64, f64)| {
                Piece::new(Rect::new(x.floor(), y.floor(), (x + width).ceil().min(1700.0), (y + height).ceil().min(2200.0)), 9)
            };
            let pieces: Vec<Piece> = boxes.iter().map(piece).collect();
            let found = find(&pieces, PAGE, &Regions { gutter, pictures: Vec::new() }).unwrap();
            let placed: usize = found.lines.iter().map(|line| line.pieces.len()).sum();
            prop_assert!(placed <= pieces.len());
            prop_assert!((-1e-9..=1.0).contains(&found.left_out));
            prop_assert!(found.lines.iter().all(|line| line.above >= 1.0 && line.height().is_finite()));
        }
    }

    #[test]
    fn a_line_across_both_columns_stands_between_them() {
        let column = |left: f64, top: f64| (0..12).map(move |row| line(left, top + LEADING * f64::from(row), 660.0));
        let expected: Vec<Vec<Piece>> = column(150.0, 300.0)
            .chain(column(890.0, 300.0))
            .chain([line(300.0, 900.0, 1100.0)])
            .chain(column(150.0, 1100.0))
            .chain(column(890.0, 1100.0))
            .collect();
        let found = find(&expected.concat(), PAGE, &Regions { gutter: Some(850.0), ..Regions::default() }).unwrap();
        let found: Vec<Vec<[i64; 4]>> = found.lines.iter().map(|line| sorted(&line.pieces)).collect();
        assert_eq!(found, expected.iter().map(|line| sorted(line)).collect::<Vec<_>>());
    }

    #[test]
    fn a_rule_and_a_picture_are_in_no_line() {
        let mut pieces = page(20, 40.0).concat();
        let rule = Piece::new(Rect::new(200.0, 1000.0, 500.0, 1003.0), 900);
        let (picture, shadow) = (Rect::new(200.0, 1200.0, 600.0, 1600.0), Rect::new(0.0, 0.0, 20.0, 2200.0));
        pieces.extend([rule, Piece::new(picture, 90_000), Piece::new(shadow, 44_000)]);
        let unknown = find(&pieces, PAGE, &Regions::default()).unwrap();
        assert!(unknown.left_out > 0.4, "{}", unknown.left_out);
        let known = find(&pieces, PAGE, &Regions { pictures: vec![picture], gutter: None }).unwrap();
        assert!(known.left_out < 0.02, "{}", known.left_out);
        assert_eq!(known.lines.len(), 41);
    }

    #[test]
    fn a_page_of_specks_is_no_page_of_text() {
        let speck = |number: usize| {
            let (x, y) = ((number % 250 * 6) as f64, (number / 250 * 6) as f64);
            Piece::new(Rect::new(x, y, x + 3.0, y + 3.0), 9)
        };
        let pieces: Vec<Piece> = (0..=MOST_PIECES).map(speck).collect();
        assert!(find(&pieces, PAGE, &Regions::default()).is_none());
    }
}
