//! What all ways need: processes that end with their value, ports, a new place, `syncfs`.

use std::error::Error;
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that anything may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(600);
/// Pause between looks at whether something is done; that of our own `sync`.
const LOOK: Duration = Duration::from_millis(20);
/// What the system calls a file system that is in memory only.
const TMPFS: i64 = 0x0102_1994;

/// How long a transfer took, and how long with what the system still had to write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) done: Duration,
    pub(super) synced: Duration,
}

/// A process of ours; killed with the value.
#[derive(Debug)]
pub(super) struct Running(Child);

impl Running {
    /// Starts a command that says nothing anybody listens to; `log` takes what it says.
    pub(super) fn start(command: &mut Command, log: &Path) -> Result<Self, Box<dyn Error>> {
        let log = File::create(log)?;
        command.stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log);
        Ok(Self(command.spawn()?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Does something in a new directory, whose files have no bytes afterwards.
///
/// They are not removed: for minutes after files were, ext4 takes several times as long to make others, as it
/// goes past the places of those one by one (`recently_deleted` in its source).
pub(super) fn in_new<T>(
    dir: &Path,
    work: impl FnOnce(&Path) -> Result<T, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    std::fs::create_dir_all(dir)?;
    let done = work(dir);
    empty(dir)?;
    done
}

/// Takes the bytes from all files of a directory.
pub(super) fn empty(dir: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            empty(&entry.path())?;
        } else if kind.is_file() {
            File::options().write(true).truncate(true).open(entry.path())?;
        }
    }
    Ok(())
}

/// Has everything written that the file system of a directory still has in memory.
pub(super) fn syncfs(dir: &Path) -> Result<(), Box<dyn Error>> {
    Ok(rustix::fs::syncfs(File::open(dir)?)?)
}

/// Says loudly when nothing is ever written to a disk.
pub(super) fn warn_of_memory(dir: &Path) -> Result<(), Box<dyn Error>> {
    #[expect(clippy::useless_conversion, reason = "the type is another one on other machines")]
    let kind = i64::from(rustix::fs::statfs(dir)?.f_type);
    if kind == TMPFS {
        println!("WARNING: {} is in memory: set TMPDIR to a directory on a disk", dir.display());
    }
    Ok(())
}

/// Returns a port that was free a moment ago.
pub(super) fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Waits until somebody listens on a port.
pub(super) fn wait_for_port(port: u16) -> Result<(), Box<dyn Error>> {
    wait(&format!("something listens on port {port}"), || {
        Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok().then_some(()))
    })
}

/// Waits until there is something; returns it.
pub(super) fn wait<T>(
    what: &str,
    mut look: impl FnMut() -> Result<Option<T>, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            return Err(format!("gave up waiting until {what}").into());
        }
        std::thread::sleep(LOOK);
    }
}

/// Counts the files of a directory and their bytes; those that begin with a dot are not counted.
pub(super) fn count(dir: &Path) -> std::io::Result<(usize, u64)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            files += 1;
            bytes += entry.metadata()?.len();
        }
    }
    Ok((files, bytes))
}
