//! Roles and removals: who may give and take them, and what is asked before.

use dataforge_tests::program::{Place, has_tool, skip};
use serde_json::Value;

use super::{field, meet, role_of, said};

#[test]
fn roles_are_given_by_name_words_or_id_and_the_rules_are_said() {
    let (bob, bob2, cyd) = (Place::new("bob"), Place::new("bob"), Place::new("cyd"));
    let (ada, _logs) = field(&[(&bob, "editor"), (&bob2, "viewer"), (&cyd, "admin")]);
    let told = ada.fails(&["role", "bob", "viewer", "--yes"], 2);
    let members = ada.json(&["members"])["members"].clone();
    let bobs: Vec<_> = members.as_array().unwrap().iter().filter(|member| member["name"] == "bob").collect();
    assert_eq!(bobs.len(), 2);
    for bob in &bobs {
        assert!(told.contains(bob["fingerprint"].as_str().unwrap()), "{told}");
    }
    let editor = bobs.iter().find(|bob| bob["role"] == "editor").unwrap();
    let viewer = bobs.iter().find(|bob| bob["role"] == "viewer").unwrap();
    let words = editor["fingerprint"].as_str().unwrap();
    assert!(ada.fails(&["role", words, "viewer"], 2).contains("--yes"), "a lower role wants to be confirmed");
    let wrote = ada.json(&["role", words, "viewer", "--yes"]);
    assert!(wrote["message"].as_str().unwrap().contains("viewer now"), "{wrote}");
    assert_eq!(wrote["entry"].as_str().unwrap().len(), 64);
    // A higher role asks nothing; the start of an id names its person.
    ada.json(&["role", &viewer["person_id"].as_str().unwrap()[..8], "editor"]);
    meet(&cyd, &ada);
    assert!(cyd.fails(&["role", "Ada", "viewer", "--yes"], 5).contains("not below you"));
    assert!(cyd.fails(&["role", words, "admin"], 5).contains("below"), "an admin makes no admins");
    assert!(cyd.fails(&["remove", "cyd", "--yes"], 2).contains("dataforge leave"));
    assert!(cyd.fails(&["transfer", words, "--yes"], 5).contains("owner"));
    assert!(cyd.fails(&["role", "nobody", "viewer"], 3).contains("there are: "));
    assert!(ada.fails(&["leave", "--yes"], 5).contains("transfer"), "the only owner stays");
    assert!(ada.fails(&["role", "Ada", "admin", "--yes"], 5).contains("only owner"));
    ada.json(&["transfer", "cyd", "--keep", "editor", "--yes"]);
    assert_eq!((role_of(&ada, "cyd"), role_of(&ada, "Ada")), ("owner".into(), "editor".into()));
    ada.json(&["leave", "--yes"]);
    assert_eq!(role_of(&ada, "Ada"), "none");
    assert!(ada.fails(&["set", "Test 1", "field", "x"], 5).contains("role"));
    meet(&cyd, &ada);
    assert_eq!((role_of(&cyd, "cyd"), role_of(&cyd, "Ada")), ("owner".into(), "none".into()));
    ada.verify();
    cyd.verify();
}

#[test]
fn nothing_is_removed_unasked_and_a_no_is_a_no() {
    let bob = Place::new("bob");
    let (ada, _logs) = field(&[(&bob, "editor")]);
    for args in [&["remove", "bob"][..], &["leave"], &["transfer", "bob"]] {
        assert!(ada.fails(args, 2).contains("--yes"), "{args:?}");
    }
    assert_eq!(role_of(&ada, "bob"), "editor");
    if !has_tool("script") {
        return skip("nothing_is_removed_unasked_and_a_no_is_a_no", "script, which gives a terminal");
    }
    for (answer, role) in [("n", "editor"), ("", "editor"), ("y", "none")] {
        let program = dataforge_tests::program::program();
        let line = format!("'{}' --dir '{}' remove bob", program.display(), ada.path().display());
        let mut command = std::process::Command::new("script");
        command.args(["-qec", &line, "/dev/null"]);
        ada.set_environment(&mut command);
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(child.stdin.as_mut().unwrap(), format!("{answer}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("bob-laptop") && told.contains("Remove bob? [y/N]"), "{told}");
        assert_eq!(output.status.success(), role == "none", "{told}");
        assert_eq!(role_of(&ada, "bob"), role, "after {answer:?}");
    }
}

#[test]
fn members_says_who_does_not_know_of_a_removal_and_devices_how_each_stands() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, _logs) = field(&[(&bob, "editor"), (&cyd, "editor")]);
    cyd.json(&["set", "Test 1", "field", "Cyds Field"]);
    meet(&cyd, &ada);
    ada.json(&["remove", "bob", "--yes"]);
    let members = ada.json(&["members"]);
    assert_eq!(members["unaware"].as_array().unwrap().len(), 1, "{members}");
    assert_eq!(members["unaware"][0]["device"], "cyd (cyd-laptop)");
    assert_eq!(
        (&members["unaware"][0]["op"]["what"], members["unaware"][0]["days"].as_u64()),
        (&"removed bob".into(), Some(0))
    );
    assert!(said(&ada, &["members"]).contains("wrote nothing yet that knows: Ada removed bob"));
    meet(&cyd, &ada);
    cyd.json(&["set", "Test 1", "field", "Cyds Other Field"]);
    meet(&cyd, &ada);
    assert_eq!(ada.json(&["members"])["unaware"], Value::Array(Vec::new()));
    let devices = ada.json(&["devices"])["devices"].clone();
    let of =
        |person: &str| devices.as_array().unwrap().iter().find(|device| device["person"] == person).unwrap().clone();
    assert_eq!((&of("bob")["state"], &of("cyd")["state"]), (&"ended".into(), &"live".into()));
    assert_eq!((of("cyd")["entries"].as_u64(), of("bob")["entries"].as_u64()), (Some(2), Some(0)));
    assert!(of("cyd")["last_contact"].is_string(), "{devices}");
    assert_eq!(of("Ada")["this_device"], true);
    assert_eq!(ada.json(&["devices", "bob"])["devices"].as_array().unwrap().len(), 1);
}

#[test]
fn an_op_that_does_not_count_says_what_speaks_against_it() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, _logs) = field(&[(&bob, "admin"), (&cyd, "editor")]);
    bob.json(&["role", "cyd", "viewer", "--yes"]);
    ada.json(&["role", "bob", "editor", "--yes"]);
    meet(&bob, &ada);
    for place in [&ada, &bob] {
        assert_eq!((role_of(place, "bob"), role_of(place, "cyd")), ("editor".into(), "editor".into()));
        let void = place.json(&["log", "--void"])["entries"].clone();
        assert_eq!(void.as_array().unwrap().len(), 1, "{void}");
        assert_eq!(void[0]["summary"], "made cyd viewer");
        assert!(void[0]["why"].as_str().unwrap().contains("Ada made bob editor"), "{void}");
        let explained = place.json(&["explain", void[0]["id"].as_str().unwrap()])["entries"][0].clone();
        assert_eq!(explained["outcome"], "void");
        assert_eq!(explained["ops"][0]["what"], "made bob editor");
    }
}

#[test]
fn a_void_op_counts_once_it_is_ratified() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, _logs) = field(&[(&bob, "admin"), (&cyd, "editor")]);
    bob.json(&["role", "cyd", "viewer", "--yes"]);
    ada.json(&["role", "bob", "editor", "--yes"]);
    meet(&bob, &ada);
    let void = ada.json(&["log", "--void"])["entries"][0]["id"].as_str().unwrap().to_owned();
    assert!(bob.fails(&["ratify", &void], 5).contains("admin"));
    let done = ada.json(&["ratify", &void[..10]]);
    assert!(done["message"].as_str().unwrap().contains("made cyd viewer: counts now"), "{done}");
    assert_eq!(role_of(&ada, "cyd"), "viewer");
    assert!(ada.fails(&["ratify", &void], 2).contains("counts already"));
    meet(&bob, &ada);
    assert_eq!(role_of(&bob, "cyd"), "viewer");
}
