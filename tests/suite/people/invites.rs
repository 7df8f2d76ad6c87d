//! Invites with approval, and open ones.

use dataforge_tests::program::Place;

#[test]
fn an_invite_with_approval_lets_in_who_is_approved() {
    let (ada, bob, eve) = (Place::new("ada"), Place::new("bob"), Place::new("eve"));
    ada.json(&["init", "Field", "--name", "Ada"]);
    let _up = ada.up();
    let invite = ada.json(&["invite", "--approval", "--role", "viewer", "--uses", "2"]);
    let ticket = invite["ticket"].as_str().unwrap();
    assert_eq!(invite["form"], "approval");
    let asked = bob.json(&["join", "--yes", ticket]);
    assert_eq!(asked["reply"], "join_pending", "{asked}");
    assert_eq!(asked["recovery_words"].as_str().unwrap().split(' ').count(), 24);
    assert_eq!(eve.json(&["join", "--yes", ticket])["reply"], "join_pending");
    assert_eq!(bob.json(&["join", "--yes", ticket])["reply"], "join_pending", "asking twice is asking once");
    let open = ada.json(&["invites"]);
    assert_eq!((open["invites"][0]["form"].as_str(), open["invites"][0]["used"].as_u64()), (Some("approval"), Some(0)));
    assert_eq!(open["pending"].as_array().unwrap().len(), 2, "{open}");
    assert_eq!(
        (open["pending"][0]["name"].as_str(), &open["pending"][0]["fingerprint"]),
        (Some("bob"), &asked["fingerprint"])
    );
    ada.fails(&["approve", "nobody"], 3);
    ada.json(&["approve", asked["fingerprint"].as_str().unwrap()]);
    assert_eq!(bob.json(&["join", "--yes", ticket])["workspace"]["role"], "viewer");
    assert_eq!(eve.json(&["join", "--yes", ticket])["reply"], "join_pending");
    let open = ada.json(&["invites"]);
    assert_eq!(
        (open["pending"].as_array().unwrap().len(), open["invites"][0]["used"].as_u64()),
        (1, Some(1)),
        "{open}"
    );
    ada.json(&["uninvite", open["invites"][0]["invite"].as_str().unwrap()]);
    let open = ada.json(&["invites"]);
    assert_eq!(
        (open["pending"].as_array().unwrap().len(), open["invites"].as_array().unwrap().len()),
        (0, 0),
        "{open}"
    );
    eve.fails(&["join", "--yes", ticket], 5);
    assert_eq!(ada.json(&["members"])["members"].as_array().unwrap().len(), 2);
}

#[test]
fn an_open_invite_is_signed_by_its_ticket_and_an_ended_one_lets_nobody_in() {
    let (ada, bob, cyd, eve) = (Place::new("ada"), Place::new("bob"), Place::new("cyd"), Place::new("eve"));
    ada.json(&["init", "Field", "--name", "Ada"]);
    assert!(ada.fails(&["invite", "--open", "--role", "admin"], 2).contains("no admins"));
    let _up = ada.up();
    let invite = ada.json(&["invite", "--open"]);
    let ticket = invite["ticket"].as_str().unwrap();
    assert_eq!(bob.json(&["join", "--yes", ticket])["workspace"]["role"], "editor");
    assert!(cyd.fails(&["join", "--yes", ticket], 5).contains("already used"));
    let log = ada.json(&["log"])["entries"].clone();
    assert!(log.as_array().unwrap().iter().any(|entry| entry["summary"] == "let bob in by an open invite"), "{log}");
    let invite = ada.json(&["invite"]);
    let short = &invite["invite"].as_str().unwrap()[..10];
    ada.json(&["uninvite", short]);
    ada.fails(&["uninvite", short], 3);
    eve.fails(&["join", "--yes", invite["ticket"].as_str().unwrap()], 5);
    assert_eq!(ada.json(&["members"])["members"].as_array().unwrap().len(), 2);
    bob.json(&["sync"]);
    assert_eq!(bob.json(&["members"])["members"].as_array().unwrap().len(), 2);
}
