//! A client of a few lines against a real node: the messages as they go over the line.

mod client;

use std::net::SocketAddr;

use dataforge_node::Node;
use dataforge_node::api::Request;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::client::{Client, Said, code, connect, values};
use super::*;

/// A node with one workspace, its face, and what ends both.
struct Place {
    at: SocketAddr,
    token: String,
    _serving: JoinHandle<()>,
    _directory: TempDir,
}

impl Place {
    async fn new() -> Self {
        let directory = TempDir::new().expect("a directory");
        let node = Box::pin(Node::open(directory.path())).await.expect("a node");
        let (out, _heard) = mpsc::channel(8);
        let init =
            Request::Init { name: "North".to_owned(), person: Some("Ada".to_owned()), device: Some("desk".to_owned()) };
        Box::pin(node.call(init, out)).await.expect("a workspace");
        let token = node.face_token().expect("a token");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::new(node, token.clone()));
        Self { at, token, _serving: tokio::spawn(serve(listener, shared)), _directory: directory }
    }

    async fn client(&self) -> Client {
        connect(self.at, &self.token, "North").await.expect("let in")
    }
}

/// Returns the texts of the rows among messages.
fn rows(said: &[Said]) -> Vec<Vec<String>> {
    let rows = said.iter().filter(|message| message.kind == b'D');
    let text = |value: Option<Vec<u8>>| value.map_or("∅".to_owned(), |text| String::from_utf8(text).expect("text"));
    rows.map(|row| values(&row.body).into_iter().map(text).collect()).collect()
}

/// Returns the tags of the statements that are done.
fn tags(said: &[Said]) -> Vec<String> {
    let done = said.iter().filter(|message| message.kind == b'C');
    done.map(|message| String::from_utf8_lossy(&message.body).trim_end_matches('\0').to_owned()).collect()
}

/// Returns the code of the error among messages.
fn refused(said: &[Said]) -> String {
    let failure = said.iter().find(|message| message.kind == b'E').expect("it is refused");
    code(&failure.body)
}

/// Returns the state of the transaction that the last message tells.
fn transaction(said: &[Said]) -> char {
    let last = said.last().expect("a last message");
    assert_eq!(last.kind, b'Z');
    char::from(last.body[0])
}

#[test]
fn a_full_house_is_said_in_the_protocol() {
    let message = too_many();
    assert_eq!(message[0], b'E');
    let length = u32::from_be_bytes(message[1..5].try_into().expect("four bytes"));
    assert_eq!(usize::try_from(length).expect("a length"), message.len() - 1);
    assert!(message.ends_with(&[0, 0]));
}

#[test]
fn what_cannot_be_read_ends_a_connection() {
    let PgWireError::UserError(info) = fatal_of(PgWireError::InvalidOptionValue("x".to_owned())) else {
        panic!("an error of ours");
    };
    assert!(info.is_fatal());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_token_opens_and_any_name_of_the_only_workspace_will_do() {
    let place = Place::new().await;
    let refused = connect(place.at, &"0".repeat(64), "North").await.expect_err("shown out");
    assert_eq!(code(&refused), "28P01");
    let mut client = connect(place.at, &place.token, "anything").await.expect("let in");
    let said = client.ask("SELECT current_database() AS d").await;
    assert_eq!(rows(&said), [["North"]]);
    assert_eq!(tags(&client.ask("SET search_path TO \"North\", public").await), ["SET"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_before_the_token_is_shown() {
    let place = Place::new().await;
    let mut client = client::start(place.at, "North").await;
    client.send(b'Q', b"SELECT 1\0").await;
    let said = client.read_to_end().await;
    assert!(said.iter().any(|message| message.kind == b'E'), "it is shown out");
    assert!(said.iter().all(|message| message.kind != b'D'), "no row comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn simple_queries_run_one_after_another() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let said = client
        .ask("SELECT 1 AS a; SET timezone = 'Europe/Oslo'; SHOW TimeZone; SELECT value FROM generate_series(1, 3);")
        .await;
    assert_eq!(rows(&said), [["1"], ["Europe/Oslo"], ["1"], ["2"], ["3"]]);
    assert_eq!(tags(&said), ["SELECT 1", "SET", "SHOW 1", "SELECT 3"]);
    assert!(said.iter().any(|message| message.kind == b'S' && message.body.starts_with(b"TimeZone\0")));
    let said = client.ask(" -- nothing\n").await;
    assert_eq!(said[0].kind, b'I');
    assert_eq!(transaction(&said), 'I');
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_have_codes_and_a_failed_transaction_waits_for_its_end() {
    let place = Place::new().await;
    let mut client = place.client().await;
    for (sql, expected) in [
        ("SELEC 1", "42601"),
        ("SELECT * FROM nothing_of_the_kind", "42P01"),
        ("SELECT nope FROM wells", "42703"),
        ("DELETE FROM wells", "42501"),
        ("COPY wells TO '/tmp/x'", "0A000"),
        ("SET client_encoding = 'LATIN1'", "22023"),
        ("SET search_path = Elsewhere", "22023"),
        ("FETCH 1 FROM nobody", "34000"),
    ] {
        let said = client.ask(sql).await;
        assert_eq!(refused(&said), expected, "{sql}");
        assert_eq!(transaction(&said), 'I');
    }
    assert_eq!(transaction(&client.ask("BEGIN").await), 'T');
    assert_eq!(transaction(&client.ask("SELEC 1").await), 'E');
    let said = client.ask("SELECT 1").await;
    assert_eq!(refused(&said), "25P02");
    let said = client.ask("COMMIT").await;
    assert_eq!((tags(&said), transaction(&said)), (vec!["ROLLBACK".to_owned()], 'I'));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_one_in_the_text_that_was_sent() {
    let place = Place::new().await;
    let mut client = place.client().await;
    client.ask("BEGIN").await;
    for (sql, wanted) in [
        ("SELECT nope FROM wells", Some("nope")),
        ("SELECT 'é' AS a;\n  SELECT nope FROM wells", Some("nope")),
        ("DECLARE c CURSOR FOR SELECT nope FROM wells", Some("nope")),
        // The engine is asked in other words.
        ("SELECT current_database(), nope FROM wells", None),
    ] {
        let said = client.ask(sql).await;
        let failure = said.iter().find(|message| message.kind == b'E').expect("it is refused");
        let at = wanted.and_then(|name| sql.find(name)).map(|at| (sql[..at].chars().count() + 1).to_string());
        assert_eq!(client::position(&failure.body), at, "{sql}");
        client.ask("ROLLBACK").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_go_in_and_binary_values_come_out() {
    let place = Place::new().await;
    let mut client = place.client().await;
    client.send(b'P', b"s\0SELECT CAST($1 AS DOUBLE) + 1 AS a, $2 AS b\0\0\x02\0\0\x02\xbd\0\0\0\0").await;
    client.send(b'D', b"Ss\0").await;
    // The first parameter in binary, the second in text; all results in binary.
    let mut bind = b"\0s\0\0\x02\0\x01\0\0\0\x02\0\0\0\x08".to_vec();
    bind.extend(0.5_f64.to_be_bytes());
    bind.extend(b"\0\0\0\x02hi\0\x01\0\x01");
    client.send(b'B', &bind).await;
    client.send(b'E', b"\0\0\0\0\0").await;
    client.send(b'S', b"").await;
    let said = client.until_ready().await;
    let kinds: String = said.iter().map(|message| char::from(message.kind)).collect();
    assert_eq!(kinds, "1tT2DCZ");
    let row = values(&said[4].body);
    assert_eq!(row, [Some(1.5_f64.to_be_bytes().to_vec()), Some(b"hi".to_vec())]);
    // One parameter too few.
    client.send(b'B', b"\0s\0\0\0\0\0\0\0").await;
    client.send(b'S', b"").await;
    let said = client.until_ready().await;
    assert_eq!(refused(&said), "08P01");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_gives_rows_in_parts_however_many_are_asked_for() {
    let place = Place::new().await;
    let mut client = place.client().await;
    client.send(b'P', b"\0SELECT value FROM generate_series(1, 5)\0\0\0").await;
    client.send(b'B', b"p\0\0\0\0\0\0\0\0").await;
    client.send(b'E', b"p\0\0\0\0\x02").await;
    client.send(b'E', b"p\0\0\0\0\x02").await;
    // Two thousand million rows take no room before they are there.
    client.send(b'E', b"p\0\x7f\xff\xff\xff").await;
    client.send(b'S', b"").await;
    let said = client.until_ready().await;
    let kinds: String = said.iter().map(|message| char::from(message.kind)).collect();
    assert_eq!(kinds, "12DDsDDsDCZ");
    assert_eq!(rows(&said), [["1"], ["2"], ["3"], ["4"], ["5"]]);
    assert_eq!(tags(&said), ["SELECT 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_ends_with_its_transaction() {
    let place = Place::new().await;
    let mut client = place.client().await;
    for (begin, is_kept) in [("SELECT 1", false), ("BEGIN", true)] {
        client.ask(begin).await;
        client.send(b'P', b"\0SELECT value FROM generate_series(1, 3)\0\0\0").await;
        client.send(b'B', b"p\0\0\0\0\0\0\0\0").await;
        client.send(b'E', b"p\0\0\0\0\x01").await;
        client.send(b'S', b"").await;
        client.until_ready().await;
        client.send(b'E', b"p\0\0\0\0\0").await;
        client.send(b'S', b"").await;
        let said = client.until_ready().await;
        if is_kept {
            assert_eq!(rows(&said), [["2"], ["3"]], "{begin}");
        } else {
            assert_eq!(refused(&said), "34000", "{begin}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_give_rows_until_their_transaction_ends() {
    let place = Place::new().await;
    let mut client = place.client().await;
    client.ask("BEGIN").await;
    let said = client
        .ask("DECLARE c CURSOR FOR SELECT value FROM generate_series(1, 3); FETCH 2 FROM c; FETCH ALL FROM c; FETCH c")
        .await;
    assert_eq!(rows(&said), [["1"], ["2"], ["3"]]);
    assert_eq!(tags(&said), ["DECLARE CURSOR", "FETCH 2", "FETCH 1", "FETCH 0"]);
    client.ask("COMMIT").await;
    assert_eq!(refused(&client.ask("FETCH c").await), "34000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_stopped_by_its_time_and_by_its_client() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let long =
        "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a.value < b.value";
    client.ask("SET statement_timeout = '200ms'").await;
    assert_eq!(refused(&client.ask(long).await), "57014");
    client.ask("RESET statement_timeout").await;
    client.send(b'Q', format!("{long}\0").as_bytes()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    client.cancel(place.at).await;
    let said = tokio::time::timeout(Duration::from_secs(20), client.until_ready()).await.expect("it stops");
    assert_eq!(refused(&said), "57014");
    assert_eq!(rows(&client.ask("SELECT 1 AS a").await), [["1"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_has_the_tables_and_the_database() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let said = client
        .ask("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname IN ('wells', 'samples') ORDER BY 1")
        .await;
    assert_eq!(rows(&said), [["samples"], ["wells"]]);
    let said = client.ask("SELECT d.datname FROM pg_catalog.pg_database d").await;
    assert_eq!(rows(&said), [["North"]]);
}
