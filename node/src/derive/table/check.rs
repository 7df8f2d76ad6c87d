//! Whether columns make a run: their names, the index, how much they are.

use dataforge_las::{Column, DataSet, HeaderItem, Values};
use dataforge_protocol::facts::IndexKind;

use super::{Said, input, no_rows};
use crate::api::{ApiError, ErrorKind};
use crate::ingest::index::meaning;
use crate::ingest::table::{MAX_CURVES, MAX_NAME_CHARS, column_name};

/// Bytes of a number, and of what is kept beside a text.
const CELL_BYTES: u64 = 8;
/// Characters of a unit or a description.
const MAX_WORDS: usize = 1_000;
/// Names that an error lists.
const LISTED: usize = 12;

/// Refuses too few or too many columns.
pub(super) fn count(columns: usize) -> Result<(), ApiError> {
    match columns.checked_sub(1) {
        None => Err(input("the table has no columns")),
        Some(0) => Err(input("the table has an index and no curve").hint("the first column is the index")),
        Some(curves) if curves > MAX_CURVES => {
            Err(input(format!("the table has {curves} curves; at most {MAX_CURVES} make a run")))
        }
        Some(_) => Ok(()),
    }
}

/// Refuses more than may be held at once.
pub(super) fn size(rows: u64, columns: usize, text: u64, most: u64) -> Result<(), ApiError> {
    let bytes = rows.saturating_mul(columns as u64).saturating_mul(CELL_BYTES).saturating_add(text);
    if bytes <= most {
        return Ok(());
    }
    Err(input(format!("the table has {rows} rows and takes {bytes} bytes; at most {most} are taken"))
        .hint(format!("split it, or raise the limit: dataforge config set import.max_file_bytes {bytes}")))
}

/// Returns a number that can be kept; NaN is none.
pub(super) fn finite(column: &str, row: usize, value: f64) -> Result<f64, ApiError> {
    if value.is_infinite() {
        return Err(input(format!("column {column}, row {row}: {value} is no value"))
            .hint("give null where there is none; a division by zero is a frequent cause"));
    }
    Ok(value)
}

/// Puts the index first and sees that the columns make a run.
pub(super) fn finish(mut columns: Vec<Column>, said: &Said) -> Result<DataSet, ApiError> {
    count(columns.len())?;
    names(&columns)?;
    for (name, unit) in &said.units {
        let at = find(&columns, name)?;
        unit.trim().clone_into(&mut columns[at].definition.unit);
    }
    if let Some(name) = &said.index {
        let at = find(&columns, name)?;
        let index = columns.remove(at);
        columns.insert(0, index);
    }
    if let (Some(unit), Some(index)) = (&said.index_unit, columns.first_mut()) {
        unit.trim().clone_into(&mut index.definition.unit);
    }
    words(&columns)?;
    let rows = columns.first().map_or(0, |column| column.values.len());
    if rows == 0 {
        return Err(no_rows());
    }
    if let Some(index) = columns.first() {
        check_index(index)?;
    }
    Ok(DataSet { columns, rows, ..DataSet::default() })
}

fn find(columns: &[Column], name: &str) -> Result<usize, ApiError> {
    columns.iter().position(|column| column.definition.mnemonic == name.trim()).ok_or_else(|| {
        let names: Vec<_> = columns.iter().take(LISTED).map(|column| column.definition.mnemonic.as_str()).collect();
        let more = if columns.len() > LISTED { " …" } else { "" };
        ApiError::new(ErrorKind::Usage, format!("the table has no column {name:?}"))
            .hint(format!("its columns are {}{more}", names.join(", ")))
    })
}

/// Sees that every column has a name of its own, also in SQL.
fn names(columns: &[Column]) -> Result<(), ApiError> {
    let mut seen = std::collections::BTreeMap::new();
    for (number, column) in (1..).zip(columns) {
        let name = &column.definition.mnemonic;
        if name.is_empty() {
            return Err(input(format!("column {number} has no name")).hint("name every column after its curve"));
        }
        if name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
            return Err(input(format!("column {number} has a name that cannot be kept: {name:?}"))
                .hint(format!("a name has at most {MAX_NAME_CHARS} characters, all of them printable")));
        }
        if let Some((before, other)) = seen.insert(column_name(name), (number, name)) {
            return Err(input(format!("columns {before} and {number} have the same name in sql: {other}, {name}"))
                .hint("only letters, digits and _ tell names apart there, in lower case"));
        }
    }
    Ok(())
}

/// Sees that what is said of columns can be kept in the run's document.
fn words(columns: &[Column]) -> Result<(), ApiError> {
    for column in columns {
        let HeaderItem { mnemonic, unit, description, .. } = &column.definition;
        for (what, text) in [("unit", unit), ("description", description)] {
            if text.chars().count() > MAX_WORDS {
                return Err(input(format!("the {what} of column {mnemonic} has more than {MAX_WORDS} characters"))
                    .hint("shorten it, or take it out of the metadata of the column"));
            }
        }
    }
    Ok(())
}

/// Sees that the index has a value in every row, and that depths go one way.
fn check_index(index: &Column) -> Result<(), ApiError> {
    let name = &index.definition.mnemonic;
    let Values::Number(values) = &index.values else {
        return Err(input(format!("the index {name} is text")).hint("name the column of depths or times with --index"));
    };
    if let Some(at) = values.iter().position(|value| value.is_nan()) {
        return Err(
            input(format!("index {name}, row {}: there is no value", at + 1)).hint("leave out rows without a depth")
        );
    }
    if meaning(index, [None; 3]).kind != IndexKind::Depth {
        return Ok(());
    }
    let Some((first, second)) = values.first().zip(values.get(1)) else { return Ok(()) };
    let rises = second > first;
    let wrong = values.windows(2).position(|pair| match pair {
        [above, below] => above == below || (below > above) != rises,
        _ => false,
    });
    match wrong {
        None => Ok(()),
        Some(at) => {
            let (above, below) = (values[at], values[at + 1]);
            Err(input(format!(
                "index {name}, row {}: {below} comes after {above}, but depths rise or fall strictly",
                at + 2
            ))
            .hint("sort the rows by depth, and keep one of those that repeat"))
        }
    }
}
