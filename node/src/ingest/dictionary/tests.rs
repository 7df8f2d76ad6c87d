//! Tests of the property and mnemonic tables.

use super::detect::{OTHER_MEANINGS, SIBLINGS};
use super::*;
use crate::ingest::collection;

mod vendors;
mod workspace;

fn detected(mnemonic: &str, unit: &str, description: &str) -> (&'static str, u8) {
    let detection = detect(mnemonic, unit, description).unwrap_or_else(|| panic!("nothing detected for {mnemonic}"));
    (detection.property.id, detection.confidence)
}

#[test]
fn everything_in_the_table_is_read() {
    assert_eq!(properties().len(), table::SOURCE.lines().filter(|line| line.starts_with('@')).count());
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
fn values_raise_or_lower_confidence() {
    let of = |mnemonic, unit, range| detect_curve(&Clues { mnemonic, unit, range, ..Clues::default() }).unwrap();
    let [fits, unknown, wrong] =
        [Some((2.0, 2.9)), None, Some((20.0, 180.0))].map(|range| of("RHOM", "G/C3", range).confidence);
    assert!(fits > unknown && unknown > wrong, "{fits} {unknown} {wrong}");
    // In the curve's own unit, and one spike does not count.
    assert_eq!(of("RHOM", "K/M3", Some((2_000.0, 2_900.0))).confidence, fits);
    assert_eq!(of("RHOM", "G/C3", Some((-999.25, 2.9))).confidence, unknown);
    // Without a unit the values may be in another one.
    let unitless = of("RHOM", "", Some((2_000.0, 2_900.0)));
    assert!(unitless.confidence < of("RHOM", "", None).confidence);
    assert_eq!(unitless.reason, "mnemonic RHOM, no unit, but its values from 2000 to 2900 do not look like it");
    assert_eq!(of("RHOM", "G/C3", Some((2.0, 2.9))).reason, "mnemonic RHOM, unit G/C3 fits, values fit");
}

#[test]
fn candidates_are_ranked_and_stand_once() {
    let ids = |clues: &Clues<'_>| candidates(clues).iter().map(|found| found.property.id).collect::<Vec<_>>();
    let clues = |mnemonic, unit| Clues { mnemonic, unit, ..Clues::default() };
    assert_eq!(ids(&clues("C1", "IN")), ["caliper", "gas_c1"]);
    assert_eq!(ids(&clues("C1", "PPM")), ["gas_c1", "caliper"]);
    assert_eq!(ids(&clues("GR", "GAPI")), ["gamma_ray", "exposure_rate", "count_rate"]);
    assert_eq!(ids(&clues("GR", "UR/H"))[0], "exposure_rate");
    let described = Clues { description: "Bulk density", ..clues("RT", "G/C3") };
    assert!(ids(&described).contains(&"bulk_density") && ids(&described).contains(&"resistivity_deep"));
    assert_eq!(ids(&clues("XYZZY", "")), Vec::<&str>::new());
    for found in candidates(&described).windows(2) {
        assert!(found[0].confidence >= found[1].confidence);
    }
}

#[test]
fn every_row_of_the_collection_is_in_the_tables() {
    let Some(rows) = collection::rows("domain/properties.csv") else { return };
    assert_eq!(rows.len(), properties().len());
    for row in rows {
        let ours = property(&row["property"]).unwrap_or_else(|| panic!("no property {}", row["property"]));
        let number = |column: &str| row[column].parse::<f64>().ok();
        assert_eq!((ours.name, ours.class), (&*row["name"], &*row["class"]));
        assert_eq!((ours.measurement, ours.canonical_unit), (&*row["measurement_type"], &*row["canonical_unit"]));
        assert_eq!((ours.colour, ours.line_style, ours.track), (&*row["colour"], &*row["line_style"], &*row["track"]));
        assert_eq!((ours.valid_min, ours.valid_max), (number("valid_min"), number("valid_max")), "{}", ours.id);
        let scale = number("display_left").zip(number("display_right"));
        assert_eq!(ours.scale.map(|scale| (scale.left, scale.right)), scale, "{}", ours.id);
        assert!(ours.scale.is_none_or(|scale| scale.log == (row["log_scale"] == "1")), "{}", ours.id);
    }
    let Some(rows) = collection::rows("domain/curves.csv") else { return };
    assert_eq!(rows.len(), TABLE.mnemonics.len());
    for row in rows {
        let meaning = TABLE.mnemonics.get(&*row["mnemonic"]).unwrap_or_else(|| panic!("no {}", row["mnemonic"]));
        assert_eq!(TABLE.properties[meaning.property].id, row["property"], "{}", row["mnemonic"]);
        assert_eq!(meaning.rank.to_string(), row["priority"], "{}", row["mnemonic"]);
        let sources = row["evidence"].split('|').filter(|source| *source != "common_use").count();
        assert_eq!(usize::from(meaning.sources), sources, "{}", row["mnemonic"]);
    }
}

#[test]
fn old_neutron_logs_in_api_units_are_told_from_porosity() {
    for unit in ["API", "GAPI", "NAPI", "CPS"] {
        assert_ne!(detected("NPHI", unit, "").0, "neutron_porosity", "{unit}");
    }
    assert_eq!(detected("CN", "API", "").0, "neutron_count_api");
}

#[test]
fn cyrillic_mnemonics_are_known() {
    assert_eq!(detected("гк", "мкр/ч", "").0, "exposure_rate");
}
