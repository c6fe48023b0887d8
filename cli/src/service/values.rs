//! Values on the command line: secrets, statuses, times, lengths of time.

use domain::{Role, Stage, Status};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// Ten years.
const LONGEST_SECONDS: u64 = 10 * 366 * 86_400;

/// A text that is never shown, not even by `Debug`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// A status by its name, in any case, with `-` or `_`.
pub fn status(text: &str) -> Result<Status, String> {
    let name = text.to_ascii_uppercase().replace('-', "_");
    Status::parse(&name).ok_or_else(|| {
        let names: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        format!("there is no such status; use one of {}", names.join(", "))
    })
}

/// A stage by its name.
pub fn stage(text: &str) -> Result<Stage, String> {
    let stages = [Stage::Compress, Stage::Scan, Stage::Split];
    let found = stages.into_iter().find(|stage| stage.as_str() == text.to_ascii_lowercase());
    found.ok_or_else(|| "there is no such stage; use one of compress, scan, split".to_owned())
}

/// A role by its name.
pub fn role(text: &str) -> Result<Role, String> {
    let found = Role::ALL.iter().copied().find(|role| role.as_str() == text.to_ascii_lowercase());
    found.ok_or_else(|| "there is no such role; use one of viewer, reviewer, operator, admin".to_owned())
}

/// RFC 3339, or date and time of day in UTC.
pub fn moment(text: &str) -> Result<OffsetDateTime, String> {
    let minutes = format_description!("[year]-[month]-[day] [hour]:[minute]");
    let seconds = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let spaced = text.replacen(['T', 't'], " ", 1);
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| PrimitiveDateTime::parse(&spaced, seconds).map(PrimitiveDateTime::assume_utc))
        .or_else(|_| PrimitiveDateTime::parse(&spaced, minutes).map(PrimitiveDateTime::assume_utc))
        .map_err(|_| "write it as 2026-12-24T06:00:00+01:00, or as \"2026-12-24 05:00\" for UTC".to_owned())
}

/// Numbers followed by s, m, h or d, such as 90s or 1h30m.
pub fn length(text: &str) -> Result<Duration, String> {
    let wrong = || "write it with s, m, h or d, such as 90s, 2h, 1h30m or 3d, and at most ten years".to_owned();
    let mut rest = text.trim();
    let mut seconds: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = rest[digits..].chars().next().and_then(unit_seconds).ok_or_else(wrong)?;
        seconds = number.checked_mul(unit).and_then(|part| seconds.checked_add(part)).ok_or_else(wrong)?;
        rest = rest[digits + 1..].trim_start();
    }
    let is_valid = !text.trim().is_empty() && seconds <= LONGEST_SECONDS;
    is_valid.then(|| Duration::from_secs(seconds)).ok_or_else(wrong)
}

const fn unit_seconds(unit: char) -> Option<u64> {
    match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_status_may_be_written_in_any_case() {
        assert_eq!(status("pending-review"), Ok(Status::PendingReview));
        assert_eq!(status("FAILED"), Ok(Status::Failed));
        assert!(status("done").unwrap_err().contains("PENDING_REVIEW"));
    }

    #[test]
    fn a_time_without_a_zone_is_utc() {
        assert_eq!(moment("2026-12-24 05:00"), Ok(datetime!(2026-12-24 5:00 UTC)));
        assert_eq!(moment("2026-12-24T05:00:30"), Ok(datetime!(2026-12-24 5:00:30 UTC)));
        assert_eq!(moment("2026-12-24T06:00:00+01:00"), Ok(datetime!(2026-12-24 5:00 UTC)));
        assert!(moment("tomorrow").is_err());
        assert!(moment("2026-13-24 05:00").is_err());
    }

    #[test]
    fn a_length_of_time_has_units() {
        assert_eq!(length("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(length("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(length("3d 2h"), Ok(Duration::from_secs(266_400)));
        assert_eq!(length("0s"), Ok(Duration::ZERO));
        for wrong in ["", "2", "h", "-2h", "2 h", "2ü", "2y", "99999999999999999999s", "9999999999d"] {
            assert!(length(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Secret::from("hunter2".to_owned())), "Secret(…)");
    }
}
