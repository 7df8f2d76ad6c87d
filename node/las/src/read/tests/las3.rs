//! Tests of LAS 3.0: data sets of every kind, formats, associations, quoting.

use super::*;
use crate::model::{DataSet, HeaderItem, SetKind};

/// Returns a file of LAS 3.0 with this delimiter.
fn file(delimiter: &str, sections: &str) -> String {
    format!("~Version\nVERS. 3.0:\nWRAP. NO:\nDLM. {delimiter}:\n~Well\nNULL. -999.25:\n{sections}")
}

fn reading(text: &str) -> Reading {
    plainly(text.as_bytes()).unwrap()
}

fn set(sections: &str) -> DataSet {
    reading(&file("COMMA", sections)).file.data.remove(0)
}

fn cells(set: &DataSet, column: usize) -> Vec<String> {
    match &set.columns[column].values {
        Values::Number(numbers) => numbers.iter().map(ToString::to_string).collect(),
        Values::Text(texts) => texts.iter().map(|text| format!("{text:?}")).collect(),
    }
}

const CORE: &str = "~Core_Definition\nTOP.M : {F}\nCDES. : {S}\n~Core_Data[2] | Core_Definition\n-999.25,hard\n5,\n";
const LOG: &str =
    "~Log_Definition\nDEPT.M : d {F}\nGR.GAPI : g {F}\n~Log_Data | Log_Definition\n-999.25,1\n2,-999.25\n";

#[test]
fn every_data_set_is_read_with_its_name_number_and_kind() {
    let text = file("COMMA", &format!("~Core_Parameter\nC. 1:\n{CORE}{LOG}~Mine_Data | Mine_Definition\n1\n"));
    let text = format!("{text}~Mine_Definition\nX. :\n");
    let file = reading(&text).file;
    let told: Vec<_> = file.data.iter().map(|d| (d.kind, d.name.as_str(), d.number, d.title.as_str())).collect();
    assert_eq!(
        told,
        [
            (SetKind::Core, "Core", Some(2), "~Core_Data[2] | Core_Definition"),
            (SetKind::Log, "Log", None, "~Log_Data | Log_Definition"),
            (SetKind::Other, "Mine", None, "~Mine_Data | Mine_Definition"),
        ]
    );
    let titles = |found: &[usize]| found.iter().map(|&at| file.sections[at].title.as_str()).collect::<Vec<_>>();
    assert_eq!(titles(&file.data[0].definition), ["~Core_Definition"]);
    assert_eq!(titles(&file.data[0].parameters), ["~Core_Parameter"]);
    assert_eq!(titles(&file.data[2].definition), ["~Mine_Definition"]);
    assert_eq!(file.data[2].columns[0].definition.mnemonic, "X");
}

#[test]
fn a_file_without_a_log_is_a_file() {
    let core = set(CORE);
    assert_eq!((core.kind, core.rows), (SetKind::Core, 2));
    let header = read_header(file("COMMA", CORE).as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(header.file.sections.len(), 3);
}

#[test]
fn null_is_null_but_in_the_index_of_a_log() {
    let file = reading(&file("COMMA", &format!("{CORE}{LOG}"))).file;
    assert_eq!(cells(&file.data[0], 0), ["NaN", "5"]);
    assert_eq!(cells(&file.data[1], 0), ["-999.25", "2"]);
    assert_eq!(cells(&file.data[1], 1), ["1", "NaN"]);
}

#[test]
fn a_format_of_text_keeps_what_looks_like_numbers() {
    let set = set(
        "~Tops_Definition\nN. : {S}\nT. : {hhmmss}\nF. : {F}\nD. : {D}\n~Tops_Data | Tops_Definition\n007,000102,1.50,42606.5\n-999.25,NaN,,\n",
    );
    assert_eq!(cells(&set, 0), ["Some(\"007\")", "None"]);
    assert_eq!(cells(&set, 1), ["Some(\"000102\")", "Some(\"NaN\")"]);
    assert_eq!(cells(&set, 2), ["1.5", "NaN"]);
    assert_eq!(cells(&set, 3), ["42606.5", "NaN"]);
}

#[test]
fn text_where_the_format_says_number_is_reported() {
    let definition =
        |format: &str| format!("~Log_Definition\nA. : {{F}}\nB. : {format}\n~Log_Data | Log_Definition\n1,2\n2,x\n");
    let odd = |format: &str| kinds(&reading(&file("COMMA", &definition(format))));
    assert_eq!(odd("{F}"), [NoticeKind::TextColumn]);
    assert_eq!(odd(""), []);
    assert_eq!(odd("{S}"), []);
}

#[test]
fn formats_and_associations_are_fields_and_the_line_stays() {
    let line = " BS  .MM  200.0  : Bit size: outer {F10.1} | RUN[1], Zone[2]";
    let text = file("COMMA", &format!("~Log_Parameter\n{line}\n# of runs\nRUNS. 2 : # of runs\n{LOG}"));
    let file = reading(&text).file;
    let section = &file.sections[2];
    let expected = HeaderItem {
        mnemonic: "BS".into(),
        unit: "MM".into(),
        value: "200.0".into(),
        description: "Bit size: outer".into(),
        format: Some(crate::Format::new("F10.1")),
        associations: vec!["RUN[1]".into(), "Zone[2]".into()],
        line: 8,
        raw: line.into(),
    };
    assert_eq!(section.items[0], expected);
    assert_eq!(section.items[1].description, "# of runs");
    assert_eq!(section.text, [(9, "# of runs".to_owned())]);
    let older = SMALL.replace("COMP. ACME: c", "COMP. ACME: c {F} | RUN[1]");
    let item = plainly(older.as_bytes()).unwrap().file.sections[1].items[1].clone();
    assert_eq!((item.description.as_str(), item.format), ("c {F} | RUN[1]", None), "2.0 has no formats");
}

#[test]
fn arrays_are_columns_that_know_their_element() {
    let sections = "~Log_Definition\nDEPT.M : {F}\nNMR[1].ms : echo {AF;0ms}\nNMR[2].ms : echo {AF;5ms}\n~Log_Data | Log_Definition\n1,2,3\n";
    let set = set(sections);
    let arrays: Vec<_> = set.arrays().map(|array| (array.name, array.columns)).collect();
    assert_eq!(arrays, [("NMR", 1..3)]);
    let second = &set.columns[2].definition;
    assert_eq!(second.numbered(), Some(("NMR", 2)));
    assert_eq!(second.format.as_ref().unwrap().spacings().collect::<Vec<_>>(), ["5ms"]);
}

#[test]
fn quotes_hold_delimiters_and_line_ends() {
    let definition = "~Tops_Definition\nT. : {F}\nN. : {S}\nM. : {F}\n~Tops_Data | Tops_Definition\n";
    for (word, mark) in [("COMMA", ","), ("TAB", "\t"), ("SPACE", " ")] {
        let rows = format!("1{mark}\"a{mark}b\"{mark}2\n3{mark}\"c\r\nd\n# e\"{mark}4\n5{mark}x{mark}6\n");
        let reading = reading(&file(word, &format!("{definition}{rows}")));
        let set = &reading.file.data[0];
        assert_eq!(cells(set, 0), ["1", "3", "5"], "{word}");
        let first = format!("a{mark}b");
        assert_eq!(cells(set, 1), [format!("{:?}", Some(first)), "Some(\"c\\nd\\n# e\")".into(), "Some(\"x\")".into()]);
        assert_eq!(cells(set, 2), ["2", "4", "6"]);
        assert_eq!(kinds(&reading), [NoticeKind::QuotedLines]);
        assert_eq!(reading.report.notices[0].line, 13);
    }
}

#[test]
fn an_inch_sign_swallows_no_rows() {
    let sections =
        "~Log_Definition\nDEPT.IN : {F}\nBIT. : {S}\n~Log_Data | Log_Definition\n1,9 5/8\"\n2,\"\n3,12 1/4\"\n";
    assert_eq!(cells(&set(sections), 1), ["Some(\"9 5/8\\\"\")", "Some(\"\\\"\")", "Some(\"12 1/4\\\"\")"]);
}

#[test]
fn comments_among_rows_are_kept_with_their_place() {
    let rows = "# first\n1,2\n # second\n3,4\n5,6\n# last\n";
    let set = set(&format!("{}{rows}", LOG.split_inclusive('\n').take(4).collect::<String>()));
    let kept: Vec<_> = set.comments.iter().map(|c| (c.row, c.line, c.text.as_str())).collect();
    assert_eq!(kept, [(0, 11, "# first"), (1, 13, " # second"), (3, 16, "# last")]);
    assert_eq!(set.rows, 3);
}

#[test]
fn a_definition_that_is_not_there_is_reported() {
    let core = CORE.replace("| Core_Definition", "| Kore_Definition");
    let reading = reading(&file("COMMA", &core));
    assert_eq!(reading.file.data[0].columns[1].definition.mnemonic, "CDES");
    assert_eq!(kinds(&reading), [NoticeKind::SectionName]);
    let lone = super::plainly(file("COMMA", "~Core_Data\n1,2\n").as_bytes()).unwrap();
    assert_eq!(lone.file.data[0].columns[1].definition.mnemonic, "UNKNOWN:2");
    assert_eq!(kinds(&lone), [NoticeKind::ExtraColumns]);
}

#[test]
fn before_3_0_a_title_alone_makes_no_data_set() {
    let text = SMALL.replace("~C", "~Tops_Data\nA.M 5 : top\n~C");
    let reading = plainly(text.as_bytes()).unwrap();
    assert_eq!(reading.file.data.len(), 1);
    assert_eq!(reading.file.sections[2].items[0].mnemonic, "A");
    assert!(reading.report.notices.is_empty());
}

#[test]
fn data_sets_behind_the_log_are_read_and_the_header_stops_before_it() {
    let text = file("COMMA", &format!("{LOG}{CORE}"));
    assert_eq!(reading(&text).file.data.len(), 2);
    let header = read_header(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(header.file.sections.len(), 3);
}

#[test]
fn the_header_passes_over_other_sets_unless_they_are_large() {
    let core = |rows: usize| format!("{CORE}{}", "1.25,stone\n".repeat(rows));
    let sections = |rows| {
        let text = file("COMMA", &format!("{}{LOG}", core(rows)));
        read_header(text.as_bytes(), &ReadOptions::default()).unwrap().file.sections.len()
    };
    assert_eq!(sections(50_000), 4);
    assert_eq!(sections(5 * OTHER_ROWS / 10), 3);
}

#[test]
fn definitions_shared_by_many_sets_cannot_be_made_to_fill_the_memory() {
    let curves = "X. : x\n".repeat(4096);
    let text = file("COMMA", &format!("~Core_Definition\n{curves}{}", "~Core_Data | Core_Definition\n1\n".repeat(20)));
    let error = plainly(text.as_bytes()).unwrap_err();
    assert!(matches!(error, ReadError::TooLarge { what: "columns of all data sets", .. }), "{error:?}");
}
