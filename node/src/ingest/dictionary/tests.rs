//! Tests of the property and mnemonic tables.

use super::*;

fn detected(mnemonic: &str, unit: &str, description: &str) -> (&'static str, u8) {
    let detection = detect(mnemonic, unit, description).unwrap_or_else(|| panic!("nothing detected for {mnemonic}"));
    (detection.property.id, detection.confidence)
}

#[test]
fn everything_in_the_table_is_read() {
    assert_eq!(properties().len(), SOURCE.lines().filter(|line| line.starts_with('@')).count());
    assert_eq!(properties().len(), 108);
    assert_eq!(TABLE.mnemonics.len(), 677);
    for property in properties() {
        let unit = property.unit();
        assert!(unit.is_some(), "{} has no canonical unit", property.id);
        assert!(property.colour.len() == 7 && !property.line_style.is_empty(), "{property:?}");
    }
    for (mnemonic, meaning) in &TABLE.mnemonics {
        assert!((1..=100).contains(&meaning.rank) && meaning.sources <= 5, "{mnemonic}");
        assert_eq!(mnemonic.to_uppercase(), *mnemonic);
    }
    for (.., kind, id) in OTHER_MEANINGS.iter().chain(SIBLINGS) {
        assert_eq!(
            property(id).unwrap().measurement,
            match *kind {
                "radioactivity_api" if *id == "neutron_count_api" => "neutron_api",
                kind => kind,
            }
        );
    }
}

#[test]
fn a_property_is_read_whole() {
    let neutron = property("neutron_porosity").unwrap();
    assert_eq!(neutron.name, "Neutron porosity");
    assert_eq!(neutron.scale, Some(Scale { left: 0.45, right: -0.15, log: false }));
    assert_eq!((neutron.valid_min, neutron.valid_max), (Some(-0.15), Some(1.0)));
    assert_eq!((neutron.colour, neutron.line_style, neutron.track), ("#0000D0", "dash", "porosity"));
    assert!(property("resistivity_deep").unwrap().scale.unwrap().log);
    assert_eq!(property("depth_md").unwrap().scale, None);
    assert_eq!(property("count_rate").unwrap().valid_max, None);
}

#[test]
fn properties_say_whether_they_are_differences() {
    let differences: Vec<_> = properties()
        .iter()
        .filter(|property| property.quantity == Quantity::Difference)
        .map(|found| found.id)
        .collect();
    assert_eq!(differences, ["caliper_differential", "density_correction", "delta_temperature"]);
    // The one where it shows: a fall of 1.8 °F is a fall of 1 °C, not of 16.8.
    let delta = property("delta_temperature").unwrap();
    let fahrenheit = units::find("temperature", "degF").unwrap();
    assert_eq!(units::convert(-1.8, fahrenheit, delta.unit().unwrap(), delta.quantity), Ok(-1.0));
    assert_eq!(property("well_temperature").unwrap().quantity, Quantity::Absolute);
}

#[test]
fn exact_mnemonics_with_a_fitting_unit_are_certain() {
    for (mnemonic, unit, id) in [
        ("GR", "GAPI", "gamma_ray"),
        ("rhob", "g/cc", "bulk_density"),
        ("NPHI", "V/V", "neutron_porosity"),
        ("DT", "US/F", "dt_compressional"),
        ("CALI", "MM", "caliper"),
        ("ILD", "OHMM", "resistivity_deep"),
        ("DEPT", "F", "depth_md"),
    ] {
        let (found, confidence) = detected(mnemonic, unit, "");
        assert_eq!(found, id, "{mnemonic}");
        assert!(confidence >= 95, "{mnemonic} {confidence}");
    }
    assert_eq!(detect("GR", "GAPI", "").unwrap().reason, "mnemonic GR, unit GAPI fits");
}

#[test]
fn suffixes_are_stripped_with_less_confidence() {
    let exact = detected("GR", "", "").1;
    for numbered in ["GR_2", "GR:1", "GR[0]", "GR(12)", "GR.1", "gr-3", "GR#4"] {
        assert_eq!(detected(numbered, "", ""), ("gamma_ray", exact - 5), "{numbered}");
    }
    assert_eq!(detected("GR_RAW", "", ""), ("gamma_ray", exact - 20));
    assert_eq!(detected("GR_RAW_2", "", ""), ("gamma_ray", exact - 20));
    assert_eq!(detect("GR_RAW", "", "").unwrap().reason, "mnemonic GR without its suffix, no unit");
    // The whole mnemonic is looked for first.
    assert_eq!(detect("GR_EDTC", "", "").unwrap().rank, 92);
    for unknown in ["", "_", "_1", "XYZZY", ":1", "[1]", "2"] {
        assert_eq!(detect(unknown, "", ""), None, "{unknown}");
    }
}

#[test]
fn the_unit_raises_or_lowers_confidence() {
    let [fits, none, unknown, wrong] = ["GAPI", "", "BLURB", "OHMM"].map(|unit| detected("GR", unit, "").1);
    assert!(fits > none && none > unknown && unknown > wrong, "{fits} {none} {unknown} {wrong}");
    assert_eq!(detect("GR", "OHMM", "").unwrap().unit, None);
    assert_eq!(detect("GR", "API", "").unwrap().unit.unwrap().symbol, "gAPI");
}

#[test]
fn the_unit_tells_namesakes_apart() {
    assert_eq!(detected("ROP", "M/H", "").0, "rop");
    assert_eq!(detected("ROP", "MIN/M", "").0, "drill_time");
    assert_eq!(detected("C1", "IN", "").0, "caliper");
    assert_eq!(detected("C1", "PPM", "").0, "gas_c1");
    assert_eq!(detected("SPP", "PSI", "").0, "standpipe_pressure");
    assert_eq!(detected("SPP", "MV", "").0, "spontaneous_potential");
    assert_eq!(detected("GR", "UR/H", "").0, "exposure_rate");
    assert_eq!(detected("ILD", "MS/M", "").0, "conductivity");
}

#[test]
fn descriptions_help_and_stand_in() {
    assert_eq!(detected("GAMMA", "", "").1 + 5, detected("GAMMA", "", "corrected gamma ray").1);
    let detection = detect("QQ7", "us/ft", "Far compressional slowness").unwrap();
    assert_eq!((detection.property.id, detection.confidence), ("dt_compressional", 45));
    assert_eq!(detect("QQ7", "OHMM", "Compressional slowness"), None);
    assert_eq!(detect("QQ7", "", "Compressional slowness"), None);
}

#[test]
fn cyrillic_mnemonics_are_known() {
    assert_eq!(detected("гк", "мкр/ч", "").0, "exposure_rate");
}
