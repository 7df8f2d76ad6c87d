//! Running the program as a user would: its own processes, its own data directories.
//!
//! `cargo test` builds `dataforge` before it runs any test; the harness finds it beside the test
//! binary. Nodes listen on loopback only, on any free port.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The longest a command may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the program that `cargo test` built.
///
/// # Panics
/// When it was not built: run `cargo test`, or `cargo build` before a single suite.
#[must_use]
pub fn program() -> PathBuf {
    built("dataforge")
}

/// Returns one of the programs that `cargo test` built.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    let exe = std::env::current_exe().expect("a test knows its own path");
    let beside = exe.parent().expect("a program stands in a directory");
    // Tests stand in `target/debug/deps`, other programs one above.
    let debug = if beside.ends_with("deps") { beside.parent().expect("target/debug") } else { beside };
    let program = debug.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "{} is missing: run cargo test, or cargo build first", program.display());
    program
}

/// Whether this runs in CI, where nothing may be skipped.
#[must_use]
pub fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// Says loudly that a test is skipped for want of something; in CI that is a failure.
///
/// # Panics
/// In CI.
pub fn skip(test: &str, lacking: &str) {
    assert!(!is_ci(), "{test} needs {lacking}");
    // The harness has no other way to speak past cargo's capture than the test's own output.
    eprintln!("SKIPPED {test}: needs {lacking}");
}

/// Returns the shared reference data, which exists only where this project is developed.
#[must_use]
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(path);
    found.exists().then_some(found)
}

/// Whether a tool is on the path.
#[must_use]
pub fn has_tool(name: &str) -> bool {
    let found = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok()
}

/// A data directory of a test, listening on loopback only unless it stands on a host of its own.
#[derive(Debug)]
pub struct Place {
    dir: PathBuf,
    name: String,
    /// Words before the program, of a host or another clock.
    prefix: Vec<String>,
    /// Removed with the value, unless the test brought its own directory.
    _own: Option<tempfile::TempDir>,
}

impl Place {
    /// Makes a directory for a person, removed with the value.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let own = tempfile::Builder::new().prefix(&format!("df-{name}-")).tempdir().expect("a temporary directory");
        let place = Self::at(own.path(), name);
        Self { _own: Some(own), ..place }
    }

    /// Makes a directory for a person at a path; it stays.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn at(dir: &Path, name: &str) -> Self {
        std::fs::create_dir_all(dir).expect("a directory");
        std::fs::write(dir.join("dataforge.toml"), "[network]\nlisten = \"127.0.0.1:0\"\n").expect("a settings file");
        Self { dir: dir.to_owned(), name: name.to_owned(), prefix: Vec::new(), _own: None }
    }

    /// Makes a directory for a person whose program is run by these words, such as those of
    /// [`crate::net::Host::prefix`], and listens on an address there.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn run_by(name: &str, prefix: Vec<String>, listen: &str) -> Self {
        let place = Self { prefix, ..Self::new(name) };
        let settings = format!("[network]\nlisten = \"{listen}\"\n");
        std::fs::write(place.dir.join("dataforge.toml"), settings).expect("a settings file");
        place
    }

    /// Takes a directory for a person that something else makes, as it is; it stays.
    #[must_use]
    pub fn restored(dir: &Path, name: &str) -> Self {
        Self { dir: dir.to_owned(), name: name.to_owned(), prefix: Vec::new(), _own: None }
    }

    /// Has the program run by other words from now on.
    pub fn set_prefix(&mut self, prefix: Vec<String>) {
        self.prefix = prefix;
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Returns a command of the program on this directory.
    #[must_use]
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut words = self.prefix.iter().map(OsString::from).chain([program().into_os_string()]);
        let mut command = Command::new(words.next().expect("the program at least"));
        command.args(words).arg("--dir").arg(self.path()).args(args);
        self.set_environment(&mut command);
        command
    }

    /// Gives a command the environment of this person.
    pub fn set_environment(&self, command: &mut Command) {
        command.env_remove("DATAFORGE_DIR").env("USER", &self.name).env("HOSTNAME", format!("{}-laptop", self.name));
        command.env("XDG_RUNTIME_DIR", std::env::temp_dir()).stdin(Stdio::null());
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        self.command(args).output().expect("the program starts")
    }

    /// Runs a command that must succeed; returns its standard output.
    ///
    /// # Panics
    /// When it fails.
    pub fn ok<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Vec<u8> {
        let args: Vec<_> = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        let output = self.run(&args);
        assert!(output.status.success(), "{args:?} failed: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Returns the wells as the command lists them, but for how many of their runs are held here: that
    /// differs from node to node.
    ///
    /// # Panics
    /// When the command fails.
    #[must_use]
    pub fn wells(&self) -> Value {
        let mut wells = self.json(&["wells"])["wells"].take();
        for well in wells.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            well.remove("held");
        }
        wells
    }

    /// Runs a command with `--json` that must succeed; returns its reply.
    ///
    /// # Panics
    /// When it fails or prints no JSON.
    pub fn json(&self, args: &[&str]) -> Value {
        let stdout = self.ok(["--json"].iter().chain(args));
        serde_json::from_slice(&stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {}", String::from_utf8_lossy(&stdout)))
    }

    /// Runs a command that must fail with an exit code; returns what it said.
    ///
    /// # Panics
    /// When it succeeds or fails otherwise.
    pub fn fails(&self, args: &[&str], code: i32) -> String {
        let output = self.run(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{args:?} said {said:?} {}",
            String::from_utf8_lossy(&output.stdout)
        );
        assert!(!said.trim().is_empty(), "{args:?} failed without a word");
        said
    }

    /// Starts `up` and waits until it listens.
    #[must_use]
    pub fn up(&self) -> Up {
        Up::start(self.command(["--json", "up"]))
    }

    /// Asserts that `verify` finds nothing wrong; returns the number of entries.
    ///
    /// # Panics
    /// When it does.
    pub fn verify(&self) -> u64 {
        let report = self.json(&["verify"]);
        assert_eq!(report["problems"], Value::Array(Vec::new()), "{report}");
        report["entries"].as_u64().expect("a count")
    }
}

/// A node that is up; killed with the value.
#[derive(Debug)]
pub struct Up {
    child: Child,
    /// What it said when it was ready.
    pub reply: Value,
}

impl Up {
    /// Starts a command that prints one JSON line once it is ready.
    ///
    /// # Panics
    /// When it does not get ready.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let Ok(reply) = serde_json::from_str(&line) else {
            let output = child.wait_with_output().expect("it ends");
            panic!("up did not get ready: {line:?} {}", String::from_utf8_lossy(&output.stderr));
        };
        Self { child, reply }
    }

    /// Kills it without warning, as a cut of power would.
    ///
    /// # Panics
    /// When the system does not let us.
    pub fn kill(mut self) {
        self.child.kill().expect("our own child");
        self.child.wait().expect("our own child");
    }

    /// Returns its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until `done` holds.
///
/// # Panics
/// When it does not within [`PATIENCE`].
pub fn wait_until(what: &str, done: impl FnMut() -> bool) {
    wait_within(PATIENCE, what, done);
}

/// Waits until `done` holds; returns how long that took.
///
/// # Panics
/// When it does not within `patience`.
pub fn wait_within(patience: Duration, what: &str, mut done: impl FnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < patience, "gave up after {patience:?} waiting until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
    started.elapsed()
}

/// Makes a workspace `Field` for `owner`, brings it up and joins `guest` with a role.
///
/// # Panics
/// When a step fails.
#[must_use]
pub fn join(owner: &Place, guest: &Place, role: &str) -> Up {
    let up = owner.up();
    invite(owner, guest, role);
    up
}

/// Invites a guest to the workspace of an owner that is up, and joins.
///
/// # Panics
/// When a step fails.
pub fn invite(owner: &Place, guest: &Place, role: &str) {
    let invite = owner.json(&["invite", "--role", role]);
    guest.json(&["join", "--yes", invite["ticket"].as_str().expect("a ticket")]);
}
