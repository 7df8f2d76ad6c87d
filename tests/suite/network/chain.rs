//! Three nodes of which the outer two never share a network.

use std::time::Duration;

use dataforge_tests::net::Lab;

use super::{Node, agree, attach, begin, has_file, join};

const PATIENCE: Duration = Duration::from_secs(50);

#[test]
fn a_chain_of_three_carries_both_ways() {
    let Some(lab) = Lab::new("a_chain_of_three_carries_both_ways") else { return };
    let (left, right) = (lab.switch("left"), lab.switch("right"));
    let (mut ada, mut bob, mut cid) = (Node::new(&lab, "ada"), Node::new(&lab, "bob"), Node::new(&lab, "cid"));
    ada.host.plug(&left, "eth0", &["10.77.1.1/24"]);
    bob.host.plug(&left, "eth0", &["10.77.1.2/24"]);
    bob.host.plug(&right, "eth1", &["10.77.2.2/24"]);
    cid.host.plug(&right, "eth0", &["10.77.2.3/24"]);
    begin(&mut ada);
    join(&ada, &mut bob, "admin");
    agree(PATIENCE, &[&ada, &bob]);
    join(&bob, &mut cid, "editor");
    agree(PATIENCE, &[&ada, &bob, &cid]);
    let (in_ada, in_cid) = (ada.host.counters("eth0"), cid.host.counters("eth0"));
    attach(&ada, "from-ada.bin", 3_000_000);
    attach(&cid, "from-cid.bin", 2_000_000);
    ada.place.json(&["set", "Test 1", "field", "by Ada"]);
    cid.place.json(&["set", "Test 1", "company", "by Cid"]);
    let took = agree(PATIENCE, &[&ada, &bob, &cid]);
    println!("both ways in {took:?}");
    assert!(has_file(&cid, "from-ada.bin", 3_000_000) && has_file(&ada, "from-cid.bin", 2_000_000));
    for (node, before) in [(&ada, in_ada), (&cid, in_cid)] {
        let ratio = node.host.counters("eth0").bytes_since(&before) as f64 / 5_000_000.0;
        println!("{ratio:.3} bytes on the wire for each new one");
        assert!((1.0..=1.3).contains(&ratio), "{ratio:.3} bytes on the wire for each new one");
    }
    let met: Vec<_> = ada.status()["connected"].as_array().unwrap().clone();
    assert_eq!(met.len(), 1, "Ada never met Cid: {met:?}");
    for node in [&ada, &bob, &cid] {
        node.place.verify();
    }
}
