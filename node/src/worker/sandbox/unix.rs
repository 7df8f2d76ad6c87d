//! Limits of the system, on Unix.
//!
//! macOS takes the limit of memory and does not hold the process to it.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process_group, setrlimit};

/// Files that a child may have open: input, output, errors, and the input once more.
const OPEN_FILES: u64 = 4;

/// Seconds of processor time between being told to end and being killed.
const GRACE_SECS: u64 = 1;

/// Takes from this process what a child does not need. What is open stays open.
pub(crate) fn restrict(memory_bytes: u64, cpu: Duration) -> io::Result<()> {
    // A worker without a parent serves nobody.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    let seconds = cpu.as_secs().max(1);
    limit(Resource::Cpu, seconds, seconds + GRACE_SECS)?;
    limit(Resource::Core, 0, 0)?;
    // It writes to pipes only, which are no files.
    limit(Resource::Fsize, 0, 0)?;
    limit(Resource::Nofile, OPEN_FILES, OPEN_FILES)?;
    limit(Resource::As, memory_bytes, memory_bytes)
}

fn limit(resource: Resource, current: u64, maximum: u64) -> io::Result<()> {
    Ok(setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) })?)
}

/// Starts a child in a group of its own, to be killed with all it started.
pub(crate) fn own_group(command: &mut Command) {
    command.process_group(0);
}

/// Kills a child's group.
pub(crate) fn kill_group(child: &Child) {
    // It may have ended already, with all it started.
    let _gone = kill_process_group(Pid::from_child(child), Signal::KILL);
}
