//! Every command has a name, a way by the keyboard and a test; states differ by more than colour.

use std::collections::BTreeMap;
use std::path::Path;

use dataforge_gui::commands::all;

/// What the flows say they show; a new flows file adds its own here.
const TABLES: &[&[(&str, &str)]] = &[
    crate::first_run::COVERED,
    crate::frame::COVERED,
    crate::importing::COVERED,
    crate::log::COVERED,
    crate::team::COVERED,
    crate::tables::COVERED,
    ELSEWHERE,
];

/// What tests with a made-up node show: `window.rs`.
const ELSEWHERE: &[(&str, &str)] =
    &[("window.refresh", "an_error_is_shown_in_place_with_its_hint"), ("window.search", "search_filters_the_wells")];

/// Returns the text of all tests of the desktop.
fn sources() -> String {
    fn read(folder: &Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).expect("the tests are here").flatten() {
            let path = entry.path();
            if path.is_dir() {
                read(&path, text);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                text.push_str(&std::fs::read_to_string(&path).expect("a test is text"));
            }
        }
    }
    let mut text = String::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), &mut text);
    text
}

#[test]
fn every_command_is_named_and_shown_by_a_test_that_exists() {
    let covered: BTreeMap<&str, &str> = TABLES.iter().copied().flatten().copied().collect();
    let sources = sources();
    for command in all() {
        assert!(!command.name.trim().is_empty(), "{} has no name", command.id);
        let test = covered.get(command.id).unwrap_or_else(|| panic!("no test shows {}", command.id));
        let head = format!("#[test]\nfn {test}() {{");
        assert!(sources.contains(&head), "{test}, which is to show {}, does not exist", command.id);
    }
    for id in covered.keys() {
        assert!(all().any(|command| command.id == *id), "{id} is no command");
    }
}

#[test]
fn no_two_commands_have_the_same_keys() {
    let mut keys = BTreeMap::new();
    for command in dataforge_gui::commands::WINDOW {
        if let Some(shortcut) = &command.keys {
            let other = keys.insert(format!("{shortcut:?}"), command.id);
            assert_eq!(other, None, "{} has the keys of another command", command.id);
        }
    }
    assert!(keys.len() > 15);
}
