//! Strangers by the hundred: whoever floods a node, an honest peer syncs in time, memory stays what
//! it was, and nobody is told anything.

use std::net::{SocketAddr, UdpSocket};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dataforge_protocol::limits::MAX_FRAME_BYTES;
use dataforge_protocol::wire::{BLOBS_ALPN, Hello, JOIN_ALPN, Message, SYNC_ALPN};
use dataforge_tests::forger::endpoint;
use dataforge_tests::program::{Place, Up, join};
use iroh::endpoint::Connection;
use iroh::{Endpoint, EndpointAddr, PublicKey, SecretKey};

use super::field;

/// In what time an honest peer has a change, whatever strangers do.
const PROMISED: Duration = Duration::from_secs(5);
/// What a flood may cost in memory.
const MEMORY: u64 = 50 << 20;

/// Ada, who is up and has a field, and Bob, who has joined.
struct Besieged {
    ada: Place,
    bob: Place,
    up: Up,
    rss: u64,
    _logs: tempfile::TempDir,
}

fn besieged() -> Besieged {
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    let logs = field(&ada);
    let up = join(&ada, &bob, "editor");
    bob.json(&["sync"]);
    // What comes with the first work is there before it is measured.
    ada.json(&["verify"]);
    let rss = rss(&up);
    Besieged { ada, bob, up, rss, _logs: logs }
}

/// Memory of a node in bytes; nothing where the system does not say it.
fn rss(up: &Up) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", up.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) << 10
}

impl Besieged {
    fn address(&self) -> SocketAddr {
        self.up.reply["addresses"][0].as_str().unwrap().parse().unwrap()
    }

    fn id(&self) -> PublicKey {
        self.up.reply["device_id"].as_str().unwrap().parse().unwrap()
    }

    /// Asserts that Bob gets a change in time, and that memory stays.
    fn holds(&self, during: &str) {
        self.ada.json(&["set", "Test 1", "field", during]);
        let begun = Instant::now();
        let sync = self.bob.command(["--json", "sync", "--timeout", "20"]).stderr(Stdio::piped()).output().unwrap();
        let took = begun.elapsed();
        assert!(sync.status.success(), "{during}: {}", String::from_utf8_lossy(&sync.stderr));
        let wells = self.bob.json(&["wells"]);
        assert_eq!(wells["wells"][0]["field"], during);
        let grown = rss(&self.up).saturating_sub(self.rss);
        println!("{during}: synced in {took:?}, {} KiB more", grown >> 10);
        assert!(took < PROMISED, "{during}: synced in {took:?}");
        assert!(grown < MEMORY, "{during}: {} MiB more", grown >> 20);
    }
}

async fn dial(stranger: &Endpoint, id: PublicKey, address: SocketAddr, alpn: &[u8]) -> Option<Connection> {
    let dialled = stranger.connect(EndpointAddr::new(id).with_ip_addr(address), alpn);
    tokio::time::timeout(Duration::from_secs(10), dialled).await.ok()?.ok()
}

/// Passes on what is sent to it, each sender's first words from a port of their own, and swallows
/// the answers: whoever dials it begins a handshake with the node and never goes on.
fn one_way(node: SocketAddr, ports: usize, stop: &Arc<AtomicBool>) -> (SocketAddr, Arc<[AtomicU64; 2]>) {
    let ear = UdpSocket::bind("127.0.0.1:0").unwrap();
    ear.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mouths: Vec<UdpSocket> = (0..ports).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    for mouth in &mouths {
        mouth.set_nonblocking(true).unwrap();
    }
    let address = ear.local_addr().unwrap();
    let bytes: Arc<[AtomicU64; 2]> = Arc::default();
    let (counted, stop) = (Arc::clone(&bytes), Arc::clone(stop));
    std::thread::spawn(move || {
        let mut part = [0; 65_536];
        let mut next = 0;
        while !stop.load(Ordering::Relaxed) {
            if let Ok((length, _)) = ear.recv_from(&mut part) {
                next = (next + 1) % mouths.len();
                if mouths[next].send_to(&part[..length], node).is_ok() {
                    counted[0].fetch_add(length as u64, Ordering::Relaxed);
                }
            }
            let answered: usize = std::iter::from_fn(|| mouths[next].recv(&mut part).ok()).sum();
            counted[1].fetch_add(answered as u64, Ordering::Relaxed);
        }
    });
    (address, bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_half_open_connections() {
    let besieged = besieged();
    let stop = Arc::new(AtomicBool::new(false));
    let (address, bytes) = one_way(besieged.address(), 64, &stop);
    let stranger = endpoint(SecretKey::from_bytes(&[71; 32])).await;
    let id = besieged.id();
    let mut dialling = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let stranger = stranger.clone();
        dialling.spawn(async move { dial(&stranger, id, address, SYNC_ALPN).await.is_some() });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let besieged = tokio::task::spawn_blocking(move || {
        besieged.holds("half open");
        besieged
    });
    let besieged = besieged.await.unwrap();
    let met = dialling.join_all().await.into_iter().filter(|met| *met).count();
    stop.store(true, Ordering::Relaxed);
    let [sent, answered] = [0, 1].map(|way| bytes[way].load(Ordering::Relaxed));
    println!("{sent} bytes of handshakes, {answered} of answers");
    assert_eq!(met, 0, "no handshake was ever finished");
    assert!(sent > 1000 * 1200, "a thousand began one");
    assert!(answered <= 3 * sent, "a node answers no more than three times what nobody vouched for");
    stranger.close().await;
    tokio::task::spawn_blocking(move || {
        besieged.holds("after half open");
        besieged.ada.verify();
    })
    .await
    .unwrap();
}

/// What a slow stranger does once the handshake is done: bytes that come one by one, or not at all.
async fn dribble(connection: Connection, pattern: usize) -> usize {
    let hello = Message::Hello(Hello { tag: [1; 32], introduce: false, agent: "slow".into() }).to_frame();
    let claim = u32::try_from(MAX_FRAME_BYTES).unwrap().to_be_bytes();
    let bytes: Vec<u8> = match pattern % 5 {
        0 => Vec::new(),
        1 => vec![0],
        2 => hello,
        3 => [&claim[..], &[1; 20]].concat(),
        _ => vec![0xff; 40],
    };
    let streams = 1 + pattern / 5;
    let mut listening = tokio::task::JoinSet::new();
    for _ in 0..streams {
        let opened = tokio::time::timeout(Duration::from_secs(2), connection.open_bi()).await;
        let Ok(Ok((mut send, mut recv))) = opened else { break };
        let bytes = bytes.clone();
        listening.spawn(async move {
            for byte in bytes {
                if send.write_all(&[byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(400)).await;
            }
            let mut part = [0; 4096];
            let heard = tokio::time::timeout(Duration::from_secs(15), recv.read(&mut part)).await;
            heard.ok().and_then(Result::ok).flatten().unwrap_or(0)
        });
    }
    let heard = listening.join_all().await.into_iter().sum();
    let ended = tokio::time::timeout(Duration::from_secs(1), connection.closed()).await;
    assert!(ended.is_ok(), "pattern {pattern} is shown out");
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_are_slow() {
    let besieged = besieged();
    let (id, address) = (besieged.id(), besieged.address());
    let mut slow = tokio::task::JoinSet::new();
    for pattern in 0..60 {
        slow.spawn(async move {
            // Three of each pattern, and everybody somebody else.
            let stranger = endpoint(SecretKey::from_bytes(&[100 + pattern; 32])).await;
            let alpn = [SYNC_ALPN, JOIN_ALPN, BLOBS_ALPN][usize::from(pattern / 20)];
            let heard = match dial(&stranger, id, address, alpn).await {
                Some(connection) => dribble(connection, usize::from(pattern) % 20).await,
                None => 0,
            };
            stranger.close().await;
            heard
        });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let besieged = tokio::task::spawn_blocking(move || {
        besieged.holds("slow strangers");
        besieged
    });
    let besieged = besieged.await.unwrap();
    let heard: usize = slow.join_all().await.into_iter().sum();
    assert_eq!(heard, 0, "a stranger was told something");
    tokio::task::spawn_blocking(move || besieged.holds("after slow strangers")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn protocols_that_nobody_speaks() {
    let besieged = besieged();
    let (id, address) = (besieged.id(), besieged.address());
    let stranger = endpoint(SecretKey::from_bytes(&[72; 32])).await;
    let long = [b'x'; 255];
    let newer = [SYNC_ALPN, b"/next"].concat();
    let names: [&[u8]; 6] = [b"h3", b"/iroh-bytes/4", &long, &newer, b"\0", &SYNC_ALPN[1..]];
    for round in 0..120 {
        let met = dial(&stranger, id, address, names[round % names.len()]).await;
        assert!(met.is_none(), "it speaks {:?}", names[round % names.len()]);
    }
    stranger.close().await;
    tokio::task::spawn_blocking(move || besieged.holds("wrong protocols")).await.unwrap();
}

/// A long header as QUIC has it, with a version, connection ids of these lengths, and a payload.
fn long_header(version: u32, ids: [u8; 2], payload: usize) -> Vec<u8> {
    let mut datagram = vec![0xc3];
    datagram.extend(version.to_be_bytes());
    for id in ids {
        datagram.push(id);
        datagram.extend(std::iter::repeat_n(7, usize::from(id)));
    }
    // No token; a length of two bytes that says what it likes.
    datagram.extend([0, 0x7f, 0xff]);
    datagram.extend(std::iter::repeat_n(9, payload));
    datagram
}

#[test]
fn datagrams_that_make_no_sense() {
    let besieged = besieged();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let mut random = fastrand::Rng::with_seed(17);
    let (mut sent, mut answered) = (0, 0);
    for round in 0..3000 {
        let datagram = match round % 6 {
            // Longer than any packet may be, and as long as a datagram can be.
            0 => long_header(1, [8, 8], random.usize(1500..60_000)),
            1 => long_header(1, [8, 8], 65_400),
            // Versions that are negotiated, ids that are too long, and a first packet too short.
            2 => long_header(0x0a0a_0a0a, [8, 8], 1200),
            3 => long_header(1, [255, 255], 1200),
            4 => long_header(1, [20, 0], random.usize(0..100)),
            _ => {
                let mut noise = vec![0; random.usize(1..2000)];
                random.fill(&mut noise);
                noise
            }
        };
        sent += socket.send_to(&datagram, besieged.address()).unwrap_or(0);
        if round % 50 == 0 {
            let mut part = [0; 65_536];
            answered += std::iter::from_fn(|| socket.recv(&mut part).ok()).sum::<usize>();
        }
    }
    println!("{sent} bytes sent, {answered} answered");
    assert!(answered * 3 < sent, "{answered} bytes for {sent}");
    besieged.holds("nonsense");
    besieged.ada.verify();
}
