//! Flows of people and machines: conflicts, history, members, devices, late work, storage, sync, settings.

use std::io::Cursor;
use std::path::Path;

use dataforge_node::api::{
    BundleRequest, ConflictsRequest, DataRequest, HealthRequest, Reply, Request, WellInfo, Words,
};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{By, NodeT as _, Queryable as _};

use crate::scale::{doubled, nothing_stands_out};
use crate::support::{Desk, Host, Room, las, spot};

/// Commands that tests here show.
pub(crate) const COVERED: &[(&str, &str)] = &[
    ("conflicts.theirs", "conflicts_of_two_nodes_are_decided_one_by_one_and_many_at_once"),
    ("conflicts.mark_all", "conflicts_of_two_nodes_are_decided_one_by_one_and_many_at_once"),
    ("conflicts.mine", "conflicts_of_two_nodes_are_decided_one_by_one_and_many_at_once"),
    ("conflicts.undo", "a_conflict_is_decided_by_another_value_and_that_is_undone"),
    ("history.compare", "an_earlier_state_is_restored_and_that_is_undone"),
    ("history.restore", "an_earlier_state_is_restored_and_that_is_undone"),
    ("history.undo", "an_earlier_state_is_restored_and_that_is_undone"),
    ("history.redo", "an_earlier_state_is_restored_and_that_is_undone"),
    ("members.invite", "an_invite_is_shown_as_text_and_code_and_somebody_joins_by_it"),
    ("members.pair", "a_pairing_window_shows_its_code_until_it_is_closed"),
    ("members.remove", "a_member_is_removed_and_their_late_work_is_brought_in"),
    ("late_work.accept", "a_member_is_removed_and_their_late_work_is_brought_in"),
    ("devices.link", "another_machine_is_linked_and_ended"),
    ("devices.revoke", "another_machine_is_linked_and_ended"),
    ("storage.plan", "space_is_freed_once_another_machine_proves_its_copy"),
    ("storage.verify", "a_check_and_a_look_for_problems_say_what_they_found"),
    ("storage.doctor", "a_check_and_a_look_for_problems_say_what_they_found"),
    ("sync.up", "a_desktop_syncs_pauses_and_writes_a_bundle"),
    ("sync.now", "a_desktop_syncs_pauses_and_writes_a_bundle"),
    ("sync.pause", "a_desktop_syncs_pauses_and_writes_a_bundle"),
    ("sync.resume", "a_desktop_syncs_pauses_and_writes_a_bundle"),
    ("settings.save", "a_setting_is_saved_and_wrong_ones_are_refused_in_place"),
    ("settings.reset", "a_setting_is_saved_and_wrong_ones_are_refused_in_place"),
];

/// One well with one curve.
fn north() -> Vec<(&'static str, String)> {
    vec![("north1.las", las("North 1", "9001", &[("GR", "GAPI")], 50))]
}

/// Takes an entry of the palette: a view or a command.
#[track_caller]
fn palette(desk: &mut Desk, kind: &str, name: &str) {
    desk.press_with(Modifiers::COMMAND, Key::K);
    desk.fill("Find a command or name", name);
    let entry = format!("{kind}: {name}, ");
    desk.rest(&entry, |desk| spot(desk.harness.query_all_by_label_contains(&entry).next()));
    desk.harness.get_by_label_contains(&entry).click_accesskit();
    desk.step();
    desk.wait_gone("Find a command or name");
}

/// Presses what has this label, also where one would have to scroll to it.
#[track_caller]
fn press(desk: &mut Desk, label: &str) {
    desk.click(label);
}

/// Chooses the first row whose name has this text.
#[track_caller]
fn choose(desk: &mut Desk, text: &str) {
    let row = By::new().role(Role::ListBoxOption).label_contains(text);
    desk.rest(text, |desk| spot(desk.harness.query_all(row.clone()).next()));
    desk.get_by(Role::ListBoxOption, text).click_accesskit();
    desk.step();
}

#[track_caller]
fn open(desk: &mut Desk, view: &str) {
    palette(desk, "View", view);
}

#[track_caller]
fn run(desk: &mut Desk, command: &str) {
    palette(desk, "Command", command);
}

fn set(field: &str, value: &str) -> Request {
    let target = "North 1".to_owned();
    Request::Set { workspace: None, target, field: field.to_owned(), value: value.to_owned() }
}

fn sync() -> Request {
    Request::Sync { workspace: None, peers: Vec::new(), timeout_secs: 30 }
}

fn wells(reply: Reply) -> Vec<WellInfo> {
    match reply {
        Reply::Wells { wells } => wells,
        other => panic!("no wells: {other:?}"),
    }
}

/// Returns company, country and field of the one well.
fn facts(reply: Reply) -> [String; 3] {
    let well = wells(reply).remove(0);
    [well.company, well.country, well.field].map(Option::unwrap_or_default)
}

/// A host of Ada's workspace with one well, and a room of Bob, who joined it in this role and has all of it.
fn ada_and_bob(role: &str) -> (Host, Room) {
    let room = Room::new();
    room.with_files(&north());
    let host = Host::up(room);
    let bob = Room::new();
    bob.prepare(vec![join(host.ticket(role)), sync()]);
    (host, bob)
}

fn join(ticket: String) -> Request {
    Request::Join { ticket, person: Some("Bob".to_owned()), device: Some("tablet".to_owned()), ignore_clock: false }
}

/// The same after both wrote these fields apart and met again: a conflict for each.
fn in_conflict(fields: &[&str]) -> (Host, Room) {
    let (host, bob) = ada_and_bob("admin");
    for field in fields {
        host.call(set(field, &format!("{field} of Ada")));
    }
    bob.prepare(fields.iter().map(|field| set(field, &format!("{field} of Bob"))).chain([sync()]).collect());
    (host, bob)
}

fn conflicts(host: &Host) -> usize {
    let ask = ConflictsRequest::List { target: None };
    match host.call(Request::Conflicts { workspace: None, ask }) {
        Reply::Conflicts { conflicts } => conflicts.len(),
        other => panic!("no conflicts: {other:?}"),
    }
}

#[test]
fn conflicts_of_two_nodes_are_decided_one_by_one_and_many_at_once() {
    let (host, bob) = in_conflict(&["company", "country", "field"]);
    let mut desk = Desk::open(bob);
    desk.wait_for("Well North 1");
    open(&mut desk, "Conflicts");
    desk.wait_for("Conflict about country of well North 1");
    assert!(desk.shows("company of Ada") && desk.shows("company of Bob"), "both values are shown");
    assert!(desk.shows("reads now") && desk.shows("mine"), "and who wrote which");

    choose(&mut desk, "Conflict about company of well North 1");
    run(&mut desk, "Conflicts: take theirs");
    desk.wait_until("one is decided", |desk| !desk.has(Role::ListBoxOption, "Conflict about company"));
    run(&mut desk, "Conflicts: mark all");
    desk.wait_for(", marked");
    run(&mut desk, "Conflicts: take mine");
    desk.wait_for("Each can be undone below");
    press(&mut desk, "Decide 2 conflicts");
    desk.wait_for("Nothing to decide");
    // Told once the node has answered, which may be after the list is empty.
    for told in ["company of well North 1: theirs", "country of well North 1: mine", "field of well North 1: mine"] {
        desk.wait_for(told);
    }

    desk.call(sync());
    assert_eq!(conflicts(&host), 0, "decided for everybody");
    let expected = ["company of Ada", "country of Bob", "field of Bob"];
    assert_eq!(facts(host.call(Request::Wells { workspace: None })), expected);
}

#[test]
fn a_conflict_is_decided_by_another_value_and_that_is_undone() {
    let (_host, bob) = in_conflict(&["company"]);
    let mut desk = Desk::open(bob);
    desk.wait_for("Well North 1");
    open(&mut desk, "Conflicts");
    desk.wait_for("Conflict about company of well North 1");
    desk.fill("Another value", "Both Ltd");
    press(&mut desk, "Use this value");
    desk.wait_for("Nothing to decide");
    assert_eq!(facts(desk.call(Request::Wells { workspace: None }))[0], "Both Ltd");

    run(&mut desk, "Conflicts: undo the last decision");
    desk.wait_for("company \"Both Ltd\"");
    let company = &facts(desk.call(Request::Wells { workspace: None }))[0];
    assert!(company == "company of Ada" || company == "company of Bob", "{company}");
    assert!(!desk.shows("Undo the decision on company of well North 1"), "it is undone once");
}

#[test]
fn an_earlier_state_is_restored_and_that_is_undone() {
    let mut desk = Desk::with_files(&north());
    desk.wait_for("Well North 1");
    desk.call(set("company", "Acme"));
    desk.call(set("company", "Baker"));
    open(&mut desk, "History");
    desk.fill("Anything by name or id", "North 1");
    desk.press(Key::Enter);
    desk.wait_until("the entries of the well", |desk| entries(desk) >= 3);
    let rows = By::new().role(Role::ListBoxOption).label_contains("Entry ");
    desk.harness.query_all(rows).nth(1).expect("the change before the last").click_accesskit();
    desk.wait_for("company = \"Acme\"");
    run(&mut desk, "History: compare the chosen state with now");
    desk.wait_for("What differs");
    assert!(desk.shows("company \"Acme\" \u{2192} \"Baker\""));

    run(&mut desk, "History: go back to the chosen state");
    desk.wait_for("Make it read as at that moment?");
    press(&mut desk, "Restore");
    desk.wait_gone("Make it read as at that moment?");
    desk.wait_for("company \"Baker\" \u{2192} \"Acme\"");
    let company = |desk: &Desk| facts(desk.call(Request::Wells { workspace: None }))[0].clone();
    assert_eq!(company(&desk), "Acme");
    for (command, expected) in [("History: undo my last change", "Baker"), ("History: redo what I undid", "Acme")] {
        run(&mut desk, command);
        let start = std::time::Instant::now();
        while company(&desk) != expected {
            desk.step();
            assert!(start.elapsed() < crate::support::DEADLINE, "{command}: {:?}", desk.texts());
        }
    }
}

fn entries(desk: &Desk) -> usize {
    desk.harness.query_all(By::new().role(Role::ListBoxOption).label_contains("Entry ")).count()
}

/// Reads the code of an image.
fn decoded(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("it was saved");
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().expect("an image");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a small image")];
    let frame = reader.next_frame(&mut pixels).expect("a whole image");
    let (width, height, line) = (frame.width as usize, frame.height as usize, frame.line_size);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * line + x]);
    image.detect_grids().first().expect("a code").decode().expect("it can be read").1
}

#[test]
fn an_invite_is_shown_as_text_and_code_and_somebody_joins_by_it() {
    let mut desk = Desk::with_files(&north());
    desk.wait_for("Well North 1");
    open(&mut desk, "Members");
    desk.wait_for("Member Ada (you), owner");
    desk.fill("Valid for hours", "0");
    desk.wait_for("hours must be a whole number from 1 on");
    desk.fill("Valid for hours", "48");
    desk.wait_gone("hours must be");
    run(&mut desk, "Members: make an invite");
    desk.wait_for("nobody can use it while this machine does not listen");
    press(&mut desk, "Start listening");
    desk.wait_gone("nobody can use it");
    // The first one does not know the port, which any free one was taken for.
    press(&mut desk, "Put it away");
    desk.wait_gone("QR code of the ticket");
    press(&mut desk, "Make a ticket");
    desk.wait_for("QR code of the ticket");
    let ticket = desk.get_by(Role::MultilineTextInput, "Ticket").value().expect("its text");

    let path = desk.room().file("ticket.png");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    desk.fill("Save the code as", path.to_str().expect("a path in UTF-8"));
    press(&mut desk, "Save as PNG");
    desk.wait_for("saved as");
    assert_eq!(decoded(&path), ticket, "the code holds the text");

    let bob = Room::new();
    let joined = bob.prepare(vec![join(ticket)]);
    assert!(matches!(joined[0], Reply::Join(_)), "{joined:?}");
    desk.wait_for("Member Bob, editor, 1 device");
}

#[test]
fn a_pairing_window_shows_its_code_until_it_is_closed() {
    let mut desk = Desk::with_files(&north());
    desk.wait_for("Well North 1");
    open(&mut desk, "Members");
    desk.wait_for("Member Ada (you), owner");
    run(&mut desk, "Members: open a pairing window");
    desk.wait_for("Read this code to whoever is to join");
    press(&mut desk, "Close the pairing window");
    desk.wait_for("Open a pairing window");
    assert!(!desk.shows("Read this code"));
}

#[test]
fn a_member_is_removed_and_their_late_work_is_brought_in() {
    let room = Room::new();
    room.with_files(&north());
    let mut desk = Desk::open(room);
    desk.wait_for("Well North 1");
    desk.call(Request::Up);
    let invite = Request::Invite { workspace: None, role: "editor".to_owned(), uses: 1, hours: 1, form: None };
    let Reply::Invite(invited) = desk.call(invite) else { panic!("no ticket") };
    let bob = Room::new();
    bob.prepare(vec![join(invited.ticket), sync()]);
    bob.prepare(vec![set("company", "Late Ltd")]);

    open(&mut desk, "Members");
    choose(&mut desk, "Member Bob, editor");
    run(&mut desk, "Members: remove the chosen member");
    desk.wait_for("Remove Bob?");
    assert!(desk.shows("late work"), "it says what becomes of their work");
    press(&mut desk, "Remove Bob");
    desk.wait_until("Bob to go", |desk| !desk.has(Role::ListBoxOption, "Member Bob"));
    bob.prepare(vec![sync()]);
    assert_ne!(facts(desk.call(Request::Wells { workspace: None }))[0], "Late Ltd", "it does not count");

    open(&mut desk, "Late work");
    choose(&mut desk, "Late work of Bob on");
    choose(&mut desk, "Late entry");
    desk.wait_for("it does not count because");
    run(&mut desk, "Late work: bring in all of this device");
    desk.wait_for("Bring in late work of Bob on");
    press(&mut desk, "Bring it in");
    desk.wait_for("entries that count now");
    desk.wait_for("No late work");
    assert_eq!(facts(desk.call(Request::Wells { workspace: None }))[0], "Late Ltd");
}

#[test]
fn another_machine_is_linked_and_ended() {
    let room = Room::new();
    let replies = room.with_files(&north());
    let Some(Reply::Init(made)) = replies.first() else { panic!("no workspace: {replies:?}") };
    let words = made.recovery_words.clone().expect("a new identity has words");
    let mut desk = Desk::open(room);
    desk.wait_for("Well North 1");
    desk.call(Request::Up);
    open(&mut desk, "Devices");
    desk.wait_for("not sealed: whoever can read the directory has it");
    run(&mut desk, "Devices: make a ticket for another machine of mine");
    desk.wait_for("QR code of the ticket");
    let ticket = desk.get_by(Role::MultilineTextInput, "Ticket").value().expect("its text");
    let link =
        Request::Link { ticket, words: Some(Words(words)), device: Some("tablet".to_owned()), ignore_clock: false };
    // It hands its own certificate over when it syncs.
    let linked = Room::new().prepare(vec![link, sync()]);
    assert!(matches!(linked[0], Reply::Linked(_)), "{linked:?}");

    choose(&mut desk, "Device tablet of Ada, live");
    run(&mut desk, "Devices: end the chosen device");
    desk.wait_for("End tablet of Ada for ever?");
    press(&mut desk, "End this device");
    desk.wait_for("Device tablet of Ada, revoked");
}

#[test]
fn space_is_freed_once_another_machine_proves_its_copy() {
    let (_host, bob) = ada_and_bob("editor");
    let mut desk = Desk::open(bob);
    desk.wait_for("Well North 1");
    open(&mut desk, "Storage");
    desk.wait_for("whole here, and on 1 other machine");
    desk.wait_for("some other machine says it has each blob");
    press(&mut desk, "Held here of this workspace: what is pinned, the rest when read");
    desk.wait_for("what is pinned is fetched, the rest when it is read");
    run(&mut desk, "Storage: see what can be freed");
    desk.wait_for("can go: others proved just now that they hold them");
    press(&mut desk, "Free it …");
    desk.wait_for("Proofs are made anew");
    press(&mut desk, "Free it");
    desk.wait_for("freed ");
    desk.wait_for("not whole here");
    let ask = DataRequest::Where { target: ".".to_owned() };
    let Reply::Where(place) = desk.call(Request::Data { workspace: None, ask }) else { panic!("no answer") };
    assert!(place.holders.iter().all(|holder| !holder.is_here), "{place:?}");
    assert_eq!(place.nowhere, 0, "Ada has all of it: {place:?}");
}

#[test]
fn what_only_this_machine_has_is_told_with_its_well() {
    let mut desk = Desk::with_files(&north());
    desk.wait_for("Well North 1");
    open(&mut desk, "Storage");
    desk.wait_for("no other machine says it has them");
    let Reply::OnlyHere(only) = desk.call(Request::Data { workspace: None, ask: DataRequest::OnlyHere { limit: 10 } })
    else {
        panic!("no answer")
    };
    assert!(only.blobs >= 2 && !only.things.is_empty(), "a table and its source: {only:?}");
    let first = only.things[0].name.clone();
    press(&mut desk, "What they are of");
    desk.wait_for(&format!("{first} of North 1"));
}

#[test]
fn a_check_and_a_look_for_problems_say_what_they_found() {
    let mut desk = Desk::with_files(&north());
    desk.wait_for("Well North 1");
    open(&mut desk, "Storage");
    desk.wait_for("Check everything");
    run(&mut desk, "Storage: check everything");
    desk.wait_for("all is well");
    run(&mut desk, "Storage: look for what is wrong");
    let Reply::Doctor(found) = desk.call(Request::Health { ask: HealthRequest::Doctor }) else { panic!("no answer") };
    match found.problems.first() {
        None => desk.wait_for("nothing is wrong with network, clock, disk and settings"),
        Some(problem) => desk.wait_for(&format!("{}: ", problem.about)),
    }
}

#[test]
fn a_desktop_syncs_pauses_and_writes_a_bundle() {
    let (host, bob) = ada_and_bob("editor");
    let mut desk = Desk::open(bob);
    desk.wait_for("Well North 1");
    host.call(set("company", "Acme"));
    open(&mut desk, "Sync");
    desk.wait_for("Peer Ada");
    run(&mut desk, "Sync: exchange with everybody now");
    desk.wait_for("reached Ada");
    assert_eq!(facts(desk.call(Request::Wells { workspace: None }))[0], "Acme");
    run(&mut desk, "Sync: start listening");
    desk.wait_for("listening at 127.0.0.1");
    run(&mut desk, "Sync: pause transfers of this workspace");
    desk.wait_for("paused: all of this workspace");
    run(&mut desk, "Sync: let transfers of this workspace go on");
    desk.wait_gone("paused: all of this workspace");

    let file = desk.room().file("north.bundle");
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    desk.fill("Bundle file", file.to_str().expect("a path in UTF-8"));
    press(&mut desk, "Write the bundle");
    desk.wait_for("wrote ");
    let ask = BundleRequest::Show { file, check: true };
    let Reply::Bundle(bundle) = host.call(Request::Bundle { workspace: None, ask }) else { panic!("no bundle") };
    assert_eq!(bundle.problem, None);
    assert!(bundle.blobs >= 2, "a table and its source: {bundle:?}");
}

#[test]
fn a_setting_is_saved_and_wrong_ones_are_refused_in_place() {
    let mut desk = Desk::with_files(&north());
    desk.wait_for("Well North 1");
    open(&mut desk, "Settings");
    press(&mut desk, "Settings: Storage");
    desk.fill("Copies that others must prove", "0");
    desk.wait_for("a whole number from 1 to 100");
    run(&mut desk, "Settings: save what is changed");
    let copies = |desk: &Desk| match desk.call(Request::ConfigGet { key: Some("cache.min_copies".to_owned()) }) {
        Reply::Config { values } => values[0].1.clone(),
        other => panic!("no setting: {other:?}"),
    };
    assert_eq!(copies(&desk), "1", "what is wrong is not sent");
    desk.fill("Copies that others must prove", "2");
    desk.wait_gone("a whole number from 1 to 100");
    run(&mut desk, "Settings: save what is changed");
    desk.wait_for("cache.min_copies is set");
    assert_eq!(copies(&desk), "2");

    press(&mut desk, "Settings: Sync");
    desk.fill("Relays", "nonsense");
    run(&mut desk, "Settings: save what is changed");
    desk.wait_for("Not understood");
    run(&mut desk, "Settings: take changes back");
    desk.wait_until("the field as it was", |desk| {
        let field = desk.harness.query_all(By::new().role(Role::TextInput).label("Relays")).next();
        field.is_some_and(|field| field.value().unwrap_or_default().is_empty())
    });
}

#[test]
fn a_viewer_is_told_why_not() {
    let (_host, bob) = ada_and_bob("viewer");
    let mut desk = Desk::open(bob);
    desk.wait_for("Well North 1");
    open(&mut desk, "Members");
    desk.wait_for("Make a ticket");
    let button = desk.get("Make a ticket");
    let node = button.accesskit_node();
    assert!(node.is_disabled(), "a viewer invites nobody");
    let why = node.description().expect("with a reason");
    assert!(why.contains("only admins and owners may invite people; you are a viewer here"), "{why}");
}

#[test]
fn people_and_machines_fit_at_twice_the_size() {
    let room = Room::new();
    room.with_files(&north());
    let mut desk = Desk::open_with(room, doubled());
    desk.wait_for("Well North 1");
    let views = [
        ("Conflicts", "Nothing to decide"),
        ("History", "Undo my last change"),
        ("Members", "Make a ticket"),
        ("Devices", "Seal the key"),
        ("Late work", "No late work"),
        ("Storage", "See what can go"),
        ("Sync", "Sync now"),
        ("Settings", "Theme of the window: Dark"),
    ];
    for (view, text) in views {
        open(&mut desk, view);
        desk.wait_for(text);
        nothing_stands_out(&desk, view);
        // The tabs of all of them together are wider than the window, and scroll.
        desk.press_with(Modifiers::COMMAND, Key::W);
    }
}
