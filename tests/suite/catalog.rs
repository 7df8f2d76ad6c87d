//! What SQL tells of two nodes: who holds what, who is there, and the workspaces of a node as schemas.

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, join, wait_until};

fn csv(place: &Place, workspace: &str, sql: &str) -> String {
    String::from_utf8(place.ok(["--workspace", workspace, "query", sql, "--format", "csv"])).unwrap()
}

#[test]
fn who_holds_what_and_who_is_there_are_tables() {
    let dir = tempfile::tempdir().unwrap();
    write_las(dir.path(), 1, 3000, 5, 4);
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    ada.json(&["import", dir.path().to_str().unwrap()]);
    bob.json(&["config", "set", "cache.policy", "demand"]);
    let _up = join(&ada, &bob, "viewer");
    assert_eq!(bob.json(&["sync"])["blobs_missing"], 0, "nothing is wanted here");

    // One holds everything, and the other knows that.
    let holders = "select self, count(*) as n, max(copies) as copies from holdings group by self order by self";
    let blobs = csv(&ada, "Field", "select count(*) as n from blobs").lines().last().unwrap().to_owned();
    let of_ada = format!("self,n,copies\nfalse,{blobs},1\n");
    wait_until("bob knows what ada holds", || {
        // He is not up: what she says comes when he syncs.
        bob.json(&["sync"]);
        csv(&bob, "Field", holders) == of_ada
    });
    assert_eq!(csv(&ada, "Field", holders), format!("self,n,copies\ntrue,{blobs},1\n"));
    assert_eq!(csv(&bob, "Field", "select count(*) as n from blobs where held"), "n\n0\n");

    bob.json(&["fetch", "Test 1"]);
    assert_eq!(csv(&bob, "Field", "select min(copies) as least from blobs where kind = 'table'"), "least\n2\n");
    wait_until("ada knows what bob holds", || {
        bob.json(&["sync"]);
        csv(&ada, "Field", "select count(distinct device_id) as n from holdings") == "n\n2\n"
    });

    for (place, other) in [(&ada, &bob), (&bob, &ada)] {
        let told = place.json(&["peers"])["peers"].clone();
        assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
        let id = told[0]["device_id"].as_str().unwrap();
        let peers = "select device_id, last_seen_at is not null as met from peers";
        let met = format!("device_id,met\n{id},true\n");
        wait_until("the other was met", || csv(place, "Field", peers) == met);
        let own = csv(other, "Field", "select device_id from devices where self");
        assert_eq!(own, format!("device_id\n{id}\n"));
    }
    assert_eq!(csv(&bob, "Field", "select name, role from members order by 1").lines().count(), 3);
}

#[test]
fn a_query_reads_another_workspace_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    write_las(dir.path(), 1, 100, 3, 4);
    let ada = Place::new("ada");
    ada.json(&["init", "North Field"]);
    ada.json(&["import", dir.path().to_str().unwrap()]);
    let samples = "select count(value) as n from samples";
    let there = csv(&ada, "North Field", samples);
    ada.json(&["init", "south"]);
    assert_eq!(csv(&ada, "south", samples), "n\n0\n");
    assert_eq!(csv(&ada, "south", "select count(value) as n from \"North Field\".samples"), there);
    assert_ne!(there, "n\n0\n");
    let schemas = "select schema_name from information_schema.schemata order by 1";
    assert_eq!(csv(&ada, "south", schemas), "schema_name\nNorth Field\nsouth\n");
    let said = ada.fails(&["--workspace", "south", "query", "select * from \"North\".wells"], 10);
    assert!(said.contains("\"North Field\""), "{said}");
}
