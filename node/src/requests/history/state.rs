//! States as people name them: an entry, a time, or so many changes back.

use dataforge_protocol::document::history::{At, History};
use dataforge_protocol::entry::EntryKind;
use dataforge_protocol::id::WorkspaceId;

use super::Target;
use crate::api::{ApiError, ErrorKind};
use crate::clock::now_ms;
use crate::core::Core;
use crate::requests::health::since;
use crate::requests::people::find_entry;

/// A state of a document: the steps that it consists of.
#[derive(Debug)]
pub(super) struct State {
    pub(super) steps: Vec<usize>,
}

/// How a state was named.
#[derive(Debug, PartialEq, Eq)]
enum Named<'a> {
    Back(usize),
    Time(u64),
    Entry(&'a str),
}

fn named(text: &str, now_ms: u64) -> Result<Named<'_>, ApiError> {
    let text = text.trim();
    if let Some(count) = text.strip_prefix('~') {
        return count.parse().map(Named::Back).map_err(|_not_a_number| no_state(text));
    }
    let is_entry = text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_entry {
        return Ok(Named::Entry(text));
    }
    since(text, now_ms).map(Named::Time).map_err(|_no_time| no_state(text))
}

fn no_state(text: &str) -> ApiError {
    ApiError::new(ErrorKind::Usage, format!("{text:?} names no state")).hint(
        "write the start of an entry's id (dataforge log TARGET lists them), ~3 for three changes back, or a time such as \
         2026-11-20, 2026-11-20T10:00:00Z or 24h",
    )
}

/// Finds a state of a document.
///
/// # Errors
/// `Usage` when it is none, `NotFound` when there is no such entry.
pub(super) fn state(
    core: &mut Core,
    workspace: &WorkspaceId,
    target: &Target,
    history: &History,
    text: &str,
) -> Result<State, ApiError> {
    let named = named(text, now_ms())?;
    let at = match named {
        Named::Back(count) => At::Back(count),
        Named::Time(ms) => At::Time(ms),
        Named::Entry(start) => {
            let ledger = core.ledger(workspace)?;
            match find_entry(ledger, start) {
                Ok(entry) if ledger.effective_entries(&target.doc).contains(&(entry, EntryKind::Open)) => At::Start,
                Ok(entry) => At::Entry(entry),
                // 100d may be either.
                Err(error) => At::Time(since(start, now_ms()).map_err(|_no_time| error)?),
            }
        }
    };
    let steps = history.state(at).ok_or_else(|| match at {
        At::Entry(entry) => ApiError::new(
            ErrorKind::Usage,
            format!("entry {} is no change of {} that counts", entry.fmt_short(), target.name),
        )
        .hint(format!("dataforge log {:?} lists them", target.name)),
        _ => ApiError::new(ErrorKind::Usage, format!("{} has {} changes", target.name, history.steps().len()))
            .hint(format!("~{} is the state before the first of them", history.steps().len())),
    })?;
    Ok(State { steps })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_as_people_write_them() {
        const NOW: u64 = 1_763_683_200_000;
        assert_eq!(named("~3", NOW).unwrap(), Named::Back(3));
        assert_eq!(named(" 51889B751e ", NOW).unwrap(), Named::Entry("51889B751e"));
        assert_eq!(named("2025-11-21", NOW).unwrap(), Named::Time(NOW));
        assert_eq!(named("24h", NOW).unwrap(), Named::Time(NOW - 24 * 3_600_000));
        assert_eq!(named("90m", NOW).unwrap(), Named::Time(NOW - 5_400_000));
        for text in ["", "~", "~x", "~-1", "yesterday", "abc"] {
            assert_eq!(named(text, NOW).unwrap_err().kind, ErrorKind::Usage, "{text}");
        }
    }
}
