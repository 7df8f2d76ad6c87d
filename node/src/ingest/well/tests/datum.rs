//! Tests of levels and elevations.

use super::*;

fn datum(lines: &[(&str, &str, &str)]) -> VerticalDatum {
    well_header(&file(SectionKind::Parameter, lines)).vertical
}

fn depth(lines: &[(&str, &str, &str)]) -> Option<(Option<Level>, Option<f64>)> {
    datum(lines).depth.map(|depth| (depth.level, depth.elevation_m))
}

#[test]
fn levels_are_known_in_code_and_words() {
    for (text, level) in [
        ("KB", Level::KellyBushing),
        ("K.B.", Level::KellyBushing),
        ("Kelly Bushing", Level::KellyBushing),
        ("RT", Level::RotaryTable),
        ("Drill Floor", Level::DrillFloor),
        ("DERRICK FLOOR", Level::DrillFloor),
        ("Ground Level", Level::Ground),
        ("LSD", Level::Ground),
        ("Land surface", Level::Ground),
        ("M.S.L.", Level::MeanSeaLevel),
        ("mudline", Level::SeaBed),
    ] {
        assert_eq!(Level::read(text), Some(level), "{text}");
    }
    for level in [Level::KellyBushing, Level::CasingFlange, Level::LowestTide, Level::SeaBed] {
        assert_eq!(Level::read(level.code()), Some(level));
        assert_eq!(serde_json::to_string(&level).unwrap(), format!("\"{}\"", level.code()));
    }
    for text in ["", "NA", "KB 12", "NAD27", "surface casing"] {
        assert_eq!(Level::read(text).is_some(), text == "KB 12", "{text}");
    }
}

#[test]
fn elevations_are_numbers_with_their_unit() {
    let metres = |unit: &str, value: &str| {
        let found = datum(&[("EKB", unit, value)]).elevations;
        found.first().map(|(level, height)| {
            assert_eq!(*level, Level::KellyBushing);
            (height.value, height.unit.clone(), height.metres)
        })
    };
    let height = |value, unit: &str, metres| Some((value, unit.to_owned(), metres));
    assert_eq!(metres("F", "1000"), height(1000.0, "F", Some(304.8)));
    assert_eq!(metres("M", " 712.4 "), height(712.4, "M", Some(712.4)));
    assert_eq!(metres("", "1000'"), height(1000.0, "ft", Some(304.8)));
    assert_eq!(metres("", "1000 ft"), height(1000.0, "ft", Some(304.8)));
    assert_eq!(metres("FT", "1000 feet"), height(1000.0, "feet", Some(304.8)));
    // Which unit, nobody can tell: the number is kept, and no metres are made up.
    assert_eq!(metres("", "1000"), height(1000.0, "", None));
    assert_eq!(metres("m", "44 ft"), height(44.0, "ft", None));
    assert_eq!(metres("C3", "1087.0"), height(1087.0, "C3", None));
    for nothing in ["NA", "", "RT to ML: 3686ft", "Water depth: 3642 ft", "-999.25", "654987", "1,305", "1e400", "."] {
        assert_eq!(metres("ft", nothing), None, "{nothing}");
    }
}

#[test]
fn what_depths_are_counted_from_is_certain_or_left_out() {
    let kb = Some(Level::KellyBushing);
    assert_eq!(depth(&[("LMF", "", "KB"), ("EKB", "F", "1000")]), Some((kb, Some(304.8))));
    assert_eq!(depth(&[("DREF", "", "K.B."), ("EREF", "M", "700")]), Some((kb, Some(700.0))));
    assert_eq!(depth(&[("EREF", "M", "700")]), Some((None, Some(700.0))));
    assert_eq!(depth(&[("LMF", "", "KB"), ("EPD", "M", "119"), ("APD", "M", "4")]), Some((kb, Some(123.0))));
    assert_eq!(depth(&[("LMF", "", "MSL")]), Some((Some(Level::MeanSeaLevel), Some(0.0))));
    // Rounded statements agree, others do not.
    assert_eq!(depth(&[("LMF", "", "KB"), ("EKB", "M", "123.4"), ("EREF", "M", "123")]), Some((kb, Some(123.0))));
    assert_eq!(depth(&[("LMF", "", "KB"), ("EKB", "M", "123.4"), ("EREF", "M", "119")]), Some((kb, None)));
    // Of other levels than the one measured from nothing follows.
    assert_eq!(depth(&[("LMF", "", "KB"), ("EGL", "M", "119")]), Some((kb, None)));
    assert_eq!(depth(&[("EKB", "M", "119")]), None);
    assert_eq!(depth(&[("LMF", "", "somewhere")]), None);
    assert_eq!(depth(&[]), None);
}

#[test]
fn heights_above_the_permanent_datum_are_no_elevations() {
    let mut file = file(SectionKind::Parameter, &[("LMF", "", "DF"), ("EDF", "ft", "31")]);
    let elevation = |file: &LogFile| well_header(file).vertical.depth.unwrap().elevation_m;
    assert!(elevation(&file).is_some());
    file.sections[0].items[1].description = "Elevation of Drill Floor above Permanent Datum".to_owned();
    assert_eq!(elevation(&file), None);
    assert_eq!(well_header(&file).vertical.elevations.len(), 1);
}

#[test]
fn the_permanent_datum_is_not_the_geodetic_one() {
    let permanent = |lines: &[_]| datum(lines).permanent.map(|named| (named.text, named.level));
    let ground = Some(Level::Ground);
    assert_eq!(permanent(&[("PDAT", "", "GROUND LEVEL")]), Some(("GROUND LEVEL".to_owned(), ground)));
    assert_eq!(permanent(&[("GDAT", "", "NAD27")]), None);
    assert_eq!(permanent(&[("GDAT", "", "MSL")]), Some(("MSL".to_owned(), Some(Level::MeanSeaLevel))));
    assert_eq!(permanent(&[("PDAT", "", "pad"), ("GDAT", "", "GL")]), Some(("pad".to_owned(), None)));
}

#[test]
fn datums_differ_when_that_is_known() {
    let of = |level, elevation_m| DepthDatum { level, elevation_m };
    let (kb, df) = (Some(Level::KellyBushing), Some(Level::DrillFloor));
    for (one, other, differ) in [
        (of(kb, Some(100.0)), of(kb, Some(104.0)), true),
        (of(kb, Some(100.0)), of(df, Some(100.04)), false),
        (of(kb, Some(100.0)), of(df, None), true),
        (of(kb, None), of(kb, Some(100.0)), false),
        (of(kb, None), of(None, Some(100.0)), false),
        (of(None, None), of(kb, None), false),
    ] {
        assert_eq!((one.differs_from(&other), other.differs_from(&one)), (differ, differ), "{one:?} {other:?}");
    }
}
