//! Many nodes on one switch: every change everywhere at once, and nothing lost while they are killed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use dataforge_tests::net::Lab;
use dataforge_tests::program::wait_within;

use super::{Node, asked, begin, join, random};

/// Changes whose way is timed.
const CHANGES: u32 = 30;
const PATIENCE: Duration = Duration::from_secs(120);

fn crowd(lab: &Lab, count: u64) -> Vec<Node> {
    let switch = lab.switch("switch");
    let mut nodes: Vec<Node> = Vec::new();
    for number in 1..=count {
        let mut node = Node::new(lab, &format!("p{number}"));
        node.host.plug(&switch, "eth0", &[&format!("10.77.0.{number}/24")]);
        match nodes.first() {
            None => begin(&mut node),
            Some(first) => join(first, &mut node, "editor"),
        }
        nodes.push(node);
    }
    same(&nodes, PATIENCE);
    nodes
}

fn same(nodes: &[Node], patience: Duration) -> Duration {
    wait_within(patience, "all have the same entries", || {
        let first = nodes[0].entries();
        nodes.iter().all(|node| node.entries() == first)
    })
}

/// When each entry came to a node, by the machine's one clock.
fn arrivals(node: &Node) -> BTreeMap<[u8; 32], i64> {
    let sql = "SELECT id, received_ms FROM entries";
    node.ask(|database| database.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
}

/// One writes; how long each change took to each of the others.
fn time_changes(nodes: &[Node]) {
    let before = nodes[0].entries();
    for number in 0..CHANGES {
        nodes[0].place.json(&["set", "Test 1", "field", &format!("change {number}")]);
        std::thread::sleep(Duration::from_millis(300));
    }
    same(nodes, PATIENCE);
    let written = arrivals(&nodes[0]);
    let mut took: Vec<i64> = Vec::new();
    for node in &nodes[1..] {
        let came = arrivals(node);
        took.extend(written.iter().filter(|(id, _)| !before.contains(*id)).map(|(id, at)| came[id] - at));
    }
    took.sort_unstable();
    assert!(took.len() >= CHANGES as usize * (nodes.len() - 1), "{} times", took.len());
    let at = |percent: usize| took[(took.len() - 1) * percent / 100];
    println!("{} nodes: median {} ms, 95 % {} ms, longest {} ms", nodes.len(), at(50), at(95), at(100));
    assert!(at(50) < 2000, "median {} ms", at(50));
}

/// The own entries of a node, as its disk has them.
fn own(node: &Node) -> BTreeSet<[u8; 32]> {
    let device = node.place.json(&["status"])["device_id"].as_str().unwrap().to_owned();
    let sql = "SELECT id FROM entries WHERE lower(hex(device)) = ?1";
    node.ask(|database| database.prepare(sql)?.query_map([&device], |row| row.get(0))?.collect())
}

/// Kills, restarts and writes by chance; returns what was acknowledged.
fn churn(nodes: &mut [Node], time: Duration) -> BTreeSet<[u8; 32]> {
    let mut random = random();
    let mut acknowledged = BTreeSet::new();
    let (mut kills, mut writes, mut cut) = (0, 0, 0);
    let begun = Instant::now();
    while begun.elapsed() < time {
        let who = random.usize(0..nodes.len());
        let up = nodes.iter().filter(|node| node.up.is_some()).count();
        let node = &mut nodes[who];
        if node.up.is_none() {
            node.start();
        } else if random.u32(0..4) > 0 {
            let before = own(node);
            node.place.json(&["set", "Test 1", "field", &format!("{who} {writes}")]);
            let after = own(node);
            assert!(after.len() > before.len() && after.is_superset(&before), "what is acknowledged is on disk");
            acknowledged.extend(after);
            writes += 1;
        } else if up > 3 {
            // In the middle of a write as often as not.
            let before = own(node);
            let mut command = node.place.command(["--json", "set", "Test 1", "company", &format!("{who} {kills}")]);
            let writing = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn();
            std::thread::sleep(Duration::from_millis(random.u64(0..150)));
            let id = node.up.take().unwrap();
            id.kill();
            kills += 1;
            if writing.unwrap().wait_with_output().unwrap().status.success() {
                let after = own(node);
                assert!(after.len() > before.len(), "what is acknowledged is on disk after a kill");
                acknowledged.extend(after);
                cut += 1;
            }
        }
        std::thread::sleep(Duration::from_millis(random.u64(0..300)));
    }
    println!("{writes} writes, {kills} kills, {cut} of them after a write was acknowledged");
    assert!(kills > 0 && writes > 0);
    acknowledged
}

#[test]
fn a_crowd_hears_every_change_and_loses_none_to_kills() {
    let Some(lab) = Lab::new("a_crowd_hears_every_change_and_loses_none_to_kills") else { return };
    let mut nodes = crowd(&lab, asked("NET_CROWD", 12));
    time_changes(&nodes);
    let acknowledged = churn(&mut nodes, Duration::from_secs(asked("NET_CHURN_SECS", 120)));
    for node in nodes.iter_mut().filter(|node| node.up.is_none()) {
        node.start();
    }
    let took = same(&nodes, PATIENCE);
    println!("all agreed {took:?} after the last restart");
    for node in &nodes {
        assert!(node.entries().is_superset(&acknowledged), "an acknowledged entry is missing");
        node.place.verify();
    }
}
