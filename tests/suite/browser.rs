//! Pages of others in a real Chromium, against the HTTP face of a real node: they read nothing and change
//! nothing, though they know the token (T18). For a release: `DATAFORGE_CHROMIUM` names the browser.
//!
//! The page is `browser/attacks.js`. All that the browser asks of the face's address passes through a server that
//! keeps it (`browser/server.rs`), so that an attack that was never sent is not taken for one that was refused.

mod server;

use std::collections::BTreeMap;
use std::process::Command;

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, Up, has_tool};
use serde_json::Value;

use self::server::{Asked, OPEN, OWN, Server};
use super::clients::finish;
use super::http;

/// Attempts of the page by way, beside the one at its own server. Each asks the face once.
const ATTEMPTS: [(char, usize); 4] = [('1', 6), ('2', 4), ('4', 5), ('5', 5)];
/// What a page of another origin may show or take in without reading it, also where everybody is let in: the
/// answers of forms, of blind requests, and of a socket to a server that speaks no WebSocket.
const UNREADABLE: [&str; 8] = [
    "1 fetch blindly",
    "1 post text blindly",
    "2 form of text to sql",
    "2 form to sql",
    "2 form of text to runs",
    "2 form with a part to runs",
    "4 fetch blindly",
    "5 socket",
];

/// What a page saw, by attempt.
type Saw = BTreeMap<String, String>;

/// Returns the browser; says loudly when there is none. This is a line for a release, so CI goes on without.
fn chromium(test: &str) -> Option<String> {
    let named = std::env::var("DATAFORGE_CHROMIUM").ok();
    let found = named.filter(|program| has_tool(program));
    if found.is_none() {
        eprintln!("SKIPPED {test}: for a release, needs DATAFORGE_CHROMIUM to name a Chromium that is installed");
    }
    found
}

/// A node with one run and an open face, a server of a hostile author, and a browser.
struct Stage {
    // Ends before its directory goes.
    _up: Up,
    place: Place,
    chromium: String,
    port: u16,
    token: String,
    run: String,
    /// Has the page, and lets everybody in.
    author: Server,
    /// Stands where the browser takes the face to be.
    before: Server,
}

impl Stage {
    fn new(chromium: String) -> Self {
        let (place, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
        place.json(&["init", "Field"]);
        place.json(&["import", write_las(dir.path(), 1, 20, 1, 6).to_str().unwrap()]);
        let run = place.json(&["runs"])["runs"][0]["id"].as_str().unwrap().to_owned();
        let up = place.up();
        let (at, token) = http::open(&place);
        let statement = "select%20depth_m,%20value%20from%20samples%20order%20by%20depth_m";
        let (head, table) = http::get(&at, &format!("/v1/sql?format=arrow&q={statement}"), &token, "");
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        let port = at.rsplit_once(':').unwrap().1.parse().unwrap();
        let (author, before) = (Server::start(None, &table), Server::start(Some(&at), &table));
        Self { _up: up, place, chromium, port, token, run, author, before }
    }

    /// Has the browser show a page until it is loaded; returns what is then in it.
    fn show(&self, rules: &str, url: &str) -> String {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new(&self.chromium);
        // Its own sandbox does not start for root; proxies of the environment would stand between.
        command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-proxy-server"]);
        command.arg("--disable-background-networking").arg(format!("--host-resolver-rules={rules}"));
        command.arg(format!("--user-data-dir={}", profile.path().display())).args(["--dump-dom", url]);
        command.env("HOME", profile.path());
        let output = finish(command);
        assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Has the browser open the page at an origin, against a target; returns what the page saw.
    fn visit(&self, origin: &str, target: &str) -> Saw {
        let (port, before) = (self.port, self.before.port);
        let rules = format!(
            "MAP 127.0.0.1:{port} 127.0.0.1:{before}, MAP rebound.test:{port} 127.0.0.1:{before}, \
             MAP hostile.test 127.0.0.1"
        );
        let (token, run) = (&self.token, &self.run);
        let shown = self.show(&rules, &format!("{origin}/hostile/page?target={target}&token={token}&run={run}"));
        let report = self.author.report().or_else(|| self.before.report());
        let report = report.unwrap_or_else(|| panic!("the page at {origin} reported nothing: {shown}"));
        let mut saw: Saw = serde_json::from_slice(&report).unwrap();
        // The harness can see success.
        assert_eq!(saw.remove("own page"), Some(format!("saw 200 {OWN}")), "{saw:?}");
        for (way, count) in ATTEMPTS {
            assert_eq!(saw.keys().filter(|name| name.starts_with(way)).count(), count, "{saw:?}");
        }
        saw
    }

    /// Takes what the face was asked since: all of the attempts, each once.
    fn asked(&self) -> Vec<Asked> {
        let asked = self.before.asked();
        let counts = ATTEMPTS.map(|(_, count)| count);
        assert_eq!(asked.len(), counts.into_iter().sum::<usize>(), "{asked:?}");
        asked
    }

    /// Returns what there is in the workspace.
    fn held(&self) -> (Value, Value, u64) {
        (self.place.json(&["wells"]), self.place.json(&["runs"]), self.place.verify())
    }

    /// Returns where the browser takes the face to be.
    fn face(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// How many of these were asked so.
fn count(asked: &[Asked], is_meant: impl Fn(&Asked) -> bool) -> usize {
    asked.iter().filter(|asked| is_meant(asked)).count()
}

/// Asserts that the face refused all of them for where they come from, not for what they lack.
fn all_refused(asked: &[Asked]) {
    assert_eq!(count(asked, |asked| asked.status == 403), asked.len(), "{asked:?}");
}

#[test]
fn a_page_of_another_origin_reads_and_changes_nothing() {
    let Some(chromium) = chromium("a_page_of_another_origin_reads_and_changes_nothing") else { return };
    let stage = Stage::new(chromium);
    let held = stage.held();
    let author = stage.author.port;
    // One of anywhere, and one of another program on the same machine.
    for (origin, site) in
        [(format!("http://hostile.test:{author}"), "cross-site"), (format!("http://127.0.0.1:{author}"), "same-site")]
    {
        let saw = stage.visit(&origin, &stage.face());
        assert!(saw.values().all(|what| what.starts_with("nothing: ")), "{origin}: {saw:?}");
        let asked = stage.asked();
        all_refused(&asked);
        // Chromium says of all but the socket from where it was made to ask, and asks for leave before it shows a
        // token or sends what no form can: a guess, and four of those with the right one.
        assert_eq!(count(&asked, |asked| asked.header("sec-fetch-site") == Some(site)), asked.len() - 1);
        assert_eq!(count(&asked, |asked| asked.method() == "OPTIONS"), 5, "{asked:?}");
        assert_eq!(count(&asked, |asked| asked.header("authorization").is_some()), 0, "{asked:?}");
        let forms = count(&asked, |asked| asked.header("sec-fetch-dest") == Some("iframe"));
        assert_eq!((forms, count(&asked, |asked| asked.header("upgrade") == Some("websocket"))), (4, 1));
        assert_eq!(count(&asked, |asked| asked.header("origin") == Some(origin.as_str())), 14, "{asked:?}");
    }
    assert_eq!(stage.held(), held);
}

#[test]
fn a_page_whose_name_was_pointed_here_reads_and_changes_nothing() {
    let Some(chromium) = chromium("a_page_whose_name_was_pointed_here_reads_and_changes_nothing") else { return };
    let stage = Stage::new(chromium);
    let held = stage.held();
    let host = format!("rebound.test:{}", stage.port);
    // To the browser the face is this page's own server: it asks nobody for leave, shows the token, says nothing of
    // where a request comes from, and lets the page read what it is told.
    let saw = stage.visit(&format!("http://{host}"), "");
    let told = |what: &&String| what.starts_with("saw 403 ") && what.contains("this face goes by another name");
    assert_eq!(saw.values().filter(told).count(), 11, "{saw:?}");
    assert_eq!(saw.values().filter(|what| what.starts_with("nothing: ")).count(), saw.len() - 11, "{saw:?}");
    for secret in ["Test 1", "Harness", &stage.token, &stage.run] {
        assert!(saw.values().all(|what| !what.contains(secret)), "{secret}: {saw:?}");
    }
    let asked = stage.asked();
    all_refused(&asked);
    let right = format!("Bearer {}", stage.token);
    assert_eq!(count(&asked, |asked| asked.header("host") == Some(host.as_str())), asked.len());
    assert_eq!(count(&asked, |asked| asked.header("authorization") == Some(right.as_str())), 4, "{asked:?}");
    assert_eq!(count(&asked, |asked| asked.header("sec-fetch-site").is_some() || asked.method() == "OPTIONS"), 0);

    // With nothing between the browser and the face.
    let shown = stage.show("MAP rebound.test 127.0.0.1", &format!("http://{host}/v1/wells"));
    assert!(shown.contains("this face goes by another name"), "{shown}");
    assert_eq!(stage.held(), held);
}

#[test]
fn the_same_page_reads_and_writes_where_it_is_let_in() {
    let Some(chromium) = chromium("the_same_page_reads_and_writes_where_it_is_let_in") else { return };
    let stage = Stage::new(chromium);
    let open = Server::start(None, &[]);
    let origin = format!("http://hostile.test:{}", stage.author.port);
    let saw = stage.visit(&origin, &format!("http://127.0.0.1:{}", open.port));
    for (name, what) in &saw {
        let expected = match name.as_str() {
            "5 script" | "5 script of a statement" | "5 image" | "5 style" => "saw that it loads".to_owned(),
            name if UNREADABLE.contains(&name) => continue,
            _ => format!("saw 200 {OPEN}"),
        };
        assert_eq!(*what, expected, "{name}");
    }
    let kept = open.asked();
    assert!(kept.iter().any(|asked| asked.path() == "/v1/runs" && asked.method() == "POST"), "{kept:?}");

    // Under the face's own name, through the same server: what keeps pages out is their name and origin.
    let (_, runs, entries) = stage.held();
    let saw = stage.visit(&stage.face(), "");
    assert_eq!(saw["4 fetch"], "saw 200 name\nTest 1\n");
    assert_eq!(saw["4 post json"], r#"saw 200 [{"name":"Test 1"}]"#);
    assert!(saw["4 derive"].starts_with("saw 201 "), "{saw:?}");
    assert!(saw["1 fetch"].starts_with("saw 401 ") && saw["1 fetch with a guess"].starts_with("saw 401 "), "{saw:?}");
    assert_eq!(count(&stage.asked(), |asked| asked.status == 401), 16);
    let (_, after, more) = stage.held();
    let number = |runs: &Value| runs["runs"].as_array().unwrap().len();
    assert_eq!((number(&after), more > entries), (number(&runs) + 1, true), "it did derive a run");
}
