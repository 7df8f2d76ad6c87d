//! What a query takes from peers, as users bound it.

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, join, wait_until};

#[test]
fn a_query_takes_from_peers_what_it_may_and_says_who_has_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    write_las(dir.path(), 1, 20_000, 6, 4);
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    ada.json(&["import", dir.path().to_str().unwrap()]);
    bob.json(&["config", "set", "cache.policy", "demand"]);
    let up = join(&ada, &bob, "viewer");
    wait_until("bob knows that ada holds it", || {
        bob.json(&["sync"]);
        let known = "select count(*) > 0 as known from holdings";
        bob.ok(["query", known, "--format", "csv"]) == b"known\ntrue\n"
    });
    let run = bob.json(&["runs"])["runs"][0]["short"].as_str().unwrap().to_owned();
    let sql = "select curve, avg(value) as mean from samples where curve = 'C3' group by curve";

    let said = bob.fails(&["query", "--local-only", sql], 10);
    for part in [run.as_str(), "Test 1", "ada", "--local-only"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = bob.fails(&["query", "--remote-bytes", "1000", sql], 10);
    for part in [run.as_str(), "may take 1000 bytes", "--remote-bytes"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let explain = format!("explain {sql}");
    let told = String::from_utf8(bob.ok(["query", &explain, "--format", "csv"])).unwrap();
    assert!(told.contains("footer not here") && told.contains("held by ada"), "{told}");

    let rows = bob.ok(["query", "--remote-bytes", "100000000", sql, "--format", "csv"]);
    assert_eq!(ada.ok(["query", "--local-only", sql, "--format", "csv"]), rows);
    // What came is here now.
    drop(up);
    let told = String::from_utf8(bob.ok(["query", &explain, "--format", "csv"])).unwrap();
    assert!(told.contains(", 0 from peers") && !told.contains("footer not here"), "{told}");
    assert_eq!(bob.ok(["query", "--local-only", sql, "--format", "csv"]), rows);
    let said = bob.fails(&["query", "--max-rows", "5", "select curve from samples", "--format", "csv"], 10);
    assert!(said.contains("5 rows"), "{said}");
    let said = bob.fails(&["query", "select wel from samples"], 10);
    assert!(said.contains("did you mean well") && said.contains("Line: 1, Column: 8"), "{said}");
}
