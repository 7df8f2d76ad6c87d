//! A member who writes what an honest program would not: entries that pass every rule of the
//! protocol and say untrue things.

use std::path::Path;
use std::time::Duration;

use dataforge_protocol::document::{Document, EngineError};
use dataforge_protocol::entry::{BlobRef, EntryKind, SignedEntry};
use dataforge_protocol::gate;
use dataforge_protocol::hello::{EXPORTER_LABEL, Side, tag};
use dataforge_protocol::id::{DeviceId, DocId};
use dataforge_protocol::ledger::{Draft, Ledger, Outcome};
use dataforge_protocol::wire::{BLOBS_ALPN, Hello, Message, SYNC_ALPN};
use iroh::endpoint::{Connection, presets};
use iroh::{Endpoint, EndpointAddr, PublicKey, RelayMode, SecretKey};

use crate::history::Held;
use crate::program::{Place, Up};
use crate::raw;

/// The device of a member, with all that its own data directory knows.
#[derive(Debug)]
pub struct Forger {
    secret: SecretKey,
    device: DeviceId,
    ledger: Ledger,
    bodies: Held,
}

impl Forger {
    /// Reads the data directory of a member of one workspace.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn new(dir: &Path, secret: SecretKey) -> Self {
        let mut bodies = Held::default();
        let mut entries = Vec::new();
        for signed in raw::entries(dir) {
            let entry = signed.read().expect("an entry");
            bodies.0.insert(entry.id, entry.signed.body.clone());
            entries.push((entry, Outcome::Accepted));
        }
        let ledger = Ledger::restore(entries).expect("entries that were accepted");
        let device = DeviceId(*secret.public().as_bytes());
        Self { secret, device, ledger, bodies }
    }

    /// Tells a node that is up.
    ///
    /// # Panics
    /// When it is not served.
    pub async fn push(&self, up: &Up, entries: &[SignedEntry]) {
        push(self.secret.clone(), up, &self.ledger.genesis().discovery_secret, entries).await;
    }

    /// Edits a document as its program would, and returns the entries, not yet told to anybody.
    ///
    /// # Panics
    /// When the document is not there or cannot be edited.
    pub fn edit(
        &mut self,
        doc: DocId,
        blobs: Vec<BlobRef>,
        edit: impl FnOnce(&mut Document, [u8; 16]) -> Result<Vec<Vec<u8>>, EngineError>,
    ) -> Vec<SignedEntry> {
        let kind = self.ledger.doc_kind(&doc, &self.bodies).expect("an open document");
        let entries = self.ledger.effective_entries(&doc).into_iter();
        let changes = entries.filter(|(_, kind)| *kind == EntryKind::Change).map(|(id, _)| &*self.bodies.0[&id]);
        let mut document = Document::build(kind, changes).expect("changes that were accepted");
        let actor = self.ledger.actor(self.device, doc, &self.bodies).expect("an open document");
        let changes = edit(&mut document, actor).expect("an edit that Automerge takes");
        let mut blobs = Some(blobs);
        let mut entries = Vec::new();
        for change in changes {
            let scan = gate::scan(&change).expect("a change of our own");
            let deps = self.ledger.carriers(&doc, &scan.deps).expect("known dependencies");
            let blobs = blobs.take().unwrap_or_default();
            let draft = Draft { kind: EntryKind::Change, doc: Some(doc), deps, blobs, body: change };
            let header = self.ledger.next_header(self.device, &draft, 1).expect("a chain to continue");
            let signed = SignedEntry::sign(&header, draft.body, &self.secret);
            let entry = signed.clone().read().expect("an entry of our own");
            self.bodies.0.insert(entry.id, signed.body.clone());
            self.ledger.accept(entry, &self.bodies);
            entries.push(signed);
        }
        entries
    }
}

/// Returns the key of a device.
///
/// # Panics
/// When the directory has none.
#[must_use]
pub fn secret_of(place: &Place) -> SecretKey {
    let hex = std::fs::read_to_string(place.path().join("keys/device.key")).expect("a device key");
    let bytes: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal")).collect();
    SecretKey::from_bytes(&bytes.try_into().expect("32 bytes"))
}

/// Returns an endpoint on loopback.
///
/// # Panics
/// When the system has no loopback.
pub async fn endpoint(secret: SecretKey) -> Endpoint {
    let builder = Endpoint::builder(presets::Minimal).secret_key(secret).relay_mode(RelayMode::Disabled);
    builder.clear_ip_transports().bind_addr("127.0.0.1:0").expect("loopback").bind().await.expect("loopback")
}

/// Connects to a node that is up.
///
/// # Panics
/// When it is not.
pub async fn connect(endpoint: &Endpoint, up: &Up, alpn: &[u8]) -> Connection {
    let id: PublicKey = up.reply["device_id"].as_str().and_then(|id| id.parse().ok()).expect("a device");
    let address = up.reply["addresses"][0].as_str().and_then(|at| at.parse().ok()).expect("an address");
    endpoint.connect(EndpointAddr::new(id).with_ip_addr(address), alpn).await.expect("it is up")
}

/// Speaks the protocol as a member with `secret` and hands over entries.
///
/// # Panics
/// When it is not served.
pub async fn push(secret: SecretKey, up: &Up, discovery_secret: &[u8; 32], entries: &[SignedEntry]) {
    let messages = [Message::Tips(Vec::new(), false), Message::Entries(entries.to_vec()), Message::CaughtUp];
    // The host answers with everything it has, and in the end that it has judged ours.
    let heard = Box::pin(converse(secret, up, discovery_secret, &messages)).await;
    assert!(heard.len() > 100, "a member is served");
}

/// Says a hello with `secret` for a workspace and then some messages; returns what the node answers
/// until it falls silent or ends the connection.
///
/// # Panics
/// When the node is not up, or answers nonsense.
pub async fn ask(secret: SecretKey, up: &Up, discovery_secret: &[u8; 32], messages: &[Message]) -> Vec<Message> {
    let heard = Box::pin(converse(secret, up, discovery_secret, messages)).await;
    let (mut rest, mut answers) = (&heard[..], Vec::new());
    while let Some((length, more)) = rest.split_first_chunk::<4>() {
        // One that the node broke off is no answer.
        let Some((frame, more)) = more.split_at_checked(u32::from_be_bytes(*length) as usize) else { break };
        answers.extend(Message::from_frame(frame).expect("a message of ours"));
        rest = more;
    }
    answers
}

/// Returns the hello for a workspace, by its discovery secret, on a new connection.
fn hello(own: DeviceId, connection: &Connection, discovery_secret: &[u8; 32]) -> Message {
    let mut exporter = [0; 32];
    connection.export_keying_material(&mut exporter, EXPORTER_LABEL, b"").expect("TLS 1.3");
    let peer = DeviceId(*connection.remote_id().as_bytes());
    let tag = tag(discovery_secret, &exporter, Side::Dialler, &own, &peer);
    Message::Hello(Hello { tag, introduce: false, agent: "forger".into() })
}

/// Opens a connection for the blobs of a workspace, as whoever has the key of an endpoint; `None` when the
/// node shows it out.
///
/// # Panics
/// When the node is not up.
pub async fn blobs(endpoint: &Endpoint, up: &Up, discovery_secret: &[u8; 32]) -> Option<Connection> {
    let connection = connect(endpoint, up, BLOBS_ALPN).await;
    let hello = hello(DeviceId(*endpoint.id().as_bytes()), &connection, discovery_secret);
    let (mut send, mut recv) = connection.open_bi().await.ok()?;
    send.write_all(&hello.to_frame()).await.ok()?;
    let mut length = [0; 4];
    recv.read_exact(&mut length).await.ok()?;
    Some(connection)
}

async fn converse(secret: SecretKey, up: &Up, discovery_secret: &[u8; 32], messages: &[Message]) -> Vec<u8> {
    let own = DeviceId(*secret.public().as_bytes());
    let endpoint = endpoint(secret).await;
    let connection = connect(&endpoint, up, SYNC_ALPN).await;
    let hello = hello(own, &connection, discovery_secret);
    let (mut send, mut recv) = connection.open_bi().await.expect("a stream");
    for message in std::iter::once(&hello).chain(messages) {
        // It may be shown out while it speaks.
        if send.write_all(&message.to_frame()).await.is_err() {
            break;
        }
    }
    let (mut heard, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(Ok(Some(read))) = tokio::time::timeout(Duration::from_secs(3), recv.read(&mut part)).await {
        heard.extend_from_slice(&part[..read]);
    }
    endpoint.close().await;
    heard
}
