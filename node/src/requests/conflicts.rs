//! Conflicts: listing them, showing one, deciding one, and how they are decided by themselves.

use dataforge_protocol::id::{DocId, PersonId, WorkspaceId};

use super::editing::check_value;
use super::log::Teller;
use super::people::People;
use crate::api::{
    ApiError, ConflictCandidate, ConflictChoice, ConflictInfo, ConflictPolicyReply, ConflictsRequest, ErrorKind,
    KindPolicy, Reply,
};
use crate::clock::rfc3339;
use crate::conflicts::{self, Alike, Choice, Conflict, FieldKind, Me, Pick, Policies, Side, Strategy};
use crate::core::{Core, Progress};
use crate::index::{Found, Index, SHORT};
use crate::node::Node;

/// Hex digits that an id is named by at least.
const MIN_PREFIX: usize = 4;

pub(super) async fn dispatch(node: &Node, workspace: WorkspaceId, ask: ConflictsRequest) -> Result<Reply, ApiError> {
    match ask {
        ConflictsRequest::List { target } => {
            let conflicts = node.with_core(move |core| list(core, workspace, target)).await?;
            Ok(Reply::Conflicts { conflicts })
        }
        ConflictsRequest::Show { conflict } => {
            let found = node.with_core(move |core| {
                let found = find(core, &workspace, &conflict)?;
                Tellers::of(core, workspace)?.tell(core, &found)
            });
            Ok(Reply::Conflict(found.await?))
        }
        ConflictsRequest::Resolve { conflict, choice } => {
            let (message, progress) =
                node.with_core(move |core| resolve(core, workspace, &conflict, choice.into())).await?;
            node.on_progress(workspace, &progress);
            Ok(Reply::Done { message })
        }
        ConflictsRequest::Policy { kind, strategy } => policy(node, workspace, kind, strategy).await,
    }
}

impl From<ConflictChoice> for Choice {
    fn from(choice: ConflictChoice) -> Self {
        match choice {
            ConflictChoice::Strategy => Self::ByStrategy,
            ConflictChoice::Mine => Self::Mine,
            ConflictChoice::Theirs => Self::Theirs,
            ConflictChoice::LastWriter => Self::LastWriter,
            ConflictChoice::Merge => Self::Merge,
            ConflictChoice::Value { value } => Self::Value(value),
            ConflictChoice::Candidate { number } => Self::Candidate(number),
            ConflictChoice::Keep => Self::Keep,
            ConflictChoice::Delete => Self::Delete,
        }
    }
}

/// Something to be decided.
enum Open {
    /// What several people wrote.
    Written(Conflict),
    /// What may be the same.
    Alike(Alike),
}

/// Lists what waits to be decided: all of it, or what concerns one thing.
///
/// # Errors
/// `NotFound` when there is no such thing, `Storage`.
pub(crate) fn list(
    core: &mut Core,
    workspace: WorkspaceId,
    target: Option<String>,
) -> Result<Vec<ConflictInfo>, ApiError> {
    let index = Index::new(core.store.connection(), workspace);
    let doc = target.map(|target| index.find(&target, true)).transpose()?.map(Found::doc);
    let written = conflicts::list(&core.store, &workspace, doc.as_ref())?;
    let concerns = |alike: &Alike| {
        doc.is_none_or(|doc| alike.well == Some(doc) || alike.things.iter().any(|thing| thing.doc == doc))
    };
    let alike = conflicts::alike(core, &workspace)?.into_iter().filter(concerns);
    let open: Vec<_> = written.into_iter().map(Open::Written).chain(alike.map(Open::Alike)).collect();
    let tellers = Tellers::of(core, workspace)?;
    open.iter().map(|open| tellers.tell(core, open)).collect()
}

/// Finds one by its id or the start of it.
fn find(core: &Core, workspace: &WorkspaceId, id: &str) -> Result<Open, ApiError> {
    if id.len() < MIN_PREFIX || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ApiError::new(ErrorKind::Usage, format!("{id:?} is no id of a conflict"))
            .hint("use at least four digits of one that dataforge conflicts lists"));
    }
    let mut found: Vec<_> = conflicts::beginning(&core.store, workspace, id)?.into_iter().map(Open::Written).collect();
    if found.is_empty() {
        let start = id.to_ascii_lowercase();
        let alike = conflicts::alike(core, workspace)?.into_iter().filter(|alike| alike.id.starts_with(&start));
        found.extend(alike.map(Open::Alike));
    }
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(ApiError::new(ErrorKind::NotFound, format!("there is no conflict {id:?}, or it is decided"))
            .hint("dataforge conflicts lists those that wait")),
        (Some(_), others) => {
            Err(ApiError::new(ErrorKind::Usage, format!("{id:?} begins the ids of {} conflicts", others + 1))
                .hint("use more digits"))
        }
    }
}

fn resolve(core: &mut Core, workspace: WorkspaceId, id: &str, choice: Choice) -> Result<(String, Progress), ApiError> {
    let open = find(core, &workspace, id)?;
    let told = Tellers::of(core, workspace)?.tell(core, &open)?;
    let role = core.role(&workspace)?;
    match open {
        Open::Written(conflict) => {
            if let Choice::Value(value) = &choice {
                check_value(conflict.kind, &conflict.field, value)?;
            }
            let me = core.public()?.person.id.to_string();
            let strategy = Policies::read(&core.store, &workspace)?.of(conflict.kind);
            let pick = conflicts::choose(&conflict, choice, strategy, Me { person: &me })?;
            let ((), progress) =
                core.write(&workspace, &[], |writer| conflicts::resolve(writer, &conflict, &pick, role))?;
            Ok((decided(&told, &pick), progress))
        }
        Open::Alike(alike) => {
            let position = match choice {
                Choice::Keep => None,
                Choice::Merge if alike.well.is_none() => Some(0),
                Choice::Candidate(number) => {
                    Some(usize::try_from(number).unwrap_or(usize::MAX).checked_sub(1).unwrap_or(usize::MAX))
                }
                _ => return Err(how_alike(&alike)),
            };
            let Some(position) = position else {
                let ((), progress) = core.write(&workspace, &[], |writer| conflicts::keep_apart(writer, &alike))?;
                return Ok(("they are not the same".to_owned(), progress));
            };
            let chosen = alike.things.get(position).ok_or_else(|| how_alike(&alike))?;
            let ((), progress) =
                core.write(&workspace, &[], |writer| conflicts::unite(writer, &workspace, &alike, chosen, role))?;
            let message = match alike.well {
                Some(_) => format!("{} stands for {}", chosen.name, alike.what),
                None => format!("they are one: {}", chosen.name),
            };
            Ok((message, progress))
        }
    }
}

fn how_alike(alike: &Alike) -> ApiError {
    let hint = match alike.well {
        Some(_) => "choose the curve that stands for the property with --candidate N, or --keep all of them",
        None => "choose the well that stays with --candidate N or --merge, or --keep both",
    };
    ApiError::new(ErrorKind::Usage, "this says nothing about things that may be the same").hint(hint)
}

fn decided(told: &ConflictInfo, pick: &Pick) -> String {
    let what =
        if told.field.is_empty() { told.document.clone() } else { format!("{} of {}", told.field, told.document) };
    match pick {
        Pick::Side(position) => match told.candidates.get(*position).and_then(|side| side.value.as_ref()) {
            Some(value) => format!("{what} is {value:?}"),
            None => format!("{what} is taken away"),
        },
        Pick::Text(text) => format!("{what} is {text:?}"),
        Pick::Keep => format!("{what} stays"),
        Pick::Delete => format!("{what} goes"),
    }
}

/// Names people, devices and documents.
struct Tellers {
    people: People,
    own: Option<PersonId>,
    policies: Policies,
    workspace: WorkspaceId,
}

impl Tellers {
    fn of(core: &mut Core, workspace: WorkspaceId) -> Result<Self, ApiError> {
        let policies = Policies::read(&core.store, &workspace)?;
        let own = core.public().ok().map(|public| public.person.id);
        Ok(Self { people: People::of(core, &workspace)?, own, policies, workspace })
    }

    fn tell(&self, core: &mut Core, open: &Open) -> Result<ConflictInfo, ApiError> {
        let (ledger, store) = core.ledger_and_store(&self.workspace)?;
        let teller = Teller { people: &self.people, ledger, store, workspace: self.workspace };
        let called = |doc: &DocId| teller.document(doc).unwrap_or_else(|| doc.fmt_short());
        let short = |id: &str| -> String { id.chars().take(SHORT).collect() };
        Ok(match open {
            Open::Written(conflict) => ConflictInfo {
                id: conflict.id.clone(),
                short: short(&conflict.id),
                about: conflict.about.as_str().to_owned(),
                kind: conflict.kind.map(FieldKind::as_str).unwrap_or_default().to_owned(),
                strategy: self.policies.of(conflict.kind).as_str().to_owned(),
                document_id: conflict.doc.to_string(),
                document: called(&conflict.doc),
                map: conflict.map.clone(),
                field: conflict.field.clone(),
                candidates: (1..).zip(&conflict.sides).map(|(number, side)| self.side(number, side)).collect(),
            },
            Open::Alike(alike) => ConflictInfo {
                id: alike.id.clone(),
                short: short(&alike.id),
                about: if alike.well.is_some() { "curves" } else { "wells" }.to_owned(),
                kind: String::new(),
                strategy: Strategy::Manual.as_str().to_owned(),
                document_id: alike.well.map(|well| well.to_string()).unwrap_or_default(),
                document: alike.well.as_ref().map(called).unwrap_or_default(),
                map: String::new(),
                field: alike.what.clone(),
                candidates: (1..).zip(&alike.things).map(|(number, thing)| like(number, thing)).collect(),
            },
        })
    }

    fn side(&self, number: u32, side: &Side) -> ConflictCandidate {
        let person = side.person.as_ref().and_then(|id| id.parse::<PersonId>().ok());
        let device = side.device.parse().ok();
        ConflictCandidate {
            number,
            value: side.value.clone(),
            reads: side.reads,
            removes: side.removes,
            edits: side.edits.clone(),
            change: side.change.clone(),
            entry: side.entry.clone(),
            person: person.map(|person| self.people.name(&person)).unwrap_or_default(),
            mine: person.is_some() && person == self.own,
            person_id: side.person.clone(),
            device_id: side.device.clone(),
            device: device.map(|device| self.people.device(&device)).unwrap_or_default(),
            claimed: rfc3339(side.claimed_ms),
            target: None,
        }
    }
}

fn like(number: u32, thing: &conflicts::Thing) -> ConflictCandidate {
    let target = match thing.ordinal {
        Some(ordinal) => format!("{}:{ordinal}", thing.doc.fmt_short()),
        None => thing.doc.to_string(),
    };
    ConflictCandidate {
        number,
        value: Some(thing.name.clone()),
        reads: false,
        removes: false,
        edits: Vec::new(),
        change: String::new(),
        entry: String::new(),
        person_id: None,
        person: String::new(),
        device_id: String::new(),
        device: String::new(),
        claimed: String::new(),
        mine: false,
        target: Some(target),
    }
}

async fn policy(
    node: &Node,
    workspace: WorkspaceId,
    kind: Option<String>,
    strategy: Option<String>,
) -> Result<Reply, ApiError> {
    let kind = kind.map(|word| kind_of(&word)).transpose()?;
    let strategy = strategy.map(|word| strategy_of(&word)).transpose()?;
    if let (Some(kind), Some(strategy)) = (kind, strategy) {
        let progress = node.with_core(move |core| {
            let ((), mut progress) =
                core.write(&workspace, &[], |writer| conflicts::set_policy(writer, kind, strategy))?;
            // What waited is decided now, where it is this device that does it.
            let settled = conflicts::settle(core, &workspace);
            progress.extend(settled);
            Ok(progress)
        });
        node.on_progress(workspace, &progress.await?);
    }
    let policies = node.with_core(move |core| Policies::read(&core.store, &workspace)).await?;
    let kinds = FieldKind::ALL.into_iter().filter(|known| kind.flatten().is_none_or(|kind| kind == *known));
    let kinds = kinds.map(|known| KindPolicy {
        kind: known.as_str().to_owned(),
        strategy: policies.of(Some(known)).as_str().to_owned(),
        own: policies.kinds.contains_key(&known),
    });
    let default = policies.default.as_str().to_owned();
    Ok(Reply::ConflictPolicy(ConflictPolicyReply { default, kinds: kinds.collect() }))
}

/// Returns the kind of field that a word means; none for all that have no strategy of their own.
fn kind_of(word: &str) -> Result<Option<FieldKind>, ApiError> {
    if word == conflicts::DEFAULT {
        return Ok(None);
    }
    let words = FieldKind::ALL.map(FieldKind::as_str).join(", ");
    let unknown = || {
        ApiError::new(ErrorKind::Usage, format!("there is no kind of field {word:?}"))
            .hint(format!("kinds are: default, {words}"))
    };
    FieldKind::from_word(word).map(Some).ok_or_else(unknown)
}

/// Returns the strategy that a word means; none for that of the default.
fn strategy_of(word: &str) -> Result<Option<Strategy>, ApiError> {
    if word == conflicts::DEFAULT {
        return Ok(None);
    }
    let words = Strategy::ALL.map(Strategy::as_str).join(", ");
    let unknown = || {
        ApiError::new(ErrorKind::Usage, format!("there is no strategy {word:?}"))
            .hint(format!("strategies are: {words}, or default"))
    };
    Strategy::from_word(word).map(Some).ok_or_else(unknown)
}
