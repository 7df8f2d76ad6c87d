//! The parent's side: starts a child, feeds it, takes its frames, and ends it in time.
//!
//! Reading and writing pipes may block for ever, so threads do it; the parent waits for frames
//! with a deadline. When that is over the child is killed, its pipes close and the threads end.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::child::Job;
use super::error::WorkerError;
use super::frame::{self, Frame, MARK, ReadFrameError};
use super::limits::WorkerLimits;
use super::{CHILD, COMMAND, sandbox};

/// Frames that wait to be taken.
const QUEUED_FRAMES: usize = 4;

/// Bytes of a child's complaints that are kept.
const MAX_COMPLAINT: u64 = 4 << 10;

/// How long a killed child is waited for before a thread does the waiting.
const REAP: Duration = Duration::from_secs(2);

/// What the runtime says when there is no memory; it can say nothing more.
const NO_MEMORY: &str = "memory allocation of";

/// Environment that a program needs to start at all, on some systems.
const KEPT_ENVIRONMENT: [&str; 4] = ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SystemRoot", "PATH"];

/// What a child is given to read.
pub(super) enum Input {
    /// Bytes, through a pipe.
    Bytes(Bytes),
    /// A file, which it may read at any place.
    File(std::fs::File),
}

/// Runs a job in a child and hands its frames to `take`, up to the last one.
///
/// # Errors
/// When the file is refused, a limit is reached, the child breaks, or `take` refuses a frame.
pub(super) fn run(
    program: &Path,
    limits: &WorkerLimits,
    job: Job,
    input: Input,
    mut take: impl FnMut(Frame) -> Result<(), WorkerError>,
) -> Result<(), WorkerError> {
    let deadline = Instant::now() + limits.timeout;
    let mut running = start(program, limits, job, input)?;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match running.frames.recv_timeout(left) {
            Ok(Ok(Frame::End)) => return Ok(()),
            Ok(Ok(Frame::Refused(why))) => return Err(WorkerError::Refused(why)),
            Ok(Ok(Frame::Broken(how))) => return Err(WorkerError::Crashed { how }),
            Ok(Ok(frame)) => take(frame)?,
            Ok(Err(failure)) => return Err(running.explain(failure, program, limits, deadline)),
            Err(RecvTimeoutError::Timeout) => return Err(WorkerError::TooSlow { limit: limits.timeout }),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(running.explain(Failure::Ended, program, limits, deadline));
            }
        }
    }
}

/// Why there are no more frames.
#[derive(Debug, Clone, Copy)]
enum Failure {
    /// The output does not begin as a worker's.
    NoMark,
    /// It ended early.
    Ended,
    /// It holds something else.
    Malformed(&'static str),
    /// It is too long.
    TooLong,
}

/// A child at work; killed with the value.
struct Running {
    child: Option<Child>,
    frames: Receiver<Result<Frame, Failure>>,
    complaint: Receiver<String>,
}

fn start(program: &Path, limits: &WorkerLimits, job: Job, input: Input) -> Result<Running, WorkerError> {
    let spawn_error = |source| WorkerError::Spawn { program: program.to_owned(), source };
    let mut command = Command::new(program);
    command.arg(COMMAND).arg(job.word()).arg(limits.memory_bytes.to_string());
    command.arg(limits.cpu.as_secs().to_string());
    let kept = KEPT_ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    command.env_clear().envs(kept).env(CHILD, "1");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    sandbox::own_group(&mut command);
    let bytes = match input {
        Input::Bytes(bytes) => {
            command.stdin(Stdio::piped());
            Some(bytes)
        }
        Input::File(file) => {
            command.stdin(Stdio::from(file));
            None
        }
    };
    let mut child = command.spawn().map_err(spawn_error)?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (frame_sender, frames) = sync_channel(QUEUED_FRAMES);
    let (complaint_sender, complaint) = sync_channel(1);
    let running = Running { child: Some(child), frames, complaint };
    if let (Some(mut stdin), Some(bytes)) = (stdin, bytes) {
        // A child that has read enough closes the pipe, which is no error.
        thread("worker-input", move || drop(stdin.write_all(&bytes))).map_err(spawn_error)?;
    }
    if let Some(stdout) = stdout {
        let most = limits.output_bytes;
        thread("worker-output", move || read_frames(io::BufReader::new(stdout), most, &frame_sender))
            .map_err(spawn_error)?;
    }
    if let Some(mut stderr) = stderr {
        thread("worker-errors", move || {
            let mut kept = Vec::new();
            drop(stderr.by_ref().take(MAX_COMPLAINT).read_to_end(&mut kept));
            // The parent may have gone on already.
            drop(complaint_sender.send(String::from_utf8_lossy(&kept).into_owned()));
            drop(io::copy(&mut stderr, &mut io::sink()));
        })
        .map_err(spawn_error)?;
    }
    Ok(running)
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// Reads a child's output and passes its frames on; ends when nobody takes them any more.
fn read_frames(mut output: impl io::Read, most: u64, frames: &SyncSender<Result<Frame, Failure>>) {
    let mut mark = [0; MARK.len()];
    let marked = output.read_exact(&mut mark).is_ok() && mark == *MARK;
    let mut taken = MARK.len() as u64;
    let mut next = || {
        if !marked {
            return Err(Failure::NoMark);
        }
        let (frame, bytes) = frame::read(&mut output).map_err(|error| match error {
            ReadFrameError::Ended => Failure::Ended,
            ReadFrameError::Malformed(what) => Failure::Malformed(what),
        })?;
        taken += bytes;
        if taken > most { Err(Failure::TooLong) } else { Ok(frame) }
    };
    loop {
        let frame = next();
        let last = frame.is_err();
        if frames.send(frame).is_err() || last {
            return;
        }
    }
}

impl Running {
    /// Says why a child gave no more frames, from how it ended.
    fn explain(&mut self, failure: Failure, program: &Path, limits: &WorkerLimits, deadline: Instant) -> WorkerError {
        match failure {
            Failure::Malformed(what) => return WorkerError::Garbled { what: what.to_owned() },
            Failure::TooLong => return WorkerError::TooMuchOutput { limit_bytes: limits.output_bytes },
            Failure::NoMark | Failure::Ended => {}
        }
        // Its output is closed, so it is about to end.
        let status = self.wait_until(deadline.min(Instant::now() + REAP));
        let complaint = self.complaint.recv_timeout(REAP).unwrap_or_default();
        let Some(status) = status else {
            return WorkerError::Garbled { what: "it closed its output and went on".to_owned() };
        };
        if complaint.contains(NO_MEMORY) {
            return WorkerError::TooMuchMemory { limit_bytes: limits.memory_bytes };
        }
        if ran_out_of_time(status) {
            return WorkerError::TooSlow { limit: limits.cpu };
        }
        match failure {
            Failure::NoMark if !was_killed(status) => WorkerError::NotAWorker { program: program.to_owned() },
            _ => WorkerError::Crashed { how: describe(status, &complaint) },
        }
    }

    /// Waits for the child to end, and returns how it did if it was in time.
    fn wait_until(&mut self, deadline: Instant) -> Option<ExitStatus> {
        let child = self.child.as_mut()?;
        loop {
            if let Ok(Some(status)) = child.try_wait() {
                self.child = None;
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(child) = self.child.as_mut() else { return };
        sandbox::kill_group(child);
        // It may have ended already.
        drop(child.kill());
        if self.wait_until(Instant::now() + REAP).is_none()
            && let Some(mut child) = self.child.take()
        {
            // The system has not let go of it yet; whoever waits is not the parent.
            drop(thread("worker-reap", move || drop(child.wait())));
        }
    }
}

/// Whether a signal ended the child.
fn was_killed(status: ExitStatus) -> bool {
    signal(status).is_some()
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

#[cfg(unix)]
fn ran_out_of_time(status: ExitStatus) -> bool {
    signal(status) == Some(rustix::process::Signal::XCPU.as_raw())
}

#[cfg(not(unix))]
fn ran_out_of_time(_status: ExitStatus) -> bool {
    false
}

fn describe(status: ExitStatus, complaint: &str) -> String {
    let complaint = complaint.trim().lines().next().unwrap_or_default();
    let complaint: String = complaint.chars().filter(|character| !character.is_control()).take(200).collect();
    if complaint.is_empty() { status.to_string() } else { format!("{status}: {complaint}") }
}
