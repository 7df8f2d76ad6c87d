//! `dataforge-gui`: opens the window.

use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use dataforge_gui::bridge::ClientOpener;
use dataforge_gui::options::Options;
use dataforge_gui::{App, State};
use eframe::{NativeOptions, Renderer};
use egui::ViewportBuilder;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // This very program opens files of others, started again for each of them.
    if let Some(code) = dataforge_node::worker::run_if_asked() {
        return code;
    }
    let options = Options::parse();
    let filter = EnvFilter::try_from_env("DATAFORGE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let Some(directory) = options.directory() else {
        tracing::error!("there is no home directory: give one with --dir");
        return ExitCode::from(2);
    };
    match open(&options, &directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", advice(&error));
            ExitCode::FAILURE
        }
    }
}

/// Opens the window by wgpu, and by OpenGL where that does not work.
fn open(options: &Options, directory: &Path) -> Result<(), eframe::Error> {
    match run(options, directory, Renderer::Wgpu) {
        Ok(()) => Ok(()),
        Err(error @ eframe::Error::Wgpu(_)) => {
            tracing::warn!("the first way to draw does not work, trying OpenGL: {error}");
            run(options, directory, Renderer::Glow)
        }
        Err(error) => Err(error),
    }
}

fn run(options: &Options, directory: &Path, renderer: Renderer) -> Result<(), eframe::Error> {
    let viewport = ViewportBuilder::default()
        .with_app_id("dataforge")
        .with_title(format!("DataForge – {}", directory.display()))
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([720.0, 480.0]);
    let native = NativeOptions { viewport, renderer, ..NativeOptions::default() };
    let (directory, program) = (directory.to_owned(), options.program());
    eframe::run_native(
        "dataforge",
        native,
        Box::new(|creation| {
            let state = State::new(directory.clone(), program);
            Ok(Box::new(App::new(&creation.egui_ctx, state, ClientOpener::new(directory))?))
        }),
    )
}

/// Returns why there is no window, and what to do about it.
fn advice(error: &eframe::Error) -> String {
    let what = match error {
        eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => {
            "there is no display to open a window on: log in on one, or set DISPLAY or WAYLAND_DISPLAY; \
             everything can be done by the command `dataforge` too"
        }
        eframe::Error::Wgpu(_)
        | eframe::Error::OpenGL(_)
        | eframe::Error::Glutin(_)
        | eframe::Error::NoGlutinConfigs(..) => {
            "no way to draw works here: install a graphics driver with Vulkan, DirectX 12 or OpenGL 3; a \
             software one, such as Mesa's, will do"
        }
        _ => "the window cannot be opened",
    };
    format!("{what} ({error})")
}
