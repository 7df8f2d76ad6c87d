//! Whether a directory is on a network: locks and synced writes are not what they seem there.

use std::path::Path;

/// Whether a directory is on a file system of another machine; no where that cannot be told.
#[cfg(target_os = "linux")]
pub(super) fn is_remote(path: &Path) -> bool {
    /// Numbers of NFS, SMB, CIFS, SMB2, AFS, CODA, 9P and Ceph (`linux/magic.h`).
    const KINDS: [u32; 8] =
        [0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x5346_414F, 0x7375_7245, 0x0102_1997, 0x00C3_6400];
    // The number is 32 bits wide, in a field that may be wider and signed.
    rustix::fs::statfs(path).is_ok_and(|found| KINDS.iter().any(|kind| i64::from(*kind) == found.f_type & 0xFFFF_FFFF))
}

/// Whether a directory is on a file system of another machine; no where that cannot be told.
#[cfg(target_os = "macos")]
pub(super) fn is_remote(path: &Path) -> bool {
    /// `MNT_LOCAL` of `sys/mount.h`.
    const LOCAL: u32 = 0x1000;
    rustix::fs::statfs(path).is_ok_and(|found| found.f_flags & LOCAL == 0)
}

/// Whether a directory is on a file system of another machine: a share by its name. A drive letter
/// that stands for one is not told.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn is_remote(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.starts_with(r"\\?\UNC\") || (text.starts_with(r"\\") && !text.starts_with(r"\\?\"))
}
