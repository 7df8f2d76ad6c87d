//! Earlier states on several nodes: who wrote what, going back, undoing and reverting, with real processes.

use dataforge_tests::las::write_las;
use dataforge_tests::program::Place;
use serde_json::{Value, json};

use super::people::{field, meet, said};

/// What the log of the well tells: entries and what each wrote, the newest first.
fn told(place: &Place, target: &str) -> Vec<(Value, Value)> {
    let log = place.json(&["log", target, "--limit", "1000"])["entries"].clone();
    let entries = log.as_array().unwrap().iter();
    entries.map(|entry| (entry["id"].clone(), entry["wrote"].clone())).collect()
}

fn well(place: &Place) -> [Value; 3] {
    let well = place.json(&["wells"])["wells"][0].clone();
    ["field", "company", "country"].map(|field| well[field].clone())
}

/// What a place became, as replies have it.
fn change(field: &str, before: Option<&str>, after: Option<&str>) -> Value {
    let place = json!({ "map": "root", "field": field });
    json!({ "place": place, "before": before, "after": after, "inserted": 0, "deleted": 0 })
}

#[test]
fn three_nodes_tell_one_history_and_go_back_and_forth_together() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, _logs) = field(&[(&bob, "editor"), (&cyd, "editor")]);
    let all = [&ada, &bob, &cyd];
    ada.json(&["set", "Test 1", "field", "North"]);
    meet(&bob, &ada);
    bob.json(&["set", "Test 1", "company", "Bobs Oil"]);
    bob.json(&["set", "Test 1", "field", "South"]);
    meet(&bob, &ada);
    meet(&cyd, &ada);
    let history = told(&ada, "Test 1");
    assert_eq!(history[0].1, json!([change("field", Some("North"), Some("South"))]), "{history:?}");
    assert_eq!(history[1].1, json!([change("company", None, Some("Bobs Oil"))]), "{history:?}");
    assert!(all.iter().all(|place| told(place, "Test 1") == history));
    let log = said(&cyd, &["log", "Test 1"]);
    assert!(log.contains("field \"North\" \u{2192} \"South\"") && log.contains("bob (bob-laptop)"), "{log}");
    let blame = cyd.json(&["blame", "Test 1"])["fields"].clone();
    let of = |name: &str| blame.as_array().unwrap().iter().find(|field| field["place"]["field"] == name).unwrap();
    assert_eq!((&of("field")["value"], &of("field")["written"]["by"]), (&json!("South"), &json!("bob (bob-laptop)")));
    assert_eq!(of("field")["written"]["entry"], history[0].0);
    let diff = cyd.json(&["diff", "Test 1", "~2"]);
    let differing = [change("company", None, Some("Bobs Oil")), change("field", Some("North"), Some("South"))];
    assert_eq!(diff["fields"], json!(differing), "{diff}");
    let id = |at: usize| history[at].0.as_str().unwrap().get(..12).unwrap().to_owned();
    assert_eq!(cyd.json(&["diff", "Test 1", &id(2), &id(0)])["fields"], diff["fields"]);
    assert_eq!(cyd.json(&["blame", "Test 1", "--at", "2001-01-01"])["fields"], json!([]));
    // Cyd goes back while Ada goes on; both hold.
    cyd.json(&["restore", "Test 1", "--at", &id(2)]);
    ada.json(&["set", "Test 1", "country", "Norway"]);
    meet(&cyd, &ada);
    meet(&bob, &ada);
    for place in all {
        assert_eq!(well(place), [json!("North"), Value::Null, json!("Norway")]);
    }
    // Bob wrote nothing that still reads: what Cyd made of it stays.
    assert!(bob.fails(&["undo"], 3).contains("nothing of yours"));
    let undone = cyd.json(&["undo", "Test 1"]);
    assert_eq!((&undone["deed"], undone["documents"][0]["fields"].as_array().map(Vec::len)), (&json!("undo"), Some(2)));
    assert_eq!(well(&cyd), [json!("South"), json!("Bobs Oil"), json!("Norway")]);
    cyd.json(&["undo", "--redo"]);
    meet(&cyd, &ada);
    meet(&bob, &ada);
    for place in all {
        assert_eq!(well(place), [json!("North"), Value::Null, json!("Norway")]);
        assert_eq!(told(place, "Test 1"), told(&ada, "Test 1"));
        place.verify();
    }
    assert!(said(&ada, &["undo"]).contains("no country"), "Ada's own goes, although Cyd wrote since");
    ada.fails(&["diff", "Test 1", "~99"], 2);
    ada.fails(&["diff", "Test 1", "some day"], 2);
    ada.fails(&["restore", "Test 1", "--at", "ffffffffffff"], 3);
}

#[test]
fn all_that_a_device_wrote_is_taken_back_but_for_what_others_made_of_it() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, _logs) = field(&[(&bob, "editor"), (&cyd, "editor")]);
    let other = tempfile::tempdir().unwrap();
    write_las(other.path(), 2, 40, 2, 5);
    bob.json(&["import", other.path().to_str().unwrap()]);
    bob.json(&["set", "Test 1", "field", "Wrong"]);
    bob.json(&["set", "Test 1", "company", "Wrong"]);
    meet(&bob, &ada);
    meet(&cyd, &ada);
    cyd.json(&["set", "Test 1", "field", "Right"]);
    meet(&cyd, &ada);
    let wells = |place: &Place| place.json(&["wells"])["wells"].as_array().unwrap().len();
    assert_eq!(wells(&ada), 2);
    let order = ["revert", "--device", "bob-laptop", "--after", "2001-01-01"];
    let would = cyd.json(&[&order[..], &["--dry-run"]].concat());
    let told = |reply: &Value, name: &str| {
        let documents = reply["documents"].as_array().unwrap().iter();
        documents.filter(|document| document["document"].as_str().unwrap().contains(name)).cloned().collect::<Vec<_>>()
    };
    let first = told(&would, "Test 1").pop().unwrap();
    assert_eq!(first["fields"], json!([change("company", Some("Wrong"), None)]), "{would}");
    assert_eq!((&first["left"][0]["place"]["field"], &first["left"][0]["value"]), (&json!("field"), &json!("Right")));
    assert_eq!(first["left"][0]["written"][0]["by"], "cyd (cyd-laptop)", "{would}");
    assert_eq!(told(&would, "well Test 2")[0]["deleted"], true, "{would}");
    assert_eq!(wells(&cyd), 2, "nothing was done");
    assert!(cyd.fails(&order, 5).contains("admin"));
    let only = ada.json(&[&order[..], &["--in", "Test 1"]].concat());
    assert_eq!(only["documents"].as_array().map(Vec::len), Some(1), "{only}");
    assert_eq!((wells(&ada), well(&ada)[1].clone()), (2, Value::Null));
    ada.json(&order);
    meet(&cyd, &ada);
    meet(&bob, &ada);
    for place in [&ada, &bob, &cyd] {
        assert_eq!(wells(place), 1);
        let [field, company, _] = well(place);
        assert_eq!((field, company), (json!("Right"), Value::Null));
        assert_eq!(place.json(&["runs"])["runs"].as_array().map(Vec::len), Some(1));
        place.verify();
    }
    let again = ada.json(&order);
    let fields = again["documents"].as_array().unwrap().iter().flat_map(|part| part["fields"].as_array().unwrap());
    assert_eq!(fields.count(), 0, "{again}");
    ada.fails(&["revert", "--device", "nobodys", "--after", "2001-01-01"], 3);
    ada.fails(&["revert", "--device", "bob-laptop", "--after", "some day"], 3);
}
