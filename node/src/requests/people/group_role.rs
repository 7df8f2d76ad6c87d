//! A role for a group: an op for each of its people, all or none.

use dataforge_protocol::id::{PersonId, WorkspaceId};
use dataforge_protocol::op::{Cut, Op, Role, SetRole, UnknownRole};

use super::names::People;
use super::roles::{LATER, check_above, cut_of};
use super::{not_allowed, usage};
use crate::api::{ApiError, ErrorKind, Reply, WroteReply};
use crate::core::Core;
use crate::node::Node;
use crate::requests::groups;

pub(super) async fn set(node: &Node, workspace: WorkspaceId, group: String, role: String) -> Result<Reply, ApiError> {
    super::write(node, workspace, move |core| {
        let role: Role =
            role.parse().map_err(|error: UnknownRole| ApiError::new(ErrorKind::Usage, error.to_string()))?;
        let (_, found) = groups::find(core, &workspace, &group)?;
        let people = People::of(core, &workspace)?;
        let of_group: Vec<_> = found.people.iter().copied().collect();
        let Chosen { ops, changed, others } = choose(core, &workspace, &people, &of_group, role)?;
        let (entries, progress) =
            core.write(&workspace, &[], |writer| ops.iter().map(|op| writer.op(op)).collect::<Result<Vec<_>, _>>())?;
        let mut message = format!("{} of the group {} are {role} now: {}", ops.len(), found.name, changed.join(", "));
        if !others.is_empty() {
            message = format!("{message}; not {}", others.join(", "));
        }
        if role < Role::Editor {
            message = format!("{message}; {LATER}");
        }
        let entry = entries.last().map(ToString::to_string).unwrap_or_default();
        Ok((WroteReply { entry, message }, progress))
    })
    .await
}

/// Whose role changes, and whose does not.
struct Chosen {
    ops: Vec<Op>,
    changed: Vec<String>,
    /// With the reason.
    others: Vec<String>,
}

/// Chooses whose role changes; refuses everything when one of the changes would be refused.
fn choose(
    core: &mut Core,
    workspace: &WorkspaceId,
    people: &People,
    of_group: &[PersonId],
    role: Role,
) -> Result<Chosen, ApiError> {
    let mut chosen = Chosen { ops: Vec::new(), changed: Vec::new(), others: Vec::new() };
    for person in of_group {
        let name = people.name(person);
        let known = people.get(person).filter(|known| known.role.is_some());
        let Some(known) = known else {
            chosen.others.push(format!("{name}, who is no member"));
            continue;
        };
        if known.role == Some(role) {
            chosen.others.push(format!("{name}, who was so already"));
            continue;
        }
        if people.own() == Some(*person) {
            return Err(not_allowed(
                "you are in this group yourself, and nobody gives themselves a role with others",
                "take yourself out of it first: dataforge groups remove",
            ));
        }
        let own = check_above(people, person)?;
        if role >= own && own < Role::Owner {
            return Err(not_allowed(format!("you are {own} and can give roles below that"), "ask an owner"));
        }
        let cut = if role < Role::Editor { cut_of(core, workspace, known)? } else { Cut::default() };
        chosen.ops.push(Op::SetRole(SetRole { person: *person, role, cut }));
        chosen.changed.push(name);
    }
    if chosen.ops.is_empty() {
        let others = if chosen.others.is_empty() { "nobody is in it".to_owned() } else { chosen.others.join(", ") };
        return Err(usage(format!("there is nobody in this group to make {role}"), others));
    }
    Ok(chosen)
}
