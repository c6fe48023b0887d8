//! Times and sizes as people say them.

use time::macros::format_description;
use time::{Duration, OffsetDateTime};

/// How long something took or has been going on: its largest unit, and the next one where it says something. A clock
/// that differs from the database's can make it negative: that is no time at all.
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

/// Date and time of day in UTC, to the second.
pub fn timestamp(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    moment.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

/// The time of day in UTC, to the second.
pub fn clock(moment: OffsetDateTime) -> String {
    let format = format_description!("[hour]:[minute]:[second]");
    moment.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

/// A size in the unit that `quire process` uses.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
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
}
