//! Late work: what restrictions leave out, and bringing it in.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::id::{DeviceId, EntryId, PersonId, WorkspaceId};
use dataforge_protocol::ledger::{LateWork, Outcome};
use dataforge_protocol::limits::MAX_CUT;
use dataforge_protocol::op::{Cut, CutAt, ExtendCut, Op, Role};

use super::names::{People, find_entry};
use super::tell::reason;
use super::{not_allowed, usage};
use crate::api::{AcceptedReply, ApiError, ErrorKind, LateEntry, LateInfo, Reply};
use crate::core::{Core, Progress};
use crate::node::Node;
use crate::requests::log::Teller;

/// Entries listed one by one for each device.
const LISTED: usize = 1_000;
/// Entries of which it is said why they are still left out.
const EXPLAINED: usize = 10;

pub(super) async fn list(node: &Node, workspace: WorkspaceId) -> Result<Reply, ApiError> {
    let limits = node.config().late_work;
    let listed = node.with_core(move |core| {
        let people = People::of(core, &workspace)?;
        let (ledger, store) = core.ledger_and_store(&workspace)?;
        let teller = Teller { people: &people, ledger, store, workspace };
        let mut all =
            teller.ledger.late_work().iter().map(|work| info(&teller, work)).collect::<Result<Vec<_>, _>>()?;
        all.sort_by(|a, b| (&a.person, &a.label, &a.device_id).cmp(&(&b.person, &b.label, &b.device_id)));
        Ok((all, crate::aside::quota(core, &workspace, &limits)?))
    });
    let (late_work, quota) = listed.await?;
    Ok(Reply::LateWork { late_work, quota })
}

fn info(teller: &Teller<'_>, work: &LateWork) -> Result<LateInfo, ApiError> {
    let Teller { people, ledger, store, .. } = *teller;
    let mut listed = Vec::new();
    for id in work.entries.iter().take(LISTED) {
        if let Some(told) = teller.entry(id)? {
            listed.push(LateEntry { id: told.id, claimed: told.claimed, summary: told.summary });
        }
    }
    let time = |id: Option<&EntryId>| -> Result<String, ApiError> {
        let times = id.map(|id| store.entry_times(id)).transpose()?.flatten();
        Ok(times.map_or_else(String::new, |(claimed, _)| crate::clock::rfc3339(claimed)))
    };
    let known = people.get(&work.person).and_then(|known| known.devices.get(&work.device));
    Ok(LateInfo {
        device_id: work.device.to_string(),
        label: known.map_or_else(|| work.device.fmt_short(), |known| known.label.clone()),
        person_id: work.person.to_string(),
        person: people.name(&work.person),
        restrictions: work.restrictions.iter().map(|op| people.op_info(ledger, store, op)).collect::<Result<_, _>>()?,
        entries: work.entries.len() as u64,
        first: time(work.entries.first())?,
        last: time(work.entries.last())?,
        documents: documents(teller, &work.entries),
        work: listed,
    })
}

/// Returns what the documents of some entries are called.
fn documents(teller: &Teller<'_>, entries: &[EntryId]) -> Vec<String> {
    let docs: BTreeSet<_> = entries.iter().filter_map(|id| teller.ledger.doc_of(id)).collect();
    let name = |doc| teller.document(doc).unwrap_or_else(|| format!("something new ({})", doc.fmt_short()));
    let names: BTreeSet<String> = docs.iter().map(name).collect();
    names.into_iter().collect()
}

pub(super) async fn accept(
    node: &Node,
    workspace: WorkspaceId,
    of: Option<String>,
    until: Option<String>,
) -> Result<Reply, ApiError> {
    let done = node.with_core(move |core| bring_in(core, workspace, of.as_deref(), until.as_deref()));
    let (reply, progress) = done.await?;
    node.on_progress(workspace, &progress);
    Ok(Reply::Accepted(reply))
}

/// Whose late work is meant.
enum Of {
    All,
    Person(PersonId),
    Device(DeviceId),
}

fn whose(people: &People, of: Option<&str>) -> Result<Of, ApiError> {
    let Some(text) = of else { return Ok(Of::All) };
    match (people.find(text, false), people.find_device(text, false)) {
        (Ok(_), Ok((_, device))) if text.contains('/') => Ok(Of::Device(device)),
        (Ok(person), _) => Ok(Of::Person(person)),
        (Err(_), Ok((_, device))) => Ok(Of::Device(device)),
        (Err(error), Err(other)) => match (error.kind, other.kind) {
            (ErrorKind::Usage, _) => Err(error),
            (_, ErrorKind::Usage) => Err(other),
            _ => Err(ApiError::new(ErrorKind::NotFound, format!("there is no person or device {text:?}"))
                .hint("dataforge late-work lists whose work is left out")),
        },
    }
}

fn bring_in(
    core: &mut Core,
    workspace: WorkspaceId,
    of: Option<&str>,
    until: Option<&str>,
) -> Result<(AcceptedReply, Progress), ApiError> {
    let people = People::of(core, &workspace)?;
    let work = chosen(core, &workspace, &people, of, until)?;
    let mut progress = Progress::default();
    let mut ops = Vec::new();
    for (removal, places) in restricted(core, &workspace, &people, &work)? {
        for places in places.chunks(MAX_CUT) {
            let op = Op::ExtendCut(ExtendCut { removal, cut: Cut::new(places.to_vec()) });
            let (id, done) = core.write(&workspace, &[], |writer| writer.op(&op))?;
            ops.push(id.to_string());
            progress.extend(done);
        }
    }
    let (ledger, store) = core.ledger_and_store(&workspace)?;
    let teller = Teller { people: &people, ledger, store, workspace };
    let all = work.iter().flat_map(|work| &work.entries).copied();
    let (counted, left): (Vec<_>, Vec<_>) =
        all.partition(|id| matches!(teller.ledger.outcome(id), Some(Outcome::Accepted | Outcome::Inert(_))));
    let why = |id: &EntryId| {
        let why = teller.ledger.explain(id).map(|why| reason(&people, teller.ledger, id, &why).why);
        (id.to_string(), why.unwrap_or_default())
    };
    let reply = AcceptedReply {
        ops,
        entries: counted.len() as u64,
        documents: documents(&teller, &counted),
        left: left.iter().take(EXPLAINED).map(why).collect(),
    };
    Ok((reply, progress))
}

/// Returns the late work that is meant.
fn chosen(
    core: &mut Core,
    workspace: &WorkspaceId,
    people: &People,
    of: Option<&str>,
    until: Option<&str>,
) -> Result<Vec<LateWork>, ApiError> {
    let whose = whose(people, of)?;
    let ledger = core.ledger(workspace)?;
    let mut work = ledger.late_work();
    work.retain(|work| match whose {
        Of::All => true,
        Of::Person(person) => work.person == person,
        Of::Device(device) => work.device == device,
    });
    if let Some(until) = until {
        let last = find_entry(ledger, until)?;
        work.retain_mut(|work| match work.entries.iter().position(|id| *id == last) {
            Some(at) => {
                work.entries.truncate(at + 1);
                true
            }
            None => false,
        });
        if work.is_empty() {
            return Err(usage(
                format!("the entry {until:?} is not among that late work"),
                "dataforge late-work --entries lists the entries",
            ));
        }
    }
    if work.is_empty() {
        return Err(ApiError::new(ErrorKind::NotFound, "there is no such late work")
            .hint("dataforge late-work lists what is left out"));
    }
    Ok(work)
}

/// Returns the places that come in, by the restriction whose cut is extended.
fn restricted(
    core: &mut Core,
    workspace: &WorkspaceId,
    people: &People,
    work: &[LateWork],
) -> Result<BTreeMap<EntryId, Vec<CutAt>>, ApiError> {
    let (_, me) = people.me()?;
    let role = me.role.unwrap_or(Role::Viewer);
    if role < Role::Admin {
        return Err(not_allowed(
            format!("bringing late work in needs the role of an admin; you are {role}"),
            "dataforge members shows who is admin or owner: ask one of them",
        ));
    }
    let ledger = core.ledger(workspace)?;
    let mut places: BTreeMap<EntryId, Vec<CutAt>> = BTreeMap::new();
    for work in work {
        // The cut of any restriction that applies will do: take one that this person may extend.
        let may = |op: &&EntryId| match ledger.op(op) {
            Some(Op::Recover(_)) => role == Role::Owner,
            _ => ledger.rank_of(op).is_some_and(|rank| rank <= role.rank()),
        };
        let restriction = work.restrictions.iter().find(may).ok_or_else(|| {
            not_allowed(
                format!("an owner left out the work of {}, and you are {role}", people.name(&work.person)),
                "ask an owner to bring it in",
            )
        })?;
        places.entry(*restriction).or_default().extend(ledger.cut_for(work).places());
    }
    Ok(places)
}
