//! Tests of the well header.

use dataforge_las::{Section, Version};

use super::*;

mod datum;
mod location;
mod run;

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
        version: Version { null: Some("654987".to_owned()), ..Version::default() },
        ..LogFile::default()
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
    assert_eq!(header(&[("UWI", "", "654987.00")]), (some("654987.00"), None));
    assert_eq!(header(&[]), (None, None));
}

#[test]
fn the_header_around_an_identifier_says_what_it_is() {
    let header = |lines: &[_]| {
        let header = well_header(&file(SectionKind::Well, lines));
        (header.uwi_key.unwrap_or_default(), header.wellbore, header.uwi_doubt)
    };
    let some = |text: &str| Some(text.to_owned());
    let long = "42501201300100";
    assert_eq!(header(&[("UWI", "", long)]), (long.to_owned(), None, None));
    assert_eq!(header(&[("API", "", long)]), ("4250120130".to_owned(), some("01"), None));
    assert_eq!(header(&[("UWI", "", long), ("STAT", "", "Texas")]), ("4250120130".to_owned(), some("01"), None));
    assert_eq!(header(&[("UWI", "", long), ("CTRY", "", "Chad")]), (long.to_owned(), None, None));
    assert_eq!(header(&[("API", "", "501-20130"), ("STAT", "", "TX")]).0, "4250120130");
    let doubt = some("not a whole api number: 10, 12 or 14 digits with state and county");
    assert_eq!(header(&[("API", "", "501-20130")]), (String::new(), None, doubt));
    assert_eq!(header(&[("UWI", "", "15/9-19 A"), ("WBN", "", "A")]), ("15Z9Z19A".to_owned(), some("A"), None));
    assert_eq!(header(&[]), (String::new(), None, None));
}

#[test]
fn a_description_can_say_that_it_is_an_api_number() {
    let mut file = file(SectionKind::Well, &[("UWI", "", "490072231900")]);
    assert_eq!(well_header(&file).uwi_key.as_deref(), Some("490072231900"));
    file.sections[0].items[0].description = "API WELLHOLE NUMBER".to_owned();
    assert_eq!(well_header(&file).uwi_key.as_deref(), Some("4900722319"));
    file.sections[0].items[0].description = "RAPID".to_owned();
    assert_eq!(well_header(&file).uwi_key.as_deref(), Some("490072231900"));
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
