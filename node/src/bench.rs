//! Doors for the benchmarks, which measure parts that requests do not reach one by one. Not for
//! programs.

use std::path::Path;
use std::time::{Duration, Instant};

use dataforge_protocol::document::{LongText, Map};
use dataforge_protocol::entry::SignedEntry;
use dataforge_protocol::facts::Facts;

use crate::api::{ApiError, ErrorKind};
use crate::core::{Core, Who};
use crate::directory::Directory;
use crate::key::Access;
use crate::verify::verify;

/// Entries in one transaction, as a session delivers them.
const BATCH: usize = 1024;
/// Charts that are written in one transaction.
const CHARTS: usize = 100;
/// Series of a chart.
const SERIES: u64 = 8;

/// Starts a workspace in a new directory from `entries` (genesis first) and applies the rest as a
/// session does: verify, accept, store, index, commit. Returns the time for all but the genesis.
///
/// # Errors
/// Whatever the core runs into.
pub fn apply_entries(dir: &Path, entries: Vec<SignedEntry>) -> Result<Duration, ApiError> {
    let bad = |error: &dyn std::error::Error| ApiError::from_error(ErrorKind::Input, error);
    let directory = Directory::open(dir)?;
    let mut core = Core::open(directory.path(), Who::Open(None))?;
    let mut entries = entries.into_iter();
    let genesis = entries.next().ok_or_else(|| ApiError::new(ErrorKind::Usage, "no entries"))?;
    let genesis = genesis.verify().map_err(|error| bad(&error))?;
    let workspace = core.begin(&genesis, Vec::new())?;
    let entries: Vec<_> = entries.collect();
    let started = Instant::now();
    for batch in entries.chunks(BATCH) {
        let verified = verify(batch.to_vec());
        let progress = core.accept(&workspace, verified.map_err(|error| bad(&error))?)?;
        if progress.settled.len() != batch.len() {
            return Err(ApiError::new(ErrorKind::Internal, format!("not all were accepted: {:?}", progress.invalid)));
        }
    }
    Ok(started.elapsed())
}

/// Adds charts of some series to the one workspace of a directory that no process has.
///
/// # Errors
/// Whatever the core runs into.
pub fn add_charts(dir: &Path, count: u64) -> Result<(), ApiError> {
    let directory = Directory::open(dir)?;
    let mut core = Core::open(directory.path(), Who::read(directory.path(), Access::Plain)?)?;
    let workspace = core.find_workspace(None)?;
    for first in (0..count).step_by(CHARTS) {
        core.write(&workspace, &[], |writer| {
            for number in first..count.min(first + CHARTS as u64) {
                let nonce = (u128::from(number) << 64).to_be_bytes();
                let (doc, _) = writer.open(&Facts::Chart { nonce }, Vec::new())?;
                writer.queue(doc, Vec::new(), move |edit| {
                    edit.set_long_text(LongText::Title, &format!("Chart {number}"))?;
                    for series in 0..SERIES {
                        for (field, value) in [("curve", "GR"), ("scale", "linear"), ("min", "0"), ("max", "150")] {
                            edit.set_text(Map::Items, &format!("series/{series:016x}/{field}"), Some(value))?;
                        }
                    }
                    Ok(())
                });
            }
            Ok(())
        })?;
    }
    Ok(())
}
