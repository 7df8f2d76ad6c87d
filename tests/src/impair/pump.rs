//! Moves the frames of one direction between two devices, each a file that gives and takes one
//! frame at a time.

use std::io::ErrorKind;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Counts, Line, Profile};

/// The largest frame, with what is before it.
const MAX_FRAME: usize = 1 << 16;
/// How long the sender sleeps when nothing is under way; a frame that comes wakes it.
const IDLE: Duration = Duration::from_secs(1);

/// One direction at work: one thread reads, another writes.
#[derive(Debug)]
pub struct Pump {
    line: Mutex<Line>,
    came: Condvar,
    started: Instant,
}

impl Pump {
    /// Makes a pump for a line.
    #[must_use]
    pub fn new(line: Line) -> Self {
        Self { line: Mutex::new(line), came: Condvar::new(), started: Instant::now() }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // A line is whole after each of its methods.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes how bad the line is.
    pub fn set_profile(&self, profile: Profile) {
        self.line().set_profile(profile);
    }

    /// Cuts it or joins it again.
    pub fn set_cut(&self, is_cut: bool) {
        self.line().set_cut(is_cut);
    }

    /// Returns what became of the frames so far.
    pub fn counts(&self) -> Counts {
        self.line().counts()
    }

    /// Takes in frames until the device is gone.
    ///
    /// # Errors
    /// What the device says.
    pub fn read_from(&self, mut device: impl std::io::Read) -> std::io::Result<()> {
        let mut frame = vec![0; MAX_FRAME];
        loop {
            match device.read(&mut frame) {
                Ok(0) => return Ok(()),
                Ok(length) => {
                    self.line().offer(self.started.elapsed(), &frame[..length]);
                    self.came.notify_one();
                }
                // A link that is down now may be up again.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends frames when they are due, until the device is gone.
    ///
    /// # Errors
    /// What the device says, but that a link is down.
    pub fn write_to(&self, mut device: impl std::io::Write) -> std::io::Result<()> {
        loop {
            let frame = self.wait();
            match device.write(&frame) {
                Ok(_all_of_it) => {}
                // The link below is down or its queue is full: a frame is lost, as on a wire.
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn wait(&self) -> Vec<u8> {
        let mut line = self.line();
        loop {
            let now = self.started.elapsed();
            if let Some(frame) = line.take(now) {
                return frame;
            }
            let pause = line.next_due().map_or(IDLE, |due| due.saturating_sub(now));
            let waited = self.came.wait_timeout(line, pause);
            line = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// What is no reason to give up a device: a link that is down, a full queue, a frame that the
/// kernel refuses because it was damaged.
fn is_passing(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NetworkDown
            | ErrorKind::WouldBlock
            | ErrorKind::Interrupted
            | ErrorKind::InvalidInput
            | ErrorKind::OutOfMemory
            | ErrorKind::StorageFull
    ) || error.raw_os_error().is_some_and(|code| NO_BUFFERS.contains(&code))
}

/// `ENOBUFS` on Linux, which has no kind of its own.
const NO_BUFFERS: [i32; 1] = [105];
