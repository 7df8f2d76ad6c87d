//! Groups of people: names that grant nothing, and a role for all of one.

use dataforge_tests::program::{Place, invite};
use serde_json::{Value, json};

use super::field;

fn roles(place: &Place) -> Vec<(String, String)> {
    let members = place.json(&["members"])["members"].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut roles: Vec<_> =
        members.as_array().unwrap().iter().map(|member| (text(&member["name"]), text(&member["role"]))).collect();
    roles.sort();
    roles
}

fn pair(name: &str, role: &str) -> (String, String) {
    (name.to_owned(), role.to_owned())
}

fn people(group: &Value) -> Value {
    let people = group["people"].as_array().unwrap().iter();
    people.map(|person| json!([person["name"], person["role"]])).collect()
}

#[test]
fn a_role_for_a_group_is_one_for_each_of_its_people_or_for_nobody() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let ada = field(&[1]);
    let up = ada.up();
    invite(&ada, &bob, "viewer");
    invite(&ada, &cyd, "viewer");
    let made = ada.json(&["groups", "create", "crew", "bob", "cyd"]);
    assert_eq!(people(&made["groups"][0]), json!([["bob", "viewer"], ["cyd", "viewer"]]));
    assert!(ada.fails(&["groups", "create", "Crew"], 2).contains("already"));
    assert!(ada.fails(&["groups", "add", "crew", "nobody"], 3).contains("nobody"));
    assert_eq!(roles(&ada)[1], pair("bob", "viewer"), "a group grants nothing");
    ada.json(&["role", "@crew", "editor"]);
    let all = |role: &str| [pair("Ada", "owner"), pair("bob", role), pair("cyd", role)];
    assert_eq!(roles(&ada), all("editor"));
    // With herself in it nobody gets anything.
    ada.json(&["groups", "add", "@crew", "Ada"]);
    let entries = ada.json(&["workspaces"])["workspaces"][0]["entries"].clone();
    assert!(ada.fails(&["role", "@crew", "admin"], 2).contains("--yes"), "the owner's role would get lower");
    assert!(ada.fails(&["role", "@crew", "admin", "--yes"], 5).contains("yourself"));
    assert_eq!(ada.json(&["workspaces"])["workspaces"][0]["entries"], entries);
    assert_eq!(roles(&ada), all("editor"));
    ada.json(&["groups", "remove", "crew", "Ada"]);
    // The group is everybody's, and who is no member any more is shown as such.
    bob.json(&["sync"]);
    assert_eq!(bob.json(&["groups"])["groups"][0]["name"], "crew");
    ada.json(&["remove", "cyd", "--yes"]);
    let groups = ada.json(&["groups"])["groups"].clone();
    assert_eq!(people(&groups[0]), json!([["bob", "editor"], ["cyd", "none"]]));
    let wrote = ada.json(&["role", "@crew", "admin"])["message"].clone();
    assert!(wrote.as_str().unwrap().contains("cyd, who is no member"), "{wrote}");
    assert_eq!(roles(&ada), [pair("Ada", "owner"), pair("bob", "admin")]);
    ada.json(&["groups", "rename", "crew", "night crew"]);
    assert!(ada.fails(&["role", "@crew", "viewer", "--yes"], 3).contains("night crew"));
    ada.json(&["groups", "delete", "night crew"]);
    assert_eq!(ada.json(&["groups"])["groups"], json!([]));
    assert_eq!(roles(&ada).len(), 2, "its people stay what they are");
    drop(up);
    ada.verify();
}
