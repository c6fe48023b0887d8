//! A line of numbers over time, drawn as SVG on the server.

use time::{Duration, OffsetDateTime};

pub const WIDTH: f64 = 600.0;
pub const HEIGHT: f64 = 80.0;

/// The line of a chart, and its largest number.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// For `points` of a `polyline`. Empty without numbers.
    pub points: String,
    pub largest: i64,
    pub latest: i64,
}

impl Chart {
    /// The numbers of the last `span`, which end now.
    pub fn new(numbers: &[(OffsetDateTime, i64)], span: Duration) -> Self {
        let (now, largest) = (OffsetDateTime::now_utc(), numbers.iter().map(|(_, number)| *number).max().unwrap_or(0));
        let point = |(at, number): &(OffsetDateTime, i64)| {
            let x = WIDTH * (1.0 - (now - *at).as_seconds_f64() / span.as_seconds_f64());
            let y = HEIGHT * (1.0 - *number as f64 / largest.max(1) as f64);
            format!("{:.1},{:.1}", x.clamp(0.0, WIDTH), y.clamp(1.0, HEIGHT - 1.0))
        };
        let points: Vec<String> = thinned(numbers).map(point).collect();
        Self { points: points.join(" "), largest, latest: numbers.last().map_or(0, |(_, number)| *number) }
    }
}

/// At most some 300, because a line has no more pixels.
fn thinned(numbers: &[(OffsetDateTime, i64)]) -> impl Iterator<Item = &(OffsetDateTime, i64)> {
    let step = numbers.len().div_ceil(300).max(1);
    numbers.iter().step_by(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_ends_now_and_fits() {
        let now = OffsetDateTime::now_utc();
        let numbers: Vec<_> = (0..1_000).rev().map(|ago| (now - Duration::minutes(ago), ago % 7)).collect();
        let chart = Chart::new(&numbers, Duration::minutes(500));
        assert_eq!((chart.largest, chart.latest), (6, 0));
        let points: Vec<(f64, f64)> = chart
            .points
            .split(' ')
            .map(|point| point.split_once(',').unwrap())
            .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
            .collect();
        assert!(points.len() <= 300 && points.is_sorted_by(|one, other| one.0 <= other.0));
        assert!(points.iter().all(|(x, y)| (0.0..=WIDTH).contains(x) && (0.0..=HEIGHT).contains(y)));
        assert_eq!(Chart::new(&[], Duration::days(1)).points, "");
    }
}
