//! Two nodes of ours, each a process with a data directory of its own.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use dataforge_tests::program::{Place, Up};
use serde_json::Value;

use super::Source;
use super::process::{PATIENCE, syncfs};

/// How long ours took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ours {
    /// From the start of `dataforge sync` to its end.
    pub(super) whole: Duration,
    /// What it says itself, which leaves out starting and closing.
    pub(super) within: Duration,
    /// The same as `whole` while there was nothing to fetch.
    pub(super) nothing: Duration,
}

/// A place and the program that runs there.
#[derive(Debug)]
struct Node<'a> {
    program: &'a Path,
    place: Place,
}

/// Returns the program beside this one, and says how old it is: cargo builds only what it runs.
pub(super) fn program() -> Result<PathBuf, Box<dyn Error>> {
    let program = std::env::current_exe()?.with_file_name(format!("dataforge{}", std::env::consts::EXE_SUFFIX));
    let Ok(built) = program.metadata().and_then(|data| data.modified()?.elapsed().map_err(std::io::Error::other))
    else {
        return Err(format!("{} is missing: run cargo build first", program.display()).into());
    };
    println!("ours is {}, built {} min ago", program.display(), built.as_secs() / 60);
    Ok(program)
}

impl Node<'_> {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.arg("--dir").arg(self.place.path()).arg("--json").args(args);
        self.place.set_environment(&mut command);
        command
    }

    /// Runs a command that must succeed; returns its reply.
    fn json(&self, args: &[&str]) -> Result<Value, Box<dyn Error>> {
        let output = self.command(args).output()?;
        if !output.status.success() {
            return Err(format!("{args:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Syncs once; returns the reply and the time of the whole process.
    fn sync(&self) -> Result<(Value, Duration), Box<dyn Error>> {
        let started = Instant::now();
        let reply = self.json(&["sync", "--timeout", &PATIENCE.as_secs().to_string()])?;
        Ok((reply, started.elapsed()))
    }
}

fn number(reply: &Value, field: &str) -> Result<f64, Box<dyn Error>> {
    reply[field].as_f64().ok_or_else(|| format!("no {field} in {reply}").into())
}

/// Imports the files at one node and syncs another, which was a member before, until it lacks none.
pub(super) fn sync(program: &Path, source: &Source, dir: &Path) -> Result<Ours, Box<dyn Error>> {
    let a = Node { program, place: Place::at(&dir.join("a"), "ada") };
    let b = Node { program, place: Place::at(&dir.join("b"), "bob") };
    a.json(&["init", "Field"])?;
    let up = Up::start(a.command(&["up"]));
    let invite = a.json(&["invite"])?;
    b.json(&["join", "--yes", invite["ticket"].as_str().ok_or("an invite without a ticket")?])?;
    let (_, nothing) = b.sync()?;
    let imported = a.json(&["import", source.path.to_str().ok_or("a path that is no text")?])?;
    if number(&imported, "attached")? != source.count as f64 {
        return Err(format!("not all were attached: {imported}").into());
    }
    syncfs(dir)?;
    let (mut whole, mut within, mut received) = (Duration::ZERO, Duration::ZERO, 0.0);
    loop {
        let (reply, time) = b.sync()?;
        whole += time;
        within += Duration::from_secs_f64(number(&reply, "seconds")?);
        received += number(&reply, "blobs_received")?;
        if number(&reply, "blobs_missing")? == 0.0 {
            break;
        }
        if whole > PATIENCE {
            return Err(format!("it does not get all: {reply}").into());
        }
    }
    drop(up);
    if received != source.count as f64 {
        return Err(format!("{received} blobs of {} files", source.count).into());
    }
    Ok(Ours { whole, within, nothing })
}
