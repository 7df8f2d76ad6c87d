//! Connections to a relay that are begun and not gone on with: few of one source stay, none for long, and
//! they keep nobody out.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use dataforge_tests::forger::secret_of;
use dataforge_tests::program::Place;

use super::access::connect;
use super::relay;

/// Longer than a relay waits for the handshake, and far below what a system does.
const PATIENCE: Duration = Duration::from_secs(40);
/// Connections of one source that may be set up at a time.
const OF_SOURCE: usize = 32;

fn host(url: &str) -> &str {
    url.trim_start_matches("http://").trim_end_matches('/')
}

fn open(url: &str) -> TcpStream {
    let stream = TcpStream::connect(host(url)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Reads what comes until the relay ends the connection.
fn to_the_end(mut stream: TcpStream) -> Vec<u8> {
    let mut came = Vec::new();
    match stream.read_to_end(&mut came) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("it was not ended within {PATIENCE:?}: {error}"),
    }
    came
}

fn is_open(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    stream.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_of_one_source_give_way_and_keep_nobody_out() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field"]);
    let (_up, url) = relay(&ada, &[]);
    let mut silent: Vec<_> = (0..OF_SOURCE + 8).map(|_| open(&url)).collect();
    for oldest in silent.drain(..8) {
        assert_eq!(to_the_end(oldest), b"");
    }
    assert!(is_open(silent.last().unwrap()), "only the oldest gave way");
    // From the same address, as one of many behind a router.
    connect(&url, &secret_of(&ada), None).await.unwrap();
    assert!(is_open(silent.last().unwrap()), "it had to wait for nobody");
}

#[test]
fn who_goes_silent_in_the_handshake_of_the_relay_is_ended_too() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field"]);
    let (_up, url) = relay(&ada, &[]);
    let mut stream = open(&url);
    write!(
        stream,
        "GET /relay HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: iroh-relay-v1\r\n\r\n",
        host(&url)
    )
    .unwrap();
    let came = to_the_end(stream);
    let text = String::from_utf8_lossy(&came);
    assert!(text.starts_with("HTTP/1.1 101 "), "{text}");
}
