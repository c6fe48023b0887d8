//! Measures how far the boxes of words are from their ink.

use engine::geometry::Rect;
use engine::pixels::GreyImage;

/// Darker pixels are ink.
const INK: u8 = 128;

/// The connected spots of ink of an image: the spot of each pixel (0 for none), and the box and number of pixels of
/// each spot.
pub struct Ink {
    width: usize,
    height: usize,
    spot: Vec<usize>,
    spots: Vec<(Rect, usize)>,
}

impl Ink {
    pub fn of(image: &GreyImage) -> Self {
        let (width, height) = (image.width, image.height);
        let mut ink = Self { width, height, spot: vec![0; width * height], spots: vec![(Rect::default(), 0)] };
        for start in 0..width * height {
            if image.pixels[start] < INK && ink.spot[start] == 0 {
                ink.flood(image, start);
            }
        }
        ink
    }

    fn flood(&mut self, image: &GreyImage, start: usize) {
        let number = self.spots.len();
        let mut open = vec![start];
        self.spot[start] = number;
        self.spots.push((pixel(start, self.width), 0));
        while let Some(place) = open.pop() {
            let (rect, count) = &mut self.spots[number];
            *rect = rect.union(&pixel(place, self.width));
            *count += 1;
            let (x, y) = (place % self.width, place / self.width);
            for row in y.saturating_sub(1)..(y + 2).min(self.height) {
                for column in x.saturating_sub(1)..(x + 2).min(self.width) {
                    let next = row * self.width + column;
                    if image.pixels[next] < INK && self.spot[next] == 0 {
                        self.spot[next] = number;
                        open.push(next);
                    }
                }
            }
        }
    }

    /// The pixels inside a box, each with its spot.
    fn inside(&self, rect: &Rect) -> Vec<(usize, usize)> {
        let range =
            |from: f64, to: f64, end: usize| (from.round().max(0.0) as usize)..(to.round().max(0.0) as usize).min(end);
        let columns = range(rect.x0, rect.x1, self.width);
        range(rect.y0, rect.y1, self.height)
            .flat_map(|y| columns.clone().map(move |x| y * self.width + x))
            .map(|place| (place, self.spot[place]))
            .filter(|&(_, spot)| spot > 0)
            .collect()
    }

    /// The box of the ink inside a box. It shows whether the box is too large.
    pub fn within(&self, rect: &Rect) -> Option<Rect> {
        let pixels = self.inside(rect);
        pixels.into_iter().map(|(place, _)| pixel(place, self.width)).reduce(|all, one| all.union(&one))
    }

    /// The box of all spots that are mostly inside a box, including the parts outside it. It shows whether the box is
    /// too small.
    pub fn around(&self, rect: &Rect) -> Option<Rect> {
        let pixels = self.inside(rect);
        let mut numbers: Vec<usize> = pixels.iter().map(|&(_, spot)| spot).collect();
        numbers.sort_unstable();
        let groups = numbers.chunk_by(|a, b| a == b).map(|group| (group[0], group.len()));
        let mine = groups.filter(|&(number, count)| 2 * count >= self.spots[number].1);
        mine.map(|(number, _)| self.spots[number].0).reduce(|all, one| all.union(&one))
    }
}

fn pixel(place: usize, width: usize) -> Rect {
    let (x, y) = ((place % width) as f64, (place / width) as f64);
    Rect::new(x, y, x + 1.0, y + 1.0)
}

/// The mean distances of the four edges (left, top, right, bottom) between boxes and ink, in points: how far the box
/// extends beyond its ink, and how far the ink extends beyond the box. A box without ink counts with its size.
#[derive(Debug, Default, Clone, Copy)]
pub struct Gap {
    pub within: [f64; 4],
    pub around: [f64; 4],
    pub words: usize,
}

impl Gap {
    /// Adds the words of a page. Their boxes are in points.
    pub fn add(&mut self, image: &GreyImage, boxes: impl IntoIterator<Item = Rect>, dpi: f64) {
        let ink = Ink::of(image);
        let scale = dpi / 72.0;
        for rect in boxes {
            let rect = rect.scaled(scale, scale);
            let nothing = Rect::new(rect.x1, rect.y1, rect.x0, rect.y0);
            add(&mut self.within, &rect, &ink.within(&rect).unwrap_or(nothing), scale);
            add(&mut self.around, &rect, &ink.around(&rect).unwrap_or(nothing), scale);
            self.words += 1;
        }
    }

    /// The largest of the eight means.
    pub fn worst(&self) -> f64 {
        let sums = self.within.iter().chain(&self.around);
        sums.fold(0.0, |worst: f64, sum| worst.max(*sum)) / self.words as f64
    }
}

fn add(sums: &mut [f64; 4], rect: &Rect, ink: &Rect, scale: f64) {
    let edges = [rect.x0 - ink.x0, rect.y0 - ink.y0, rect.x1 - ink.x1, rect.y1 - ink.y1];
    for (sum, edge) in sums.iter_mut().zip(edges) {
        *sum += edge.abs() / scale;
    }
}

#[test]
fn the_measure_sees_a_box_that_is_too_large_or_too_small() {
    let mut image = GreyImage::filled(100, 100, 255);
    for y in 40..60 {
        image.pixels[y * 100 + 20..y * 100 + 80].fill(0);
    }
    let ink = Ink::of(&image);
    let exact = Rect::new(20.0, 40.0, 80.0, 60.0);
    assert_eq!(ink.within(&Rect::new(10.0, 30.0, 90.0, 70.0)), Some(exact));
    assert_eq!(ink.around(&Rect::new(30.0, 42.0, 70.0, 58.0)), Some(exact));
    assert_eq!(ink.around(&Rect::new(30.0, 42.0, 40.0, 58.0)), None);
    let mut gap = Gap::default();
    gap.add(&image, [Rect::new(10.0, 40.0, 80.0, 60.0)], 72.0);
    assert!((gap.worst() - 10.0).abs() < 1e-9);
}
