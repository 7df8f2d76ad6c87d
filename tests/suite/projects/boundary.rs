//! A workspace is the boundary: who is no member gets no entry and no blob of it from a node that holds
//! it, by no request, whatever else that node gives them.

use std::path::Path;

use dataforge_protocol::id::WorkspaceId;
use dataforge_protocol::op::{Genesis, Op};
use dataforge_protocol::wire::{BLOBS_ALPN, Message};
use dataforge_tests::forger::{ask, connect, endpoint, secret_of};
use dataforge_tests::program::{Place, Up};
use iroh::Endpoint;
use rusqlite::params;

use super::{import, names, on};

/// The start of a workspace, from the database of somebody who holds it.
fn genesis(dir: &Path, name: &str) -> (WorkspaceId, Genesis) {
    let database = rusqlite::Connection::open(dir.join("node.db")).unwrap();
    let sql = "SELECT w.id, e.body FROM workspaces AS w JOIN entries AS e ON e.id = w.id WHERE w.name = ?1";
    let (id, body): ([u8; 32], Vec<u8>) =
        database.query_row(sql, params![name], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let Ok(Op::Genesis(genesis)) = Op::from_bytes(&body) else { panic!("a genesis") };
    (WorkspaceId(id), genesis)
}

/// Entries in a database that are of no workspace but this one, and blobs that are held.
fn holds(dir: &Path, only: WorkspaceId) -> (u64, Vec<String>) {
    let database = rusqlite::Connection::open(dir.join("node.db")).unwrap();
    let others = database
        .query_row("SELECT count(*) FROM entries WHERE workspace <> ?1", params![only.0], |row| row.get(0))
        .unwrap();
    let mut statement = database.prepare("SELECT lower(hex(hash)) FROM have ORDER BY 1").unwrap();
    let held = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    (others, held)
}

/// The source and the table of the one run of a well.
fn blobs_of(place: &Place, workspace: &str, well: &str) -> [String; 2] {
    let run = on(place, workspace, &["runs", well])["runs"][0].clone();
    let table = run["blob"].as_str().unwrap().to_owned();
    let each = on(place, workspace, &["where", well])["each"].clone();
    let mut hashes = each.as_array().unwrap().iter().map(|blob| blob["hash"].as_str().unwrap().to_owned());
    let source = hashes.find(|hash| *hash != table).expect("a source");
    [source, table]
}

/// Whether a node gives a blob to whoever has this key.
async fn gives(own: &Endpoint, up: &Up, hash: &str) -> bool {
    let connection = connect(own, up, BLOBS_ALPN).await;
    iroh_blobs::get::request::get_blob(connection, hash.parse().unwrap()).bytes().await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_member_gets_nothing_of_a_workspace_from_a_node_that_holds_it() {
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    for workspace in ["Field", "Partner"] {
        ada.json(&["init", workspace, "--name", "Ada"]);
    }
    import(&ada, "Field", &[1, 3]);
    import(&ada, "Partner", &[2]);
    let (secret, stays, shared) =
        (blobs_of(&ada, "Field", "Test 1"), blobs_of(&ada, "Field", "Test 3"), blobs_of(&ada, "Partner", "Test 2"));
    let (_, field) = genesis(ada.path(), "Field");
    let (partner, partner_genesis) = genesis(ada.path(), "Partner");
    let up = ada.up();
    let ticket = on(&ada, "Partner", &["invite", "--role", "editor"])["ticket"].as_str().unwrap().to_owned();
    bob.json(&["join", "--yes", &ticket]);
    bob.json(&["sync"]);

    // By what the program asks for.
    assert_eq!(names(&bob.json(&["workspaces"])["workspaces"]), ["Partner"]);
    assert_eq!(names(&bob.json(&["wells"])["wells"]), ["Test 2"]);
    let mut all = shared.to_vec();
    all.sort();
    assert_eq!(holds(bob.path(), partner), (0, all.clone()));
    for hash in secret.iter().chain(&stays) {
        for command in ["fetch", "where", "pin"] {
            bob.fails(&[command, hash], 3);
        }
    }

    // By the protocol itself, with the key of a member of the other workspace.
    let own = endpoint(secret_of(&bob)).await;
    assert!(gives(&own, &up, &shared[1]).await, "what is of the member's workspace is given");
    for hash in secret.iter().chain(&stays) {
        assert!(!gives(&own, &up, hash).await, "{hash} was given to somebody who is no member");
    }
    own.close().await;
    let messages = [Message::Introduction(Vec::new()), Message::Tips(Vec::new(), false), Message::CaughtUp];
    let has_entries = |answers: &[Message]| answers.iter().any(|answer| !matches!(answer, Message::Hello(_)));
    // Even the secret by which its members find each other opens nothing.
    let answers = ask(secret_of(&bob), &up, &field.discovery_secret, &messages).await;
    assert!(!has_entries(&answers), "a node told somebody who is no member {answers:?}");
    let answers = ask(secret_of(&bob), &up, &partner_genesis.discovery_secret, &messages[1..]).await;
    assert!(answers.iter().any(|answer| matches!(answer, Message::Entries(_))), "a member is told: {answers:?}");

    // What is copied over is given, and nothing beside it.
    on(&ada, "Field", &["wells", "copy", "Test 1", "--to", "Partner"]);
    bob.json(&["sync"]);
    assert_eq!(names(&bob.json(&["wells"])["wells"]), ["Test 1", "Test 2"]);
    all.extend(secret.clone());
    all.sort();
    assert_eq!(holds(bob.path(), partner), (0, all));
    let own = endpoint(secret_of(&bob)).await;
    for hash in &secret {
        assert!(gives(&own, &up, hash).await, "{hash} is of the copy");
    }
    for hash in &stays {
        assert!(!gives(&own, &up, hash).await, "{hash} was not copied");
    }
    own.close().await;
    let answers = ask(secret_of(&bob), &up, &field.discovery_secret, &messages).await;
    assert!(!has_entries(&answers), "{answers:?}");
    bob.verify();
}
