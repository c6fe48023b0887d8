//! Decides which KEY_ICON boxes are key icons. See docs/reference-behaviour.md, "Pairing".

use crate::detection::{Detection, Label};
use crate::geometry::{Rect, median};
use crate::volume::Page;

/// An icon's width divided by its height.
const RATIO: std::ops::RangeInclusive<f64> = 1.5..=4.0;

/// From this confidence an icon is accepted whatever its size, and its size is the standard for the others.
const TRUSTED: f64 = 0.90;

/// How far the size of other icons may differ from the median width and height.
const SIZE_TOLERANCE: f64 = 0.40;

/// The share of the page's height, at the top and at the bottom, in which no part of an opinion is printed.
const BAND: f64 = 0.06;

/// An icon in that band must have at least this share of the median width.
const BAND_WIDTH: f64 = 0.85;

/// From this overlap a box is the mirror image of an icon on the facing page.
const MIRROR_OVERLAP: f64 = 0.5;

/// The confidence of a box that a person drew. No rule overrules a person.
pub(super) const HUMAN: f64 = 1.0;

/// The key icons of a volume: boxes with a confidence of at least 0.50 that have the shape of an icon and, unless their
/// confidence is high, the size of the volume's other icons. Small boxes in the head or foot band of a page, and
/// icons that shine through from the facing page, are left out.
#[must_use]
pub fn key_icons<'a>(pages: &[&'a Page]) -> Vec<&'a Detection> {
    let candidates: Vec<Icon<'a>> =
        pages.iter().flat_map(|page| gated(page)).filter(|icon| icon.human() || icon.has_ratio()).collect();
    let size = MedianSize::of(&candidates);
    let mirror = Mirror::of(pages);
    candidates
        .iter()
        .filter(|icon| icon.human() || (size.admits(icon) && !mirror.explains(icon)))
        .map(|icon| icon.detection)
        .collect()
}

/// True when a box's centre lies in the head or foot band of its page.
pub(super) fn in_band(detection: &Detection) -> bool {
    let height = f64::from(detection.img_height);
    let centre = detection.rect().centre_y();
    centre < BAND * height || centre > (1.0 - BAND) * height
}

struct Icon<'a> {
    page: &'a Page,
    detection: &'a Detection,
    rect: Rect,
}

impl Icon<'_> {
    fn human(&self) -> bool {
        self.detection.confidence >= HUMAN
    }

    fn has_ratio(&self) -> bool {
        self.rect.height() > 0.0 && RATIO.contains(&(self.rect.width() / self.rect.height()))
    }
}

fn gated(page: &Page) -> impl Iterator<Item = Icon<'_>> {
    let icons = page.detections.iter().filter(|found| found.label == Label::KeyIcon && found.passes_gate());
    icons.map(move |detection| Icon { page, detection, rect: detection.rect() })
}

/// Median width and height of the volume's icons; `None` if there are fewer than two.
struct MedianSize(Option<(f64, f64)>);

impl MedianSize {
    fn of(icons: &[Icon<'_>]) -> Self {
        let trusted: Vec<&Icon<'_>> = icons.iter().filter(|icon| icon.detection.confidence >= TRUSTED).collect();
        let measured: Vec<&Icon<'_>> = if trusted.len() >= 2 { trusted } else { icons.iter().collect() };
        if measured.len() < 2 {
            return Self(None);
        }
        let widths = measured.iter().map(|icon| icon.rect.width()).collect();
        let heights = measured.iter().map(|icon| icon.rect.height()).collect();
        Self(Some((median(widths), median(heights))))
    }

    fn admits(&self, icon: &Icon<'_>) -> bool {
        let Some((width, height)) = self.0 else {
            return true;
        };
        let near = |value: f64, median: f64| (value - median).abs() <= SIZE_TOLERANCE * median;
        let sized = icon.detection.confidence >= TRUSTED
            || (near(icon.rect.width(), width) && near(icon.rect.height(), height));
        sized && !(in_band(icon.detection) && icon.rect.width() < BAND_WIDTH * width)
    }
}

/// `values` must not be empty.
/// The icons that may shine through to a neighbouring page: those on pages with a text column.
struct Mirror {
    icons: Vec<(usize, Rect)>,
}

impl Mirror {
    fn of(pages: &[&Page]) -> Self {
        let printed = pages.iter().filter(|page| has_text_column(page));
        let icons = printed.flat_map(|page| gated(page)).map(|icon| {
            let width = f64::from(icon.detection.img_width);
            let Rect { x0, y0, x1, y1 } = icon.rect;
            (icon.detection.page_index, Rect::new(width - x1, y0, width - x0, y1))
        });
        Self { icons: icons.collect() }
    }

    /// On a page with text of its own, an icon is its own. Only on a page without text can it be a mirror image.
    fn explains(&self, icon: &Icon<'_>) -> bool {
        !has_text_column(icon.page)
            && self.icons.iter().any(|(page, rect)| {
                page.abs_diff(icon.page.index) == 1 && rect.intersection_over_union(&icon.rect) >= MIRROR_OVERLAP
            })
    }
}

fn has_text_column(page: &Page) -> bool {
    page.detections.iter().any(|found| found.label == Label::TextColumn)
}
