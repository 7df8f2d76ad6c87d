//! A new key for this device: after a copy, a backup that was put back, or a fork.

use dataforge_protocol::id::WorkspaceId;
use dataforge_protocol::ticket::fingerprint;

use super::{not_allowed, usage};
use crate::api::{ApiError, ErrorKind, Reply, Words};
use crate::core::{Core, Progress};
use crate::identity::Identity;
use crate::node::Node;
use crate::words::{check_words, phrase};

/// Makes this data directory a device of its own. Without `words` it says whose are needed.
pub(in crate::requests) async fn renew(
    node: &Node,
    words: Option<Words>,
    label: Option<String>,
) -> Result<Reply, ApiError> {
    if node.is_up().await {
        return Err(usage("dataforge up runs here with the old key", "stop it with dataforge down first"));
    }
    let dir = node.directory().to_owned();
    let (reply, done) = node
        .with_core(move |core| {
            // Of an old key that cannot be had nothing is needed but whose it was, and its seal is gone.
            let seal = core.identity.as_ref().and_then(|own| own.seal.clone());
            let person = core.public()?.person.clone();
            let Some(words) = words else {
                let needed = Reply::WordsNeeded {
                    person: person.name,
                    fingerprint: fingerprint(&person.id),
                    workspace: String::new(),
                };
                return Ok((needed, Vec::new()));
            };
            let phrase = phrase(&words)?;
            check_words(&phrase, &person.id, &person.name)?;
            let old = person.devices.into_iter().map(|(_, label)| label).next();
            let label = label.or(old).unwrap_or_else(crate::requests::workspace::device_label);
            let open = core.locked.is_some();
            core.identity = Some(Identity::from_phrase(&dir, &phrase, (&person.name, &label), seal)?);
            core.locked = None;
            core.store.settle_here(&dir)?;
            core.is_copy = false;
            let done = certify_everywhere(core)?;
            let count = done.len();
            let mut message = format!("this machine goes on as a new device of yours, {label}, in {count} workspaces");
            if open {
                message.push_str("; its key is not sealed: dataforge key seal does that");
            }
            Ok((Reply::Done { message }, done))
        })
        .await?;
    for (workspace, progress) in done {
        node.on_progress(workspace, &progress);
    }
    Ok(reply)
}

/// Writes the certificate of this device into every workspace that its person is a member of.
fn certify_everywhere(core: &mut Core) -> Result<Vec<(WorkspaceId, Progress)>, ApiError> {
    let identity = core.identity()?.clone();
    let (op, _) = identity.certifying()?;
    let person = identity.public.person.id;
    let mut done = Vec::new();
    for workspace in core.workspace_ids() {
        if !core.ledger(&workspace)?.members().members.contains_key(&person) {
            continue;
        }
        let (_, progress) = core.write(&workspace, &[], |writer| writer.op(&op)).map_err(|error| match error.kind {
            ErrorKind::NotAllowed => not_allowed("this machine cannot be added", "ask an admin or owner"),
            _ => error,
        })?;
        done.push((workspace, progress));
    }
    Ok(done)
}
