//! System calls of the program: watched to check their order, and cut off or made to fail at a
//! chosen one.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::program::{Place, program};

/// Whether tracing works here; it needs `strace` and a kernel that allows it.
#[must_use]
pub fn works() -> bool {
    let traced =
        Command::new("strace").args(["-o", "/dev/null", "true"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    traced.is_ok_and(|status| status.success())
}

/// Runs a command of the program and returns its system calls, one per line, with the paths of
/// file descriptors.
///
/// # Panics
/// When the command fails or the trace cannot be read.
#[must_use]
pub fn watch(place: &Place, calls: &str, args: &[&str]) -> Vec<String> {
    let log = place.path().join("trace");
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-s", "0", "-e", &format!("trace={calls}"), "-o"]).arg(&log);
    command.arg(program()).arg("--dir").arg(place.path()).args(args);
    place.set_environment(&mut command);
    let output = command.output().expect("strace starts");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(&log).expect("a trace");
    text.lines().map(str::to_owned).collect()
}

/// Returns a command of the program whose system calls are written to `log` while it runs, one per
/// line, with the paths of file descriptors.
#[must_use]
pub fn follow(place: &Place, calls: &str, log: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-e", &format!("trace={calls}"), "-o"]).arg(log);
    command.arg(program()).arg("--dir").arg(place.path()).args(args);
    place.set_environment(&mut command);
    command
}

/// Where a process is killed: at the `count`th of `calls` in one of its threads, of those that
/// touch `path` when one is given.
#[derive(Debug, Clone, Copy)]
pub struct Cut<'a> {
    /// System calls, comma-separated.
    pub calls: &'a str,
    /// Only those on this path.
    pub path: Option<&'a Path>,
    /// Which one, from 1.
    pub count: u32,
}

/// Returns a command of the program that is killed without warning at a system call.
#[must_use]
pub fn cut(place: &Place, cut: Cut<'_>, args: &[&str]) -> Command {
    let what = format!("signal=KILL:when={}", cut.count);
    inject(place, (cut.calls, &what), cut.path, Path::new("/dev/null"), args)
}

/// Which system call fails: the `count`th of `calls` in each of its threads, of those that touch
/// `path` when one is given.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// System calls, comma-separated.
    pub calls: &'a str,
    /// The error, as `EIO`.
    pub error: &'a str,
    /// Only those on this path.
    pub path: Option<&'a Path>,
    /// Which one, from 1.
    pub count: u32,
    /// Whether those that follow fail too.
    pub lasting: bool,
}

/// Returns a command of the program in which a system call fails; what was traced goes to `log`.
#[must_use]
pub fn fail(place: &Place, failure: Failure<'_>, log: &Path, args: &[&str]) -> Command {
    let what = format!("error={}:when={}{}", failure.error, failure.count, if failure.lasting { "+" } else { "" });
    inject(place, (failure.calls, &what), failure.path, log, args)
}

/// Returns how many system calls failed because they were made to, by the log of [`fail`].
///
/// # Panics
/// When there is no log.
#[must_use]
pub fn failed(log: &Path) -> usize {
    let text = std::fs::read_to_string(log).expect("a trace");
    text.lines().filter(|line| line.contains("(INJECTED)")).count()
}

fn inject(place: &Place, (calls, what): (&str, &str), path: Option<&Path>, log: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-s", "0", "-e", &format!("trace={calls}"), "-e", &format!("inject={calls}:{what}")]);
    if let Some(path) = path {
        command.arg("-P").arg(path);
    }
    command.arg("-o").arg(log).arg(program()).arg("--dir").arg(place.path()).args(args);
    place.set_environment(&mut command);
    command
}

/// Runs such a command; returns its output and whether it was killed.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn run_cut(place: &Place, at: Cut<'_>, args: &[&str]) -> (Output, bool) {
    let output = cut(place, at, args).output().expect("strace starts");
    // strace ends as the program did: by the signal, or with the shell's number for it.
    let killed = output.status.code().is_none_or(|code| code == 137);
    (output, killed)
}
