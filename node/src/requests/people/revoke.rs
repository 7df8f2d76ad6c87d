//! Ending a device for ever.

use dataforge_protocol::id::WorkspaceId;
use dataforge_protocol::key::sign_revocation;
use dataforge_protocol::ledger::DeviceState;
use dataforge_protocol::op::{Op, RevokeDevice, Role};

use super::names::People;
use super::roles::{check_above, write_op};
use super::{not_allowed, usage};
use crate::api::{ApiError, Reply, Words};
use crate::node::Node;
use crate::words::{check_words, phrase};

pub(super) async fn revoke(
    node: &Node,
    workspace: WorkspaceId,
    device: String,
    words: Option<Words>,
) -> Result<Reply, ApiError> {
    super::write(node, workspace, move |core| {
        let people = People::of(core, &workspace)?;
        let (person, device) = people.find_device(&device, true)?;
        let (me, own) = people.me()?;
        let name = people.device(&device);
        if me != person {
            check_above(&people, &person)?;
        }
        let signature = match words {
            None => None,
            Some(_) if me != person => {
                return Err(usage(
                    format!("only {} can revoke {name} with words", people.name(&person)),
                    "leave --words out to revoke it by your role",
                ));
            }
            Some(words) => {
                let phrase = phrase(&words)?;
                check_words(&phrase, &person, &people.name(&person))?;
                Some(sign_revocation(&phrase.person_key(), &device))
            }
        };
        let live = own.devices.values().filter(|device| device.state == DeviceState::Live).count();
        let owners = people.all().values().filter(|known| known.role == Some(Role::Owner)).count();
        if me == person && live == 1 && own.role == Some(Role::Owner) && owners == 1 {
            return Err(not_allowed(
                format!("{name} is the last device of the only owner"),
                "link another machine first (dataforge device add), or make somebody owner beside you",
            ));
        }
        let cut = core.ledger(&workspace)?.cut_of([device]);
        let message = format!(
            "{name} is revoked for ever; what came here up to now counts, what comes later is set aside: dataforge late-work shows it"
        );
        write_op(core, &workspace, &Op::RevokeDevice(RevokeDevice { device, cut, signature }), message)
    })
    .await
}
