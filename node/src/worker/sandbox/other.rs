//! No limits of the system: a child is only watched.

use std::io;
use std::process::{Child, Command};
use std::time::Duration;

/// Takes nothing from this process.
#[expect(clippy::unnecessary_wraps, reason = "as on systems that have limits")]
pub(crate) fn restrict(_memory_bytes: u64, _cpu: Duration) -> io::Result<()> {
    Ok(())
}

/// Starts a child as any other.
pub(crate) fn own_group(_command: &mut Command) {}

/// Leaves what a child started alone.
pub(crate) fn kill_group(_child: &Child) {}
