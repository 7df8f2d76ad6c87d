use super::*;
use crate::ingest::tabular::mapping::{Mapping, SourceMapping};
use crate::ingest::tabular::plan::plan;
use crate::ingest::tabular::read_text;

/// Returns the kind of a table, and the name of its index or date.
fn kind(text: &str) -> (TableKind, String) {
    let book = read_text(text.as_bytes(), &SourceMapping::default()).unwrap();
    let plan = plan(&book, &Mapping::default()).unwrap();
    let table = &plan.tables[0];
    let index = table.with_role(Role::Index).or_else(|| table.with_role(Role::Date));
    (table.kind, index.map(|index| index.name.clone()).unwrap_or_default())
}

#[track_caller]
fn is(text: &str, expected: TableKind, index: &str) {
    assert_eq!(kind(text), (expected, index.to_owned()));
}

#[test]
fn logs_have_a_depth_by_name_or_by_growth() {
    is("DEPT,GR\n1,2\n2,3\n", TableKind::Log, "DEPT");
    is("Measured Depth (ft),Gamma\n1,2\n2,3\n", TableKind::Log, "Measured Depth");
    is("A,B\n1,2\n2,2\n3,9\n", TableKind::Log, "A");
    is("A,B\n3,2\n2,2\n1,9\n", TableKind::Log, "A");
    is("A,B\n1,2\n1,2\n3,9\n", TableKind::Table, "");
    is("A (gAPI),B\n1,2\n2,2\n3,9\n", TableKind::Table, "");
}

#[test]
fn surveys_have_depth_and_two_angles_and_no_other_logs() {
    is("MD,INC,AZI\n0,0,0\n1,2,3\n", TableKind::Deviation, "MD");
    is("Depth,Inclination (deg),Azimuth (deg),TVD,N/S,E/W\n0,0,0,0,0,0\n1,2,3,1,0,0\n", TableKind::Deviation, "Depth");
    is("DEPT,DEVI,HAZI,GR (gAPI),RHOB (g/cm3)\n0,0,0,20,2.5\n1,2,3,21,2.6\n", TableKind::Log, "DEPT");
}

#[test]
fn tops_have_names_at_depths() {
    is("Surface,MD\nA,1\nB,2\n", TableKind::Tops, "MD");
    is("Top,MD,TVDSS\nA,1,2\nB,2,3\n", TableKind::Tops, "MD");
    is("Formation,Top,Base\nA,1,2\nB,2,3\n", TableKind::Tops, "Top");
}

#[test]
fn core_has_samples_at_depths() {
    is("Plug,Depth,Kair\n1,1000,2\n2,1001,3\n", TableKind::Core, "Depth");
    is("Depth,Grain density (g/cm3)\n1000,2.65\n1001,2.66\n", TableKind::Core, "Depth");
}

#[test]
fn time_is_an_index_when_it_stands_first_or_depth_does_not_grow() {
    is("Time (s),HKLD\n1,2\n2,3\n", TableKind::Time, "Time");
    is("Date,Hole Depth,WOB\n2020-01-01 10:00,5,1\n2020-01-01 10:01,5,2\n", TableKind::Time, "Date");
    is("Hole Depth,Date,WOB\n5,2020-01-01 10:00,1\n6,2020-01-01 10:01,2\n", TableKind::Log, "Hole Depth");
    is("Date,Time,WOB\n2020-01-01,10:00,1\n2020-01-01,10:01,2\n", TableKind::Time, "Date");
}

#[test]
fn api_is_a_gravity_when_its_numbers_are_short() {
    let book = read_text(b"API,MD,GR\n32,1,2\n33,2,3\n", &SourceMapping::default()).unwrap();
    let plan = plan(&book, &Mapping::default()).unwrap();
    assert!(plan.tables[0].with_role(Role::Uwi).is_none());
    let book = read_text(b"API,MD,GR\n42-123-45678,1,2\n42-123-45678,2,3\n", &SourceMapping::default()).unwrap();
    assert!(super::super::plan(&book, &Mapping::default()).unwrap().tables[0].with_role(Role::Uwi).is_some());
}
