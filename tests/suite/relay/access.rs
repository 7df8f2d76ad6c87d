//! Whom a relay lets in, asked by clients that speak its protocol without a node.

use std::time::Duration;

use dataforge_protocol::key::{DeviceCert, Phrase};
use dataforge_protocol::pass::Pass;
use dataforge_protocol::ticket::Ticket;
use dataforge_tests::forger::secret_of;
use dataforge_tests::program::{Place, invite, wait_until};
use futures::{SinkExt as _, StreamExt as _};
use iroh::SecretKey;
use iroh::dns::DnsResolver;
use iroh_relay::client::{Client, ClientBuilder};
use iroh_relay::protos::relay::{ClientToRelayMsg, Datagrams, RelayToClientMsg};
use iroh_relay::tls::{CaTlsConfig, default_provider};

use super::relay;

const PATIENCE: Duration = Duration::from_secs(30);

/// Connects as a client of a relay, with a pass if there is one.
pub(super) async fn connect(url: &str, secret: &SecretKey, pass: Option<&str>) -> Result<Client, String> {
    let tls = CaTlsConfig::embedded().client_config(default_provider()).unwrap();
    let mut client = ClientBuilder::new(url.parse::<iroh::RelayUrl>().unwrap(), secret.clone(), DnsResolver::new())
        .tls_client_config(tls);
    if let Some(pass) = pass {
        client = client.auth_token(pass);
    }
    client.connect().await.map_err(|error| format!("{error:#}"))
}

async fn send(from: &mut Client, to: &SecretKey, bytes: &'static [u8]) {
    let message = ClientToRelayMsg::Datagrams { dst_endpoint_id: to.public(), datagrams: Datagrams::from(bytes) };
    from.send(message).await.unwrap();
}

/// What a client is passed on next; nothing when it is disconnected first.
async fn hear(client: &mut Client) -> Option<(iroh::PublicKey, Vec<u8>)> {
    let hear = async {
        loop {
            match client.next().await {
                Some(Ok(RelayToClientMsg::Datagrams { remote_endpoint_id, datagrams })) => {
                    return Some((remote_endpoint_id, datagrams.contents.to_vec()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    };
    tokio::time::timeout(PATIENCE, hear).await.expect("it hears, or is disconnected")
}

fn key(number: u8) -> SecretKey {
    SecretKey::from_bytes(&[number; 32])
}

/// The pass that a ticket gives some device.
fn pass(ticket: &str, device: &SecretKey) -> String {
    let ticket: Ticket = ticket.parse().unwrap();
    let cert = DeviceCert::sign(&Phrase::from_entropy([9; 32]).person_key(), device);
    Pass::of_ticket(&ticket, &cert).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn members_exchange_and_strangers_get_nothing() {
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Secret Field"]);
    let (_up, url) = relay(&ada, &[]);
    invite(&ada, &bob, "editor");
    let (a, b, stranger) = (secret_of(&ada), secret_of(&bob), key(77));
    let mut a_client = connect(&url, &a, None).await.unwrap();
    let mut b_client = connect(&url, &b, None).await.unwrap();
    // Packets for whom it does not have yet are dropped.
    wait_until("it has both", || ada.json(&["status"])["relay"]["members"] == 2);
    send(&mut a_client, &b, b"sealed").await;
    assert_eq!(hear(&mut b_client).await, Some((a.public(), b"sealed".to_vec())));

    for shown in [None, Some("dfpassaaaa"), Some("Bearer")] {
        let refused = connect(&url, &stranger, shown).await.map(drop).unwrap_err();
        assert!(refused.contains("does not know this device"), "{refused}");
        assert!(!refused.contains("Secret") && !refused.contains("Field"), "{refused}");
    }
    // Who names a member's device must have its key: the relay's handshake sees to it.
    let status = ada.json(&["status"])["relay"].clone();
    assert_eq!((&status["members"], &status["guests"], &status["refused"]), (&2.into(), &0.into(), &3.into()));
    // It serves nothing else.
    let text = get(&url, "/");
    assert!(text.starts_with("HTTP/1.1 404"), "{text}");
    assert!(get(&url, "/ping").starts_with("HTTP/1.1 200"));
}

/// Asks by plain HTTP.
fn get(url: &str, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_is_disconnected_at_once() {
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    let (_up, url) = relay(&ada, &[]);
    invite(&ada, &bob, "editor");
    let mut b_client = connect(&url, &secret_of(&bob), None).await.unwrap();
    ada.json(&["remove", "bob", "--yes"]);
    let begun = std::time::Instant::now();
    assert_eq!(hear(&mut b_client).await, None, "it is disconnected");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let refused = connect(&url, &secret_of(&bob), None).await.map(drop).unwrap_err();
    assert!(refused.contains("does not know this device"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_ticket_is_let_in_while_it_is_open() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field"]);
    let (_up, url) = relay(&ada, &[]);
    for form in [&[][..], &["--approval"], &["--open"]] {
        let invited = ada.json(&[&["invite"], form].concat());
        let (ticket, joiner) = (invited["ticket"].as_str().unwrap(), key(21));
        let shown = pass(ticket, &joiner);
        let mut client = connect(&url, &joiner, Some(&shown)).await.unwrap();
        // Overheard, it serves nobody else.
        let refused = connect(&url, &key(22), Some(&shown)).await.map(drop).unwrap_err();
        assert!(refused.contains("does not know this device"), "{refused}");
        wait_until("it is a guest", || ada.json(&["status"])["relay"]["guests"] == 1);
        let id = invited["invite"].as_str().unwrap();
        ada.json(&["uninvite", id]);
        assert_eq!(hear(&mut client).await, None, "{form:?}: it is disconnected once the invite is ended");
        assert!(connect(&url, &joiner, Some(&shown)).await.is_err(), "{form:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_for_one_workspace_serves_no_other_and_no_more_clients_than_it_may() {
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    let up = ada.up();
    invite(&ada, &bob, "editor");
    drop(up);
    ada.json(&["init", "Other"]);
    ada.json(&["config", "set", "relay.max_clients", "1"]);
    let (up, url) = relay(&ada, &["--for", "Other"]);
    assert_eq!(up.reply["relay"]["workspaces"], serde_json::json!(["Other"]));
    let refused = connect(&url, &secret_of(&bob), None).await.map(drop).unwrap_err();
    assert!(refused.contains("does not know this device"), "{refused}");
    let first = connect(&url, &secret_of(&ada), None).await.unwrap();
    let refused = connect(&url, &secret_of(&ada), None).await.map(drop).unwrap_err();
    assert!(refused.contains("full"), "{refused}");
    drop(first);
    wait_until("its place is free", || ada.json(&["status"])["relay"]["members"] == 0);
    connect(&url, &secret_of(&ada), None).await.unwrap();
}
