//! What a derived run was made of, as a tool names it → runs and curves of the workspace, and the tables that
//! were read.

use dataforge_protocol::id::{BlobHash, DocId};

use super::lineage::{MAX_SOURCES, Source};
use crate::api::{ApiError, CurveInfo, ErrorKind};
use crate::index::Index;

/// Labels that an error lists.
const LISTED: usize = 12;

/// Finds all of them.
///
/// # Errors
/// `NotFound` for a run or curve that is not here, `Usage` for none, for too many, or for a name that several
/// have; `Input` when a run has another table now than the one that was read.
pub(super) fn find(index: &Index<'_>, named: &[String]) -> Result<Vec<Source>, ApiError> {
    if named.is_empty() {
        return Err(ApiError::new(ErrorKind::Usage, "a derived run is made of something: no source is named")
            .hint("name each run or curve that was read: --from RUN or --from RUN:CURVE"));
    }
    if named.len() > MAX_SOURCES {
        let count = named.len();
        return Err(ApiError::new(ErrorKind::Usage, format!("{count} sources are named; at most {MAX_SOURCES} are"))
            .hint("name runs instead of each of their curves"));
    }
    named.iter().map(|named| one(index, named)).collect()
}

fn one(index: &Index<'_>, named: &str) -> Result<Source, ApiError> {
    let (target, blob) = match named.rsplit_once('@') {
        Some((target, hash)) => match hash.parse::<BlobHash>() {
            Ok(hash) => (target, Some(hash)),
            // A name may have the sign too.
            Err(_no_hash) => (named, None),
        },
        None => (named, None),
    };
    let (run, curve) = run_and_curve(index, target)?;
    let curve = curve.map(|curve| find_curve(index, &run, target, curve)).transpose()?;
    Ok(Source {
        run: run.to_string(),
        ordinal: curve.as_ref().map(|curve| curve.ordinal),
        mnemonic: curve.map(|curve| curve.mnemonic),
        blob: table(index, &run, blob)?,
    })
}

/// Finds the run; what follows its name is a curve. A run whose name has a colon is found by all of it.
fn run_and_curve<'a>(index: &Index<'_>, target: &'a str) -> Result<(DocId, Option<&'a str>), ApiError> {
    let whole = match index.find_run(target) {
        Ok(run) => return Ok((run, None)),
        Err(error) if error.kind == ErrorKind::NotFound => error,
        Err(error) => return Err(error),
    };
    let Some((run, curve)) = target.rsplit_once(':') else { return Err(whole) };
    Ok((index.find_run(run)?, Some(curve)))
}

fn find_curve(index: &Index<'_>, run: &DocId, target: &str, named: &str) -> Result<CurveInfo, ApiError> {
    let curves = index.curves(Some(run))?;
    let number = named.parse::<u32>().ok();
    let ways: [&dyn Fn(&CurveInfo) -> bool; 4] = [
        &|curve| Some(curve.ordinal) == number,
        &|curve| curve.curve == named,
        &|curve| curve.column == named,
        &|curve| curve.mnemonic.eq_ignore_ascii_case(named),
    ];
    for way in ways {
        let found: Vec<_> = curves.iter().filter(|curve| way(curve)).collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok((*one).clone()),
            several => {
                let numbers: Vec<_> = several.iter().map(|curve| curve.ordinal.to_string()).collect();
                return Err(ApiError::new(ErrorKind::Usage, format!("{target:?} names {} curves", several.len()))
                    .hint(format!("name one by its number: {}", numbers.join(", "))));
            }
        }
    }
    let labels: Vec<_> = curves.iter().take(LISTED).map(|curve| curve.curve.as_str()).collect();
    let more = if curves.len() > LISTED { " …" } else { "" };
    Err(ApiError::new(ErrorKind::NotFound, format!("there is no curve {named:?} in the run of {target:?}"))
        .hint(format!("it has {}{more}", labels.join(", "))))
}

/// Returns the table of a run; the one that was read must be it, or a gridded copy of the run.
fn table(index: &Index<'_>, run: &DocId, read: Option<BlobHash>) -> Result<String, ApiError> {
    let native = index.run(run)?.blob;
    let Some(read) = read else { return Ok(native) };
    if read.to_string() == native || index.has_copy(run, &read)? {
        return Ok(read.to_string());
    }
    let (run, read, native) = (run.fmt_short(), read.fmt_short(), native.chars().take(10).collect::<String>());
    Err(ApiError::new(ErrorKind::Input, format!("run {run} has the table {native} now, not {read}"))
        .hint("read the run again, and compute from what it holds now"))
}
