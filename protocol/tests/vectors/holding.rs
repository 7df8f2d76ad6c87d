//! Frames about who has what.

use dataforge_protocol::holding::{BlobSet, ChainBlobs, Holding, HoldingError, SignedHolding};
use dataforge_protocol::id::{BlobHash, WorkspaceId};
use dataforge_protocol::key::{BadSignature, Signature};
use dataforge_protocol::wire::{Ask, Message, Promise};

use crate::{Log, Someone, bytes, committed};

/// Says that Ada's device has blobs of two chains: one set goes as runs, one as a bitmap.
fn holding(log: &Log) -> Holding {
    let mut chains = vec![
        ChainBlobs { device: Someone::ada().device(), numbers: BlobSet::from_sorted((0..300).chain([1_000])) },
        ChainBlobs { device: Someone::ben().device(), numbers: BlobSet::from_sorted((5..40).step_by(2)) },
    ];
    chains.sort_by_key(|chain| chain.device);
    Holding {
        workspace: WorkspaceId(*log.entries[0].1.id.as_bytes()),
        device: Someone::ada().device(),
        counter: 300,
        said_ms: 1_760_000_000_000,
        verified_ms: 1_750_000_000_000,
        chains,
    }
}

pub(super) fn frames(log: &Log) -> [(&'static str, Message); 3] {
    let signed = SignedHolding::sign(&holding(log), &Someone::ada().device).unwrap();
    let blobs = vec![BlobHash::of(b"source file"), BlobHash([0x44; 32])];
    let promise = Promise { number: 300, blobs: blobs[..1].to_vec(), seconds: 900 };
    [
        ("holdings", Message::Holdings(vec![signed])),
        ("ask", Message::Ask(Ask { number: 300, blobs })),
        ("promise", Message::Promise(promise)),
    ]
}

#[test]
fn committed_holding_verifies() {
    let frame = bytes(&committed()["frames"]["holdings"]);
    let Ok(Some(Message::Holdings(statements))) = Message::from_frame(&frame[4..]) else {
        panic!("no holdings");
    };
    let [signed] = &statements[..] else { panic!("one statement") };
    assert_eq!(signed.verify(), Ok(holding(&crate::log())));
    let forged = SignedHolding { signature: Signature::from_bytes(&[1; 64]), ..signed.clone() };
    assert_eq!(forged.verify(), Err(HoldingError::Signature(BadSignature)));
}
