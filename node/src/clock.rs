//! The one place that reads the clock and asks for randomness; everything below takes both as
//! arguments.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};

use crate::api::{ApiError, ErrorKind};

/// Returns the time in milliseconds since 1970; 0 when the clock stands before it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the clock module")]
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// Formats a time as RFC 3339 in UTC, to the second.
#[must_use]
pub(crate) fn rfc3339(ms: u64) -> String {
    i64::try_from(ms)
        .ok()
        .and_then(DateTime::from_timestamp_millis)
        .map_or_else(|| format!("{ms} ms"), |time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Returns 32 random bytes from the operating system.
///
/// # Errors
/// `Internal` when the system has none to give.
pub(crate) fn random_bytes() -> Result<[u8; 32], ApiError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| ApiError::new(ErrorKind::Internal, format!("the system gives no random bytes: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc_and_absurd_ones_do_not_fail() {
        assert_eq!(rfc3339(1_763_683_200_000), "2025-11-21T00:00:00Z");
        assert_eq!(rfc3339(u64::MAX), format!("{} ms", u64::MAX));
    }
}
