//! The desktop without a window: what a frame costs the thread that draws, while logs are scrolled
//! and zoomed, with many wells in the tree, with many rows in the grid, and when nothing happens.
//!
//! Frames are drawn and tessellated as for a screen; what a graphics card does is not measured.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dataforge_gui::bridge::ClientOpener;
use dataforge_gui::view::Place;
use dataforge_gui::{Action, App, State};
use dataforge_node::api::{Reply, Request};
use dataforge_tests::las::write_las;
use egui::epaint::Primitive;
use egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, Pos2, RawInput, Rect, TouchPhase, Vec2, pos2, vec2,
};

use super::store::memory;
use super::story;

/// Size of the window in points, and pixels of a point.
const SIZE: Vec2 = vec2(1920.0, 1080.0);
const PIXELS: f32 = 1.0;
/// Frames of each kind of movement.
const FRAMES: usize = 400;
/// Wells in the tree.
const WELLS: u32 = 10_000;
/// Curves of the long run.
const CURVES: usize = 12;
/// Longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long nothing happens.
const IDLE: Duration = Duration::from_secs(10);

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A window that nobody sees.
struct Stage {
    ctx: egui::Context,
    app: App,
    wanted: Arc<AtomicBool>,
    time: Instant,
}

impl Stage {
    fn open(place: &Path) -> Outcome<Self> {
        let ctx = egui::Context::default();
        let wanted = Arc::new(AtomicBool::new(true));
        let flag = Arc::clone(&wanted);
        ctx.set_request_repaint_callback(move |_| flag.store(true, Ordering::Release));
        let state = State::new(place.to_owned(), "dataforge".to_owned());
        let app = App::new(&ctx, state, ClientOpener::new(place.to_owned()))?;
        Ok(Self { ctx, app, wanted, time: Instant::now() })
    }

    /// Draws a frame; returns milliseconds.
    fn frame(&mut self, events: Vec<Event>) -> f64 {
        self.draw(events).0
    }

    /// Draws a frame; returns milliseconds and the corners of all that is drawn.
    fn draw(&mut self, events: Vec<Event>) -> (f64, usize) {
        self.wanted.store(false, Ordering::Release);
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.time.elapsed().as_secs_f64()),
            events,
            ..RawInput::default()
        };
        if let Some(viewport) = input.viewports.get_mut(&egui::ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(PIXELS);
        }
        let begun = Instant::now();
        let app = &mut self.app;
        let output = self.ctx.run_ui(input, |ui| {
            app.receive(ui.ctx());
            app.show(ui);
        });
        let (shapes, scale) = (output.shapes.clone(), output.pixels_per_point);
        output.drop_without_applying_deltas();
        let meshes = self.ctx.tessellate(shapes, scale);
        let took = begun.elapsed().as_secs_f64() * 1e3;
        let corners = meshes.iter().map(|mesh| match &mesh.primitive {
            Primitive::Mesh(mesh) => mesh.vertices.len(),
            Primitive::Callback(_) => 0,
        });
        (took, corners.sum())
    }

    /// Draws whenever something wants it, until all calls have ended and nothing does for a while.
    fn settle(&mut self) -> Outcome<Settled> {
        let (begun, mut drawn) = (Instant::now(), Vec::new());
        let mut quiet = Instant::now();
        while quiet.elapsed() < Duration::from_millis(700) {
            if begun.elapsed() > PATIENCE {
                return Err("the window does not come to rest".into());
            }
            if self.wanted.load(Ordering::Acquire) {
                let (_, corners) = self.draw(Vec::new());
                drawn.push((begun.elapsed(), corners));
            }
            if self.app.calls_under_way() > 0 {
                quiet = Instant::now();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // An overview has as many corners as what is exact: one line for each row of pixels.
        let nearly = drawn.last().map_or(0, |(_, corners)| corners * 9 / 10);
        let first = drawn.iter().find(|(_, corners)| *corners >= nearly).map_or(begun.elapsed(), |(at, _)| *at);
        Ok(Settled { painted_ms: first.as_secs_f64() * 1e3, whole_ms: (quiet - begun).as_secs_f64() * 1e3 })
    }

    fn open_view(&mut self, place: Place) -> Outcome<Settled> {
        self.app.act(&self.ctx.clone(), Action::Open(place));
        self.settle()
    }
}

/// When something that was opened came to be drawn.
#[derive(Debug, Clone, Copy)]
struct Settled {
    /// Until as much was drawn as at the end.
    painted_ms: f64,
    /// Until the last call ended.
    whole_ms: f64,
}

/// Middle of what the views have of the window.
fn middle() -> Pos2 {
    pos2(SIZE.x * 0.55, SIZE.y * 0.6)
}

fn wheel(lines: f32, modifiers: Modifiers) -> Vec<Event> {
    let delta = vec2(0.0, lines);
    vec![
        Event::PointerMoved(middle()),
        Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta,
            phase: TouchPhase::Move,
            source: MouseWheelSource::Wheel,
            modifiers,
        },
    ]
}

fn key(key: Key) -> Vec<Event> {
    let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
    vec![event(true), event(false)]
}

/// Prints what frames took.
fn report(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("{what}: median {:.2} ms, p95 {:.2} ms, longest {:.2} ms", at(0.5), at(0.95), at(1.0));
}

/// Makes what is looked at, and looks at it in a process of its own.
pub(super) fn measure(dir: &Path, rows: usize) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (long, many) = (dir.join("long"), dir.join("many"));
    let (workspace, well, run) = runtime.block_on(make_long(&long, &dir.join("long-logs"), rows))?;
    runtime.block_on(make_many(&many, &dir.join("many-logs")))?;
    let own = std::env::current_exe()?;
    let (rows, long, many) = (rows.to_string(), path_text(&long)?, path_text(&many)?);
    for args in [["--desktop-look", long, &workspace, &well, &run, &rows].as_slice(), &["--desktop-tree", many]] {
        let status = std::process::Command::new(&own).args(args).status()?;
        if !status.success() {
            return Err(format!("{} ended with {status}", args[0]).into());
        }
    }
    Ok(())
}

fn path_text(path: &Path) -> Outcome<&str> {
    path.to_str().ok_or_else(|| "the folder's name is no UTF-8".into())
}

/// Looks at a long run as logs and as a grid.
pub(super) fn look(place: &Path, [workspace, well, run]: [&str; 3], rows: usize) -> Outcome<()> {
    logs(place, workspace, well, rows)?;
    println!("memory at most until here {:.0} MB", memory(std::process::id(), "VmHWM")?);
    grid(place, workspace, run, rows)?;
    println!("memory at most {:.0} MB", memory(std::process::id(), "VmHWM")?);
    Ok(())
}

/// Looks at many wells.
pub(super) fn look_at_many(place: &Path) -> Outcome<()> {
    tree(place)?;
    println!("memory at most {:.0} MB", memory(std::process::id(), "VmHWM")?);
    Ok(())
}

fn logs(place: &Path, workspace: &str, well: &str, rows: usize) -> Outcome<()> {
    let mut stage = Stage::open(place)?;
    stage.settle()?;
    let before = memory(std::process::id(), "VmRSS")?;
    let (workspace, well) = (workspace.to_owned(), well.to_owned());
    let took = stage.open_view(Place::LogOf { workspace, well, template: "triple_combo".to_owned() })?;
    println!(
        "a triple combo of runs of {CURVES} × {rows}: painted after {:.0} ms, all there after {:.0} ms, {:.0} MB more",
        took.painted_ms,
        took.whole_ms,
        memory(std::process::id(), "VmRSS")? - before
    );
    report(
        "whole, drawn again",
        (0..FRAMES).map(|at| stage.frame(vec![Event::PointerMoved(middle() + vec2((at % 50) as f32, 0.0))])).collect(),
    );
    let zoomed = (0..FRAMES).map(|at| stage.frame(wheel(if at < FRAMES / 2 { 1.0 } else { -0.5 }, Modifiers::COMMAND)));
    report("zoomed", zoomed.collect());
    let scrolled = (0..FRAMES).map(|at| stage.frame(wheel(if at % 100 < 50 { -3.0 } else { 3.0 }, Modifiers::NONE)));
    report("scrolled", scrolled.collect());
    stage.settle()?;
    idle(&mut stage)
}

/// Waits, and prints what that cost.
fn idle(stage: &mut Stage) -> Outcome<()> {
    let (begun, before) = (Instant::now(), processor()?);
    let mut frames = 0;
    while begun.elapsed() < IDLE {
        if stage.wanted.load(Ordering::Acquire) {
            stage.frame(Vec::new());
            frames += 1;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let share = (processor()? - before) / begun.elapsed().as_secs_f64();
    println!("idle: {:.2} % of a processor, {frames} frames in {} s", share * 100.0, IDLE.as_secs());
    Ok(())
}

/// Returns the seconds that this process has had of processors.
fn processor() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<_> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    // Fields 14 and 15, in hundredths of a second on Linux.
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok((user + system) / 100.0),
        _ => Err("/proc/self/stat has another form".into()),
    }
}

fn grid(place: &Path, workspace: &str, run: &str, rows: usize) -> Outcome<()> {
    let mut stage = Stage::open(place)?;
    stage.settle()?;
    let (workspace, run) = (workspace.to_owned(), run.to_owned());
    let took = stage.open_view(Place::Grid { workspace, run })?;
    println!("grid of {rows} rows: painted after {:.0} ms, all there after {:.0} ms", took.painted_ms, took.whole_ms);
    let scrolled = (0..FRAMES).map(|at| stage.frame(wheel(if at % 200 < 150 { -20.0 } else { 20.0 }, Modifiers::NONE)));
    report("grid scrolled", scrolled.collect());
    Ok(())
}

fn tree(place: &Path) -> Outcome<()> {
    let mut stage = Stage::open(place)?;
    stage.settle()?;
    let steps = (0..FRAMES).map(|_| stage.frame(key(Key::ArrowDown)));
    report(&format!("{WELLS} wells, stepped through"), steps.collect());
    let over = pos2(150.0, SIZE.y * 0.6);
    let scrolled = (0..FRAMES).map(|_| {
        let wheel = Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: vec2(0.0, -10.0),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        };
        stage.frame(vec![Event::PointerMoved(over), wheel])
    });
    report("the same scrolled", scrolled.collect());
    Ok(())
}

/// Makes a workspace with one long run; returns the ids of workspace, well and run.
async fn make_long(place: &Path, logs: &Path, rows: usize) -> Outcome<(String, String, String)> {
    std::fs::create_dir_all(logs)?;
    write_long(&logs.join("long.las"), rows)?;
    let begun = Instant::now();
    let node = story::begin(place).await?;
    let (summary, _) = story::import(&node, logs, |_| {}).await?;
    println!(
        "a run of {CURVES} × {rows} imported in {:.1} s ({} file)",
        begun.elapsed().as_secs_f64(),
        summary.imported
    );
    let Reply::Runs { runs } = story::call(&node, Request::Runs { workspace: None, well: None }).await? else {
        return Err("no runs".into());
    };
    let run = runs.first().ok_or("no run")?;
    let Reply::Workspaces { workspaces } = story::call(&node, Request::Workspaces).await? else {
        return Err("no workspaces".into());
    };
    let ids = (workspaces.first().ok_or("no workspace")?.id.clone(), run.well.clone(), run.id.clone());
    node.close().await;
    Ok(ids)
}

/// Writes a LAS file of common curves that wander as real ones do.
fn write_long(path: &Path, rows: usize) -> Outcome<()> {
    let mut random = fastrand::Rng::with_seed(8);
    let curves = [
        ("GR", "GAPI", 0.0, 150.0),
        ("SP", "MV", -100.0, 50.0),
        ("CALI", "IN", 6.0, 16.0),
        ("RDEP", "OHMM", 0.2, 200.0),
        ("RMED", "OHMM", 0.2, 200.0),
        ("RSHA", "OHMM", 0.2, 200.0),
        ("RHOB", "G/C3", 1.95, 2.95),
        ("NPHI", "V/V", 0.0, 0.6),
        ("PEF", "B/E", 1.0, 6.0),
        ("DT", "US/F", 40.0, 140.0),
        ("DRHO", "G/C3", -0.2, 0.2),
        ("ROP", "M/H", 1.0, 60.0),
    ];
    let mut values: Vec<f64> = curves.iter().map(|(_, _, low, high)| (low + high) / 2.0).collect();
    let mut text = String::with_capacity(rows * 110);
    text.push_str("~Version\n VERS. 2.0 : CWLS LAS 2.0\n WRAP. NO :\n~Well\n");
    let step = 0.01;
    let stop = 500.0 + step * rows.saturating_sub(1) as f64;
    write!(
        text,
        " STRT.M 500.00 :\n STOP.M {stop:.2} :\n STEP.M {step} :\n NULL. -999.25 :\n WELL. Long 1 : WELL\n~Curve\n DEPT.M :\n"
    )?;
    for (name, unit, ..) in &curves {
        writeln!(text, " {name}.{unit} :")?;
    }
    text.push_str("~A\n");
    for row in 0..rows {
        write!(text, "{:.2}", 500.0 + step * row as f64)?;
        for (value, (_, _, low, high)) in values.iter_mut().zip(&curves) {
            *value = (*value + (random.f64() - 0.5) * (high - low) * 0.02).clamp(*low, *high);
            if random.u32(0..5_000) == 0 { text.push_str(" -999.25") } else { write!(text, " {value:.4}")? }
        }
        text.push('\n');
    }
    Ok(std::fs::write(path, text)?)
}

async fn make_many(place: &Path, logs: &Path) -> Outcome<()> {
    std::fs::create_dir_all(logs)?;
    for number in 0..WELLS {
        write_las(logs, number, 4, 20, 29);
    }
    let node = story::begin(place).await?;
    let (summary, _) = story::import(&node, logs, |_| {}).await?;
    node.close().await;
    if summary.imported == u64::from(WELLS) { Ok(()) } else { Err(format!("{summary:?}").into()) }
}
