//! Finds the lines of text on a page, in reading order, from its pieces of ink.

use super::Regions;
use super::pieces::Piece;
use super::rows;
use super::text_line::{TextLine, percentile};
use crate::geometry::Rect;

/// The lines of a page in reading order, and how much of its ink is in none of them.
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
    let is_in_picture =
        |piece: &Piece| regions.pictures.iter().any(|picture| picture.holds_centre_of(&piece.page));
    let printed: Vec<Piece> = pieces
        .iter()
        .filter(|piece| is_printed(piece) && !is_in_picture(piece) && !is_margin(&piece.page, &page))
        .copied()
        .collect();
    let ink: f64 = printed.iter().map(|piece| f64::from(piece.area)).sum();
    let mut text: Vec<Piece> = printed.into_iter().filter(|piece| may_be_text(&piece.page, &page)).collect();
    if text.len() > MOST_PIECES {
        return None;
    }
    let mut lines = Vec::new();
    if let Some(x_height) = x_height(&text) {
        let letter = |piece: &&Piece| (0.7 * x_height..2.5 * x_height).contains(&piece.page.height());
        let slope = slope(&text.iter().filter(letter).map(|piece| piece.page).collect::<Vec<_>>());
        text.iter_mut().for_each(|piece| level(piece, slope));
        let gutter = gutter(&text, page.x1, x_height, regions.gutter);
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
    let placed: f64 = lines.iter().flat_map(|line| &line.pieces).map(|piece| f64::from(piece.area)).sum();
    Some(PageLines { lines, left_out: if ink > 0.0 { 1.0 - placed / ink } else { 0.0 } })
}

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

/// The white stripe between two columns: its left and right edge.
fn gutter(pieces: &[Piece], width: f64, x_height: f64, expected: Option<f64>) -> Option<(f64, f64)> {
    let cover = cover(pieces.iter().filter(|piece| piece.rect.height() > 0.6 * x_height), width as usize);
    let (low, high) = expected.map_or((MIDDLE.0 * width, MIDDLE.1 * width), |x| (x - NEAR * width, x + NEAR * width));
    let (low, high) = (low.max(0.0) as usize, (high.max(0.0) as usize).min(cover.len()));
    let body = &cover[(0.1 * width) as usize..(0.9 * width) as usize];
    let most = (0.1 * percentile(body.iter().map(|count| f64::from(*count)), 0.6)).max(3.0);
    let (mut widest, mut start) = ((0, 0), low);
    for x in low..=high {
        if x == high || f64::from(cover[x]) > most {
            if x > start && x - start > widest.1 - widest.0 {
                widest = (start, x);
            }
            start = x + 1;
        }
    }
    let (left, right) = (widest.0 as f64, widest.1 as f64);
    (right - left >= 0.5 * x_height).then_some((left, right))
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
    let inside: Vec<Rect> =
        pieces.iter().filter(is_letter).filter(is_inside).map(|piece| piece.rect).collect();
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
