//! Being kept up by the system: what is set up, what is run, and what systemd is told.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use dataforge_tests::program::{Place, Up, program, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Runs `service` with a home and programs of its own.
fn service(place: &Place, home: &Path, path: &Path, args: &[&str]) -> Output {
    let mut command = place.command([&["--json", "service"], args].concat());
    command.env("HOME", home).env_remove("XDG_CONFIG_HOME").env("PATH", path);
    command.output().unwrap()
}

fn reply(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Makes programs of this name that write down what they are asked, and end with a code.
fn fake(dir: &Path, names: &[&str], code: i32) {
    for name in names {
        let script = format!("#!/bin/sh\necho \"{name} $*\" >> '{}/asked'\nexit {code}\n", dir.display());
        std::fs::write(dir.join(name), script).unwrap();
        std::fs::set_permissions(dir.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn what_would_be_set_up_is_printed_for_each_system() {
    let ada = Place::new("ada");
    let (home, none) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let print = |args: &[&str]| {
        let told = reply(&service(&ada, home.path(), none.path(), &[&["install", "--print"], args].concat()));
        told["text"].as_str().unwrap().to_owned()
    };
    let (program, dir) = (program().display().to_string(), ada.path().display().to_string());
    let unit = print(&[]);
    let start = unit.lines().find(|line| line.starts_with("ExecStart=")).unwrap();
    assert!(start.contains(&program) && start.contains(&format!("--dir {dir} up")), "{unit}");
    assert!(unit.contains("Type=notify\n") && unit.contains(&format!("ReadWritePaths=\"{dir}\"\n")), "{unit}");
    assert!(print(&["--system"]).contains("WantedBy=multi-user.target"));
    assert!(print(&["--for", "launchd"]).contains(&format!("<string>{dir}</string>")));
    assert!(print(&["--for", "task"]).contains(&format!("--dir {dir} up</Arguments>")));
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "nothing is written");
    if let Ok(checked) = verify_unit(home.path(), &unit) {
        assert!(checked.is_empty(), "systemd takes it: {checked}");
    }
}

/// What systemd finds wrong with a unit, where it is there to be asked.
fn verify_unit(dir: &Path, text: &str) -> std::io::Result<String> {
    let unit = dir.join("dataforge-test.service");
    std::fs::write(&unit, text)?;
    let output = Command::new("systemd-analyze").args(["verify", "--user", "--man=no"]).arg(&unit).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(said.lines().filter(|line| line.contains("dataforge-test.service")).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_service_is_set_up_asked_after_and_taken_away() {
    let ada = Place::new("ada");
    let (home, tools) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fake(tools.path(), &["systemctl", "loginctl"], 0);
    let missing = service(&ada, home.path(), tools.path(), &["install"]);
    assert_eq!(missing.status.code(), Some(3), "there is nothing to keep up");
    ada.json(&["init", "Field"]);
    let status = || reply(&service(&ada, home.path(), tools.path(), &["status"]));
    assert_eq!((&status()["installed"], &status()["running"]), (&false.into(), &false.into()));
    let told = reply(&service(&ada, home.path(), tools.path(), &["install", "--writable", "/backup"]));
    let file = home.path().join(".config/systemd/user").join(format!("{}.service", told["name"].as_str().unwrap()));
    assert_eq!(told["file"], file.to_str().unwrap());
    assert!(std::fs::read_to_string(&file).unwrap().contains(" \"/backup\"\n"));
    let asked = std::fs::read_to_string(tools.path().join("asked")).unwrap();
    let unit = format!("{}.service", told["name"].as_str().unwrap());
    let expected = format!(
        "systemctl --user daemon-reload\nsystemctl --user enable {unit}\nsystemctl --user restart {unit}\n\
         loginctl enable-linger\n"
    );
    assert!(asked.starts_with(&expected), "{asked}");
    assert_eq!((&status()["installed"], &status()["running"]), (&true.into(), &true.into()));
    reply(&service(&ada, home.path(), tools.path(), &["remove"]));
    assert!(!file.exists() && ada.path().join("node.db").exists());
    assert_eq!(service(&ada, home.path(), tools.path(), &["remove"]).status.code(), Some(3));
}

#[test]
fn a_system_without_a_manager_or_with_one_that_refuses_is_told_in_words() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field"]);
    let (home, tools) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let absent = service(&ada, home.path(), tools.path(), &["install"]);
    let said = String::from_utf8_lossy(&absent.stderr).into_owned();
    assert_eq!(absent.status.code(), Some(3), "{said}");
    assert!(said.contains("systemd is not to be had here") && said.contains("dataforge up"), "{said}");
    fake(tools.path(), &["systemctl"], 1);
    let refused = service(&ada, home.path(), tools.path(), &["install"]);
    assert_eq!(refused.status.code(), Some(8), "{}", String::from_utf8_lossy(&refused.stderr));
    let units = home.path().join(".config/systemd/user");
    assert_eq!(std::fs::read_dir(units).unwrap().count(), 0, "what failed leaves nothing");
    ada.json(&["init", "Second"]);
    let pass = home.path().join("pass");
    std::fs::write(&pass, "right one\n").unwrap();
    ada.json(&["key", "seal", "--new-passphrase-file", pass.to_str().unwrap()]);
    let sealed = service(&ada, home.path(), tools.path(), &["install"]);
    let said = String::from_utf8_lossy(&sealed.stderr).into_owned();
    assert!(sealed.status.code() == Some(2) && said.contains("--passphrase-file"), "{said}");
}

#[test]
fn systemd_is_told_that_the_node_serves_lives_and_ends() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field"]);
    let dir = tempfile::tempdir().unwrap();
    let socket = UnixDatagram::bind(dir.path().join("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut command = ada.command(["--json", "up"]);
    command.env("NOTIFY_SOCKET", dir.path().join("notify")).env("WATCHDOG_USEC", "400000");
    let up = Up::start(command);
    let hear = || {
        let mut bytes = [0; 256];
        let size = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..size]).into_owned()
    };
    assert!(hear().starts_with("READY=1\n"));
    assert_eq!(ada.json(&["status"])["up"], true, "ready means that it answers");
    for _ in 0..3 {
        assert_eq!(hear(), "WATCHDOG=1");
    }
    kill_process(Pid::from_raw(i32::try_from(up.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    let mut said = hear();
    while said == "WATCHDOG=1" {
        said = hear();
    }
    assert_eq!(said, "STOPPING=1");
    wait_until("it has ended", || ada.json(&["status"])["up"] == false);
}
