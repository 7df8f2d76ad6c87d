//! Tables that only this node knows, row by row: whatever columns they have.
//!
//! Every table of `truth.sql` is taken along but those named here. What is left out is either taken in
//! another form, or is about the device that is not gone on with, or is found out again by itself.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};

use crate::api::ApiError;

/// Tables that are not taken along as rows.
const LEFT_OUT: [&str; 19] = [
    // In a form of their own.
    "workspaces",
    "entries",
    "have",
    // Secrets that serve at the device's key only, and who came by them.
    "invites",
    "device_tickets",
    "requests",
    // How far others hold the device's chain, and what it promised them.
    "peer_levels",
    "leases",
    // Bundles go on from places in the order of settling, which is another one after a restore; and
    // sessions were the old device's.
    "bundles",
    "exchanges",
    // What is under way, or follows from what is there.
    "recent",
    "transfers",
    "partials",
    "begun_for",
    "joining",
    "holdings",
    "garbage",
    "chores",
    "place",
];
/// Rows of one object.
const ROWS: usize = 20_000;

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// Some rows of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Rows {
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

impl Rows {
    /// Returns how many.
    pub(super) const fn len(&self) -> usize {
        self.rows.len()
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
    }
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(number) => Value::Integer(*number),
        Cell::Real(number) => Value::Real(*number),
        Cell::Text(text) => Value::Text(text.clone()),
        Cell::Blob(bytes) => Value::Blob(bytes.clone()),
    }
}

/// Returns the tables whose rows are taken along, of those that only this node knows.
pub(super) fn taken(truth: Vec<String>) -> Vec<String> {
    let mut taken = truth;
    taken.retain(|table| !LEFT_OUT.contains(&table.as_str()));
    taken.sort_unstable();
    taken
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Calls `each` with the rows of a table, some at a time.
///
/// # Errors
/// `Storage`, and those of `each`.
pub(super) fn read(
    connection: &Connection,
    table: &str,
    mut each: impl FnMut(Rows) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {}", quoted(table)))?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut found = statement.query([])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let cells = (0..columns.len()).map(|at| row.get_ref(at).map(cell)).collect::<Result<Vec<_>, _>>()?;
        rows.push(cells);
        if rows.len() == ROWS {
            each(Rows { columns: columns.clone(), rows: std::mem::take(&mut rows) })?;
        }
    }
    if rows.is_empty() { Ok(()) } else { each(Rows { columns, rows }) }
}

/// Puts rows into a table: of columns that are known here. A table that is not is left alone.
///
/// # Errors
/// `Storage`.
pub(super) fn write(connection: &Connection, table: &str, rows: &Rows) -> Result<(), ApiError> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let known = statement.query_map([table], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    let kept: Vec<usize> = (0..rows.columns.len()).filter(|at| known.contains(&rows.columns[*at])).collect();
    if kept.is_empty() || LEFT_OUT.contains(&table) {
        return Ok(());
    }
    let columns: Vec<_> = kept.iter().map(|at| quoted(&rows.columns[*at])).collect();
    let marks = vec!["?"; kept.len()].join(", ");
    let sql = format!("INSERT OR REPLACE INTO {} ({}) VALUES ({marks})", quoted(table), columns.join(", "));
    let mut insert = connection.prepare(&sql)?;
    for row in &rows.rows {
        let values = kept.iter().map(|at| row.get(*at).map_or(Value::Null, value));
        insert.execute(params_from_iter(values))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_whatever_they_hold_and_columns_that_are_gone_are_left() {
        let from = Connection::open_in_memory().unwrap();
        from.execute_batch(
            "CREATE TABLE marks (a, b, gone); INSERT INTO marks VALUES (1, x'0102', 'x'), (NULL, 'text', 2.5);
             CREATE TABLE other (a);",
        )
        .unwrap();
        let to = Connection::open_in_memory().unwrap();
        to.execute_batch("CREATE TABLE marks (b, a, new)").unwrap();
        let mut all = Vec::new();
        read(&from, "marks", |rows| {
            all.push(rows);
            Ok(())
        })
        .unwrap();
        assert_eq!(all.iter().map(Rows::len).sum::<usize>(), 2);
        for rows in &all {
            write(&to, "marks", rows).unwrap();
            write(&to, "other", rows).unwrap();
        }
        let mut statement = to.prepare("SELECT a, b, new FROM marks ORDER BY rowid").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let rows: Vec<(Value, Value, Value)> = rows.map(Result::unwrap).collect();
        assert_eq!(rows[0], (Value::Integer(1), Value::Blob(vec![1, 2]), Value::Null));
        assert_eq!(rows[1], (Value::Null, Value::Text("text".into()), Value::Null));
    }

    #[test]
    fn what_is_left_out_is_a_table() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../store/truth.sql")).unwrap();
        for table in LEFT_OUT {
            connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        }
    }
}
