//! Times as people say them: a day, a moment, or so long ago.

use chrono::{DateTime, NaiveDate};

use crate::api::{ApiError, ErrorKind};

/// Returns a time in milliseconds since 1970.
///
/// # Errors
/// `Usage` when it is none.
pub(in crate::requests) fn since(text: &str, now_ms: u64) -> Result<u64, ApiError> {
    let text = text.trim();
    ago(text).map(|ago| now_ms.saturating_sub(ago)).or_else(|| moment(text)).or_else(|| day(text)).ok_or_else(|| {
        ApiError::new(ErrorKind::Usage, format!("{text:?} is no time"))
            .hint("write 90m, 24h or 7d for so long ago, or 2026-11-20, or 2026-11-20T10:00:00Z")
    })
}

fn ago(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit_ms: u64 = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 24 * 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit_ms)
}

fn moment(text: &str) -> Option<u64> {
    u64::try_from(DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis()).ok()
}

/// The beginning of a day in UTC, as times are shown.
fn day(text: &str) -> Option<u64> {
    let day = text.parse::<NaiveDate>().ok()?;
    u64::try_from(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        const NOW: u64 = 1_763_683_200_000;
        assert_eq!(since("90m", NOW).unwrap(), NOW - 5_400_000);
        assert_eq!(since(" 7d ", NOW).unwrap(), NOW - 604_800_000);
        assert_eq!(since("2025-11-21", NOW).unwrap(), NOW);
        assert_eq!(since("2025-11-21T01:00:00+01:00", NOW).unwrap(), NOW);
        assert_eq!(since("99999999d", NOW).unwrap(), 0, "longer ago than time is counted");
        for text in ["", "d", "7", "7 weeks", "yesterday", "1969-01-01", "99999999999999999999d", "é"] {
            assert_eq!(since(text, NOW).unwrap_err().kind, ErrorKind::Usage, "{text}");
        }
    }
}
