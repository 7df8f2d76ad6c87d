//! Metrics: off by default, on this machine only, with a token; numbers that move.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use dataforge_tests::program::{Place, Up, wait_until};

use super::field;

/// Sends bytes to the door of a node that is up; returns what comes back.
fn send(at: &str, request: &[u8]) -> String {
    let address = at.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(at: &str, host: &str, token: &str) -> String {
    send(at, format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n").as_bytes())
}

/// Reads the text format: every number belongs to a family that says what it is.
fn parse(text: &str) -> BTreeMap<String, f64> {
    let (mut family, mut found) = (String::new(), BTreeMap::new());
    let mut helped = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(help.len() > 5, "{line}");
            helped = name.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(matches!(kind, "counter" | "gauge") && name == helped, "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            family = name.to_owned();
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert_eq!(name.split('{').next().unwrap(), family, "{line}");
            let value = value.parse().unwrap_or_else(|_| panic!("a number: {line}"));
            assert!(found.insert(name.to_owned(), value).is_none(), "twice: {line}");
        }
    }
    found
}

fn restart(place: &Place, up: Up, listen: &str) -> Up {
    drop(up);
    place.json(&["config", "set", "metrics.listen", listen]);
    place.up()
}

#[test]
fn metrics_are_off_until_asked_for_and_given_here_to_who_has_the_token() {
    let (ada, bob, up, _logs) = field();
    let token_file = ada.path().join("metrics.token");
    assert_eq!(ada.json(&["status"])["metrics"], serde_json::Value::Null);
    assert!(!token_file.exists());
    for open in ["0.0.0.0:9100", "[::]:9100", "192.0.2.1:9100"] {
        let said = ada.fails(&["config", "set", "metrics.listen", open], 2);
        assert!(said.contains("reached by others") && said.contains("127.0.0.1:9100"), "{said}");
    }
    let _up = restart(&ada, up, "127.0.0.1:0");
    let at = ada.json(&["status"])["metrics"].as_str().unwrap().to_owned();
    assert!(at.starts_with("http://127.0.0.1:") && at.ends_with("/metrics"), "{at}");
    let token = std::fs::read_to_string(&token_file).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&token_file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(send(&at, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 401 "));
    let wrong = if token.starts_with('0') { token.replacen('0', "1", 1) } else { format!("0{}", &token[1..]) };
    assert!(get(&at, "localhost", &wrong).starts_with("HTTP/1.1 401 "));
    assert!(get(&at, "field.example", &token).starts_with("HTTP/1.1 421 "), "a name somebody pointed here");
    let long = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nx: {}\r\n\r\n", "a".repeat(9000));
    assert!(send(&at, long.as_bytes()).starts_with("HTTP/1.1 431 "));
    assert!(send(&at, b"\xff\x00\r\n\r\n").starts_with("HTTP/1.1 400 "));
    let read = || {
        let answer = get(&at, "127.0.0.1", &token);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("version=0.0.4"), "{head}");
        for name in ["ada", "bob", "Field", "Test 1"] {
            assert!(!body.contains(name), "a name is told: {name}");
        }
        parse(body)
    };
    let before = read();
    assert_eq!(before["dataforge_peers_connected"], 0.0);
    assert_eq!(before["dataforge_blobs_held"], 2.0);
    assert!(before["dataforge_disk_free_bytes"] > 0.0 && before["dataforge_cache_limit_bytes"] == 1e10);
    let bob_up = bob.up();
    bob.json(&["set", "Test 1", "field", "Northern Harness"]);
    wait_until("the numbers move", || {
        let now = read();
        let grew = |name: &str| now[name] > before[name];
        now["dataforge_peers_connected"] == 1.0
            && now.keys().any(|name| name.starts_with("dataforge_peer_latency_seconds{"))
            && grew("dataforge_entries_accepted_total")
            && (grew("dataforge_sessions_opened_total{direction=\"in\"}")
                || grew("dataforge_sessions_opened_total{direction=\"out\"}"))
            && grew("dataforge_network_bytes_total{direction=\"in\",path=\"direct\"}")
            && grew("dataforge_network_bytes_total{direction=\"out\",path=\"direct\"}")
    });
    drop(bob_up);
    // Connections that say nothing do not keep others out for long.
    let address = at.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let idle: Vec<_> = (0..40).map(|_| TcpStream::connect(address).unwrap()).collect();
    assert!(!read().is_empty());
    drop(idle);
}

#[test]
fn a_port_for_metrics_that_is_taken_keeps_nothing_from_syncing_and_is_told() {
    let (ada, bob, up, _logs) = field();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let _up = restart(&ada, up, &taken.local_addr().unwrap().to_string());
    let output = ada.run(["--json", "doctor"]);
    assert_eq!(output.status.code(), Some(1));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let problems = found["problems"].as_array().unwrap();
    let told = problems.iter().find(|one| one["about"] == "metrics").unwrap_or_else(|| panic!("{found}"));
    assert!(told["advice"].as_str().unwrap().contains("metrics.listen"), "{told}");
    bob.json(&["sync"]);
}
