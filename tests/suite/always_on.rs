//! A node that is always on: who is online and how far each is, the sync log, the view that goes on.

#[cfg(unix)]
mod doctor;
mod metrics;
#[cfg(target_os = "linux")]
mod service;

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, Up, has_tool, join, program, skip, wait_until};
use serde_json::Value;

/// Ada is up with a run that Bob has too; Bob is away.
fn field() -> (Place, Place, Up, tempfile::TempDir) {
    let logs = tempfile::tempdir().unwrap();
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    write_las(logs.path(), 1, 300, 4, 9);
    ada.json(&["import", logs.path().to_str().unwrap()]);
    let up = join(&ada, &bob, "editor");
    bob.json(&["sync"]);
    wait_until("bob is away", || !peer(&ada)["connected"].as_bool().unwrap());
    (ada, bob, up, logs)
}

/// The one peer of a node, as `status` has it.
fn peer(place: &Place) -> Value {
    let status = place.json(&["status"]);
    let peers = status["peers"].as_array().unwrap();
    assert_eq!(peers.len(), 1, "{status}");
    peers[0].clone()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a count: {value}"))
}

fn is_level(peer: &Value) -> bool {
    let one = &peer["standings"][0];
    ["ahead", "behind", "blobs_ahead", "blobs_behind"].iter().all(|field| one[field] == 0) && one["caught_up"] == true
}

#[test]
fn status_says_who_is_online_by_which_path_and_how_far_each_is() {
    let (ada, bob, _up, _logs) = field();
    assert!(ada.json(&["status"])["up_since"].is_string());
    for name in ["One", "Two", "Three"] {
        ada.json(&["rename", "Test 1", name]);
        ada.json(&["rename", name, "Test 1"]);
    }
    let away = peer(&ada);
    assert_eq!((&away["connected"], &away["path"]), (&false.into(), &"direct".into()), "{away}");
    assert_eq!(away["latency_ms"], Value::Null);
    assert!(away["last_seen"].is_string(), "{away}");
    let standing = &away["standings"][0];
    assert_eq!((&standing["ahead"], &standing["behind"]), (&6.into(), &Value::Null), "{away}");
    let bob_up = bob.up();
    wait_until("they have the same", || is_level(&peer(&ada)) && is_level(&peer(&bob)));
    let here = peer(&ada);
    assert_eq!((&here["connected"], &here["path"]), (&true.into(), &"direct".into()), "{here}");
    let latency = here["latency_ms"].as_f64().unwrap();
    assert!(latency > 0.0 && latency < 1000.0, "{here}");
    assert!(here["address"].as_str().unwrap().starts_with("127.0.0.1:"), "{here}");
    let before = [&here["bytes_sent"], &here["bytes_received"]].map(number);
    assert!(before.iter().all(|bytes| *bytes > 0), "{here}");
    bob.json(&["set", "Test 1", "field", "Northern Harness"]);
    wait_until("ada has bob's edit", || ada.json(&["wells"])["wells"][0]["field"] == "Northern Harness");
    wait_until("bob knows that ada has it", || is_level(&peer(&bob)));
    let after = ada.json(&["peers"])["peers"][0].clone();
    let grown = [&after["bytes_sent"], &after["bytes_received"]].map(number);
    assert!(grown[0] > before[0] && grown[1] > before[1], "{before:?} {after}");
    drop(bob_up);
}

#[test]
fn sessions_are_in_the_sync_log_with_what_moved_and_why_they_ended() {
    let (ada, bob, _up, _logs) = field();
    let log = |place: &Place, args: &[&str]| -> Vec<Value> {
        let reply = place.json(&[&["sync-log"], args].concat());
        reply["exchanges"].as_array().unwrap().clone()
    };
    // Blobs may have come with the first contact already.
    let sum = |rows: &[Value], field: &str| rows.iter().map(|row| number(&row[field])).sum::<u64>();
    let (from_ada, from_bob) = (log(&ada, &[]), log(&bob, &[]));
    assert!(from_ada.iter().all(|row| row["direction"] == "in" && row["path"] == "direct"), "{from_ada:?}");
    assert!(from_bob.iter().all(|row| row["direction"] == "out" && row["workspace"] == "Field"), "{from_bob:?}");
    let run = &bob.json(&["runs"])["runs"][0];
    assert_eq!(sum(&from_bob, "blobs_in"), 2, "a source and a table: {from_bob:?}");
    assert!(sum(&from_bob, "bytes_in") > number(&run["blob_bytes"]), "{from_bob:?}");
    assert_eq!(sum(&from_ada, "bytes_out"), sum(&from_bob, "bytes_in"));
    assert_eq!(sum(&from_ada, "entries_out"), sum(&from_bob, "entries_in"));
    assert!(sum(&from_ada, "entries_out") > 0, "{from_ada:?}");
    let newest = &from_bob[0];
    assert_eq!(newest["reason"], "ended here", "{newest}");
    assert_eq!(from_ada[0]["reason"], "the other side ended it", "{:?}", from_ada[0]);
    assert!(newest["ended"].is_string() && newest["seconds"].as_f64().unwrap() >= 0.0, "{newest}");
    // What is asked for is what is listed.
    assert_eq!(log(&ada, &["--peer", "bob"]).len(), from_ada.len());
    assert_eq!(log(&ada, &["--peer", "bob", "--limit", "1"]).len(), 1);
    assert_eq!(log(&ada, &["--since", "2020-01-01"]).len(), from_ada.len());
    assert!(log(&ada, &["--since", "2099-01-01"]).is_empty());
    assert!(ada.fails(&["sync-log", "--peer", "nobody"], 3).contains("bob"), "it says who there is");
    assert!(ada.fails(&["sync-log", "--since", "soon"], 2).contains("24h"));
    // A session that is open is told, and one that a kill cut off is told so later.
    let bob_up = bob.up();
    wait_until("they are connected", || peer(&bob)["connected"] == true);
    assert_eq!(log(&bob, &["--limit", "1"])[0]["ended"], Value::Null);
    bob_up.kill();
    let _again = bob.up();
    let cut = "this node stopped without closing it";
    wait_until("the cut is told", || log(&bob, &[]).iter().any(|row| row["reason"] == cut));
    assert_eq!(log(&bob, &[]).iter().filter(|row| row["reason"] == cut).count(), 1);
}

#[test]
fn the_view_goes_on_in_lines_and_ends_with_the_node() {
    let (ada, bob, up, _logs) = field();
    assert!(bob.fails(&["status", "--watch"], 3).contains("dataforge up"), "nothing is up there");
    assert!(ada.fails(&["--json", "status", "--watch"], 2).contains("once"));
    let mut child = ada.command(["status", "--watch"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let away = lines.find(|line| line.contains("away")).unwrap();
    assert!(away.starts_with("bob ("), "{away}");
    assert!(!away.contains('\u{1b}'), "no terminal, no signs for one: {away}");
    let bob_up = bob.up();
    let connected = lines.find(|line| line.contains("connected") && line.contains("direct")).unwrap();
    assert!(connected.contains(" ms ") && connected.ends_with("now"), "{connected}");
    drop(bob_up);
    drop(up);
    assert_eq!(child.wait().unwrap().code(), Some(6), "the node is gone");
}

#[test]
fn the_view_on_a_terminal_ends_by_q_and_gives_the_screen_back() {
    if !has_tool("script") {
        return skip("the_view_on_a_terminal_ends_by_q_and_gives_the_screen_back", "script, which gives a terminal");
    }
    let (ada, _bob, _up, _logs) = field();
    let line = format!("'{}' --dir '{}' status --watch; stty -a", program().display(), ada.path().display());
    let mut command = std::process::Command::new("script");
    command.args(["-qec", &line, "/dev/null"]);
    ada.set_environment(&mut command);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).env("TERM", "xterm").spawn().unwrap();
    let mut keys = child.stdin.take().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    std::io::Write::write_all(&mut keys, b"xq").unwrap();
    let told = String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned();
    drop(keys);
    assert!(told.contains("\u{1b}[?1049h") && told.contains("bob (") && told.contains("q ends this"), "{told}");
    let after = told.rsplit("\u{1b}[?1049l").next().unwrap();
    assert!(after.contains(" icanon") && after.contains(" echo "), "keys are taken as before: {after}");
}
