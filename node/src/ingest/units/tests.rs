//! Tests of the units table.

use super::*;

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
    assert_eq!(units().len(), 174);
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

#[test]
fn every_unit_converts_there_and_back() {
    let mut pairs = 0;
    for from in units() {
        for to in units().iter().filter(|to| to.measurement == from.measurement) {
            for value in [1.0, -3.75, 0.0123, 98_765.432_1] {
                let Ok(there) = convert(value, from, to) else {
                    continue;
                };
                let back = convert(there, to, from).unwrap();
                // Relative to the offsets where there are any: they are what rounding sees.
                let offset = from.offset.max(to.offset) / from.factor.unwrap_or(1.0);
                let scale = value.abs().max(offset);
                assert!((back - value).abs() <= 1e-12 * scale, "{value} {from:?} {to:?} {back}");
                let difference = convert_difference(value, from, to).unwrap();
                let back = convert_difference(difference, to, from).unwrap();
                assert!(close(back, value), "{value} {from:?} {to:?} {back}");
                pairs += 1;
            }
        }
        if let Some(base) = from.to_base(12.5) {
            assert!(close(from.from_base(base).unwrap(), 12.5), "{from:?}");
        }
    }
    assert!(pairs > 2_000, "{pairs}");
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
        let got = convert(value, unit(kind, from), unit(kind, to)).unwrap();
        assert!(close(got, expected), "{value} {from} is {got} {to}, expected {expected}");
    }
    let (celsius, fahrenheit) = (unit("temperature", "degC"), unit("temperature", "degF"));
    assert!(close(convert_difference(10.0, celsius, fahrenheit).unwrap(), 18.0));
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
    let error = convert(1.0, unit("radioactivity_api", "gAPI"), unit("exposure_rate", "uR/h"));
    assert_eq!(error.unwrap_err().to_string(), "no conversion from radioactivity_api (gAPI) to exposure_rate (uR/h)");
    let gas = unit("gas", "gas unit");
    assert!(matches!(convert(1.0, gas, unit("gas", "%gas")), Err(ConvertError::NoSize { .. })));
    assert_eq!(convert(7.0, gas, gas), Ok(7.0));
    assert_eq!(gas.to_base(1.0), None);
    let (absolute, gauge) = (unit("pressure", "psia"), unit("pressure", "barg"));
    assert!(matches!(convert(1.0, absolute, gauge), Err(ConvertError::Reference { .. })));
    assert!(convert_difference(1.0, absolute, gauge).is_ok());
    assert!(convert(1.0, absolute, unit("pressure", "bar")).is_ok());
}
