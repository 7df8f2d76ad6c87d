//! Backups that this node writes: now, or by itself.

use tokio::sync::mpsc;

use crate::api::{ApiError, BackupRequest, Passphrase, Reply};
use crate::backup::{Made, Order, can_repeat, create, plans, prepare};
use crate::client::Output;
use crate::node::Node;

pub(super) async fn dispatch(node: &Node, ask: BackupRequest, out: &mpsc::Sender<Output>) -> Result<Reply, ApiError> {
    match ask {
        BackupRequest::Create { target, blobs, passphrase, keep } => {
            Ok(match back_up(node, Order { target, blobs, keep }, passphrase, out).await? {
                Made::Done(reply) => Reply::Backup(reply),
                Made::NeedsPassphrase { is_new } => Reply::BackupPassphraseNeeded { is_new },
            })
        }
        BackupRequest::Schedule { target, blobs, passphrase, keep, every_secs } => {
            can_repeat(&blobs, keep, every_secs)?;
            // Begun now, so that it can go on without the passphrase.
            if let Some(is_new) = prepare(node, target.clone(), passphrase).await? {
                return Ok(Reply::BackupPassphraseNeeded { is_new });
            }
            let plans = node.schedule().set(node.directory(), Order { target, blobs, keep }, every_secs)?;
            Ok(Reply::BackupSchedule { plans })
        }
        BackupRequest::Unschedule { target } => {
            Ok(Reply::BackupSchedule { plans: node.schedule().clear(node.directory(), target.as_ref())? })
        }
        BackupRequest::Schedules => Ok(Reply::BackupSchedule { plans: plans(node.directory())? }),
    }
}

async fn back_up(
    node: &Node,
    order: Order,
    passphrase: Option<Passphrase>,
    out: &mpsc::Sender<Output>,
) -> Result<Made, ApiError> {
    let out = out.clone();
    // Who listens too slowly misses steps, and holds up nothing.
    Box::pin(create(node, order, passphrase, move |step| drop(out.try_send(Output::Event(step.into()))))).await
}
