//! Other people's programs at a node that is up: psql, JDBC, ADBC, DuckDB, pandas, psycopg and a plain
//! HTTP client see the same data as the program itself, exactly, and change nothing.
//!
//! Scripts stand in `clients/`; they print what they saw as JSON, which is compared here.

mod java;
mod psql;
mod python;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dataforge_tests::field::write_field;
use dataforge_tests::program::{Place, Up, wait_until};
use serde_json::Value;

/// Wells of the field, and rows of a well's run in metres.
const WELLS: u32 = 8;
const ROWS: usize = 400;
/// The longest that a client may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// Faces, as settings name them.
const FACES: [&str; 3] = ["http", "postgres", "flight"];

/// A node with a field that is up with all faces.
struct Served {
    // Ends before its directory goes.
    _up: Up,
    place: Place,
    dir: tempfile::TempDir,
    token: String,
    /// HOST:PORT by face.
    at: BTreeMap<&'static str, String>,
}

impl Served {
    fn new() -> Self {
        let (place, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
        place.json(&["init", "Field"]);
        write_field(&dir.path().join("logs"), WELLS, ROWS, 5);
        let summary = place.json(&["import", dir.path().join("logs").to_str().unwrap()]);
        assert_eq!(summary["failed"], 0, "{summary}");
        for face in FACES {
            place.json(&["config", "set", &format!("faces.{face}"), "127.0.0.1:0"]);
        }
        let up = place.up();
        let mut at = BTreeMap::new();
        wait_until("all faces are open", || {
            let faces = place.json(&["status"])["faces"].take();
            let open = faces.as_array().into_iter().flatten().filter(|face| face["open"] == true);
            let open = open.filter_map(|face| Some((face["face"].as_str()?, face["address"].as_str()?)));
            let known: BTreeMap<_, _> = open.map(|(face, address)| (face.to_owned(), address.to_owned())).collect();
            at = FACES.into_iter().filter_map(|face| Some((face, known.get(face)?.clone()))).collect();
            at.len() == FACES.len()
        });
        let token = std::fs::read_to_string(place.path().join("faces.token")).unwrap().trim().to_owned();
        Self { _up: up, place, dir, token, at }
    }

    /// Returns host and port of a face.
    fn host_and_port(&self, face: &str) -> (&str, &str) {
        self.at[face].rsplit_once(':').unwrap()
    }

    /// Returns a file of the test's own directory.
    fn file(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    /// Returns the rows of a statement as the program gives them.
    fn rows(&self, sql: &str) -> Vec<Value> {
        self.place.json(&["query", sql])["data"].as_array().unwrap().clone()
    }

    /// Returns the one value of a statement.
    fn value(&self, sql: &str) -> Value {
        let rows = self.rows(sql);
        assert_eq!(rows.len(), 1, "{sql}");
        rows[0].as_object().unwrap().values().next().unwrap().clone()
    }

    /// Returns lines of CSV as the program gives them, without the header.
    fn csv(&self, sql: &str) -> Vec<Vec<String>> {
        let text = String::from_utf8(self.place.ok(["query", sql, "--format", "csv-raw"])).unwrap();
        cells(&text)
    }

    /// Returns a token that is as long as the right one.
    fn wrong_token(&self) -> String {
        let other = if self.token.starts_with('0') { "1" } else { "0" };
        format!("{other}{}", &self.token[1..])
    }
}

/// Splits CSV without quotes, but for its header.
fn cells(text: &str) -> Vec<Vec<String>> {
    assert!(!text.contains('"'), "quotes are not read here: {text}");
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Asserts that cells are the same: numbers by their value, to the last bit, all else by its text.
fn assert_same_cells(one: &[Vec<String>], other: &[Vec<String>]) {
    assert_eq!(one.len(), other.len());
    for (row, (one, other)) in one.iter().zip(other).enumerate() {
        let same = |(one, other): (&String, &String)| match (one.parse::<f64>(), other.parse::<f64>()) {
            (Ok(one), Ok(other)) => one.to_bits() == other.to_bits(),
            _ => one == other,
        };
        assert!(one.len() == other.len() && one.iter().zip(other).all(same), "row {row}: {one:?} is not {other:?}");
    }
}

/// Runs a client to its end, which must come in time.
pub(super) fn finish(mut command: Command) -> Output {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    // What nobody reads would stop it once a pipe is full.
    let (stdout, stderr) = (drain(child.stdout.take().unwrap()), drain(child.stderr.take().unwrap()));
    let begun = Instant::now();
    let mut is_late = false;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            is_late = true;
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let output = Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() };
    assert!(!is_late, "{command:?} did not end: {}", said(&output));
    output
}

/// Reads all that a program writes, while it writes.
fn drain(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        from.read_to_end(&mut all).unwrap();
        all
    })
}

/// All that a program said.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Returns a file beside the scripts.
fn client_file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("suite/clients").join(name)
}
