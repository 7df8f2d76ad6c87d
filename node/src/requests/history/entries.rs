//! The log of one thing: its entries in the order of its history, with what each wrote over what.

use std::collections::BTreeMap;

use dataforge_protocol::id::{EntryId, PersonId};
use rusqlite::params;

use super::Target;
use super::target::read_from;
use super::told::wrote;
use crate::api::{ApiError, LogEntry, PlaceChange};
use crate::requests::log::Teller;

/// Places of a change that are told in words.
const SHOWN: usize = 4;

/// Lists the entries of one thing, the newest first: all that are held of a document, of a curve the
/// changes that wrote to it.
///
/// # Errors
/// `Storage`, `Damaged`.
pub(in crate::requests) fn of_one(
    teller: &Teller<'_>,
    target: &Target,
    member: Option<PersonId>,
    limit: usize,
) -> Result<Vec<LogEntry>, ApiError> {
    let history = read_from(teller.store, teller.ledger, &target.doc)?;
    let steps = history.as_ref().map(|history| history.steps()).unwrap_or_default();
    let places: BTreeMap<EntryId, usize> = (0..).zip(steps).map(|(at, step)| (step.carried.entry, at)).collect();
    let mut statement = teller
        .store
        .connection()
        .prepare_cached("SELECT id, claimed_ms FROM entries WHERE workspace = ?1 AND doc = ?2")?;
    let rows = statement.query_map(params![teller.workspace.as_bytes(), target.doc.as_bytes()], |row| {
        Ok((EntryId(row.get(0)?), row.get::<_, u64>(1)?))
    })?;
    // What does not count stands where its author's clock puts it.
    let mut order: Vec<(u64, usize, EntryId)> = Vec::new();
    for row in rows {
        let (id, claimed_ms) = row?;
        let step = places.get(&id).and_then(|at| Some((*at, steps.get(*at)?)));
        order.push(step.map_or((claimed_ms, 0, id), |(at, step)| (step.time_ms, at + 1, id)));
    }
    order.sort_unstable();
    let mut entries = Vec::new();
    for (_, at, id) in order.into_iter().rev() {
        if entries.len() >= limit {
            break;
        }
        let step = at.checked_sub(1).and_then(|at| steps.get(at));
        let written = step.map(|step| &step.wrote).into_iter().flatten().filter(|wrote| target.covers(&wrote.place));
        let written: Vec<_> = written.map(wrote).collect();
        let is_theirs = member.is_none_or(|person| teller.ledger.author_of(&id) == Some(person));
        if !is_theirs || (target.curve.is_some() && written.is_empty()) {
            continue;
        }
        let Some(mut entry) = teller.entry(&id)? else { continue };
        if !written.is_empty() {
            entry.summary = format!("changed {}: {}", teller.called(&target.doc), told(&written));
        }
        entries.push(LogEntry { wrote: written, ..entry });
    }
    Ok(entries)
}

fn told(written: &[PlaceChange]) -> String {
    let mut parts: Vec<_> = written.iter().take(SHOWN).map(PlaceChange::told).collect();
    if written.len() > SHOWN {
        parts.push(format!("{} more", written.len() - SHOWN));
    }
    parts.join(", ")
}
