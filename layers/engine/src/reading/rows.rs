//! The lines of one column, whose pieces are level: letters that stand side by side, and the marks between them.

use super::pieces::Piece;
use super::text_line::TextLine;
use crate::geometry::{Rect, median};

/// The lines of a column, in no order.
pub(super) fn lines(pieces: &[Piece], x_height: f64) -> Vec<TextLine> {
    let is_letter = |piece: &Piece| {
        let (width, height) = (piece.rect.width(), piece.rect.height());
        (0.62 * x_height..=2.6 * x_height).contains(&height) && width <= 8.0 * x_height
    };
    let (letters, mut marks): (Vec<Piece>, Vec<Piece>) = pieces.iter().partition(|piece| is_letter(piece));
    marks.retain(|mark| mark.rect.height() <= 2.6 * x_height && !is_rule(&mark.rect, x_height));
    let rows = merged(rows(letters));
    let (mut lines, low): (Vec<TextLine>, Vec<TextLine>) =
        rows.into_iter().map(|row| TextLine::new(row, 0.0)).partition(|line| line.above >= 0.9 * x_height);
    for line in low {
        if lines.iter().any(|tall| is_in_band(&line, tall)) { marks.extend(line.pieces) } else { lines.push(line) }
    }
    marks.into_iter().for_each(|mark| add_mark(&mut lines, mark, x_height));
    lines
}

fn is_rule(rect: &Rect, x_height: f64) -> bool {
    rect.width() > 5.0 * x_height && rect.height() < 0.4 * x_height
}

/// The part of a row to which the next letter is compared.
struct Reach {
    top: f64,
    bottom: f64,
}

/// How fast a row follows its letters. Ascenders and descenders must not pull it.
const FOLLOW: f64 = 0.15;
const FOLLOW_UNLIKE: f64 = 0.05;

/// Groups of letters that stand side by side, each from left to right.
fn rows(mut letters: Vec<Piece>) -> Vec<Vec<Piece>> {
    letters.sort_by(|a, b| a.rect.x0.total_cmp(&b.rect.x0));
    let (mut rows, mut reaches): (Vec<Vec<Piece>>, Vec<Reach>) = (Vec::new(), Vec::new());
    for letter in letters {
        let Rect { y0, y1, .. } = letter.rect;
        let shared = |reach: &Reach| {
            let shared = y1.min(reach.bottom) - y0.max(reach.top);
            let (low, high) = ordered(y1 - y0, reach.bottom - reach.top);
            (shared > 0.5 * low && shared > 0.3 * high).then_some(shared)
        };
        let candidates = reaches.iter().enumerate().filter_map(|(row, reach)| Some((row, shared(reach)?)));
        match candidates.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))) {
            Some((row, _)) => {
                let reach = &mut reaches[row];
                let (low, high) = ordered(y1 - y0, reach.bottom - reach.top);
                let weight = if low > 0.6 * high { FOLLOW } else { FOLLOW_UNLIKE };
                reach.top += weight * (y0 - reach.top);
                reach.bottom += weight * (y1 - reach.bottom);
                rows[row].push(letter);
            }
            None => {
                rows.push(vec![letter]);
                reaches.push(Reach { top: y0, bottom: y1 });
            }
        }
    }
    rows
}

fn ordered(a: f64, b: f64) -> (f64, f64) {
    (a.min(b), a.max(b))
}

/// Rows that overlap in height are one row that was begun twice.
fn merged(rows: Vec<Vec<Piece>>) -> Vec<Vec<Piece>> {
    let middle = |row: &[Piece], edge: fn(&Rect) -> f64| median(row.iter().map(|piece| edge(&piece.rect)).collect());
    let mut rows: Vec<(f64, f64, Vec<Piece>)> =
        rows.into_iter().map(|row| (middle(&row, |rect| rect.y0), middle(&row, |rect| rect.y1), row)).collect();
    rows.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut merged: Vec<(f64, f64, Vec<Piece>)> = Vec::new();
    for (top, bottom, row) in rows {
        match merged.last_mut() {
            Some(last) if bottom.min(last.1) - top.max(last.0) > 0.5 * (bottom - top).min(last.1 - last.0) => {
                last.2.extend(row);
                (last.0, last.1) = (middle(&last.2, |rect| rect.y0), middle(&last.2, |rect| rect.y1));
            }
            _ => merged.push((top, bottom, row)),
        }
    }
    merged.into_iter().map(|(_, _, row)| row).collect()
}

/// True for a row of commas or quotation marks: it stands in the band of a taller line.
fn is_in_band(line: &TextLine, tall: &TextLine) -> bool {
    let is_inside = |piece: &&Piece| {
        let (foot, y) = (tall.foot(piece.rect.centre_x()), piece.rect.centre_y());
        y > foot - 1.1 * tall.above && y < foot + 1.4 * tall.below
    };
    tall.above > 1.3 * line.above && 2 * line.pieces.iter().filter(is_inside).count() > line.pieces.len()
}

/// Adds a point, comma, hyphen, quotation mark or dot to the line in whose band it stands, if the line is near.
fn add_mark(lines: &mut [TextLine], mark: Piece, x_height: f64) {
    let (x, y) = (mark.rect.centre_x(), mark.rect.centre_y());
    let distance = |line: &TextLine| {
        let foot = line.foot(x);
        let is_inside = y >= foot - 1.25 * line.above && y <= foot + 1.3 * line.below + 1.0;
        is_inside.then(|| (y - (foot - line.above / 2.0)).abs())
    };
    let candidates = lines.iter().enumerate().filter_map(|(line, found)| Some((line, distance(found)?)));
    let Some((nearest, _)) = candidates.min_by(|a, b| a.1.total_cmp(&b.1)) else { return };
    let line = lines[nearest].rect();
    let gap = (line.x0 - mark.rect.x1).max(mark.rect.x0 - line.x1);
    let reach = if mark.rect.height() > 0.4 * x_height { 3.0 } else { 1.2 };
    if gap < reach * x_height {
        lines[nearest].pieces.push(mark);
    }
}
