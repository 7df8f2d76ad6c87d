//! Compares the page about SQL with the tables.

use std::fmt::Write as _;

use super::{Column, ColumnType, MetaTable};

const PAGE: &str = include_str!("../../../../docs/sql.md");

/// Returns the part of the page about a table.
fn section(table: &str) -> Option<&'static str> {
    let rest = PAGE.split_once(&format!("\n### `{table}`\n"))?.1;
    Some(rest.split("\n#").next().unwrap_or(rest))
}

fn row(column: &Column) -> String {
    format!("| `{}` | {} | {} |\n", column.name, column.kind.as_str(), column.about)
}

#[test]
fn the_page_about_sql_has_every_table_and_column_as_it_is() {
    for table in MetaTable::ALL {
        let mut expected = format!("\n{}\n\n| column | type | meaning |\n|---|---|---|\n", table.about());
        for column in table.columns() {
            write!(expected, "{}", row(column)).unwrap();
        }
        let found = section(table.name());
        assert!(
            found.is_some_and(|found| format!("{found}\n").starts_with(&expected)),
            "docs/sql.md says otherwise of {table}; it should say:\n### `{table}`\n{expected}"
        );
    }
}

#[test]
fn the_page_about_sql_has_no_table_that_is_none() {
    let headings = PAGE.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    let unknown: Vec<_> = headings
        .filter(|name| *name != "samples" && MetaTable::ALL.iter().all(|table| table.name() != *name))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn the_page_about_sql_has_every_column_of_samples() {
    let found = section("samples").unwrap();
    for field in crate::sample_schema().fields() {
        let kinds = [ColumnType::Text, ColumnType::Integer, ColumnType::Real, ColumnType::Flag, ColumnType::Time];
        let kind = kinds.into_iter().find(|kind| kind.data_type() == *field.data_type()).unwrap();
        assert!(found.contains(&format!("| `{}` | {} | ", field.name(), kind.as_str())), "{field}");
    }
}

#[test]
fn columns_are_said_once_and_in_words() {
    for table in MetaTable::ALL {
        let columns = table.columns();
        assert_eq!(table.schema().fields().len(), columns.len());
        for (at, column) in columns.iter().enumerate() {
            assert!(columns[..at].iter().all(|other| other.name != column.name), "{table}.{}", column.name);
            assert!(column.about.ends_with(['.', '…']), "{table}.{}", column.name);
            assert!(!column.about.contains('|'), "{table}.{}", column.name);
        }
    }
}
