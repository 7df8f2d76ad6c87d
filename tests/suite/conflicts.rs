//! What two people wrote without knowing of each other: both find the same, and one decision ends it.

use std::collections::BTreeSet;
use std::path::Path;

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, join, wait_until};
use serde_json::Value;

/// Lets one node exchange with another.
fn meet(guest: &Place, host: &Place) {
    let up = host.up();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let address = format!("{}@{}", text(&up.reply["device_id"]), text(&up.reply["addresses"][0]));
    guest.json(&["sync", "--peer", &address]);
}

/// What people wrote apart, and things that may be the same.
fn both_lists(place: &Place) -> (Vec<Value>, Vec<Value>) {
    let all = place.json(&["conflicts", "list"])["conflicts"].as_array().unwrap().clone();
    all.into_iter().partition(|conflict| conflict["about"] != "wells" && conflict["about"] != "curves")
}

fn listed(place: &Place) -> Vec<Value> {
    both_lists(place).0
}

fn alike(place: &Place) -> Vec<Value> {
    both_lists(place).1
}

fn ids(place: &Place) -> BTreeSet<String> {
    listed(place).iter().map(|conflict| conflict["id"].as_str().unwrap().to_owned()).collect()
}

/// Returns the id of the conflict about a field, or of one of another kind.
fn about(place: &Place, what: &str) -> String {
    let listed = [listed(place), alike(place)].concat();
    let by = |key: &str| listed.iter().find(|conflict| conflict[key] == what);
    by("field").or_else(|| by("about")).unwrap_or_else(|| panic!("no conflict about {what}: {listed:?}"))["short"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn well(place: &Place, name: &str) -> Value {
    let wells = place.json(&["wells"])["wells"].clone();
    wells.as_array().unwrap().iter().find(|well| well["name"] == name).cloned().unwrap_or_default()
}

fn waiting(place: &Place) -> u64 {
    place.json(&["status"])["workspaces"][0]["conflicts"].as_u64().unwrap()
}

/// Ada with three wells, and Bob, an admin who has all of it.
fn field(dir: &Path) -> (Place, Place) {
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field", "--name", "Ada"]);
    for number in 1..4 {
        write_las(dir, number, 40, 2, 3);
    }
    ada.json(&["import", dir.to_str().unwrap()]);
    let _up = join(&ada, &bob, "admin");
    bob.json(&["sync"]);
    (ada, bob)
}

#[test]
fn two_who_contradict_each_other_see_the_same_and_decide_it_for_both() {
    let dir = tempfile::tempdir().unwrap();
    let (ada, bob) = field(dir.path());
    let run = ada.json(&["runs", "Test 1"])["runs"][0]["short"].as_str().unwrap().to_owned();
    let (first, second) = (format!("{run}:1"), format!("{run}:2"));
    let both = [
        (&ada, ["North", "1", "good", "gamma_ray", first.as_str()]),
        (&bob, ["South", "2", "bad", "caliper", second.as_str()]),
    ];
    for (place, [name, number, quality, property, curve]) in both {
        place.json(&["set", "Test 1", "field", name]);
        place.json(&["set", &run, "run_number", number]);
        place.json(&["set", &first, "quality", quality]);
        place.json(&["dictionary", "set", "C0", "--property", property]);
        place.json(&["prefer", "Test 1", "gamma_ray", curve]);
        place.json(&["set", "Test 3", "company", "Acme"]);
    }
    ada.json(&["delete", "Test 2"]);
    bob.json(&["set", "Test 2", "company", "Acme"]);
    assert_eq!((waiting(&ada), waiting(&bob)), (0, 0), "neither knows");
    meet(&bob, &ada);

    assert_eq!(ids(&ada), ids(&bob));
    assert_eq!((ids(&ada).len(), waiting(&ada), waiting(&bob)), (6, 6, 6), "{:?}", listed(&ada));
    let shown = ada.json(&["conflicts", "show", &about(&ada, "field")]);
    let sides = shown["candidates"].as_array().unwrap();
    let told: BTreeSet<_> =
        sides.iter().map(|side| (side["person"].as_str().unwrap(), side["value"].as_str().unwrap())).collect();
    assert_eq!(told, BTreeSet::from([("Ada", "North"), ("bob", "South")]), "{shown}");
    assert_eq!(sides.iter().filter(|side| side["reads"] == true).count(), 1);
    assert_eq!(well(&ada, "Test 1")["field"], well(&bob, "Test 1")["field"], "one of them reads meanwhile");
    let values = ada.json(&["show", "Test 1"])["conflicts"].to_string();
    assert!(values.contains(r#"["field",["North","South"]]"#), "{values}");
    let agreed = ada.json(&["conflicts", "list", "Test 3"])["conflicts"].clone();
    assert!(agreed.as_array().unwrap().iter().all(|conflict| conflict["field"] != "company"), "they agree: {agreed}");
    let text = String::from_utf8(bob.ok(["conflicts"])).unwrap();
    assert!(text.contains("deleted, and edited by others") && text.contains("company"), "{text}");

    assert!(ada.fails(&["conflicts", "resolve", &about(&ada, "field")], 2).contains("--candidate"), "by hand");
    assert!(ada.fails(&["conflicts", "resolve", &about(&ada, "1.quality"), "--value", "superb"], 2).contains("good"));
    ada.fails(&["conflicts", "resolve", &about(&ada, "field"), "--keep"], 2);
    ada.fails(&["conflicts", "show", "0123456789"], 3);
    ada.json(&["conflicts", "resolve", &about(&ada, "field"), "--mine"]);
    ada.json(&["conflicts", "resolve", &about(&ada, "1.quality"), "--theirs"]);
    ada.json(&["conflicts", "resolve", &about(&ada, "preferred/gamma_ray"), "--last-writer"]);
    bob.json(&["conflicts", "resolve", &about(&bob, "run_number"), "--mine"]);
    bob.json(&["conflicts", "resolve", &about(&bob, "*|C0|*"), "--candidate", "1"]);
    bob.json(&["conflicts", "resolve", &about(&bob, "deletion"), "--keep"]);
    meet(&bob, &ada);
    for place in [&ada, &bob] {
        assert_eq!((listed(place), waiting(place)), (Vec::new(), 0));
        assert_eq!(well(place, "Test 1")["field"], "North");
        assert_eq!(well(place, "Test 2")["company"], "Acme", "it is there again, as edited");
        let acquisition = place.json(&["runs", "Test 1"])["runs"][0]["acquisition"].to_string();
        assert!(acquisition.contains(r#"["run_number","2"]"#), "{acquisition}");
        let curves = place.json(&["curves", &run])["curves"].clone();
        assert_eq!(curves[0]["quality"], "bad");
        place.verify();
    }
    for what in [&["dictionary"][..], &["curves"], &["show", "Test 1"]] {
        assert_eq!(ada.json(what), bob.json(what), "{what:?}");
    }
    let log = String::from_utf8(ada.ok(["log", "Test 1"])).unwrap();
    assert_eq!(log.matches("\u{2192} \"North\"").count(), 2, "a decision is a change with an author: {log}");
}

#[test]
fn a_strategy_of_the_workspace_decides_without_anybody() {
    let dir = tempfile::tempdir().unwrap();
    let (ada, bob) = field(dir.path());
    let set = ada.json(&["conflicts", "policy", "well", "last_writer"]);
    assert_eq!((&set["default"], &set["kinds"][0]["strategy"]), (&"manual".into(), &"last_writer".into()), "{set}");
    ada.fails(&["conflicts", "policy", "well", "first_writer"], 2);
    ada.fails(&["conflicts", "policy", "wall", "last_writer"], 2);
    meet(&bob, &ada);
    for (place, name) in [(&ada, "North"), (&bob, "South")] {
        place.json(&["set", "Test 1", "field", name]);
    }
    wait_until("it is decided for both", || {
        meet(&bob, &ada);
        waiting(&ada) + waiting(&bob) == 0
    });
    for place in [&ada, &bob] {
        assert_eq!(well(place, "Test 1")["field"], "South", "bob wrote later");
    }
}

#[test]
fn a_run_filed_under_a_well_that_another_deletes_is_not_lost() {
    let (dir, more) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ada, bob) = field(dir.path());
    // Of this one Ada knows when she deletes the well, so it goes with it unasked.
    let known = write_las(more.path(), 3, 60, 2, 8);
    bob.json(&["import", known.to_str().unwrap()]);
    meet(&bob, &ada);
    for well in ["Test 1", "Test 2", "Test 3"] {
        ada.json(&["delete", well]);
    }
    for number in [1, 2] {
        let log = write_las(more.path(), number, 60, 2, 9);
        bob.json(&["import", log.to_str().unwrap()]);
    }
    meet(&bob, &ada);
    assert_eq!((ids(&ada), ids(&ada).len()), (ids(&bob), 2), "{:?}", listed(&ada));
    for (name, choice) in [("Test 1", "--keep"), ("Test 2", "--delete")] {
        let listed = ada.json(&["conflicts", "list", name])["conflicts"].clone();
        let found = listed.as_array().unwrap().iter().find(|conflict| conflict["about"] == "filed").unwrap();
        assert!(found["candidates"][1]["edits"][0].as_str().unwrap().contains("filed run"), "{found}");
        bob.json(&["conflicts", "resolve", found["id"].as_str().unwrap(), choice]);
    }
    meet(&bob, &ada);
    for place in [&ada, &bob] {
        assert_eq!(listed(place), Vec::<Value>::new());
        let wells = place.json(&["wells"])["wells"].clone();
        assert_eq!((wells.as_array().map(Vec::len), &wells[0]["runs"]), (Some(1), &2.into()), "{wells}");
        place.verify();
    }
}

/// A log of a well that has a name and no identifier.
fn named(dir: &Path, file: &str, well: &str, rows: &str) {
    let text = format!(
        "~Version\n VERS. 2.0 :\n WRAP. NO :\n~Well\n STRT.M 100 :\n STOP.M 101 :\n STEP.M 0.5 :\n NULL. -999.25 :\n \
         WELL. {well} :\n FLD. Harness :\n COMP. Acme :\n~Curve\n DEPT.M :\n GR.GAPI : gamma ray\n~A\n{rows}"
    );
    std::fs::write(dir.join(file), text).unwrap();
}

#[test]
fn wells_and_curves_that_may_be_the_same_are_made_one_or_kept_apart() {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    named(dir.path(), "a.las", "Alpha-1", "100 10\n100.5 20\n101 30\n");
    ada.json(&["import", dir.path().to_str().unwrap()]);
    named(dir.path(), "b.las", "ALPHA 1", "100 11\n100.5 21\n101 31\n");
    ada.json(&["import", dir.path().join("b.las").to_str().unwrap()]);
    let count = |what: &str| ada.json(&[what])[what].as_array().unwrap().len();
    assert_eq!((count("wells"), alike(&ada).len(), waiting(&ada)), (2, 1, 0), "a proposal does not wait");
    for well in ["Alpha-1", "ALPHA 1"] {
        ada.json(&["tops", "create", well, "Picks"]);
    }
    let id = about(&ada, "wells");
    ada.fails(&["conflicts", "resolve", &id, "--mine"], 2);
    ada.json(&["conflicts", "resolve", &id, "--candidate", "2"]);
    assert_eq!((count("wells"), count("runs")), (1, 2), "one well has both runs");
    assert_eq!(ada.json(&["tops", "list"])["sets"].as_array().map(Vec::len), Some(2), "and the tops of both");

    let [curves]: [Value; 1] = alike(&ada).try_into().unwrap();
    assert_eq!((&curves["about"], &curves["field"]), (&"curves".into(), &"gamma_ray".into()), "{curves}");
    ada.json(&["conflicts", "resolve", curves["id"].as_str().unwrap(), "--candidate", "2"]);
    assert_eq!(alike(&ada), Vec::<Value>::new());
    let preferred = ada.json(&["curves"])["curves"].as_array().unwrap().clone();
    let preferred: Vec<_> = preferred.iter().filter(|curve| curve["preferred"] == true).collect();
    let target = curves["candidates"][1]["target"].as_str().unwrap();
    assert_eq!(preferred.len(), 1);
    assert_eq!(format!("{}:{}", preferred[0]["run"].as_str().unwrap(), preferred[0]["ordinal"]), target);

    named(dir.path(), "c.las", "Beta-7", "100 10\n");
    named(dir.path(), "d.las", "BETA 7", "100 12\n");
    for file in ["c.las", "d.las"] {
        ada.json(&["import", dir.path().join(file).to_str().unwrap()]);
    }
    ada.json(&["conflicts", "resolve", &about(&ada, "wells"), "--keep"]);
    assert_eq!(alike(&ada), Vec::<Value>::new(), "somebody said that they are two");
    assert_eq!(count("wells"), 3);
}
