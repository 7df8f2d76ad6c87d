//! Joining: tickets in every form, what is shown and asked before anything is done, and pairing by
//! a short code.

mod pairing;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use dataforge_protocol::ticket::Ticket;
use dataforge_tests::program::{Place, Up, has_tool, program, skip};
use serde_json::Value;

/// Exit codes.
const USAGE: i32 = 2;
const NOT_FOUND: i32 = 3;
const INPUT: i32 = 4;
const NOT_ALLOWED: i32 = 5;
const NETWORK: i32 = 7;

fn field() -> (Place, Up) {
    let ada = Place::new("ada");
    ada.json(&["init", "Field", "--name", "Ada"]);
    let up = ada.up();
    (ada, up)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

fn members(place: &Place) -> usize {
    place.json(&["members"])["members"].as_array().unwrap().len()
}

fn has_key(place: &Place) -> bool {
    place.path().join("keys/device.key").exists()
}

/// Runs a command with something on its standard input.
fn piped(place: &Place, args: &[&str], input: &[u8]) -> Output {
    let mut command = place.command(args);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// Runs a command on a terminal, where somebody types; returns what is on it then.
fn typed(place: &Place, args: &str, keys: &str) -> String {
    let line = format!("'{}' --dir '{}' {args}", program().display(), place.path().display());
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]);
    place.set_environment(&mut command);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    keyboard.write_all(keys.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(keyboard);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Reads a code off an image as a camera's software does: with nothing of ours.
fn scan(png: &[u8]) -> String {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(frame.color_type, png::ColorType::Grayscale);
    let (width, height) = (frame.width as usize, frame.height as usize);
    // White around it, four modules wide, or no camera finds its edges.
    let dark = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).filter(|(x, y)| pixels[y * width + x] < 128);
    let nearest = dark.map(|(x, y)| x.min(y).min(width - 1 - x).min(height - 1 - y)).min().unwrap();
    assert_eq!(nearest, 4 * 8);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1);
    grids[0].decode().unwrap().1
}

#[test]
fn a_ticket_goes_by_file_by_pipe_and_by_picture() {
    let (ada, _up) = field();
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (file, picture) = (path("bob.dfticket"), path("bob.png"));
    let made = ada.json(&["invite", "--uses", "3", "--out", &file, "--qr", &picture]);
    let ticket = text(&made, "ticket");
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), ticket);
    assert_eq!(scan(&std::fs::read(&picture).unwrap()).to_ascii_lowercase(), ticket);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &str| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(&picture)), (0o600, 0o600));
    }
    // What cannot be written is said before an invite is made.
    assert!(ada.fails(&["invite", "--out", &file], USAGE).contains("exists already"));
    assert!(ada.fails(&["invite", "--qr", &path("bob.jpg")], USAGE).contains(".png"));
    ada.fails(&["invite", "--out", &path("none/bob.dfticket")], 8);
    assert_eq!(ada.json(&["invites"])["invites"].as_array().unwrap().len(), 1);

    let (bob, cyd, dan) = (Place::new("bob"), Place::new("cyd"), Place::new("dan"));
    assert_eq!(bob.json(&["join", "--yes", &file])["workspace"]["role"], "editor");
    let mail = format!("\u{feff}{}\r\n  {}\r\n", &ticket[..60], &ticket[60..]);
    let joined = piped(&cyd, &["--json", "join", "--yes", "-"], mail.as_bytes());
    assert!(joined.status.success(), "{}", String::from_utf8_lossy(&joined.stderr));
    assert_eq!(dan.json(&["join", "--yes", &picture])["workspace"]["name"], "Field");
    assert_eq!(members(&ada), 4);

    // A ticket for another machine goes the same ways.
    let desk = path("desk.dfticket");
    let made = ada.json(&["device", "add", "--out", &desk]);
    let shown = bob.json(&["ticket", "show", &desk]);
    assert_eq!((text(&shown, "form"), text(&shown, "person")), ("device", "Ada"));
    assert_eq!(text(&shown, "words"), text(&made, "words"));
}

#[test]
fn host_and_joiner_see_the_same_words_before_anything_is_done() {
    let (ada, _up) = field();
    let (made, other) = (ada.json(&["invite", "--role", "viewer"]), ada.json(&["invite"]));
    let (ticket, words) = (text(&made, "ticket"), text(&made, "words"));
    assert_eq!(words.split('-').count(), 4);
    assert_ne!(words, text(&other, "words"));
    let bob = Place::new("bob");
    for args in [&["join", "--dry-run", ticket][..], &["ticket", "show", ticket]] {
        let shown = bob.json(args);
        assert_eq!((text(&shown, "reply"), text(&shown, "words")), ("ticket", words));
        assert_eq!(
            (text(&shown, "workspace"), text(&shown, "inviter"), text(&shown, "role")),
            ("Field", "Ada", "viewer")
        );
        assert_eq!((&shown["expires"], &shown["expired"]), (&made["expires"], &false.into()));
        assert_eq!(shown["addresses"], made["addresses"]);
    }
    // Without a data directory, and without making one.
    let missing = bob.path().join("none");
    let mut show = Command::new(program());
    show.arg("--dir").arg(&missing).args(["ticket", "show", ticket]).stdin(Stdio::null());
    let said = String::from_utf8(show.output().unwrap().stdout).unwrap();
    assert!(said.contains(words) && said.contains("viewer") && !missing.exists(), "{said}");
    assert!(!has_key(&bob));
    assert_eq!(members(&ada), 1);
    // Who says yes beforehand is told all the same.
    let output = bob.run(["join", "--yes", ticket]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(words) && said.contains("invited by  Ada"), "{said}");
}

#[test]
fn joining_is_asked_for() {
    let (ada, _up) = field();
    let made = ada.json(&["invite"]);
    let (ticket, words) = (text(&made, "ticket"), text(&made, "words"));
    let bob = Place::new("bob");
    let said = bob.fails(&["join", ticket], USAGE);
    assert!(said.contains("--yes") && said.contains("--dry-run"), "{said}");
    // A pipe that says yes is no terminal.
    assert_eq!(piped(&bob, &["join", ticket], b"y\n").status.code(), Some(USAGE));
    assert_eq!((has_key(&bob), members(&ada)), (false, 1));
    if !has_tool("script") {
        return skip("joining_is_asked_for", "script, which gives a terminal");
    }
    for no in ["n\n", "\n", "x\n"] {
        let said = typed(&bob, &format!("join {ticket}"), no);
        assert!(said.contains(words) && said.contains("Join Field as editor? [y/N]"), "{said}");
        assert!(said.contains("nothing was done"), "{said}");
        assert_eq!((has_key(&bob), members(&ada)), (false, 1));
    }
    let said = typed(&bob, &format!("join {ticket}"), "y\n");
    assert!(said.contains("invited by  Ada") && said.contains("role        editor"), "{said}");
    assert_eq!(members(&ada), 2);
}

#[test]
fn a_ticket_that_is_no_good_says_why_and_what_to_do() {
    let (ada, up) = field();
    let (bob, dir) = (Place::new("bob"), tempfile::tempdir().unwrap());
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let ticket = text(&ada.json(&["invite"]), "ticket").to_owned();
    let half = &ticket[..ticket.len() / 2];
    let wrong = format!("{}0{}", &ticket[..30], &ticket[31..]);
    let swapped = format!("{}{}{}", &ticket[..100], if &ticket[100..101] == "a" { "b" } else { "a" }, &ticket[101..]);
    let mut newer = vec![2, 1, 1];
    newer.extend_from_slice(&blake3::hash(&newer).as_bytes()[..4]);
    let newer = format!("dforge{}", base32(&newer));
    let files = [
        file("half.dfticket", half.as_bytes()),
        file("empty.dfticket", b"\n"),
        file("photo.png", b"\xff\xd8\xff\xe0"),
        file("torn.png", b"\x89PNG\r\n\x1a\n"),
    ];
    for (given, says) in [
        ("hello", "starts with \"dforge\""),
        (half, "cut short: "),
        (wrong.as_str(), "character 31 is '0'"),
        (swapped.as_str(), "mistyped"),
        (newer.as_str(), "newer version"),
        (files[0].as_str(), "cut short"),
        (files[1].as_str(), "is empty"),
        (files[2].as_str(), "JPEG"),
        (files[3].as_str(), "no whole PNG"),
    ] {
        for args in [&["join", "--yes", given][..], &["ticket", "show", given], &["device", "link", given]] {
            let said = bob.fails(args, INPUT);
            assert!(said.contains(says), "{args:?} said {said}");
        }
    }
    let said = bob.fails(&["join", "--yes", "none/bob.dfticket"], NOT_FOUND);
    assert!(said.contains("neither a ticket nor a file"), "{said}");
    assert!(!has_key(&bob), "nothing was made for any of them");

    assert!(ada.fails(&["join", "--yes", &ticket], USAGE).contains("made the ticket for \"Field\" itself"));
    bob.json(&["join", "--yes", &ticket]);
    let second = text(&ada.json(&["invite"]), "ticket").to_owned();
    let said = bob.fails(&["join", "--yes", &second], USAGE);
    assert!(said.contains("here already: \"Field\", and you are editor"), "{said}");
    let cyd = Place::new("cyd");
    assert!(cyd.fails(&["join", "--yes", &ticket], NOT_ALLOWED).contains("already used"));
    let revoked = ada.json(&["invite"]);
    ada.json(&["uninvite", text(&revoked, "invite")]);
    assert!(cyd.fails(&["join", "--yes", text(&revoked, "ticket")], NOT_ALLOWED).contains("taken back"));
    drop(up);
    let said = cyd.fails(&["join", "--yes", &second], NETWORK);
    let port = second.parse::<Ticket>().unwrap().addresses[0].port();
    assert!(said.contains(&format!("tried 127.0.0.1:{port}")) && said.contains(&format!("UDP port {port}")), "{said}");
    let mut nowhere: Ticket = second.parse().unwrap();
    nowhere.addresses.clear();
    let said = cyd.fails(&["join", "--yes", &nowhere.to_string()], NETWORK);
    assert!(said.contains("no address of it is known"), "{said}");
}

#[test]
fn the_inviting_machine_decides_about_time_and_clocks_that_differ_are_named() {
    let (ada, up) = field();
    let bob = Place::new("bob");
    // To Bob, whose clock is ahead, the ticket has expired.
    let mut early: Ticket = text(&ada.json(&["invite"]), "ticket").parse().unwrap();
    early.expires_ms = 1_000_000_000_000;
    let early = early.to_string();
    let said = bob.fails(&["join", "--yes", &early], INPUT);
    assert!(
        said.contains("expired at 2001-09-09T01:46:40Z") && said.contains("the clock of this machine says 20"),
        "{said}"
    );
    assert!(said.contains("--ignore-clock") && said.contains("ask Ada"), "{said}");
    assert!(!has_key(&bob));
    assert!(bob.json(&["ticket", "show", &early])["expired"].as_bool().unwrap());
    let joined = bob.json(&["join", "--yes", "--ignore-clock", &early]);
    assert_eq!(joined["workspace"]["role"], "editor");
    // To Ada, whose clock is ahead, another one has.
    let words = bob.path().join("words");
    std::fs::write(&words, text(&joined, "recovery_words")).unwrap();
    let made = ada.json(&["device", "add", "--for", "bob"]);
    drop(up);
    let database = rusqlite::Connection::open(ada.path().join("node.db")).unwrap();
    assert_eq!(database.execute("UPDATE device_tickets SET expires_ms = 1", []).unwrap(), 1);
    drop(database);
    let up = ada.up();
    let mut late: Ticket = text(&made, "ticket").parse().unwrap();
    late.addresses = vec![up.reply["addresses"][0].as_str().unwrap().parse().unwrap()];
    let desk = Place::new("desk");
    let link = ["device", "link", &late.to_string(), "--words-file", words.to_str().unwrap()];
    let said = desk.fails(&link, NOT_ALLOWED);
    assert!(
        said.contains("has expired") && said.contains("the clock of Ada's machine, which decides, is ahead"),
        "{said}"
    );
}

fn base32(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| (byte >> at) & 1)).collect();
    let digit = |chunk: &[u8]| {
        let filled = chunk.iter().chain(std::iter::repeat(&0)).take(5);
        char::from(b"abcdefghijklmnopqrstuvwxyz234567"[filled.fold(0, |digit, bit| (digit << 1) | usize::from(*bit))])
    };
    bits.chunks(5).map(digit).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn no_network_at_all_is_told_from_a_machine_that_does_not_answer() {
    let test = "no_network_at_all_is_told_from_a_machine_that_does_not_answer";
    let alone = Command::new("unshare").args(["-n", "true"]).stderr(Stdio::null()).status();
    if !alone.is_ok_and(|status| status.success()) {
        return skip(test, "root, to be without a network");
    }
    let (ada, _up) = field();
    let mut ticket: Ticket = text(&ada.json(&["invite"]), "ticket").parse().unwrap();
    ticket.addresses = vec!["192.0.2.7:7411".parse().unwrap()];
    let bob = Place::new("bob");
    std::fs::write(bob.path().join("dataforge.toml"), "[network]\nlisten = \"0.0.0.0:0\"\n").unwrap();
    let mut command = Command::new("unshare");
    command.arg("-n").arg(program()).arg("--dir").arg(bob.path()).args(["join", "--yes", &ticket.to_string()]);
    bob.set_environment(&mut command);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(NETWORK), "{said}");
    assert!(said.contains("this machine has no network") && said.contains("tried 192.0.2.7:7411"), "{said}");
}
