//! Open invites, and people who wait for approval.

use dataforge_protocol::id::{EntryId, PersonId, WorkspaceId};
use dataforge_protocol::ledger::Ledger;
use dataforge_protocol::op::{Add, Invite, InviteForm, Op, RevokeInvite, Role};
use dataforge_protocol::ticket::fingerprint;

use super::names::People;
use super::roles::write_op;
use super::{not_allowed, usage};
use crate::api::{ApiError, ErrorKind, InviteInfo, InvitesReply, PendingInfo, Reply};
use crate::clock::{now_ms, rfc3339};
use crate::core::Core;
use crate::node::Node;
use crate::store::JoinAsked;

const fn form_word(form: InviteForm) -> &'static str {
    match form {
        InviteForm::Handed => "handed",
        InviteForm::Approval => "approval",
        InviteForm::Open => "open",
    }
}

/// Returns how often an invite was used, by the ops that count.
pub(crate) fn uses(ledger: &Ledger, invite: &EntryId) -> u64 {
    let redeems = |id: &EntryId| match ledger.op(id) {
        Some(Op::Add(add)) => add.invite == Some(*invite),
        Some(Op::Admit(admit)) => admit.invite == *invite,
        _ => false,
    };
    let counts = |id: &EntryId| ledger.outcome(id) == Some(dataforge_protocol::ledger::Outcome::Accepted);
    ledger.ops().iter().filter(|id| redeems(id) && counts(id)).count() as u64
}

pub(super) async fn list(node: &Node, workspace: WorkspaceId) -> Result<Reply, ApiError> {
    Ok(Reply::Invites(node.with_core(move |core| invites(core, &workspace)).await?))
}

fn invites(core: &mut Core, workspace: &WorkspaceId) -> Result<InvitesReply, ApiError> {
    let people = People::of(core, workspace)?;
    let (ledger, store) = core.ledger_and_store(workspace)?;
    let open = ledger.members().invites.clone();
    let mut invites = Vec::new();
    for (id, (device, terms)) in &open {
        let info = InviteInfo {
            invite: id.to_string(),
            form: form_word(terms.form).to_owned(),
            role: terms.role.to_string(),
            used: uses(ledger, id),
            uses: terms.max_uses,
            expires: rfc3339(terms.expires_ms),
            expired: now_ms() > terms.expires_ms,
            by: people.device(device),
            this_device: people.is_own_device(device),
        };
        let claimed = store.entry_times(id)?.map_or(0, |(claimed, _)| claimed);
        invites.push((claimed, info));
    }
    invites.sort_by(|(a, _), (b, _)| b.cmp(a));
    let pending = store.requests(workspace)?.into_iter().filter_map(|asked| {
        let (_, terms) = open.get(&asked.invite)?;
        Some(pending(&asked, terms))
    });
    Ok(InvitesReply { pending: pending.collect(), invites: invites.into_iter().map(|(_, info)| info).collect() })
}

fn pending(asked: &JoinAsked, terms: &Invite) -> PendingInfo {
    PendingInfo {
        person_id: asked.person.id.to_string(),
        name: asked.person.name.clone(),
        fingerprint: fingerprint(&asked.person.id),
        device: asked.person.devices.first().map_or_else(String::new, |(_, label)| label.clone()),
        invite: asked.invite.to_string(),
        role: terms.role.to_string(),
        asked: rfc3339(asked.asked_ms),
    }
}

/// Finds an invite that was not ended by its id or a unique start of it.
fn find(ledger: &mut Ledger, text: &str) -> Result<(EntryId, Invite), ApiError> {
    let open = ledger.members();
    let text = text.to_ascii_lowercase();
    let found = open.invites.iter().filter(|(id, _)| text.len() >= 4 && id.to_string().starts_with(&text));
    match found.collect::<Vec<_>>().as_slice() {
        [(id, (_, terms))] => Ok((**id, terms.clone())),
        [] => Err(ApiError::new(ErrorKind::NotFound, format!("there is no open invite {text:?}"))
            .hint("dataforge invites lists them")),
        several => {
            let list: Vec<_> = several.iter().map(|(id, _)| id.to_string()).collect();
            Err(usage(
                format!("{text:?} is the start of {} invites", several.len()),
                format!("use more of the id: {}", list.join(", ")),
            ))
        }
    }
}

pub(super) async fn uninvite(node: &Node, workspace: WorkspaceId, invite: String) -> Result<Reply, ApiError> {
    super::write(node, workspace, move |core| {
        let people = People::of(core, &workspace)?;
        let (me, known) = people.me()?;
        let role = known.role.unwrap_or(Role::Viewer);
        let ledger = core.ledger(&workspace)?;
        let (invite, terms) = find(ledger, &invite)?;
        let is_own = ledger.author_of(&invite) == Some(me);
        if role < Role::Admin || (!is_own && ledger.rank_of(&invite).is_some_and(|rank| rank > role.rank())) {
            return Err(not_allowed(
                format!("you are {role}, and cannot end that invite"),
                "ask whoever made it, or an owner: dataforge invites says whose it is",
            ));
        }
        core.store.drop_request(&invite, None)?;
        let message =
            format!("the invite {} as {} is ended: its tickets are worth nothing now", invite.fmt_short(), terms.role);
        write_op(core, &workspace, &Op::RevokeInvite(RevokeInvite { invite }), message)
    })
    .await
}

/// Finds who is meant among those who wait.
fn find_asked(all: Vec<JoinAsked>, text: &str) -> Result<JoinAsked, ApiError> {
    let text = text.trim();
    let id = |asked: &JoinAsked| asked.person.id.to_string();
    let is_meant = |asked: &JoinAsked| {
        asked.person.name == text
            || fingerprint(&asked.person.id) == text
            || (text.len() >= 4 && id(asked).starts_with(&text.to_ascii_lowercase()))
    };
    let mut found: Vec<_> = all.into_iter().filter(is_meant).collect();
    let persons: std::collections::BTreeSet<PersonId> = found.iter().map(|asked| asked.person.id).collect();
    match (found.pop(), persons.len()) {
        (Some(asked), 1) => Ok(asked),
        (None, _) => Err(ApiError::new(ErrorKind::NotFound, format!("nobody {text:?} waits for approval here"))
            .hint("dataforge invites lists who waits; requests are kept by the machine that made the ticket")),
        (Some(_), _) => {
            let words: Vec<_> = persons.iter().map(fingerprint).collect();
            Err(usage(
                format!("{text:?} may be {} people", words.len()),
                format!("name one by their words: {}", words.join(", ")),
            ))
        }
    }
}

pub(super) async fn approve(node: &Node, workspace: WorkspaceId, person: String) -> Result<Reply, ApiError> {
    super::write(node, workspace, move |core| {
        let people = People::of(core, &workspace)?;
        let asked = find_asked(core.store.requests(&workspace)?, &person)?;
        let role = people.me()?.1.role.unwrap_or(Role::Viewer);
        let open = core.ledger(&workspace)?.members();
        let (_, terms) = open
            .invites
            .get(&asked.invite)
            .ok_or_else(|| not_allowed("the invite was ended", "make another one: dataforge invite --approval"))?;
        if role < Role::Admin || (terms.role >= role && role < Role::Owner) {
            return Err(not_allowed(
                format!("letting in a new {} needs a higher role than {role}", terms.role),
                "ask an owner",
            ));
        }
        if now_ms() > terms.expires_ms {
            return Err(not_allowed(
                format!("the invite expired at {}", rfc3339(terms.expires_ms)),
                "make another one: dataforge invite --approval",
            ));
        }
        if uses(core.ledger(&workspace)?, &asked.invite) >= u64::from(terms.max_uses) {
            return Err(not_allowed(
                "the invite was used as often as it may be",
                "make another one: dataforge invite --approval",
            ));
        }
        let name = asked.person.name.clone();
        let message = format!("{name} is {} now; they run dataforge join with the same ticket again", terms.role);
        let op = Op::Add(Add { person: asked.person.clone(), role: terms.role, invite: Some(asked.invite) });
        let wrote = write_op(core, &workspace, &op, message)?;
        core.store.drop_request(&asked.invite, Some(&asked.person.id))?;
        Ok(wrote)
    })
    .await
}
