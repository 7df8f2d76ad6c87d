//! `doctor`: what is wrong and what to do, with a port of another program and without any network.

use std::net::UdpSocket;
use std::process::{Command, Stdio};

use dataforge_tests::program::{Place, Up, program, skip};
use serde_json::Value;

use super::field;

/// Runs `doctor`; returns what it found wrong by what it is about, and all it said.
fn doctor(command: &mut Command) -> (Vec<String>, Value) {
    let output = command.output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let problems = said["problems"].as_array().unwrap();
    assert_eq!(output.status.code(), Some(i32::from(!problems.is_empty())), "{said}");
    for one in problems {
        assert!(one["message"].as_str().unwrap().len() > 10 && one["advice"].as_str().unwrap().len() > 10, "{one}");
    }
    (problems.iter().map(|one| one["about"].as_str().unwrap().to_owned()).collect(), said)
}

fn of(place: &Place) -> (Vec<String>, Value) {
    doctor(&mut place.command(["--json", "doctor"]))
}

#[test]
fn doctor_tells_ports_peers_and_place_of_a_node_that_is_up() {
    let (ada, bob, _up, _logs) = field();
    let (wrong, said) = of(&ada);
    assert!(!wrong.contains(&"port".to_owned()) && !wrong.contains(&"clock".to_owned()), "{said}");
    assert_eq!(said["up"], true);
    assert!(said["ports"]["bound"][0].as_str().unwrap().starts_with("127.0.0.1:"), "{said}");
    assert_eq!(said["ports"]["configured"], "127.0.0.1:0");
    let interfaces = said["interfaces"].as_array().unwrap();
    assert!(interfaces.iter().any(|one| one["loopback"] == true && one["addresses"][0] == "127.0.0.1/8"), "{said}");
    let port = said["ports"]["bound"][0].as_str().unwrap().rsplit(':').next().unwrap();
    assert!(said["firewall"][0].as_str().unwrap().contains(port), "{said}");
    let bobs = &said["peers"][0];
    assert_eq!((&bobs["connected"], &bobs["path"]), (&false.into(), &"direct".into()), "{said}");
    assert!(said["place"]["free_bytes"].as_u64().unwrap() > 0, "{said}");
    let (_, said) = of(&bob);
    assert_eq!((&said["up"], &said["ports"]["bound"]), (&false.into(), &Value::Array(Vec::new())), "{said}");
    assert!(said["remarks"].to_string().contains("service install"), "{said}");
    let text = String::from_utf8(bob.run(["doctor"]).stdout).unwrap();
    assert!(text.contains("ada (") && text.contains("path direct"), "{text}");
}

#[test]
fn a_port_of_another_program_is_told_before_and_after_another_is_taken() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field"]);
    let other = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (listen, port) = (other.local_addr().unwrap().to_string(), other.local_addr().unwrap().port());
    ada.json(&["config", "set", "network.listen", &listen]);
    let told = |said: &Value| {
        let all = said["problems"].as_array().unwrap();
        all.iter().find(|one| one["about"] == "port").map(|one| one["message"].as_str().unwrap().to_owned())
    };
    let (_, said) = of(&ada);
    assert!(told(&said).unwrap().contains(&format!("UDP port {port} was in use")), "{said}");
    let up = ada.up();
    let (_, said) = of(&ada);
    let taken = said["ports"]["bound"][0].as_str().unwrap().rsplit(':').next().unwrap();
    let message = told(&said).unwrap();
    assert!(message.contains(&format!("UDP port {port}")) && message.ends_with(&format!("took {taken}")), "{message}");
    assert_ne!(taken, port.to_string());
    drop((up, other));
    let _up = ada.up();
    let (_, said) = of(&ada);
    assert_eq!(told(&said), None, "{said}");
    assert_eq!(said["ports"]["bound"][0], listen);
}

/// Has a command run where there is no network at all; none where that takes rights that are not there.
fn without_network(place: &Place, args: &[&str]) -> Option<Command> {
    let ways: [&[&str]; 2] = [&["--net"], &["--net", "--map-root-user"]];
    let can = |way: &&&[&str]| {
        let tried = Command::new("unshare").args(**way).arg("true").stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    let way = ways.iter().find(can)?;
    let mut command = Command::new("unshare");
    command.args(*way).arg("--").arg(program()).arg("--dir").arg(place.path()).args(args);
    place.set_environment(&mut command);
    Some(command)
}

#[test]
fn without_any_network_doctor_says_so_and_work_goes_on() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field"]);
    // Loopback is down there, too.
    ada.json(&["config", "set", "network.listen", "0.0.0.0:0"]);
    let Some(mut command) = without_network(&ada, &["--json", "doctor"]) else {
        return skip("without_any_network_doctor_says_so_and_work_goes_on", "the right to make network namespaces");
    };
    let (wrong, said) = doctor(&mut command);
    assert!(wrong.contains(&"network".to_owned()), "{said}");
    let message = said["problems"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("there is no network"), "the gravest first: {said}");
    // It is up there all the same, so that it is found as soon as there is a network.
    let up = Up::start(without_network(&ada, &["--json", "up"]).unwrap());
    let (wrong, said) = of(&ada);
    assert!(wrong.contains(&"network".to_owned()) && said["up"] == true, "the node that is up is asked: {said}");
    ada.json(&["init", "Second"]);
    assert_eq!(ada.json(&["workspaces"])["workspaces"].as_array().map(Vec::len), Some(2));
    drop(up);
}
