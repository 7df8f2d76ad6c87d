//! Saying what a bundle is.

use std::path::PathBuf;

use dataforge_protocol::bundle::{Item, Part, Reader};
use tokio::sync::mpsc;

use super::check::at;
use super::volumes::Bundle;
use super::{import, step};
use crate::api::{ApiError, BundleReply, ErrorKind};
use crate::client::Output;
use crate::clock::rfc3339;
use crate::core::device_name;
use crate::node::Node;
use crate::store::BundleRow;

/// Bytes of blobs hashed at a time.
const PIECE: usize = 1 << 20;

/// Says what a bundle is; with `checks` all of it is read and hashed.
///
/// # Errors
/// `Input` when it is none or is not good, `NotAllowed` when it is encrypted to others.
pub(super) async fn show(
    node: &Node,
    file: PathBuf,
    checks: bool,
    out: &mpsc::Sender<Output>,
) -> Result<BundleReply, ApiError> {
    let bundle = import::open(node, file).await?;
    let (looked, out) = (bundle.clone(), out.clone());
    let whole = tokio::task::spawn_blocking(move || {
        looked.check_volumes()?;
        if checks { read_all(&looked, &out) } else { Ok(()) }
    });
    let whole = whole.await.map_err(|error| ApiError::new(ErrorKind::Internal, format!("a task failed: {error}")))?;
    node.with_core(move |core| {
        let manifest = &bundle.manifest;
        let is_here = core.workspace_ids().contains(&manifest.workspace);
        let (mut workspace, mut by, mut audience) = (None, manifest.exporter.fmt_short(), None);
        if is_here {
            let ledger = core.ledger(&manifest.workspace)?;
            workspace = Some(ledger.genesis().name.clone());
            by = device_name(&ledger.members(), &manifest.exporter);
            let people = ledger.people();
            audience = manifest.audience.map(|id| people.get(&id).map_or_else(|| id.fmt_short(), |p| p.name.clone()));
        }
        let id = manifest.id();
        Ok(BundleReply {
            id: id.to_string(),
            workspace_id: manifest.workspace.to_string(),
            workspace,
            by,
            device_id: manifest.exporter.to_string(),
            made: rfc3339(manifest.made_ms),
            base: manifest.base.map(|base| base.to_string()),
            audience,
            encrypted: bundle.is_sealed,
            volumes: manifest.volumes,
            files: bundle.paths().to_vec(),
            file_bytes: bundle.file_bytes,
            ops: manifest.section(Part::Ops).count,
            entries: manifest.section(Part::Entries).count,
            blobs: manifest.section(Part::Table).count,
            blob_bytes: manifest.blob_bytes,
            content_bytes: manifest.content_bytes(),
            known: is_here && core.store.bundle(&manifest.workspace, &id)?.is_some(),
            checked: checks,
            problem: whole.err().map(|error| error.message),
        })
    })
    .await
}

/// Reads and hashes all of a bundle.
fn read_all(bundle: &Bundle, out: &mpsc::Sender<Output>) -> Result<(), ApiError> {
    let total = bundle.manifest.content_bytes();
    let mut reader = Reader::new(bundle.manifest.clone(), bundle.content());
    let mut buffer = vec![0; PIECE];
    while let Some(item) = reader.next_item().map_err(|error| at(&reader, &error))? {
        if matches!(item, Item::Blob(_)) {
            while reader.read_blob(&mut buffer).map_err(|error| at(&reader, &error))? > 0 {
                step(out, "checking", reader.at(), total, "")?;
            }
        }
    }
    Ok(())
}

/// Reads what a bundle says of its exporter, without taking anything.
///
/// # Errors
/// `Input` when it is not good.
pub(super) fn row_of(node: &Node, bundle: &Bundle) -> Result<BundleRow, ApiError> {
    let manifest = &bundle.manifest;
    let mut reader = Reader::new(manifest.clone(), bundle.content());
    let (mut tips, mut wants) = (Vec::new(), None);
    loop {
        match reader.next_item().map_err(|error| at(&reader, &error))? {
            Some(Item::Tips(chain)) => tips.push(chain),
            Some(Item::Wants(told)) => {
                wants = told;
                break;
            }
            Some(_) => {}
            None => break,
        }
    }
    let hashes: Vec<_> = reader.table().iter().map(|blob| blob.hash).collect();
    let blobs = node.locked(|core| core.store.numbers_of(&manifest.workspace, &hashes))?;
    Ok(BundleRow {
        id: manifest.id(),
        device: manifest.exporter,
        made_ms: manifest.made_ms,
        base: manifest.base,
        tips,
        wants,
        blobs,
        entries: None,
        readers: None,
    })
}
