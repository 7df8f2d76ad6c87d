use dataforge_protocol::discovery::{Announcement, Nonce};

use super::*;

const WORKSPACE: WorkspaceId = WorkspaceId([5; 32]);

fn heard(nonce: Nonce, member: Option<u8>, address: &str, way: Way) -> Heard {
    let device = DeviceId([member.unwrap_or_default(); 32]);
    Heard {
        announcement: Announcement::new(nonce, &device, [&[1; 32]]),
        member: member.map(|_| (WORKSPACE, device)),
        addresses: vec![address.parse().unwrap()],
        at: Instant::now(),
        way,
    }
}

fn number(at: u16) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[..2].copy_from_slice(&at.to_be_bytes());
    nonce
}

#[test]
fn same_announcement_again_is_no_news() {
    let mut around = Surroundings::default();
    let by_beacon = |address: &str| heard([1; 16], Some(1), address, Way::Beacon);
    assert!(around.note(by_beacon("10.0.0.1:7411")));
    assert!(!around.note(by_beacon("10.0.0.1:7411")));
    let later = Heard { at: Instant::now() + TOGETHER, ..by_beacon("10.0.0.2:7411") };
    assert!(around.note(later));
    assert_eq!(around.addresses_of(&DeviceId([1; 32])), ["10.0.0.2:7411".parse().unwrap()], "it moved");
}

#[test]
fn announcement_that_comes_over_two_links_names_both_addresses() {
    let mut around = Surroundings::default();
    let begun = Instant::now();
    let by_beacon =
        |address: &str, after: Duration| Heard { at: begun + after, ..heard([1; 16], Some(1), address, Way::Beacon) };
    let both: [SocketAddr; 2] = ["10.0.0.2:7411".parse().unwrap(), "10.0.0.1:7411".parse().unwrap()];
    // Each time it is sent it is sent over both.
    for round in 0..3 {
        around.note(by_beacon("10.0.0.1:7411", TOGETHER * 2 * round));
        around.note(by_beacon("10.0.0.2:7411", TOGETHER * 2 * round + TOGETHER / 10));
        assert_eq!(around.addresses_of(&DeviceId([1; 32])), both);
    }
    around.note(by_beacon("10.0.0.2:7411", TOGETHER * 9));
    assert_eq!(around.addresses_of(&DeviceId([1; 32])), both[..1], "the other link is gone");
}

#[test]
fn stranger_that_turns_out_to_be_a_member_is_news() {
    let mut around = Surroundings::default();
    assert!(around.note(heard([1; 16], None, "10.0.0.1:7411", Way::Beacon)));
    assert!(around.addresses_of(&DeviceId([0; 32])).is_empty());
    assert!(around.note(heard([1; 16], Some(1), "10.0.0.1:7411", Way::Beacon)));
}

#[test]
fn new_announcement_of_a_member_replaces_the_one_that_came_the_same_way() {
    let mut around = Surroundings::default();
    around.note(heard([1; 16], Some(1), "10.0.0.5:7411", Way::Beacon));
    around.note(heard([9; 16], Some(2), "10.0.0.9:7411", Way::Beacon));
    around.note(heard([2; 16], Some(1), "10.0.0.1:7411", Way::DnsSd));
    around.note(heard([3; 16], Some(1), "10.0.0.7:7411", Way::DnsSd));
    let found = around.addresses_of(&DeviceId([1; 32]));
    assert_eq!(found, ["10.0.0.7:7411".parse().unwrap(), "10.0.0.5:7411".parse().unwrap()]);
}

#[test]
fn flood_of_strangers_pushes_out_no_member() {
    let mut around = Surroundings::default();
    around.note(heard([255; 16], Some(1), "10.0.0.1:7411", Way::Beacon));
    for at in 0..2000 {
        around.note(heard(number(at), None, "10.0.0.66:1", Way::Beacon));
    }
    assert_eq!(around.heard.len(), MAX_HEARD);
    assert_eq!(around.addresses_of(&DeviceId([1; 32])), ["10.0.0.1:7411".parse().unwrap()]);
}

#[test]
fn beacon_that_is_not_repeated_is_not_dialled_any_more() {
    let mut around = Surroundings::default();
    let mut old = heard([1; 16], Some(1), "10.0.0.1:7411", Way::Beacon);
    let Some(at) = Instant::now().checked_sub(FRESH * 2) else { return };
    old.at = at;
    around.note(old);
    assert!(around.addresses_of(&DeviceId([1; 32])).is_empty());
}
