//! Earlier states: who wrote what, what differs, and going back by new changes.
//!
//! All of it comes from [`History`], which reads the changes of one document once. What is written
//! goes the way of every edit, so it counts and converges as any other change does.

mod entries;
mod revert;
mod state;
mod target;
mod told;
mod undo;

use dataforge_protocol::document::Place;
use dataforge_protocol::document::history::{History, Plan, differing};
use dataforge_protocol::id::{DocId, EntryId, WorkspaceId};
use dataforge_protocol::op::Role;

pub(super) use self::entries::of_one;
use self::state::{State, state};
pub(super) use self::target::Target;
use self::target::{damaged, read};
pub(super) use self::told::place_info;
use self::told::{Words, value};
use super::log::Teller;
use super::people::People;
use crate::api::{
    ApiError, BlameInfo, BlameReply, DiffReply, ErrorKind, HistoryRequest, PlaceChange, Reply, TakenBack,
    TakenBackReply,
};
use crate::core::{Core, Progress, Writer};
use crate::node::Node;

pub(super) async fn dispatch(node: &Node, workspace: WorkspaceId, ask: HistoryRequest) -> Result<Reply, ApiError> {
    let (reply, progress) = node.with_core(move |core| answer(core, workspace, ask)).await?;
    node.on_progress(workspace, &progress);
    Ok(reply)
}

/// Answers a request; says what was written for it.
fn answer(core: &mut Core, workspace: WorkspaceId, ask: HistoryRequest) -> Result<(Reply, Progress), ApiError> {
    let none = |reply| (reply, Progress::default());
    let taken_back = |(reply, progress)| (Reply::TakenBack(reply), progress);
    match ask {
        HistoryRequest::Blame { target, at } => {
            blame(core, workspace, target, at.as_deref()).map(Reply::Blame).map(none)
        }
        HistoryRequest::Diff { target, from, to } => {
            diff(core, workspace, target, &from, to.as_deref()).map(Reply::Diff).map(none)
        }
        HistoryRequest::RestoreAt { target, at } => restore(core, workspace, &target, &at).map(taken_back),
        HistoryRequest::Undo { target, redo } => undo::undo(core, workspace, target.as_deref(), redo).map(taken_back),
        HistoryRequest::Revert { device, after, target, dry_run } => {
            let asked = revert::Asked { device, after, target, dry_run };
            revert::revert(core, workspace, &asked).map(taken_back)
        }
    }
}

/// The history of what a user named.
struct Scene {
    target: Target,
    history: History,
    people: People,
}

impl Scene {
    fn open(core: &mut Core, workspace: &WorkspaceId, text: &str) -> Result<Self, ApiError> {
        let target = Target::find(core, workspace, text)?;
        let people = People::of(core, workspace)?;
        let history = read(core, workspace, &target.doc)?;
        Ok(Self { target, history, people })
    }

    fn state(&self, core: &mut Core, workspace: &WorkspaceId, text: &str) -> Result<State, ApiError> {
        state(core, workspace, &self.target, &self.history, text)
    }

    fn words(&self) -> Words<'_> {
        Words { people: &self.people, history: &self.history }
    }
}

fn blame(core: &mut Core, workspace: WorkspaceId, target: String, at: Option<&str>) -> Result<BlameReply, ApiError> {
    let mut scene = Scene::open(core, &workspace, &target)?;
    let doc = scene.target.doc;
    if let Some(at) = at {
        let state = scene.state(core, &workspace, at)?;
        scene.history = scene.history.until(&state.steps).map_err(|error| damaged(&doc, &error))?;
    }
    let (history, words) = (&scene.history, scene.words());
    let places: Vec<_> = history.places().filter(|place| scene.target.covers(place)).collect();
    // Texts are not known from single changes.
    let is_text = |place: &&&Place| matches!(place, Place::Text(_));
    let document = places.iter().find(is_text).map(|_| history.now()).transpose();
    let document = document.map_err(|error| damaged(&doc, &error))?;
    let mut fields = Vec::new();
    for place in places {
        let place_info = place_info(place);
        let info = match (place, &document) {
            (Place::Text(text), Some(document)) => {
                let value = document.long_text(*text);
                let last = history.writers(place).last().filter(|_| !value.is_empty());
                last.map(|last| BlameInfo {
                    place: place_info,
                    value,
                    written: words.written(*last),
                    beside: Vec::new(),
                })
            }
            _ => {
                let told = |standing: &dataforge_protocol::document::history::Standing| {
                    (value(place, standing.value.as_ref()), words.written(standing.step))
                };
                history.standing(place).split_last().map(|(reads, beside)| {
                    let (value, written) = told(reads);
                    BlameInfo { place: place_info, value, written, beside: beside.iter().map(told).collect() }
                })
            }
        };
        fields.extend(info);
    }
    let steps: Vec<_> = (0..history.steps().len()).collect();
    let state = words.state(at.unwrap_or_default(), &steps);
    Ok(BlameReply { target, state, fields })
}

fn diff(
    core: &mut Core,
    workspace: WorkspaceId,
    target: String,
    from: &str,
    to: Option<&str>,
) -> Result<DiffReply, ApiError> {
    let scene = Scene::open(core, &workspace, &target)?;
    let from_state = scene.state(core, &workspace, from)?;
    let to_state = match to {
        Some(to) => scene.state(core, &workspace, to)?,
        None => State { steps: (0..scene.history.steps().len()).collect() },
    };
    let values = |state: &State| {
        let built = scene.history.document(&state.steps);
        built.map(|document| document.values()).map_err(|error| damaged(&scene.target.doc, &error))
    };
    let (before, after) = (values(&from_state)?, values(&to_state)?);
    let places = differing(&before, &after).into_iter().filter(|place| scene.target.covers(place));
    let change = |place: Place| PlaceChange {
        place: place_info(&place),
        before: before.get(&place).map(|field| value(&place, Some(field))),
        after: after.get(&place).map(|field| value(&place, Some(field))),
        ..PlaceChange::default()
    };
    let fields = places.map(change).collect();
    let words = scene.words();
    Ok(DiffReply {
        target,
        from: words.state(from, &from_state.steps),
        to: words.state(to.unwrap_or_default(), &to_state.steps),
        fields,
    })
}

fn restore(
    core: &mut Core,
    workspace: WorkspaceId,
    target: &str,
    at: &str,
) -> Result<(TakenBackReply, Progress), ApiError> {
    let scene = Scene::open(core, &workspace, target)?;
    let state = scene.state(core, &workspace, at)?;
    let plan = scene.history.restore(&state.steps, |place| scene.target.covers(place));
    let plan = plan.map_err(|error| damaged(&scene.target.doc, &error))?;
    let mut taken = scene.words().taken_back(&scene.target, &plan);
    let mut progress = Progress::default();
    if !plan.fields.is_empty() {
        check_role(core, &workspace, plan.deletes())?;
        let doc = scene.target.doc;
        let (entries, done) = core.write(&workspace, &[], |writer| write(writer, doc, &plan))?;
        (taken.entry, progress) = (last(&entries), done);
    }
    Ok((reply("restore", vec![taken]), progress))
}

fn reply(deed: &str, documents: Vec<TakenBack>) -> TakenBackReply {
    TakenBackReply { deed: deed.to_owned(), dry_run: false, documents }
}

/// Returns what a document is called.
fn called(core: &mut Core, workspace: &WorkspaceId, people: &People, doc: &DocId) -> Result<String, ApiError> {
    let (ledger, store) = core.ledger_and_store(workspace)?;
    Ok(Teller { people, ledger, store, workspace: *workspace }.called(doc))
}

/// Writes a plan; returns the entries: one, unless there is very much to write.
fn write(writer: &mut Writer<'_>, doc: DocId, plan: &Plan) -> Result<Vec<EntryId>, ApiError> {
    let before = writer.entries().len();
    let known = if plan.deletes() { writer.known_with(&doc)? } else { Vec::new() };
    writer.edit(doc, &known, Vec::new(), |document, actor| plan.write(document, actor))?;
    Ok(writer.entries().get(before..).unwrap_or_default().to_vec())
}

/// Returns the entry that a reply names: the last one.
fn last(entries: &[EntryId]) -> Option<String> {
    entries.last().map(EntryId::to_string)
}

/// Refuses who may not write it.
fn check_role(core: &mut Core, workspace: &WorkspaceId, deletes: bool) -> Result<(), ApiError> {
    let role = core.role(workspace)?;
    if role.is_none_or(|role| role < Role::Editor) {
        return Err(ApiError::new(ErrorKind::NotAllowed, "your role in this workspace does not allow changes")
            .hint("ask an admin or owner for the role of an editor"));
    }
    if deletes && role < Some(Role::Admin) {
        return Err(ApiError::new(
            ErrorKind::NotAllowed,
            "deleting, and taking a deletion back, needs the role of an admin",
        )
        .hint("ask an admin or owner to do it"));
    }
    Ok(())
}
