//! What a child gives up before it reads a byte.
//!
//! On Unix, limits of the system, which it cannot raise again. Elsewhere nothing but what the
//! parent watches over: time, and how much the child says.

#[cfg(not(unix))]
#[path = "sandbox/other.rs"]
mod system;
#[cfg(unix)]
#[path = "sandbox/unix.rs"]
mod system;

pub(super) use self::system::{kill_group, own_group, restrict};
