//! A desktop on a data directory of its own, with what a person does at it.
#![allow(dead_code, reason = "flows come one by one, and each uses what it needs")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use dataforge_gui::bridge::ClientOpener;
use dataforge_gui::{App, State};
use dataforge_node::api::{ApiError, Reply, Request};
use dataforge_node::client::Client;
use egui::accesskit::{NodeId, Role};
use egui::{Key, Modifiers, Rect};
use egui_kittest::kittest::{By, NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) use crate::files::{csv, las, write};

/// Longest that anything may take to show; the machine may be busy.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Longest pause between two looks, should a wake-up get lost.
const PAUSE: Duration = Duration::from_millis(30);

/// Frames in a row in which what is to be clicked stays where it is.
const QUIET: u32 = 2;

/// Longest that is waited for that.
const MOST_REST: Duration = Duration::from_millis(1_500);

/// How a window is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Looks {
    /// Its size in points.
    pub(crate) size: [f32; 2],
    /// How many pixels a point has.
    pub(crate) pixels_per_point: f32,
    /// Whether names may be shown that the fonts have no letters for.
    pub(crate) any_letters: bool,
}

impl Default for Looks {
    fn default() -> Self {
        Self { size: [1440.0, 900.0], pixels_per_point: 1.0, any_letters: false }
    }
}

/// A window on a data directory, with a real node behind it.
pub(crate) struct Desk {
    /// First, so that the window closes before its directory goes.
    pub(crate) harness: Harness<'static, Option<App>>,
    wakes: Receiver<()>,
    room: Room,
}

/// A folder for a data directory and for files beside it, gone with its last owner.
#[derive(Debug)]
pub(crate) struct Room {
    folder: TempDir,
}

impl Room {
    /// Makes one whose node listens on loopback only.
    pub(crate) fn new() -> Self {
        // A test program is no worker: the desktop is.
        dataforge_node::worker::use_program(env!("CARGO_BIN_EXE_dataforge-gui"));
        let room = Self { folder: tempfile::tempdir().expect("a folder for a test") };
        write(&room.data().join("dataforge.toml"), "[network]\nlisten = \"127.0.0.1:0\"\n");
        room
    }

    /// Returns the data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Returns a path beside it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("files").join(name)
    }

    /// Opens the directory, makes calls one after another, and closes it.
    pub(crate) fn prepare(&self, requests: Vec<Request>) -> Vec<Reply> {
        calls(&self.data(), requests)
    }

    /// Makes the workspace Field of Ada, imports these files, and says what came of each call.
    pub(crate) fn with_files(&self, files: &[(&str, String)]) -> Vec<Reply> {
        for (name, text) in files {
            write(&self.file(name), text);
        }
        let mut requests = vec![init()];
        if !files.is_empty() {
            let paths = files.iter().map(|(name, _)| self.file(name)).collect();
            requests.push(Request::Import { workspace: None, paths, options: Default::default() });
        }
        self.prepare(requests)
    }
}

/// Makes the workspace Field of Ada.
pub(crate) fn init() -> Request {
    Request::Init { name: "Field".to_owned(), person: Some("Ada".to_owned()), device: Some("truck".to_owned()) }
}

impl Desk {
    /// Opens a window on an empty directory.
    pub(crate) fn empty() -> Self {
        Self::open(Room::new())
    }

    /// Opens a window on the workspace Field of Ada with these files imported.
    pub(crate) fn with_files(files: &[(&str, String)]) -> Self {
        let room = Room::new();
        room.with_files(files);
        Self::open(room)
    }

    /// Opens a window on a directory.
    pub(crate) fn open(room: Room) -> Self {
        Self::open_with(room, Looks::default())
    }

    /// Opens a window that looks so.
    pub(crate) fn open_with(room: Room, looks: Looks) -> Self {
        let (wake, wakes): (Sender<()>, _) = channel();
        let directory = room.data();
        let show = move |ui: &mut egui::Ui, app: &mut Option<App>| {
            let app = app.get_or_insert_with(|| {
                let wake = wake.clone();
                ui.ctx().set_request_repaint_callback(move |_| {
                    // Nobody listens any more once the test has ended.
                    let _gone = wake.send(());
                });
                let state = State::new(directory.clone(), "dataforge".to_owned());
                App::new(ui.ctx(), state, ClientOpener::new(directory.clone())).expect("threads are available")
            });
            app.receive(ui.ctx());
            app.show(ui);
        };
        let builder = Harness::builder().with_size(looks.size).with_pixels_per_point(looks.pixels_per_point);
        let builder = if looks.any_letters { builder.allow_missing_glyphs() } else { builder };
        Self { harness: builder.build_ui_state(show, None), wakes, room }
    }

    /// Closes the window and opens it again.
    pub(crate) fn restart(self) -> Self {
        let Self { harness, room, .. } = self;
        drop(harness);
        Self::open(room)
    }

    /// Returns the folder.
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Returns the application.
    pub(crate) fn app(&self) -> &App {
        self.harness.state().as_ref().expect("made with the first frame")
    }

    /// Draws a frame for each thing that was done.
    pub(crate) fn step(&mut self) {
        self.harness.step();
    }

    /// Draws until something with this text is there, which may be part of a longer one.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |desk| desk.shows(text));
    }

    /// Draws until nothing has this text.
    #[track_caller]
    pub(crate) fn wait_gone(&mut self, text: &str) {
        self.wait_until(&format!("{text} to go"), |desk| !desk.shows(text));
    }

    /// Draws until this is so.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        loop {
            self.harness.step();
            if done(self) {
                self.harness.check_accessibility();
                return;
            }
            assert!(start.elapsed() < DEADLINE, "waited in vain for: {what}\n{}", self.texts().join("\n"));
            // A lost wake-up is as good as one: look again.
            let _timeout = self.wakes.recv_timeout(PAUSE);
        }
    }

    /// Returns whether something has this text, which may be part of a longer one.
    pub(crate) fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    /// Returns whether something of this role has this text or a longer one.
    pub(crate) fn has(&self, role: Role, text: &str) -> bool {
        self.harness.query_all(By::new().role(role).label_contains(text)).next().is_some()
    }

    /// Returns the one thing that has this label.
    #[track_caller]
    pub(crate) fn get<'a>(&'a self, label: &'a str) -> Node<'a> {
        self.harness.query_all_by_label(label).next().unwrap_or_else(|| {
            panic!("nothing is labelled {label:?}:\n{}", self.texts().join("\n"));
        })
    }

    /// Returns the first thing of this role that has this text or a longer one.
    #[track_caller]
    pub(crate) fn get_by<'a>(&'a self, role: Role, text: &'a str) -> Node<'a> {
        self.harness.query_all(By::new().role(role).label_contains(text)).next().unwrap_or_else(|| {
            panic!("no {role:?} has {text:?}:\n{}", self.texts().join("\n"));
        })
    }

    /// Clicks what has this label once it is there, also where it is scrolled out of sight.
    #[track_caller]
    pub(crate) fn click(&mut self, label: &str) {
        self.rest(label, |desk| spot(desk.harness.query_all_by_label(label).next()));
        self.get(label).click_accesskit();
        self.harness.step();
    }

    /// Draws until something is there and stays where it is, as a person waits before they click: what
    /// comes in meanwhile moves what is below it.
    #[track_caller]
    pub(crate) fn rest(&mut self, what: &str, place: impl Fn(&Self) -> Option<Spot>) {
        self.wait_until(what, |desk| place(desk).is_some());
        let (began, mut quiet, mut before) = (Instant::now(), 0, place(self));
        // Some calls last: those are not waited for.
        while quiet < QUIET && began.elapsed() < MOST_REST {
            let _timeout = self.wakes.recv_timeout(PAUSE);
            self.harness.step();
            let now = place(self);
            let is_quiet = now.is_some() && now == before && self.app().calls_under_way() == 0;
            quiet = if is_quiet { quiet + 1 } else { 0 };
            before = now;
        }
        self.wait_until(what, |desk| place(desk).is_some());
    }

    /// Clicks the first thing of this role with this text once it is there.
    #[track_caller]
    pub(crate) fn click_by(&mut self, role: Role, text: &str) {
        self.rest(text, |desk| spot(desk.harness.query_all(By::new().role(role).label_contains(text)).next()));
        self.get_by(role, text).click();
        self.harness.step();
    }

    /// Does a command by its name, as the palette has it.
    #[track_caller]
    pub(crate) fn command(&mut self, name: &str) {
        self.press_with(Modifiers::COMMAND, Key::K);
        self.fill("Find a command or name", name);
        self.wait_for(&format!("Command: {name}"));
        self.press(Key::Enter);
        self.wait_gone(&format!("Command: {name}"));
    }

    /// Drops a file or folder on the window.
    pub(crate) fn drop_file(&mut self, path: &Path) {
        self.harness.input_mut().dropped_files.push(Arc::new(Dropped(path.to_owned())));
        self.harness.step();
    }

    /// Puts text into the field with this label, instead of what is there.
    #[track_caller]
    pub(crate) fn fill(&mut self, label: &str, text: &str) {
        self.rest(label, |desk| spot(desk.field(label)));
        self.field(label).expect("waited for").focus();
        self.harness.step();
        self.press_with(Modifiers::COMMAND, Key::A);
        self.press(Key::Backspace);
        if !text.is_empty() {
            self.harness.event(egui::Event::Text(text.to_owned()));
            self.harness.step();
        }
    }

    /// Returns what the field with this label holds.
    #[track_caller]
    pub(crate) fn value(&self, label: &str) -> String {
        self.field(label).unwrap_or_else(|| panic!("no field {label:?}")).value().unwrap_or_default()
    }

    fn field<'a>(&'a self, label: &'a str) -> Option<Node<'a>> {
        let is_text = |role| matches!(role, Role::TextInput | Role::MultilineTextInput);
        self.harness.query_all_by_label(label).find(|node| is_text(node.accesskit_node().role()))
    }

    /// Presses a key.
    pub(crate) fn press(&mut self, key: Key) {
        self.press_with(Modifiers::NONE, key);
    }

    /// Presses a key with others held down.
    pub(crate) fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.step();
    }

    /// Waits until the window wants to draw; `false` when it does not for so long.
    pub(crate) fn woken_within(&self, time: Duration) -> bool {
        self.wakes.recv_timeout(time).is_ok()
    }

    /// Makes a call as another program beside the window would.
    pub(crate) fn call(&self, request: Request) -> Reply {
        calls(&self.room.data(), vec![request]).remove(0)
    }

    /// Returns all that can be read in the window, for messages.
    pub(crate) fn texts(&self) -> Vec<String> {
        let nodes = self.harness.root().children_recursive();
        let told = nodes.map(|node| node.accesskit_node()).filter_map(|node| {
            let text = node.label().filter(|label| !label.is_empty()).or_else(|| node.value())?;
            Some(format!("{:?} {text}", node.role()))
        });
        told.collect()
    }
}

/// What something is in a frame, and where.
type Spot = (NodeId, Rect);

/// Returns that of what was found.
pub(crate) fn spot(node: Option<Node<'_>>) -> Option<Spot> {
    node.map(|node| (node.accesskit_node().locate().0, node.rect()))
}

/// A file or folder that is dropped on the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads are available")
}

fn calls(data: &Path, requests: Vec<Request>) -> Vec<Reply> {
    let told = runtime().block_on(async {
        let client = Box::pin(Client::open(data)).await?;
        let mut replies = Vec::new();
        for request in requests {
            replies.push(Box::pin(client.call(request, |_| {})).await?);
        }
        client.close().await;
        Ok::<_, ApiError>(replies)
    });
    told.unwrap_or_else(|error| panic!("{error:?}"))
}

/// A node without a window, for others to meet: it is up while this lives.
pub(crate) struct Host {
    runtime: Runtime,
    client: Option<Client>,
    /// Its folder.
    pub(crate) room: Room,
}

impl Host {
    /// Opens a directory and lets it listen.
    pub(crate) fn up(room: Room) -> Self {
        let runtime = runtime();
        let client = runtime.block_on(Box::pin(Client::open(&room.data()))).expect("the directory opens");
        let host = Self { runtime, client: Some(client), room };
        host.call(Request::Up);
        host
    }

    /// Makes a call.
    pub(crate) fn call(&self, request: Request) -> Reply {
        self.try_call(request).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Makes a call that may fail.
    pub(crate) fn try_call(&self, request: Request) -> Result<Reply, ApiError> {
        let client = self.client.as_ref().expect("open until it is dropped");
        self.runtime.block_on(Box::pin(client.call(request, |_| {})))
    }

    /// Makes a ticket for somebody.
    pub(crate) fn ticket(&self, role: &str) -> String {
        let request = Request::Invite { workspace: None, role: role.to_owned(), uses: 1, hours: 1, form: None };
        match self.call(request) {
            Reply::Invite(invited) => invited.ticket,
            other => panic!("no ticket: {other:?}"),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            self.runtime.block_on(client.close());
        }
    }
}
