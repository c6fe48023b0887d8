//! Blank columns of pixels: gutters, and the gaps between words.

use std::ops::Range;

/// The first of the longest stretches of blank columns; empty if there is none.
pub(super) fn widest(is_blank: impl Iterator<Item = bool>) -> Range<usize> {
    let (mut widest, mut start) = (0..0, 0);
    for (column, is_blank) in is_blank.enumerate() {
        if !is_blank {
            start = column + 1;
        } else if column + 1 - start > widest.len() {
            widest = start..column + 1;
        }
    }
    widest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_gap_is_found_wherever_it_is() {
        let cases = [("", 0..0), ("##", 0..0), (" ##  # ", 3..5), ("##   ", 2..5), ("   ", 0..3), (" # #", 0..1)];
        for (columns, expected) in cases {
            assert_eq!(widest(columns.chars().map(|column| column == ' ')), expected, "{columns:?}");
        }
    }
}
