//! Tests of what a header says about the run.

use dataforge_las::{Column, DataSet};

use super::*;

fn with_curves(lines: &[(&str, &str, &str)], curves: &[(&str, &str, &str)]) -> LogFile {
    let mut file = file(SectionKind::Parameter, lines);
    let column = |(mnemonic, unit, description): &(&str, &str, &str)| Column {
        definition: HeaderItem {
            mnemonic: (*mnemonic).to_owned(),
            unit: (*unit).to_owned(),
            description: (*description).to_owned(),
            ..HeaderItem::default()
        },
        ..Column::default()
    };
    let columns = [("DEPT", "M", "")].iter().chain(curves).map(column).collect();
    file.data = vec![DataSet { columns, ..DataSet::default() }];
    file
}

fn judged(lines: &[(&str, &str, &str)], curves: &[(&str, &str, &str)]) -> (Option<Acquisition>, Option<LogType>) {
    let header = run_header(&with_curves(lines, curves), 0);
    (header.acquisition.map(|found| found.value), header.log_type.map(|found| found.value))
}

#[test]
fn run_numbers_are_compared_as_numbers() {
    let number = |text| run_header(&file(SectionKind::Parameter, &[("RUN", "", text)]), 0).number;
    for (text, expected) in [
        ("ONE", Some("1")),
        ("Two", Some("2")),
        ("1", Some("1")),
        ("3.0", Some("3")),
        (" 12 ", Some("12")),
        ("1A", Some("1A")),
        ("R2D1", Some("R2D1")),
        ("1.5", Some("1.5")),
        ("0.000000", None),
        ("zero", None),
        ("", None),
    ] {
        assert_eq!(number(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn pass_date_and_company_are_found() {
    let mut file = file(
        SectionKind::Parameter,
        &[
            ("RNID", "", "MAIN PASS"),
            ("DATE", "", "13/12/1986"),
            ("SRVC", "", "Schlumberger Ltd."),
            ("LOG_DIRECTION", "", "D"),
        ],
    );
    file.sections[0].items[1].raw = " DATE . 13/12/1986 : LOG DATE  {DD/MM/YYYY}".to_owned();
    let header = run_header(&file, 0);
    assert_eq!(header.pass.as_deref(), Some("MAIN PASS"));
    assert_eq!((header.date.as_deref(), header.date_format.as_deref()), (Some("13/12/1986"), Some("DD/MM/YYYY")));
    assert_eq!(
        (header.service_company.as_deref(), header.vendor.as_deref()),
        (Some("Schlumberger Ltd."), Some("schlumberger"))
    );
    assert_eq!(header.direction.as_deref(), Some("D"));
    assert_eq!(run_header(&LogFile::default(), 3), RunHeader::default());
}

#[test]
fn runs_of_las_3_are_joined_by_association() {
    let mut file = file(
        SectionKind::Parameter,
        &[
            ("RUNS", "", "2"),
            ("RUN[2]", "", "2"),
            ("RUN[1]", "", "1"),
            ("RUN_DEPTH", "M", "0, 1500"),
            ("RUN_DEPTH", "M", "1500,2513"),
            ("RUN_DATE", "", "12/09/1998"),
            ("BS", "MM", "200"),
            ("MATR", "", "SAND"),
            ("MUD", "", ""),
        ],
    );
    let names = ["", "", "", "Run[1]", "RUN[2]", "Run[1]", "Run[1],RUN[2]", "NMAT_Depth[1]", "Run[1]"];
    for (item, name) in file.sections[0].items.iter_mut().zip(names) {
        item.raw = if name.is_empty() { "x : y".to_owned() } else { format!("x : a | b {{F}} | {name} ") };
    }
    let parts = run_header(&file, 0).parts;
    let bit = vec![("BS".to_owned(), "200 MM".to_owned())];
    let first = RunPart {
        position: 1,
        number: "1".to_owned(),
        depth: Some("0, 1500 M".to_owned()),
        date: Some("12/09/1998".to_owned()),
        items: bit.clone(),
    };
    let depth = Some("1500,2513 M".to_owned());
    let second = RunPart { position: 2, number: "2".to_owned(), depth, date: None, items: bit };
    assert_eq!(parts, [first, second]);
}

#[test]
fn curves_tell_how_they_were_acquired() {
    let (wireline, lwd) = (Some(Acquisition::Wireline), Some(Acquisition::Lwd));
    let open = Some(LogType::OpenHole);
    let (gr, ild, tens, rop) = (("GR", "GAPI", ""), ("ILD", "OHMM", ""), ("TENS", "LBF", ""), ("ROP", "M/H", ""));
    assert_eq!(judged(&[], &[gr, ild, tens]), (wireline, open));
    assert_eq!(judged(&[], &[("GR_LWD", "GAPI", ""), ild]), (lwd, open));
    assert_eq!(judged(&[], &[("GRMA", "GAPI", "MWD gamma ray")]), (lwd, None));
    assert_eq!(judged(&[], &[("CROP", "M/H", "crop"), gr]).0, None, "MWD and LWD are words, not letters");
    assert_eq!(judged(&[], &[rop, ("WOB", "KLBF", "")]), (Some(Acquisition::MudLog), None));
    assert_eq!(judged(&[], &[rop, ("C1", "PPM", "")]), (Some(Acquisition::MudLog), None));
    assert_eq!(judged(&[], &[rop, ("C1", "PPM", ""), ild]), (None, open), "a composite");
    assert_eq!(judged(&[], &[("VSH", "V/V", ""), ("SW", "V/V", "")]), (Some(Acquisition::Computed), None));
    assert_eq!(judged(&[], &[gr]), (None, None));
    assert_eq!(judged(&[], &[]), (None, None));
    let header = run_header(&with_curves(&[], &[gr, ild, tens]), 0);
    assert_eq!(header.acquisition.unwrap().reason, "TENS is of a tool on a cable");
    assert_eq!(header.log_type.unwrap().reason, "ILD needs an open hole");
}

#[test]
fn curves_tell_what_kind_of_log_it_is() {
    let kind = |curves: &[_]| judged(&[], curves).1;
    let (ccl, cbl, spinner, ild) = (("CCL", "", ""), ("CBL", "MV", ""), ("SPIN", "RPS", ""), ("ILD", "OHMM", ""));
    assert_eq!(kind(&[ccl]), Some(LogType::CasedHole));
    assert_eq!(kind(&[cbl, ccl]), Some(LogType::CasedHole));
    assert_eq!(kind(&[("SIGM", "CU", "")]), Some(LogType::CasedHole));
    assert_eq!(kind(&[spinner, ccl]), Some(LogType::Production));
    assert_eq!(kind(&[ild]), Some(LogType::OpenHole));
    assert_eq!(kind(&[ild, cbl]), None, "runs of both that were joined");
}

#[test]
fn titles_say_it_before_curves() {
    let tens = [("TENS", "LBF", "")];
    let said = |title: &'static str| judged(&[("LTYP", "", title)], &tens);
    assert_eq!(said("LWD.REALTIME"), (Some(Acquisition::Lwd), None));
    assert_eq!(said("Cased-hole"), (Some(Acquisition::Wireline), Some(LogType::CasedHole)));
    assert_eq!(said("WL.LOG").0, Some(Acquisition::Wireline));
    assert_eq!(judged(&[("LTYP", "", "Mud Log")], &[]), (Some(Acquisition::MudLog), None));
    assert_eq!(judged(&[("LTYP", "", "SCALDED")], &[]), (None, None));
    assert_eq!(judged(&[("SRVC", "", "Geoservices")], &[]).0, Some(Acquisition::MudLog));
}
