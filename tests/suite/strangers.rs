//! Who is told what: strangers nothing, viewers everything and believed nothing.

mod flood;

use std::path::Path;
use std::time::Duration;

use dataforge_protocol::entry::{BodyRef, Claims, EntryKind, HEADER_VERSION, Header, Link, SignedEntry};
use dataforge_protocol::facts::{Facts, WellFacts};
use dataforge_protocol::id::{DeviceId, EntryId, WorkspaceId};
use dataforge_protocol::op::{Genesis, Op};
use dataforge_protocol::wire::{BLOBS_ALPN, Hello, JOIN_ALPN, Message, PAIR_ALPN, SYNC_ALPN};
use dataforge_tests::forger::{connect, endpoint, push, secret_of};
use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, invite, join, wait_until};
use iroh::SecretKey;
use iroh::endpoint::Connection;
use rusqlite::params;

/// Sends bytes on a stream and returns everything that comes back until the connection closes.
async fn answer_to(connection: &Connection, bytes: &[u8]) -> Vec<u8> {
    let Ok((mut send, mut recv)) = connection.open_bi().await else { return Vec::new() };
    // The other side may close at once.
    drop(send.write_all(bytes).await);
    drop(send.finish());
    let mut heard = Vec::new();
    let listen = async {
        let mut part = [0; 1024];
        while let Ok(Some(read)) = recv.read(&mut part).await {
            heard.extend_from_slice(&part[..read]);
        }
    };
    drop(tokio::time::timeout(Duration::from_secs(8), listen).await);
    heard
}

fn field(place: &Place) -> tempfile::TempDir {
    let logs = tempfile::tempdir().unwrap();
    place.json(&["init", "Secret Field"]);
    write_las(logs.path(), 1, 80, 3, 9);
    place.json(&["import", logs.path().to_str().unwrap()]);
    logs
}

#[test]
fn what_members_fetched_is_in_the_audit() {
    let logs = tempfile::tempdir().unwrap();
    let (host, guest) = (Place::new("ada"), Place::new("bob"));
    host.json(&["init", "Field"]);
    write_las(logs.path(), 1, 300, 4, 9);
    host.json(&["import", logs.path().to_str().unwrap()]);
    assert_eq!(host.json(&["audit"])["accesses"].as_array().map(Vec::len), Some(0));
    let _up = join(&host, &guest, "viewer");
    guest.json(&["sync"]);
    let of = |member: &str| {
        let audit = host.json(&["audit", "--member", member]);
        audit["accesses"].as_array().unwrap().clone()
    };
    assert!(of("ada").is_empty());
    let fetched = of("bob");
    assert_eq!(fetched.len(), 2, "a source and a table: {fetched:?}");
    let run = &host.json(&["runs"])["runs"][0];
    let table = fetched.iter().find(|access| access["hash"] == run["blob"]).unwrap();
    assert_eq!((&table["bytes"], &table["requests"]), (&run["blob_bytes"], &1.into()), "{table}");
    assert_eq!(table["what"], format!("run {}", run["name"].as_str().unwrap()));
    assert!(table["device"].as_str().unwrap().contains("bob"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_nothing() {
    let ada = Place::new("ada");
    let _logs = field(&ada);
    let up = ada.up();
    let stranger = endpoint(SecretKey::from_bytes(&[77; 32])).await;
    let hello = Message::Hello(Hello { tag: [1; 32], introduce: false, agent: "x".into() }).to_frame();
    let tips = Message::Tips(Vec::new(), false).to_frame();
    let join = [&[0, 0, 0, 40_u8][..], &[7; 40]].concat();
    // A point of the curve, as whoever pairs sends one: no window is open.
    let pair = [&[0, 0, 0, 32_u8][..], SecretKey::from_bytes(&[78; 32]).public().as_bytes()].concat();
    let garbage = vec![0xff; 64];
    let said = [(SYNC_ALPN, &hello), (SYNC_ALPN, &tips), (SYNC_ALPN, &garbage), (JOIN_ALPN, &join), (PAIR_ALPN, &pair)];
    for (alpn, words) in said {
        let connection = connect(&stranger, &up, alpn).await;
        assert_eq!(answer_to(&connection, words).await, b"", "{}", String::from_utf8_lossy(alpn));
        let reason = tokio::time::timeout(Duration::from_secs(8), connection.closed()).await.expect("it is shown out");
        let said = reason.to_string();
        assert!(!said.contains("Secret") && !said.contains("Field"), "{said}");
    }
    let blob = ada.json(&["runs"])["runs"][0]["blob"].as_str().unwrap().parse().unwrap();
    let connection = connect(&stranger, &up, BLOBS_ALPN).await;
    let got = iroh_blobs::get::request::get_blob(connection, blob).bytes().await;
    assert!(got.is_err(), "a stranger got a blob");
    stranger.close().await;
    drop(up);
    ada.verify();
}

struct Known {
    workspace: WorkspaceId,
    genesis: Genesis,
    /// The newest membership op and the tip of a device's chain.
    mhead: EntryId,
    tip: Option<(u64, EntryId)>,
}

/// What a member's own database says: all that a dishonest member needs.
fn known(dir: &Path, device: &DeviceId) -> Known {
    let database = rusqlite::Connection::open(dir.join("node.db")).unwrap();
    let one = |sql: &str| -> [u8; 32] { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    let workspace = WorkspaceId(one("SELECT id FROM workspaces"));
    let body: Vec<u8> =
        database.query_row("SELECT body FROM entries WHERE id = ?1", params![workspace.0], |row| row.get(0)).unwrap();
    let Ok(Op::Genesis(genesis)) = Op::from_bytes(&body) else { panic!("a genesis") };
    let mhead = EntryId(one("SELECT id FROM entries WHERE kind = 0 ORDER BY position DESC LIMIT 1"));
    let sql = "SELECT seq, id FROM entries WHERE device = ?1 ORDER BY seq DESC LIMIT 1";
    let tip = database.query_row(sql, params![device.0], |row| Ok((row.get(0)?, EntryId(row.get(1)?)))).ok();
    Known { workspace, genesis, mhead, tip }
}

/// A well opened by a device, as an honest program would write it had the device the role.
fn forge(secret: &SecretKey, known: &Known) -> SignedEntry {
    let facts = Facts::Well(WellFacts::Uwi("FORGED1".into()));
    let body = facts.to_bytes();
    let header = Header {
        link: Link {
            version: HEADER_VERSION,
            kind: EntryKind::Open.to_u8(),
            workspace: known.workspace,
            device: DeviceId(*secret.public().as_bytes()),
            seq: known.tip.map_or(0, |(seq, _)| seq + 1),
            prev: known.tip.map(|(_, id)| id),
            body: BodyRef::of(&body),
        },
        claims: Claims { mheads: vec![known.mhead], doc: Some(facts.doc_id()), ..Claims::default() },
    };
    SignedEntry::sign(&header, body, secret)
}

fn holds(place: &Place, entry: &SignedEntry) -> bool {
    let id = dataforge_protocol::entry::entry_id(&entry.header).to_string();
    let log = place.json(&["log", "--limit", "1000"]);
    log["entries"].as_array().unwrap().iter().any(|known| known["id"] == id.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewers_entry_is_refused_also_through_a_third() {
    let (ada, victor, eve) = (Place::new("ada"), Place::new("victor"), Place::new("eve"));
    let logs = field(&ada);
    let up = ada.up();
    invite(&ada, &victor, "viewer");
    invite(&ada, &eve, "editor");
    victor.json(&["sync"]);
    eve.json(&["sync"]);
    let said = victor.fails(&["import", logs.path().to_str().unwrap()], 5);
    assert!(said.contains("role"), "{said}");
    victor.fails(&["set", "Test 1", "field", "Mine"], 5);
    let secret = secret_of(&victor);
    let device = DeviceId(*secret.public().as_bytes());
    let known_to_victor = known(victor.path(), &device);
    let forged = forge(&secret, &known_to_victor);
    push(secret, &up, &known_to_victor.genesis.discovery_secret, std::slice::from_ref(&forged)).await;
    assert!(!holds(&ada, &forged), "straight from the viewer");
    push(secret_of(&eve), &up, &known_to_victor.genesis.discovery_secret, std::slice::from_ref(&forged)).await;
    assert!(!holds(&ada, &forged), "through an editor");
    // The same words from an editor count, so it is the role that was refused.
    let eves = secret_of(&eve);
    let honest = forge(&eves, &known(eve.path(), &DeviceId(*eves.public().as_bytes())));
    push(eves, &up, &known_to_victor.genesis.discovery_secret, std::slice::from_ref(&honest)).await;
    wait_until("the editor's entry is there", || holds(&ada, &honest));
    ada.verify();
}
