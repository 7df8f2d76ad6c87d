//! Where the data are: the kind of file system, room, and how many files may be open. All that
//! differs between systems here is in `system`.

use std::path::Path;

use crate::api::PlaceInfo;

/// Looks at the place of a data directory.
pub(crate) fn place(directory: &Path, reserve_bytes: u64) -> PlaceInfo {
    PlaceInfo {
        directory: directory.to_owned(),
        file_system: system::file_system(directory),
        free_bytes: crate::space::free_bytes(directory),
        reserve_bytes,
        open_files: system::open_files(),
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::path::Path;

    /// Numbers of file systems and what they are called (`linux/magic.h`).
    const KINDS: [(u32, &str); 14] = [
        (0xEF53, "ext4"),
        (0x5846_5342, "xfs"),
        (0x9123_683E, "btrfs"),
        (0x2FC1_2FC1, "zfs"),
        (0xF2F5_2010, "f2fs"),
        (0x0102_1994, "tmpfs"),
        (0x8584_58F6, "ramfs"),
        (0x794C_7630, "overlayfs"),
        (0x4D44, "fat"),
        (0x2011_BAB0, "exfat"),
        (0x5346_544E, "ntfs"),
        (0x7366_746E, "ntfs"),
        (0x6573_5546, "fuse"),
        (0xCA45_1A4E, "bcachefs"),
    ];

    pub(super) fn file_system(path: &Path) -> Option<String> {
        let found = rustix::fs::statfs(path).ok()?;
        // The number is 32 bits wide, in a field that may be wider and signed.
        let number = found.f_type & 0xFFFF_FFFF;
        let name = KINDS.iter().find(|(kind, _)| i64::from(*kind) == number).map(|(_, name)| (*name).to_owned());
        Some(name.unwrap_or_else(|| format!("number {number:#x}")))
    }

    pub(super) fn open_files() -> Option<u64> {
        rustix::process::getrlimit(rustix::process::Resource::Nofile).current
    }
}

#[cfg(target_os = "macos")]
mod system {
    use std::path::Path;

    /// The system tells a name, which the library leaves as bytes of no fixed type: not told here.
    pub(super) const fn file_system(_path: &Path) -> Option<String> {
        None
    }

    pub(super) fn open_files() -> Option<u64> {
        rustix::process::getrlimit(rustix::process::Resource::Nofile).current
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod system {
    use std::path::Path;

    pub(super) const fn file_system(_path: &Path) -> Option<String> {
        None
    }

    /// Windows sets no such limit.
    pub(super) const fn open_files() -> Option<u64> {
        None
    }
}
