//! Cuts of power: a small ext4 on a loop device that is shut down at an instant.
//!
//! The ioctl stops the file system without writing its journal or any data: what was not synced is
//! gone, as after a cut, and the next mount replays the journal. It needs root, a loop device and
//! `mkfs.ext4`. Limits: the device itself neither reorders nor tears writes.

#![expect(unsafe_code, reason = "the ioctl has no safe form; it reads one number")]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// `EXT4_IOC_SHUTDOWN`, `_IOR('X', 125, u32)`.
const SHUTDOWN: rustix::ioctl::Opcode = rustix::ioctl::opcode::read::<u32>(b'X', 125);
/// `EXT4_GOING_FLAGS_NOLOGFLUSH`: as if the power were gone.
const NO_LOG_FLUSH: u32 = 2;
/// Tries to unmount, while the kernel lets go of what a killed process had open.
const TRIES: u32 = 200;

/// A disk that can be cut from power.
#[derive(Debug)]
pub struct Disk {
    dir: tempfile::TempDir,
    mount: PathBuf,
}

fn run(program: &str, args: &[&Path]) -> Result<(), String> {
    let output = Command::new(program).args(args).output().map_err(|error| format!("{program}: {error}"))?;
    let said = || format!("{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    if output.status.success() { Ok(()) } else { Err(said()) }
}

/// Makes a directory a mount of its own whose changes reach the mount namespaces copied from ours.
/// Else a process that another test began in a network namespace keeps a disk mounted that we
/// unmounted, and the next mount gets the one that was shut down.
fn share(dir: &Path) -> Result<(), String> {
    run("mount", &["--bind".as_ref(), dir, dir])?;
    run("mount", &["--make-shared".as_ref(), dir])
}

impl Disk {
    /// Makes and mounts a disk.
    ///
    /// # Errors
    /// What is lacking here: root, a loop device or the tools.
    ///
    /// # Panics
    /// When there is no room for it.
    pub fn new(mib: u64) -> Result<Self, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("root, to mount a disk".to_owned());
        }
        let dir = tempfile::Builder::new().prefix("df-disk-").tempdir().expect("a temporary directory");
        let image = dir.path().join("image");
        let mount = dir.path().join("mount");
        File::create(&image).and_then(|file| file.set_len(mib << 20)).expect("a sparse file");
        std::fs::create_dir(&mount).expect("a directory");
        // Nothing kept back for root, so that a full disk is full for everybody.
        run("mkfs.ext4", &["-q".as_ref(), "-F".as_ref(), "-m".as_ref(), "0".as_ref(), &image])?;
        share(dir.path())?;
        let disk = Self { dir, mount };
        disk.mount()?;
        Ok(disk)
    }

    /// Returns where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.mount
    }

    /// Fills the disk with a file, but for so many bytes; returns the file.
    ///
    /// # Panics
    /// When the disk does not get full.
    #[must_use]
    pub fn fill(&self, left: u64) -> PathBuf {
        let path = self.mount.join("filler");
        let mut file = File::create(&path).expect("a file");
        let block = vec![0x5A; 1 << 16];
        let mut size = 0;
        while let Ok(written) = file.write(&block) {
            size += written as u64;
        }
        file.set_len(size.saturating_sub(left)).and_then(|()| file.sync_all()).expect("a shorter file");
        path
    }

    /// Makes the names of files durable as they are now, and not what is in them: what any other
    /// program does that syncs a file of its own.
    ///
    /// # Panics
    /// When the disk is full or cut.
    pub fn commit_names(&self) {
        let file = File::create(self.mount.join("bystander"));
        file.and_then(|mut file| file.write_all(b"x").and_then(|()| file.sync_all())).expect("a synced file");
    }

    /// Cuts the power: nothing more is written, and nothing can be read.
    ///
    /// # Panics
    /// When the file system does not take it.
    pub fn cut(&self) {
        let root = File::open(&self.mount).expect("a mounted disk");
        // SAFETY: the opcode reads one u32, which is what the setter passes.
        let done = unsafe { rustix::ioctl::ioctl(&root, rustix::ioctl::Setter::<SHUTDOWN, u32>::new(NO_LOG_FLUSH)) };
        done.expect("ext4 shuts down");
    }

    /// Puts the power back: mounts the disk again, which replays its journal. Nothing may have a
    /// file of it open any more.
    ///
    /// # Panics
    /// When it cannot be mounted.
    pub fn restore(&self) {
        self.unmount().expect("the disk is free");
        self.mount().expect("the disk mounts again");
    }

    fn mount(&self) -> Result<(), String> {
        // Without the help that ext4 gives to files that are put in the place of others.
        run("mount", &["-o".as_ref(), "loop,noauto_da_alloc".as_ref(), &self.dir.path().join("image"), &self.mount])
    }

    fn unmount(&self) -> Result<(), String> {
        let mut tries = 0;
        loop {
            match run("umount", &[&self.mount]) {
                Err(_busy) if tries < TRIES => {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(20));
                }
                done => return done,
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Err(error) = self.unmount() {
            // The directory below must not be removed through a mount.
            eprintln!("{error}");
            drop(run("umount", &["-l".as_ref(), &self.mount]));
        }
        if let Err(error) = run("umount", &[self.dir.path()]) {
            eprintln!("{error}");
        }
    }
}
