//! Reads rows again that hold words, and compares.

use crate::data;
use crate::model::{HeaderItem, SetKind, Values, Version};
use crate::nulls::{NullPolicy, Nulls};
use crate::report::Reporter;
use crate::write::flags::Flags;
use crate::write::plan::RowsPart;
use crate::write::{NumberForm, WriteError, WriteReport};

/// Checks that `text` is read back as `rows`.
///
/// # Errors
///
/// [`WriteError::Value`] for the first value that is not.
pub(super) fn rows(
    rows: &RowsPart<'_>,
    curves: &[&HeaderItem],
    flags: &Flags,
    text: &[u8],
    report: &mut WriteReport,
) -> Result<(), WriteError> {
    let version = Version {
        vers: flags.version.as_str().to_owned(),
        wrapped: flags.wrapped,
        delimiter: flags.delimiter,
        null: Some(flags.null.header.clone()),
    };
    let nulls = Nulls::new(&NullPolicy::Header, version.null.as_deref());
    let first = rows.set.columns.first().map(|column| column.definition.mnemonic.clone()).unwrap_or_default();
    let lost = |row| WriteError::Value { column: first.clone(), row, why: "is in a row that is not read back as one" };
    let text = str::from_utf8(text).unwrap_or_default();
    // Only LAS 3.0 has formats.
    let plain = |item: &&HeaderItem| HeaderItem { format: None, ..(*item).clone() };
    let plain: Vec<HeaderItem> = curves.iter().filter(|_| !flags.version.is_3()).map(plain).collect();
    let plain: Vec<&HeaderItem> = plain.iter().collect();
    let source = data::Source {
        text,
        line: 1,
        title_line: 0,
        version: &version,
        is_3: flags.version.is_3(),
        has_index: rows.kind == SetKind::Log,
        nulls: &nulls,
        curves: if flags.version.is_3() { curves } else { &plain },
    };
    let mut comments = usize::MAX;
    let found = data::read_rows(&source, &mut comments, &mut Reporter::new(false));
    let Ok(Some(found)) = found else { return Err(lost(1)) };
    for (column, found) in rows.set.columns.iter().zip(&found.columns) {
        let name = &column.definition.mnemonic;
        let exact = flags.numbers == NumberForm::Shortest;
        if let Some(row) = first_difference(&column.values, &found.values, exact) {
            let why = "is not read back as it is";
            return Err(WriteError::Value { column: name.clone(), row: row + 1, why });
        }
        if matches!((&column.values, &found.values), (Values::Text(_), Values::Number(_))) {
            report.notes.push(format!("every word of {name} looks like a number, and will be read as one"));
        }
    }
    if found.rows != rows.set.rows || found.columns.len() != rows.set.columns.len() {
        return Err(lost(found.rows + 1));
    }
    Ok(())
}

/// Returns the first row in which a column differs from how it was read back. Words that look like
/// numbers are read as numbers where no format says otherwise, which is no difference.
fn first_difference(values: &Values, found: &Values, exact: bool) -> Option<usize> {
    let mut differ: Box<dyn Iterator<Item = bool>> = match (values, found) {
        (Values::Number(values), Values::Number(found)) => {
            let same = move |(value, found): (&f64, &f64)| {
                value.to_bits() == found.to_bits() || value.is_nan() && found.is_nan() || !exact && !found.is_nan()
            };
            Box::new(values.iter().zip(found).map(same))
        }
        (Values::Text(values), Values::Text(found)) => Box::new(values.iter().zip(found).map(|(a, b)| a == b)),
        (Values::Text(values), Values::Number(found)) => {
            let same = |(word, number): (&Option<String>, &f64)| match word {
                None => number.is_nan(),
                Some(word) => fast_float2::parse::<f64, _>(word.as_bytes()).is_ok_and(|value| value == *number),
            };
            Box::new(values.iter().zip(found).map(same))
        }
        (Values::Number(values), Values::Text(_)) => Box::new(values.iter().map(|_| false)),
    };
    differ.position(|same| !same)
}
