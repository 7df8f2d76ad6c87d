//! The test bed itself: lines are as bad as they were told, routers translate as they should, and
//! nothing of it stays behind.

use std::process::{Command, Stdio};

use dataforge_tests::impair::{Cut, Loss, Order, Profile};
use dataforge_tests::net::{End, Host, Lab};

/// Answers each datagram with the address it came from.
const ECHO: &str = "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('0.0.0.0', 9000))
print('ready', flush=True)
while True:
    data, who = s.recvfrom(2000)
    s.sendto(repr(who).encode(), who)
";

/// Sends datagrams at a pace from one socket to each of some addresses; prints for each address what
/// came back last, how many did, and the shortest and longest round trip in milliseconds.
const ASK: &str = "
import json, select, socket, sys, time
count, size, said = int(sys.argv[1]), int(sys.argv[2]), []
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
for address in sys.argv[3:]:
    seen, times = None, []
    for number in range(count):
        sent = time.monotonic()
        s.sendto(b'x' * size, (address, 9000))
        ready, _, _ = select.select([s], [], [], 0.25)
        if ready:
            seen = s.recv(2000).decode()
            times.append((time.monotonic() - sent) * 1000)
    said.append({'seen': seen, 'came': len(times), 'least': min(times, default=0), 'most': max(times, default=0)})
print(json.dumps(said))
";

struct Echo(std::process::Child);

impl Drop for Echo {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn echo(host: &Host) -> Echo {
    let mut child = host.command("python3").args(["-c", ECHO]).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = [0; 5];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
    Echo(child)
}

fn ask(host: &Host, count: u32, size: u32, addresses: &[&str]) -> serde_json::Value {
    let mut command = host.command("python3");
    command.args(["-c", ASK, &count.to_string(), &size.to_string()]).args(addresses);
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

#[test]
fn a_line_is_as_bad_as_it_is_told() {
    let Some(lab) = Lab::new("a_line_is_as_bad_as_it_is_told") else { return };
    let (near, far) = (lab.host("near"), lab.host("far"));
    let wire = lab.wire(&End::Host(&near, "eth0", &["10.77.0.1/24"]), &End::Host(&far, "eth0", &["10.77.0.2/24"]));
    let _echo = echo(&far);
    // The first datagram waits for the address of the other's card.
    ask(&near, 1, 100, &["10.77.0.2"]);
    let clean = ask(&near, 100, 1400, &["10.77.0.2"])[0].clone();
    assert_eq!(clean["came"], 100, "{clean}");
    assert!(clean["least"].as_f64().unwrap() < 10.0, "{clean}");

    wire.set(Profile::delay_ms(30));
    let late = ask(&near, 30, 100, &["10.77.0.2"])[0].clone();
    assert!(late["came"] == 30 && late["least"].as_f64().unwrap() >= 60.0, "{late}");

    let before = wire.counts().forward;
    let lossy = Profile::default().with_loss(Loss::even(0.3));
    wire.order(&Order { forward: Some(lossy), backward: Some(Profile::default()), ..Order::default() });
    let came = ask(&near, 60, 100, &["10.77.0.2"])[0]["came"].as_u64().unwrap();
    let after = wire.counts().forward;
    let lost = after.lost - before.lost;
    // The system itself sends some frames too, now and then.
    assert!((5..35).contains(&lost) && (55..=66).contains(&(came + lost)), "{came} came, {lost} were lost");

    wire.cut(Cut::Backward);
    assert_eq!(ask(&near, 3, 100, &["10.77.0.2"])[0]["came"], 0);
    wire.cut(Cut::Nothing);
    wire.set(Profile::default());
    assert_eq!(ask(&near, 10, 100, &["10.77.0.2"])[0]["came"], 10);
}

#[test]
fn a_router_translates_each_way_out_by_itself() {
    let Some(lab) = Lab::new("a_router_translates_each_way_out_by_itself") else { return };
    let (home, world) = (lab.switch("home"), lab.switch("world"));
    lab.nat("router", (&home, "192.168.1.1/24"), (&world, "203.0.113.1/24"));
    let (inside, one, two) = (lab.host("inside"), lab.host("one"), lab.host("two"));
    inside.plug(&home, "eth0", &["192.168.1.2/24"]);
    inside.set_default_route("192.168.1.1");
    one.plug(&world, "eth0", &["203.0.113.2/24"]);
    two.plug(&world, "eth0", &["203.0.113.3/24"]);
    one.set_default_route("203.0.113.1");
    let _echoes = [echo(&inside), echo(&one), echo(&two)];
    let said = ask(&inside, 3, 100, &["203.0.113.2", "203.0.113.3"]);
    let seen = |at: usize| said[at]["seen"].as_str().unwrap().to_owned();
    assert!(seen(0).contains("203.0.113.1") && seen(1).contains("203.0.113.1"), "{said}");
    assert_ne!(seen(0), seen(1), "each destination sees another port");
    assert_eq!(ask(&one, 2, 100, &["192.168.1.2"])[0]["came"], 0, "nobody outside reaches who did not ask");
}

fn ours(list: &[&str]) -> Vec<String> {
    let output = Command::new("ip").args(list).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace()
        .filter(|word| word.contains(&format!("{}", std::process::id())))
        .map(str::to_owned)
        .collect()
}

#[test]
fn nothing_stays_behind_after_a_panic() {
    let Some(lab) = Lab::new("nothing_stays_behind_after_a_panic") else { return };
    let host = lab.host("gone");
    let namespace = host.prefix()[3].clone();
    let mut sleeper = host.command("sleep").arg("1000").spawn().unwrap();
    let panicked = std::thread::spawn(move || {
        let switch = lab.switch("switch");
        let _wire = lab.wire(&End::Host(&host, "eth0", &["10.77.0.1/24"]), &End::Switch(&switch));
        assert!(ours(&["netns", "list"]).contains(&host.prefix()[3]));
        panic!("as a test that fails");
    })
    .join();
    assert!(panicked.is_err());
    assert!(!sleeper.wait().unwrap().success(), "what ran there was ended");
    assert!(!ours(&["netns", "list"]).contains(&namespace));
    assert!(!std::path::Path::new("/etc/netns").join(&namespace).exists());
    let lab = namespace.split('-').nth(2).unwrap();
    let devices = ours(&["-o", "link", "show"]);
    let left: Vec<_> = devices.iter().filter(|name| name.contains(&format!("x{lab}y"))).collect();
    assert!(left.is_empty(), "{left:?}");
}
