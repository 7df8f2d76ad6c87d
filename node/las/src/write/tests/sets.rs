//! Tests of LAS 3.0: several data sets, shared definitions, names.

use super::*;

const CORES: &str = "\
~Version
VERS. 3.0 : v
WRAP. NO : w
DLM. COMMA : d
~Well
NULL. -999.25 : n
~Core_Parameter
C.MM 100 : Diameter {F} | Run[1]
~Core_Definition
TOP.M : {F}
CDES. : {S}
~Core_Data[1] | Core_Definition
1,hard
-999.25,
~Core_Data[2] | Core_Definition
5,\"soft, wet\"
~Log_Definition
DEPT.M : d {F}
NMR[1].ms : echo {AF;0ms}
NMR[2].ms : echo {AF;5ms}
~Log_Data | Log_Definition
1,2,3
2,-999.25,4
";

/// Returns the name and number of each data set, and which sections belong to it.
fn told(file: &LogFile) -> Vec<String> {
    let set = |set: &DataSet| format!("{} {:?} {:?} {:?}", set.name, set.number, set.definition, set.parameters);
    file.data.iter().map(set).collect()
}

#[test]
fn data_sets_stay_what_they_are() {
    let file = again(CORES);
    let (text, report) = written(&file, &plain(LasVersion::V3_0));
    assert_eq!(told(&again(&text)), told(&file));
    let titles = |text: &str| text.lines().filter(|line| line.starts_with('~')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(titles(&text), titles(CORES));
    assert_eq!(values(&again(&text).data[0]), values(&file.data[0]));
    let added: Vec<_> = report.updated.iter().map(|u| (u.mnemonic.as_str(), u.to.as_str())).collect();
    assert_eq!(added, [("STRT", "1 M"), ("STOP", "2 M"), ("STEP", "1 M")]);
    assert!(text.contains("C.MM 100 : Diameter {F} | Run[1]\n") && text.contains("5,\"soft, wet\"\n"), "{text}");
}

#[test]
fn a_shared_definition_is_divided_where_columns_differ() {
    let mut file = again(&CORES.replace("CDES.", "# about\nCDES."));
    file.data[1].columns.pop();
    let (text, _) = written(&file, &plain(LasVersion::V3_0));
    assert_eq!(text.matches("# about").count(), 1, "{text}");
    let found = again(&text);
    assert_eq!(found.data[0].columns.len(), 2, "{text}");
    assert_eq!(found.data[1].columns.len(), 1, "{text}");
    assert_eq!(values(&found.data[1]), values(&file.data[1]));
    assert_ne!(found.data[0].definition, found.data[1].definition);
}

#[test]
fn sets_of_one_name_get_numbers() {
    let mut file = LogFile::new(Vec::new());
    let set = |value: f64| DataSet::new(SetKind::Test, "", vec![numbers("T", "M", &[value])]);
    file.push(set(1.0), vec![HeaderItem::new("A", "", "1", "")]);
    file.push(set(2.0), vec![HeaderItem::new("A", "", "2", "")]);
    file.push(DataSet::new(SetKind::Other, "Mud_Report", vec![numbers("T", "M", &[3.0])]), Vec::new());
    let (text, _) = written(&file, &plain(LasVersion::V3_0));
    let found = again(&text);
    let names: Vec<_> = found.data.iter().map(|set| (set.kind, set.name.as_str(), set.number)).collect();
    let expected =
        [(SetKind::Test, "Test", Some(1)), (SetKind::Test, "Test", Some(2)), (SetKind::Other, "Mud_Report", None)];
    assert_eq!(names, expected, "{text}");
    let parameter = |set: &DataSet| found.sections[set.parameters[0]].items[0].value.clone();
    assert_eq!((parameter(&found.data[0]), parameter(&found.data[1])), ("1".into(), "2".into()));
}

#[test]
fn several_logs_of_2_0_become_numbered_ones() {
    let text = "~V\nVERS. 2.0:\nWRAP. NO:\n~W\nNULL. -1:\n~P\nA. 1:\n~C\nD.M:\n~A\n1\n2\n~P\nA. 2:\n~C\nD.M:\nB.:\n~A\n3 4\n5 6\n";
    let file = again(text);
    let (text, _) = written(&file, &plain(LasVersion::V3_0));
    let found = again(&text);
    assert_eq!(found.data.iter().map(|set| set.number).collect::<Vec<_>>(), [Some(1), Some(2)], "{text}");
    for (set, found) in file.data.iter().zip(&found.data) {
        assert_eq!(values(set), values(found));
    }
    let parameter = |set: &DataSet| found.sections[set.parameters[0]].items[0].value.clone();
    assert_eq!((parameter(&found.data[0]), parameter(&found.data[1])), ("1".into(), "2".into()));
}

#[test]
fn what_2_0_has_no_room_for_is_reported() {
    let (text, report) = written(&again(CORES), &plain(LasVersion::V2_0));
    let left: Vec<_> = report.left_out.iter().map(|left| (left.title.as_str(), left.rows)).collect();
    assert_eq!(
        left,
        [
            ("~Core_Parameter", 0),
            ("~Core_Definition", 0),
            ("~Core_Data[1] | Core_Definition", 2),
            ("~Core_Data[2] | Core_Definition", 1),
        ]
    );
    assert_eq!(again(&text).data.len(), 1);
    let second = WriteOptions { data_set: Some(1), ..plain(LasVersion::V2_0) };
    let found = again(&written(&again(CORES), &second).0);
    assert_eq!(values(&found.data[0]), values(&again(CORES).data[1]));
}
