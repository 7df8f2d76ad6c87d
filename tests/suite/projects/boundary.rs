//! A workspace is the boundary: who is no member gets no entry and no blob of it from a node that holds
//! it, by no request, whatever else that node gives them.

use std::path::Path;

use dataforge_protocol::document::Map;
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::WorkspaceId;
use dataforge_protocol::op::{Genesis, Op};
use dataforge_protocol::wire::{BLOBS_ALPN, Message};
use dataforge_tests::forger::{Forger, ask, blobs, connect, endpoint, secret_of};
use dataforge_tests::program::{Place, Up, wait_until};
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

/// Whether a node gives a blob to whoever has this key and asks by the hello of a workspace.
async fn gives(own: &Endpoint, up: &Up, workspace: &Genesis, hash: &str) -> bool {
    let Some(connection) = blobs(own, up, &workspace.discovery_secret).await else { return false };
    iroh_blobs::get::request::get_blob(connection, hash.parse().unwrap()).bytes().await.is_ok()
}

/// How many blobs are on the disk, and how many are held for each of the two workspaces.
fn counts(place: &Place) -> [u64; 3] {
    let database = rusqlite::Connection::open(place.path().join("node.db")).unwrap();
    let of = |name: &str| -> u64 {
        let sql = "SELECT count(*) FROM held_for AS h JOIN workspaces AS w ON w.id = h.workspace WHERE w.name = ?1";
        database.query_row(sql, params![name], |row| row.get(0)).unwrap()
    };
    let all = database.query_row("SELECT count(*) FROM have", [], |row| row.get(0)).unwrap();
    [all, of("Field"), of("Partner")]
}

fn join(host: &Place, guest: &Place, workspace: &str) {
    let ticket = on(host, workspace, &["invite", "--role", "editor"])["ticket"].as_str().unwrap().to_owned();
    guest.json(&["join", "--yes", &ticket]);
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
    join(&ada, &bob, "Partner");
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
    assert!(gives(&own, &up, &partner_genesis, &shared[1]).await, "what is of the member's workspace is given");
    for hash in secret.iter().chain(&stays) {
        for by in [&partner_genesis, &field] {
            assert!(!gives(&own, &up, by, hash).await, "{hash} was given to somebody who is no member");
        }
    }
    // Without a hello nothing is.
    let silent = connect(&own, &up, BLOBS_ALPN).await;
    let got = iroh_blobs::get::request::get_blob(silent, shared[1].parse().unwrap()).bytes().await;
    assert!(got.is_err(), "a blob of no workspace was given");
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
        assert!(gives(&own, &up, &partner_genesis, hash).await, "{hash} is of the copy");
    }
    for hash in &stays {
        assert!(!gives(&own, &up, &partner_genesis, hash).await, "{hash} was not copied");
    }
    own.close().await;
    let answers = ask(secret_of(&bob), &up, &field.discovery_secret, &messages).await;
    assert!(!has_entries(&answers), "{answers:?}");
    bob.verify();
}

/// Names blobs of another workspace in a run of their own, as no honest program would.
async fn name_elsewhere(eve: &Place, up: &Up, run: &str, blobs: Vec<BlobRef>) {
    let mut forger = Forger::new(eve.path(), secret_of(eve));
    let entries = forger.edit(run.parse().unwrap(), blobs, |document, actor| {
        let changed = document.edit(actor, |edit| edit.set_text(Map::Attributes, "remark", Some("mine")))?;
        Ok(changed.into_iter().collect())
    });
    forger.push(up, &entries).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_of_another_workspace_is_missing_for_who_names_it() {
    let (ada, bob, eve) = (Place::new("ada"), Place::new("bob"), Place::new("eve"));
    for workspace in ["Field", "Partner"] {
        ada.json(&["init", workspace, "--name", "Ada"]);
    }
    import(&ada, "Field", &[1]);
    import(&ada, "Partner", &[2]);
    let (secret, shared) = (blobs_of(&ada, "Field", "Test 1"), blobs_of(&ada, "Partner", "Test 2"));
    let size = |hash: &str| on(&ada, "Field", &["where", hash])["each"][0]["bytes"].as_u64().unwrap();
    let named: Vec<_> = secret.iter().map(|hash| BlobRef { hash: hash.parse().unwrap(), size: size(hash) }).collect();
    let (_, partner) = genesis(ada.path(), "Partner");
    let run = on(&ada, "Partner", &["runs", "Test 2"])["runs"][0]["id"].as_str().unwrap().to_owned();
    let up = ada.up();
    for guest in [&bob, &eve] {
        join(&ada, guest, "Partner");
        guest.json(&["sync"]);
    }
    join(&ada, &bob, "Field");
    bob.json(&["sync"]);
    assert_eq!((counts(&ada), counts(&bob)), ([4, 2, 2], [4, 2, 2]));

    Box::pin(name_elsewhere(&eve, &up, &run, named)).await;
    let holders = |place: &Place, workspace: &str, hash: &str| {
        let each = on(place, workspace, &["where", hash])["each"].clone();
        each[0]["holders"].as_array().unwrap().len()
    };
    let is_named = || ada.run(["--workspace", "Partner", "where", secret[0].as_str()]).status.success();
    wait_until("the name is known", is_named);
    // Bob has both workspaces as well, and would get from one for the other what Ada holds for it.
    let bobs = bob.up();
    wait_until("bob knows it, too", || {
        bob.run(["--workspace", "Partner", "where", secret[0].as_str()]).status.success()
    });
    let own = endpoint(secret_of(&eve)).await;
    for _ in 0..5 {
        for hash in &secret {
            for giver in [&up, &bobs] {
                assert!(!gives(&own, giver, &partner, hash).await, "{hash} was given to who named it");
            }
            assert_eq!(holders(&ada, "Partner", hash), 0, "nobody is said to hold {hash} there");
            assert_eq!(holders(&ada, "Field", hash), 2);
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    assert!(gives(&own, &up, &partner, &shared[0]).await && gives(&own, &bobs, &partner, &shared[1]).await);
    assert_eq!((counts(&ada), counts(&bob)), ([4, 2, 2], [4, 2, 2]));

    // Who brings the same file into the workspace holds it there, and others get it from them.
    import(&ada, "Partner", &[1]);
    assert_eq!(counts(&ada), [4, 2, 4], "the disk keeps one copy");
    // Bob, who has the same bytes for the other workspace and asked in vain before, gets them for this one.
    wait_until("bob has it for both", || counts(&bob) == [4, 2, 4]);
    for hash in &secret {
        assert!(gives(&own, &up, &partner, hash).await && gives(&own, &bobs, &partner, hash).await, "{hash}");
    }
    own.close().await;
    drop((up, bobs));
    for place in [&ada, &bob] {
        place.verify();
    }
}

#[test]
fn what_is_freed_in_one_workspace_stays_for_the_other() {
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    for workspace in ["Field", "Partner"] {
        ada.json(&["init", workspace, "--name", "Ada"]);
    }
    import(&ada, "Field", &[1]);
    on(&ada, "Field", &["wells", "copy", "Test 1", "--to", "Partner"]);
    assert_eq!(counts(&ada), [2, 2, 2], "who copies holds it for both");
    bob.json(&["config", "set", "cache.policy", "demand"]);
    let up = ada.up();
    for workspace in ["Field", "Partner"] {
        join(&ada, &bob, workspace);
    }
    bob.json(&["sync"]);
    on(&bob, "Field", &["fetch", "Test 1"]);
    assert_eq!(counts(&bob), [2, 2, 0]);
    on(&bob, "Partner", &["fetch", "Test 1"]);
    assert_eq!(counts(&bob), [2, 2, 2]);
    let free = |workspace: &str| on(&bob, workspace, &["free", "Test 1", "--go"]);
    let freed = free("Field");
    assert_eq!((&freed["blobs"], &freed["bytes"]), (&2.into(), &0.into()), "{freed}");
    assert_eq!(counts(&bob), [2, 0, 2]);
    assert_eq!(on(&bob, "Field", &["runs"])["runs"][0]["held"], false);
    assert_eq!(on(&bob, "Partner", &["runs"])["runs"][0]["held"], true);
    let runs_held = |workspace: &str| on(&bob, workspace, &["wells"])["wells"][0]["held"].clone();
    assert_eq!((runs_held("Field"), runs_held("Partner")), (0.into(), 1.into()));
    bob.verify();
    let freed = free("Partner");
    assert!(freed["blobs"] == 2 && freed["bytes"].as_u64().unwrap() > 0, "{freed}");
    assert_eq!(counts(&bob), [0, 0, 0]);
    // What is here for one is read for the other only once it came for it.
    on(&bob, "Field", &["fetch", "Test 1"]);
    drop(up);
    let run = on(&bob, "Partner", &["runs"])["runs"][0]["id"].as_str().unwrap().to_owned();
    let out = tempfile::tempdir().unwrap();
    let export = |workspace: &str| {
        let file = out.path().join(workspace);
        let args = ["--workspace", workspace, "export", &run, "--format", "csv", "--out", file.to_str().unwrap()];
        bob.run(args).status.success()
    };
    assert!(export("Field") && !export("Partner"));
}
