//! The window as people meet it: found by role and label, with a node behind it that is made up.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dataforge_gui::{App, Door, Opener, State};
use dataforge_node::api::{
    ApiError, BlameReply, CurveInfo, DataRequest, ErrorKind, Event, HistoryRequest, LateQuota, Reply, Request, RunInfo,
    StateInfo, StatusReply, WellInfo, WhereReply, WorkspaceInfo, WorkspaceStatus,
};
use dataforge_node::client::Output;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{By, Queryable as _};
use tokio::sync::mpsc;

/// Longest that anything may take to show; the machine may be busy.
const DEADLINE: Duration = Duration::from_secs(20);

/// Longest pause between two looks, should a wake-up get lost.
const PAUSE: Duration = Duration::from_millis(50);

/// What the made-up node holds.
#[derive(Default)]
struct Held {
    open_error: Option<ApiError>,
    wells_error: Option<ApiError>,
    /// A call for wells panics.
    panics: bool,
    /// A call for wells never ends.
    hangs: bool,
    workspace: bool,
    wells: Vec<String>,
}

type Shared = Arc<Mutex<Held>>;

struct FakeDoor {
    held: Shared,
    events: tokio::sync::Mutex<mpsc::Receiver<Event>>,
}

struct FakeOpener {
    held: Shared,
    events: Mutex<Option<mpsc::Receiver<Event>>>,
}

impl Opener for FakeOpener {
    type Door = FakeDoor;

    async fn open(&self) -> Result<FakeDoor, ApiError> {
        if let Some(error) = self.held.lock().expect("no test panics with the lock").open_error.clone() {
            return Err(error);
        }
        let events = self.events.lock().expect("no test panics with the lock").take().expect("opened once");
        Ok(FakeDoor { held: Arc::clone(&self.held), events: tokio::sync::Mutex::new(events) })
    }
}

impl Door for FakeDoor {
    async fn call(&self, request: Request, _out: impl FnMut(Output) + Send) -> Result<Reply, ApiError> {
        if matches!(request, Request::Wells { .. }) {
            let (panics, hangs) = {
                let held = self.held.lock().expect("no test panics with the lock");
                (held.panics, held.hangs)
            };
            assert!(!panics, "as the test wants it");
            if hangs {
                std::future::pending::<()>().await;
            }
        }
        let held = self.held.lock().expect("no test panics with the lock");
        Ok(match request {
            Request::Status => Reply::Status(status(&held)),
            Request::Wells { .. } => match held.wells_error.clone() {
                Some(error) => return Err(error),
                None => Reply::Wells { wells: held.wells.iter().map(|name| well(name)).collect() },
            },
            Request::Runs { well: Some(well), .. } => Reply::Runs { runs: vec![run(&well, 1), run(&well, 2)] },
            Request::Curves { run: Some(run), .. } => Reply::Curves { curves: curves(&run) },
            Request::Projects { .. } => Reply::Projects { projects: Vec::new() },
            Request::Conflicts { .. } => Reply::Conflicts { conflicts: Vec::new() },
            Request::Charts { .. } => Reply::Charts { charts: Vec::new() },
            Request::Data { ask: DataRequest::Marks, .. } => Reply::Marks { marks: Vec::new() },
            Request::Data { ask: DataRequest::Where { target }, .. } => Reply::Where(WhereReply {
                target,
                blobs: 0,
                bytes: 0,
                holders: Vec::new(),
                nowhere: 0,
                each: Vec::new(),
            }),
            Request::History { ask: HistoryRequest::Blame { target, .. }, .. } => {
                let state = StateInfo { asked: String::new(), changes: 0, last: None };
                Reply::Blame(BlameReply { target, state, fields: Vec::new() })
            }
            Request::Log { .. } => Reply::Log { entries: Vec::new() },
            Request::Query { .. } => Reply::Query { rows: 0, bytes: 0 },
            other => {
                return Err(ApiError::new(ErrorKind::Internal, format!("not made up: {other:?}")));
            }
        })
    }

    async fn next_event(&self) -> Option<Event> {
        self.events.lock().await.recv().await
    }
}

fn status(held: &Held) -> StatusReply {
    let workspace = WorkspaceInfo {
        id: "ws".to_owned(),
        name: "Volve".to_owned(),
        role: "owner".to_owned(),
        wells: held.wells.len() as u64,
        runs: 2 * held.wells.len() as u64,
        members: 1,
        // Always the same, so that only an event tells the window of a change.
        entries: 7,
    };
    let workspace = WorkspaceStatus {
        workspace,
        only_here: 12_345,
        blobs_missing: 0,
        bytes_missing: 0,
        blobs_only_here: 0,
        blobs_too_few: 0,
        conflicts: 0,
        min_copies: 1,
        waiting: 0,
        set_aside: 0,
        late: LateQuota::default(),
        connected: vec!["Grace, rig laptop".to_owned()],
    };
    StatusReply {
        version: "0.1.0".to_owned(),
        directory: PathBuf::from("/data"),
        device_id: Some("0123456789abcdef".to_owned()),
        person: Some("Ada".to_owned()),
        up: false,
        addresses: Vec::new(),
        workspaces: if held.workspace { vec![workspace] } else { Vec::new() },
        blob_bytes: 0,
        free_bytes: None,
        up_since: None,
        peers: Vec::new(),
        metrics: None,
        backups: Vec::new(),
        relays: Vec::new(),
        relay: None,
        faces: Vec::new(),
    }
}

fn well(name: &str) -> WellInfo {
    WellInfo {
        id: format!("id-{name}"),
        name: name.to_owned(),
        uwi: Some(format!("NO {name}")),
        field: Some("Volve".to_owned()),
        company: None,
        country: None,
        runs: 2,
        curves: 4,
        held: 2,
        project_id: None,
        top_m: Some(100.0),
        base_m: Some(3200.0),
        grid_unit: None,
        grid_step: None,
        grid_origin: None,
    }
}

fn run(well: &str, number: u32) -> RunInfo {
    RunInfo {
        id: format!("{well}/run{number}"),
        short: format!("run{number}"),
        name: format!("Run {number}"),
        well_id: well.to_owned(),
        well: well.to_owned(),
        source: format!("run{number}.las"),
        kind: "log".to_owned(),
        set: "Log".to_owned(),
        rows: 5000,
        curves: 2,
        index: "DEPT".to_owned(),
        index_unit: "M".to_owned(),
        index_kind: "depth".to_owned(),
        index_min: Some(100.0),
        index_max: Some(3200.0),
        step: Some(0.1524),
        acquisition: Vec::new(),
        notices: 0,
        blob: "b10b".to_owned(),
        blob_bytes: 4096,
        held: true,
        refused: None,
    }
}

/// Returns gamma ray for the first run and density for the second, named after their well.
fn curves(run: &str) -> Vec<CurveInfo> {
    let (well, run) = run.split_once('/').expect("WELL/RUN");
    let (name, unit, property) =
        if run == "run1" { ("GR", "gAPI", "gamma_ray") } else { ("RHOB", "g/cm3", "bulk_density") };
    vec![CurveInfo {
        run: run.to_owned(),
        well: well.to_owned(),
        ordinal: 1,
        curve: format!("{name} of {well}"),
        mnemonic: name.to_owned(),
        column: name.to_lowercase(),
        unit: unit.to_owned(),
        description: String::new(),
        property: Some(property.to_owned()),
        confidence: 95,
        reason: "by its mnemonic".to_owned(),
        quality: "raw".to_owned(),
        preferred: false,
        count: 4990,
        nulls: 10,
        min: Some(1.25),
        max: Some(150.0),
        mean: Some(60.0),
        top: Some(101.5),
        base: Some(3199.0),
    }]
}

/// A window on a made-up node.
struct Window {
    harness: Harness<'static, Option<App>>,
    held: Shared,
    events: mpsc::Sender<Event>,
    wakes: Receiver<()>,
}

impl Window {
    fn open(held: Held) -> Self {
        let held = Arc::new(Mutex::new(held));
        let (events, receiver) = mpsc::channel(8);
        let opener = FakeOpener { held: Arc::clone(&held), events: Mutex::new(Some(receiver)) };
        let (wake, wakes): (Sender<()>, _) = channel();
        let mut opener = Some(opener);
        let show = move |ui: &mut egui::Ui, app: &mut Option<App>| {
            let app = app.get_or_insert_with(|| {
                let wake = wake.clone();
                ui.ctx().set_request_repaint_callback(move |_| {
                    // Nobody listens any more once the test has ended.
                    let _ = wake.send(());
                });
                let state = State::new("/data".into(), "dataforge".to_owned());
                App::new(ui.ctx(), state, opener.take().expect("made once")).expect("threads are available")
            });
            app.receive(ui.ctx());
            app.show(ui);
        };
        let harness = Harness::builder().with_size([1280.0, 800.0]).build_ui_state(show, None);
        Self { harness, held, events, wakes }
    }

    fn with_wells(names: &[&str]) -> Self {
        let wells = names.iter().map(|&name| name.to_owned()).collect();
        Self::open(Held { workspace: true, wells, ..Held::default() })
    }

    /// Draws until something with this text is there, which may be part of a longer one.
    fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |window| window.shows(text));
    }

    fn wait_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        loop {
            self.harness.step();
            if done(self) {
                self.harness.check_accessibility();
                return;
            }
            assert!(start.elapsed() < DEADLINE, "waited in vain for: {what}\n{:#?}", self.harness.root());
            // A lost wake-up is as good as one: look again.
            let _ = self.wakes.recv_timeout(PAUSE);
        }
    }

    /// Draws some frames, whatever is still on its way.
    fn settle(&mut self) {
        for _ in 0..4 {
            self.harness.step();
        }
    }

    fn shows(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }

    fn row(&self, text: &'static str) -> egui_kittest::Node<'_> {
        self.harness.get(By::new().role(Role::ListBoxOption).label_contains(text))
    }

    fn selected_well(&self) -> Option<&str> {
        self.harness.state().as_ref()?.state().selection.well.as_deref()
    }
}

#[test]
fn an_empty_directory_says_how_to_begin() {
    let mut window = Window::open(Held::default());
    window.wait_for("No workspace here yet");
    assert!(window.shows("dataforge init NAME"));
    assert!(window.shows("dataforge join TICKET"));
}

#[test]
fn a_workspace_without_wells_says_how_to_import() {
    let mut window = Window::with_wells(&[]);
    window.wait_for("No wells yet");
    assert!(window.shows("dataforge import DIR"));
}

#[test]
fn workspaces_wells_and_status_are_shown() {
    let mut window = Window::with_wells(&["15/9-F-1", "15/9-F-4"]);
    window.wait_for("Well 15/9-F-4, 2 runs, 4 curves");
    for text in ["Workspace Volve, owner", "Well 15/9-F-1", "Not up", "Ada on 0123456789", "only here", "1 peer"] {
        assert!(window.shows(text), "{text}");
    }
}

#[test]
fn selecting_a_well_shows_its_runs_and_curves() {
    let mut window = Window::with_wells(&["A1", "B2"]);
    window.wait_for("Well B2");
    window.row("Well B2").click();
    window.wait_for("Curve GR of id-B2, gamma_ray, 4990 values, 1.25 – 150 gAPI, 101.5 – 3199 M");
    assert!(window.shows("Run Run 1, 100 – 3200 M"));

    window.row("Run Run 2").click();
    window.wait_for("Curve RHOB of id-B2, bulk_density");
    assert!(!window.shows("Curve GR"));
}

#[test]
fn an_error_is_shown_in_place_with_its_hint() {
    let error = ApiError::new(ErrorKind::Damaged, "the index cannot be read").hint("run dataforge verify");
    let mut window = Window::open(Held { workspace: true, wells_error: Some(error), ..Held::default() });
    window.wait_for("The index cannot be read");
    assert!(window.shows("Damaged data"));
    assert!(window.shows("run dataforge verify"));
    assert!(window.shows("Workspace Volve"), "what can be shown is");

    {
        let mut held = window.held.lock().expect("no test panics with the lock");
        held.wells_error = None;
        held.wells = vec!["A1".to_owned()];
    }
    window.harness.key_press(Key::F5);
    window.wait_for("Well A1");
    assert!(!window.shows("The index cannot be read"));
}

#[test]
fn a_directory_that_is_in_use_can_be_tried_again() {
    let error = ApiError::new(ErrorKind::Busy, "another process is using /data").hint("end it");
    let mut window = Window::open(Held { open_error: Some(error), ..Held::default() });
    window.wait_for("Another process is using /data");
    assert!(window.shows("end it"));
    window.held.lock().expect("no test panics with the lock").open_error = None;
    window.harness.get_by_label("Try again").click();
    window.wait_for("No workspace here yet");
}

#[test]
fn search_filters_the_wells() {
    let mut window = Window::with_wells(&["Alpha", "Beta", "Gamma"]);
    window.wait_for("Well Gamma");
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.wait_until("focus", |window| window.harness.get_by_label("Search wells").is_focused());
    window.harness.get_by_label("Search wells").type_text("no bet");
    window.wait_until("filtered", |window| !window.shows("Well Alpha"));
    assert!(window.shows("Well Beta"));

    window.harness.key_press(Key::Enter);
    window.wait_for("Curve GR of id-Beta");

    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.wait_until("focus", |window| window.harness.get_by_label("Search wells").is_focused());
    window.harness.get_by_label("Search wells").type_text(" nonsense");
    window.wait_for("No well matches");
    window.harness.get_by_label("Clear search").click();
    window.wait_for("Well Alpha");
}

#[test]
fn escape_clears_the_search() {
    let mut window = Window::with_wells(&["Alpha", "Beta"]);
    window.wait_for("Well Beta");
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.wait_until("focus", |window| window.harness.get_by_label("Search wells").is_focused());
    window.harness.get_by_label("Search wells").type_text("alp");
    window.wait_until("filtered", |window| !window.shows("Well Beta"));
    window.harness.key_press(Key::Escape);
    window.wait_for("Well Beta");
}

#[test]
fn arrow_keys_select_wells_and_keep_them_in_view() {
    let names: Vec<String> = (0..200).map(|number| format!("W{number:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut window = Window::with_wells(&names);
    window.wait_for("Well W000");
    assert!(!window.shows("Well W150"), "only rows in view are drawn");
    for row in 0..=150 {
        window.harness.key_press(Key::ArrowDown);
        window.wait_until("next", |window| window.selected_well() == Some(&format!("id-W{row:03}")));
    }
    window.wait_for("Well W150");
    window.wait_for("Curve GR of id-W150");
    window.harness.key_press(Key::ArrowUp);
    window.wait_for("Curve GR of id-W149");
    window.wait_until("focus", |window| window.row("Well W149").is_focused());

    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.wait_until("search", |window| window.harness.get_by_label("Search wells").is_focused());
    window.harness.key_press(Key::Enter);
    window.wait_until("first", |window| window.shows("Well W000") && window.row("Well W000").is_focused());
    // The row holds the arrow keys from the frame after it got the focus.
    window.settle();
    window.harness.key_press(Key::ArrowUp);
    window.settle();
    assert!(window.row("Well W000").is_focused(), "the focus does not leave the list at its end");
}

#[test]
fn arrow_keys_select_runs_while_a_run_has_the_focus() {
    let mut window = Window::with_wells(&["A1", "B2"]);
    window.wait_for("Well A1");
    window.row("Well A1").click();
    window.wait_for("Run Run 1");
    window.row("Run Run 1").click();
    window.wait_until("focus", |window| window.row("Run Run 1").is_focused());
    window.harness.key_press(Key::ArrowDown);
    window.wait_for("Curve RHOB of id-A1");
    assert_eq!(window.selected_well(), Some("id-A1"));
}

#[test]
fn a_change_in_the_node_shows_by_itself() {
    let mut window = Window::with_wells(&["Alpha"]);
    window.wait_for("Well Alpha");
    window.held.lock().expect("no test panics with the lock").wells.push("Omega".to_owned());
    window.events.try_send(Event::Changed { workspace: "ws".to_owned(), entries: 1 }).unwrap();
    window.wait_for("Well Omega");
    window.events.try_send(Event::Notice { message: "the disk is nearly full".to_owned() }).unwrap();
    window.wait_for("the disk is nearly full");
    window.harness.get_by_label("Dismiss").click();
    window.wait_until("dismissed", |window| !window.shows("the disk is nearly full"));
}

#[test]
fn themes_can_be_chosen() {
    let mut window = Window::with_wells(&["Alpha"]);
    window.wait_for("Well Alpha");
    for (label, theme) in [("Theme: Dark", egui::Theme::Dark), ("Theme: Light", egui::Theme::Light)] {
        window.harness.get_by_label(label).click();
        window.wait_until(label, |window| window.harness.ctx.theme() == theme);
    }
}

#[test]
fn a_panic_in_the_node_is_an_error_and_no_endless_wait() {
    let mut window = Window::open(Held { workspace: true, panics: true, ..Held::default() });
    window.wait_for("The node panicked");
    assert!(window.shows("A bug in DataForge"));
    window.held.lock().unwrap().panics = false;
    window.harness.get_by_label("Refresh").click();
    window.wait_for("No wells yet");
}

#[test]
fn the_window_draws_and_closes_while_a_call_hangs() {
    let mut window = Window::open(Held { workspace: true, hangs: true, ..Held::default() });
    window.wait_for("Loading wells");
    assert!(window.shows("Workspace Volve"));
    let start = Instant::now();
    drop(window);
    assert!(start.elapsed() < DEADLINE);
}
