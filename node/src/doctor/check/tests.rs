//! What is found wrong, and what is not.

use std::path::PathBuf;

use super::*;

const NOW: u64 = 1_800_000_000_000;

fn interface(name: &str, up: bool) -> InterfaceInfo {
    InterfaceInfo { name: name.into(), addresses: Vec::new(), up, loopback: name == "lo" }
}

fn clock(name: &str, ahead_seconds: f64) -> ClockInfo {
    ClockInfo { device_id: String::new(), name: name.into(), ahead_seconds }
}

struct World {
    interfaces: Result<Vec<InterfaceInfo>, String>,
    ports: PortsInfo,
    relays: Vec<RelayInfo>,
    discovery: DiscoveryInfo,
    newest_ms: Option<u64>,
    clocks: Vec<ClockInfo>,
    place: PlaceInfo,
    faces: Vec<FaceStatus>,
    now_ms: u64,
}

impl Default for World {
    fn default() -> Self {
        let bound = vec!["0.0.0.0:7411".to_owned()];
        Self {
            interfaces: Ok(vec![interface("eth0", true), interface("lo", true)]),
            ports: PortsInfo { configured: "0.0.0.0:7411".into(), bound, in_use: false },
            relays: Vec::new(),
            discovery: DiscoveryInfo::default(),
            newest_ms: Some(NOW),
            clocks: vec![clock("Bob", 1.0), clock("Cyd", -3.0)],
            place: PlaceInfo {
                directory: PathBuf::from("/data"),
                file_system: Some("ext4".into()),
                free_bytes: Some(1 << 40),
                reserve_bytes: 1 << 28,
                open_files: Some(1024),
            },
            faces: Vec::new(),
            now_ms: NOW,
        }
    }
}

impl World {
    fn found(&self) -> Vec<String> {
        let facts = Facts {
            up: true,
            interfaces: &self.interfaces,
            ports: &self.ports,
            relays: &self.relays,
            discovery: &self.discovery,
            now_ms: self.now_ms,
            newest_ms: self.newest_ms,
            clocks: &self.clocks,
            place: &self.place,
            metrics: None,
            faces: &self.faces,
            is_copy: false,
        };
        let problems = check(&facts);
        assert!(problems.iter().all(|one| one.advice.len() > 20), "each says what to do: {problems:?}");
        problems.into_iter().map(|one| format!("{}: {}", one.about, one.message)).collect()
    }
}

#[test]
fn nothing_is_wrong_where_nothing_is() {
    assert!(World::default().found().is_empty());
}

#[test]
fn no_network_is_told_from_one_that_is_down() {
    let with = |interfaces| World { interfaces: Ok(interfaces), ..World::default() }.found();
    assert_eq!(with(vec![interface("lo", true)]), ["network: there is no network: no interface has an address"]);
    assert_eq!(with(Vec::new()), ["network: there is no network: no interface has an address"]);
    let down = with(vec![interface("lo", true), interface("eth0", false)]);
    assert_eq!(down, ["network: there is no network: no interface is up"]);
}

#[test]
fn a_port_of_another_program_is_named_with_the_one_taken() {
    let bound = vec!["0.0.0.0:40001".to_owned()];
    let ports = PortsInfo { configured: "0.0.0.0:7411".into(), bound, in_use: true };
    let found = World { ports, ..World::default() }.found();
    assert_eq!(found, ["port: UDP port 7411 was in use by another program, took 40001"]);
}

#[test]
fn relays_are_wrong_only_when_none_is_reached() {
    let relay = |url: &str, reached| RelayInfo { url: url.into(), reached: Some(reached), problem: None };
    let with = |relays| World { relays, ..World::default() }.found().len();
    assert_eq!(with(vec![relay("a", false), relay("b", false)]), 2);
    assert_eq!(with(vec![relay("a", true), relay("b", false)]), 0);
}

#[test]
fn a_clock_that_stands_alone_is_the_wrong_one() {
    let with = |clocks| World { clocks, ..World::default() }.found();
    let years = 10.0 * 365.25 * 86_400.0;
    assert_eq!(with(vec![clock("Bob", years)]), ["clock: the clock of Bob is 10 years before the one here"]);
    let one = with(vec![clock("Bob", -600.0), clock("Cyd", 0.0)]);
    assert_eq!(one, ["clock: the clock of Bob is 10 minutes after the one here"]);
    let all = with(vec![clock("Bob", years), clock("Cyd", years)]);
    assert!(all.len() == 1 && all[0].contains("of this machine differs"), "{all:?}");
    let back = World { newest_ms: Some(NOW + 7_200_000), ..World::default() }.found();
    assert_eq!(back, ["clock: the clock of this machine was set back by 2 hours"]);
    assert_eq!(World { now_ms: 5, newest_ms: None, ..World::default() }.found().len(), 1);
}

#[test]
fn places_that_keep_nothing_or_have_no_room_are_told() {
    let base = World::default().place;
    let with = |place| World { place, ..World::default() }.found();
    assert_eq!(with(PlaceInfo { file_system: Some("tmpfs".into()), ..base.clone() }).len(), 1);
    assert_eq!(with(PlaceInfo { file_system: Some("fat".into()), ..base.clone() }).len(), 1);
    assert_eq!(with(PlaceInfo { free_bytes: Some(5), ..base.clone() }).len(), 1);
    assert_eq!(with(PlaceInfo { open_files: Some(256), ..base }).len(), 1);
}

#[test]
fn a_face_that_cannot_be_opened_is_named_with_what_to_do() {
    let face = |error: Option<&str>| FaceStatus {
        face: "http".into(),
        address: "127.0.0.1:7414".into(),
        open: false,
        error: error.map(str::to_owned),
    };
    let with = |face| World { faces: vec![face], ..World::default() }.found();
    assert!(with(face(None)).is_empty());
    assert_eq!(with(face(Some("the port is taken"))), ["faces: the port is taken"]);
}
