use super::*;
use crate::ingest::datetime::Order;
use crate::ingest::tabular::number::Decimal;
use crate::ingest::tabular::sheet::Format;

const FULL: &str = r#"version = 1

[source]
format = "semicolon"
encoding = "windows-1251"
decimal = ","
thousands = " "
nulls = [-999.25, -9999, "n/a"]
date_order = "dmy"

[[table]]
sheet = "Logs"
kind = "log"
header_rows = [2, 3]
unit_row = 4
first_row = 5
only_listed = true

[[table.column]]
column = "Depth"
role = "index"
name = "DEPT"
unit = "m"
type = "number"

[[table.column]]
column = 4
role = "well"
fill_down = true

[[table]]
sheet = "Notes"
skip = true
"#;

#[test]
fn every_field_is_read_and_written() {
    let mapping = Mapping::from_toml(FULL).unwrap();
    assert_eq!(mapping.source.format, Some(Format::Semicolon));
    assert_eq!(mapping.source.decimal, Some(Decimal::Comma));
    assert_eq!(mapping.source.nulls, ["-999.25", "-9999", "n/a"]);
    assert_eq!(mapping.source.date_order, Some(Order::DayMonthYear));
    let [logs, notes] = &*mapping.tables else { panic!("two tables") };
    assert_eq!((logs.at, notes.at, notes.skip), (11, 31, true));
    assert_eq!(logs.header_rows.as_deref(), Some([2, 3].as_slice()));
    let [depth, well] = &*logs.columns else { panic!("two columns") };
    assert_eq!((depth.at, &depth.column, depth.role), (19, &ColumnRef::Name("Depth".into()), Some(Role::Index)));
    assert_eq!((well.at, &well.column, well.fill_down), (26, &ColumnRef::Number(4), true));
    let mut again = Mapping::from_toml(&mapping.to_toml().unwrap()).unwrap();
    for (table, original) in again.tables.iter_mut().zip(&mapping.tables) {
        table.at = original.at;
        table.columns.iter_mut().zip(&original.columns).for_each(|(column, original)| column.at = original.at);
    }
    assert_eq!(again, mapping);
}

fn fails(text: &str) -> (u32, u32, String) {
    match Mapping::from_toml(text) {
        Err(MappingError::Syntax { line, column, message }) => (line, column, message),
        other => panic!("{text:?} gave {other:?}"),
    }
}

#[test]
fn what_is_wrong_is_located() {
    assert_eq!(fails("version = 1\nkind = \"log\"\n").0, 2, "no such field here");
    let (line, _, message) = fails("version = 1\n[[table]]\nkind = \"logs\"\n");
    assert!(line == 3 && message.contains("deviation"), "{line}: {message}");
    assert_eq!(fails("version = 1\n[[table]\n").0, 2);
    assert_eq!(fails("version = 1\n[[table]]\n[[table.column]]\nrole = \"index\"\n").0, 3, "which column?");
    assert_eq!(fails("version = 1\n[source]\nthousands = \"no\"\n").0, 3);
    assert_eq!(fails("# old\nversion = 7\n"), (2, 11, "this program reads version 1 of mappings".into()));
    assert!(fails("").2.contains("version"));
    assert_eq!(Mapping::from_toml(&"#".repeat(MAX_MAPPING_BYTES + 1)), Err(MappingError::TooLarge));
}

#[test]
fn depth_is_bounded_before_it_is_parsed() {
    // The newline is an error in an inline table, and the parser forgets its own limit over it.
    for open in ["role = {A=\"\n", "[", "a = {\n", "a = [\n"] {
        let message = fails(&format!("version = 1\n{}", open.repeat(50_000))).2;
        assert!(!message.is_empty());
    }
    assert_eq!(fails(&format!("v = {}", "[".repeat(200))).2, "nested too deeply");
}

#[test]
fn places_count_characters() {
    assert_eq!(place("ГК\nМD x", "ГК\nМD ".len()), (2, 4));
    assert_eq!(place("", 9), (1, 1));
}
