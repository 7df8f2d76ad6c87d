//! A stick that goes round between nodes that never meet.

use std::path::Path;

use dataforge_tests::las::write_las;
use dataforge_tests::program::Place;
use serde_json::Value;

use super::{field, listing, number, wells, word};

fn sync(place: &Place, stick: &Path) -> Value {
    place.json(&["drive", "sync", word(stick)])
}

fn put(reply: &Value) -> (u64, u64) {
    match &reply["made"] {
        Value::Null => (0, 0),
        made => (number(made, "entries"), number(made, "blobs")),
    }
}

#[test]
fn three_nodes_that_share_nothing_but_a_stick_agree() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, dir) = field(&[(&bob, "editor"), (&cyd, "editor")], 4);
    let stick = dir.path().join("stick");
    std::fs::create_dir(&stick).unwrap();
    let first = sync(&ada, &stick);
    assert_eq!(put(&first).1, 8, "{first}");
    let whole = number(&first["made"], "bytes");
    let taken = sync(&bob, &stick);
    assert_eq!(number(&taken["taken"][0], "blobs"), 8, "{taken}");
    assert_eq!(wells(&bob), wells(&ada));
    bob.json(&["set", "Test 1", "company", "Bobs Oil"]);
    write_las(dir.path(), 9, 60, 2, 5);
    bob.json(&["import", word(&dir.path().join("well-00009.las"))]);
    let put_by_bob = sync(&bob, &stick);
    assert_eq!(put(&put_by_bob).1, 2, "only what is Bob's: {put_by_bob}");
    assert!(number(&put_by_bob["made"], "bytes") < whole / 3, "{put_by_bob}");
    let taken = sync(&cyd, &stick);
    assert_eq!(taken["taken"].as_array().unwrap().len(), 2, "Ada's and Bob's: {taken}");
    assert_eq!(put(&taken), (0, 0), "Cyd has nothing of her own: {taken}");
    cyd.json(&["set", "Test 2", "company", "Cyds Oil"]);
    sync(&cyd, &stick);
    for place in [&ada, &bob, &cyd, &ada] {
        sync(place, &stick);
    }
    for place in [&bob, &cyd] {
        assert_eq!(wells(place), wells(&ada));
        assert_eq!(place.json(&["status"])["workspaces"][0]["blobs_missing"], 0);
    }
    assert_eq!(ada.json(&["wells"]).to_string().matches("Oil").count(), 2);
    // The second trip carries what is new and nothing else.
    ada.json(&["set", "Test 3", "company", "Adas Oil"]);
    let second = sync(&ada, &stick);
    assert_eq!(put(&second), (1, 0), "{second}");
    assert!(number(&second["made"], "bytes") < 20_000, "{second}");
    for place in [&bob, &cyd, &ada, &bob, &cyd, &ada] {
        sync(place, &stick);
    }
    assert_eq!((wells(&bob), wells(&cyd)), (wells(&ada), wells(&ada)));
    // All know that all have all: nothing moves any more, and little is left on the stick.
    for place in [&ada, &bob, &cyd] {
        let quiet = sync(place, &stick);
        assert!(quiet["made"].is_null() && quiet["taken"].as_array().unwrap().is_empty(), "{quiet}");
        place.verify();
        let status = place.json(&["status"])["workspaces"][0].clone();
        assert_eq!((&status["blobs_only_here"], &status["only_here"]), (&0.into(), &0.into()), "{status}");
    }
    let left: u64 = listing(&stick).iter().map(|(_, len)| len).sum();
    assert!(left < whole / 4, "{left} of {whole} bytes: {:?}", listing(&stick));
}

#[test]
fn a_bad_file_on_a_stick_is_told_and_costs_nothing_else() {
    let bob = Place::new("bob");
    let (ada, dir) = field(&[(&bob, "editor")], 1);
    let stick = dir.path().join("stick");
    std::fs::create_dir(&stick).unwrap();
    let directory = sync(&ada, &stick)["directory"].as_str().unwrap().to_owned();
    std::fs::write(Path::new(&directory).join("ffffffffff-0001.dfb"), "rubbish").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", Path::new(&directory).join("ffffffffff-0002.dfb")).unwrap();
    let output = bob.run(["--json", "drive", "sync", word(&stick)]);
    assert_eq!(output.status.code(), Some(4));
    let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(reply["problems"].as_array().unwrap().len(), if cfg!(unix) { 2 } else { 1 }, "{reply}");
    assert_eq!(wells(&bob), wells(&ada));
    let said = bob.fails(&["drive", "sync", word(&dir.path().join("unplugged"))], 3);
    assert!(said.contains("plug"), "{said}");
}

#[test]
fn a_stick_is_a_copy_when_it_is_read_and_only_then() {
    let (ada, dir) = field(&[], 2);
    let stick = dir.path().join("stick");
    std::fs::create_dir(&stick).unwrap();
    ada.json(&["policy", "demand"]);
    assert_eq!(put(&sync(&ada, &stick)).1, 4);
    let free = |drive: bool| {
        let more: &[&str] = if drive { &["--drive", word(&stick)] } else { &[] };
        number(&ada.json(&[&["free", "Test 1", "--go"][..], more].concat()), "blobs")
    };
    assert_eq!(free(false), 0, "nobody proves anything");
    let bundle = listing(&stick)[0].0.clone();
    let whole = std::fs::read(&bundle).unwrap();
    // Not plugged in, and damaged.
    ada.fails(&["free", "Test 1", "--go", "--drive", word(&dir.path().join("unplugged"))], 3);
    std::fs::write(&bundle, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(free(true), 0, "what cannot be read is no copy");
    std::fs::write(&bundle, &whole).unwrap();
    assert_eq!(free(true), 2);
    assert_eq!(number(&ada.json(&["cache", "stats"]), "files"), 2);
    // The last copy is not cleared away, and comes back when it is wanted.
    ada.json(&["set", "Test 2", "company", "Adas Oil"]);
    sync(&ada, &stick);
    assert!(bundle.exists(), "it has what is not here");
    ada.json(&["pin", "Test 1"]);
    let back = sync(&ada, &stick);
    assert_eq!(number(&back["taken"][0], "blobs"), 2, "{back}");
    assert_eq!(number(&ada.json(&["cache", "stats"]), "files"), 4);
    ada.verify();
}
