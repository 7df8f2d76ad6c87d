//! Roles: giving another one, removing, leaving, handing over.
//!
//! The rules are the ledger's; what is checked here first is said in words a person can act on.

use dataforge_protocol::id::{PersonId, WorkspaceId};
use dataforge_protocol::ledger::KnownPerson;
use dataforge_protocol::op::{Cut, Leave, Op, Remove, Role, SetRole, Transfer, UnknownRole};

use super::names::People;
use super::{not_allowed, usage};
use crate::api::{ApiError, ErrorKind, Reply, WroteReply};
use crate::core::{Core, Progress};
use crate::node::Node;

type Wrote = (WroteReply, Progress);

/// What becomes of later work, for the end of a message.
pub(super) const LATER: &str =
    "what came here up to now counts; what comes later is set aside: dataforge late-work shows it";

/// Writes one op, with what it does in words.
pub(super) fn write_op(core: &mut Core, workspace: &WorkspaceId, op: &Op, message: String) -> Result<Wrote, ApiError> {
    let (entry, progress) = core.write(workspace, &[], |writer| writer.op(op))?;
    Ok((WroteReply { entry: entry.to_string(), message }, progress))
}

pub(super) fn cut_of(core: &mut Core, workspace: &WorkspaceId, person: &KnownPerson) -> Result<Cut, ApiError> {
    Ok(core.ledger(workspace)?.cut_of(person.devices.keys().copied()))
}

fn is_only_owner(people: &People, person: &PersonId) -> bool {
    let is_owner = |known: &KnownPerson| known.role == Some(Role::Owner);
    people.get(person).is_some_and(is_owner) && people.all().values().filter(|known| is_owner(known)).count() == 1
}

fn only_owner() -> ApiError {
    not_allowed(
        "you are the only owner: without you nobody could manage the workspace",
        "hand it over first (dataforge transfer MEMBER) or make somebody owner beside you (dataforge role MEMBER owner)",
    )
}

/// This person must manage members and stand above another.
pub(super) fn check_above(people: &People, other: &PersonId) -> Result<Role, ApiError> {
    let (_, me) = people.me()?;
    let own = me.role.unwrap_or(Role::Viewer);
    let theirs = people.get(other).and_then(|known| known.role).unwrap_or(Role::Viewer);
    if own < Role::Admin {
        return Err(not_allowed(
            format!("that needs the role of an admin; you are {own}"),
            "dataforge members shows who is admin or owner: ask one of them",
        ));
    }
    if own <= theirs {
        let hint = match theirs {
            Role::Owner => "an owner can only leave or hand over by themselves, or be replaced by the recovery words",
            _ => "ask an owner",
        };
        return Err(not_allowed(format!("{} is {theirs}, and you are {own}: not below you", people.name(other)), hint));
    }
    Ok(own)
}

pub(super) async fn set_role(
    node: &Node,
    workspace: WorkspaceId,
    member: String,
    role: String,
) -> Result<Reply, ApiError> {
    super::write(node, workspace, move |core| {
        let role: Role =
            role.parse().map_err(|error: UnknownRole| ApiError::new(ErrorKind::Usage, error.to_string()))?;
        let people = People::of(core, &workspace)?;
        let (person, name) = find(&people, &member)?;
        let known = people.get(&person).ok_or_else(|| gone(&member))?;
        if known.role == Some(role) {
            return Err(usage(format!("{name} is {role} already"), "dataforge members shows the roles"));
        }
        if people.own() == Some(person) {
            if known.role.is_none_or(|own| role > own) {
                return Err(not_allowed("nobody can raise their own role", "ask an admin or owner"));
            }
            if is_only_owner(&people, &person) {
                return Err(only_owner());
            }
        } else {
            let own = check_above(&people, &person)?;
            if role >= own && own < Role::Owner {
                return Err(not_allowed(format!("you are {own} and can give roles below that"), "ask an owner"));
            }
        }
        let below = role < Role::Editor;
        let cut = if below { cut_of(core, &workspace, known)? } else { Cut::default() };
        let mut message = format!("{name} is {role} now");
        if below {
            message = format!("{message}; {LATER}");
        }
        write_op(core, &workspace, &Op::SetRole(SetRole { person, role, cut }), message)
    })
    .await
}

fn find(people: &People, member: &str) -> Result<(PersonId, String), ApiError> {
    let person = people.find(member, true)?;
    Ok((person, people.name(&person)))
}

fn gone(member: &str) -> ApiError {
    ApiError::new(ErrorKind::NotFound, format!("there is no member {member:?}"))
}

pub(super) async fn remove(node: &Node, workspace: WorkspaceId, member: String) -> Result<Reply, ApiError> {
    super::write(node, workspace, move |core| {
        let people = People::of(core, &workspace)?;
        let (person, name) = find(&people, &member)?;
        if people.own() == Some(person) {
            return Err(usage("nobody can remove themselves", "dataforge leave ends your own membership"));
        }
        check_above(&people, &person)?;
        let known = people.get(&person).ok_or_else(|| gone(&member))?;
        let cut = cut_of(core, &workspace, known)?;
        let message = format!("{name} is removed; {LATER}");
        write_op(core, &workspace, &Op::Remove(Remove { person, cut }), message)
    })
    .await
}

pub(super) async fn leave(node: &Node, workspace: WorkspaceId) -> Result<Reply, ApiError> {
    super::write(node, workspace, move |core| {
        let people = People::of(core, &workspace)?;
        let (person, me) = people.me()?;
        if is_only_owner(&people, &person) {
            return Err(only_owner());
        }
        let cut = cut_of(core, &workspace, me)?;
        let message = "you left; what is here stays here and can be read, and nothing new will come".to_owned();
        write_op(core, &workspace, &Op::Leave(Leave { cut }), message)
    })
    .await
}

pub(super) async fn transfer(
    node: &Node,
    workspace: WorkspaceId,
    member: String,
    keep: String,
) -> Result<Reply, ApiError> {
    super::write(node, workspace, move |core| {
        let role = match keep.as_str() {
            "admin" => Role::Admin,
            "editor" => Role::Editor,
            _ => return Err(usage(format!("{keep:?} cannot be kept"), "keep admin or editor")),
        };
        let people = People::of(core, &workspace)?;
        let (person, name) = find(&people, &member)?;
        let (own, me) = people.me()?;
        if me.role != Some(Role::Owner) {
            return Err(not_allowed("only an owner can hand the workspace over", "ask an owner"));
        }
        if own == person {
            return Err(usage("you are the owner already", "name another member"));
        }
        if people.get(&person).and_then(|known| known.role) == Some(Role::Owner) {
            return Err(usage(
                format!("{name} is owner already"),
                "dataforge role MEMBER lowers your own role, dataforge leave ends your membership",
            ));
        }
        let message = format!("{name} is owner now, and you are {role}");
        write_op(core, &workspace, &Op::Transfer(Transfer { person, role }), message)
    })
    .await
}
