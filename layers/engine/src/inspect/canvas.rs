//! An image of a page on which boxes, labels and covers can be drawn.

use crate::detection::Label;
use crate::geometry::Rect;
use crate::redact::Fill;
use font8x8::UnicodeFonts;

/// In pixels.
const LINE_WIDTH: f64 = 3.0;

/// The size of a letter, as a multiple of its 8 by 8 pattern.
const LETTER_SCALE: usize = 2;

/// Black covers are drawn in red, white ones in blue, and the parts of neighbouring opinions have a violet frame.
const BLACK_COVER: [u8; 3] = [230, 60, 50];
const WHITE_COVER: [u8; 3] = [70, 130, 240];
const OUTSIDE: [u8; 3] = [150, 40, 200];

/// The colours of the labels, by class id.
const COLOURS: [[u8; 3]; 8] = [
    [200, 30, 30],
    [20, 120, 40],
    [20, 80, 200],
    [180, 90, 0],
    [120, 0, 150],
    [0, 130, 140],
    [200, 0, 110],
    [90, 90, 0],
];

/// An RGB image.
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(crate) fn from_grey(width: usize, height: usize, grey: &[u8]) -> Self {
        let mut pixels: Vec<u8> = grey.iter().flat_map(|sample| [*sample; 3]).collect();
        pixels.resize(3 * width * height, 255);
        Self { width, height, pixels }
    }

    pub(crate) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    pub(crate) fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// Shades what will be covered. What is below stays legible.
    pub(crate) fn shade(&mut self, rect: &Rect, fill: Fill) {
        let colour = if fill == Fill::Black { BLACK_COVER } else { WHITE_COVER };
        self.each(rect, |old| std::array::from_fn(|i| u8::midpoint(old[i], colour[i])));
    }

    /// Frames a part of the page that an opinion's own copy will not show.
    pub(crate) fn outline_outside(&mut self, rect: &Rect) {
        self.frame(rect, OUTSIDE);
    }

    /// Draws a box with its label and confidence above it.
    pub(crate) fn labelled_box(&mut self, rect: &Rect, label: Label, confidence: f64) {
        let colour = COLOURS[usize::from(label.id()) % COLOURS.len()];
        self.frame(rect, colour);
        let text = format!("{} {confidence:.2}", label.name());
        let height = (8 * LETTER_SCALE) as f64;
        let top = if rect.y0 >= height { rect.y0 - height } else { rect.y0 };
        self.text(rect.x0, top, &text, colour);
    }

    fn frame(&mut self, rect: &Rect, colour: [u8; 3]) {
        let Rect { x0, y0, x1, y1 } = *rect;
        let sides = [
            Rect::new(x0, y0, x1, y0 + LINE_WIDTH),
            Rect::new(x0, y1 - LINE_WIDTH, x1, y1),
            Rect::new(x0, y0, x0 + LINE_WIDTH, y1),
            Rect::new(x1 - LINE_WIDTH, y0, x1, y1),
        ];
        sides.iter().for_each(|side| self.each(side, |_| colour));
    }

    fn text(&mut self, x: f64, y: f64, text: &str, colour: [u8; 3]) {
        let advance = (8 * LETTER_SCALE) as f64;
        self.each(&Rect::new(x, y, x + advance * text.len() as f64, y + advance), |_| [255; 3]);
        for (place, letter) in text.chars().enumerate() {
            let pattern = font8x8::BASIC_FONTS.get(letter).unwrap_or_default();
            self.letter(x + advance * place as f64, y, pattern, colour);
        }
    }

    fn letter(&mut self, x: f64, y: f64, pattern: [u8; 8], colour: [u8; 3]) {
        let scale = LETTER_SCALE as f64;
        for (row, bits) in pattern.into_iter().enumerate() {
            for column in (0..8).filter(|column| bits >> column & 1 == 1) {
                let (left, top) = (x + f64::from(column) * scale, y + row as f64 * scale);
                self.each(&Rect::new(left, top, left + scale, top + scale), |_| colour);
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the picture before")]
    fn each(&mut self, rect: &Rect, change: impl Fn([u8; 3]) -> [u8; 3]) {
        let clamp = |value: f64, end: usize| value.round().clamp(0.0, end as f64) as usize;
        let (x0, x1) = (clamp(rect.x0, self.width), clamp(rect.x1, self.width));
        let (y0, y1) = (clamp(rect.y0, self.height), clamp(rect.y1, self.height));
        for row in self.pixels.chunks_exact_mut(3 * self.width.max(1)).take(y1).skip(y0) {
            for pixel in row[3 * x0..3 * x1.max(x0)].chunks_exact_mut(3) {
                pixel.copy_from_slice(&change([pixel[0], pixel[1], pixel[2]]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_drawn_inside_the_picture_only() {
        let mut canvas = Canvas::from_grey(20, 60, &[255; 1200]);
        canvas.labelled_box(&Rect::new(-5.0, 20.0, 50.0, 58.0), Label::KeyIcon, 0.5);
        assert_eq!(canvas.pixels().len(), 3600);
        assert_eq!(canvas.pixels()[3 * (20 * 57 + 10)..][..3], COLOURS[0]);
    }

    #[test]
    fn shade_keeps_ink_darker_than_paper() {
        let mut canvas = Canvas::from_grey(2, 1, &[0, 255]);
        canvas.shade(&Rect::new(0.0, 0.0, 2.0, 1.0), Fill::Black);
        assert!(canvas.pixels()[0] < canvas.pixels()[3]);
    }
}
