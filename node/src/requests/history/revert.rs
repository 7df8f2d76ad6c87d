//! Taking back what a device wrote from a point of its chain on, by new changes.
//!
//! The chain decides what comes after the point: a device that claims early times hides nothing that
//! follows a later one. What it made is deleted, unless somebody else worked on it or filed something under
//! it; of the rest each field becomes what it would be without it, unless others wrote to it since.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::document::history::{History, Plan};
use dataforge_protocol::document::{DELETED, Field, Map, Place};
use dataforge_protocol::entry::EntryKind;
use dataforge_protocol::facts::DocKind;
use dataforge_protocol::id::{DeviceId, DocId, EntryId, WorkspaceId};
use rusqlite::{OptionalExtension as _, params};

use super::target::{damaged, read};
use super::told::Words;
use super::{Target, called, check_role, last, reply, write};
use crate::api::{ApiError, ErrorKind, LeftInfo, TakenBack, TakenBackReply};
use crate::clock::now_ms;
use crate::core::{Core, Progress};
use crate::requests::health::since;
use crate::requests::people::{People, find_entry};

/// Others who worked on something that are named.
const NAMED: usize = 3;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) device: String,
    pub(super) after: String,
    pub(super) target: Option<String>,
    pub(super) dry_run: bool,
}

/// What the device wrote about one document.
#[derive(Debug, Default)]
struct Wrote {
    opens: BTreeSet<EntryId>,
    changes: BTreeSet<EntryId>,
}

/// What is to be done with one document.
struct Part {
    doc: DocId,
    plan: Plan,
    taken: TakenBack,
}

pub(super) fn revert(
    core: &mut Core,
    workspace: WorkspaceId,
    asked: &Asked,
) -> Result<(TakenBackReply, Progress), ApiError> {
    let people = People::of(core, &workspace)?;
    let (_, device) = people.find_device(&asked.device, false)?;
    let target = asked.target.as_deref().map(|text| Target::find(core, &workspace, text)).transpose()?;
    let first = first(core, &workspace, &people, &device, &asked.after)?;
    let mut parts = Vec::new();
    for (doc, wrote) in written(core, &workspace, &device, first)? {
        let name = called(core, &workspace, &people, &doc)?;
        let of = match &target {
            Some(target) if target.doc != doc => continue,
            Some(target) => Target { name, ..target.clone() },
            None => Target { doc, curve: None, name },
        };
        parts.push(part(core, &workspace, &people, &of, &wrote)?);
    }
    keep_used(core, &workspace, &mut parts)?;
    parts.retain(|part| !part.plan.fields.is_empty() || !part.taken.left.is_empty());
    let mut progress = Progress::default();
    let has_work = parts.iter().any(|part| !part.plan.fields.is_empty());
    if has_work && !asked.dry_run {
        check_role(core, &workspace, parts.iter().any(|part| part.plan.deletes()))?;
        let (entries, done) = core.write(&workspace, &[], |writer| {
            parts.iter().map(|part| write(writer, part.doc, &part.plan)).collect::<Result<Vec<_>, _>>()
        })?;
        for (part, written) in parts.iter_mut().zip(entries) {
            part.taken.entry = last(&written);
        }
        progress = done;
    }
    let documents = parts.into_iter().map(|part| part.taken).collect();
    Ok((TakenBackReply { dry_run: asked.dry_run, ..reply("revert", documents) }, progress))
}

/// Returns the position on the device's chain from which on all is taken back.
fn first(
    core: &mut Core,
    workspace: &WorkspaceId,
    people: &People,
    device: &DeviceId,
    after: &str,
) -> Result<i64, ApiError> {
    let (ledger, store) = core.ledger_and_store(workspace)?;
    let connection = store.connection();
    let found = match find_entry(ledger, after.trim()) {
        Ok(entry) => entry,
        Err(error) if error.kind == ErrorKind::Usage => return Err(error),
        Err(error) => {
            let ms = since(after, now_ms()).map_err(|_no_time| {
                error
                    .hint("name an entry of the device (dataforge log lists them), or a time such as 2026-11-20 or 24h")
            })?;
            let sql = "SELECT min(seq) FROM entries WHERE workspace = ?1 AND device = ?2 AND claimed_ms > ?3";
            let ms = i64::try_from(ms).unwrap_or(i64::MAX);
            let first: Option<i64> = connection
                .prepare_cached(sql)?
                .query_row(params![workspace.as_bytes(), device.as_bytes(), ms], |row| row.get(0))?;
            return Ok(first.unwrap_or(i64::MAX));
        }
    };
    let sql = "SELECT seq FROM entries WHERE id = ?1 AND device = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let seq: Option<i64> =
        statement.query_row(params![found.as_bytes(), device.as_bytes()], |row| row.get(0)).optional()?;
    seq.map(|seq| seq.saturating_add(1)).ok_or_else(|| {
        ApiError::new(
            ErrorKind::Usage,
            format!("entry {} was not written by {}", found.fmt_short(), people.device(device)),
        )
        .hint("name an entry of the device, or a time: dataforge log --member shows what somebody wrote")
    })
}

/// Returns what a device wrote from a position on, by document.
fn written(
    core: &Core,
    workspace: &WorkspaceId,
    device: &DeviceId,
    first: i64,
) -> Result<BTreeMap<DocId, Wrote>, ApiError> {
    let mut statement = core.store.connection().prepare_cached(
        "SELECT doc, id, kind FROM entries
         WHERE workspace = ?1 AND device = ?2 AND seq >= ?3 AND kind IN (1, 2) AND outcome = 0 AND doc IS NOT NULL",
    )?;
    let mut rows = statement.query(params![workspace.as_bytes(), device.as_bytes(), first])?;
    let mut found: BTreeMap<DocId, Wrote> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let wrote = found.entry(DocId(row.get(0)?)).or_default();
        let is_open = row.get::<_, u8>(2)? == EntryKind::Open.to_u8();
        let entries = if is_open { &mut wrote.opens } else { &mut wrote.changes };
        entries.insert(EntryId(row.get(1)?));
    }
    Ok(found)
}

fn part(
    core: &mut Core,
    workspace: &WorkspaceId,
    people: &People,
    target: &Target,
    wrote: &Wrote,
) -> Result<Part, ApiError> {
    let doc = target.doc;
    let history = read(core, workspace, &doc)?;
    let is_taken =
        |step: &usize| history.steps().get(*step).is_some_and(|step| wrote.changes.contains(&step.carried.entry));
    let (taken, others): (BTreeSet<usize>, Vec<usize>) = {
        let (taken, others): (Vec<_>, Vec<_>) = (0..history.steps().len()).partition(is_taken);
        (taken.into_iter().collect(), others)
    };
    let words = Words { people, history: &history };
    if !is_made(core, workspace, target, &history, wrote)? {
        let plan = history.take_back(&taken, |place| target.covers(place));
        let plan = plan.map_err(|error| damaged(&doc, &error))?;
        let taken = words.taken_back(target, &plan);
        return Ok(Part { doc, plan, taken });
    }
    let deleted = deletion(&history);
    let is_worked_on = !others.is_empty() && deleted.deletes();
    let plan = if is_worked_on { Plan::default() } else { deleted };
    let mut told = words.taken_back(target, &plan);
    told.deleted = plan.deletes();
    if is_worked_on {
        let written = others.iter().rev().take(NAMED).map(|step| words.written(*step)).collect();
        told.left.push(left("it was made by the device, and others worked on it since", written));
    }
    Ok(Part { doc, plan, taken: told })
}

/// Whether the device made a document, so that taking it back is deleting it.
fn is_made(
    core: &mut Core,
    workspace: &WorkspaceId,
    target: &Target,
    history: &History,
    wrote: &Wrote,
) -> Result<bool, ApiError> {
    // There is one of these, whoever wrote to it first.
    if target.curve.is_some() || matches!(history.kind(), DocKind::Dictionary | DocKind::Settings) {
        return Ok(false);
    }
    let entries = core.ledger(workspace)?.effective_entries(&target.doc);
    let mut opens = entries.iter().filter(|(_, kind)| *kind == EntryKind::Open);
    Ok(opens.all(|(id, _)| wrote.opens.contains(id)))
}

/// Plans a deletion; nothing when it is deleted already.
fn deletion(history: &History) -> Plan {
    let place = Place::Field(Map::Root, DELETED.to_owned());
    let reads = history.standing(&place).last().and_then(|reads| reads.value.clone());
    if reads == Some(Field::Bool(true)) {
        return Plan::default();
    }
    Plan { fields: vec![(place, reads, Some(Field::Bool(true)))], left: Vec::new() }
}

fn left(why: &str, written: Vec<crate::api::WrittenInfo>) -> LeftInfo {
    LeftInfo { place: None, value: None, why: why.to_owned(), written }
}

/// Leaves what something that stays is filed under, so that it is not hidden with it.
fn keep_used(core: &Core, workspace: &WorkspaceId, parts: &mut [Part]) -> Result<(), ApiError> {
    let mut statement = core.store.connection().prepare_cached(
        "SELECT id FROM runs WHERE workspace = ?1 AND well = ?2 AND deleted = 0
         UNION ALL SELECT id FROM attachments WHERE workspace = ?1 AND well = ?2 AND deleted = 0
         UNION ALL SELECT id FROM described WHERE workspace = ?1 AND well = ?2 AND deleted = 0
         UNION ALL SELECT id FROM wells WHERE workspace = ?1 AND project = ?2 AND deleted = 0",
    )?;
    loop {
        let going: BTreeSet<_> = parts.iter().filter(|part| part.taken.deleted).map(|part| part.doc).collect();
        let mut kept = false;
        for part in parts.iter_mut().filter(|part| part.taken.deleted) {
            let rows = statement
                .query_map(params![workspace.as_bytes(), part.doc.as_bytes()], |row| Ok(DocId(row.get(0)?)))?;
            let under: Vec<_> = rows.collect::<Result<_, _>>()?;
            if under.iter().any(|id| !going.contains(id)) {
                (part.plan, part.taken.deleted, kept) = (Plan::default(), false, true);
                part.taken.fields.clear();
                part.taken
                    .left
                    .push(left("it was made by the device, and something that stays is filed under it", Vec::new()));
            }
        }
        // What is kept may be filed under something itself.
        if !kept {
            return Ok(());
        }
    }
}
