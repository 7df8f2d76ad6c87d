use super::*;
use crate::ingest::tabular::mapping::{ColumnMapping, ColumnRef, SourceMapping, TableMapping};
use crate::ingest::tabular::sheet::{CellError, Format, Merged, Value};
use crate::ingest::tabular::text::read_text;

fn read_with(text: &str, mapping: &Mapping) -> Result<TableReading, ReadTableError> {
    read(&read_text(text.as_bytes(), &mapping.source)?, mapping)
}

fn reading(text: &str) -> TableReading {
    read_with(text, &Mapping::default()).unwrap()
}

fn names(set: &TableSet) -> Vec<&str> {
    set.data.columns.iter().map(|column| &*column.definition.mnemonic).collect()
}

fn units(set: &TableSet) -> Vec<&str> {
    set.data.columns.iter().map(|column| &*column.definition.unit).collect()
}

/// Returns the numbers of a column, null as `None`.
fn numbers(set: &TableSet, column: usize) -> Vec<Option<f64>> {
    match &set.data.columns[column].values {
        Values::Number(numbers) => numbers.iter().map(|&number| Some(number).filter(|n| !n.is_nan())).collect(),
        Values::Text(texts) => panic!("{texts:?}"),
    }
}

fn texts(set: &TableSet, column: usize) -> Vec<Option<&str>> {
    match &set.data.columns[column].values {
        Values::Text(texts) => texts.iter().map(Option::as_deref).collect(),
        Values::Number(numbers) => panic!("{numbers:?}"),
    }
}

/// Returns where notices of a kind are, and what they say.
fn noted(reading: &TableReading, kind: TableNoticeKind) -> Vec<(u32, u32, &str)> {
    let of_kind = reading.notices.kept().iter().filter(|notice| notice.kind == kind);
    of_kind.map(|notice| (notice.line, notice.column, &*notice.message)).collect()
}

#[track_caller]
fn only(reading: &TableReading) -> &TableSet {
    let [set] = &*reading.sets else { panic!("{} sets", reading.sets.len()) };
    set.data.columns.iter().for_each(|column| match &column.values {
        Values::Number(numbers) => assert_eq!(numbers.len(), set.data.rows),
        Values::Text(texts) => assert_eq!(texts.len(), set.data.rows),
    });
    set
}

#[test]
fn a_log_comes_out_as_a_data_set() {
    let reading = reading("DEPT (m),GR [gAPI],\"RHOB, g/cm3\",Remark\n1000,20.5,2.5,tight\n1001,,2.6,\n");
    let set = only(&reading);
    assert_eq!(
        (set.kind, &*set.roles),
        (TableKind::Log, [Role::Index, Role::Curve, Role::Curve, Role::Curve].as_slice())
    );
    assert_eq!(names(set), ["DEPT", "GR", "RHOB", "Remark"]);
    assert_eq!(units(set), ["m", "gAPI", "g/cm3", ""]);
    assert_eq!(numbers(set, 0), [Some(1000.0), Some(1001.0)]);
    assert_eq!(numbers(set, 1), [Some(20.5), None]);
    assert_eq!(texts(set, 3), [Some("tight"), None]);
    assert_eq!((set.data.rows, set.data.line, set.data.columns[1].definition.line), (2, 1, 1));
    assert_eq!(reading.notices.total(), 0, "{:?}", reading.notices.kept());
    assert_eq!((reading.encoding.as_deref(), set.well.as_deref()), (Some("utf-8"), None));
}

#[test]
fn the_index_comes_first_wherever_it_stands() {
    let reading = reading("GR,DEPTH,NPHI\n20,1000,0.2\n21,1001,0.3\n");
    assert_eq!(names(only(&reading)), ["DEPTH", "GR", "NPHI"]);
}

#[test]
fn semicolons_and_decimal_commas_are_understood() {
    let reading = reading("Depth;GR\nm;gAPI\n1000,5;45,25\n1001,0;46,5\n");
    let set = only(&reading);
    assert_eq!(numbers(set, 1), [Some(45.25), Some(46.5)]);
    assert_eq!(units(set), ["m", "gAPI"]);
    assert_eq!(noted(&reading, TableNoticeKind::DecimalComma).len(), 1);
}

#[test]
fn grouped_thousands_are_kept_as_text_until_the_sign_is_named() {
    let text = "DEPT,COUNTS\n1000,\"1,234\"\n1001,\"2,345\"\n";
    let guessed = reading(text);
    assert_eq!(texts(only(&guessed), 1), [Some("1,234"), Some("2,345")]);
    assert_eq!(noted(&guessed, TableNoticeKind::Thousands)[0].0, 2);
    let source = SourceMapping { thousands: Some(','), ..SourceMapping::default() };
    let told = read_with(text, &Mapping { source, tables: vec![] }).unwrap();
    assert_eq!(numbers(only(&told), 1), [Some(1234.0), Some(2345.0)]);
}

#[test]
fn spellings_of_no_value_are_null_and_reported_once() {
    let reading = reading("DEPT,GR\n1000,N/A\n1001,20\n1002,n/a\n1003,-999.25\n");
    assert_eq!(numbers(only(&reading), 1), [None, Some(20.0), None, Some(-999.25)]);
    let spelled = noted(&reading, TableNoticeKind::NullSpelling);
    assert_eq!((spelled[0].0, spelled[0].1, spelled.len()), (2, 2, 2));
    assert!(noted(&reading, TableNoticeKind::NullCandidate)[0].2.contains("nulls = [-999.25]"));
}

#[test]
fn numbers_mean_no_value_when_the_mapping_says_so_but_never_in_the_index() {
    let source = SourceMapping { nulls: vec!["-999.25".into(), "0".into()], ..SourceMapping::default() };
    let mapping = Mapping { source, tables: vec![] };
    let reading = read_with("DEPT,GR\n0,-999.250\n1,20\n2,0\n", &mapping).unwrap();
    assert_eq!(numbers(only(&reading), 0), [Some(0.0), Some(1.0), Some(2.0)]);
    assert_eq!(numbers(only(&reading), 1), [None, Some(20.0), None]);
}

#[test]
fn ragged_rows_are_reported_and_never_shifted() {
    let reading = reading("DEPT,GR,NPHI\n1000,20,0.2\n1001,21\n1002,22,0.3,9\n1003,23,0.4\n1004,24,0.5\n");
    let set = only(&reading);
    assert_eq!(numbers(set, 0), [Some(1000.0), Some(1001.0), Some(1003.0), Some(1004.0)]);
    assert_eq!(numbers(set, 2), [Some(0.2), None, Some(0.4), Some(0.5)]);
    assert_eq!(noted(&reading, TableNoticeKind::ShortRow)[0].0, 3);
    let long = noted(&reading, TableNoticeKind::LongRow);
    assert!(long[0].0 == 4 && long[0].2.contains("1002 | 22 | 0.3 | 9"), "{long:?}");
}

#[test]
fn a_short_row_set_in_blanks_is_left_out_because_any_value_may_be_the_missing_one() {
    let rows: String = (0..40).map(|row| format!("{row} 1 2\n")).collect();
    let reading = reading(&format!("DEPT GR NPHI\n{rows}40 1\n41 1 2\n"));
    assert_eq!(only(&reading).data.rows, 41);
    assert_eq!(noted(&reading, TableNoticeKind::ShortRow)[0].0, 42);
}

#[test]
fn a_value_across_two_places_is_reported() {
    let text =
        "   MD     GR   NPHI\n 1000   20.5   0.25\n 1001          0.26\n*1002*********21.5***\n 1003   21.5   0.27\n";
    let reading = reading(text);
    assert_eq!(numbers(only(&reading), 0), [Some(1000.0), Some(1001.0), Some(1003.0)]);
    assert_eq!(noted(&reading, TableNoticeKind::StrayRow)[0].0, 4);
}

#[test]
fn totals_and_remarks_below_are_reported() {
    let reading = reading("DEPT,GR,NPHI\n1000,20,0.2\n1001,21,0.3\n\nMean,20.5,0.25\n\"source: us, 2020\",,\n");
    assert_eq!(only(&reading).data.rows, 2);
    let trailers = noted(&reading, TableNoticeKind::Trailer);
    assert_eq!(trailers.iter().map(|trailer| trailer.0).collect::<Vec<_>>(), [5, 6]);
    assert!(trailers[0].2.contains("Mean | 20.5 | 0.25"));
}

#[test]
fn rows_among_the_data_that_are_none_are_reported() {
    let text = "DEPT,GR,NPHI\n1000,20,0.2\nbit trip,,\nDEPT,GR,NPHI\n,,\n1001,21,0.3\n10O2,22,0.4\n1003,23,0.5\n";
    let reading = reading(text);
    let set = only(&reading);
    assert_eq!(numbers(set, 0), [Some(1000.0), Some(1001.0), None, Some(1003.0)]);
    assert_eq!(numbers(set, 1)[2], Some(22.0), "the rest of the row is kept");
    let stray = noted(&reading, TableNoticeKind::StrayRow);
    assert_eq!(stray.iter().map(|stray| stray.0).collect::<Vec<_>>(), [4, 3], "the header, then the remark");
    assert_eq!(noted(&reading, TableNoticeKind::Index)[0].0, 7);
    assert_eq!(noted(&reading, TableNoticeKind::EmptyRow)[0].0, 5);
}

#[test]
fn empty_columns_and_names_and_repeated_names_are_seen() {
    let reading = reading("DEPT,GR,,GR,VOID,\n1000,1,2,3,,\n1001,4,5,6,,\n");
    let set = only(&reading);
    assert_eq!(names(set), ["DEPT", "GR", "COLUMN_3", "GR"]);
    assert_eq!(noted(&reading, TableNoticeKind::EmptyName)[0].1, 3);
    assert_eq!(
        noted(&reading, TableNoticeKind::DuplicateName),
        [(1, 4, "GR is the name of column D and of column B: both are kept")]
    );
    assert_eq!(noted(&reading, TableNoticeKind::EmptyColumn), [(0, 5, "VOID has no value: it is left out")]);
}

#[test]
fn a_table_without_a_header_is_read_by_number() {
    let reading = reading("1000,20,0.2\n1001,21,0.3\n1002,22,0.4\n");
    let set = only(&reading);
    assert_eq!((set.kind, names(set)), (TableKind::Log, vec!["COLUMN_1", "COLUMN_2", "COLUMN_3"]));
    assert_eq!(noted(&reading, TableNoticeKind::NoHeader).len(), 1);
}

#[test]
fn a_word_among_numbers_makes_text_and_a_mapping_makes_it_null() {
    let rows: String = (0..20).map(|row| format!("{row},{row}.5\n")).collect();
    let text = format!("DEPT,PERM\n{rows}20,<0.01\n");
    let guessed = reading(&text);
    assert_eq!(texts(only(&guessed), 1)[20], Some("<0.01"));
    assert!(noted(&guessed, TableNoticeKind::TextColumn)[0].2.contains("1 of 21 cells"));
    let column = ColumnMapping {
        column: ColumnRef::Name("perm".into()),
        values: Some(ColumnType::Number),
        name: Some("KAIR".into()),
        unit: Some("mD".into()),
        ..ColumnMapping::default()
    };
    let tables = vec![TableMapping { columns: vec![column], ..TableMapping::default() }];
    let told = read_with(&text, &Mapping { tables, ..Mapping::default() }).unwrap();
    assert_eq!((names(only(&told))[1], units(only(&told))[1]), ("KAIR", "mD"));
    assert_eq!(numbers(only(&told), 1)[20], None);
    assert_eq!(noted(&told, TableNoticeKind::NotANumber), [(22, 2, "no number in KAIR, read as null: <0.01")]);
}

#[test]
fn a_well_column_splits_the_table() {
    let reading = reading("Well,UWI,MD,GR\nA-1,100012345678,1000,20\nB 2,,500,30\nA-1,100012345678,1001,21\n,,7,1\n");
    let wells: Vec<_> =
        reading.sets.iter().map(|set| (set.well.as_deref(), set.uwi.as_deref(), set.data.rows)).collect();
    assert_eq!(wells, [(Some("A-1"), Some("100012345678"), 2), (Some("B 2"), None, 1), (None, None, 1)]);
    assert_eq!(names(&reading.sets[0]), ["MD", "GR"]);
    assert_eq!(numbers(&reading.sets[0], 0), [Some(1000.0), Some(1001.0)]);
    assert_eq!(noted(&reading, TableNoticeKind::NoWell)[0].0, 5);
}

#[test]
fn a_mapping_may_repeat_the_well_above() {
    let column = ColumnMapping { column: ColumnRef::Name("Well".into()), fill_down: true, ..ColumnMapping::default() };
    let tables = vec![TableMapping { columns: vec![column], ..TableMapping::default() }];
    let text = "Well,Marker,MD\nA,Top,1\n,Mid,2\nB,Top,3\n";
    let reading = read_with(text, &Mapping { tables, ..Mapping::default() }).unwrap();
    let wells: Vec<_> = reading.sets.iter().map(|set| (set.well.as_deref(), set.data.rows)).collect();
    assert_eq!(wells, [(Some("A"), 2), (Some("B"), 1)]);
}

#[test]
fn deviation_surveys_tops_and_core_are_told_apart() {
    let survey = reading(
        "Survey of well A,,,,\nWell:,A-1,,,\nMD,Incl,Azim,TVD,DLS\n(m),(deg),(deg),(m),\n0,0,0,0,0\n30,1.5,90,29.9,0.5\n",
    );
    let set = only(&survey);
    assert_eq!((set.kind, set.well.as_deref()), (TableKind::Deviation, Some("A-1")));
    let expected = [Role::Index, Role::Inclination, Role::Azimuth, Role::Curve, Role::Curve];
    assert_eq!((&*set.roles, &*units(set)), (expected.as_slice(), ["m", "deg", "deg", "m", ""].as_slice()));
    assert_eq!(survey.titles.len(), 2);
    let tops = reading("Well,Formation,Top MD (ft)\nA,Wabiskaw,1000\nA,McMurray,1100\nB,McMurray,900\n");
    assert_eq!((tops.sets.len(), tops.sets[0].kind), (2, TableKind::Tops));
    assert_eq!(names(&tops.sets[0]), ["Top MD", "Formation"]);
    assert_eq!(tops.sets[0].roles, [Role::Index, Role::Top]);
    let core = reading("Sample No,Depth (m),Kair (mD),Porosity (%)\n1,1000.5,12,20\n2,1000.2,<0.1,21\n");
    let set = only(&core);
    assert_eq!((set.kind, names(set)[0]), (TableKind::Core, "Depth"));
}

#[test]
fn names_may_be_numbers_when_the_mapping_says_that_they_are_names() {
    let mapping = "version = 1\n[[table]]\n[[table.column]]\ncolumn = \"Zone\"\nrole = \"top\"\n";
    let reading = read_with("Zone,MD\n100,1000\n200,1100\n", &Mapping::from_toml(mapping).unwrap()).unwrap();
    let set = only(&reading);
    assert_eq!((set.kind, texts(set, 1)), (TableKind::Tops, vec![Some("100"), Some("200")]));
}

#[test]
fn dates_become_seconds_and_stay_as_text_beside_them() {
    let reading = reading("Date,ROP (m/h)\n2020-01-05 13:00,10\n2020-01-05 13:10,11\n,12\n");
    let set = only(&reading);
    assert_eq!(
        (set.kind, names(set), units(set)),
        (TableKind::Time, vec!["TIME", "Date", "ROP"], vec!["s", "", "m/h"])
    );
    assert_eq!(numbers(set, 0), [Some(1_578_229_200.0), Some(1_578_229_800.0), None]);
    assert_eq!(texts(set, 1), [Some("2020-01-05 13:00"), Some("2020-01-05 13:10"), None]);
    assert!(noted(&reading, TableNoticeKind::DateTime)[0].2.contains("no zone"));
}

#[test]
fn date_and_time_of_day_in_two_columns_make_one_index() {
    let reading = reading("DATE,TIME,HKLD\n05-Jan-20,13:00:00,100\n05-Jan-20,13:00:10,101\n");
    let set = only(&reading);
    assert_eq!(names(set), ["TIME", "DATE", "TIME", "HKLD"]);
    assert_eq!(numbers(set, 0), [Some(1_578_229_200.0), Some(1_578_229_210.0)]);
    assert_eq!(texts(set, 2), [Some("13:00:00"), Some("13:00:10")]);
}

#[test]
fn dates_that_read_in_two_ways_stay_text() {
    let text = "Date,ROP\n05/06/2020,10\n07/06/2020,11\n";
    let guessed = reading(text);
    let set = only(&guessed);
    assert_eq!((set.kind, texts(set, 0)), (TableKind::Table, vec![Some("05/06/2020"), Some("07/06/2020")]));
    assert_eq!(noted(&guessed, TableNoticeKind::AmbiguousDate)[0].0, 2);
    let source =
        SourceMapping { date_order: Some(crate::ingest::datetime::Order::DayMonthYear), ..SourceMapping::default() };
    let told = read_with(text, &Mapping { source, tables: vec![] }).unwrap();
    assert_eq!(numbers(only(&told), 0), [Some(1_591_315_200.0), Some(1_591_488_000.0)]);
}

#[test]
fn percent_signs_belong_to_the_unit() {
    let reading = reading("DEPT,SW,VSH,MIX\n1000,45%,10%,5%\n1001,50 %,,0.05\n");
    let set = only(&reading);
    assert_eq!((units(set)[1], numbers(set, 1)), ("%", vec![Some(45.0), Some(50.0)]));
    assert_eq!(texts(set, 3), [Some("5%"), Some("0.05")]);
    assert_eq!(noted(&reading, TableNoticeKind::Percent)[0].0, 2);
}

#[test]
fn apostrophes_before_formula_signs_come_off() {
    let text = "DEPT,Remark\n1000,'=1+1\n1001,'tis\n";
    let restored = reading(text);
    assert_eq!(texts(only(&restored), 1), [Some("=1+1"), Some("'tis")]);
    assert_eq!(noted(&restored, TableNoticeKind::Defused)[0].0, 2);
    let source = SourceMapping { keep_apostrophes: Some(true), ..SourceMapping::default() };
    let kept = read_with(text, &Mapping { source, tables: vec![] }).unwrap();
    assert_eq!(texts(only(&kept), 1)[0], Some("'=1+1"));
}

#[test]
fn mappings_that_do_not_fit_are_located() {
    let text = "DEPT,GR,GR\n1000,1,2\n1001,3,4\n";
    let fails = |toml: &str| {
        let mapping = Mapping::from_toml(&format!("version = 1\n{toml}")).unwrap();
        read_with(text, &mapping).unwrap_err().to_string()
    };
    let column = |which: &str| fails(&format!("[[table]]\n[[table.column]]\ncolumn = {which}\nrole = \"index\"\n"));
    assert_eq!(column("\"NPHI\""), "mapping line 3: no column NPHI: there are DEPT, GR, GR");
    assert_eq!(column("9"), "mapping line 3: no column 9: there are 3");
    assert_eq!(column("\"GR\""), "mapping line 3: GR is the name of columns 2 and 3: use a number");
    assert!(fails("[[table]]\nsheet = \"Logs\"\n").contains("mapping line 2: no sheet Logs"));
    assert!(fails("[[table]]\nfirst_row = 77\n").contains("line 77 has no cells"));
    let survey = fails("[[table]]\nkind = \"deviation\"\n");
    assert_eq!(survey, "mapping line 2: no column found for a table of kind deviation: give one the role inclination");
    let twice =
        "[[table]]\n[[table.column]]\ncolumn = 1\nrole = \"index\"\n[[table.column]]\ncolumn = 2\nrole = \"index\"\n";
    assert_eq!(fails(twice), "mapping line 6: the role index is given twice");
}

#[test]
fn columns_may_be_left_out() {
    let mapping = "version = 1\n[[table]]\nonly_listed = true\n[[table.column]]\ncolumn = \"DEPT\"\n[[table.column]]\ncolumn = 3\n";
    let reading = read_with("DEPT,A,B,C\n1,2,3,4\n2,3,4,5\n", &Mapping::from_toml(mapping).unwrap()).unwrap();
    assert_eq!(names(only(&reading)), ["DEPT", "B"]);
}

fn workbook(sheets: Vec<RawSheet>) -> RawBook {
    RawBook { format: Format::Workbook, encoding: None, sheets, notices: Notices::default() }
}

fn sheet(name: &str, rows: &[&[Value<'_>]]) -> RawSheet {
    let mut sheet = RawSheet::new(name);
    for (row, line) in rows.iter().zip(1..) {
        row.iter().for_each(|&value| sheet.push(value).unwrap());
        sheet.end_row(line).unwrap();
    }
    sheet
}

#[test]
fn typed_cells_keep_what_they_are() {
    use Value::{Bool, DateTime, Empty, Error, Number, Percent, Text};
    let logs = sheet(
        "Logs",
        &[
            &[Text("Depth"), Text("GR"), Text("Flag"), Text("Sw"), Text("Sh (v/v)"), Text("Logged"), Text("Id")],
            &[Number(1.0), Number(0.1), Bool(true), Percent(0.07), Percent(0.07), DateTime(86_400.0), Number(7.0)],
            &[Number(2.0), Error(CellError::NotAvailable), Bool(false), Percent(0.29), Percent(0.3), Empty, Text("7b")],
        ],
    );
    let mut notes = sheet("Notes", &[&[Text("made by us")]]);
    notes.hidden = true;
    let reading = read(&workbook(vec![logs, notes]), &Mapping::default()).unwrap();
    let set = only(&reading);
    assert_eq!((&*set.sheet, set.kind), ("Logs", TableKind::Log));
    assert_eq!(numbers(set, 1), [Some(0.1), None]);
    assert_eq!(numbers(set, 2), [Some(1.0), Some(0.0)]);
    assert_eq!((numbers(set, 3), units(set)[3]), (vec![Some(7.0), Some(29.0)], "%"));
    assert_eq!((numbers(set, 4), units(set)[4]), (vec![Some(0.07), Some(0.3)], "v/v"), "as stored: the unit says so");
    assert_eq!(texts(set, 5), [Some("1970-01-02"), None]);
    assert_eq!(texts(set, 6), [Some("7"), Some("7b")]);
    assert_eq!(noted(&reading, TableNoticeKind::ErrorCell)[0].2, "#N/A is read as no value in GR, 1 times");
    assert_eq!(noted(&reading, TableNoticeKind::HiddenSheet).len(), 1);
    assert_eq!(noted(&reading, TableNoticeKind::SkippedSheet).len(), 1);
}

#[test]
fn merged_cells_name_groups_and_wells() {
    use Value::{Empty, Number, Text};
    let mut logs = sheet(
        "Logs",
        &[
            &[Empty, Empty, Text("Run 1"), Empty],
            &[Text("Well"), Text("MD"), Text("GR"), Text("GR")],
            &[Text("A"), Number(1.0), Number(10.0), Number(11.0)],
            &[Empty, Number(2.0), Number(20.0), Number(21.0)],
            &[Text("B"), Number(1.0), Number(30.0), Number(31.0)],
        ],
    );
    logs.merged = vec![
        Merged { first_row: 1, last_row: 1, first_column: 2, last_column: 3 },
        Merged { first_row: 3, last_row: 4, first_column: 0, last_column: 0 },
    ];
    let reading = read(&workbook(vec![logs]), &Mapping::default()).unwrap();
    let wells: Vec<_> = reading.sets.iter().map(|set| (set.well.as_deref(), set.data.rows)).collect();
    assert_eq!(wells, [(Some("A"), 2), (Some("B"), 1)]);
    assert_eq!(reading.sets[0].data.columns[1].definition.description, "Run 1");
    assert_eq!(
        noted(&reading, TableNoticeKind::Merged),
        [(3, 1, "a merged cell among the data: its value counts for all its rows")]
    );
}

#[test]
fn cells_beside_a_table_of_a_workbook_are_reported() {
    use Value::{Number, Text};
    let mut rows: Vec<Vec<Value<'_>>> = vec![vec![Text("MD"), Text("GR")]];
    rows.extend((0..20).map(|row| vec![Number(f64::from(row)), Number(1.0)]));
    rows[5].push(Text("check this"));
    let rows: Vec<&[Value<'_>]> = rows.iter().map(Vec::as_slice).collect();
    let reading = read(&workbook(vec![sheet("A", &rows)]), &Mapping::default()).unwrap();
    assert_eq!((only(&reading).data.rows, only(&reading).data.columns.len()), (20, 2));
    assert_eq!(noted(&reading, TableNoticeKind::LongRow)[0].0, 6);
}

#[test]
fn dates_of_a_workbook_make_an_index() {
    use Value::{DateTime, Number, Text, Time};
    let rows: [&[Value<'_>]; 3] = [
        &[Text("When"), Text("ROP")],
        &[DateTime(1_578_229_200.0), Number(1.0)],
        &[DateTime(1_578_229_260.0), Number(2.0)],
    ];
    let reading = read(&workbook(vec![sheet("A", &rows)]), &Mapping::default()).unwrap();
    assert_eq!(numbers(only(&reading), 0), [Some(1_578_229_200.0), Some(1_578_229_260.0)]);
    assert_eq!(texts(only(&reading), 1)[0], Some("2020-01-05T13:00:00"));
    let rows: [&[Value<'_>]; 3] = [
        &[Text("Date"), Text("Clock"), Text("ROP")],
        &[DateTime(1_578_182_400.0), Time(46_800.0), Number(1.0)],
        &[DateTime(1_578_182_400.0), Time(46_860.0), Number(2.0)],
    ];
    let reading = read(&workbook(vec![sheet("A", &rows)]), &Mapping::default()).unwrap();
    assert_eq!(numbers(only(&reading), 0), [Some(1_578_229_200.0), Some(1_578_229_260.0)]);
}

#[test]
fn serial_days_are_dates_when_the_mapping_says_so() {
    let mapping = "version = 1\n[[table]]\n[[table.column]]\ncolumn = \"Date\"\nrole = \"index\"\ntype = \"serial\"\n";
    let text = "Date,ROP\n43835.5,10\n43836.5,11\n";
    let reading = read_with(text, &Mapping::from_toml(mapping).unwrap()).unwrap();
    assert_eq!(numbers(only(&reading), 0), [Some(1_578_225_600.0), Some(1_578_312_000.0)]);
    assert_eq!(texts(only(&reading), 1)[0], Some("2020-01-05T12:00:00"));
}

#[test]
fn russian_headers_in_a_code_page_are_understood() {
    let text = "Скважина;Глубина, м;ГК\n12;1000,5;4,1\n12;1000,7;4,2\n14;900,1;5,5\n";
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(text);
    let book = read_text(&bytes, &SourceMapping::default()).unwrap();
    let reading = read(&book, &Mapping::default()).unwrap();
    assert_eq!(reading.encoding.as_deref(), Some("windows-1251"));
    assert_eq!((reading.sets.len(), reading.sets[0].well.as_deref()), (2, Some("12")));
    assert_eq!((names(&reading.sets[0]), units(&reading.sets[0])), (vec!["Глубина", "ГК"], vec!["м", ""]));
}
