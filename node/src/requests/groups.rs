//! Groups of people: names for several, kept in the settings of the workspace.
//!
//! A group grants nothing. Where a role is given to one, each of its people gets an op of their own.

use std::collections::BTreeSet;

use dataforge_protocol::document::{Edit, EngineError, Group, GroupsState};
use dataforge_protocol::facts::Facts;
use dataforge_protocol::id::{PersonId, WorkspaceId};
use dataforge_protocol::op::{Role, is_name};
use dataforge_protocol::ticket::fingerprint;

use crate::api::{ApiError, ErrorKind, GroupInfo, GroupPerson, GroupRequest, Reply};
use crate::clock::random_bytes;
use crate::core::{Core, Writer};
use crate::index::materialise;
use crate::node::Node;
use crate::requests::people::{People, find_person};

/// What a group is marked with where a person may stand.
pub(super) const SIGN: char = '@';
/// Groups of one workspace, when one is made.
const MAX_GROUPS: usize = 256;
/// People of one group, when some are added.
const MAX_PEOPLE: usize = 256;
/// Hex digits from which on a group may be named by its id.
const MIN_PREFIX: usize = 4;

pub(super) async fn dispatch(node: &Node, workspace: WorkspaceId, ask: GroupRequest) -> Result<Reply, ApiError> {
    match ask {
        GroupRequest::List => list(node, workspace, None).await,
        GroupRequest::Create { name, people } => create(node, workspace, name, people).await,
        GroupRequest::Rename { group, name } => rename(node, workspace, group, name).await,
        GroupRequest::Delete { group } => {
            let message = format!("the group {} is gone; its people stay what they are", bare(&group));
            edit(node, workspace, message, move |core| {
                let (id, _) = find(core, &workspace, &group)?;
                Ok(move |writer: &mut Writer<'_>| write(writer, |edit| edit.delete_group(&id)))
            })
            .await
        }
        GroupRequest::Put { group, people, on } => put(node, workspace, group, people, on).await,
    }
}

fn usage(message: impl Into<String>, hint: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::Usage, message).hint(hint)
}

/// The name of a group without its sign.
fn bare(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix(SIGN).unwrap_or(text)
}

fn groups(core: &mut Core, workspace: &WorkspaceId) -> Result<GroupsState, ApiError> {
    let (ledger, store) = core.ledger_and_store(workspace)?;
    let settings = materialise(store, ledger, &Facts::Settings.doc_id())?;
    Ok(settings.as_ref().map(GroupsState::read).unwrap_or_default())
}

/// Finds a group by name, with or without its sign, or by the start of its id.
///
/// # Errors
/// `NotFound` when there is none, `Usage` when several match.
pub(super) fn find(core: &mut Core, workspace: &WorkspaceId, text: &str) -> Result<(String, Group), ApiError> {
    let all = groups(core, workspace)?.groups;
    let text = bare(text);
    let mut found: Vec<_> = all.iter().filter(|(_, group)| group.name == text).collect();
    if found.is_empty() {
        let is_start = |id: &str| text.len() >= MIN_PREFIX && id.starts_with(&text.to_ascii_lowercase());
        found = all.iter().filter(|(id, group)| group.name.eq_ignore_ascii_case(text) || is_start(id)).collect();
    }
    match found.as_slice() {
        [(id, group)] => Ok(((*id).clone(), (*group).clone())),
        [] => {
            let names: Vec<_> = all.values().map(|group| group.name.as_str()).collect();
            let hint = if names.is_empty() {
                "there are none yet: dataforge groups create NAME makes one".to_owned()
            } else {
                format!("there are: {}", names.join(", "))
            };
            Err(ApiError::new(ErrorKind::NotFound, format!("there is no group {text:?}")).hint(hint))
        }
        several => {
            let ids: Vec<_> = several.iter().map(|(id, _)| id.as_str()).collect();
            Err(usage(
                format!("{} groups are called {text:?}", several.len()),
                format!("use an id: {}", ids.join(", ")),
            ))
        }
    }
}

async fn list(node: &Node, workspace: WorkspaceId, only: Option<String>) -> Result<Reply, ApiError> {
    let groups = node.with_core(move |core| {
        let people = People::of(core, &workspace)?;
        let all = groups(core, &workspace)?.groups.into_iter();
        let wanted = all.filter(|(id, _)| only.as_ref().is_none_or(|only| only == id));
        let mut infos: Vec<_> = wanted.map(|(id, group)| info(&people, id, &group)).collect();
        infos.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(infos)
    });
    Ok(Reply::Groups { groups: groups.await? })
}

fn info(people: &People, id: String, group: &Group) -> GroupInfo {
    let person = |person: &PersonId| GroupPerson {
        person_id: person.to_string(),
        name: people.name(person),
        fingerprint: fingerprint(person),
        role: people.all().get(person).and_then(|known| known.role).map_or("none", Role::as_str).to_owned(),
    };
    let mut list: Vec<_> = group.people.iter().map(person).collect();
    list.sort_by(|a, b| (&a.name, &a.person_id).cmp(&(&b.name, &b.person_id)));
    GroupInfo { id, name: group.name.clone(), people: list }
}

/// Changes the settings of a workspace, which are opened with the first.
fn write(
    writer: &mut Writer<'_>,
    change: impl FnOnce(&mut Edit<'_, '_>) -> Result<(), EngineError>,
) -> Result<(), ApiError> {
    let (doc, _) = writer.open(&Facts::Settings, Vec::new())?;
    writer.edit(doc, &[], Vec::new(), |document, actor| Ok(document.edit(actor, change)?.into_iter().collect()))?;
    Ok(())
}

/// Finds out what to write, writes it, and tells peers and listeners.
async fn edit<W>(
    node: &Node,
    workspace: WorkspaceId,
    message: String,
    plan: impl FnOnce(&mut Core) -> Result<W, ApiError> + Send + 'static,
) -> Result<Reply, ApiError>
where
    W: FnOnce(&mut Writer<'_>) -> Result<(), ApiError> + 'static,
{
    let progress = node
        .with_core(move |core| {
            let work = plan(core)?;
            Ok(core.write(&workspace, &[], work)?.1)
        })
        .await?;
    node.on_progress(workspace, &progress);
    Ok(Reply::Done { message })
}

/// Refuses what cannot be the name of a group here.
fn check_name(core: &mut Core, workspace: &WorkspaceId, name: &str, except: Option<&str>) -> Result<(), ApiError> {
    if !is_name(name) || name.starts_with(SIGN) {
        return Err(usage(
            format!("{name:?} cannot be used as a name"),
            format!("use 1 to 120 characters without control characters and without {SIGN} before them"),
        ));
    }
    let taken = groups(core, workspace)?
        .groups
        .into_iter()
        .any(|(id, group)| group.name.eq_ignore_ascii_case(name) && Some(id.as_str()) != except);
    if taken {
        return Err(usage(format!("there is a group {name:?} already"), "dataforge groups lists them"));
    }
    Ok(())
}

fn people_named(core: &mut Core, workspace: &WorkspaceId, names: &[String]) -> Result<BTreeSet<PersonId>, ApiError> {
    let people = People::of(core, workspace)?;
    names.iter().map(|name| find_person(&people, name)).collect()
}

fn check_count(count: usize) -> Result<(), ApiError> {
    if count > MAX_PEOPLE {
        return Err(usage(format!("a group has {MAX_PEOPLE} people at most"), "make a second one"));
    }
    Ok(())
}

async fn create(node: &Node, workspace: WorkspaceId, name: String, people: Vec<String>) -> Result<Reply, ApiError> {
    let id = data_encoding::HEXLOWER.encode(random_bytes()?.split_at(8).0);
    let made = id.clone();
    edit(node, workspace, String::new(), move |core| {
        check_name(core, &workspace, &name, None)?;
        if groups(core, &workspace)?.groups.len() >= MAX_GROUPS {
            return Err(usage(format!("there are {MAX_GROUPS} groups already"), "delete one first"));
        }
        let people = people_named(core, &workspace, &people)?;
        check_count(people.len())?;
        Ok(move |writer: &mut Writer<'_>| {
            write(writer, |edit| {
                edit.name_group(&made, &name)?;
                people.iter().try_for_each(|person| edit.set_in_group(&made, person, true))
            })
        })
    })
    .await?;
    list(node, workspace, Some(id)).await
}

async fn rename(node: &Node, workspace: WorkspaceId, group: String, name: String) -> Result<Reply, ApiError> {
    let message = format!("the group {} is called {name} now", bare(&group));
    edit(node, workspace, message, move |core| {
        let (id, _) = find(core, &workspace, &group)?;
        check_name(core, &workspace, &name, Some(&id))?;
        Ok(move |writer: &mut Writer<'_>| write(writer, |edit| edit.name_group(&id, &name)))
    })
    .await
}

async fn put(
    node: &Node,
    workspace: WorkspaceId,
    group: String,
    people: Vec<String>,
    on: bool,
) -> Result<Reply, ApiError> {
    let message = format!("{} {} {}", people.join(", "), if on { "in" } else { "out of" }, bare(&group));
    edit(node, workspace, message, move |core| {
        let (id, before) = find(core, &workspace, &group)?;
        let people = people_named(core, &workspace, &people)?;
        if on {
            check_count(before.people.union(&people).count())?;
        }
        Ok(move |writer: &mut Writer<'_>| {
            write(writer, |edit| people.iter().try_for_each(|person| edit.set_in_group(&id, person, on)))
        })
    })
    .await
}
