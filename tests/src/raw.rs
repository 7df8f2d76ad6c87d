//! The stack without us: what benchmarks compare with, and entries made by hand.

pub mod plain;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use dataforge_protocol::entry::{BodyRef, Claims, EntryKind, HEADER_VERSION, Header, Link, SignedEntry};
use dataforge_protocol::id::{EntryId, WorkspaceId};
use dataforge_protocol::key::{DeviceCert, Phrase, device_id};
use dataforge_protocol::ledger::Bodies;
use dataforge_protocol::op::{Genesis, Op, Person};
use iroh::endpoint::presets;
use iroh::protocol::Router;
use iroh::{Endpoint, RelayMode, SecretKey};
use iroh_blobs::store::fs::FsStore;
use iroh_blobs::{BlobsProtocol, Hash};

/// Bodies held in a map.
#[derive(Debug)]
pub struct Held<'a>(pub &'a BTreeMap<EntryId, Vec<u8>>);

impl Bodies for Held<'_> {
    fn body(&self, id: &EntryId) -> Option<Vec<u8>> {
        self.0.get(id).cloned()
    }
}

/// Makes a workspace of one owner with fixed keys: the device's key and the genesis.
///
/// # Panics
/// Never: the inputs are fixed.
#[must_use]
pub fn genesis(name: &str) -> (SecretKey, SignedEntry) {
    let (phrase, secret) = (Phrase::from_entropy([1; 32]), SecretKey::from_bytes(&[2; 32]));
    let cert = DeviceCert::sign(&phrase.person_key(), &secret);
    let owner = Person { id: cert.person, name: "Owner".into(), devices: vec![(cert.clone(), "device".into())] };
    let op = Genesis {
        nonce: [3; 32],
        name: name.into(),
        owners: vec![owner],
        recovery: cert.person,
        quorum: 0,
        discovery_secret: [4; 32],
    };
    let body = Op::Genesis(op).to_bytes();
    let header = Header {
        link: Link {
            version: HEADER_VERSION,
            kind: EntryKind::Op.to_u8(),
            workspace: WorkspaceId([0; 32]),
            device: device_id(&secret),
            seq: 0,
            prev: None,
            body: BodyRef::of(&body),
        },
        claims: Claims { ..Claims::default() },
    };
    let signed = SignedEntry::sign(&header, body, &secret);
    (secret, signed)
}

async fn endpoint() -> Result<Endpoint, Box<dyn std::error::Error>> {
    let builder = Endpoint::builder(presets::Minimal).relay_mode(RelayMode::Disabled);
    Ok(builder.clear_ip_transports().bind_addr("127.0.0.1:0")?.bind().await?)
}

/// Fetches all blobs of a node's store with nothing but iroh-blobs, one after another over one
/// connection, into an empty store. Returns bytes and time.
///
/// # Errors
/// Whatever iroh says.
pub async fn blobs(node: &Path, target: &Path) -> Result<(u64, Duration), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(target)?;
    let source = FsStore::load_with_opts(
        node.join("blobs/blobs.db"),
        iroh_blobs::store::fs::options::Options::new(&node.join("blobs")),
    )
    .await?;
    let hashes: Vec<Hash> = source.list().hashes().await?;
    let (server, client) = (endpoint().await?, endpoint().await?);
    let router = Router::builder(server.clone()).accept(iroh_blobs::ALPN, BlobsProtocol::new(&source, None)).spawn();
    let store = FsStore::load(target).await?;
    let started = Instant::now();
    let connection = client.connect(server.addr(), iroh_blobs::ALPN).await?;
    let mut bytes = 0;
    for hash in hashes {
        store.remote().fetch(connection.clone(), hash).await?;
        bytes += match store.blobs().status(hash).await? {
            iroh_blobs::api::blobs::BlobStatus::Complete { size } => size,
            _ => 0,
        };
    }
    let time = started.elapsed();
    store.shutdown().await?;
    router.shutdown().await?;
    client.close().await;
    Ok((bytes, time))
}
