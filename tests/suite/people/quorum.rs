//! Several founding owners, and recovery by enough of them.

use dataforge_protocol::handed::{IdentityFile, RecoveryDraft};
use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, invite};
use serde_json::Value;

use super::{field_of, meet, role_of, said, words_file};

/// A workspace of three owners, two of whom may recover it, with an editor.
struct Founded {
    ada: Place,
    bob: Place,
    cyd: Place,
    dan: Place,
    /// The words of the owners, and those of somebody who is none.
    words: [String; 3],
    stranger: String,
    dir: tempfile::TempDir,
}

fn path(dir: &tempfile::TempDir, name: &str) -> String {
    dir.path().join(name).to_str().unwrap().to_owned()
}

/// Writes a person's identity file; returns it and the file of their words.
fn export(of: &Place, dir: &tempfile::TempDir, name: &str) -> (String, String) {
    let file = path(dir, &format!("{name}.identity"));
    let made = of.json(&["identity", "export", &file, "--name", name]);
    assert_eq!(made["recovery_words"].as_str().unwrap().split(' ').count(), 24);
    (file, words_file(dir, &made))
}

fn founded(more: &[&str]) -> Founded {
    let (ada, bob, cyd, dan) = (Place::new("ada"), Place::new("bob"), Place::new("cyd"), Place::new("dan"));
    let dir = tempfile::tempdir().unwrap();
    let ((bobs, bob_words), (cyds, cyd_words)) = (export(&bob, &dir, "Bob"), export(&cyd, &dir, "Cyd"));
    let args = ["init", "Field", "--name", "Ada", "--owner", &bobs, "--owner", &cyds];
    let made = ada.json(&[&args[..], more].concat());
    let recoverers = &made["recoverers"];
    let names: Vec<_> = recoverers["owners"].as_array().unwrap().iter().map(|owner| owner["name"].clone()).collect();
    assert_eq!(names, ["Ada", "Bob", "Cyd"], "{made}");
    let ada_words = words_file(&dir, &made);
    let logs = tempfile::tempdir().unwrap();
    write_las(logs.path(), 1, 40, 2, 3);
    ada.json(&["import", logs.path().to_str().unwrap()]);
    let up = ada.up();
    // One ticket serves both: they are owners already, and no use of it is counted.
    let ticket = ada.json(&["invite"])["ticket"].as_str().unwrap().to_owned();
    for owner in [&bob, &cyd] {
        let joined = owner.json(&["join", "--yes", &ticket]);
        assert_eq!((joined["workspace"]["role"].as_str(), &joined["recovery_words"]), (Some("owner"), &Value::Null));
    }
    let invites = ada.json(&["invites"]);
    assert_eq!(invites["invites"][0]["used"].as_u64(), Some(0), "{invites}");
    let joined = dan.json(&["join", "--yes", &ticket]);
    assert_eq!(joined["workspace"]["role"], "editor");
    let stranger = words_file(&dir, &joined);
    for place in [&bob, &cyd, &dan] {
        place.json(&["sync"]);
    }
    drop(up);
    Founded { ada, bob, cyd, dan, words: [ada_words, bob_words, cyd_words], stranger, dir }
}

fn signed_by(reply: &Value) -> Vec<&str> {
    reply["signed"].as_array().unwrap().iter().map(|owner| owner["name"].as_str().unwrap()).collect()
}

#[test]
fn two_of_three_owners_remove_a_third_and_no_word_of_hers_undoes_it() {
    let Founded { ada, bob, cyd, dan, words: [adas, bobs, cyds], stranger, dir } =
        founded(&["--quorum", "2", "--only-quorum"]);
    let who = said(&bob, &["recover", "who"]);
    assert!(who.contains("2 of Ada, Bob, Cyd together") && !who.contains("recovery words"), "{who}");
    let told = ada.fails(&["recover", "--yes", "--words-file", &adas], 5);
    assert!(told.contains("nobody's words alone"), "{told}");
    let (draft, copy) = (path(&dir, "draft"), path(&dir, "copy"));
    let drafted = bob.json(&["recover", "draft", &draft, "--remove", "Ada"]);
    assert_eq!(
        (drafted["owners"][0]["name"].as_str(), drafted["removed"][0]["name"].as_str()),
        (Some("Bob"), Some("Ada"))
    );
    assert_eq!((drafted["quorum"].as_u64(), signed_by(&drafted).len()), (Some(2), 0), "{drafted}");
    bob.fails(&["recover", "draft", &draft], 2);
    std::fs::copy(&draft, &copy).unwrap();
    // What she does beside it is void, though it is here before the recovery is written.
    ada.json(&["role", "dan", "admin"]);
    ada.json(&["set", "Test 1", "field", "Adas Field"]);
    meet(&bob, &ada);
    assert_eq!(role_of(&bob, "dan"), "admin");
    let sign =
        |of: &Place, file: &str, words: &str| of.json(&["recover", "sign", file, "--yes", "--words-file", words]);
    assert!(bob.fails(&["recover", "publish", &draft, "--yes"], 5).contains("nobody did"));
    let told = bob.fails(&["recover", "sign", &draft, "--yes", "--words-file", &stranger], 5);
    assert!(told.contains("not the words of an owner") && told.contains("Ada, Bob, Cyd"), "{told}");
    assert_eq!(signed_by(&sign(&bob, &draft, &bobs)), ["Bob"]);
    assert_eq!(signed_by(&sign(&bob, &draft, &bobs)), ["Bob"], "once is once");
    let told = bob.fails(&["recover", "publish", &draft, "--yes"], 5);
    assert!(told.contains("2 owners have to sign it, and Bob did") && told.contains("Ada, Cyd"), "{told}");
    assert_eq!(role_of(&bob, "Ada"), "owner", "nothing was written");
    // Cyd signs another copy, on her machine.
    assert_eq!(signed_by(&sign(&cyd, &copy, &cyds)), ["Cyd"]);
    assert!(cyd.fails(&["recover", "publish", &copy, &draft, "--yes"], 5).contains("Bob (bob-laptop)"));
    let shown = said(&cyd, &["recover", "show", &copy, &draft]);
    assert!(shown.contains("2 of 2") && shown.contains("removed     Ada ["), "{shown}");
    assert!(bob.fails(&["recover", "publish", &draft, &copy], 2).contains("--yes"));
    let done = bob.json(&["recover", "publish", &draft, &copy, "--yes"]);
    assert!(done["message"].as_str().unwrap().contains("removed: Ada; signed by Bob, Cyd"), "{done}");
    assert_eq!((role_of(&bob, "Ada"), role_of(&bob, "dan")), ("none".into(), "editor".into()));
    assert!(bob.fails(&["recover", "publish", &draft, &copy, "--yes"], 5).contains("recovered since"));
    meet(&cyd, &bob);
    meet(&dan, &bob);
    for place in [&bob, &cyd, &dan] {
        assert_eq!(
            (role_of(place, "Ada"), role_of(place, "Bob"), role_of(place, "dan")),
            ("none".into(), "owner".into(), "editor".into())
        );
        place.verify();
    }
    bob.json(&["set", "Test 1", "field", "Bobs Field"]);
    assert_eq!(field_of(&bob), "Bobs Field");
    let told = ada.fails(&["recover", "--yes", "--words-file", &adas], 5);
    assert!(told.contains("nobody's words alone"), "{told}");
}

#[test]
fn a_draft_that_was_changed_or_is_of_elsewhere_is_told_and_signed_by_nobody() {
    let Founded { ada, bob, cyd, words: [_, bobs, cyds], dir, .. } = founded(&["--quorum", "2"]);
    assert!(said(&ada, &["recover", "who"]).contains("the recovery words of Ada, or 2 of"));
    let (draft, other) = (path(&dir, "draft"), path(&dir, "other"));
    bob.json(&["recover", "draft", &draft]);
    bob.json(&["recover", "sign", &draft, "--yes", "--words-file", &bobs]);
    let text = std::fs::read_to_string(&draft).unwrap();
    assert!(text.is_ascii() && text.starts_with("dataforge recovery 1\n"));
    // Who removes Cyd too has to ask anew.
    let mut changed = RecoveryDraft::from_text(&text).unwrap();
    let identity = IdentityFile::from_text(&std::fs::read_to_string(path(&dir, "Cyd.identity")).unwrap()).unwrap();
    changed.recover.removed.push(identity.person.id);
    std::fs::write(&other, changed.to_text()).unwrap();
    let sign = ["recover", "sign", &other, "--yes", "--words-file", &cyds];
    let told = cyd.fails(&sign, 5);
    assert!(told.contains("not what Bob signed"), "{told}");
    assert_eq!(std::fs::read_to_string(&other).unwrap(), changed.to_text(), "it is as it was");
    assert!(bob.fails(&["recover", "show", &draft, &other], 2).contains("different recoveries"));
    for (odd, code, words) in [
        (text[..text.len() / 2].to_owned(), 4, "damaged or cut off"),
        (text.replacen("recovery 1", "recovery 2", 1), 4, "newer version"),
        ("Dear Cyd,\nplease sign".to_owned(), 4, "no recovery file"),
        (std::fs::read_to_string(path(&dir, "Bob.identity")).unwrap(), 4, "one of kind identity"),
        (String::new(), 4, "no recovery file"),
    ] {
        std::fs::write(&other, odd).unwrap();
        let told = cyd.fails(&sign, code);
        assert!(told.contains(words), "{told}");
    }
    std::fs::write(&other, [0xff, 0xfe, 0]).unwrap();
    assert!(cyd.fails(&sign, 4).contains("no text"));
    cyd.fails(&["recover", "show", &path(&dir, "nowhere")], 8);
    // Another workspace, and one without a quorum.
    cyd.json(&["init", "Alone"]);
    let told = cyd.fails(&["--workspace", "Alone", "recover", "show", &draft], 2);
    assert!(told.contains("another workspace, \"Field\""), "{told}");
    let told = cyd.fails(&["--workspace", "Alone", "recover", "draft", &other, "--force"], 5);
    assert!(told.contains("made without a quorum") && told.contains("words of Cyd"), "{told}");
    // A draft that rests on what has not come yet.
    bob.json(&["role", "dan", "viewer", "--yes"]);
    bob.json(&["recover", "draft", &other, "--force"]);
    let show = ["--workspace", "Field", "recover", "show", &other];
    assert!(cyd.fails(&show, 3).contains("not here yet"));
    let up = bob.up();
    cyd.json(&["--workspace", "Field", "sync", "--peer", &super::address(&up)]);
    drop(up);
    cyd.json(&show);
}

#[test]
fn who_founds_a_workspace_is_checked_before_it_is_made() {
    let (ada, bob, dir) = (Place::new("ada"), Place::new("bob"), tempfile::tempdir().unwrap());
    let ((adas, _), (bobs, _)) = (export(&ada, &dir, "Ada"), export(&bob, &dir, "Bob"));
    let shown = said(&ada, &["identity", "show", &bobs]);
    let theirs = bob.json(&["identity", "show", &bobs])["person"]["fingerprint"].clone();
    assert!(shown.contains("Bob") && shown.contains(theirs.as_str().unwrap()), "{shown}");
    assert!(bob.fails(&["identity", "export", &bobs], 2).contains("exists already"));
    let again = bob.json(&["identity", "export", &bobs, "--force"]);
    assert_eq!((&again["recovery_words"], &again["person"]["fingerprint"]), (&Value::Null, &theirs));
    let init = |more: &[&str], code: i32, words: &str| {
        let told = ada.fails(&[&["init", "Field"][..], more].concat(), code);
        assert!(told.contains(words), "{told}");
    };
    init(&["--quorum", "1"], 2, "--owner");
    init(&["--owner", &bobs, "--only-quorum"], 2, "--quorum");
    init(&["--owner", &bobs, "--quorum", "3"], 2, "cannot be reached by 2 owners");
    init(&["--owner", &bobs, "--owner", &bobs], 2, "Bob is named twice");
    init(&["--owner", &adas], 2, "your own");
    init(&["--owner", &path(&dir, "nowhere")], 8, "nowhere");
    std::fs::write(path(&dir, "odd"), "hello").unwrap();
    init(&["--owner", &path(&dir, "odd")], 4, "identity export");
    assert_eq!(ada.json(&["workspaces"])["workspaces"], Value::Array(Vec::new()), "nothing was made");
    // Owners need no quorum.
    let made = ada.json(&["init", "Field", "--owner", &bobs]);
    assert_eq!((made["recoverers"]["quorum"].as_u64(), &made["recoverers"]["by_words_of"]), (Some(0), &"Ada".into()));
    let up = ada.up();
    invite(&ada, &bob, "viewer");
    assert_eq!(role_of(&bob, "Bob"), "owner", "the invite takes nothing from an owner");
    drop(up);
}
