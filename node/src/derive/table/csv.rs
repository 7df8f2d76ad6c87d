//! CSV with a header line: numbers with a point, empty cells and NaN for no value.

use bytes::Bytes;
use dataforge_las::{Column, HeaderItem, Values};

use super::{check, input};
use crate::api::ApiError;

/// What some programs put before text.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads all of it.
pub(super) fn read(bytes: &Bytes, most: u64) -> Result<Vec<Column>, ApiError> {
    let text = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let failed = |error: &csv::Error| {
        input(format!("the table is no parquet file and no arrow stream, and cannot be read as csv: {error}"))
            .hint("csv is UTF-8 text with commas and one header line")
    };
    let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(text);
    let names: Vec<String> =
        reader.headers().map_err(|error| failed(&error))?.iter().map(|name| name.trim().to_owned()).collect();
    check::count(names.len())?;
    let mut cells: Vec<Vec<Option<String>>> = vec![Vec::new(); names.len()];
    let (mut rows, mut bytes) = (0, 0);
    for record in reader.records() {
        rows += 1;
        for (column, cell) in cells.iter_mut().zip(&record.map_err(|error| failed(&error))?) {
            let cell = cell.trim();
            bytes += cell.len() as u64;
            column.push(Some(cell.to_owned()).filter(|cell| !cell.is_empty()));
        }
        check::size(rows, names.len(), bytes, most)?;
    }
    names.into_iter().zip(cells).map(|(name, cells)| column(name, cells)).collect()
}

/// Makes a column of numbers, unless none of its cells is one.
fn column(name: String, cells: Vec<Option<String>>) -> Result<Column, ApiError> {
    let number = |cell: &String| cell.parse::<f64>().ok();
    let is_text = cells.iter().flatten().next().is_some() && !cells.iter().flatten().any(|cell| number(cell).is_some());
    let values = if is_text {
        Values::Text(cells)
    } else {
        let numbers = (1..).zip(&cells).map(|(row, cell)| match cell {
            None => Ok(f64::NAN),
            Some(cell) => number(cell).map_or_else(
                || {
                    Err(input(format!("column {name}, row {row}: {cell:?} is no number, as other cells of it are"))
                        .hint("leave a cell empty where there is no value; decimals have a point"))
                },
                |value| check::finite(&name, row, value),
            ),
        });
        Values::Number(numbers.collect::<Result<_, _>>()?)
    };
    Ok(Column { definition: HeaderItem { mnemonic: name, ..HeaderItem::default() }, values })
}
