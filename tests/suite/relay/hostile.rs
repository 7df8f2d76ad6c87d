//! Relays that are none. What they do costs a node that has one configured neither its memory nor its
//! other ways, and it says which relay it is and what is wrong with it.

use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::{TcpListener, TcpStream};

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, Up, invite, wait_until};
use serde_json::Value;

use super::{relay, use_relays};

/// What a node may take more with a hostile relay than with an honest one: the stub sends as fast as
/// loopback carries it, so that in seconds it would be many times as much.
const MEMORY: u64 = 200 << 20;

/// What it does with each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// Takes it, and never says a word.
    Silence,
    /// Sends what is no HTTP.
    Garbage,
    /// Answers with a page that has no end.
    Page,
    /// Becomes a relay's connection, and ends it.
    Close,
    /// Becomes one, and announces a frame of a terabyte.
    Oversize,
    /// Becomes one, and sends frames of nothing without end.
    Endless,
}

const DEEDS: [Deed; 6] = [Deed::Silence, Deed::Garbage, Deed::Page, Deed::Close, Deed::Oversize, Deed::Endless];

/// Starts a hostile relay, which lives as long as the tests; returns its URL.
fn stub(deed: Deed, honest: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let honest = honest.trim_start_matches("http://").trim_end_matches('/').to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let honest = honest.clone();
            // It ends when the node has had enough.
            std::thread::spawn(move || drop(serve(deed, stream, &honest)));
        }
    });
    url
}

fn serve(deed: Deed, mut client: TcpStream, honest: &str) -> Result<()> {
    match deed {
        Deed::Silence => hold(client),
        Deed::Garbage => {
            let mut noise = [0; 10_000];
            fastrand::Rng::with_seed(7).fill(&mut noise);
            client.write_all(&noise)?;
            hold(client)
        }
        Deed::Page => {
            client.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")?;
            pour(client, &[b'x'; 1 << 16])
        }
        Deed::Close => upgrade(&mut client, honest),
        Deed::Oversize => {
            upgrade(&mut client, honest)?;
            let binary_of_a_terabyte = [0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0];
            client.write_all(&binary_of_a_terabyte)?;
            pour(client, &[0; 1 << 16])
        }
        Deed::Endless => {
            upgrade(&mut client, honest)?;
            let mut binary = vec![0x82, 126, 0x03, 0xe8];
            binary.resize(4 + 1000, 0);
            pour(client, &binary.repeat(60))
        }
    }
}

fn hold(mut client: TcpStream) -> Result<()> {
    while client.read(&mut [0; 1024])? > 0 {}
    Ok(())
}

fn pour(mut client: TcpStream, bytes: &[u8]) -> Result<()> {
    loop {
        client.write_all(bytes)?;
    }
}

/// Has an honest relay answer the request, so that the client takes this for one.
fn upgrade(client: &mut TcpStream, honest: &str) -> Result<()> {
    let mut relay = TcpStream::connect(honest)?;
    relay.write_all(&head(client)?)?;
    client.write_all(&head(&mut relay)?)
}

/// Reads a request or an answer to the end of its head.
fn head(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 || head.len() > 1 << 16 {
            return Err(Error::from(ErrorKind::InvalidData));
        }
        head.push(byte[0]);
    }
    Ok(head)
}

/// State and problem of each relay that a node that is up may use.
fn relays(place: &Place) -> Vec<(String, String)> {
    let status = place.json(&["status"]);
    let text = |relay: &serde_json::Value, name: &str| relay[name].as_str().unwrap_or_default().to_owned();
    status["relays"].as_array().unwrap().iter().map(|relay| (text(relay, "state"), text(relay, "problem"))).collect()
}

/// The most memory a process had, where the system tells.
fn peak(up: &Up) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", up.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() << 10)
}

/// Makes a change here that is there by the direct path.
fn passes(from: &Place, to: &Place, value: &str) {
    from.json(&["set", "Test 1", "field", value]);
    wait_until("the change is there", || to.json(&["wells"])["wells"][0]["field"] == value);
}

#[test]
fn a_hostile_relay_is_named_and_left_and_takes_no_memory() {
    let (ada, bob, logs) = (Place::new("ada"), Place::new("bob"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    write_las(logs.path(), 1, 200, 3, 4);
    ada.json(&["import", logs.path().to_str().unwrap()]);
    let (_up, honest) = relay(&ada, &[]);
    invite(&ada, &bob, "editor");
    let run = |urls: &[&str]| {
        use_relays(&bob, urls);
        bob.up()
    };
    let up = run(&[&honest]);
    wait_until("the relay is in use", || relays(&bob)[0].0 == "in use");
    passes(&bob, &ada, "calm");
    let calm = peak(&up);
    drop(up);
    for deed in DEEDS {
        let hostile = stub(deed, &honest);
        let up = run(&[&hostile, &honest]);
        wait_until(&format!("{deed:?}: the next one is in use"), || relays(&bob)[1].0 == "in use");
        let (state, problem) = relays(&bob)[0].clone();
        assert_eq!(state, "down", "{deed:?}: {problem}");
        assert!(problem.len() > 5, "{deed:?}: {problem:?}");
        assert!(deed != Deed::Silence || problem.contains("no answer within"), "{problem}");
        passes(&bob, &ada, &format!("{deed:?}"));
        if let Some((calm, peak)) = calm.zip(peak(&up)) {
            println!("{deed:?}: {} MB, {} MB with an honest one: {problem}", peak >> 20, calm >> 20);
            assert!(peak < calm + MEMORY, "{deed:?}: {peak} bytes, {calm} with an honest one");
        }
        let doctor = doctor(&bob);
        assert_eq!(doctor["relays"][0]["reached"], false, "{doctor}");
        assert!(doctor["relays"][0]["problem"].as_str().is_some_and(|said| said.len() > 5), "{doctor}");
    }
}

/// It exits with 1 where it finds something wrong.
fn doctor(place: &Place) -> Value {
    serde_json::from_slice(&place.run(["--json", "doctor"]).stdout).unwrap()
}

#[test]
fn with_nothing_but_a_hostile_relay_the_direct_path_serves() {
    let (ada, bob, logs) = (Place::new("ada"), Place::new("bob"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    write_las(logs.path(), 1, 200, 3, 4);
    ada.json(&["import", logs.path().to_str().unwrap()]);
    let (_up, honest) = relay(&ada, &[]);
    invite(&ada, &bob, "editor");
    for deed in [Deed::Silence, Deed::Close] {
        let hostile = stub(deed, &honest);
        use_relays(&bob, &[&hostile]);
        let _up = bob.up();
        wait_until(&format!("{deed:?}: it is found out"), || relays(&bob)[0].0 == "down");
        passes(&bob, &ada, &format!("{deed:?}"));
        let doctor = doctor(&bob);
        let problems = doctor["problems"].as_array().unwrap();
        let of_relay = problems.iter().find(|problem| problem["about"] == "relay").unwrap();
        let message = of_relay["message"].as_str().unwrap();
        assert!(message.contains(&hostile) && !message.ends_with("no answer"), "{message}");
    }
}
