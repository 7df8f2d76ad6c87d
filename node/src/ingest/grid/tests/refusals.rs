//! Tests of runs that have no certain place on a grid.

use super::*;

fn fixture() -> Fixture {
    Fixture::one("M", &[0.0, 1.0, 2.0], "QQQ", &[Some(1.5); 3])
}

fn refused(fixture: &Fixture, place: &WellGrid, options: &GridOptions) -> String {
    grid(&fixture.run(), place, options).unwrap_err().to_string()
}

#[test]
fn only_depths_along_the_hole_in_a_known_unit_are_gridded() {
    let with = |change: fn(&mut IndexFacts)| {
        let mut fixture = fixture();
        change(&mut fixture.index);
        refused(&fixture, &metres(1.0), &GridOptions::default())
    };
    assert_eq!(
        with(|index| index.kind = IndexKind::Time),
        "the index DEPT is no depth but time: only depths have a place on the grid of a well"
    );
    assert!(with(|index| index.kind = IndexKind::Other).starts_with("the index DEPT is no depth but other"));
    assert_eq!(
        with(|index| index.unit = "FATHOM".to_owned()),
        "the unit of the index DEPT is unknown: \"FATHOM\"; import or derive it with one that is known"
    );
    assert!(with(|index| index.unit = String::new()).starts_with("the unit of the index DEPT is unknown"));
    assert_eq!(
        with(|index| index.mnemonic = "TVD".to_owned()),
        "the index TVD is of kind True vertical depth, but the grid of a well is along the hole"
    );
    assert!(with(|index| index.mnemonic = "TVDSS".to_owned()).contains("along the hole"));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c"]));
    let mut texts = fixture();
    texts.table = RecordBatch::try_from_iter([("dept", Arc::clone(&text)), ("qqq", text)]).unwrap();
    assert!(refused(&texts, &metres(1.0), &GridOptions::default()).ends_with("its first column is not numbers"));
}

#[test]
fn another_datum_needs_a_stated_shift() {
    let fixture = fixture();
    let datum = |level, elevation_m| Some(DepthDatum { level: Some(level), elevation_m });
    let (kb, lower) = (datum(Level::KellyBushing, Some(100.0)), datum(Level::DrillFloor, Some(98.5)));
    let place = |datum| WellGrid { datum, ..metres(0.5) };
    let run = |datum| NativeRun { datum, ..fixture.run() };
    let none = GridOptions::default();
    let error = grid(&run(lower), &place(kb), &none).unwrap_err();
    assert_eq!(
        error.to_string(),
        "depths of the run are from DF at 98.5 m, those of the grid from KB at 100 m: state the shift between them"
    );
    let shifted = GridOptions { shift: Some(1.5), ..GridOptions::default() };
    let gridded = grid(&run(lower), &place(kb), &shifted).unwrap();
    assert_eq!((gridded.facts.top, gridded.facts.base, gridded.facts.shift), (1.5, 3.5, 1.5));
    // Zero is a shift that somebody states.
    let zero = GridOptions { shift: Some(0.0), ..GridOptions::default() };
    assert!(grid(&run(lower), &place(kb), &zero).is_ok());
    for (here, there) in [(kb, kb), (kb, None), (None, kb), (None, None), (datum(Level::KellyBushing, None), kb)] {
        assert!(grid(&run(here), &place(there), &none).is_ok());
    }
    assert!(grid(&run(datum(Level::Ground, None)), &place(kb), &none).is_err());
}

#[test]
fn grids_and_options_must_be_usable() {
    let fixture = fixture();
    for (unit, step, origin) in [
        ("m", 0.0, 0.0),
        ("m", -1.0, 0.0),
        ("m", f64::NAN, 0.0),
        ("m", 1.0, f64::INFINITY),
        ("s", 1.0, 0.0),
        ("", 1.0, 0.0),
    ] {
        let place = WellGrid { unit: unit.to_owned(), step, origin, datum: None };
        assert!(
            matches!(grid(&fixture.run(), &place, &GridOptions::default()), Err(GridError::Grid { .. })),
            "{place:?}"
        );
    }
    for options in [
        GridOptions { shift: Some(f64::NAN), ..GridOptions::default() },
        GridOptions { limit: Some(-1.0), ..GridOptions::default() },
        GridOptions { limit: Some(f64::INFINITY), ..GridOptions::default() },
    ] {
        assert!(matches!(grid(&fixture.run(), &metres(1.0), &options), Err(GridError::Option(_))));
    }
    let mut fewer = self::fixture();
    fewer.curves.clear();
    assert!(matches!(grid(&fewer.run(), &metres(1.0), &GridOptions::default()), Err(GridError::Table(_))));
}

#[test]
fn runs_without_points_and_runs_without_end_are_refused() {
    let of = |depths: &[f64], step| {
        let samples = vec![Some(1.5); depths.len()];
        grid(&Fixture::one("M", depths, "QQQ", &samples).run(), &metres(step), &GridOptions::default())
    };
    assert!(matches!(of(&[0.2, 0.4], 1.0), Err(GridError::NoPoint { .. })));
    assert!(matches!(of(&[], 1.0), Err(GridError::NoPoint { .. })));
    assert!(matches!(of(&[f64::NAN], 1.0), Err(GridError::NoPoint { .. })));
    assert!(matches!(of(&[0.0, 1e8], 1.0), Err(GridError::TooLarge { points: 100_000_001, curves: 1 })));
    assert!(matches!(of(&[0.0, 1e300], 1.0), Err(GridError::Grid { .. })));
    assert!(matches!(of(&[-1e15, 1e15], 1e-300), Err(GridError::Grid { .. })));
    let one = of(&[0.0], 1.0).unwrap();
    assert_eq!((one.facts.rows, one.facts.curves[0].count), (1, 1));
}
