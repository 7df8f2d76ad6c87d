//! Tests of proposed duplicates.

use dataforge_protocol::id::BlobHash;

use super::super::duplicates::slow;
use super::*;

fn well(id: &str) -> WellIdentity {
    WellIdentity { id: id.to_owned(), ..WellIdentity::default() }
}

fn named(id: &str, name: &str) -> WellIdentity {
    WellIdentity { name: Some(name.to_owned()), ..well(id) }
}

fn with_uwi(id: &str, uwi: &str) -> WellIdentity {
    WellIdentity { uwi: Some(uwi.to_owned()), ..well(id) }
}

fn at(id: &str, latitude: f64, longitude: f64) -> Option<Position> {
    assert!(!id.is_empty());
    Some(Position::Geographic { latitude, longitude })
}

/// The score of two wells, 0 when they are not proposed.
fn score(one: &WellIdentity, other: &WellIdentity) -> u8 {
    let found = propose_duplicates(&[one.clone(), other.clone()]);
    assert!(found.len() <= 1);
    found.first().map_or(0, |found| found.score)
}

#[test]
fn names_are_compared_without_signs_and_zeros() {
    for (one, other) in [
        ("North #1", "NORTH 1"),
        ("North No. 01", "north-1"),
        ("Well NORTH1", "NORTH 1"),
        ("UNIVERSITY 54-5 # 3", "University 54/5-3"),
        ("NO 15/9-19 A", "15/9-19A"),
        ("Скважина №12", "СКВАЖИНА 12"),
    ] {
        assert_eq!(normal_name(one), normal_name(other), "{one}");
        assert!(score(&named("a", one), &named("b", other)) >= 50, "{one}");
    }
    assert_ne!(normal_name("UNIVERSITY 54-5 3"), normal_name("UNIVERSITY 54-53"));
    assert_ne!(normal_name("WELL 100"), normal_name("WELL 10"));
    for nothing in ["", "Unknown", "N/A", "Well No.", "---"] {
        assert_eq!(normal_name(nothing), "", "{nothing}");
        assert_eq!(score(&named("a", nothing), &named("b", nothing)), 0);
    }
}

#[test]
fn neighbours_with_other_names_are_not_proposed() {
    for (one, other) in
        [("SMITH 1", "SMITH 2"), ("SMITH 1A", "SMITH 1B"), ("SMITH A-1", "SMITH B-1"), ("SMITH 1", "JONES 1")]
    {
        assert_eq!(score(&named("a", one), &named("b", other)), 0, "{one}");
        // Even on one pad of one field.
        let on_pad = |well: WellIdentity| {
            let (field, company) = (Some("Alpha".to_owned()), Some("Oil Inc.".to_owned()));
            WellIdentity { field, company, position: at("a", 60.0, 2.0), ..well }
        };
        assert_eq!(score(&on_pad(named("a", one)), &on_pad(named("b", other))), 0, "{one}");
        // A well without a name there may be any of them.
        assert_eq!(score(&on_pad(named("a", one)), &on_pad(well("b"))), 50);
    }
}

#[test]
fn a_word_may_be_misspelt_but_not_a_number() {
    let pair = |one: &str, other: &str| {
        let field = |well: WellIdentity| WellIdentity { field: Some("Alpha".to_owned()), ..well };
        score(&field(named("a", one)), &field(named("b", other)))
    };
    assert_eq!(pair("BOW VALLLEY 1", "BOW VALLEY 1"), 50);
    assert_eq!(pair("BOW VALKEY 1", "BOW VALLEY 1"), 50);
    assert_eq!(pair("BOW VALLEY 12", "BOW VALLEY 13"), 0);
    assert_eq!(pair("BOW VALLEY 1", "BAW VALLEY 1"), 0, "short words tell wells apart");
    assert_eq!(pair("BOW VALKEYS 1", "BOW VALLEY 1"), 0, "two letters are too many");
}

#[test]
fn identifiers_speak_for_and_against() {
    let spelt = |one, other| score(&with_uwi("a", one), &with_uwi("b", other));
    assert_eq!(spelt("15/9-F-1 B", "15/9-F1B"), 65);
    assert_eq!(spelt("NG/A 12-3", "NGA123"), 65);
    assert_eq!(spelt("42-501-20130", "42501201300000"), 55);
    assert_eq!(spelt("00/01-01-073-05W5/0", "100010107305W500"), 65);
    assert_eq!(spelt("42-501-20130", "42-501-20131"), 0);
    // Placeholders are equal and mean nothing.
    assert_eq!(spelt("UNKNOWN", "UNKNOWN"), 0);
    assert_eq!(spelt("999-99", "999-99"), 0);
    let api = |id, uwi: &str| WellIdentity { uwi: Some(uwi.to_owned()), ..named(id, "SMITH 1") };
    assert_eq!(score(&api("a", "42-501-20130"), &api("b", "42-501-20131")), 0, "two api numbers are two wells");
    assert!(score(&api("a", "42-501-20130"), &named("b", "SMITH 1")) >= 50);
}

#[test]
fn places_speak_for_and_against() {
    let spot =
        |id: &str, latitude, longitude| WellIdentity { position: at(id, latitude, longitude), ..named(id, "SMITH 1") };
    let here = spot("a", 60.0, 2.0);
    assert_eq!(score(&here, &spot("b", 60.0001, 2.0)), 90);
    assert_eq!(score(&here, &spot("b", 60.003, 2.0)), 70);
    assert_eq!(score(&here, &spot("b", 60.02, 2.0)), 55);
    assert_eq!(score(&here, &spot("b", 61.0, 2.0)), 0);
    let reasons = propose_duplicates(&[here, spot("b", 60.0001, 2.0)]).remove(0).reasons;
    assert_eq!(reasons, ["the same name: SMITH 1", "11 m apart"]);
    let grid = |id: &str, crs: &str, x_m| {
        let position = Some(Position::Projected { crs: crs.to_owned(), x_m, y_m: 6_000_000.0 });
        let (field, company) = (Some("Alpha".to_owned()), Some("Oil Inc.".to_owned()));
        WellIdentity { position, field, company, ..well(id) }
    };
    assert_eq!(score(&grid("a", "EPSG:32631", 500_000.0), &grid("b", "EPSG:32631", 500_029.0)), 50);
    assert_eq!(score(&grid("a", "EPSG:32631", 500_000.0), &grid("b", "EPSG:32631", 500_031.0)), 0);
    assert_eq!(score(&grid("a", "EPSG:32631", 500_000.0), &grid("b", "EPSG:32632", 500_000.0)), 0);
    // Across the date line and at the pole metres are metres.
    assert_eq!(score(&spot("a", 10.0, 179.99999), &spot("b", 10.0, -179.99999)), 90);
}

#[test]
fn one_source_file_is_almost_proof() {
    let sources = |id, bytes: &[u8]| WellIdentity { sources: [BlobHash::of(bytes)].into(), ..well(id) };
    let found = propose_duplicates(&[sources("b", b"file"), sources("a", b"file"), sources("c", b"other")]);
    assert_eq!(found.len(), 1);
    assert_eq!((&*found[0].a, &*found[0].b, found[0].score), ("a", "b", 90));
    assert_eq!(found[0].reasons, ["runs of both are from one source file"]);
}

#[test]
fn what_everybody_shares_tells_nothing() {
    let wells: Vec<_> = (0..51).map(|number| named(&format!("{number:02}"), "SMITH 1")).collect();
    assert_eq!(propose_duplicates(&wells), []);
    assert_eq!(propose_duplicates(&wells[..50]).len(), 50 * 49 / 2);
}

/// Wells drawn from few values, so that many share something.
fn random_wells(seed: u64) -> Vec<WellIdentity> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut wells = Vec::new();
    for number in 0..random.usize(2..30) {
        let mut pick =
            |among: &[&str]| random.choice(among).filter(|text| !text.is_empty()).map(|text| (*text).to_owned());
        let name = pick(&[
            "",
            "SMITH 1",
            "Smith #01",
            "SMYTH 1",
            "SMITHS 1",
            "XMITH 1",
            "MITH 1",
            "SMITH 2",
            "JONES",
            "JONES A",
            "JONE",
        ]);
        let uwi = pick(&[
            "",
            "",
            "42-501-20130",
            "42501201300000",
            "4250120130",
            "15/9-19",
            "15/9/1-9",
            "100/01-01-073-05W5/00",
            "00/01-01-073-05W5/2",
            "unknown",
        ]);
        let (field, company) = (pick(&["", "Alpha", "ALPHA", "Beta"]), pick(&["", "Oil", "Gas"]));
        let (country, state) = (pick(&["", "", "USA", "Canada"]), None);
        let offset = f64::from(random.u32(0..8)) * 9e-5;
        let position = match random.u8(0..4) {
            0 => None,
            1 => Some(Position::Projected { crs: "EPSG:32631".into(), x_m: 0.0, y_m: offset * 1e5 * 3.0 }),
            _ => Some(Position::Geographic {
                latitude: 60.0 + offset,
                longitude: 2.0 + f64::from(random.u32(0..3)) * 3e-4,
            }),
        };
        let sources = (random.u8(0..4) == 0).then(|| BlobHash::of(&[random.u8(0..6)])).into_iter().collect();
        wells.push(WellIdentity {
            id: format!("{number:02}"),
            name,
            uwi,
            field,
            company,
            country,
            state,
            position,
            sources,
        });
    }
    random.shuffle(&mut wells);
    wells
}

#[test]
fn sharing_something_finds_all_pairs_that_comparing_everything_finds() {
    let mut proposed = 0;
    for seed in 0..300 {
        let mut wells = random_wells(seed);
        let found = propose_duplicates(&wells);
        assert_eq!(found, slow(&wells), "seed {seed}");
        proposed += found.len();
        fastrand::Rng::with_seed(seed + 1).shuffle(&mut wells);
        assert_eq!(propose_duplicates(&wells), found, "seed {seed} in another order");
    }
    assert!(proposed > 1_000, "{proposed}");
}

#[test]
fn many_wells_are_compared_in_little_time() {
    let wells: Vec<_> = (0..20_000)
        .map(|number| {
            let row = f64::from(number / 100);
            let position = at("a", 50.0 + row * 0.01, 2.0 + f64::from(number % 100) * 0.01);
            WellIdentity { position, ..named(&format!("{number:05}"), &format!("FIELD {number} A")) }
        })
        .collect();
    let started = std::time::Instant::now();
    assert_eq!(propose_duplicates(&wells), []);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
