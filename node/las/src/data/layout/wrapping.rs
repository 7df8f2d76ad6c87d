//! Whether a row runs over several lines, and how one can tell where the next begins.

use crate::data::table::Source;
use crate::error::ReadError;
use crate::model::NoticeKind;
use crate::report::Reporter;

/// How rows run over several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// The index stands alone on its line, as the standard asks: rows can be told apart even
    /// where values are missing.
    IndexAlone,
    /// Every value stands on its own line.
    OneALine,
    /// Rows begin on a new line, and that is all.
    Loose,
}

/// Returns how rows are wrapped and how many values they have; `None` when each stands on one
/// line. `counts` are the numbers of values on the first lines.
///
/// # Errors
///
/// [`ReadError::StrictViolation`] when strict.
pub(super) fn find(
    source: &Source<'_>,
    counts: &[usize],
    reporter: &mut Reporter,
) -> Result<Option<(Wrapping, usize)>, ReadError> {
    let curves = source.curves.len();
    let found = if source.version.wrapped {
        declared(curves, counts)
    } else {
        looks_wrapped(curves, counts).then_some((Wrapping::IndexAlone, curves))
    };
    // A single curve is the same either way.
    if found.is_some() != source.version.wrapped && curves != 1 {
        let message = if found.is_some() {
            "WRAP is NO but rows run over several lines"
        } else {
            "WRAP is YES but every row stands on one line"
        };
        reporter.add(source.line, 0, NoticeKind::WrapFlag, || message.to_owned())?;
    }
    Ok(found)
}

/// Returns how rows of a file are wrapped that says they are.
fn declared(curves: usize, counts: &[usize]) -> Option<(Wrapping, usize)> {
    let first = counts.first().copied().unwrap_or_default();
    let complete = counts.iter().filter(|&&count| count == curves).count();
    let uniform = counts.iter().all(|&count| count == first);
    if curves == 1 || complete * 2 > counts.len() {
        return None;
    }
    match (curves, uniform, first) {
        (0, false, 1) => Some((Wrapping::IndexAlone, width_of_first_row(counts))),
        (0, _, _) => None,
        (_, true, 1) => Some((Wrapping::OneALine, curves)),
        (_, false, 1) => Some((Wrapping::IndexAlone, curves)),
        // Lines of equal length that make no whole row together are rows of other columns.
        (_, true, _) if curves.checked_rem(first) != Some(0) => None,
        _ => Some((Wrapping::Loose, curves)),
    }
}

/// Returns the number of values up to the second line that holds a single one, as an index does.
fn width_of_first_row(counts: &[usize]) -> usize {
    1 + counts.iter().skip(1).take_while(|&&count| count != 1).sum::<usize>()
}

/// Returns whether lines look like wrapped rows with the index on its own line, and like nothing
/// else: no line is a row, and whole rows end where lines do.
fn looks_wrapped(curves: usize, counts: &[usize]) -> bool {
    if curves < 3 || counts.contains(&curves) {
        return false;
    }
    let (mut filled, mut rows) = (0, 0);
    for &count in counts {
        let fits = match filled {
            0 => count == 1,
            1 => count > 1,
            _ => true,
        };
        filled += count;
        if !fits || filled > curves {
            return false;
        }
        if filled == curves {
            (filled, rows) = (0, rows + 1);
        }
    }
    rows > 0
}
