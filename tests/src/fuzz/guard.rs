//! Runs a target in a thread of its own and sees to it that it ends, within its share of time and
//! memory.
//!
//! Time is the processor time of that thread, so that a busy machine makes no findings. A thread
//! cannot be ended from outside: after a run that is too slow the guard is of no more use, and the
//! thread goes on until the program ends.

use std::cell::RefCell;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::Outcome;
use super::alloc::Counters;
use super::target::Target;

/// Name of the thread of a target.
const THREAD: &str = "fuzz";

/// How often a run is looked at.
const TICK: Duration = Duration::from_millis(20);

/// How much longer than its processor time a run may take by the clock: it may wait for a child
/// process, or for its turn.
const WAITING: Duration = Duration::from_secs(240);

/// What a run may use, by the length of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Processor time whatever the input …
    pub cpu: Duration,
    /// … and for each byte of it.
    pub cpu_per_byte: Duration,
    /// Memory whatever the input, in bytes …
    pub memory: u64,
    /// … and for each byte of it …
    pub memory_per_byte: u64,
    /// … and at most.
    pub memory_most: u64,
}

impl Limits {
    fn cpu_of(&self, length: usize) -> Duration {
        self.cpu + self.cpu_per_byte * u32::try_from(length).unwrap_or(u32::MAX)
    }

    fn memory_of(&self, length: usize) -> u64 {
        let share = self.memory_per_byte.saturating_mul(length as u64);
        self.memory.saturating_add(share).min(self.memory_most)
    }
}

/// What a run used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// Processor time.
    pub cpu: Duration,
    /// Most memory held at a time, in bytes.
    pub memory: u64,
}

/// What went wrong with a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It panicked.
    #[error("panic: {words}\n  at {place}")]
    Panic {
        /// What it said.
        words: String,
        /// File, line and column.
        place: String,
    },
    /// It did not end in time.
    #[error("too slow: {spent:?}, at most {limit:?} allowed")]
    Slow {
        /// Time it took so far.
        spent: Duration,
        /// The limit.
        limit: Duration,
    },
    /// It used too much memory.
    #[error("too much memory: {} KiB, at most {} KiB allowed", .peak >> 10, .limit >> 10)]
    Memory {
        /// The most it held so far, in bytes.
        peak: u64,
        /// The limit, in bytes.
        limit: u64,
    },
}

type Done = Result<Outcome, Trouble>;

/// A target at work.
#[derive(Debug)]
pub struct Guard {
    limits: Limits,
    inputs: SyncSender<Vec<u8>>,
    outcomes: Receiver<Done>,
    clock: CpuClock,
    memory: &'static Counters,
}

impl Guard {
    /// Starts the thread of a target.
    ///
    /// # Panics
    /// When it cannot be started, or the program lacks the counting allocator.
    #[must_use]
    pub fn start(mut target: Box<dyn Target>, limits: Limits) -> Self {
        let (inputs, jobs) = sync_channel::<Vec<u8>>(1);
        let (done, outcomes) = sync_channel::<Done>(1);
        let (ready, started) = sync_channel(1);
        let work = move || {
            let memory = Counters::of_this_thread();
            if ready.send((CpuClock::of_this_thread(), memory)).is_err() {
                return;
            }
            while let Ok(input) = jobs.recv() {
                memory.reset();
                let run = catch_unwind(AssertUnwindSafe(|| target.run(&input)));
                let outcome = run.map_err(|panic| Trouble::Panic { words: words(&*panic), place: PLACE.take() });
                if done.send(outcome).is_err() {
                    return;
                }
            }
        };
        note_panics();
        std::thread::Builder::new().name(THREAD.to_owned()).spawn(work).expect("a thread starts");
        let (clock, memory) = started.recv().expect("the program declares the counting allocator");
        Self { limits, inputs, outcomes, clock, memory }
    }

    /// Runs the target on an input.
    ///
    /// # Errors
    /// When it panics or needs more than its share; after [`Trouble::Slow`], and after
    /// [`Trouble::Memory`] of a run under way, the guard must not be used again.
    ///
    /// # Panics
    /// When it is used again nevertheless.
    pub fn run(&mut self, input: &[u8]) -> Result<(Outcome, Used), Trouble> {
        let (cpu_limit, memory_limit) = (self.limits.cpu_of(input.len()), self.limits.memory_of(input.len()));
        let (begun, before) = (Instant::now(), self.clock.now());
        self.inputs.send(input.to_vec()).expect("the thread takes inputs until its guard is dropped");
        let outcome = loop {
            match self.outcomes.recv_timeout(TICK) {
                Ok(outcome) => break Some(outcome),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("the thread of a target never ends by itself"),
            }
            let spent = self.clock.now().saturating_sub(before);
            if spent > cpu_limit || begun.elapsed() > cpu_limit + WAITING || self.memory.peak() > memory_limit {
                break None;
            }
        };
        let used = Used { cpu: self.clock.now().saturating_sub(before), memory: self.memory.peak() };
        let result = outcome.transpose()?;
        if used.memory > memory_limit {
            return Err(Trouble::Memory { peak: used.memory, limit: memory_limit });
        }
        match result {
            Some(outcome) if used.cpu <= cpu_limit => Ok((outcome, used)),
            _ => Err(Trouble::Slow { spent: used.cpu.max(begun.elapsed().min(WAITING)), limit: cpu_limit }),
        }
    }
}

thread_local! {
    /// Where this thread panicked last.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps panics of targets from being printed, and notes their place instead: a finding is told by
/// whoever runs the guard, and a backtrace would count as time and memory of the target.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some(THREAD) {
                return usual(panic);
            }
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            PLACE.with(|last| last.replace(place));
        }));
    });
}

/// Returns what a panic says.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".to_owned())
}

/// The processor time of a thread, readable by others.
#[derive(Debug)]
struct CpuClock {
    /// What Linux tells of the thread; elsewhere the clock on the wall has to do.
    schedule: Option<File>,
    begun: Instant,
}

impl CpuClock {
    fn of_this_thread() -> Self {
        Self { schedule: File::open("/proc/thread-self/schedstat").ok(), begun: Instant::now() }
    }

    /// Returns the time so far, exact to some milliseconds.
    fn now(&mut self) -> Duration {
        let nanoseconds = self.schedule.as_mut().and_then(|file| {
            let mut text = String::new();
            file.seek(SeekFrom::Start(0)).ok()?;
            file.read_to_string(&mut text).ok()?;
            text.split_whitespace().next()?.parse().ok()
        });
        nanoseconds.map_or_else(|| self.begun.elapsed(), Duration::from_nanos)
    }
}
