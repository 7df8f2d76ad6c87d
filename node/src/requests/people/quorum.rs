//! Recovery by several owners: one device drafts it, owners sign the draft, that device writes it.

use dataforge_protocol::handed::RecoveryDraft;
use dataforge_protocol::id::{EntryId, PersonId, WorkspaceId};
use dataforge_protocol::op::{Genesis, NO_RECOVERY_KEY, Op, Person};
use dataforge_protocol::ticket::fingerprint;

use super::names::People;
use super::recover::{compose, told};
use super::{not_allowed, usage};
use crate::api::{
    ApiError, ErrorKind, PersonInfo, QuorumRequest, RecoverersReply, RecoveryDraftReply, Reply, Words, WroteReply,
};
use crate::core::{Core, Progress};
use crate::node::Node;
use crate::requests::founding::person_info;
use crate::words::phrase;

pub(super) async fn dispatch(node: &Node, workspace: WorkspaceId, ask: QuorumRequest) -> Result<Reply, ApiError> {
    match ask {
        QuorumRequest::Who => {
            let who = node.with_core(move |core| Ok(recoverers(core.ledger(&workspace)?.genesis())));
            Ok(Reply::Recoverers(who.await?))
        }
        QuorumRequest::Draft { owners, remove } => {
            let drafted = node.with_core(move |core| draft(core, workspace, &owners, &remove));
            let (reply, progress) = drafted.await?;
            node.on_progress(workspace, &progress);
            Ok(Reply::RecoveryDraft(reply))
        }
        QuorumRequest::Read { drafts } => {
            let read = node.with_core(move |core| {
                let draft = read(core, workspace, &drafts)?;
                describe(core, &draft)
            });
            Ok(Reply::RecoveryDraft(read.await?))
        }
        QuorumRequest::Sign { drafts, words } => {
            let signed = node.with_core(move |core| sign(core, workspace, &drafts, &words));
            Ok(Reply::RecoveryDraft(signed.await?))
        }
        QuorumRequest::Publish { drafts } => {
            super::write(node, workspace, move |core| publish(core, workspace, &drafts)).await
        }
    }
}

/// Returns who may recover a workspace.
pub(in crate::requests) fn recoverers(genesis: &Genesis) -> RecoverersReply {
    let founder = genesis.owners.first().map_or_else(String::new, |owner| owner.name.clone());
    RecoverersReply {
        owners: genesis.owners.iter().map(person_info).collect(),
        quorum: genesis.quorum,
        by_words_of: (genesis.recovery != NO_RECOVERY_KEY).then_some(founder),
    }
}

fn check_quorum(genesis: &Genesis) -> Result<(), ApiError> {
    if genesis.quorum > 0 {
        return Ok(());
    }
    let who = recoverers(genesis).by_words_of.unwrap_or_default();
    Err(not_allowed(
        "this workspace was made without a quorum: no number of signatures recovers it",
        format!("dataforge recover takes the recovery words of {who}"),
    ))
}

fn names(owners: &[PersonInfo]) -> String {
    owners.iter().map(|owner| owner.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn draft(
    core: &mut Core,
    workspace: WorkspaceId,
    owners: &[String],
    remove: &[String],
) -> Result<(RecoveryDraftReply, Progress), ApiError> {
    check_quorum(core.ledger(&workspace)?.genesis())?;
    let people = People::of(core, &workspace)?;
    let (me, _) = people.me()?;
    let mut named = owners.iter().map(|owner| people.find(owner, false)).collect::<Result<Vec<_>, _>>()?;
    if named.is_empty() {
        named.push(me);
    }
    let removed = remove.iter().map(|member| people.find(member, false)).collect::<Result<Vec<_>, _>>()?;
    let recover = compose(core, &workspace, &people, named, removed)?;
    let ((device, parents), progress) = core.write(&workspace, &[], |writer| writer.draft_recovery(&recover))?;
    let workspace_name = core.ledger(&workspace)?.genesis().name.clone();
    let draft = RecoveryDraft { workspace, workspace_name, device, parents, recover };
    Ok((describe(core, &draft)?, progress))
}

/// Reads copies of a draft as one, and checks that it is of this workspace and as it was signed.
fn read(core: &mut Core, workspace: WorkspaceId, copies: &[String]) -> Result<RecoveryDraft, ApiError> {
    let mut drafts = copies.iter().map(|text| {
        let bad = "dataforge recover draft FILE writes such a file, and dataforge recover sign FILE adds to it";
        RecoveryDraft::from_text(text).map_err(|error| ApiError::from_error(ErrorKind::Input, &error).hint(bad))
    });
    let none = || usage("no draft was given", "name the file that dataforge recover draft wrote");
    let mut draft = drafts.next().ok_or_else(none)??;
    for other in drafts {
        draft.merge(&other?).map_err(|error| {
            ApiError::from_error(ErrorKind::Usage, &error).hint("name copies of one draft, each with its signatures")
        })?;
    }
    let ledger = core.ledger(&workspace)?;
    let genesis = ledger.genesis();
    if draft.workspace != workspace {
        return Err(usage(
            format!("this draft is of another workspace, {:?}, not of {:?}", draft.workspace_name, genesis.name),
            "say with --workspace which is meant, or take the draft to where that workspace is held",
        ));
    }
    check_quorum(genesis)?;
    let (_, false_ones) = draft.signers();
    if let Some(owner) = genesis.owners.iter().find(|owner| false_ones.contains(&owner.id)) {
        return Err(not_allowed(
            format!("this draft is not what {} signed: it was changed since", owner.name),
            "ask whoever drafted it for a new one, and compare what it says",
        ));
    }
    let unknown = |parent: &EntryId| !ledger.contains(parent) || ledger.op(parent).is_none();
    if draft.parents.iter().any(unknown) {
        return Err(ApiError::new(ErrorKind::NotFound, "this draft rests on membership changes that are not here yet")
            .hint("dataforge sync first, with the machine that drafted it or one that did so"));
    }
    let newer = ledger.ops().into_iter().find(|id| match ledger.op(id) {
        Some(Op::Recover(recover)) => recover.epoch >= draft.recover.epoch,
        _ => false,
    });
    if newer.is_some() {
        return Err(not_allowed(
            "the workspace was recovered since this was drafted: this would not count",
            "draft it anew with dataforge recover draft, if it is still wanted",
        ));
    }
    Ok(draft)
}

fn describe(core: &mut Core, draft: &RecoveryDraft) -> Result<RecoveryDraftReply, ApiError> {
    let people = People::of(core, &draft.workspace)?;
    let genesis = core.ledger(&draft.workspace)?.genesis();
    let (good, _) = draft.signers();
    let (signed, unsigned): (Vec<_>, Vec<_>) = genesis.owners.iter().partition(|owner| good.contains(&owner.id));
    let infos = |owners: Vec<&Person>| owners.into_iter().map(person_info).collect();
    // What somebody is called here, not what the draft calls them.
    let known = |id: &PersonId, otherwise: &str| PersonInfo {
        person_id: id.to_string(),
        name: people.get(id).map_or_else(|| otherwise.to_owned(), |known| known.name.clone()),
        fingerprint: fingerprint(id),
    };
    Ok(RecoveryDraftReply {
        text: draft.to_text(),
        workspace: genesis.name.clone(),
        drafted_by: people.device(&draft.device),
        this_device: people.is_own_device(&draft.device),
        owners: draft.recover.owners.iter().map(|owner| known(&owner.id, &owner.name)).collect(),
        removed: draft.recover.removed.iter().map(|id| known(id, "somebody not known here")).collect(),
        quorum: genesis.quorum,
        signed: infos(signed),
        unsigned: infos(unsigned),
    })
}

fn sign(
    core: &mut Core,
    workspace: WorkspaceId,
    copies: &[String],
    words: &Words,
) -> Result<RecoveryDraftReply, ApiError> {
    let mut draft = read(core, workspace, copies)?;
    let key = phrase(words)?.person_key();
    let owners = recoverers(core.ledger(&workspace)?.genesis()).owners;
    let signer = PersonId(*key.public().as_bytes());
    if !owners.iter().any(|owner| owner.person_id == signer.to_string()) {
        return Err(not_allowed(
            "these are not the words of an owner who was named when the workspace was made",
            format!("the words of one of these sign it: {}", names(&owners)),
        ));
    }
    draft.sign(&key);
    describe(core, &draft)
}

fn publish(core: &mut Core, workspace: WorkspaceId, copies: &[String]) -> Result<(WroteReply, Progress), ApiError> {
    let mut draft = read(core, workspace, copies)?;
    let told_of = describe(core, &draft)?;
    if !told_of.this_device {
        return Err(not_allowed(
            format!("only the machine that drafted it can write it: {}", told_of.drafted_by),
            "take the signed file there, or draft it anew here with dataforge recover draft",
        ));
    }
    if told_of.signed.len() < usize::from(told_of.quorum) {
        let signed = if told_of.signed.is_empty() { "nobody".to_owned() } else { names(&told_of.signed) };
        return Err(not_allowed(
            format!("{} owners have to sign it, and {signed} did", told_of.quorum),
            format!("still may: {}; each with dataforge recover sign FILE", names(&told_of.unsigned)),
        ));
    }
    // What others signed beside, or badly, counts for nothing and is left out.
    let genesis = core.ledger(&workspace)?.genesis();
    let owners: Vec<_> = genesis.owners.iter().map(|owner| owner.id).collect();
    let (good, _) = draft.signers();
    draft.recover.proofs.retain(|proof| good.contains(&proof.key) && owners.contains(&proof.key));
    let people = People::of(core, &workspace)?;
    let message = format!("{}; signed by {}", told(&people, &draft.recover), names(&told_of.signed));
    let RecoveryDraft { parents, recover, .. } = draft;
    let (entry, progress) = core.write(&workspace, &[], |writer| writer.publish_recovery(recover, parents))?;
    Ok((WroteReply { entry: entry.to_string(), message }, progress))
}
