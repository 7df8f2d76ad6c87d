//! Several people at one chart at the same time: what each does is there afterwards, once.

use dataforge_tests::program::{Place, join, wait_until};
use serde_json::Value;

use super::{field, labels, list, show, triple};

/// How often each of them does something.
const TURNS: usize = 8;

fn ids(shown: &Value) -> Vec<String> {
    let mut ids: Vec<_> = list(shown, "series").iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// What a chart consists of, without when it was last changed.
fn chart(place: &Place) -> Value {
    show(place, "Triple")["chart"].clone()
}

/// Types into the description and moves series, as one of several people.
fn work(place: &Place, who: &str, series: &[&str]) {
    for turn in 0..TURNS {
        let word = format!("<{who} {turn}>");
        if turn % 2 == 0 {
            place.json(&["charts", "describe", "Triple", &word, "--append"]);
        } else {
            place.json(&["charts", "describe", "Triple", &word, "--at", "0"]);
        }
        let (one, other) = (series[turn % series.len()], series[(turn * 3 + 1) % series.len()]);
        match turn % 3 {
            0 => place.json(&["charts", "move", "Triple", one, "--first"]),
            1 => place.json(&["charts", "move", "Triple", one, "--before", other]),
            _ => place.json(&["charts", "move", "Triple", one, "--after", other]),
        };
    }
}

fn assert_all_words(chart: &Value, people: &[&str]) {
    let text = chart["description"].as_str().unwrap();
    for who in people {
        for turn in 0..TURNS {
            let word = format!("<{who} {turn}>");
            assert_eq!(text.matches(&word).count(), 1, "{word} in {text}");
        }
    }
}

#[test]
fn two_nodes_and_two_clients_of_one_edit_a_chart_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    triple(&ada, "Triple");
    let bob = Place::new("bob");
    let _ada_up = join(&ada, &bob, "editor");
    bob.json(&["sync"]);
    let before = ids(&show(&ada, "Triple"));
    let _bob_up = bob.up();
    wait_until("they are connected", || bob.json(&["peers"])["peers"][0]["connected"] == true);
    let series = ["GR", "RHOB", "NPHI", "RDEEP", "CALI", "PEF"];
    std::thread::scope(|scope| {
        scope.spawn(|| work(&ada, "Ada", &series));
        scope.spawn(|| work(&ada, "Cid", &["NPHI", "GR", "BS", "RHOB"]));
        scope.spawn(|| work(&bob, "Bob", &["RHOB", "RDEEP", "GR", "SP", "NPHI"]));
    });
    wait_until("both have all of it", || {
        let (one, other) = (chart(&ada), chart(&bob));
        one == other && ["Ada 7>", "Cid 7>", "Bob 7>"].iter().all(|word| one.to_string().contains(word))
    });
    let shown = show(&bob, "Triple");
    assert_eq!(ids(&shown), before, "no series is lost and none is doubled");
    assert_all_words(&shown["chart"], &["Ada", "Cid", "Bob"]);
    assert_eq!(shown["problems"], Value::Array(Vec::new()));
    // Whatever keys they gave: a place can be said.
    ada.json(&["charts", "move", "Triple", "GR", "--before", "NPHI"]);
    let shown = show(&ada, "Triple");
    let at = |label: &str| labels(&shown).iter().position(|one| *one == label).unwrap();
    assert_eq!(at("GR") + 1, at("NPHI"));
}

#[test]
fn what_two_partitioned_people_do_to_a_chart_is_all_there() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    triple(&ada, "Triple");
    let bob = Place::new("bob");
    let up = join(&ada, &bob, "editor");
    bob.json(&["sync"]);
    drop(up);
    let count = ids(&show(&ada, "Triple")).len();
    ada.json(&["charts", "remove", "Triple", "PEF"]);
    bob.json(&["charts", "set", "Triple", "--item", "PEF", "colour=#123456", "line=dot"]);
    bob.json(&["charts", "move", "Triple", "PEF", "--first"]);
    ada.json(&["charts", "set", "Triple", "--item", "GR", "colour=#00ff00"]);
    bob.json(&["charts", "set", "Triple", "--item", "GR", "line=dash", "wrap=2"]);
    ada.json(&["charts", "add-series", "Triple", "source=dt_compressional", "track=Porosity", "label=Ada's"]);
    bob.json(&["charts", "add-series", "Triple", "source=dt_shear", "track=Porosity", "label=Bob's"]);
    ada.json(&["charts", "tag", "Triple", "north"]);
    bob.json(&["charts", "tag", "Triple", "south"]);
    bob.json(&["charts", "annotate", "Triple", "depth=100.5", "depth_unit=m", "datum=KB", "text=Top sand"]);
    work(&ada, "Ada", &["GR", "RHOB", "NPHI"]);
    work(&bob, "Bob", &["GR", "RHOB", "NPHI"]);
    let up = ada.up();
    let at = |value: &Value| value.as_str().unwrap().to_owned();
    let address = format!("{}@{}", at(&up.reply["device_id"]), at(&up.reply["addresses"][0]));
    bob.json(&["sync", "--peer", &address]);
    assert_eq!(chart(&ada), chart(&bob));
    let shown = show(&ada, "Triple");
    assert_eq!(ids(&shown).len(), count + 1, "one was removed, two were added");
    let labels = labels(&shown);
    assert!(!labels.contains(&"PEF") && labels.contains(&"Ada's") && labels.contains(&"Bob's"), "{labels:?}");
    let gamma = list(&shown, "series").iter().find(|one| one["label"] == "GR").unwrap();
    assert_eq!((&gamma["colour"], &gamma["line"], &gamma["wrap"]), (&"#00ff00".into(), &"dash".into(), &2.into()));
    assert_eq!(shown["info"]["tags"], serde_json::json!(["north", "south"]));
    assert_eq!(list(&shown, "annotations")[0]["depth"], 100.5);
    assert_all_words(&shown["chart"], &["Ada", "Bob"]);
    assert!(chart(&ada).to_string().contains("<Bob 7>"));
}

#[test]
fn who_changes_an_old_text_takes_back_nothing_of_others() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    triple(&ada, "Triple");
    ada.json(&["charts", "describe", "Triple", "Logs of the pad"]);
    let was = "Logs of the pad";
    let _up = ada.up();
    std::thread::scope(|scope| {
        scope.spawn(|| ada.json(&["charts", "describe", "Triple", "Raw logs of the pad", "--was", was]));
        scope.spawn(|| ada.json(&["charts", "describe", "Triple", "Logs of the pad, 2024", "--was", was]));
    });
    assert_eq!(chart(&ada)["description"], "Raw logs of the pad, 2024");
    ada.json(&["charts", "describe", "Triple", "All of it new"]);
    assert_eq!(chart(&ada)["description"], "All of it new", "without --was it is as written");
}
