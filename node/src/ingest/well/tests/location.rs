//! Tests of locations: notations of angles, systems, and what is not certain.

use super::super::angle::{self, AngleError, Axis};
use super::super::crs;
use super::*;

fn location(lines: &[(&str, &str, &str)]) -> Location {
    well_header(&file(SectionKind::Well, lines)).location
}

#[test]
fn latitudes_are_read_in_all_notations() {
    let expected = 37.0 + 48.0 / 60.0 + 2.2 / 3600.0;
    for text in [
        "37\u{b0} 48' 2.2\" N",
        "37\u{b0}48'2.2\"N",
        "37\u{b0} 48' 2.2  N",
        "37\u{221e} 48' 2.2\" N",
        "37\u{ba} 48\u{2019} 2.2\u{201d} N",
        "37\u{fffd} 48\u{2032} 2.2\u{2033} N",
        "N 37 48 2.2",
        "37 48 2.2",
        "37:48:02.2 N",
        "37/48/2.2",
        "37-48-02.2N",
        "37 DEG 48 MIN 2.2 SEC NORTH",
        "+37 48 2.2",
    ] {
        let found = angle::read(text, Axis::Latitude).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!((found - expected).abs() < 1e-12, "{text} {found}");
    }
    for (text, expected) in [
        ("37.3153", 37.3153),
        ("-37.3153", -37.3153),
        ("37.3153 S", -37.3153),
        ("37.3153 degrees", 37.3153),
        ("37\u{b0} 30.5' S", -(37.0 + 30.5 / 60.0)),
        ("-34/30/36", -34.51),
        ("0\u{b0} 00' 36\" S", -0.01),
        ("90", 90.0),
        ("00.000000", 0.0),
    ] {
        let found = angle::read(text, Axis::Latitude).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!((found - expected).abs() < 1e-12, "{text} {found}");
    }
    assert!((angle::read("101\u{b0} 55' 12\" W", Axis::Longitude).unwrap() + 101.92).abs() < 1e-12);
    assert_eq!(angle::read("180", Axis::Longitude), Ok(180.0));
}

#[test]
fn what_may_mean_two_things_is_not_read() {
    for (text, error) in [
        ("45.37\u{b0} 12' 58\"", AngleError::Fraction),
        ("45\u{b0} 12.5' 58\"", AngleError::Fraction),
        ("45\u{b0} 60' 0\"", AngleError::Sixty),
        ("45\u{b0} 12' 96\"", AngleError::Sixty),
        ("383548.9", AngleError::Range),
        ("91", AngleError::Range),
        ("90\u{b0} 00' 01\"", AngleError::Range),
        ("-45 N", AngleError::SignAndHemisphere),
        ("45 E", AngleError::Hemisphere),
        ("45 N S", AngleError::Hemisphere),
        ("37,3153", AngleError::Form),
        ("1 2 3 4", AngleError::Form),
        ("", AngleError::Form),
        ("N", AngleError::Form),
        ("UNKNOWN", AngleError::Form),
        ("--45", AngleError::Form),
        ("4.5.6", AngleError::Form),
        ("45x", AngleError::Form),
        ("45 M N", AngleError::Form),
    ] {
        assert_eq!(angle::read(text, Axis::Latitude), Err(error), "{text}");
    }
}

#[test]
fn both_coordinates_or_none() {
    let place = |lines: &[_]| location(lines).geographic.map(|place| (place.latitude, place.longitude, place.crs));
    let (latitude, longitude) = (("LATI", "DEG", "34.5"), ("LONG", "DEG", "-102.25"));
    assert_eq!(place(&[latitude, longitude]), Some((34.5, -102.25, None)));
    let nad = Some("EPSG:4269".to_owned());
    assert_eq!(place(&[latitude, longitude, ("GDAT", "", "/NAD83")]), Some((34.5, -102.25, nad)));
    assert_eq!(place(&[latitude, longitude, ("GDAT", "", "Ground Level")]), Some((34.5, -102.25, None)));
    assert_eq!(place(&[latitude]), None);
    assert_eq!(place(&[("LATI", "RAD", "0.5"), longitude]), None);
    assert_eq!(place(&[("LATI", "", "654987"), longitude]), None);
    assert_eq!(place(&[("LATI", "", "0.0"), ("LONG", "", "-00.000")]), None);
    // On the equator, or on the meridian, but not both.
    assert_eq!(place(&[("LATI", "", "0.0"), ("LONG", "", "9.5")]), Some((0.0, 9.5, None)));
    let odd = location(&[("LATI", "", "45.37\u{b0} 12' 58\""), longitude]);
    assert_eq!(odd.geographic, None);
    assert_eq!(odd.doubts, ["LATI is not certain, a fraction stands before a smaller part: 45.37\u{b0} 12' 58\""]);
}

#[test]
fn western_countries_have_western_longitudes() {
    let place = |country, longitude| {
        let lines = [("LATI", "", "37.4"), ("LONG", "", longitude), ("CTRY", "", country)];
        location(&lines).geographic.map(|place| place.longitude)
    };
    assert_eq!(place("USA", "97.7102"), None);
    assert_eq!(place("USA", "97.7102 W"), Some(-97.7102));
    assert_eq!(place("USA", "-97.7102"), Some(-97.7102));
    assert_eq!(place("USA", "172.9 E"), Some(172.9));
    assert_eq!(place("China", "97.7102"), Some(97.7102));
    assert_eq!(place("", "97.7102"), Some(97.7102));
}

#[test]
fn utm_systems_need_a_datum_and_a_zone() {
    let grid = |lines: &[(&'static str, &'static str, &'static str)]| {
        let xy = [("X", "M", "500123.5"), ("Y", "M", "4130799.98")];
        location(&[&xy[..], lines].concat()).projected.map(|place| (place.crs, place.x_m, place.y_m))
    };
    let at = |crs: &str| Some((crs.to_owned(), 500_123.5, 4_130_799.98));
    assert_eq!(grid(&[("HZCS", "", "UTM 16"), ("GDAT", "", "NAD27")]), at("EPSG:26716"));
    assert_eq!(grid(&[("HZCS", "", "UTM Zone 31 N"), ("GDAT", "", "ED50")]), at("EPSG:23031"));
    assert_eq!(grid(&[("UTM", "", "14.0"), ("GDAT", "", "NAD83")]), at("EPSG:26914"));
    assert_eq!(grid(&[("ZONE", "", "53J"), ("GDAT", "", "WGS 84")]), at("EPSG:32753"));
    assert_eq!(grid(&[("ZONE", "", "53"), ("GDAT", "", "GDA94")]), at("EPSG:28353"));
    assert_eq!(grid(&[("CRS", "", "EPSG:27700")]), at("EPSG:27700"));
    // Not certain: no datum, no zone, either half, a zone that is not there.
    assert_eq!(grid(&[("HZCS", "", "UTM 16")]), None);
    assert_eq!(grid(&[("HZCS", "", "UTM"), ("GDAT", "", "NAD27")]), None);
    assert_eq!(grid(&[("ZONE", "", "31"), ("GDAT", "", "WGS84")]), None);
    assert_eq!(grid(&[("ZONE", "", "31S"), ("GDAT", "", "WGS84")]), None);
    assert_eq!(grid(&[("ZONE", "", "53J"), ("GDAT", "", "NAD83")]), None);
    assert_eq!(grid(&[("ZONE", "", "61N"), ("GDAT", "", "WGS84")]), None);
    assert_eq!(grid(&[("ZONE", "", "44"), ("GDAT", "", "ED50")]), None);
    assert_eq!(grid(&[("HZCS", "", "KS-S"), ("GDAT", "", "NAD27")]), None);
    // A latitude tells the half.
    let degrees = [("LATI", "", "-20.5"), ("LONG", "", "3.1")];
    assert_eq!(grid(&[degrees[0], degrees[1], ("ZONE", "", "31"), ("GDAT", "", "WGS84")]), at("EPSG:32731"));
}

#[test]
fn coordinates_must_be_such_as_a_zone_has() {
    let grid = |unit: &'static str, x: &'static str| {
        let lines = [("X", unit, x), ("Y", unit, "4000000"), ("ZONE", "", "16"), ("GDAT", "", "NAD27")];
        location(&lines)
    };
    assert_eq!(grid("", "500000").projected.unwrap().x_m, 500_000.0);
    assert!((grid("ft", "1640419.947").projected.unwrap().x_m - 500_000.0).abs() < 0.01);
    for (unit, x) in [("", "2040236.00"), ("M", "0"), ("OHMM", "500000"), ("", "500,000"), ("", "1e999")] {
        let found = grid(unit, x);
        assert_eq!((found.projected, found.doubts.len()), (None, 1), "{x}");
    }
}

#[test]
fn zones_and_codes_are_read_strictly() {
    let zone = |text, bare| crs::zone(text, bare).map(|zone| (zone.number, zone.letter));
    assert_eq!(zone("UTM 16", false), Some((16, None)));
    assert_eq!(zone("utm-11N", false), Some((11, Some('N'))));
    assert_eq!(zone("UTMZONE31 south", false), Some((31, Some('S'))));
    assert_eq!(zone("16", false), None);
    assert_eq!(zone("16", true), Some((16, None)));
    for text in ["", "UTM", "UTM 0", "UTM 161", "UTM 16 NN", "zone"] {
        assert_eq!(zone(text, true), None, "{text}");
    }
    assert_eq!(crs::epsg("EPSG:23031"), Some(23031));
    assert_eq!(crs::epsg("epsg 4326"), Some(4326));
    assert_eq!((crs::epsg("EPSG"), crs::epsg("EPSG:12x4"), crs::epsg("4326")), (None, None, None));
    assert_eq!(crs::geographic("North American Datum of 1927"), Some(4267));
    assert_eq!(crs::geographic("NAD"), None);
}

#[test]
fn a_place_is_compared_by_degrees_before_metres() {
    use crate::ingest::identity::Position;
    let both = [
        ("LATI", "", "34.5"),
        ("LONG", "", "-87.1"),
        ("X", "", "500000"),
        ("Y", "", "4000000"),
        ("ZONE", "", "16"),
        ("GDAT", "", "NAD27"),
    ];
    assert_eq!(location(&both).position(), Some(Position::Geographic { latitude: 34.5, longitude: -87.1 }));
    assert!(matches!(location(&both[2..]).position(), Some(Position::Projected { .. })));
    assert_eq!(location(&both[..1]).position(), None);
}
