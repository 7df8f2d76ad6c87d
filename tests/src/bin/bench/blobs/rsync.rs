//! rsync, from a daemon of its own.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::Source;
use super::process::{Running, Times, count, free_port, syncfs, wait_for_port};

/// Copies the files.
pub(super) fn copy(source: &Source, dir: &Path) -> Result<Times, Box<dyn Error>> {
    let (config, port, target) = (dir.join("rsyncd.conf"), free_port()?, dir.join("target"));
    // As root it would read as nobody, who may not enter a temporary directory.
    let (user, group) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let text = format!(
        "address = 127.0.0.1\nport = {port}\nuse chroot = no\nreverse lookup = no\nuid = {user}\ngid = {group}\n\
         [files]\npath = {}\nread only = yes\n",
        source.path.display()
    );
    std::fs::write(&config, text)?;
    let mut daemon = Command::new("rsync");
    daemon.args(["--daemon", "--no-detach", "--config"]).arg(&config);
    let daemon = Running::start(&mut daemon, &dir.join("rsyncd.log"))?;
    wait_for_port(port)?;
    syncfs(dir)?;
    let started = Instant::now();
    let from = format!("rsync://127.0.0.1:{port}/files/");
    let output = Command::new("rsync").args(["--archive", "--timeout=60", &from]).arg(&target).output()?;
    let done = started.elapsed();
    syncfs(dir)?;
    let synced = started.elapsed();
    drop(daemon);
    if !output.status.success() || count(&target)? != count(&source.path)? {
        return Err(format!("rsync failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(Times { done, synced })
}
