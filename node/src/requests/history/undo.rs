//! Undo and redo of this person's own changes.
//!
//! Without a target the changes of this device are gone through, the newest first; with one all of the
//! person's to it, whichever device made them. That a change is an undo is known on the device that
//! made it only: to others it is a change like any other.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use dataforge_protocol::document::history::{History, Plan, Step, Undone};
use dataforge_protocol::document::{Map, Place};
use dataforge_protocol::facts::DocKind;
use dataforge_protocol::id::{DocId, EntryId, PersonId, WorkspaceId};
use rusqlite::params;

use super::target::{damaged, read};
use super::told::Words;
use super::{Target, called, check_role, last, reply, write};
use crate::api::{ApiError, ErrorKind, TakenBackReply};
use crate::core::{Core, Progress};
use crate::requests::people::People;

/// Own changes that are looked at, the newest.
const MOST: u32 = 1_000;

/// Whether a change is what is to be undone or redone.
enum Verdict {
    /// It is.
    Take(Plan),
    /// It is not, and an earlier one may be.
    PassOver,
    /// It is not, and no earlier one is.
    End,
    /// It made its document.
    Made,
}

pub(super) fn undo(
    core: &mut Core,
    workspace: WorkspaceId,
    target: Option<&str>,
    redo: bool,
) -> Result<(TakenBackReply, Progress), ApiError> {
    let people = People::of(core, &workspace)?;
    let (me, _) = people.me()?;
    let candidates = match target {
        Some(text) => {
            let target = Target::find(core, &workspace, text)?;
            own_of(core, &workspace, &target, &me)?
        }
        None => own_of_device(core, &workspace)?,
    };
    let table = core.store.undone(&workspace)?;
    let mut scenes: BTreeMap<DocId, (History, Undone)> = BTreeMap::new();
    for (doc, entry) in candidates {
        let scene = match scenes.entry(doc) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let history = read(core, &workspace, &doc)?;
                let undone = history.undone(&table);
                unknown.insert((history, undone))
            }
        };
        let (history, undone) = &*scene;
        let Some(step) = history.find(&entry) else { continue };
        match judge(history, undone, step, redo, &doc)? {
            Verdict::Take(plan) => {
                let words = Words { people: &people, history };
                return take(core, workspace, (doc, step), &plan, &words, redo);
            }
            Verdict::PassOver => {}
            Verdict::End => break,
            Verdict::Made => {
                let name = called(core, &workspace, &people, &doc)?;
                return Err(ApiError::new(ErrorKind::Usage, format!("the last of your changes made {name}")).hint(
                    "dataforge delete takes that away (admins may); dataforge undo TARGET looks at one thing only",
                ));
            }
        }
    }
    let word = if redo { "redo" } else { "undo" };
    Err(ApiError::new(ErrorKind::NotFound, format!("there is nothing of yours to {word}"))
        .hint("what others wrote since stays: dataforge log TARGET shows it"))
}

/// The person's changes of one thing, the newest first.
fn own_of(
    core: &mut Core,
    workspace: &WorkspaceId,
    target: &Target,
    me: &PersonId,
) -> Result<Vec<(DocId, EntryId)>, ApiError> {
    let history = read(core, workspace, &target.doc)?;
    let is_own =
        |step: &&Step| step.carried.person == Some(*me) && step.wrote.iter().any(|wrote| target.covers(&wrote.place));
    let own = history.steps().iter().rev().filter(is_own).map(|step| (target.doc, step.carried.entry));
    Ok(own.take(MOST as usize).collect())
}

/// The changes that this device wrote, the newest first.
fn own_of_device(core: &Core, workspace: &WorkspaceId) -> Result<Vec<(DocId, EntryId)>, ApiError> {
    let Some(device) = core.device() else { return Ok(Vec::new()) };
    let mut statement = core.store.connection().prepare_cached(
        "SELECT doc, id FROM entries WHERE workspace = ?1 AND device = ?2 AND kind = 2 AND outcome = 0
         ORDER BY position DESC LIMIT ?3",
    )?;
    let rows = statement.query_map(params![workspace.as_bytes(), device.as_bytes(), MOST], |row| {
        Ok((DocId(row.get(0)?), EntryId(row.get(1)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn judge(history: &History, undone: &Undone, step: usize, redo: bool, doc: &DocId) -> Result<Verdict, ApiError> {
    let plan = || -> Result<Verdict, ApiError> {
        let plan = history.undo(step, undone).map_err(|error| damaged(doc, &error))?;
        Ok(if plan.fields.is_empty() { Verdict::PassOver } else { Verdict::Take(plan) })
    };
    if redo && undone.can_redo(step) {
        return plan();
    }
    let Some(told) = history.steps().get(step) else { return Ok(Verdict::PassOver) };
    let is_table = |place: &Place| matches!(place, Place::Field(Map::Renditions, _));
    // Tables come by importing and gridding, which is no edit.
    if undone.is_undo(step) || undone.is_undone(step) || told.wrote.iter().all(|wrote| is_table(&wrote.place)) {
        return Ok(Verdict::PassOver);
    }
    if redo {
        return Ok(Verdict::End);
    }
    // There is one of these, whoever wrote to it first.
    let is_one = matches!(history.kind(), DocKind::Dictionary | DocKind::Settings);
    if told.is_first && !is_one { Ok(Verdict::Made) } else { plan() }
}

fn take(
    core: &mut Core,
    workspace: WorkspaceId,
    (doc, step): (DocId, usize),
    plan: &Plan,
    words: &Words<'_>,
    redo: bool,
) -> Result<(TakenBackReply, Progress), ApiError> {
    check_role(core, &workspace, plan.deletes())?;
    let name = called(core, &workspace, words.people, &doc)?;
    let mut taken = words.taken_back(&Target { doc, curve: None, name }, plan);
    taken.undone = Some(words.written(step));
    let undoes = words.history.steps().get(step).map(|step| step.carried.entry);
    let (entries, progress) = core.write(&workspace, &[], |writer| {
        let entries = write(writer, doc, plan)?;
        for (entry, undoes) in entries.iter().zip(undoes.iter().cycle()) {
            writer.store().note_undone(&workspace, entry, undoes)?;
        }
        Ok(entries)
    })?;
    taken.entry = last(&entries);
    Ok((reply(if redo { "redo" } else { "undo" }, vec![taken]), progress))
}
