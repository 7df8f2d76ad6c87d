//! Two sides of an exchange, and who stands between them.

use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use serde_json::Value;

use super::*;
use crate::ticket::{join_frame, read_join_frame};

const JOINER: DeviceId = DeviceId([0x21; 32]);
const HOST: DeviceId = DeviceId([0x22; 32]);
const EXPORTER: [u8; 32] = [0x51; 32];

fn code(text: &str) -> Code {
    text.parse().unwrap()
}

fn joiner(text: &str) -> (Pairing, [u8; 32]) {
    Pairing::begin(&code(text), JoinSide::Joiner, &JOINER, &HOST, &[0x61; 32])
}

fn host(text: &str) -> (Pairing, [u8; 32]) {
    Pairing::begin(&code(text), JoinSide::Host, &JOINER, &HOST, &[0x62; 32])
}

/// Whether each side takes the other's proof.
fn agree(joiner: &Key, host: &Key) -> (bool, bool) {
    (joiner.is_proved_by(&host.proof()), host.is_proved_by(&joiner.proof()))
}

#[test]
fn vectors_of_an_independent_implementation_are_met() {
    let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors/pairing.json")).unwrap();
    let bytes = |name: &str| -> [u8; 32] {
        HEXLOWER.decode(vectors[name].as_str().unwrap().as_bytes()).unwrap().try_into().unwrap()
    };
    let text = vectors["code"].as_str().unwrap();
    let ids = (DeviceId(bytes("joiner")), DeviceId(bytes("host")));
    let begin = |side, random| Pairing::begin(&code(text), side, &ids.0, &ids.1, &bytes(random));
    let (joiner, to_host) = begin(JoinSide::Joiner, "joiner_random");
    let (host, to_joiner) = begin(JoinSide::Host, "host_random");
    assert_eq!((to_host, to_joiner), (bytes("joiner_element"), bytes("host_element")));
    let joiner = joiner.finish(&to_joiner, &bytes("exporter")).unwrap();
    let host = host.finish(&to_host, &bytes("exporter")).unwrap();
    assert_eq!((joiner.proof(), host.proof()), (bytes("joiner_proof"), bytes("host_proof")));
    assert_eq!(agree(&joiner, &host), (true, true));
    assert_eq!(Code::draw(&bytes("code_random")), code(vectors["drawn"].as_str().unwrap()));
}

#[test]
fn a_wrong_code_gives_keys_that_prove_nothing() {
    for wrong in ["48291308", "00000000", "84291307"] {
        let ((one, to_host), (other, to_joiner)) = (joiner(wrong), host("48291307"));
        let keys = (one.finish(&to_joiner, &EXPORTER).unwrap(), other.finish(&to_host, &EXPORTER).unwrap());
        assert_eq!(agree(&keys.0, &keys.1), (false, false), "{wrong}");
    }
}

#[test]
fn a_proof_of_one_side_is_none_of_the_other() {
    let ((one, to_host), (other, to_joiner)) = (joiner("48291307"), host("48291307"));
    let (one, other) = (one.finish(&to_joiner, &EXPORTER).unwrap(), other.finish(&to_host, &EXPORTER).unwrap());
    assert!(!one.is_proved_by(&one.proof()) && !other.is_proved_by(&other.proof()), "reflected");
}

/// Whoever stands between has a connection, and a device, of their own to each side.
#[test]
fn who_stands_between_and_passes_messages_on_is_found_out() {
    let between = DeviceId([0x66; 32]);
    let begin = |side, joiner, host| Pairing::begin(&code("48291307"), side, joiner, host, &[0x61; 32]);
    let (one, to_host) = begin(JoinSide::Joiner, &JOINER, &between);
    let (other, to_joiner) = begin(JoinSide::Host, &between, &HOST);
    let keys = (one.finish(&to_joiner, &EXPORTER).unwrap(), other.finish(&to_host, &EXPORTER).unwrap());
    assert_eq!(agree(&keys.0, &keys.1), (false, false), "other devices");
    let ((one, to_host), (other, to_joiner)) = (joiner("48291307"), host("48291307"));
    let keys = (one.finish(&to_joiner, &[1; 32]).unwrap(), other.finish(&to_host, &[2; 32]).unwrap());
    assert_eq!(agree(&keys.0, &keys.1), (false, false), "another connection");
}

#[test]
fn swapped_and_replayed_messages_prove_nothing() {
    let ((one, to_host), (other, to_joiner)) = (joiner("48291307"), host("48291307"));
    let (earlier, _) = host("48291307");
    let (one, other) = (one.finish(&to_joiner, &EXPORTER).unwrap(), other.finish(&to_host, &EXPORTER).unwrap());
    // The next exchange draws anew: what was said before is worth nothing there.
    let (later, _) = Pairing::begin(&code("48291307"), JoinSide::Host, &JOINER, &HOST, &[0x64; 32]);
    let later = later.finish(&to_host, &EXPORTER).unwrap();
    assert!(!later.is_proved_by(&one.proof()) && !one.is_proved_by(&later.proof()));
    assert!(other.is_proved_by(&one.proof()));
    // The host's own element, sent back to it.
    let reflected = earlier.finish(&to_joiner, &EXPORTER).unwrap();
    assert!(!reflected.is_proved_by(&one.proof()) && !reflected.is_proved_by(&other.proof()));
}

#[test]
fn what_is_no_point_is_refused() {
    let mut refused = 0;
    for byte in 0..=u8::MAX {
        let mut element = [byte; 32];
        element[31] &= 0x7f;
        refused += u32::from(joiner("48291307").0.finish(&element, &EXPORTER).is_err());
    }
    assert!((64..192).contains(&refused), "half of all texts of 32 bytes are no points: {refused}");
}

#[test]
fn messages_come_back_and_no_prefix_does() {
    fn round_trip<T: Serialize + for<'a> Deserialize<'a> + PartialEq + std::fmt::Debug>(message: &T) {
        let frame = join_frame(message);
        assert_eq!(read_join_frame::<T>(&frame[4..]).as_ref(), Some(message));
        for end in 4..frame.len() {
            assert_eq!(read_join_frame::<T>(&frame[4..end]), None, "{end} bytes of {message:?}");
        }
        assert_eq!(read_join_frame::<T>(&[&frame[4..], &[0]].concat()), None, "something after {message:?}");
    }
    round_trip(&PairingRequest { element: [3; 32] });
    round_trip(&PairingAnswer { element: [4; 32] });
    round_trip(&PairingProof { proof: [5; 32] });
    let paired = |length| PairingReply::Paired { proof: [6; 32], ticket: "d".repeat(length) };
    round_trip(&paired(20));
    round_trip(&PairingReply::Wrong { left: 2 });
    round_trip(&PairingReply::Unable);
    assert!(paired(4096).is_bounded() && !paired(4097).is_bounded());
}

#[test]
fn a_code_is_read_as_it_is_spoken_and_never_shown_by_chance() {
    let read = code("4829 1307");
    assert_eq!(read.to_string(), "4829 1307");
    for text in ["48291307", " 4829-1307\n", "4 8 2 9 1 3 0 7", "4829\u{a0}1307"] {
        assert_eq!(code(text), read, "{text:?}");
    }
    for text in ["", "4829130", "482913071", "4829130x", "٤٨٢٩١٣٠٧"] {
        assert_eq!(text.parse::<Code>(), Err(NoCode), "{text:?}");
    }
    assert!(!format!("{read:?} {:?}", joiner("48291307").0).contains("4829"));
}

#[test]
fn three_wrong_codes_close_a_window() {
    let start = Instant::now();
    let mut window = Window::open(code("48291307"), start + Duration::from_secs(600));
    for left in [2, 1, 0] {
        assert_eq!(window.begin(start).err(), None);
        assert_eq!(window.begin(start).err(), Some(Shut::Busy), "one at a time");
        window.end(Tried::Wrong);
        assert_eq!(window.left(), left);
        if left > 0 {
            // Who goes away before it proves anything has learned nothing.
            window.begin(start).unwrap();
            window.end(Tried::Broken);
        }
    }
    assert_eq!(window.begin(start).err(), Some(Shut::Guessed));
}

#[test]
fn a_window_closes_with_its_time_or_its_use() {
    let start = Instant::now();
    let until = start + Duration::from_secs(600);
    let mut window = Window::open(code("48291307"), until);
    assert_eq!(window.shut(until - Duration::from_millis(1)), None);
    assert_eq!(window.begin(until).err(), Some(Shut::Expired));
    window.begin(start).unwrap();
    assert_eq!(window.shut(until), Some(Shut::Busy), "who began in time may end");
    window.end(Tried::Right);
    assert_eq!(window.begin(start).err(), Some(Shut::Used));
    window.end(Tried::Wrong);
    assert_eq!((window.left(), window.shut(start)), (3, Some(Shut::Used)), "nobody is at it");
}
