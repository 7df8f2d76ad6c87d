//! Tests of the well header.

use dataforge_las::{Section, Version};

use super::*;

fn file(kind: SectionKind, lines: &[(&str, &str, &str)]) -> LogFile {
    let items = lines
        .iter()
        .map(|(mnemonic, unit, value)| HeaderItem {
            mnemonic: (*mnemonic).to_owned(),
            unit: (*unit).to_owned(),
            value: (*value).to_owned(),
            ..HeaderItem::default()
        })
        .collect();
    LogFile {
        sections: vec![Section { kind, items, ..Section::default() }],
        version: Version { null: Some("123456".to_owned()), ..Version::default() },
        ..LogFile::default()
    }
}

#[test]
fn identifiers_are_compared_by_letters_and_digits() {
    let cases = [
        ("100/16-36-999-34W9/00", "100163699934W900"),
        (" 42-999-90001-00-00 ", "42999900010000"),
        ("ng 15/9-19 a", "NG15919A"),
    ];
    for (uwi, key) in cases {
        assert_eq!(uwi_key(uwi).as_deref(), Some(key));
    }
}

#[test]
fn placeholders_identify_nothing() {
    let long = "A1".repeat(33);
    for uwi in [
        "",
        " ",
        "-",
        "--",
        "0",
        "0000-00",
        "N/A",
        "n.a.",
        "UNKNOWN",
        "unknown",
        "NONE",
        "NULL",
        "TBA",
        "?",
        "9999",
        "XXXX",
        "1",
        "-999.25",
        "-9999.0000",
        "скв 12",
        &long,
    ] {
        assert_eq!(uwi_key(uwi), None, "{uwi}");
    }
}

#[test]
fn a_usable_identifier_is_preferred() {
    let header = |lines: &[_]| {
        let header = well_header(&file(SectionKind::Well, lines));
        (header.uwi, header.uwi_key)
    };
    let some = |text: &str| Some(text.to_owned());
    let (api, key) = (some("42-999-90001"), some("4299990001"));
    assert_eq!(header(&[("UWI", "", "UNKNOWN"), ("API", "", "42-999-90001")]), (api.clone(), key.clone()));
    assert_eq!(header(&[("API", "", "42-999-90001"), ("UWI", "", "")]), (api, key));
    assert_eq!(header(&[("UWI", "", "N/A")]), (some("N/A"), None));
    // The file's own null value.
    assert_eq!(header(&[("UWI", "", "123456.00")]), (some("123456.00"), None));
    assert_eq!(header(&[]), (None, None));
}

#[test]
fn synonyms_are_found_in_any_case() {
    let header = well_header(&file(
        SectionKind::Well,
        &[
            ("wn", "", "North 1"),
            ("FIELD", "", "Made up"),
            ("OPERATOR", "", "Us"),
            ("STATE", "", "Texas"),
            ("CTRY", "", "USA"),
            ("SRVC", "", "Crew"),
            ("DATE", "", "14 May"),
            ("LAT", "DEG", "12.5"),
            ("X", "M", "500000"),
        ],
    ));
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    assert_eq!(text(&header.name), "North 1");
    assert_eq!(text(&header.field), "Made up");
    assert_eq!(text(&header.company), "Us");
    assert_eq!(text(&header.province), "Texas");
    assert_eq!(text(&header.country), "USA");
    assert_eq!(text(&header.service_company), "Crew");
    assert_eq!(text(&header.date), "14 May");
    assert_eq!(text(&header.place.latitude), "12.5");
    assert_eq!(text(&header.place.x), "500000");
    assert_eq!(header.place.longitude, None);
}

#[test]
fn the_parameter_section_gives_datum_but_no_name() {
    let header = well_header(&file(
        SectionKind::Parameter,
        &[("EKB", "M", "712.4"), ("PDAT", "", "GL"), ("WELL", "", "no"), ("UWI", "", "12-34")],
    ));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(header.datum, [pair("PDAT", "GL"), pair("EKB", "712.4 M")]);
    assert_eq!((header.name, header.uwi), (None, None));
}
