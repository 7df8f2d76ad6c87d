//! Pairing: a window with a short code, and what happens to whoever has it, or not.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use dataforge_protocol::hello::EXPORTER_LABEL;
use dataforge_protocol::id::DeviceId;
use dataforge_protocol::pairing::{Code, Pairing, PairingAnswer, PairingProof, PairingReply, PairingRequest};
use dataforge_protocol::ticket::{JoinSide, join_frame, read_join_frame};
use dataforge_protocol::wire::PAIR_ALPN;
use dataforge_tests::forger::endpoint;
use dataforge_tests::program::{Place, has_tool, invite, skip, wait_until};
use iroh::endpoint::{Connection, ConnectionError, RecvStream, SendStream};
use iroh::{Endpoint, EndpointAddr, PublicKey, SecretKey};
use serde::Deserialize;
use serde_json::Value;

use super::{NOT_ALLOWED, NOT_FOUND, USAGE, field, has_key, members, text, typed};

/// A pairing window that a process waits for; the process is killed with the value.
struct Window {
    child: Child,
    lines: BufReader<ChildStdout>,
    opened: Value,
}

impl Window {
    fn open(place: &Place, args: &[&str]) -> Self {
        let mut command = place.command(["--json", "pair"].iter().chain(args));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut window = Self { child, lines, opened: Value::Null };
        window.opened = window.line();
        window
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"))
    }

    fn code(&self) -> String {
        text(&self.opened, "code").to_owned()
    }

    /// Another code than the right one.
    fn wrong(&self) -> String {
        let other = |c| match c {
            ' ' => ' ',
            '1' => '2',
            _ => '1',
        };
        self.code().chars().map(other).collect()
    }

    fn at(&self) -> String {
        format!("{}@{}", text(&self.opened, "device_id"), self.opened["addresses"][0].as_str().unwrap())
    }

    /// Waits for the end; returns the exit code and what was said.
    fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn nearby<'a>(at: &'a str, code: &'a str) -> [&'a str; 7] {
    ["join", "--nearby", "--at", at, "--code", code, "--yes"]
}

#[test]
fn whoever_has_the_code_joins_and_both_see_the_same_person() {
    let (ada, _up) = field();
    let bob = Place::new("bob");
    let mut window = Window::open(&ada, &["--role", "viewer", "--label", "rig 7"]);
    assert_eq!((text(&window.opened, "label"), text(&window.opened, "role")), ("rig 7", "viewer"));
    assert_eq!(window.code().chars().filter(char::is_ascii_digit).count(), 8);
    assert_eq!(ada.json(&["invites"])["invites"].as_array().unwrap().len(), 0, "nothing is given before");
    assert_eq!(ada.json(&["nearby", "--seconds", "0"])["announced"], "rig 7");
    let joined = bob.json(&nearby(&window.at(), &window.code()));
    assert_eq!((text(&joined["workspace"], "role"), text(&joined, "inviter")), ("viewer", "Ada"));
    let told = window.line();
    assert_eq!((text(&told, "person"), text(&told, "role")), ("bob", "viewer"));
    assert_eq!(told["fingerprint"], joined["fingerprint"]);
    let (at, code) = (window.at(), window.code());
    assert_eq!(window.end().0, Some(0));
    assert_eq!(ada.json(&["nearby", "--seconds", "0"])["announced"], Value::Null);
    // A code serves once.
    let said = Place::new("eve").fails(&nearby(&at, &code), NOT_FOUND);
    assert!(said.contains("no pairing window open"), "{said}");
    assert_eq!(members(&ada), 2);
    bob.json(&["sync"]);
}

#[test]
fn a_window_needs_no_other_process_and_lets_the_joiner_read_first() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field", "--name", "Ada"]);
    let bob = Place::new("bob");
    let mut window = Window::open(&ada, &[]);
    let (at, code) = (window.at(), window.code());
    assert!(bob.fails(&["join", "--nearby", "--at", &at], USAGE).contains("--code"));
    assert!(bob.fails(&["join", "--nearby", "--at", "nonsense", "--code", &code], USAGE).contains("DEVICE@IP:PORT"));
    assert!(bob.fails(&nearby(&at, "12345"), USAGE).contains("8 digits"));
    if !has_tool("script") {
        return skip(
            "a_window_needs_no_other_process_and_lets_the_joiner_read_first",
            "script, which gives a terminal",
        );
    }
    // A slip, then a wrong code, then the right one: and what it is for is read before it is done.
    let keys = format!("123\n{}\n{code}\ny\n", window.wrong());
    let said = typed(&bob, &format!("join --nearby rig --at {at}"), &keys);
    assert!(said.contains("The code that rig shows: ") && said.contains("8 digits"), "{said}");
    assert!(said.contains("That is not the code; 2 tries left"), "{said}");
    assert!(said.contains("invited by  Ada") && said.contains("Join Field as editor? [y/N]"), "{said}");
    assert_eq!(text(&window.line(), "person"), "bob");
    assert_eq!(window.end().0, Some(0));
    assert_eq!((members(&bob), members(&ada)), (2, 2));
}

#[test]
fn three_wrong_codes_close_the_window() {
    let (ada, _up) = field();
    let eve = Place::new("eve");
    let window = Window::open(&ada, &[]);
    let (at, right, wrong) = (window.at(), window.code(), window.wrong());
    for says in ["wrong 2 more times", "wrong once more", "window is closed now"] {
        let said = eve.fails(&nearby(&at, &wrong), NOT_ALLOWED);
        assert!(said.contains(says), "{said}");
    }
    let said = eve.fails(&nearby(&at, &right), NOT_FOUND);
    assert!(said.contains("no pairing window open"), "{said}");
    let (code, said) = window.end();
    assert_eq!(code, Some(NOT_ALLOWED));
    assert!(said.contains("three codes were wrong"), "{said}");
    assert!(!has_key(&eve));
    assert_eq!((members(&ada), ada.json(&["invites"])["invites"].as_array().unwrap().len()), (1, 0));
}

#[test]
fn a_window_closes_with_whoever_waits_for_it_and_another_takes_its_place() {
    let (ada, _up) = field();
    let bob = Place::new("bob");
    let first = Window::open(&ada, &[]);
    let (at, code) = (first.at(), first.code());
    let second = Window::open(&ada, &[]);
    let (ended, said) = first.end();
    assert_eq!(ended, Some(NOT_FOUND));
    assert!(said.contains("another one was opened"), "{said}");
    bob.fails(&nearby(&at, &code), NOT_ALLOWED);
    let code = second.code();
    drop(second);
    wait_until("the window is closed", || ada.json(&["nearby", "--seconds", "0"])["announced"].is_null());
    assert!(bob.fails(&nearby(&at, &code), NOT_FOUND).contains("no pairing window open"));
}

#[test]
fn only_who_may_invite_opens_a_window() {
    let (ada, _up) = field();
    let (vic, amy) = (Place::new("vic"), Place::new("amy"));
    invite(&ada, &vic, "viewer");
    invite(&ada, &amy, "admin");
    let said = vic.fails(&["pair"], NOT_ALLOWED);
    assert!(said.contains("role of an admin; you are viewer"), "{said}");
    let said = amy.fails(&["pair", "--role", "admin"], NOT_ALLOWED);
    assert!(said.contains("higher role than admin"), "{said}");
    ada.fails(&["pair", "--minutes", "0"], USAGE);
    ada.fails(&["pair", "--minutes", "61"], USAGE);
    assert!(ada.fails(&["pair", "--label", &"x".repeat(64)], USAGE).contains("label"));
    assert_eq!(text(&Window::open(&amy, &[]).opened, "role"), "editor");
}

/// A joiner that says what it likes.
struct Stranger {
    /// Its connections end with it.
    _endpoint: Endpoint,
    connection: Connection,
    send: SendStream,
    recv: RecvStream,
    own: DeviceId,
    host: DeviceId,
}

impl Stranger {
    async fn connect(seed: u8, window: &Window) -> Self {
        let secret = SecretKey::from_bytes(&[seed; 32]);
        let host: DeviceId = text(&window.opened, "device_id").parse().unwrap();
        let address = window.opened["addresses"][0].as_str().unwrap().parse().unwrap();
        let peer = EndpointAddr::new(PublicKey::from_bytes(host.as_bytes()).unwrap()).with_ip_addr(address);
        let own = DeviceId(*secret.public().as_bytes());
        let endpoint = endpoint(secret).await;
        let connection = endpoint.connect(peer, PAIR_ALPN).await.unwrap();
        let (send, recv) = connection.open_bi().await.unwrap();
        Self { _endpoint: endpoint, connection, send, recv, own, host }
    }

    async fn say<T: serde::Serialize>(&mut self, message: &T) {
        self.send.write_all(&join_frame(message)).await.unwrap();
    }

    async fn hear<T: for<'a> Deserialize<'a>>(&mut self) -> Option<T> {
        let read = async {
            let mut length = [0; 4];
            self.recv.read_exact(&mut length).await.ok()?;
            let mut content = vec![0; u32::from_be_bytes(length) as usize];
            self.recv.read_exact(&mut content).await.ok()?;
            read_join_frame(&content)
        };
        tokio::time::timeout(Duration::from_secs(8), read).await.ok().flatten()
    }

    /// The code that the host closed with.
    fn closed_with(&self) -> Option<u64> {
        match self.connection.close_reason() {
            Some(ConnectionError::ApplicationClosed(close)) => Some(close.error_code.into()),
            _ => None,
        }
    }

    fn exporter(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        self.connection.export_keying_material(&mut secret, EXPORTER_LABEL, b"").unwrap();
        secret
    }

    fn begin(&self, code: &str) -> (Pairing, [u8; 32]) {
        let code: Code = code.parse().unwrap();
        Pairing::begin(&code, JoinSide::Joiner, &self.own, &self.host, &[9; 32])
    }
}

/// Connects and begins, again and again while another one is at it; returns the host's element.
async fn begun(seed: u8, window: &Window, code: &str) -> (Stranger, Pairing, [u8; 32]) {
    for _ in 0..50 {
        let mut stranger = Stranger::connect(seed, window).await;
        let (pairing, element) = stranger.begin(code);
        stranger.say(&PairingRequest { element }).await;
        if let Some(PairingAnswer { element }) = stranger.hear().await {
            return (stranger, pairing, element);
        }
        assert_eq!(stranger.closed_with(), Some(429));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the host answers nobody")
}

/// The whole exchange by hand, so that the bytes are those of the protocol's page.
#[tokio::test(flavor = "multi_thread")]
async fn the_exchange_is_as_documented_and_one_joiner_is_heard_at_a_time() {
    let (ada, _up) = field();
    let window = Window::open(&ada, &[]);
    let (mut first, pairing, element) = begun(41, &window, &window.code()).await;
    // While it thinks, others are told to come again.
    let mut second = Stranger::connect(42, &window).await;
    let (_, own) = second.begin(&window.code());
    second.say(&PairingRequest { element: own }).await;
    assert!(second.hear::<PairingAnswer>().await.is_none());
    assert_eq!(second.closed_with(), Some(429));
    let key = pairing.finish(&element, &first.exporter()).unwrap();
    first.say(&PairingProof { proof: key.proof() }).await;
    let Some(PairingReply::Paired { proof, ticket }) = first.hear().await else { panic!("the code was right") };
    assert!(key.is_proved_by(&proof));
    assert!(ticket.starts_with("dforge"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_nothing_and_who_goes_away_costs_no_try() {
    let (ada, _up) = field();
    let window = Window::open(&ada, &[]);
    // Going away after the host's element, however often, is no try.
    for seed in 50..55 {
        let (gone, ..) = begun(seed, &window, "00000000").await;
        gone.connection.close(0_u32.into(), b"");
    }
    // A proof passed on from another connection is worth a wrong code, and no more is said.
    let (mut eve, pairing, element) = begun(60, &window, &window.code()).await;
    let elsewhere = pairing.finish(&element, &[7; 32]).unwrap();
    eve.say(&PairingProof { proof: elsewhere.proof() }).await;
    assert_eq!(eve.hear::<PairingReply>().await, Some(PairingReply::Wrong { left: 2 }));
    // What is no message ends the connection without an answer.
    let mut odd = Stranger::connect(61, &window).await;
    odd.say(&[1_u8, 2, 3]).await;
    assert!(odd.hear::<PairingAnswer>().await.is_none());
    assert_eq!(odd.closed_with(), Some(403));
    let bob = Place::new("bob");
    assert_eq!(bob.json(&nearby(&window.at(), &window.code()))["workspace"]["name"], "Field");
}
