//! Tests of service companies and of what mnemonics mean to them.

use super::*;

fn of(service_company: &str, mnemonic: &str, unit: &str) -> Detection {
    let clues = Clues { service_company: Some(service_company), mnemonic, unit, ..Clues::default() };
    detect_curve(&clues).unwrap_or_else(|| panic!("nothing detected for {mnemonic}"))
}

#[test]
fn every_line_of_the_table_is_read() {
    let heads = table::lines(table::VENDORS).filter(|line| line.starts_with('@')).count();
    assert_eq!((TABLE.vendors.len(), heads), (5, 5));
    let words: usize = table::lines(table::VENDORS)
        .filter(|line| !line.starts_with('@'))
        .map(|line| line.split_ascii_whitespace().count())
        .sum();
    assert_eq!(TABLE.vendors.iter().map(|vendor| vendor.mnemonics.len()).sum::<usize>(), words);
    let mut spellings = std::collections::BTreeSet::new();
    for vendor in &TABLE.vendors {
        for spelling in &vendor.spellings {
            assert!(spellings.insert(*spelling), "{spelling} stands twice");
            assert_eq!(vendor_id(spelling).as_deref(), Some(vendor.id));
        }
        assert_eq!(vendor_name(vendor.id), vendor.name);
    }
}

#[test]
fn spellings_of_a_company_have_one_id() {
    for (text, id) in [
        ("SCHLUMBERGER", "schlumberger"),
        ("Schlumberger of Elk City, OK!", "schlumberger"),
        ("SLB", "schlumberger"),
        ("HALLIBURTON ENERGY SERVICES", "halliburton"),
        ("HAL", "halliburton"),
        ("Sperry-Sun", "halliburton"),
        ("WESTERN ATLAS", "baker_hughes"),
        ("Dresser Atlas", "baker_hughes"),
        ("Baker Hughes INTEQ", "baker_hughes"),
        ("COMPUTALOG", "weatherford"),
        ("Osage Wireline Inc.", "osage_wireline"),
        ("OSAGE WIRELINE", "osage_wireline"),
        ("ООО Геофизика", "геофизика"),
    ] {
        assert_eq!(vendor_id(text).as_deref(), Some(id), "{text}");
    }
    // Part of a word is no company, and neither is a placeholder.
    assert_eq!(vendor_id("HALLMARK LOGGING").as_deref(), Some("hallmark_logging"));
    for nobody in ["", " ", "N/A", "unknown", "Company Ltd.", "--", "12"] {
        assert_eq!(vendor_id(nobody), None, "{nobody}");
    }
    assert_eq!(vendor_name("osage_wireline"), "osage_wireline");
}

#[test]
fn the_company_tells_namesakes_apart() {
    assert_eq!(detect("DT1", "US/F", "").unwrap().property.id, "dt_compressional");
    let shear = of("Schlumberger", "DT1", "US/F");
    assert_eq!((shear.property.id, shear.rank, shear.confidence), ("dt_shear", 97, 100));
    assert_eq!(shear.reason, "mnemonic DT1 of Schlumberger, unit US/F fits");
    assert_eq!(of("Halliburton", "DT1", "US/F").property.id, "dt_compressional");
    assert_eq!(of("Geoservices", "C1", "").property.id, "gas_c1");
    assert_eq!(of("Schlumberger", "C1", "").property.id, "caliper");
    // Known to one company, so no longer doubtful.
    assert!(of("Western Atlas", "RS", "OHMM").confidence > detect("RS", "OHMM", "").unwrap().confidence);
    assert_eq!(of("Western Atlas", "U_2", "PPM").property.id, "uranium");
}

#[test]
fn the_unit_still_speaks_against_the_company() {
    let found = of("Geoservices", "C1", "IN");
    assert_eq!(found.property.id, "caliper");
    let listed =
        candidates(&Clues { service_company: Some("Geoservices"), mnemonic: "C1", unit: "IN", ..Clues::default() });
    assert!(listed.iter().any(|found| found.property.id == "gas_c1"));
}

#[test]
fn what_other_companies_mean_is_offered_last() {
    let listed = candidates(&Clues { mnemonic: "DT1", unit: "US/F", ..Clues::default() });
    let ids: Vec<_> = listed.iter().map(|found| found.property.id).collect();
    assert_eq!(ids, ["dt_compressional", "dt_shear"]);
    assert_eq!(listed[1].reason, "mnemonic DT1 of Schlumberger, unit US/F fits");
    assert!(listed[0].confidence > listed[1].confidence + 20);
}
