//! Tops and surveys as tables and LAS 3.0 have them.

use dataforge_las::ReadOptions;

use super::*;
use crate::ingest::tabular::{self, Mapping};
use crate::ingest::{Prepared, PreparedRun, prepare, prepare_tables};

fn table(text: &str) -> Prepared {
    let mapping = Mapping::default();
    let book = tabular::read_text(text.as_bytes(), &mapping.source).unwrap();
    prepare_tables(text.as_bytes(), &tabular::read(&book, &mapping).unwrap()).unwrap()
}

fn only(prepared: &Prepared) -> &PreparedRun {
    assert_eq!(prepared.runs.len(), 1);
    &prepared.runs[0]
}

fn survey(text: &str) -> SurveyFacts {
    let prepared = table(text);
    let run = only(&prepared);
    match &run.filling {
        Some(Filling::Survey(survey)) => survey.clone(),
        other => panic!("{other:?} {:?}", run.unfilled),
    }
}

fn why_not(text: &str) -> String {
    let prepared = table(text);
    let run = only(&prepared);
    assert_eq!(run.filling, None, "{text}");
    run.unfilled.join("\n")
}

#[test]
fn a_table_of_tops_fills_a_document_row_by_row() {
    let text = "Formation,MD (ft),Base (ft),Interpreter,Remarks,Datum\nBrent,5000.5,5200,Ada,sandy,KB\n\
                Dunlin,5200,,Bob,,KB\n,5300,,Bob,lost,KB\n";
    let prepared = table(text);
    let run = only(&prepared);
    let Some(Filling::Tops(tops)) = &run.filling else { panic!("{:?}", run.unfilled) };
    assert_eq!((&*tops.unit, tops.rows.len()), ("ft", 2));
    let brent = &tops.rows[0];
    assert_eq!((brent.row, &*brent.name, brent.depth, brent.base), (0, "Brent", 5000.5, Some(5200.0)));
    assert_eq!((&*brent.datum, brent.remark.as_deref()), ("KB", Some("sandy")));
    assert_eq!((tops.rows[1].base, tops.rows[1].interpreter.as_deref()), (None, Some("Bob")));
    assert!(run.unfilled[0].ends_with("row 3"), "{:?}", run.unfilled);
}

#[test]
fn depths_without_a_unit_fill_nothing_and_say_so() {
    let said = why_not("Formation,MD\nBrent,1500\nDunlin,1600\n");
    assert!(said.contains("MD has no unit"), "{said}");
}

#[test]
fn a_survey_is_read_in_its_units() {
    let facts = survey("MD,Inc,True Azimuth\nm,deg,deg\n0,0,\n100,2.5,180\n200,5,181\n");
    assert_eq!((&*facts.unit, &*facts.azimuth_reference, facts.rows.len()), ("m", "true", 3));
    assert_eq!(facts.rows[1], StationFacts { row: 1, md: 100.0, inclination_deg: 2.5, azimuth_deg: 180.0 });
    let radians = survey("MD (ft),Inc (rad),Azi (rad)\n0,0,0\n100,0.5,1\n");
    assert!((radians.rows[1].inclination_deg - 0.5_f64.to_degrees()).abs() < 1e-12, "{radians:?}");
}

#[test]
fn a_survey_that_makes_no_path_fills_nothing_and_names_the_station() {
    for (text, expected) in [
        ("MD (m),Inc,Azi\n0,0,0\n100,1,0\n90,1,0\n", "station 3 goes backwards: 90 m after 100 m"),
        ("MD (m),Inc,Azi\n0,0,0\n100,1,0\n100,2,0\n", "that of the station before it"),
        ("MD (m),Inc,Azi\n0,0,0\n100,190,0\n", "inclination 190°"),
        ("MD (m),Inc,Azi\n0,0,0\n100,1,\n200,1,0\n", "row 2 lacks"),
    ] {
        let said = why_not(text);
        assert!(said.starts_with("line 1") && said.contains(expected), "{text}: {said}");
    }
}

#[test]
fn sets_of_las_3_fill_documents_too() {
    let text = "~Version\nVERS. 3.0 :\nWRAP. NO :\nDLM. COMMA :\n~Well\nSTRT.M 0 :\nSTOP.M 1 :\nSTEP.M 1 :\nNULL. -999.25 :\n\
                WELL. A-1 :\n~Log_Definition\nDEPT.M : {F}\nGR.GAPI : {F}\n~Log_Data | Log_Definition\n0,1\n1,2\n\
                ~Inclinometry_Definition\nMD.M : {F}\nTVD.M : {F}\nAZIM.DEG : {F}\nDEVI.DEG : {F}\n\
                ~Inclinometry_Data | Inclinometry_Definition\n0,0,290,0\n100,99.9,234,1.5\n\
                ~Tops_Parameter\nTOPDR. Subsea : {S}\n\
                ~Tops_Definition\nTOPT.M : {F}\nTOPB.M : {F}\nTOPN. : {S}\n~Tops_Data | Tops_Definition\n545.5,602,Viking\n";
    let reading = dataforge_las::read(text.as_bytes(), &ReadOptions::default()).unwrap();
    let prepared = prepare(text.as_bytes(), &reading).unwrap();
    let found: Vec<_> = prepared.runs.iter().map(|run| (run.filling.clone(), &run.unfilled)).collect();
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].0, None);
    let Some(Filling::Survey(survey)) = &found[1].0 else { panic!("{found:?}") };
    assert_eq!(survey.rows[1], StationFacts { row: 1, md: 100.0, inclination_deg: 1.5, azimuth_deg: 234.0 });
    let Some(Filling::Tops(tops)) = &found[2].0 else { panic!("{found:?}") };
    let viking = &tops.rows[0];
    assert_eq!((&*viking.name, viking.depth, viking.base, &*viking.datum), ("Viking", 545.5, Some(602.0), "MSL"));
}
