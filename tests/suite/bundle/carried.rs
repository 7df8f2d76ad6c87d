//! Bundles as files: what is in them, what is left out, and who can read them.

use dataforge_tests::las::write_las;
use dataforge_tests::program::Place;

use super::{export, field, held, number, take, wells, word};

#[test]
fn a_member_who_was_only_let_in_gets_everything_from_a_file_and_sends_back_a_delta() {
    let bob = Place::new("bob");
    let (ada, dir) = field(&[(&bob, "editor")], 3);
    let path = |name: &str| dir.path().join(name);
    let first = export(&ada, &path("first.dfb"), &[]);
    assert_eq!((number(&first, "blobs"), first["base"].is_null()), (6, true), "{first}");
    let shown = ada.json(&["bundle", "show", word(&path("first.dfb")), "--check"]);
    assert_eq!((shown["workspace"].as_str(), shown["by"].as_str()), (Some("Field"), Some("Ada (ada-laptop)")));
    assert_eq!(
        (&shown["id"], &shown["problem"], &shown["encrypted"]),
        (&first["id"], &serde_json::Value::Null, &false.into())
    );
    let taken = take(&bob, &path("first.dfb"));
    assert_eq!((number(&taken, "blobs"), number(&taken, "waiting")), (6, 0), "{taken}");
    assert_eq!(number(&taken, "entries"), number(&first, "entries"));
    assert_eq!(wells(&bob), wells(&ada));
    // Again, it changes nothing.
    let before = held(&bob);
    let again = take(&bob, &path("first.dfb"));
    assert_eq!((number(&again, "entries"), number(&again, "blobs")), (0, 0));
    assert_eq!(held(&bob), before);
    // The way back carries what Bob did, and nothing of what Ada has.
    bob.json(&["set", "Test 1", "company", "Bobs Oil"]);
    write_las(dir.path(), 9, 50, 2, 5);
    bob.json(&["import", word(&path("well-00009.las"))]);
    let back = export(&bob, &path("back.dfb"), &["--for", "Ada"]);
    assert_eq!(number(&back, "blobs"), 2, "{back}");
    assert!(number(&back, "entries") < 10 && number(&back, "bytes") < number(&first, "bytes") / 3, "{back}");
    take(&ada, &path("back.dfb"));
    assert_eq!(wells(&ada), wells(&bob));
    assert_eq!(ada.json(&["status"])["workspaces"][0]["blobs_only_here"], 0, "bob said what he has");
    // From then on Ada knows what he has.
    ada.json(&["set", "Test 2", "company", "Adas Oil"]);
    let news = export(&ada, &path("news.dfb"), &["--for", "bob"]);
    assert_eq!((number(&news, "entries"), number(&news, "blobs")), (1, 0), "{news}");
    assert!(number(&news, "bytes") < 12_000, "{news}");
    take(&bob, &path("news.dfb"));
    assert_eq!(wells(&ada), wells(&bob));
    ada.verify();
    bob.verify();
}

#[test]
fn what_was_in_another_bundle_is_left_out() {
    let bob = Place::new("bob");
    let (ada, dir) = field(&[(&bob, "viewer")], 2);
    let path = |name: &str| dir.path().join(name);
    let first = export(&ada, &path("first.dfb"), &["--blobs", "Test 1"]);
    assert_eq!(number(&first, "blobs"), 2);
    ada.json(&["set", "Test 1", "company", "Adas Oil"]);
    // By its file, and by its id; the other well's data were not in it.
    let id = first["id"].as_str().unwrap();
    for (name, base) in [("second.dfb", word(&path("first.dfb"))), ("third.dfb", &id[..12])] {
        let next = export(&ada, &path(name), &["--since", base]);
        assert_eq!((number(&next, "entries"), number(&next, "blobs")), (1, 2), "{next}");
        assert_eq!(next["base"].as_str(), Some(id));
    }
    let none = export(&ada, &path("fourth.dfb"), &["--since", word(&path("second.dfb"))]);
    assert_eq!((number(&none, "entries"), number(&none, "blobs")), (0, 0), "also what was before it: {none}");
    // Out of order: what rests on the first waits for it, which is told.
    let output = bob.run(["--json", "bundle", "import", word(&path("second.dfb"))]);
    assert_eq!(output.status.code(), Some(4));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((number(&said, "waiting"), said["base"].as_str()), (1, Some(id)), "{said}");
    take(&bob, &path("first.dfb"));
    let taken = take(&bob, &path("second.dfb"));
    assert_eq!((number(&taken, "entries"), number(&taken, "blobs")), (1, 2), "{taken}");
    assert_eq!(wells(&bob), wells(&ada));
    // Only what is known: entries without data, then the data.
    let meta = export(&ada, &path("meta.dfb"), &["--blobs", "metadata"]);
    assert_eq!(number(&meta, "blobs"), 0);
    for unknown in [&["--since", "abcdef0123"][..], &["--for", "nobody"], &["--blobs", "Nowhere"]] {
        let none = path("none.dfb");
        ada.fails(&[&["bundle", "export", word(&none)][..], unknown].concat(), 3);
    }
    assert!(!path("none.dfb").exists());
    let said = ada.fails(&["bundle", "export", word(&path("meta.dfb"))], 2);
    assert!(said.contains("--force"), "{said}");
    export(&ada, &path("meta.dfb"), &["--force"]);
    let listed = ada.json(&["exports"])["exports"].clone();
    assert_eq!(listed[0]["format"], "bundle");
}

#[test]
fn what_is_encrypted_opens_for_members_only() {
    let (bob, eve) = (Place::new("bob"), Place::new("eve"));
    let (ada, dir) = field(&[(&bob, "editor")], 2);
    eve.json(&["init", "Elsewhere", "--name", "Eve"]);
    let file = dir.path().join("sealed.dfb");
    let made = export(&ada, &file, &["--encrypt"]);
    assert_eq!(made["encrypted"], true);
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
    for secret in [&b"dfbundle"[..], b"Test 1", b"bob"] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
    for command in ["show", "import"] {
        let said = eve.fails(&["bundle", command, word(&file)], 5);
        assert!(said.contains("not to this device"), "{said}");
    }
    let before = held(&bob);
    let mut random = fastrand::Rng::with_seed(8);
    for _ in 0..6 {
        let mut changed = bytes.clone();
        let at = random.usize(..bytes.len());
        changed[at] ^= 1;
        let damaged = dir.path().join("damaged.dfb");
        std::fs::write(&damaged, &changed).unwrap();
        let output = bob.run(["bundle", "import", word(&damaged)]);
        assert!(!output.status.success(), "byte {at}");
        std::fs::write(&damaged, &bytes[..at]).unwrap();
        assert!(!bob.run(["bundle", "import", word(&damaged)]).status.success(), "cut at {at}");
        assert_eq!(held(&bob), before, "byte {at}");
    }
    assert_eq!(bob.json(&["bundle", "show", word(&file)])["encrypted"], true);
    assert_eq!(number(&take(&bob, &file), "blobs"), 4);
    assert_eq!(wells(&bob), wells(&ada));
    // Who is removed reads no more.
    ada.json(&["remove", "bob", "--yes"]);
    export(&ada, &dir.path().join("later.dfb"), &["--encrypt"]);
    bob.fails(&["bundle", "import", word(&dir.path().join("later.dfb"))], 5);
}
