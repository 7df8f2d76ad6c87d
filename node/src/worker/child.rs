//! The child's side: gives up what it does not need, does one job, says what it found.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Duration;

use super::frame::{self, Frame, MARK};
use super::{parquet, sandbox, workbook};

/// What a child is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
    /// Reads a workbook.
    Workbook,
    /// Checks a Parquet file.
    Parquet,
    /// Checks the footer of one whose pages are not here.
    Footer,
    /// The same with its page index.
    PageIndex,
}

impl Job {
    /// Returns the word by which it is asked for.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Workbook => "workbook",
            Self::Parquet => "parquet",
            Self::Footer => "footer",
            Self::PageIndex => "page-index",
        }
    }
}

/// Why a job ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The file is not what it should be.
    Refused(String),
    /// The parent reads no more.
    Output(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Does the job that the arguments ask for: its word, bytes of memory, seconds of processor time.
pub(super) fn run(arguments: Vec<OsString>, asked: bool) -> ExitCode {
    let numbers: Vec<u64> = arguments.iter().skip(1).filter_map(|text| text.to_str()?.parse().ok()).collect();
    let job = [Job::Workbook, Job::Parquet, Job::Footer, Job::PageIndex]
        .into_iter()
        .find(|job| arguments.first().is_some_and(|word| word.as_os_str() == job.word()));
    let (Some(job), &[memory, cpu], true) = (job, &*numbers, asked) else {
        // Nobody is there to read a broken pipe's complaint.
        drop(writeln!(io::stderr(), "error: dataforge starts workers itself, for files that others made"));
        return ExitCode::from(2);
    };
    match start(job, memory, Duration::from_secs(cpu)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "{error}"));
            ExitCode::FAILURE
        }
    }
}

fn start(job: Job, memory_bytes: u64, cpu: Duration) -> io::Result<()> {
    let input = input()?;
    sandbox::restrict(memory_bytes, cpu)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    out.write_all(MARK)?;
    // The parent tells what happened from the frame; a trace on standard error helps nobody.
    std::panic::set_hook(Box::new(|_| {}));
    let done = catch_unwind(AssertUnwindSafe(|| match job {
        Job::Workbook => workbook::send(input, &mut out),
        Job::Parquet => parquet::send(input, &mut out),
        Job::Footer => parquet::footer::send(input, false, &mut out),
        Job::PageIndex => parquet::footer::send(input, true, &mut out),
    }));
    let last = match done {
        Ok(Ok(())) => Frame::End,
        Ok(Err(Stop::Refused(why))) => Frame::Refused(why),
        Ok(Err(Stop::Output(error))) => return Err(error),
        Err(panic) => Frame::Broken(words(&*panic)),
    };
    frame::write(&mut out, &last)?;
    out.flush()
}

/// Returns the standard input as a file, which can be read at any place if it is one.
fn input() -> io::Result<File> {
    #[cfg(unix)]
    let owned = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()?;
    #[cfg(windows)]
    let owned = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned()?;
    Ok(File::from(owned))
}

/// Returns what a panic says.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}
