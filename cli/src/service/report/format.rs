//! How long texts, times and tables are written.

use crate::terminal::visible;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

/// A length of time in its two largest units. A negative one, from a clock that differs from the database's, is 0s.
pub fn age(length: Duration) -> String {
    let seconds = length.whole_seconds().max(0);
    let parts = |large: i64, name: &str, small: i64, small_name: &str| match (seconds / large, seconds % large / small)
    {
        (count, 0) => format!("{count}{name}"),
        (count, rest) => format!("{count}{name} {rest}{small_name}"),
    };
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => parts(60, "m", 1, "s"),
        3_600..86_400 => parts(3_600, "h", 60, "m"),
        _ => parts(86_400, "d", 3_600, "h"),
    }
}

pub fn timestamp(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    moment.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

/// The time of day in UTC.
pub fn clock(moment: OffsetDateTime) -> String {
    let format = format_description!("[hour]:[minute]:[second]");
    moment.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

/// A [`visible`] text of at most `width` characters. The middle is cut out, because both ends of a key are informative.
pub fn shortened(text: &str, width: usize) -> String {
    let text = visible(text);
    let length = text.chars().count();
    if length <= width {
        return text;
    }
    let (head, tail) = (width.saturating_sub(1) / 2, width.saturating_sub(1).div_ceil(2));
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

/// A table whose columns are as wide as their widest cell. The texts of cells must be [`visible`].
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
    indent: &'static str,
}

impl Table {
    pub fn new(indent: &'static str, header: &[&str]) -> Self {
        Self { rows: vec![header.iter().map(ToString::to_string).collect()], indent }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines, without a line break at the end.
    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(|column| self.width(column)).collect();
        let lines: Vec<String> = self.rows.iter().map(|row| self.line(row, &widths)).collect();
        lines.join("\n")
    }

    fn width(&self, column: usize) -> usize {
        self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}{}", self.indent, cells.join("  ")).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn an_age_has_at_most_two_units() {
        let ages = [-5, 0, 59, 60, 61, 3_599, 3_600, 7_260, 86_400, 90_000, 400 * 86_400].map(Duration::seconds);
        let said: Vec<String> = ages.into_iter().map(age).collect();
        assert_eq!(said, ["0s", "0s", "59s", "1m", "1m 1s", "59m 59s", "1h", "2h 1m", "1d", "1d 1h", "400d"]);
    }

    #[test]
    fn times_are_said_in_utc() {
        let moment = datetime!(2026-11-20 09:41:07.9 +01:00);
        assert_eq!(timestamp(moment), "2026-11-20 08:41:07 UTC");
        assert_eq!(clock(moment), "08:41:07");
    }

    #[test]
    fn the_middle_of_a_long_text_is_cut_out() {
        assert_eq!(shortened("abcdefgh", 8), "abcdefgh");
        assert_eq!(shortened("abcdefghi", 8), "abc…fghi");
        assert_eq!(shortened("\u{1b}\u{1b}", 8), r"\u{…{1b}");
        assert_eq!(shortened("abc", 1), "…");
    }

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let mut table = Table::new("  ", &["ID", "VOLUME", "ERROR"]);
        table.row(vec!["7".to_owned(), "a3d 217".to_owned(), String::new()]);
        table.row(vec!["1200".to_owned(), "Größe".to_owned(), "deadline".to_owned()]);
        insta::assert_snapshot!(table.render(), @r"
          ID    VOLUME   ERROR
          7     a3d 217
          1200  Größe    deadline
        ");
    }
}
