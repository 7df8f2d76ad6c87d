//! Properties of the whole way, from bytes to sets.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use dataforge_las::Values;
use dataforge_query::{CsvWriter, Formulas};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

/// Reads a file, or says why not.
fn read_bytes(bytes: &[u8], mapping: &Mapping) -> Result<TableReading, ReadTableError> {
    read(&read_text(bytes, &mapping.source)?, mapping)
}

/// What a column of numbers is, bit for bit.
fn bits(values: &Values) -> Vec<Option<u64>> {
    match values {
        Values::Number(numbers) => {
            numbers.iter().map(|number| Some(number.to_bits()).filter(|_| !number.is_nan())).collect()
        }
        Values::Text(texts) => panic!("{texts:?}"),
    }
}

/// A mapping that says what the columns of a table written by us are.
fn told(formulas: Formulas) -> Mapping {
    let column = |number, values, role| ColumnMapping {
        column: ColumnRef::Number(number),
        values: Some(values),
        role: Some(role),
        ..ColumnMapping::default()
    };
    let columns = vec![
        column(1, ColumnType::Number, Role::Index),
        column(2, ColumnType::Number, Role::Curve),
        column(3, ColumnType::Text, Role::Curve),
    ];
    let table = TableMapping {
        header_rows: Some(vec![1]),
        unit_row: Some(0),
        first_row: Some(2),
        kind: Some(TableKind::Log),
        columns,
        ..TableMapping::default()
    };
    let source = SourceMapping {
        format: Some(Format::Csv),
        decimal: Some(Decimal::Point),
        keep_apostrophes: Some(formulas == Formulas::AsTheyAre),
        ..SourceMapping::default()
    };
    Mapping { source, tables: vec![table] }
}

fn written(rows: &[Row], formulas: Formulas) -> Vec<u8> {
    let index: ArrayRef = Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.0)));
    let numbers: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<Float64Array>());
    let texts: ArrayRef = Arc::new(rows.iter().map(|row| row.2.as_deref()).collect::<StringArray>());
    let batch = RecordBatch::try_from_iter([("dept", index), ("gr", numbers), ("remark", texts)]).unwrap();
    let mut out = Vec::new();
    CsvWriter::new(&mut out, &batch.schema(), formulas).unwrap().write(&batch).unwrap();
    out
}

type Row = (f64, Option<f64>, Option<String>);

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("a number", |number| number.is_finite())
}

/// Texts that a cell can hold: not blank, which is no value, and no zero byte, which is in no text.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[-=+@'\" \t\r\n,;a-z0-9.]{1,12}", any::<String>(), "[=+@'\"-]{1,3}[a-z(]{0,4}"]
        .prop_map(|text| text.replace('\0', "0"))
        .prop_filter("not blank", |text| !text.trim().is_empty())
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    vec((finite(), option::of(finite()), option::of(texts())), 1..20)
}

proptest! {
    #[test]
    fn csv_written_by_us_reads_back_equal(rows in rows(), defused in any::<bool>()) {
        let formulas = if defused { Formulas::Defused } else { Formulas::AsTheyAre };
        let bytes = written(&rows, formulas);
        let reading = read_bytes(&bytes, &told(formulas)).unwrap();
        let columns = &reading.sets[0].data.columns;
        let index: Vec<_> = rows.iter().map(|row| Some(row.0.to_bits())).collect();
        prop_assert_eq!(bits(&columns[0].values), index);
        let has_numbers = rows.iter().any(|row| row.1.is_some());
        if has_numbers {
            let numbers: Vec<_> = rows.iter().map(|row| row.1.map(f64::to_bits)).collect();
            prop_assert_eq!(bits(&columns[1].values), numbers);
        }
        if rows.iter().any(|row| row.2.is_some()) {
            let texts: Vec<_> = rows.iter().map(|row| row.2.clone()).collect();
            prop_assert_eq!(&columns[1 + usize::from(has_numbers)].values, &Values::Text(texts));
        }
    }

    #[test]
    fn a_clean_table_is_read_right_by_guess(table in clean()) {
        let reading = read_bytes(&table.bytes(), &Mapping::default()).unwrap();
        prop_assert_eq!(reading.sets.len(), 1);
        let set = &reading.sets[0];
        prop_assert_eq!(set.kind, TableKind::Log);
        let names: Vec<&str> = set.data.columns.iter().map(|column| &*column.definition.mnemonic).collect();
        prop_assert_eq!(&names[..], &NAMES[..table.width()]);
        for (position, column) in set.data.columns.iter().enumerate() {
            let expected: Vec<_> = table.rows.iter().map(|row| row[position].map(f64::to_bits)).collect();
            prop_assert_eq!(bits(&column.values), expected);
            let unit = if table.units == Units::None { "" } else { UNITS[position] };
            prop_assert_eq!(&*column.definition.unit, unit);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..400)) {
        check_any(&bytes);
    }

    #[test]
    fn no_damage_to_a_table_makes_it_panic(table in clean(), damage in vec((any::<u16>(), any::<u8>(), 0..4_u8), 1..12)) {
        let mut bytes = table.bytes();
        for (place, byte, what) in damage {
            let place = usize::from(place) % bytes.len().max(1);
            match what {
                0 if !bytes.is_empty() => bytes[place] = byte,
                1 if !bytes.is_empty() => drop(bytes.remove(place)),
                2 => bytes.insert(place.min(bytes.len()), b",;\t\"\n|'=-"[usize::from(byte) % 9]),
                _ => bytes.truncate(bytes.len() - usize::from(byte).min(bytes.len())),
            }
        }
        check_any(&bytes);
    }
}

/// Checks that what comes out is whole, whatever went in, and reads the same by its own mapping.
fn check_any(bytes: &[u8]) {
    let Ok(reading) = read_bytes(bytes, &Mapping::default()) else { return };
    for set in &reading.sets {
        assert_eq!(set.roles.len(), set.data.columns.len());
        for column in &set.data.columns {
            let length = match &column.values {
                Values::Number(numbers) => numbers.len(),
                Values::Text(texts) => texts.len(),
            };
            assert_eq!(length, set.data.rows);
        }
    }
    let book = read_text(bytes, &SourceMapping::default()).unwrap();
    let shown = preview(&book, &Mapping::default()).unwrap();
    let mapping = Mapping::from_toml(&shown.mapping.to_toml().unwrap()).unwrap();
    let again = read(&book, &mapping).unwrap();
    assert_eq!(format!("{:?}", again.sets), format!("{:?}", reading.sets));
}

const NAMES: [&str; 5] = ["DEPT", "GR", "RHOB", "NPHI", "Remark"];
const UNITS: [&str; 5] = ["m", "gAPI", "g/cm3", "v/v", "K"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Units {
    None,
    Round,
    Square,
    Row,
}

/// A table as tidy people write it, in any of the usual forms.
#[derive(Debug, Clone)]
struct Clean {
    rows: Vec<Vec<Option<f64>>>,
    format: Format,
    units: Units,
    titles: usize,
    mark: bool,
    windows: bool,
}

impl Clean {
    fn width(&self) -> usize {
        self.rows[0].len()
    }

    fn bytes(&self) -> Vec<u8> {
        let delimiter = self.format.delimiter().map(char::from).unwrap();
        let join = |cells: &[String]| cells.join(&delimiter.to_string());
        let mut lines: Vec<String> = (0..self.titles).map(|number| format!("title {number}")).collect();
        let name = |position: usize| match self.units {
            Units::Round => format!("{} ({})", NAMES[position], UNITS[position]),
            Units::Square => format!("{} [{}]", NAMES[position], UNITS[position]),
            Units::None | Units::Row => NAMES[position].to_owned(),
        };
        lines.push(join(&(0..self.width()).map(name).collect::<Vec<_>>()));
        if self.units == Units::Row {
            lines.push(join(&UNITS[..self.width()].iter().map(|&unit| unit.to_owned()).collect::<Vec<_>>()));
        }
        let comma = self.format == Format::Semicolon;
        for row in &self.rows {
            let text = |number: &f64| {
                let text = format!("{number:?}");
                if comma { text.replace('.', ",") } else { text }
            };
            lines.push(join(&row.iter().map(|cell| cell.as_ref().map(text).unwrap_or_default()).collect::<Vec<_>>()));
        }
        let end = if self.windows { "\r\n" } else { "\n" };
        let mark = if self.mark { "\u{feff}" } else { "" };
        format!("{mark}{}{end}", lines.join(end)).into_bytes()
    }
}

fn clean() -> impl Strategy<Value = Clean> {
    // Numbers with up to two decimals: three of them behind a comma could be grouped thousands.
    let number = (-99_999..99_999_i32).prop_map(|hundredths| f64::from(hundredths) / 100.0);
    let format = prop_oneof![Just(Format::Csv), Just(Format::Semicolon), Just(Format::Tsv), Just(Format::Pipe)];
    let units = prop_oneof![Just(Units::None), Just(Units::Round), Just(Units::Square), Just(Units::Row)];
    let rows = (3..6_usize).prop_flat_map(move |width| vec(vec(option::weighted(0.8, number.clone()), width), 4..30));
    (rows, format, units, 0..4_usize, any::<bool>(), any::<bool>()).prop_map(
        |(mut rows, format, units, titles, mark, windows)| {
            for (row, number) in rows.iter_mut().zip(0..) {
                row[0] = Some(1000.0 + f64::from(number) * 0.5);
            }
            // A column without a value would be left out.
            rows[1].iter_mut().for_each(|cell| *cell = cell.or(Some(1.25)));
            Clean { rows, format, units, titles, mark, windows }
        },
    )
}
