//! Tests of header lines, one trap each.

use super::*;
use crate::encoding::Text;

fn parts(line: &str) -> [String; 4] {
    let HeaderItem { mnemonic, unit, value, description, .. } = item(line, 1, false).unwrap();
    [mnemonic, unit, value, description]
}

fn curve(line: &str) -> [String; 2] {
    let HeaderItem { mnemonic, unit, .. } = item(line, 1, true).unwrap();
    [mnemonic, unit]
}

#[test]
fn the_four_parts_are_trimmed_text() {
    assert_eq!(parts(" STRT .M  1670.0000 \t: First depth "), ["STRT", "M", "1670.0000", "First depth"]);
    assert_eq!(parts("UWI. 00123 : id"), ["UWI", "", "00123", "id"]);
    assert_eq!(parts("NULL.            -999.2500:"), ["NULL", "", "-999.2500", ""]);
    assert_eq!(parts("LOC. NW.SE : LOCATION 1.5"), ["LOC", "", "NW.SE", "LOCATION 1.5"]);
}

#[test]
fn colons_of_times_stay_in_the_value() {
    let value = |line| parts(line)[2].clone();
    assert_eq!(value("TIM1. 23:15 23-JAN-2001 : Time: at bottom"), "23:15 23-JAN-2001");
    assert_eq!(value("STRX.DateTime 2012-09-16T07:44:12-05:00 : START"), "2012-09-16T07:44:12-05:00");
    assert_eq!(value("TIME. 23:15:"), "23:15");
    assert_eq!(parts("TCS .hh:mm 21:30 23-JAN-2001:   Time"), ["TCS", "hh:mm", "21:30 23-JAN-2001", "Time"]);
}

#[test]
fn colons_of_descriptions_stay_there() {
    assert_eq!(parts("NOTE.  : Survey quality: GOOD or BAD")[3], "Survey quality: GOOD or BAD");
    assert_eq!(parts("TIML.hh:mm 23:15 23-JAN-2001:   Time Logger: At Bottom")[3], "Time Logger: At Bottom");
    assert_eq!(parts("DATE. : Log date {hh:mm}")[3], "Log date {hh:mm}");
}

#[test]
fn colons_of_values_stay_there() {
    assert_eq!(parts("RM1 .  - SOFTWARE ISSUE:  WLS 13.     : Remarks")[2], "- SOFTWARE ISSUE:  WLS 13.");
    assert_eq!(parts("LOC. SEC: 5:LOCATION")[2], "SEC: 5");
    assert_eq!(parts("WWW. http://example.org : Home")[2], "http://example.org");
    assert_eq!(parts("FILE. C:\\logs\\a.las : Source")[2], "C:\\logs\\a.las");
}

#[test]
fn odd_units_are_whole() {
    assert_eq!(parts("DEPT..1IN : Depth")[..2], ["DEPT", ".1IN"]);
    assert_eq!(parts("HKLA.1000 lbf  5 : Hook load")[..3], ["HKLA", "1000 lbf", "5"]);
    assert_eq!(parts("WELL.12 SOUTH : name")[..3], ["WELL", "12", "SOUTH"]);
}

#[test]
fn odd_mnemonics_are_understood() {
    assert_eq!(curve("Cond..MS/M : c"), ["Cond.", "MS/M"]);
    assert_eq!(curve("I. Res..OHM-M : c"), ["I. Res.", "OHM-M"]);
    assert_eq!(curve(".ILM .OHMM : 7"), ["ILM", "OHMM"]);
    assert_eq!(curve(" .OHMM   : 5 RXO"), ["", "OHMM"]);
    assert_eq!(curve("SFLU:1 .OHMM : x"), ["SFLU:1", "OHMM"]);
    assert_eq!(curve("GR"), ["GR", ""]);
    assert_eq!(curve("GAM(NAT).API-GR :GAM"), ["GAM(NAT)", "API-GR"]);
}

#[test]
fn missing_parts_are_empty() {
    assert_eq!(parts("HOLE NUMBER :x"), ["HOLE NUMBER", "", "x", ""]);
    assert_eq!(parts("ILD .OHMM"), ["ILD", "OHMM", "", ""]);
    assert_eq!(item("----------", 1, false), None);
    assert_eq!(item("DEPTH  DT  RHOB", 1, true), None);
}

#[test]
fn lines_that_are_no_items_are_kept_and_reported() {
    let text = Text::Whole("~P\n# note\nDEPTH DT\n\nBS.MM 200: Bit\n".into());
    let raw = crate::section::split(&text, false).unwrap().all;
    let mut reporter = Reporter::new(false);
    let section = section(&raw[0], SectionKind::Parameter, &mut 0, &mut reporter).unwrap();
    assert_eq!(section.items[0].line, 5);
    assert_eq!(section.items[0].raw, "BS.MM 200: Bit");
    assert_eq!(section.text, [(2, "# note".to_owned()), (3, "DEPTH DT".to_owned())]);
    assert_eq!(reporter.finish().notices[0].kind, NoticeKind::HeaderLine);
}

#[test]
fn a_flood_of_header_lines_is_refused() {
    let text = Text::Whole(format!("~P\n{}", "A.B C:D\n".repeat(MAX_HEADER_LINES + 1)).into());
    let raw = crate::section::split(&text, false).unwrap().all;
    let read = section(&raw[0], SectionKind::Parameter, &mut 0, &mut Reporter::new(false));
    assert!(matches!(read, Err(ReadError::TooLarge { what: "header lines", .. })));
}
