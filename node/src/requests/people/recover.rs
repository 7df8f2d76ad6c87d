//! Recovery: giving a workspace owners by the words of whoever made it.

use dataforge_protocol::id::{PersonId, WorkspaceId};
use dataforge_protocol::key::Phrase;
use dataforge_protocol::ledger::{DeviceState, KnownPerson, Ledger};
use dataforge_protocol::limits::{MAX_DEVICES, MAX_OWNERS, MAX_REMOVED};
use dataforge_protocol::op::{Cut, NO_RECOVERY_KEY, Op, Person, Recover};

use super::names::People;
use super::{not_allowed, usage};
use crate::api::{ApiError, ErrorKind, Reply, Words, WroteReply};
use crate::core::Core;
use crate::node::Node;
use crate::words::phrase;

pub(super) async fn recover(
    node: &Node,
    workspace: WorkspaceId,
    words: Words,
    owner: Option<String>,
    remove: Vec<String>,
) -> Result<Reply, ApiError> {
    super::write(node, workspace, move |core| {
        let phrase = phrase(&words)?;
        let people = People::of(core, &workspace)?;
        check(core.ledger(&workspace)?, &phrase)?;
        let own =
            people.own().ok_or_else(|| not_allowed("this data directory has no identity", "dataforge join first"))?;
        let owner = owner.map_or(Ok(own), |owner| people.find(&owner, false))?;
        let removed = remove.iter().map(|member| people.find(member, false)).collect::<Result<Vec<_>, _>>()?;
        let recover = compose(core, &workspace, &people, vec![owner], removed)?;
        let message = told(&people, &recover);
        let key = phrase.recovery_key();
        let (entry, progress) = core.write(&workspace, &[], |writer| writer.recover(recover, &key))?;
        Ok((WroteReply { entry: entry.to_string(), message }, progress))
    })
    .await
}

fn check(ledger: &Ledger, phrase: &Phrase) -> Result<(), ApiError> {
    if ledger.genesis().recovery.as_bytes() == phrase.recovery_key().public().as_bytes() {
        return Ok(());
    }
    let genesis = ledger.genesis();
    if genesis.recovery == NO_RECOVERY_KEY {
        return Err(not_allowed(
            "nobody's words alone recover this workspace: that is how it was made",
            format!("{} of its first owners do together: dataforge recover draft FILE", genesis.quorum),
        ));
    }
    let founder = genesis.owners.first().map_or("its founder", |owner| owner.name.as_str());
    Err(not_allowed(
        "these are not the words that recover this workspace",
        format!("they were shown to {founder} when the workspace was made"),
    ))
}

/// The owner with the devices that are theirs now.
fn owner_of(people: &People, id: &PersonId) -> Result<Person, ApiError> {
    let missing = || ApiError::new(ErrorKind::NotFound, "that person is not known here");
    let known: &KnownPerson = people.get(id).ok_or_else(missing)?;
    let live = known.devices.values().filter(|device| device.state == DeviceState::Live);
    let devices: Vec<_> = live.map(|device| (device.cert.clone(), device.label.clone())).take(MAX_DEVICES).collect();
    if devices.is_empty() {
        return Err(not_allowed(
            format!("{} has no device here that is a member's: a recovery needs one", people.name(id)),
            "make another member the owner with --owner, and let them invite whom was removed",
        ));
    }
    Ok(Person { id: *id, name: known.name.clone(), devices })
}

/// Makes a recovery without proofs.
pub(super) fn compose(
    core: &mut Core,
    workspace: &WorkspaceId,
    people: &People,
    mut owners: Vec<PersonId>,
    mut removed: Vec<PersonId>,
) -> Result<Recover, ApiError> {
    for list in [&mut owners, &mut removed] {
        list.sort_unstable();
        list.dedup();
    }
    if owners.iter().any(|owner| removed.contains(owner)) {
        return Err(usage("one person cannot be made owner and removed at once", "name others with --remove"));
    }
    for (list, most, what) in [(&owners, MAX_OWNERS, "name as owners"), (&removed, MAX_REMOVED, "remove")] {
        if list.len() > most {
            return Err(usage(format!("{} people at once", list.len()), format!("{what} at most {most}")));
        }
    }
    let ledger = core.ledger(workspace)?;
    let epochs = ledger.ops().into_iter().filter_map(|id| match ledger.op(&id) {
        Some(Op::Recover(recover)) => Some(recover.epoch),
        _ => None,
    });
    let epoch = epochs.max().map_or(Some(1), |epoch| epoch.checked_add(1));
    let devices = removed.iter().filter_map(|id| people.get(id)).flat_map(|known| known.devices.keys().copied());
    let cut = if removed.is_empty() { Cut::default() } else { ledger.cut_of(devices) };
    Ok(Recover {
        epoch: epoch
            .ok_or_else(|| not_allowed("there is no greater epoch", "this workspace cannot be recovered again"))?,
        owners: owners.iter().map(|owner| owner_of(people, owner)).collect::<Result<_, _>>()?,
        removed,
        cut,
        proofs: Vec::new(),
    })
}

/// Says what a recovery does.
pub(super) fn told(people: &People, recover: &Recover) -> String {
    let owners = names(people, recover.owners.iter().map(|owner| &owner.id));
    let verb = if recover.owners.len() == 1 { "is owner" } else { "are owners" };
    let mut message = format!("the workspace is recovered: {owners} {verb}");
    if !recover.removed.is_empty() {
        message.push_str(&format!(", and removed: {}", names(people, recover.removed.iter())));
    }
    message
}

fn names<'a>(people: &People, ids: impl Iterator<Item = &'a PersonId>) -> String {
    ids.map(|id| people.name(id)).collect::<Vec<_>>().join(", ")
}
