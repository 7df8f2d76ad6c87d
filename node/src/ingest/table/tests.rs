//! Tests of the Arrow table.

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Float64Type;
use dataforge_las::HeaderItem;

use super::*;

fn column(mnemonic: &str, unit: &str, values: Values) -> Column {
    let definition = HeaderItem {
        mnemonic: mnemonic.to_owned(),
        unit: unit.to_owned(),
        description: format!("about {mnemonic}"),
        ..HeaderItem::default()
    };
    Column { definition, values }
}

fn names(mnemonics: &[&str]) -> Vec<String> {
    column_names(mnemonics.iter().copied())
}

#[test]
fn names_are_lower_case_and_safe() {
    let cases = [
        ("DEPT", "dept"),
        (" GR ", "gr"),
        ("GR:1", "gr_1"),
        ("DT(COMP)", "dt_comp_"),
        ("3DX", "_3dx"),
        ("ГК", "гк"),
        ("", "unknown"),
        ("%", "unknown"),
        ("--", "unknown"),
        ("A\"; drop", "a___drop"),
        ("_X", "_x"),
    ];
    for (mnemonic, name) in cases {
        assert_eq!(column_name(mnemonic), name, "{mnemonic}");
    }
    assert_eq!(column_name(&"a".repeat(5_000)).len(), MAX_NAME_CHARS);
}

#[test]
fn repeats_are_numbered_around_real_names() {
    assert_eq!(names(&["DEPT", "GR", "GR", "gr"]), ["dept", "gr", "gr_2", "gr_3"]);
    assert_eq!(names(&["GR", "GR", "GR_2"]), ["gr", "gr_3", "gr_2"]);
    assert_eq!(names(&["GR_2", "GR", "GR", "GR_2"]), ["gr_2", "gr", "gr_3", "gr_2_2"]);
    assert_eq!(names(&["", "UNKNOWN", "?"]), ["unknown", "unknown_2", "unknown_3"]);
    let many = names(&vec!["X"; 4_097]);
    assert_eq!(many.iter().collect::<BTreeSet<_>>().len(), 4_097);
}

#[test]
fn a_data_set_becomes_a_table() {
    let data = DataSet {
        columns: vec![
            column("DEPT", "M", Values::Number(vec![1.0, 1.5, 2.0])),
            column("GR", "GAPI", Values::Number(vec![f64::NAN, -999.25, 7.5])),
            column("LITH", "", Values::Text(vec![Some("sand".to_owned()), None, None])),
        ],
        rows: 3,
        line: 40,
        ..DataSet::default()
    };
    let batch = record_batch(&data).unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (3, 3));
    let gamma = batch.column_by_name("gr").unwrap().as_primitive::<Float64Type>();
    assert_eq!(gamma.iter().collect::<Vec<_>>(), [None, Some(-999.25), Some(7.5)]);
    let lithology = batch.column_by_name("lith").unwrap().as_string::<i32>();
    assert_eq!(lithology.iter().collect::<Vec<_>>(), [Some("sand"), None, None]);
    assert_eq!(batch.column(0).null_count(), 0);
    let schema = batch.schema();
    let field = schema.field(1);
    assert!(field.is_nullable());
    assert_eq!(field.metadata()[MNEMONIC], "GR");
    assert_eq!(field.metadata()[UNIT], "GAPI");
    assert_eq!(field.metadata()[DESCRIPTION], "about GR");
    assert_eq!(field.metadata()[ORDINAL], "1");
}

#[test]
fn tables_that_cannot_be_are_refused() {
    let empty = DataSet { line: 9, ..DataSet::default() };
    assert_eq!(record_batch(&empty).unwrap_err().to_string(), "data set at line 9 has no columns");
    let ragged = DataSet {
        columns: vec![column("DEPT", "M", Values::Number(vec![1.0, 2.0])), column("GR", "", Values::Number(vec![1.0]))],
        rows: 2,
        line: 9,
        ..DataSet::default()
    };
    assert_eq!(
        record_batch(&ragged).unwrap_err().to_string(),
        "column 1 of the data set at line 9 has 1 values for 2 rows"
    );
    let wide = |columns| DataSet {
        columns: vec![column("X", "", Values::Number(Vec::new())); columns],
        rows: 0,
        line: 1,
        ..DataSet::default()
    };
    assert!(matches!(record_batch(&wide(MAX_CURVES + 2)), Err(TableError::TooManyCurves { curves: 4_097, .. })));
    assert_eq!(record_batch(&wide(MAX_CURVES + 1)).unwrap().num_columns(), 4_097);
}
