//! Paths whose points are known in closed form.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::*;

/// Metres that computed and exact places may differ by.
const CLOSE: f64 = 1e-9;

fn station(md_m: f64, inclination_deg: f64, azimuth_deg: f64) -> Measured {
    Measured { md_m, inclination_deg, azimuth_deg }
}

fn path(stations: &[(f64, f64, f64)]) -> Trajectory {
    let stations: Vec<_> =
        stations.iter().map(|&(md, inclination, azimuth)| station(md, inclination, azimuth)).collect();
    Trajectory::new(&stations).unwrap()
}

#[track_caller]
fn is_at(point: &PathPoint, north: f64, east: f64, tvd: f64) {
    for (axis, found, exact) in
        [("north", point.north_m, north), ("east", point.east_m, east), ("tvd", point.tvd_m, tvd)]
    {
        assert!((found - exact).abs() < CLOSE, "{axis}: {found}, not {exact}: {point:?}");
    }
}

#[test]
fn a_vertical_hole_is_as_deep_as_it_is_long() {
    let path = path(&[(0.0, 0.0, 0.0), (1000.0, 0.0, 123.0), (2500.0, 0.0, 0.0)]);
    assert!(!path.starts_vertical());
    for md in [0.0, 0.1, 999.9, 1000.0, 2499.5, 2500.0] {
        let point = path.at(md).unwrap();
        is_at(&point, 0.0, 0.0, md);
        assert!(point.dogleg_deg_per_30m.abs() < CLOSE && point.inclination_deg.abs() < CLOSE);
    }
}

#[test]
fn a_slant_is_a_straight_line() {
    let path = path(&[(0.0, 60.0, 30.0), (400.0, 60.0, 30.0), (1000.0, 60.0, 30.0)]);
    for md in [0.0, 123.0, 400.0, 777.7, 1000.0] {
        let out = md * 60_f64.to_radians().sin();
        is_at(&path.at(md).unwrap(), out * 30_f64.to_radians().cos(), out / 2.0, md / 2.0);
    }
    // sin 60° · cos 30° is three quarters.
    assert!((path.at(1000.0).unwrap().north_m - 750.0).abs() < CLOSE);
}

#[test]
fn a_build_to_horizontal_is_a_quarter_of_a_circle() {
    let radius = 600.0;
    let length = radius * PI / 2.0;
    let path = path(&[(0.0, 0.0, 90.0), (length, 90.0, 90.0)]);
    is_at(&path.at(length).unwrap(), 0.0, radius, radius);
    for share in [0.1, 0.25, 0.5, 0.9] {
        let angle = share * PI / 2.0;
        let point = path.at(length * share).unwrap();
        is_at(&point, 0.0, radius * (1.0 - angle.cos()), radius * angle.sin());
        assert!((point.inclination_deg - share * 90.0).abs() < CLOSE && (point.azimuth_deg - 90.0).abs() < CLOSE);
        let severity = 30.0 / radius * 180.0 / PI;
        assert!((point.dogleg_deg_per_30m - severity).abs() < CLOSE, "{point:?}");
    }
    is_at(&path.at(length / 2.0).unwrap(), 0.0, radius * (1.0 - FRAC_1_SQRT_2), radius * FRAC_1_SQRT_2);
}

#[test]
fn a_turn_in_a_horizontal_hole_is_an_arc_in_plan() {
    let (radius, top) = (500.0, 100.0);
    let length = radius * PI / 2.0;
    // A horizontal hole from the start: the datum is where it is.
    let path = path(&[(0.0, 90.0, 0.0), (top, 90.0, 0.0), (top + length, 90.0, 90.0)]);
    is_at(&path.at(top + length).unwrap(), top + radius, radius, 0.0);
    let point = path.at(top + length / 3.0).unwrap();
    is_at(&point, top + radius * 0.5, radius * (1.0 - 30_f64.to_radians().cos()), 0.0);
    assert!((point.azimuth_deg - 30.0).abs() < CLOSE && (point.inclination_deg - 90.0).abs() < CLOSE);
}

#[test]
fn an_arc_tilted_in_space_is_the_same_arc() {
    // From straight down to horizontal towards 210 degrees, cut at a third: one circle, whatever its plane.
    let (radius, plane) = (300.0, 210_f64);
    let length = radius * PI / 2.0;
    let whole = path(&[(0.0, 0.0, plane), (length, 90.0, plane)]);
    let cut = path(&[(0.0, 0.0, 17.0), (length / 3.0, 30.0, plane), (length, 90.0, plane)]);
    for share in [0.2, 1.0 / 3.0, 0.6, 1.0] {
        let angle = share * PI / 2.0;
        let out = radius * (1.0 - angle.cos());
        let (sin, cos) = plane.to_radians().sin_cos();
        for path in [&whole, &cut] {
            is_at(&path.at(length * share).unwrap(), out * cos, out * sin, radius * angle.sin());
        }
    }
}

#[test]
fn points_of_an_arc_taken_as_stations_make_the_same_arc() {
    let coarse = path(&[(0.0, 10.0, 350.0), (900.0, 75.0, 40.0)]);
    let mut stations = Vec::new();
    for number in 0..=30 {
        let point = coarse.at(f64::from(number) * 30.0).unwrap();
        stations.push((point.md_m, point.inclination_deg, point.azimuth_deg));
    }
    let fine = path(&stations);
    for md in [15.0, 333.3, 899.0, 900.0] {
        let (one, other) = (coarse.at(md).unwrap(), fine.at(md).unwrap());
        is_at(&one, other.north_m, other.east_m, other.tvd_m);
        assert!((one.dogleg_deg_per_30m - other.dogleg_deg_per_30m).abs() < 1e-6, "{one:?} {other:?}");
    }
}

#[test]
fn tiny_doglegs_bend_by_as_little_as_they_say() {
    for bend in [1e-3, 1e-6, 1e-9, 1e-12, 0.0_f64] {
        let path = path(&[(0.0, 45.0, 0.0), (1000.0, 45.0 + bend, 0.0)]);
        let point = path.at(1000.0).unwrap();
        // The exact arc between two inclinations in one plane.
        let (from, radians) = (45_f64.to_radians(), bend.to_radians());
        let half = radians / 2.0;
        let chord = 1000.0 * if half > 0.0 { half.sin() / half } else { 1.0 };
        is_at(&point, chord * (from + half).sin(), 0.0, chord * (from + half).cos());
        let middle = path.at(500.0).unwrap();
        assert!((middle.inclination_deg - 45.0 - bend / 2.0).abs() < 1e-9, "{middle:?}");
        assert!((point.dogleg_deg_per_30m - bend * 0.03).abs() <= 1e-9 * bend.max(1e-3), "{bend}: {point:?}");
    }
}

#[test]
fn the_ratio_factor_is_continuous_where_the_series_ends() {
    let exact = |dogleg: f64| (dogleg / 2.0).tan() / (dogleg / 2.0);
    for dogleg in [SMALL_RAD * 0.999_999, SMALL_RAD, 0.5, PI / 2.0] {
        assert!((ratio_factor(dogleg) - exact(dogleg)).abs() < 1e-14, "{dogleg}");
    }
    assert!((ratio_factor(PI / 2.0) - 4.0 / PI).abs() < 1e-14);
    assert!((ratio_factor(0.0) - 1.0).abs() < f64::EPSILON);
}

#[test]
fn a_survey_that_begins_below_the_datum_starts_vertically() {
    let path = path(&[(300.0, 0.0, 0.0), (1300.0, 0.0, 0.0)]);
    assert!(path.starts_vertical());
    is_at(&path.at(1200.0).unwrap(), 0.0, 0.0, 1200.0);
    assert_eq!(path.points().len(), 3);
}

#[test]
fn beyond_the_last_station_nothing_is_known() {
    let path = path(&[(0.0, 0.0, 0.0), (1000.0, 10.0, 0.0)]);
    for md_m in [-0.1, 1000.1, f64::NAN] {
        assert!(matches!(path.at(md_m), Err(PathError::Outside { .. })), "{md_m}");
    }
}

#[test]
fn stations_that_make_no_path_are_named() {
    let fails = |stations: &[Measured]| Trajectory::new(stations).unwrap_err();
    assert_eq!(fails(&[]), PathError::NoStations);
    let good = station(100.0, 1.0, 0.0);
    let cases = [
        (station(90.0, 1.0, 0.0), "station 2 goes backwards: 90 m after 100 m"),
        (station(100.0, 2.0, 0.0), "station 2: its measured depth 100 m is that of the station before it"),
        (station(200.0, 181.0, 0.0), "station 2 at 200 m: inclination 181° is not from 0 to 180"),
        (station(200.0, -1.0, 0.0), "station 2 at 200 m: inclination -1° is not from 0 to 180"),
        (station(200.0, 1.0, 361.0), "station 2 at 200 m: azimuth 361° is not from -360 to 360"),
        (station(f64::NAN, 1.0, 0.0), "station 2: measured depth NaN m is out of range"),
        (station(200.0, 179.5, 180.0), "station 2 at 200 m points back where the hole came from: no arc leads there"),
    ];
    for (bad, expected) in cases {
        assert_eq!(fails(&[good, bad]).to_string(), expected);
    }
    assert_eq!(fails(&[station(-1.0, 0.0, 0.0)]).to_string(), "station 1: measured depth -1 m is out of range");
}
