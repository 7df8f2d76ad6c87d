//! Free space of a disk; the only place that asks the system for it.

use std::path::Path;

/// Returns the bytes free for this user on the disk of a path; `None` where the system does not
/// tell (Windows, for now).
#[must_use]
#[cfg(unix)]
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Returns the bytes free for this user on the disk of a path; `None` where the system does not
/// tell (Windows, for now).
#[must_use]
#[cfg(not(unix))]
pub(crate) fn free_bytes(_path: &Path) -> Option<u64> {
    None
}
