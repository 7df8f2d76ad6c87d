//! Tests of the units table.

use std::f64::consts::PI;

use super::*;

mod collection;

fn unit(measurement: &str, symbol: &str) -> &'static Unit {
    find(measurement, symbol).unwrap_or_else(|| panic!("no unit {measurement} {symbol}"))
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-12 * one.abs().max(other.abs())
}

#[test]
fn every_line_of_the_table_is_read() {
    let lines = SOURCE.lines().filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with('@'));
    assert_eq!(lines.count(), units().len());
    assert_eq!(units().len(), 175);
    for unit in units() {
        assert!(!unit.symbol.is_empty() && !unit.name.is_empty(), "{unit:?}");
        let base = find(unit.measurement, unit.base);
        assert!(base.is_some_and(|base| base.factor == Some(1.0) && base.offset == 0.0), "{unit:?}");
    }
}

#[test]
fn spellings_are_normal_and_stand_once_per_kind() {
    for (spelling, positions) in TABLE.by_spelling.iter().chain(&TABLE.by_symbol) {
        assert_eq!(&normalise(spelling), spelling);
        let mut kinds: Vec<_> = positions.iter().map(|&at| units()[at].measurement).collect();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), positions.len(), "{spelling}");
    }
}

#[test]
fn every_unit_is_found_by_its_symbol_and_display() {
    for unit in units() {
        assert_eq!(resolve(unit.symbol, Some(unit.measurement)), Some(unit));
        if !unit.display.is_empty() {
            assert_eq!(resolve(unit.display, Some(unit.measurement)), Some(unit));
        }
    }
}

/// Values over the whole range that logs hold, and far beyond it, of both signs.
fn wide_range() -> impl Iterator<Item = f64> {
    (-30..=30).flat_map(|power| [1.0, -3.75, 7.123_456_789_012_345].map(|digits| digits * 10_f64.powi(power)))
}

#[test]
fn every_unit_converts_there_and_back() {
    let mut pairs = 0;
    for from in units() {
        for to in units().iter().filter(|to| to.measurement == from.measurement) {
            for quantity in [Quantity::Absolute, Quantity::Difference] {
                let Ok(there) = Conversion::new(from, to, quantity) else {
                    assert!(from.factor.is_none() || to.factor.is_none() || from.reference != to.reference);
                    continue;
                };
                let back = Conversion::new(to, from, quantity).unwrap();
                // Absolute temperatures are added to offsets: relative to those where they are larger.
                let offset = if quantity == Quantity::Absolute { from.offset.max(to.offset) } else { 0.0 };
                let offset = offset / from.factor.unwrap_or(1.0);
                for value in wide_range() {
                    let returned = back.apply(there.apply(value));
                    let error = (returned - value).abs() / value.abs().max(offset);
                    assert!(error <= 1e-12, "{value} {} {} {returned}", from.symbol, to.symbol);
                }
                pairs += 1;
            }
        }
    }
    assert!(pairs > 1_700, "{pairs}");
}

#[test]
fn ratios_are_exact() {
    // Each is the double next to the true result, which a factor of 0.01 or 0.3048 would miss.
    let cases = [
        ("fraction", "%", "v/v", 45.0, 0.45),
        ("fraction", "%", "v/v", 29.0, 0.29),
        ("length", "in", "ft", 12.0, 1.0),
        ("length", "mm", "in", 215.9, 8.5),
        ("length", "ft", "m", 10_000.5, 3_048.152_4),
        ("length", "m", "ft", 3_048.152_4, 10_000.5),
        ("length", "m", "ft", 0.3048, 1.0),
        ("density", "kg/m3", "g/cm3", 2_653.0, 2.653),
        ("slowness", "us/m", "us/ft", 1_000.0, 304.8),
        ("volume", "bbl", "gal[US]", 1.0, 42.0),
        ("rotation", "rev/s", "rpm", 1.1, 66.0),
    ];
    for (kind, from, to, value, expected) in cases {
        let got = convert(value, unit(kind, from), unit(kind, to), Quantity::Absolute);
        assert_eq!(got, Ok(expected), "{value} {from}");
    }
}

#[test]
fn many_values_convert_as_one_does() {
    let conversion = Conversion::new(unit("length", "m"), unit("length", "ft"), Quantity::Absolute).unwrap();
    let values: Vec<f64> = wide_range().chain([f64::NAN, 0.0, f64::INFINITY, f64::MAX, 5e-324]).collect();
    let mut all = values.clone();
    conversion.apply_all(&mut all);
    for (one, all) in values.iter().map(|value| conversion.apply(*value)).zip(&all) {
        assert_eq!(one.to_bits(), all.to_bits());
    }
    assert!(conversion.apply(f64::NAN).is_nan());
    assert_eq!(conversion.apply(f64::INFINITY), f64::INFINITY);
    // The product overflows on the way, the result does not.
    assert!((conversion.apply(1e307) / 1e307 - 1.0 / 0.3048).abs() < 1e-12);
    let same = Conversion::new(unit("length", "m"), unit("length", "m"), Quantity::Absolute).unwrap();
    let mut kept = [-0.0, f64::NAN, 5e-324];
    same.apply_all(&mut kept);
    assert_eq!(kept.map(f64::to_bits), [-0.0, f64::NAN, 5e-324].map(f64::to_bits));
    assert!(same.is_identity() && !conversion.is_identity());
}

#[test]
fn temperatures_tell_points_from_differences() {
    let [celsius, fahrenheit, kelvin] = ["degC", "degF", "K"].map(|symbol| unit("temperature", symbol));
    let (point, step) = (Quantity::Absolute, Quantity::Difference);
    assert_eq!(convert(100.0, celsius, fahrenheit, point), Ok(212.0));
    assert_eq!(convert(98.6, fahrenheit, celsius, point), Ok(37.0));
    assert_eq!(convert(-40.0, celsius, fahrenheit, point), Ok(-40.0));
    assert_eq!(convert(0.0, celsius, kelvin, point), Ok(273.15));
    assert_eq!(convert(10.0, celsius, fahrenheit, step), Ok(18.0));
    assert_eq!(convert(18.0, fahrenheit, kelvin, step), Ok(10.0));
    // A gradient is a kind of its own and has no offset to go wrong.
    let gradient = |symbol| unit("temperature_gradient", symbol);
    let got = convert(1.0, gradient("degF/100ft"), gradient("degC/100m"), point).unwrap();
    assert!(close(got, 5.0 / 9.0 / 0.3048), "{got}");
    assert!(units().iter().all(|unit| unit.offset == 0.0 || unit.measurement == "temperature"));
}

#[test]
fn look_alikes_never_convert() {
    let pairs = [
        (("radioactivity_api", "gAPI"), ("count_rate", "1/s")),
        (("radioactivity_api", "gAPI"), ("exposure_rate", "uR/h")),
        (("radioactivity_api", "gAPI"), ("neutron_api", "nAPI")),
        (("slowness", "min/m"), ("velocity", "m/h")),
        (("slowness", "us/ft"), ("velocity", "ft/s")),
        (("conductivity", "mS/m"), ("slowness", "ms/m")),
        (("conductivity", "S/m"), ("slowness", "s/m")),
        (("conductivity", "mS/m"), ("resistivity", "ohm.m")),
        (("length", "ft"), ("temperature", "degF")),
        (("length", "m"), ("time", "min")),
        (("permeability", "D"), ("time", "d")),
        (("permeability", "m2"), ("area", "m2")),
        (("fraction", "%"), ("gas", "%gas")),
        (("fraction", "%"), ("mass_fraction", "wt%")),
        (("mass_fraction", "ppm"), ("gas", "ppmgas")),
        (("mass_fraction", "ppb"), ("density", "lbm/bbl")),
        (("density", "mg/L"), ("mass_fraction", "ppm")),
        (("force", "lbf"), ("mass", "lbm")),
        (("force", "kgf"), ("mass", "kg")),
        (("torque", "N.m"), ("force", "N")),
        (("mass", "t"), ("magnetic", "T")),
        (("acceleration", "gn"), ("mass", "g")),
        (("pressure", "psi"), ("pressure_gradient", "psi/ft")),
        (("temperature", "degC"), ("temperature_gradient", "degC/m")),
        (("count_rate", "1/min"), ("rotation", "rpm")),
        (("frequency", "Hz"), ("count_rate", "1/s")),
        (("angle", "deg"), ("temperature", "degC")),
        (("viscosity", "cP"), ("pressure", "MPa")),
        (("level", "dB"), ("attenuation", "dB/m")),
    ];
    for ((one, from), (other, to)) in pairs {
        for (from, to) in [(unit(one, from), unit(other, to)), (unit(other, to), unit(one, from))] {
            for quantity in [Quantity::Absolute, Quantity::Difference] {
                let refused = Conversion::new(from, to, quantity);
                assert!(matches!(refused, Err(ConvertError::Kind { .. })), "{} {}", from.symbol, to.symbol);
            }
        }
    }
}

#[test]
fn known_conversions_are_right() {
    let cases = [
        (1.0, ("length", "ft"), "m", 0.3048),
        (12.0, ("length", "in"), "ft", 1.0),
        (10.0, ("length", "0.1 in"), "in", 1.0),
        (3937.0, ("length", "ft[US]"), "m", 1200.0),
        (100.0, ("slowness", "us/ft"), "us/m", 328.083_989_501_312_3),
        (2.65, ("density", "g/cm3"), "kg/m3", 2650.0),
        (8.345_404_452_021_1, ("density", "lbm/gal[US]"), "g/cm3", 1.0),
        (212.0, ("temperature", "degF"), "degC", 100.0),
        (0.0, ("temperature", "degC"), "K", 273.15),
        (14.695_948_775_513_45, ("pressure", "psi"), "atm", 1.0),
        (1.0, ("pressure", "kgf/cm2"), "kPa", 98.0665),
        (45.0, ("fraction", "%"), "v/v", 0.45),
        (1.0, ("conductivity", "S/m"), "mS/m", 1000.0),
        (30.0, ("rotation", "rpm"), "rad/s", PI),
        (1.0, ("volume", "bbl"), "gal[US]", 42.0),
        (3.0, ("dogleg", "deg/30m"), "deg/100ft", 3.048),
        (1.0, ("permeability", "mD"), "m2", 9.869_232_667_160_128e-16),
        (1.0, ("capture", "c.u."), "1/m", 0.1),
    ];
    for (value, (kind, from), to, expected) in cases {
        let got = convert(value, unit(kind, from), unit(kind, to), Quantity::Absolute).unwrap();
        assert!(close(got, expected), "{value} {from} is {got} {to}, expected {expected}");
    }
}

#[test]
fn ambiguous_spellings_need_a_kind() {
    let cases = [
        ("F", &[("length", "ft"), ("temperature", "degF")][..]),
        ("%", &[("fraction", "%"), ("mass_fraction", "wt%"), ("gas", "%gas")]),
        ("PPM", &[("mass_fraction", "ppm"), ("gas", "ppmgas")]),
        ("MS/M", &[("slowness", "ms/m"), ("conductivity", "mS/m")]),
        ("S/M", &[("slowness", "s/m"), ("conductivity", "S/m")]),
        ("PPB", &[("density", "lbm/bbl"), ("mass_fraction", "ppb")]),
        ("LB", &[("force", "lbf"), ("mass", "lbm")]),
        ("KG", &[("force", "kgf"), ("mass", "kg")]),
        ("T", &[("force", "tf"), ("mass", "t"), ("magnetic", "T")]),
        ("G", &[("acceleration", "gn"), ("mass", "g"), ("magnetic", "gauss")]),
        ("D", &[("time", "d"), ("permeability", "D")]),
        ("C/MIN", &[("count_rate", "1/min"), ("rotation", "rpm")]),
    ];
    for (spelling, meanings) in cases {
        assert_eq!(resolve(spelling, None), None, "{spelling}");
        assert_eq!(super::meanings(spelling).len(), meanings.len(), "{spelling}");
        for &(kind, symbol) in meanings {
            assert_eq!(resolve(spelling, Some(kind)), Some(unit(kind, symbol)), "{spelling}");
        }
    }
}

#[test]
fn spellings_of_other_kinds_are_not_taken() {
    assert_eq!(resolve("F", Some("resistivity")), None);
    assert_eq!(resolve("OHMM", Some("length")), None);
    assert_eq!(resolve("OHMM", None), Some(unit("resistivity", "ohm.m")));
    // A real spelling wins over our symbol of another kind.
    assert_eq!(resolve("K/M", None), Some(unit("mass_per_length", "kg/m")));
    assert_eq!(resolve("", None), None);
    assert_eq!(resolve("FURLONG", None), None);
}

#[test]
fn spellings_met_in_files_are_understood() {
    let cases = [
        ("[OHMM]", "resistivity", "ohm.m"),
        (" (gapi) ", "radioactivity_api", "gAPI"),
        ("\u{b5}s/ft", "slowness", "us/ft"),
        ("\u{3bc}s/m", "slowness", "us/m"),
        ("\u{b0}C", "temperature", "degC"),
        ("deg F", "temperature", "degF"),
        ("g/cm\u{b3}", "density", "g/cm3"),
        ("K/M3", "density", "kg/m3"),
        (".1IN", "length", "0.1 in"),
        ("м", "length", "m"),
        ("ом*м", "resistivity", "ohm.m"),
        ("\u{2126}\u{b7}m", "resistivity", "ohm.m"),
        ("V/V", "fraction", "v/v"),
        ("US/F", "slowness", "us/ft"),
    ];
    for (spelling, kind, symbol) in cases {
        assert_eq!(resolve(spelling, Some(kind)), Some(unit(kind, symbol)), "{spelling}");
    }
}

#[test]
fn kinds_references_and_units_without_size_do_not_convert() {
    let (point, step) = (Quantity::Absolute, Quantity::Difference);
    let error = convert(1.0, unit("radioactivity_api", "gAPI"), unit("exposure_rate", "uR/h"), point);
    assert_eq!(error.unwrap_err().to_string(), "no conversion from radioactivity_api (gAPI) to exposure_rate (uR/h)");
    let gas = unit("gas", "gas unit");
    assert!(matches!(convert(1.0, gas, unit("gas", "%gas"), point), Err(ConvertError::NoSize { .. })));
    assert_eq!(convert(7.0, gas, gas, point), Ok(7.0));
    let (absolute, gauge) = (unit("pressure", "psia"), unit("pressure", "barg"));
    assert!(matches!(convert(1.0, absolute, gauge, point), Err(ConvertError::Reference { .. })));
    assert!(convert(1.0, absolute, gauge, step).is_ok());
    assert!(convert(1.0, absolute, unit("pressure", "bar"), point).is_ok());
}

#[test]
fn unknown_units_stand_for_nothing() {
    for unknown in ["", "FURLONG", "G/FT", "SHOTS/M", "M/V", "-999.25"] {
        assert_eq!(meanings(unknown), Vec::<&Unit>::new(), "{unknown}");
        assert_eq!(resolve(unknown, None), None, "{unknown}");
    }
}
