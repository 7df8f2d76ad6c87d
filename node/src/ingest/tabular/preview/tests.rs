use super::*;
use crate::ingest::tabular::{TableNoticeKind, Value, read, read_text};

const FILES: [&str; 6] = [
    "DEPT (m),GR,Remark\n1000,20,=x\n1001,,y\n",
    "Well;Глубина;ГК;\n12;1000,5;1,5;x\n13;1001,5;2,5;y\n",
    "Title\n\nDate,Time,A,A\ns,s,m,\n2020-01-05,13:00,1,2\n2020-01-05,13:01,3,x\n",
    "1000 20 30\n1001 21 31\n1002 22 32\n",
    "   MD     GR   NPHI\n 1000   20.5   0.25\n 1001          0.26\n 1002   21.5   0.27\n",
    "Date,ROP\n05/06/2020,10\n07/06/2020,11\n",
];

#[test]
fn reading_by_the_mapping_of_a_preview_gives_what_it_shows() {
    for file in FILES {
        let book = read_text(file.as_bytes(), &SourceMapping::default()).unwrap();
        let guessed = read(&book, &Mapping::default()).unwrap();
        let shown = preview(&book, &Mapping::default()).unwrap();
        assert_eq!(shown.tables[0].rows, guessed.sets.iter().map(|set| set.data.rows).sum::<usize>());
        let written = shown.mapping.to_toml().unwrap();
        let mapping = Mapping::from_toml(&written).unwrap();
        let again = read(&read_text(file.as_bytes(), &mapping.source).unwrap(), &mapping).unwrap();
        let text = |reading: &crate::ingest::tabular::TableReading| format!("{:?}", reading.sets);
        assert_eq!(text(&again), text(&guessed), "{file}\n{written}");
    }
}

#[test]
fn a_preview_says_why() {
    let book = read_text(b"Well: A-1,\nDEPT (m),GR (gAPI)\n1000,20\n1001,N/A\n", &SourceMapping::default()).unwrap();
    let shown = preview(&book, &Mapping::default()).unwrap();
    let table = &shown.tables[0];
    assert_eq!((table.kind, table.well.as_deref(), table.first_line), (TableKind::Log, Some("A-1"), 3));
    assert_eq!((&*table.header_lines, table.unit_line), ([2].as_slice(), None));
    let [depth, gamma] = &*table.columns else { panic!() };
    assert!((depth.role, depth.confidence) == (Role::Index, 95) && depth.reason.contains("named DEPT"), "{depth:?}");
    assert_eq!((gamma.property, gamma.values), (Some("gamma_ray"), ColumnType::Number));
    assert!(gamma.confidence > 80 && gamma.reason.contains("unit gAPI fits"), "{gamma:?}");
    assert_eq!(table.first_rows, [["1000", "20"], ["1001", "N/A"]]);
    assert_eq!(shown.notices.seen(TableNoticeKind::NullSpelling), 1);
}

#[test]
fn columns_and_sheets_that_are_left_out_stay_so() {
    let mut first = RawSheet::new("Logs");
    for (row, line) in [["MD", "GR", "X"], ["1", "2", "3"], ["2", "3", "4"]].iter().zip(1..) {
        row.iter().for_each(|cell| first.push(Value::Text(cell)).unwrap());
        first.end_row(line).unwrap();
    }
    let second = RawSheet::new("Notes");
    let sheets = vec![first, second];
    let book = RawBook { format: Format::Workbook, encoding: None, sheets, notices: Notices::default() };
    let mapping = "version = 1\n[[table]]\nsheet = \"Logs\"\n[[table.column]]\ncolumn = \"X\"\nrole = \"skip\"\n";
    let shown = preview(&book, &Mapping::from_toml(mapping).unwrap()).unwrap();
    assert_eq!((shown.tables[0].columns.len(), &*shown.skipped), (2, ["Notes".to_owned()].as_slice()));
    let again = preview(&book, &shown.mapping).unwrap();
    assert_eq!((again.mapping, again.skipped), (shown.mapping, shown.skipped));
    assert_eq!(again.tables[0].columns[0].reason, "the mapping says index");
}
