//! Tests of overrides and of the curve that stands for a property.

use super::*;

fn key(vendor: Option<&str>, mnemonic: &str, unit: Option<&str>) -> OverrideKey {
    OverrideKey::new(vendor, mnemonic, unit).unwrap()
}

fn says(property: Option<&str>, unit: Option<&str>, by: &str) -> Override {
    let property = property.map(|id| PropertyChoice::from(id.to_owned()));
    Override { property, unit: unit.map(str::to_owned), by: by.to_owned() }
}

fn dictionary(overrides: &[(OverrideKey, Override)]) -> WorkspaceDictionary {
    WorkspaceDictionary { overrides: overrides.iter().cloned().collect() }
}

fn clues<'a>(service_company: Option<&'a str>, mnemonic: &'a str, unit: &'a str) -> Clues<'a> {
    Clues { service_company, mnemonic, unit, ..Clues::default() }
}

fn id(found: &Interpretation) -> Option<&'static str> {
    found.property.map(|property| property.id)
}

#[test]
fn without_overrides_the_tables_speak() {
    let found = WorkspaceDictionary::default().interpret(&clues(None, "GR", "GAPI"));
    assert_eq!((id(&found), found.confidence, found.rank), (Some("gamma_ray"), 100, 100));
    assert_eq!((&*found.unit_text, found.unit.unwrap().symbol), ("GAPI", "gAPI"));
    let unknown = WorkspaceDictionary::default().interpret(&clues(None, "QQQ", "OHMM"));
    assert_eq!((id(&unknown), unknown.confidence, unknown.unit.unwrap().symbol), (None, 0, "ohm.m"));
    assert_eq!(unknown.reason, "nothing known of this mnemonic");
    assert_eq!(WorkspaceDictionary::default().interpret(&clues(None, "QQQ", "F")).unit, None);
}

#[test]
fn an_override_wins_over_the_tables() {
    let set = dictionary(&[(key(None, "gr ", None), says(Some("bulk_density"), None, "Ann"))]);
    for mnemonic in ["GR", "gr", "GR_2", "GR[3]"] {
        let found = set.interpret(&clues(None, mnemonic, "G/C3"));
        assert_eq!((id(&found), found.confidence), (Some("bulk_density"), 100), "{mnemonic}");
        assert_eq!(found.reason, "set in this workspace by Ann for GR");
        assert_eq!(found.unit.unwrap().symbol, "g/cm3");
    }
    assert_eq!(id(&set.interpret(&clues(None, "GRC", ""))), Some("gamma_ray"));
    // A unit that does not fit stays text.
    let odd = set.interpret(&clues(None, "GR", "GAPI"));
    assert_eq!((odd.unit, &*odd.unit_text), (None, "GAPI"));
}

#[test]
fn the_most_particular_override_counts() {
    let set = dictionary(&[
        (key(None, "X", None), says(Some("gamma_ray"), None, "any")),
        (key(None, "X", Some("OHMM")), says(Some("resistivity_deep"), None, "unit")),
        (key(Some("SLB"), "X", None), says(Some("caliper"), None, "company")),
        (key(Some("SLB"), "X", Some("")), says(Some("bit_size"), None, "both")),
        (key(None, "X_2", None), says(Some("sigma"), None, "number")),
    ]);
    let property = |company, mnemonic, unit| id(&set.interpret(&clues(company, mnemonic, unit)));
    assert_eq!(property(None, "X", "IN"), Some("gamma_ray"));
    assert_eq!(property(None, "X", "ohmm"), Some("resistivity_deep"));
    assert_eq!(property(Some("HALLIBURTON"), "X", "[OHMM]"), Some("resistivity_deep"));
    assert_eq!(property(Some("Schlumberger"), "X", "OHMM"), Some("caliper"));
    assert_eq!(property(Some("Schlumberger"), "X", " "), Some("bit_size"));
    assert_eq!(property(Some("Schlumberger"), "X_2", ""), Some("sigma"));
    assert_eq!(property(Some("Schlumberger"), "X_3", ""), Some("bit_size"));
    let found = set.interpret(&clues(Some("Schlumberger"), "X", ""));
    assert_eq!(found.reason, "set in this workspace by both for X of Schlumberger without unit");
}

#[test]
fn property_and_unit_are_set_separately() {
    let set = dictionary(&[
        (key(None, "AHT", None), says(Some("resistivity_deep"), None, "Ann")),
        (key(None, "AHT", Some("")), says(None, Some("ohm.m"), "Bob")),
        (key(None, "GR", Some("CPS")), says(None, Some("GAPI"), "Bob")),
    ]);
    let found = set.interpret(&clues(None, "AHT", ""));
    assert_eq!(
        (id(&found), found.unit.unwrap().symbol, &*found.unit_text),
        (Some("resistivity_deep"), "ohm.m", "ohm.m")
    );
    assert_eq!(
        found.reason,
        "set in this workspace by Ann for AHT, unit ohm.m set in this workspace by Bob for AHT without unit"
    );
    // With another unit, what tables say of the mnemonic changes too.
    assert_eq!(id(&set.interpret(&clues(None, "GR", "CPS"))), Some("gamma_ray"));
    assert_eq!(detected("GR", "CPS", "").0, "count_rate");
}

#[test]
fn nothing_can_be_decided_too_and_the_unknown_is_said() {
    let set = dictionary(&[
        (key(None, "GR", None), says(Some("-"), None, "Ann")),
        (key(None, "SP", None), says(Some("from_a_later_version"), None, "Ann")),
    ]);
    let none = set.interpret(&clues(None, "GR", "GAPI"));
    assert_eq!((id(&none), none.confidence, &*none.reason), (None, 100, "set in this workspace by Ann for GR"));
    let later = set.interpret(&clues(None, "SP", "MV"));
    assert_eq!(id(&later), Some("spontaneous_potential"));
    assert!(later.reason.ends_with("the property set in this workspace is not known here: from_a_later_version"));
}

#[test]
fn keys_and_their_texts_are_one_to_one() {
    let keys = [
        (key(None, "GR", None), "*|GR|*"),
        (key(Some("SLB"), "gr", Some("gapi ")), "schlumberger|GR|GAPI"),
        (key(None, "A|B*%", Some("")), "*|A%7CB%2A%25|"),
        (key(None, "*", Some("*")), "*|%2A|%2A"),
        (key(Some("Буровик"), "ГК", None), "буровик|ГК|*"),
    ];
    for (key, text) in &keys {
        assert_eq!(key.to_string(), *text);
        assert_eq!(text.parse::<OverrideKey>().as_ref(), Ok(key));
    }
    for text in ["", "GR", "*|GR", "*|GR|*|*", "*| |*", "*|gr|*", "SLB|GR|*", "*|G%52|*", "*|G%|*", "*|G%2|*", "*|%é|*"]
    {
        assert!(text.parse::<OverrideKey>().is_err(), "{text}");
    }
    assert_eq!(OverrideKey::new(None, " ", None), Err(KeyError::NoMnemonic(String::new())));
    // A company that names nobody is any company.
    assert_eq!(key(Some("N/A"), "GR", None), key(None, "GR", None));
}

#[test]
fn overrides_survive_json() {
    let set = dictionary(&[
        (key(Some("SLB"), "A|B", Some("")), says(Some("gamma_ray"), Some("GAPI"), "Ann")),
        (key(None, "GR", None), says(Some("-"), None, "Bob")),
    ]);
    let json = serde_json::to_string(&set).unwrap();
    assert_eq!(
        json,
        r#"{"*|GR|*":{"property":"-","by":"Bob"},"schlumberger|A%7CB|":{"property":"gamma_ray","unit":"GAPI","by":"Ann"}}"#
    );
    assert_eq!(serde_json::from_str::<WorkspaceDictionary>(&json).unwrap(), set);
}

const PLAIN: Contender<'_> =
    Contender { id: "a/1", name: "A", chosen_by: None, rank: 50, samples: 9, covered: 100.0, recorded: 1_000 };

#[test]
fn a_choice_then_rank_coverage_and_age_decide() {
    let other = Contender { id: "b/1", name: "B", ..PLAIN };
    let cases = [
        (
            Contender { chosen_by: Some("Ann"), rank: 1, covered: 1.0, recorded: 0, ..other },
            "chosen in this workspace by Ann",
        ),
        (Contender { rank: 51, covered: 1.0, recorded: 0, ..other }, "B is of higher rank than A"),
        (Contender { covered: 100.5, recorded: 0, ..other }, "B covers more of the hole than A"),
        (Contender { recorded: 1_001, ..other }, "B is newer than A"),
    ];
    for (better, reason) in cases {
        let found = preferred(&[PLAIN, better]).unwrap();
        assert_eq!((found.position, &*found.reason), (1, reason));
        assert_eq!(preferred(&[better, PLAIN]).unwrap().position, 0, "{reason}");
    }
    assert_eq!(preferred(&[other, PLAIN]).unwrap().position, 1, "the id decides among equals");
}

#[test]
fn a_curve_without_values_stands_for_nothing() {
    let empty = Contender { id: "b/1", chosen_by: Some("Ann"), rank: 100, samples: 0, ..PLAIN };
    let found = preferred(&[empty, PLAIN]).unwrap();
    assert_eq!((found.position, &*found.reason), (1, "the only one with values"));
    assert_eq!(preferred(&[empty]), None);
    assert_eq!(preferred(&[]), None);
    // Of one value nobody knows how much it covers.
    assert!(preferred(&[Contender { covered: 0.0, samples: 1, ..PLAIN }]).is_some());
}
