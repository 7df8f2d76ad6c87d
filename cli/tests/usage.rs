//! The program from outside: help, usage mistakes, a directory that is not there.

use std::process::{Command, Output};

fn dataforge(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dataforge")).args(args).env_remove("DATAFORGE_DIR").output().expect("it starts")
}

#[test]
fn help_is_no_mistake_and_names_exit_codes() {
    let help = dataforge(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(text.contains("Exit codes") && text.contains("import"), "{text}");
    assert_eq!(dataforge(&["completions", "bash"]).status.code(), Some(0));
}

#[test]
fn usage_mistakes_end_with_two() {
    assert_eq!(dataforge(&["no-such-command"]).status.code(), Some(2));
    let json = dataforge(&["--json", "query"]);
    assert_eq!(json.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&json.stderr).contains("\"kind\":\"usage\""));
}

#[test]
fn mistyped_directory_is_not_made() {
    let dir = std::env::temp_dir().join(format!("dataforge-not-there-{}", std::process::id()));
    let wells = dataforge(&["--dir", dir.to_str().expect("a plain path"), "wells"]);
    assert_eq!(wells.status.code(), Some(3), "{}", String::from_utf8_lossy(&wells.stderr));
    assert!(!dir.exists());
}
