//! Tests of what the header says to the reader.

use super::*;
use crate::{ReadOptions, Reading, read_header};

fn header(text: &str) -> Reading {
    read_header(text.as_bytes(), &ReadOptions::default()).unwrap()
}

fn version(text: &str) -> Version {
    header(text).file.version
}

fn kinds(text: &str) -> Vec<NoticeKind> {
    header(text).report.notices.iter().map(|notice| notice.kind).collect()
}

/// Value and description of the first item of `~W`.
fn well(text: &str) -> (String, String) {
    let file = header(text).file;
    let item = file.sections.iter().find(|s| s.kind == SectionKind::Well).unwrap().items[0].clone();
    (item.value, item.description)
}

#[test]
fn the_flags_are_understood() {
    let version = version("~V\nVERS. 2.0:\nWRAP. Yes:\nDLM. COMMA:\n~W\nNULL. -999.2500 :\n");
    assert_eq!(
        version,
        Version { vers: "2.0".into(), wrapped: true, delimiter: Delimiter::Comma, null: Some("-999.2500".into()) }
    );
}

#[test]
fn flags_without_their_blanks_are_understood() {
    let version = version("~V\nVERS 2.0: CWLS\nWRAP.NO: one line\n~W\nNULL.-9999: null\n");
    assert_eq!((version.vers.as_str(), version.wrapped), ("2.0", false));
    assert_eq!(version.null.as_deref(), Some("-9999"));
}

#[test]
fn missing_flags_have_defaults_and_are_reported() {
    assert_eq!(kinds("~V\n~W\n"), [NoticeKind::Version, NoticeKind::WrapFlag, NoticeKind::NullValue]);
}

#[test]
fn flags_in_other_sections_do_not_count() {
    let version = version("~V\nVERS. 2.0:\nWRAP. NO:\n~W\nNULL. -999.25:\n~P\nNULL. 7:\nVERS. 3.60Q:\nWRAP. YES:\n");
    assert_eq!(version.null.as_deref(), Some("-999.25"));
    assert!(!version.wrapped && version.vers == "2.0");
}

#[test]
fn well_lines_of_1_2_have_the_value_behind_the_colon() {
    for vers in ["1.2", "1.20"] {
        let text = format!("~V\nVERS. {vers}:\nWRAP. NO:\n~W\nCOMP. COMPANY: ACME\nNULL. -1: n\n");
        assert_eq!(well(&text), ("ACME".into(), "COMPANY".into()));
        assert_eq!(version(&text).null.as_deref(), Some("-1"));
    }
    let late = "~W\nCOMP. COMPANY: ACME\nNULL. -1:\n~V\nVERS. 1.2:\nWRAP. NO:\n";
    assert_eq!(well(late).0, "ACME", "~V may stand second");
}

#[test]
fn well_lines_of_2_0_and_2_1_have_it_before() {
    for vers in ["2.0", "2", "2.1", "3.0"] {
        let text = format!("~V\nVERS. {vers}:\nWRAP. NO:\n~W\nCOMP. ACME: COMPANY\nNULL. -1: n\n");
        assert_eq!(well(&text), ("ACME".into(), "COMPANY".into()));
    }
}

#[test]
fn a_1_2_file_in_the_order_of_2_0_is_not_swapped() {
    let text = "~V\nVERS. 1.2:\nWRAP. NO:\n~W\nCOMP. ACME : COMPANY\nFLD. WEST : FIELD\nNULL. -1:\n";
    assert_eq!(well(text), ("ACME".into(), "COMPANY".into()));
    assert_eq!(kinds(text), [NoticeKind::HeaderOrder]);
}

#[test]
fn a_null_of_zero_is_reported() {
    assert_eq!(kinds("~V\nVERS. 2.0:\nWRAP. NO:\n~W\nNULL. 0.00:\n"), [NoticeKind::NullValue]);
}
