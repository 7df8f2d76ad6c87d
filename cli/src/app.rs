//! From arguments to exit code.

use std::process::ExitCode;

use clap::Parser as _;
use dataforge_node::api::{ApiError, ErrorKind};
use tracing_subscriber::EnvFilter;

use crate::args::{Cli, Globals};
use crate::context::Context;
use crate::error::Failure;
use crate::{secret, signal};

/// Reads the arguments, does what they say and returns the exit code.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return on_usage(&error),
    };
    start_log(&cli.globals);
    let json = cli.globals.json;
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let done = runtime.block_on(work(cli));
            secret::show_again();
            // What still runs was cancelled; nothing that was acknowledged depends on it.
            runtime.shutdown_background();
            done.map_or_else(|failure| failure.report(json), |()| ExitCode::SUCCESS)
        }
        Err(error) => Failure::Api(ApiError::from_error(ErrorKind::Internal, &error)).report(json),
    }
}

async fn work(cli: Cli) -> Result<(), Failure> {
    let context = Context::new(&cli.globals)?;
    if !cli.command.makes_directory() && !context.dir.exists() {
        let missing = format!("there is no data directory {}", context.dir.display());
        let hint = "dataforge init NAME makes one, dataforge join TICKET joins one; --dir names another";
        return Err(Failure::Api(ApiError::new(ErrorKind::NotFound, missing).hint(hint)));
    }
    if cli.command.ends_itself() {
        return Box::pin(cli.command.run(&context)).await;
    }
    let done = tokio::select! {
        done = Box::pin(cli.command.run(&context)) => done,
        () = signal::interrupted() => return Err(Failure::Interrupted),
    };
    tokio::select! {
        () = context.close() => done,
        () = signal::interrupted() => Err(Failure::Interrupted),
    }
}

/// Says what is wrong with the arguments, in JSON when they ask for it; help and version are no
/// mistakes.
fn on_usage(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().take_while(|arg| arg != "--").any(|arg| arg == "--json");
    if json && error.use_stderr() {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        return Failure::Api(ApiError::new(ErrorKind::Usage, message).hint("dataforge --help")).report(true);
    }
    // When it cannot be printed there is nobody to tell.
    drop(error.print());
    if error.use_stderr() { ExitCode::from(ErrorKind::Usage.exit_code()) } else { ExitCode::SUCCESS }
}

/// Sends log lines to standard error. With `--json` it is left to the one error object, unless `-v`
/// asks for more.
fn start_log(globals: &Globals) {
    let level = match (globals.quiet || globals.json, globals.verbose) {
        (true, 0) => "off",
        // A network that closes does not wait for peers that hear nothing; iroh takes that for a fault.
        (false, 0) => "error,iroh::socket=off,dataforge=warn,dataforge_node=warn",
        (_, 1) => "warn,dataforge=info,dataforge_node=info",
        (_, 2) => "info,dataforge=debug,dataforge_node=debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("DATAFORGE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
}
