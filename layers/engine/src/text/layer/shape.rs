//! The fonts' heights: how far a word's ink reaches above and below the baseline.

/// Ascents of the fonts in thousandths of their size, at our ratio of size to type: low letters,
/// figures of old style, capitals, ascenders.
const ASCENTS: [i32; 4] = [600, 700, 800, 900];

/// Descents, below the baseline. One at least: extractors take a descent of zero for a missing one.
const DESCENTS: [i32; 3] = [1, 120, 250];

/// One font of the layer, by its heights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    ascent: usize,
    descent: usize,
}

impl Shape {
    /// The shape for characters beyond the Basic Multilingual Plane, which have but one font a plane.
    pub(super) const COMMON: Self = Self { ascent: 2, descent: 1 };

    /// All shapes.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..ASCENTS.len()).flat_map(|ascent| (0..DESCENTS.len()).map(move |descent| Self { ascent, descent }))
    }

    /// The shape nearest to an ascent and a descent, both positive shares of the font size.
    pub(super) fn nearest(ascent: f64, descent: f64) -> Self {
        Self { ascent: nearest(&ASCENTS, ascent), descent: nearest(&DESCENTS, descent) }
    }

    /// Thousandths of the size above the baseline.
    pub(super) fn ascent(self) -> i32 {
        ASCENTS.get(self.ascent).copied().unwrap_or_default()
    }

    /// Thousandths of the size below the baseline, negative as PDF wants it.
    pub(super) fn descent(self) -> i32 {
        -DESCENTS.get(self.descent).copied().unwrap_or_default()
    }

    /// Its number among all shapes.
    pub(super) const fn number(self) -> usize {
        self.ascent * DESCENTS.len() + self.descent
    }
}

fn nearest(choices: &[i32], share: f64) -> usize {
    let distance = |&choice: &i32| (f64::from(choice) - 1000.0 * share).abs();
    let best = choices.iter().enumerate().min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
    best.map_or(0, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_shape_is_found_and_extremes_are_clamped() {
        let heights = |ascent, descent| {
            let shape = Shape::nearest(ascent, descent);
            (shape.ascent(), shape.descent())
        };
        assert_eq!(heights(0.74, 0.1), (700, -120));
        assert_eq!(heights(5.0, 5.0), (900, -250));
        assert_eq!(heights(-1.0, -1.0), (600, -1));
        assert_eq!(heights(f64::NAN, 0.0).1, -1);
    }

    #[test]
    fn numbers_count_the_shapes() {
        assert!(Shape::all().map(Shape::number).eq(0..12));
    }
}
