//! Tests of the rules for identifiers, first of all that two wells never get one key.

use std::collections::BTreeMap;

use super::*;

mod duplicates;

fn key(text: &str) -> String {
    uwi_key(text).unwrap_or_else(|| panic!("no key for {text}"))
}

const API: Hints<'_> = Hints { api: true, country: None, state: None };
const STATES: Hints<'_> = Hints { api: false, country: Some("USA"), state: None };

#[test]
fn the_table_in_the_documentation_is_right() {
    let text = include_str!("../../../../docs/wells.md");
    let mut rows = 0;
    for line in text.lines().skip_while(|line| !line.starts_with("| identifier |")).skip(2) {
        let Some(cells) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) else { break };
        let cells: Vec<&str> = cells.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [text, said, expected, hole, _] = cells[..] else { panic!("{line}") };
        let hints = Hints {
            api: said == "API number",
            country: said.strip_prefix("country "),
            state: said.strip_prefix("API number, state "),
        };
        let hints = Hints { api: hints.api || hints.state.is_some(), ..hints };
        let found = identify(text, &hints);
        let [key, wellbore] = found.as_ref().map_or_else(
            |_| ["none".to_owned(), String::new()],
            |found| {
                let hole = [&found.wellbore, &found.completion].map(|code| code.clone().unwrap_or_default());
                [found.key.clone(), hole.join(" ").trim().to_owned()]
            },
        );
        assert_eq!((&*key, &*wellbore), (expected, hole), "{line}");
        rows += 1;
    }
    assert!(rows >= 30, "{rows} rows");
}

#[test]
fn spellings_of_one_canadian_well_have_one_key() {
    for text in [
        "100/01-01-073-05W5/00",
        "100010107305W500",
        "00/01-01-073-05W5/0",
        "00/1-1-73-5W5/0",
        "00/01-01-073-05W500",
        "100-01-01-073-05W5-00",
        "100 01 01 073 05 W5 00",
        "100/01-01-073-05W5M/00",
        "00/01-01-073-05W5",
        "100/01-01-073-05w5/00",
    ] {
        let found = identify(text, &Hints::default()).unwrap();
        assert_eq!((&*found.key, found.wellbore.as_deref()), ("100010107305W5", None), "{text}");
        assert_eq!(found.scheme, Scheme::DominionLandSurvey);
    }
    let later = identify("100/01-01-073-05W5/02", &Hints::default()).unwrap();
    assert_eq!((&*later.key, later.wellbore.as_deref()), ("100010107305W5", Some("02")));
    assert_eq!(key("AA/16-22-095-12W4/0"), key("1AA162209512W400"));
    for text in ["200/c-056-A/094-H-06/00", "200C056A094H0600", "00/C-56-A/94-H-6/0", "200/c056A/094H06/00"] {
        let found = identify(text, &Hints::default()).unwrap();
        assert_eq!((&*found.key, found.scheme), ("200C056A094H06", Scheme::NationalTopographic), "{text}");
    }
}

#[test]
fn spellings_of_one_api_number_have_one_key() {
    for (text, hints) in [
        ("42-501-20130", Hints::default()),
        ("42-501-20130-00", Hints::default()),
        ("42-501-20130-00-00", Hints::default()),
        ("42-501-20130-0000", Hints::default()),
        ("42 501 20130", Hints::default()),
        ("4250120130", Hints::default()),
        ("4250120130", API),
        ("42501201300000", API),
        ("425012013000", API),
        ("42501201300000", STATES),
        ("42501201300000", Hints { state: Some("Texas"), ..Hints::default() }),
        ("42501201300000", Hints { state: Some("USA / TEXAS"), ..Hints::default() }),
        ("501-20130", Hints { state: Some("TX"), ..API }),
    ] {
        let found = identify(text, &hints).unwrap();
        let code = (found.wellbore, found.completion);
        assert_eq!((&*found.key, code), ("4250120130", (None, None)), "{text} {hints:?}");
    }
    let found = identify("42-501-20130-02-01", &Hints::default()).unwrap();
    assert_eq!((found.wellbore.as_deref(), found.completion.as_deref()), (Some("02"), Some("01")));
}

#[test]
fn two_wells_never_have_one_key() {
    // Each is a well of its own; many became one when only letters and digits were compared.
    let wells = [
        "1/12-3",
        "11/2-3",
        "1/1-23",
        "112-3",
        "1123",
        "2/5-11",
        "25/1-1",
        "25/11-1",
        "2/5-111",
        "9/13a-17",
        "9/13-A17",
        "9/13-17",
        "9/13-17A",
        "9/13-17B",
        "211/29-A14",
        "211/29a-14",
        "16/1-6",
        "16/1-6 A",
        "16/16",
        "1/61-6",
        "12-3-4",
        "1-23-4",
        "1-2-34",
        "123-4",
        "1-234",
        "A-1-2",
        "A-12",
        "A1-2",
        "A-1-2A",
        "A 1 2 B",
        "AB-1-2",
        "007-12",
        "7-12",
        "70-12",
        "15Z9Z19",
        "15/9/19",
        "15Y9",
        "15YY9",
        "15-9",
        "15 Y 9",
        "15 Z 9",
        "15YZ9",
        "W1",
        "W-1",
        "1W",
        "100/01-01-073-05W5/00",
        "102/01-01-073-05W5/00",
        "100/02-01-073-05W5/00",
        "100/01-02-073-05W5/00",
        "100/01-01-074-05W5/00",
        "100/01-01-073-06W5/00",
        "100/01-01-073-05W4/00",
        "100/01-01-073-05E1/00",
        "1AA/01-01-073-05W5/00",
        "200/c-056-A/094-H-06/00",
        "200/d-056-A/094-H-06/00",
        "200/c-057-A/094-H-06/00",
        "200/c-056-B/094-H-06/00",
        "200/c-056-A/093-H-06/00",
        "200/c-056-A/094-G-06/00",
        "200/c-056-A/094-H-07/00",
        "202/c-056-A/094-H-06/00",
        "42-501-20130",
        "42-501-20131",
        "42-502-20130",
        "43-501-20130",
        "201400000101",
        "201400000102",
        "20140000010101",
        "20140000010102",
        "383549091130801",
        "383549091130802",
        "300E074350061450",
        "300E074350061460",
        "f3fc3291-6dfe-4b05-9958-a1b722b2605f",
        "f3fc3291-6dfe-4b05-9958-a1b722b2606f",
        "3-2-A",
        "3-2-B",
        "3-2A-B",
        "6038-187",
        "603-8187",
        "60-38187",
    ];
    let mut holders: BTreeMap<String, &str> = BTreeMap::new();
    for well in wells {
        let found = key(well);
        assert!(
            (1..=MAX_KEY_CHARS).contains(&found.len())
                && found.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        );
        if let Some(other) = holders.insert(found.clone(), well) {
            panic!("{other} and {well} are both {found}");
        }
    }
}

#[test]
fn numbers_of_other_countries_are_not_cut() {
    // Without the header's word the last digits may tell wells apart.
    assert_eq!(key("42501201300000"), "42501201300000");
    assert_eq!(key("201400000101"), "201400000101");
    let elsewhere = Hints { country: Some("Australia"), ..API };
    assert_eq!(identify("42-501-20130-01", &elsewhere).unwrap().scheme, Scheme::Other);
    assert_ne!(identify("425012013001", &elsewhere).unwrap().key, identify("425012013002", &elsewhere).unwrap().key);
    // Georgia is a country too, and WA a state of Australia.
    for state in ["Georgia", "WA", "AL"] {
        let hints = Hints { state: Some(state), ..Hints::default() };
        assert_eq!(identify("10501201300000", &hints).unwrap().key, "10501201300000", "{state}");
    }
    // No state has this number.
    assert_eq!(key("77-123-45679-01"), "77Z123Z45679Z01");
}

#[test]
fn incomplete_api_numbers_identify_nothing() {
    for text in
        ["501-20130", "50120130", "54329", "4250120", "42-5012-0130", "425012013", "77-123-45679", "42501201300"]
    {
        assert_eq!(identify(text, &API), Err(Unidentified::IncompleteApi), "{text}");
    }
    let texas = Hints { state: Some("TEXAS"), ..API };
    assert_eq!(identify("50120130", &texas), Err(Unidentified::IncompleteApi));
    // Two states number their counties alike.
    let utah = Hints { state: Some("Utah"), ..API };
    assert_ne!(identify("501-20130", &texas).unwrap().key, identify("501-20130", &utah).unwrap().key);
}

#[test]
fn blocks_of_the_north_sea_need_their_country() {
    let of = |text: &str, country| identify(text, &Hints { country: Some(country), ..Hints::default() }).unwrap();
    assert_ne!(of("16/8-1", "NORWAY").key, of("16/8-1", "UK").key);
    assert_eq!(of("16/8-1", "NORWAY").key, of("16/8-1", "NO").key);
    assert_eq!(of("16/8-1", "NORWAY"), of("16/8-1", "Norge"));
    assert_eq!(of("16/8-1", "NORWAY").key, key("NO 16/8-1"));
    assert_eq!(of("211/29a-A14", "United Kingdom").scheme, Scheme::Block);
    let state = Hints { state: Some("NORWAY"), ..Hints::default() };
    assert_eq!(identify("16/1-6 A", &state).unwrap().key, of("16/1-6A", "NORWAY").key);
    // A country says nothing about other forms.
    assert_eq!(of("6038-187", "NORWAY").key, key("6038-187"));
    assert_eq!(of("16/8/1", "NORWAY").scheme, Scheme::Other);
}

#[test]
fn one_spelling_with_other_separators_is_one_well() {
    for (one, other) in [
        ("15/9-19 A", "15/9-19A"),
        ("15/9-19 SR", "15/9-19  sr "),
        ("15/9-19", "15_9_19"),
        ("15/9-19", " 15//9 - 19."),
        ("NG-15/9-19", "ng 15-9-19"),
        ("12\u{2013}34", "12-34"),
    ] {
        assert_eq!(key(one), key(other), "{one} {other}");
    }
    assert_ne!(key("15/9-19 A2"), key("15/9-19A 2"));
    // A mark that nobody sees is a separator, so it cannot join two numbers.
    assert_ne!(key("12\u{200f}34"), key("1234"));
}

#[test]
fn placeholders_identify_nothing() {
    let placeholders = [
        "",
        " ",
        "-",
        "--",
        "?",
        "N/A",
        "n.a.",
        "UNKNOWN",
        "unknown",
        "NONE",
        "TBA",
        "DUMMY UWI",
        "0",
        "0000-00",
        "9999",
        "99-999-99999",
        "11-222-33333",
        "XXXX",
        "1",
        "999999999999",
        "12345678",
        "1234567890",
        "12-345-67890",
        "0123456789",
        "87654321",
        "-999.25",
        "-9999.0000",
        "UWI1",
        "Well 12",
        "TEST-1",
        "unique well id 5",
        "42-000-00000",
        "00-000-00000-00",
        "100/00-00-000-00W0/00",
        "100000000000W000",
        "100/01-01-000-05W5/00",
        "200/a-000-A/000-A-00/00",
    ];
    for text in placeholders {
        assert_eq!(uwi_key(text), None, "{text}");
        assert_eq!(identify(text, &API).ok(), None, "{text}");
    }
    for rounded in ["4.2501E+13", "4.25012013E9", "4.25012013e+09", "4,2501E13", "42E+12", "4E-3"] {
        assert_eq!(identify(rounded, &Hints::default()), Err(Unidentified::Rounded), "{rounded}");
    }
    assert_eq!(identify("скв 12", &Hints::default()), Err(Unidentified::ForeignLetters));
    assert_eq!(identify("１２", &Hints::default()), Err(Unidentified::ForeignLetters));
    assert_eq!(identify(&"A1".repeat(33), &Hints::default()), Err(Unidentified::TooLong));
    assert!(identify(&"A1".repeat(32), &Hints::default()).is_ok());
}

#[test]
fn files_of_a_survey_are_known_by_the_well_in_their_name() {
    let Some(files) = crate::ingest::collection::las_files() else { return };
    let mut keys = std::collections::BTreeSet::new();
    let (mut found, mut others) = (0, Vec::new());
    for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with("mcmurray/")) {
        let reading = dataforge_las::read_header(bytes, &dataforge_las::ReadOptions::default()).unwrap();
        let header = crate::ingest::well::well_header(&reading.file);
        let stem = name.trim_start_matches("mcmurray/").split('.').next().unwrap();
        if header.uwi_key != uwi_key(stem) {
            others.push(name);
        }
        keys.extend(header.uwi_key);
        found += 1;
    }
    assert_eq!((found, keys.len()), (100, 100));
    // The one whose header has AA where its name has 00.
    assert_eq!(others, ["mcmurray/00-01-32-080-22W4-0.LAS"]);
}

#[test]
fn keys_of_different_spellings_are_different() {
    // Every text over letters that the marks use, and separators, read back from its key.
    let alphabet = ['Y', 'Z', '1', '-'];
    let mut texts = vec![String::new()];
    for _ in 0..7 {
        texts = texts.iter().flat_map(|text| alphabet.map(|letter| format!("{text}{letter}"))).collect();
        let mut holders: BTreeMap<String, String> = BTreeMap::new();
        for text in &texts {
            let groups: Vec<&str> = text.split('-').filter(|group| !group.is_empty()).collect();
            let plain = groups.join("-");
            if let Some(other) = holders.insert(spelling::key(text), plain.clone()) {
                assert_eq!(plain, other);
            }
        }
    }
    assert_eq!(texts.len(), 4_usize.pow(7));
}
