//! Tests of header lines: which stay as delivered, which are brought up to date.

use super::*;

const SOURCE: &str = "\
# made by hand
~Version
 VERS.   2.0  : CWLS
 WRAP.   NO   : one line
~Well
# about the well
 STRT.M   1.0000 : START
 STOP.M   2.0    : STOP
 STEP.M   0.50   : STEP
 NULL.   -999.2500 : NULL
 COMP.   Time: is it : x
~Tops
 P.M 1 : p
~Curve
 DEPT .M   : 1  Depth
# second
 GR   .GAPI 45 310 : 2  Gamma {F10.4}
~Parameter
 BS.MM 200 : Bit
~Other
 free text
~A  DEPT  GR
1.0 -999.25
1.5 45.25
2.0 -0.5
";

fn source() -> LogFile {
    again(SOURCE)
}

#[test]
fn nothing_changes_where_nothing_has_to() {
    let (text, report) = written(&source(), &plain(LasVersion::V2_0));
    let (head, _) = SOURCE.split_once("~A").unwrap();
    assert!(text.starts_with(head), "{text}");
    assert!(text.ends_with("~A  DEPT  GR\n  1 -999.2500\n1.5     45.25\n  2      -0.5\n"), "{text}");
    assert_eq!(report, WriteReport { bytes: text.len() as u64, ..WriteReport::default() });
}

#[test]
fn bounds_follow_the_rows() {
    let mut file = source();
    let set = &mut file.data[0];
    for column in &mut set.columns {
        if let Values::Number(numbers) = &mut column.values {
            numbers.remove(0);
        }
    }
    set.rows = 2;
    let (text, report) = written(&file, &plain(LasVersion::V2_0));
    assert!(text.contains("\nSTRT .M  1.5 ") && text.contains(": START\n STOP.M   2.0    : STOP\n"), "{text}");
    let updated = Updated { mnemonic: "STRT".into(), from: Some("1.0000 M".into()), to: "1.5 M".into() };
    assert_eq!(report.updated, [updated]);
}

#[test]
fn units_follow_the_index_together() {
    let mut file = source();
    let index = &mut file.data[0].columns[0];
    index.definition.unit = "FT".to_owned();
    index.values = Values::Number(vec![1.0, 2.0, 4.0]);
    let (text, _) = written(&file, &plain(LasVersion::V2_0));
    let well = &again(&text).sections[2];
    let said: Vec<_> = well.items[..3].iter().map(|i| format!("{} {} {}", i.mnemonic, i.value, i.unit)).collect();
    assert_eq!(said, ["STRT 1.0000 FT", "STOP 4 FT", "STEP 0 FT"]);
    assert!(text.contains("~ASCII\n"), "a title that names the old columns does not stay");
}

#[test]
fn a_stop_that_is_not_known_yet_stays() {
    let source = SOURCE.replace("STOP.M   2.0 ", "STOP.M -999.25 ");
    let (_, report) = written(&again(&source), &plain(LasVersion::V2_0));
    assert_eq!(report.updated, []);
}

#[test]
fn values_of_1_2_stand_behind_the_colon() {
    let (text, report) = written(&source(), &plain(LasVersion::V1_2));
    assert!(text.contains("COMP .   x"), "{text}");
    let found = again(&text);
    assert_eq!(found.version.vers, "1.2");
    assert_eq!(found.sections[2].items[4].value, "Time: is it");
    assert_eq!(report.updated.len(), 1);
    let (text, _) = written(&found, &plain(LasVersion::V2_0));
    assert_eq!(again(&text).sections[2].items[4].value, "Time: is it");
}

#[test]
fn las3_gets_formats_titles_and_a_delimiter() {
    let (text, report) = written(&source(), &plain(LasVersion::V3_0));
    assert!(text.contains("VERS .  3.0   : CWLS log ASCII Standard - VERSION 3.0\n"), "{text}");
    assert!(text.contains("DLM  .  SPACE : Column delimiter\n"), "{text}");
    assert!(text.contains("~Log_Definition\n DEPT .M   : 1  Depth  {F}\n# second\n"), "{text}");
    assert!(
        text.contains("\n GR   .GAPI 45 310 : 2  Gamma {F10.4}\n~"),
        "a format behind a description is one: {text}"
    );
    assert!(text.contains("~Log_Parameter\n BS.MM 200 : Bit\n"), "{text}");
    assert!(text.contains("~Log_Data | Log_Definition\n"), "{text}");
    assert!(text.contains("~Tops\n P.M 1 : p\n"), "{text}");
    assert_eq!(report.updated.iter().map(|u| u.mnemonic.as_str()).collect::<Vec<_>>(), ["VERS", "DLM"]);
    let (back, _) = written(&again(&text), &plain(LasVersion::V2_0));
    assert_eq!(values(&again(&back).data[0]), values(&source().data[0]));
}

#[test]
fn missing_sections_and_flags_are_added() {
    let (text, report) = written(&again("~A\n1 2\n3 4\n"), &plain(LasVersion::V2_0));
    let found = again(&text);
    let kinds: Vec<_> = found.sections.iter().map(|section| section.kind).collect();
    assert_eq!(kinds, [SectionKind::Version, SectionKind::Well, SectionKind::Curve]);
    let names: Vec<_> = found.data[0].columns.iter().map(|c| c.definition.mnemonic.as_str()).collect();
    assert_eq!(names, ["UNKNOWN:1", "UNKNOWN:2"]);
    assert_eq!(report.updated.len(), 6);
}

#[test]
fn sections_stand_where_the_standard_wants_them() {
    let text = "~C\nD.M:\nA.:\n~A\n1 2\n2 3\n~P\nB. 1:\n~W\nNULL. -1:\n~V\nVERS. 2.0:\nWRAP. NO:\n";
    let (text, _) = written(&again(text), &plain(LasVersion::V2_0));
    let titles: Vec<_> = text.lines().filter(|line| line.starts_with('~')).collect();
    assert_eq!(titles, ["~V", "~W", "~C", "~P", "~A"]);
}

#[test]
fn lines_that_would_be_something_else_are_refused() {
    let two = plain(LasVersion::V2_0);
    for item in [
        HeaderItem::new("A.B", "C", "1", ""),
        HeaderItem::new("A", "C D", "1", ""),
        HeaderItem::new("#A", "", "1", ""),
        HeaderItem::new("~A", "", "1", ""),
        HeaderItem::new("A", "", "1\n2", ""),
        HeaderItem::new("A", "", " 1", ""),
        HeaderItem::new("A", "", "1", "a : b"),
    ] {
        let mut file = small();
        file.sections.push(Section::new(SectionKind::Parameter, vec![item.clone()]));
        assert!(refused(&file, &two).contains("would not be read as"), "{item:?}");
    }
    for text in ["A.B 1 : x", "~A", "a\nb", ""] {
        let mut file = small();
        let mut section = Section::new(SectionKind::Parameter, vec![HeaderItem::new("A", "", "", "")]);
        section.text.push((0, text.to_owned()));
        file.sections.push(section);
        assert!(refused(&file, &two).contains("would not be read as"), "{text}");
    }
    for title in ["~A", "  ~Tops", "Tops", "~Tops\nA.B 1 : x"] {
        let mut file = small();
        file.sections.push(Section { title: title.to_owned(), ..Section::new(SectionKind::Custom, Vec::new()) });
        assert!(refused(&file, &two).contains("would not be read as"), "{title}");
    }
}

#[test]
fn flags_without_a_period_stay_or_are_refused() {
    let file = again("~V\nVERS 2.0: CWLS\nWRAP. NO:\n~W\nNULL -1.5: n\n~C\nD.:\nA.:\n~A\n1 -1.5\n2 3\n");
    let (text, _) = written(&file, &plain(LasVersion::V2_0));
    assert!(text.contains("VERS 2.0: CWLS\n") && text.contains("NULL -1.5: n\n"), "{text}");
    assert_eq!(values(&again(&text).data[0]), values(&file.data[0]));
    assert!(refused(&file, &plain(LasVersion::V1_2)).contains("would not be read as"));
}

#[test]
fn edited_items_are_written_as_they_are_now() {
    let mut file = source();
    file.sections[2].items[4].value = "NEW".to_owned();
    file.data[0].columns[1].definition.mnemonic = "GR_NEW".to_owned();
    let (text, _) = written(&file, &plain(LasVersion::V2_0));
    let found = again(&text);
    assert_eq!(found.sections[2].items[4].value, "NEW");
    assert_eq!(found.data[0].columns[1].definition.mnemonic, "GR_NEW");
    assert!(text.contains(" DEPT .M   : 1  Depth\n# second\nGR_NEW"), "{text}");
}
