use super::*;
use crate::ingest::tabular::mapping::SourceMapping;
use crate::ingest::tabular::number::Rules;
use crate::ingest::tabular::{layout, read_text};

/// Returns name, unit and description of each column.
fn named(text: &str) -> Vec<(String, String, String)> {
    let book = read_text(text.as_bytes(), &SourceMapping::default()).unwrap();
    let (sheet, given) = (&book.sheets[0], TableMapping::default());
    let layout = layout::find(sheet, book.format, &given, &Rules::default()).unwrap().unwrap();
    let (columns, _) = columns(sheet, &layout, &given, &mut Notices::default()).unwrap();
    columns.into_iter().map(|column| (column.name, column.unit, column.description)).collect()
}

fn strings(cells: [(&str, &str, &str); 2]) -> Vec<(String, String, String)> {
    cells.iter().map(|(name, unit, text)| ((*name).into(), (*unit).into(), (*text).into())).collect()
}

const ROWS: &str = "1000,20.5\n1001,21.5\n1002,22\n";

#[test]
fn the_row_that_is_known_has_the_names() {
    let long_below = named(&format!("DEPT,GR\nMeasured at wellsite,Natural radiation\n{ROWS}"));
    assert_eq!(long_below, strings([("DEPT", "", "Measured at wellsite"), ("GR", "", "Natural radiation")]));
    let long_above = named(&format!("Along the bit,Of natural rays\nDEPT (m),GR (gAPI)\n{ROWS}"));
    assert_eq!(long_above, strings([("DEPT", "m", "Along the bit"), ("GR", "gAPI", "Of natural rays")]));
}

#[test]
fn names_that_run_over_two_rows_are_joined() {
    let joined = named(&format!("Measured,Gamma\ndepth,ray\nm,gAPI\n{ROWS}"));
    assert_eq!(joined, strings([("Measured depth", "m", ""), ("Gamma ray", "gAPI", "")]));
    let groups = named("Run,Run\nValue,Value\n1,2\n2,3\n3,4\n");
    assert_eq!((&*groups[0].0, &*groups[1].0), ("Run Value", "Run Value"));
}

#[test]
fn the_row_of_units_wins_over_units_in_names() {
    let text = format!("DEPT (ft),GR (gAPI)\nm,-\n{ROWS}");
    assert_eq!(named(&text), strings([("DEPT", "m", ""), ("GR", "gAPI", "")]));
    let book = read_text(text.as_bytes(), &SourceMapping::default()).unwrap();
    let (sheet, given, mut notices) = (&book.sheets[0], TableMapping::default(), Notices::default());
    let layout = layout::find(sheet, book.format, &given, &Rules::default()).unwrap().unwrap();
    columns(sheet, &layout, &given, &mut notices).unwrap();
    assert_eq!(notices.seen(TableNoticeKind::Unit), 1);
}

#[test]
fn titles_may_tell_the_well() {
    let told = |title: &str| {
        let text = format!("{title}\nx,y,z\nDEPT,GR,SP\n1,2,3\n2,3,4\n");
        let book = read_text(text.as_bytes(), &SourceMapping::default()).unwrap();
        let layout = layout::find(&book.sheets[0], book.format, &TableMapping::default(), &Rules::default());
        well_of_titles(&book.sheets[0], &layout.unwrap().unwrap())
    };
    for title in ["Well: A-1,,", "Well,A-1,", "Well Name:,A-1,", "# Well = A-1,,", "Borehole,:A-1,"] {
        assert_eq!(told(title).as_deref(), Some("A-1"), "{title}");
    }
    for title in ["Well,,", "Logs of a well,A-1,", "Well:,,"] {
        assert_eq!(told(title), None, "{title}");
    }
}
