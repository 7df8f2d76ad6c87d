//! `dataforge demo`: the whole story with two nodes on this machine.
//!
//! Every step runs this very program as a user would, on two data directories of its own; nothing
//! leaves the machine. The children end with this process, however it ends.

mod station;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use dataforge_node::api::{ApiError, ErrorKind};
use dataforge_node::ingest::sample::demo_files;
use serde::Serialize;
use serde_json::Value;

use self::station::Station;
use crate::context::Context;
use crate::directory::absolute;
use crate::error::Failure;
use crate::output::{self, Human, clean, duration, plural};

/// Steps of the demo.
const STEPS: usize = 7;
/// Tries for a sync that brings everything, in case a machine is slow.
const SYNCS: usize = 3;

const SQL: &str = "select well, run, curve, count(value) as n, min(value) as low, max(value) as high, sum(value) as total \
                   from samples group by well, run, curve order by well, run, curve";

/// Shows all of it with two nodes on this machine: import, curves, gaps, invite, sync, SQL.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Keep the two data directories below this directory, which must be new or empty
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// What the demo did.
#[derive(Debug, Serialize)]
struct Report {
    reply: &'static str,
    steps: Vec<Step>,
    /// Whether both nodes gave the same bytes.
    equal: bool,
    /// Bytes of that answer.
    bytes: usize,
    directories: [PathBuf; 2],
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Step {
    step: usize,
    title: &'static str,
    seconds: f64,
}

impl Demo {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let started = Instant::now();
        let base = base(self.keep.as_deref())?;
        let mut stage = Stage::new(context, &base)?;
        let bytes = stage.play().await?;
        let [ada, bob] = stage.stations;
        let directories = [ada.dir().to_owned(), bob.dir().to_owned()];
        // Both end in order before their directories are called finished.
        ada.down().await?;
        bob.down().await?;
        let seconds = started.elapsed().as_secs_f64();
        context.show(&Report { reply: "demo", steps: stage.steps, equal: true, bytes, directories, seconds })
    }
}

impl Human for Report {
    fn human(&self) -> String {
        let [ada, bob] = self.directories.each_ref().map(|dir| clean(&dir.display().to_string()));
        let took = duration(Duration::try_from_secs_f64(self.seconds).unwrap_or_default());
        let timings = self.steps.iter().map(|step| {
            let took = duration(Duration::try_from_secs_f64(step.seconds).unwrap_or_default());
            format!("  {}  {:<44} {took:>8}", step.step, step.title)
        });
        let timings = timings.collect::<Vec<_>>().join("\n");
        format!(
            "All {STEPS} steps in {took}:\n{timings}\n\nThe data directories are kept:\n  {ada}\n  {bob}\nLook into them: dataforge --dir {bob} wells"
        )
    }
}

/// Returns the directory for everything: new, and nobody else's to enter.
fn base(keep: Option<&Path>) -> Result<PathBuf, Failure> {
    let Some(keep) = keep else { return temporary() };
    let base = absolute(keep)?;
    let failed = |error: std::io::Error| Failure::from_file("make", &base, &error);
    std::fs::create_dir_all(&base).map_err(failed)?;
    if std::fs::read_dir(&base).map_err(failed)?.next().is_some() {
        return Err(Failure::usage(format!("{} is not empty", base.display()), "give a new directory"));
    }
    Ok(base)
}

fn temporary() -> Result<PathBuf, Failure> {
    let builder = || {
        #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix sets a mode"))]
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
    };
    let within = std::env::temp_dir();
    let process = std::process::id();
    for number in 1_u32.. {
        let base = within.join(format!("dataforge-demo-{process}-{number}"));
        match builder().create(&base) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| base).map_err(|error| Failure::from_file("make", &within, &error)),
        }
    }
    Err(failed("no name is left for a temporary directory"))
}

fn failed(message: impl Into<String>) -> Failure {
    ApiError::new(ErrorKind::Internal, format!("the demo failed: {}", message.into())).into()
}

/// The two stations and what has been done on them.
struct Stage<'a> {
    context: &'a Context,
    logs: PathBuf,
    stations: [Station; 2],
    steps: Vec<Step>,
}

impl<'a> Stage<'a> {
    fn new(context: &'a Context, base: &Path) -> Result<Self, Failure> {
        let program = std::env::current_exe()
            .map_err(|error| failed(format!("this program does not know its own path: {error}")))?;
        let station = |name: &'static str| Station::new(&program, name, base.join(name));
        Ok(Self { context, logs: base.join("logs"), stations: [station("ada"), station("bob")], steps: Vec::new() })
    }

    /// Plays all steps; returns the number of bytes both answered alike.
    async fn play(&mut self) -> Result<usize, Failure> {
        self.step("create a workspace, offline", async |stage: &mut Self| stage.create().await).await?;
        self.step("import two LAS files", async |stage: &mut Self| stage.import().await).await?;
        self.step("list curves with what they measure", async |stage: &mut Self| stage.curves().await).await?;
        self.step("show coverage and gaps", async |stage: &mut Self| stage.coverage().await).await?;
        self.step("invite a second node, which joins", async |stage: &mut Self| stage.join().await).await?;
        self.step("sync", async |stage: &mut Self| stage.sync().await).await?;
        self.step("ask both the same, compare byte for byte", async |stage: &mut Self| stage.compare().await).await
    }

    async fn step<T>(
        &mut self,
        title: &'static str,
        work: impl AsyncFnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let step = self.steps.len() + 1;
        self.say(&format!("── {step} of {STEPS}: {title}"))?;
        let started = Instant::now();
        let done = work(self).await?;
        let took = started.elapsed();
        self.steps.push(Step { step, title, seconds: took.as_secs_f64() });
        self.say(&format!("   done in {}\n", duration(took)))?;
        Ok(done)
    }

    /// Prints a line, or several, for people.
    fn say(&self, text: &str) -> Result<(), Failure> {
        if self.context.json || self.context.quiet { Ok(()) } else { output::write_text(text) }
    }

    /// Shows a command and what it prints for people.
    async fn show(&self, station: &Station, args: &[&str]) -> Result<(), Failure> {
        let text = station.text(args).await?;
        let lines: Vec<_> = text.lines().map(|line| format!("   {line}").trim_end().to_owned()).collect();
        self.say(&format!("   $ {}\n{}", station.shown(args), lines.join("\n")))
    }

    async fn create(&mut self) -> Result<(), Failure> {
        let [ada, bob] = &self.stations;
        for station in [ada, bob] {
            // Loopback and any free port: nothing leaves this machine, and nothing else is in the way.
            station.json(&["config", "set", "network.listen", "127.0.0.1:0"]).await?;
        }
        let reply = ada.json(&["init", "Demo Field", "--name", "Ada", "--device", "ada-laptop"]).await?;
        self.say(&format!("   $ {}", ada.shown(&["init", "\"Demo Field\""])))?;
        let (name, words) = (text(&reply["workspace"]["name"])?, text(&reply["fingerprint"])?);
        self.say(&format!("   workspace {name}, person Ada, words to compare by voice: {words}"))
    }

    async fn import(&mut self) -> Result<(), Failure> {
        let ada = &self.stations[0];
        std::fs::create_dir_all(&self.logs).map_err(|error| Failure::from_file("make", &self.logs, &error))?;
        for (name, content) in demo_files() {
            let path = self.logs.join(name);
            std::fs::write(&path, content).map_err(|error| Failure::from_file("write", &path, &error))?;
        }
        let folder = self.logs.to_str().ok_or_else(|| failed("the temporary directory's name is no Unicode"))?;
        self.show(ada, &["import", folder]).await?;
        self.show(ada, &["wells"]).await
    }

    async fn curves(&mut self) -> Result<(), Failure> {
        self.show(&self.stations[0], &["curves"]).await
    }

    async fn coverage(&mut self) -> Result<(), Failure> {
        let ada = &self.stations[0];
        let wells = ada.json(&["wells"]).await?;
        for well in wells["wells"].as_array().into_iter().flatten() {
            let shown = ada.json(&["show", text(&well["id"])?]).await?;
            let coverage: Vec<_> =
                serde_json::from_value(shown["coverage"].clone()).map_err(|error| failed(error.to_string()))?;
            let lines = super::show::coverage(&coverage);
            let lines: Vec<_> = lines.lines().map(|line| format!("   {line}")).collect();
            self.say(&format!(
                "   $ {}\n{}",
                ada.shown(&["show", &format!("{:?}", text(&well["name"])?)]),
                lines.join("\n")
            ))?;
        }
        Ok(())
    }

    async fn join(&mut self) -> Result<(), Failure> {
        let [ada, bob] = &mut self.stations;
        let up = ada.up().await?;
        let invite = ada.json(&["invite", "--role", "editor"]).await?;
        let ticket = text(&invite["ticket"])?;
        let joined = bob.json(&["join", ticket, "--yes", "--name", "Bob", "--device", "bob-laptop"]).await?;
        let (workspace, inviter) = (text(&joined["workspace"]["name"])?, text(&joined["inviter"])?);
        let start = ticket.get(..24).unwrap_or(ticket);
        let lines = [
            format!("   $ {} &      listens at {}", ada.shown(&["up"]), text(&up["addresses"][0])?),
            format!("   $ {}    gives {start}…", ada.shown(&["invite"])),
            format!("   $ {}   workspace {workspace}, invited by {}", bob.shown(&["join", "TICKET"]), clean(inviter)),
        ];
        let [ada, _] = &self.stations;
        self.say(&lines.join("\n"))?;
        self.show(ada, &["members"]).await
    }

    async fn sync(&mut self) -> Result<(), Failure> {
        let [_, bob] = &mut self.stations;
        bob.up().await?;
        let [_, bob] = &self.stations;
        for _ in 0..SYNCS {
            let summary = bob.json(&["sync"]).await?;
            let runs = bob.json(&["runs"]).await?;
            let runs = runs["runs"].as_array().map(Vec::as_slice).unwrap_or_default();
            if summary["blobs_missing"] == 0
                && runs.len() == demo_files().len()
                && runs.iter().all(|run| run["held"] == true)
            {
                self.say(&format!("   $ {}\n   $ {}", bob.shown(&["up"]) + " &", bob.shown(&["sync"])))?;
                self.say(&format!("   Bob has {} with all their bytes", plural(runs.len() as u64, "run")))?;
                return self.show(bob, &["wells"]).await;
            }
        }
        Err(failed("the second node did not get everything"))
    }

    async fn compare(&mut self) -> Result<usize, Failure> {
        let [ada, bob] = &mut self.stations;
        let query = ["query", SQL, "--format", "csv"];
        let from_ada = ada.output(&query).await?;
        // Bob answers from his own bytes: nobody is there to ask.
        ada.end().await?;
        let from_bob = bob.output(&query).await?;
        if from_ada != from_bob {
            return Err(failed("the two nodes answered differently"));
        }
        if from_ada.iter().filter(|byte| **byte == b'\n').count() < 2 {
            return Err(failed("the answer is empty"));
        }
        let [_, bob] = &self.stations;
        self.show(bob, &["query", SQL]).await?;
        self.say(&format!("   Ada and Bob, whose peer is gone now, answer the same {} bytes", from_ada.len()))?;
        Ok(from_ada.len())
    }
}

fn text(value: &Value) -> Result<&str, Failure> {
    value.as_str().ok_or_else(|| failed(format!("a reply lacks a text: {value}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_in_use_is_not_written_into() {
        let dir = temporary().unwrap();
        assert_eq!(base(Some(&dir)).unwrap(), dir);
        std::fs::write(dir.join("mine"), "").unwrap();
        assert!(matches!(base(Some(&dir)), Err(Failure::Api(error)) if error.kind == ErrorKind::Usage));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
