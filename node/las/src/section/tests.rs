//! Tests of splitting.

use super::*;

fn whole(text: &str) -> Text<'_> {
    Text::Whole(Cow::Borrowed(text))
}

fn roles(text: &str) -> Vec<Role> {
    split(&whole(text), false).unwrap().all.into_iter().map(|section| section.role).collect()
}

fn role(title: &str) -> Role {
    title::Seen::default().classify(title).0
}

#[test]
fn sections_know_their_lines_and_bodies() {
    let text = "# made by us\r\n~Version\r\nVERS. 2.0:\r\n\r\n  ~A\r\n1 2\r\n3 4\r\n~P\r\n";
    let text = whole(text);
    let sections = split(&text, false).unwrap().all;
    let found: Vec<_> = sections.iter().map(|s| (&*s.title, s.line, &*s.body)).collect();
    assert_eq!(
        found,
        [
            ("", 1, "# made by us\r\n"),
            ("~Version", 2, "VERS. 2.0:\r\n\r\n"),
            ("~A", 5, "1 2\r\n3 4\r\n"),
            ("~P", 8, ""),
        ]
    );
}

#[test]
fn a_tilde_within_a_line_is_no_title() {
    let text = "~V\nA. 5 : about ~A\n~C\nX. : ~\n";
    assert_eq!(roles(text).len(), 2);
}

#[test]
fn the_first_letter_decides() {
    assert_eq!(role("~v"), Role::Header(SectionKind::Version));
    assert_eq!(role("~Well Information"), Role::Header(SectionKind::Well));
    assert_eq!(role("~A  DEPTH  GR"), Role::Data);
    assert_eq!(role("~ASCII_LOG_DATA"), Role::Data);
    assert_eq!(role("~Tops"), Role::Header(SectionKind::Custom));
    assert_eq!(role("~"), Role::Header(SectionKind::Custom));
}

#[test]
fn a_second_section_of_a_letter_needs_the_word() {
    let text = "~V\n~Curve\n~Comments\n~Curve\n~A\n~Annotations\n";
    let kinds: Vec<_> = roles(text).into_iter().skip(1).collect();
    let curve = Role::Header(SectionKind::Curve);
    let custom = Role::Header(SectionKind::Custom);
    assert_eq!(kinds, [curve, custom, curve, Role::Data, custom]);
}

#[test]
fn curve_names_behind_a_lone_tilde_are_the_data_title() {
    let text = whole("~V\n~Curve\n~  CALI  DEPTH\n1 2\n");
    let sections = split(&text, false).unwrap().all;
    assert_eq!(sections.last().map(|s| (s.role, s.guessed)), Some((Role::Data, true)));
}

#[test]
fn las3_titles_name_their_set() {
    assert_eq!(role("~LOG_DATA | LOG_DEFINITION"), Role::Data);
    assert_eq!(role("~Log_Data[2] | Log_Definition"), Role::Data);
    assert_eq!(role("~Log_Definition"), Role::Header(SectionKind::Curve));
    assert_eq!(role("~Core_Data[1] | Core_Definition"), Role::OtherData);
    assert_eq!(role("~Core_Data [1]"), Role::OtherData);
    assert_eq!(role("~Phase_data_RMDATA"), Role::OtherData);
    assert_eq!(role("~TEST | TEST_Definition"), Role::OtherData);
    assert_eq!(role("~Core | Core_Definition"), Role::OtherData);
    assert_eq!(role("~Core_Definition"), Role::OtherDefinition);
    assert_eq!(role("~Well_Test_Parameters"), Role::OtherParameter);
    assert_eq!(role("~ASCII | CURVE"), Role::Data);
}

#[test]
fn titles_of_las2_are_no_data_sets() {
    assert_eq!(role("~Parameter_Data"), Role::Header(SectionKind::Parameter));
    assert_eq!(role("~WELL_INFORMATION_DATA"), Role::Header(SectionKind::Well));
    assert_eq!(role("~ASCII_LOG_DATA"), Role::Data);
    assert_eq!(role("~A_DATA"), Role::Data);
    assert_eq!(role("~Tops | by hand"), Role::Header(SectionKind::Custom));
}

#[test]
fn the_header_ends_before_the_rows() {
    let text = whole("~V\n~A\n1 2\n~P\n");
    let sections = split(&text, true).unwrap().all;
    assert_eq!(sections.last().map(|s| (s.role, &*s.body)), Some((Role::Data, "")));
}

#[test]
fn other_text_is_not_las() {
    assert_eq!(split(&whole("100.0, 0.63\n200.0, 0.50\n"), false), Err(ReadError::NotLas));
    assert_eq!(split(&whole("~ hello\n"), false), Err(ReadError::NotLas));
}

#[test]
fn rows_of_a_code_page_are_borrowed() {
    let bytes = b"~V\n~C\nD.\xB0C : \xB5\n~A\xB0\n1 2\n";
    let text = Text::Pages(bytes, encoding_rs::WINDOWS_1252);
    let sections = split(&text, false).unwrap();
    assert!(!sections.damaged);
    let [_, curves, rows] = &sections.all[..] else { panic!("{sections:?}") };
    assert_eq!(curves.body, "D.°C : µ\n");
    assert_eq!(rows.title, "~A°");
    assert!(matches!(rows.body, Cow::Borrowed("1 2\n")));
    assert!(split(&Text::Pages(b"~V\nA.\x81\n", encoding_rs::GBK), false).unwrap().damaged);
}
