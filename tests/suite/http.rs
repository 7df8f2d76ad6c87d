//! HTTP for other tools, with real nodes: off until it is set, told, and reading from peers what is not here.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use dataforge_node::ingest::sample::demo_files;
use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, join, wait_until};

/// Sets the face of a node that is up; returns where it opened, and the token.
pub(super) fn open(place: &Place) -> (String, String) {
    place.json(&["config", "set", "faces.http", "127.0.0.1:0"]);
    let is_open = || place.json(&["faces"])["faces"][0]["open"] == true;
    wait_until("the face opens", is_open);
    let told = place.json(&["faces", "--token"]);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    (text(&told["faces"][0]["address"]), text(&told["token"]))
}

/// Asks by a connection of its own; returns the head of the answer and its body.
pub(super) fn get(at: &str, target: &str, token: &str, headers: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(at).unwrap();
    // A node gives a peer that went away without a word some time.
    stream.set_read_timeout(Some(Duration::from_secs(180))).unwrap();
    let head = format!("GET {target} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n");
    stream.write_all(format!("{head}Authorization: Bearer {token}\r\n{headers}\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let body = &answer[end + 4..];
    let body = if head.contains("transfer-encoding: chunked") { joined(body) } else { body.to_vec() };
    (head, body)
}

/// Returns what the chunks of a body have, which must be all there.
fn joined(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return whole;
        }
        whole.extend(&body[end + 2..end + 2 + size]);
        body = &body[end + 2 + size + 2..];
    }
}

#[test]
fn a_face_is_off_until_it_is_set_and_follows_its_setting_at_once() {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    for (name, text) in demo_files() {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    ada.json(&["import", dir.path().to_str().unwrap()]);
    let told = String::from_utf8(ada.ok(["faces"])).unwrap();
    assert!(told.contains("no node is up") && told.contains("no face is set"), "{told}");
    let _up = ada.up();
    let faces = ada.json(&["faces"]);
    assert_eq!((&faces["up"], faces["faces"].as_array().unwrap().len()), (&true.into(), 0));
    assert!(!ada.path().join("faces.token").exists());
    for outside in ["0.0.0.0:7414", "192.0.2.1:7414"] {
        let said = ada.fails(&["config", "set", "faces.http", outside], 2);
        assert!(said.contains("reached by others"), "{said}");
    }
    let (at, token) = open(&ada);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(ada.path().join("faces.token")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(String::from_utf8(ada.ok(["faces", "--token"])).unwrap().trim(), token);
    let told = String::from_utf8(ada.ok(["faces"])).unwrap();
    assert!(told.starts_with(&format!("http at {at}\n")) && !told.contains(&token), "{told}");
    let status = String::from_utf8(ada.ok(["status"])).unwrap();
    assert!(status.contains(&format!("face       http at {at}")), "{status}");

    let (head, body) = get(&at, "/v1/sql?format=csv&q=select%20count(*)%20as%20n%20from%20wells", &token, "");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(String::from_utf8(body).unwrap().contains("n\n2\n"));
    let (head, _) = get(&at, "/v1/wells", &token.replace(|digit: char| digit.is_ascii_digit(), "a"), "");
    assert!(head.starts_with("HTTP/1.1 401 "), "{head}");
    let (_, wells) = get(&at, "/v1/wells", &token, "");
    let wells: serde_json::Value = serde_json::from_slice(&wells).unwrap();
    assert_eq!(wells, ada.json(&["wells"]), "what --json prints");

    ada.json(&["config", "set", "faces.http", ""]);
    wait_until("it closes", || TcpStream::connect(&at).is_err());
    assert_eq!(ada.json(&["status"])["faces"].as_array().unwrap().len(), 0);
}

/// Bytes that others fetched from a node, as it counted them; waits until they are no fewer than `least` and
/// stay as they are.
fn given(place: &Place, least: u64) -> u64 {
    let count = || -> u64 {
        let audit = place.json(&["audit", "--limit", "1000"]);
        audit["accesses"].as_array().unwrap().iter().map(|access| access["bytes"].as_u64().unwrap()).sum()
    };
    let mut given = count();
    wait_until("all that was given is written down", || {
        // The log is written once a second.
        std::thread::sleep(Duration::from_millis(2500));
        let now = count();
        std::mem::replace(&mut given, now) == now && now >= least
    });
    given
}

#[test]
fn ranges_of_a_table_that_is_not_here_come_from_a_peer_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let log = write_las(dir.path(), 1, 400_000, 13, 4);
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    ada.json(&["import", log.to_str().unwrap()]);
    let run = ada.json(&["runs"])["runs"][0]["id"].as_str().unwrap().to_owned();
    let out = dir.path().join("run.parquet");
    ada.json(&["export", &run, "--out", out.to_str().unwrap()]);
    let file = std::fs::read(&out).unwrap();
    bob.json(&["config", "set", "cache.policy", "demand"]);
    let ada_up = join(&ada, &bob, "viewer");
    bob.json(&["sync"]);
    assert_eq!(bob.json(&["runs"])["runs"][0]["held"], false);
    let _bob_up = bob.up();
    let (at, token) = open(&bob);

    let before = given(&ada, 0);
    let target = format!("/v1/runs/{run}.parquet");
    let (head, body) = get(&at, &target, &token, "Range: bytes=5000000-5000999\r\n");
    assert!(head.starts_with("HTTP/1.1 206 "), "{head} {}", String::from_utf8_lossy(&body));
    assert!(head.contains(&format!("content-range: bytes 5000000-5000999/{}", file.len())), "{head}");
    assert!(body == file[5_000_000..5_001_000], "these very bytes");
    let cost = given(&ada, before + 1) - before;
    assert!(cost * 10 <= file.len() as u64, "{cost} of {} bytes", file.len());

    // Alone it still gives what came, and says who has the rest.
    drop(ada_up);
    assert!(get(&at, &target, &token, "Range: bytes=5000000-5000999\r\n").1 == file[5_000_000..5_001_000]);
    let (head, body) = get(&at, &target, &token, "Range: bytes=100000-100999\r\n");
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert!(problem["error"]["causes"][0].as_str().unwrap().contains("ada"), "{problem}");
}
