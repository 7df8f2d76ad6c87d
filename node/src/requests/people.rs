//! People: their roles and devices, and what counts of what they wrote.

mod devices;
mod explain;
mod forks;
mod group_role;
mod invites;
mod late;
mod link;
mod members;
mod names;
mod quorum;
mod ratify;
mod recover;
mod renew;
mod revoke;
mod roles;
mod tell;

use dataforge_protocol::id::{PersonId, WorkspaceId};

pub(crate) use self::devices::reports as device_reports;
pub(crate) use self::invites::uses;
pub(super) use self::link::link;
pub(super) use self::members::members;
pub(crate) use self::names::People;
pub(super) use self::names::find_entry;
pub(super) use self::quorum::recoverers;
pub(super) use self::renew::renew;
pub(super) use self::tell::why_void;
use crate::api::{ApiError, ErrorKind, PeopleRequest, Reply, WroteReply};
use crate::core::{Core, Progress};
use crate::node::Node;

pub(super) async fn dispatch(node: &Node, workspace: WorkspaceId, ask: PeopleRequest) -> Result<Reply, ApiError> {
    match ask {
        PeopleRequest::Concerned { member, device } => members::concerned(node, workspace, member, device).await,
        PeopleRequest::SetRole { member, role } if member.starts_with(super::groups::SIGN) => {
            group_role::set(node, workspace, member, role).await
        }
        PeopleRequest::SetRole { member, role } => roles::set_role(node, workspace, member, role).await,
        PeopleRequest::Remove { member } => roles::remove(node, workspace, member).await,
        PeopleRequest::Leave => roles::leave(node, workspace).await,
        PeopleRequest::Transfer { member, keep } => roles::transfer(node, workspace, member, keep).await,
        PeopleRequest::Devices { member } => devices::list(node, workspace, member).await,
        PeopleRequest::LateWork => late::list(node, workspace).await,
        PeopleRequest::AcceptLate { of, until } => late::accept(node, workspace, of, until).await,
        PeopleRequest::Explain { target } => explain::explain(node, workspace, target).await,
        PeopleRequest::Forks => forks::list(node, workspace).await,
        PeopleRequest::Ratify { ops } => ratify::ratify(node, workspace, ops).await,
        PeopleRequest::RevokeDevice { device, words } => revoke::revoke(node, workspace, device, words).await,
        PeopleRequest::DeviceTicket { member, hours } => link::ticket(node, workspace, member, hours).await,
        PeopleRequest::Recover { words, owner, remove } => {
            recover::recover(node, workspace, words, owner, remove).await
        }
        PeopleRequest::Quorum { ask } => quorum::dispatch(node, workspace, ask).await,
        PeopleRequest::Invites => invites::list(node, workspace).await,
        PeopleRequest::Uninvite { invite } => invites::uninvite(node, workspace, invite).await,
        PeopleRequest::Approve { person } => invites::approve(node, workspace, person).await,
    }
}

/// Finds a member by name, words or id.
///
/// # Errors
/// `NotFound` when there is none, `Usage` when several match.
pub(crate) fn find_member(core: &mut Core, workspace: &WorkspaceId, text: &str) -> Result<PersonId, ApiError> {
    People::of(core, workspace)?.find(text, true)
}

/// Writes on the core and tells peers and listeners; `work` returns the entry and what it does.
async fn write(
    node: &Node,
    workspace: WorkspaceId,
    work: impl FnOnce(&mut Core) -> Result<(WroteReply, Progress), ApiError> + Send + 'static,
) -> Result<Reply, ApiError> {
    let (reply, progress) = node.with_core(work).await?;
    node.on_progress(workspace, &progress);
    Ok(Reply::Wrote(reply))
}

/// Finds a person, a member or one who was.
pub(super) fn find_person(people: &People, text: &str) -> Result<PersonId, ApiError> {
    people.find(text, false)
}

fn not_allowed(message: impl Into<String>, hint: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::NotAllowed, message).hint(hint)
}

fn usage(message: impl Into<String>, hint: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::Usage, message).hint(hint)
}
