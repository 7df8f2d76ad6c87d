//! `dataforge-gui`: opens the window.

use std::process::ExitCode;

use clap::Parser as _;
use dataforge_gui::bridge::ClientOpener;
use dataforge_gui::options::Options;
use dataforge_gui::{App, State};
use eframe::NativeOptions;
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
    let viewport = ViewportBuilder::default()
        .with_app_id("dataforge")
        .with_title(format!("DataForge – {}", directory.display()))
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([980.0, 560.0]);
    let native = NativeOptions { viewport, ..NativeOptions::default() };
    let state = State::new(directory.clone(), options.program());
    let opened = eframe::run_native(
        "dataforge",
        native,
        Box::new(|creation| Ok(Box::new(App::new(&creation.egui_ctx, state, ClientOpener::new(directory))?))),
    );
    match opened {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the window cannot be opened: {error}");
            ExitCode::FAILURE
        }
    }
}
