use std::collections::BTreeMap;

use super::*;

const SECRET: [u8; 32] = [7; 32];

fn device(number: u8) -> DeviceId {
    DeviceId([number; 32])
}

fn full() -> Announcement {
    let secrets: Vec<[u8; 32]> = (0..MAX_TAGS).map(|at| [u8::try_from(at).unwrap(); 32]).collect();
    let mut announcement = Announcement::new([9; 16], &device(1), &secrets);
    announcement.pairing = Some(Pairing { device: device(1), label: "é".repeat(MAX_LABEL_BYTES / 2) });
    announcement
}

fn txt(announcement: &Announcement) -> Result<Announcement, AnnouncementError> {
    let strings: BTreeMap<_, _> = announcement.to_txt().into_iter().collect();
    Announcement::from_txt(|key| strings.get(key).map(Vec::as_slice))
}

#[test]
fn member_recognises_the_device_and_nobody_else_does() {
    let announcement = Announcement::new([1; 16], &device(1), [&SECRET]);
    let known = [device(3), device(1), device(2)];
    assert_eq!(announcement.recognise(&SECRET, &known), Some(device(1)));
    assert_eq!(announcement.recognise(&[8; 32], &known), None);
    assert_eq!(announcement.recognise(&SECRET, &[device(2)]), None);
}

#[test]
fn another_nonce_makes_other_tags() {
    assert_ne!(tag(&SECRET, &[1; 16], &device(1)), tag(&SECRET, &[2; 16], &device(1)));
}

#[test]
fn both_forms_hold_the_most_there_can_be() {
    let announcement = full();
    let addresses: Vec<_> = (1..=9).map(|number| Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, number)).collect();
    let beacon = announcement.to_beacon(7411, &addresses);
    assert_eq!(beacon.len(), MAX_BEACON_BYTES);
    // What IPv6 carries everywhere without fragments.
    assert!(beacon.len() <= 1232);
    let read = Announcement::from_beacon(&beacon).unwrap();
    assert_eq!((&read.announcement, read.port), (&announcement, 7411));
    assert_eq!(read.addresses, addresses[..MAX_BEACON_ADDRESSES]);
    assert!(announcement.to_txt().iter().all(|(key, value)| key.len() + 1 + value.len() <= 255));
    assert_eq!(txt(&announcement), Ok(announcement));
}

#[test]
fn workspaces_beyond_the_limit_are_left_out() {
    let secrets: Vec<[u8; 32]> = (0..100).map(|at| [at; 32]).collect();
    assert_eq!(Announcement::new([0; 16], &device(1), &secrets).tags.len(), MAX_TAGS);
}

#[test]
fn beacon_of_every_other_length_is_refused() {
    let mut announcement = Announcement::new([1; 16], &device(1), [&SECRET]);
    announcement.pairing = Some(Pairing { device: device(1), label: "rig 4".to_owned() });
    let beacon = announcement.to_beacon(1, &[]);
    let whole_without_pairing = 4 + 16 + 2 + 1 + 16 + 1;
    for length in (0..beacon.len()).filter(|length| *length != whole_without_pairing) {
        assert!(Announcement::from_beacon(&beacon[..length]).is_err(), "{length} bytes");
    }
    let longer = [&beacon[..], &[0]].concat();
    assert_eq!(Announcement::from_beacon(&longer), Err(AnnouncementError::Length));
    assert_eq!(Announcement::from_beacon(b"hello"), Err(AnnouncementError::Foreign));
}

#[test]
fn label_that_would_confuse_a_terminal_is_refused() {
    let mut announcement = full();
    announcement.pairing = Some(Pairing { device: device(1), label: "rig 4".to_owned() });
    let mut beacon = announcement.to_beacon(1, &[]);
    *beacon.last_mut().unwrap() = 0x1b;
    assert_eq!(Announcement::from_beacon(&beacon), Err(AnnouncementError::Label));
}

#[test]
fn any_datagram_is_an_announcement_or_an_error() {
    let mut random = fastrand::Rng::with_seed(6);
    let mut read = 0;
    for _ in 0..20_000 {
        let mut bytes = vec![0; random.usize(..1500)];
        random.fill(&mut bytes);
        drop(Announcement::from_beacon(&bytes));
        // Of a right length, so that some are read.
        let (tags, addresses) = (random.usize(..4), random.usize(..3));
        bytes.resize(20 + 16 * (tags + addresses), 0);
        for (at, count) in [(18, tags), (19 + 16 * tags, addresses)] {
            bytes[at] = u8::try_from(count).unwrap();
        }
        let with_magic = [&MAGIC[..], &bytes].concat();
        if let Ok(beacon) = Announcement::from_beacon(&with_magic) {
            read += 1;
            let again = beacon.announcement.to_beacon(beacon.port, &beacon.addresses);
            assert_eq!(Announcement::from_beacon(&again).as_ref(), Ok(&beacon));
            assert_eq!(txt(&beacon.announcement), Ok(beacon.announcement));
        }
    }
    assert!(read > 10_000, "{read}");
}
