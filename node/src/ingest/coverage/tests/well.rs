//! Tests of coverage over several runs.

use super::*;

/// A curve whose rows are a metre apart from `from`, `x` valid and anything else null.
fn curve(label: &str, property: Option<&str>, from: f64, pattern: &str) -> CurveInput {
    let index: Vec<f64> = (0_u32..).take(pattern.len()).map(|row| from + f64::from(row)).collect();
    let valid: Vec<bool> = pattern.chars().map(|ch| ch == 'x').collect();
    let coverage = coverage(&index, &valid, Options::default());
    CurveInput { label: label.to_owned(), property: property.map(str::to_owned), coverage }
}

fn run(name: &str, curves: Vec<CurveInput>) -> RunInput {
    RunInput { run: name.to_owned(), to_m: Some(1.0), shift_m: 0.0, curves }
}

fn spans(stretches: &[Stretch]) -> Vec<(f64, f64)> {
    stretches.iter().map(|part| (part.top_m, part.base_m)).collect()
}

#[test]
fn a_property_is_covered_where_any_run_is() {
    let well = well_coverage(
        &[
            run("one", vec![curve("GR", Some("gamma_ray"), 100.0, "xxxxx-----xxx"), curve("Q", None, 100.0, "x")]),
            run("two", vec![curve("GRC", Some("gamma_ray"), 103.0, "xxxxx")]),
        ],
        None,
    );
    assert_eq!(well.extent, Some(Stretch { top_m: 100.0, base_m: 112.0 }));
    let [gamma] = &well.properties[..] else { panic!("{:?}", well.properties) };
    assert_eq!(spans(&gamma.intervals), [(100.0, 107.0), (110.0, 112.0)]);
    assert_eq!(spans(&gamma.gaps), [(107.0, 110.0)]);
    assert_eq!((gamma.threshold_m, gamma.step_m, gamma.covered_m), (2.0, 1.0, 11.0));
    assert_eq!(gamma.overlaps.len(), 1);
    assert_eq!(spans(&[gamma.overlaps[0].stretch]), [(103.0, 104.0)]);
    assert_eq!(gamma.overlaps[0].runs, ["one", "two"]);
    let labels: Vec<_> = well.curves.iter().map(|curve| (&*curve.run, &*curve.label)).collect();
    assert_eq!(labels, [("one", "GR"), ("one", "Q"), ("two", "GRC")]);
    assert_eq!(spans(&well.curves[0].intervals), [(100.0, 104.0), (110.0, 112.0)]);
    assert_eq!((spans(&well.curves[0].gaps), well.curves[0].covered_m), (vec![(104.0, 110.0)], 8.0));
}

#[test]
fn the_threshold_joins_and_hides() {
    let runs = [run("one", vec![curve("GR", Some("gamma_ray"), 0.0, "xx----xx---xx")])];
    let gaps = |threshold| {
        let well = well_coverage(&runs, threshold);
        assert_eq!(spans(&well.properties[0].gaps), spans(&well.curves[0].gaps), "{threshold:?}");
        spans(&well.properties[0].gaps)
    };
    assert_eq!(gaps(None), [(1.0, 6.0), (7.0, 11.0)]);
    assert_eq!(gaps(Some(4.0)), [(1.0, 6.0)]);
    assert_eq!(gaps(Some(10.0)), []);
}

#[test]
fn gaps_reach_to_the_ends_of_the_well() {
    let well = well_coverage(
        &[
            run(
                "one",
                vec![
                    curve("GR", Some("gamma_ray"), 0.0, "----------"),
                    curve("SP", Some("spontaneous_potential"), 0.0, "---xx-----"),
                ],
            ),
            run("two", vec![curve("CALI", Some("caliper"), 9.0, "xxxxxxxxxx")]),
        ],
        None,
    );
    let gaps = |id: &str| spans(&well.properties.iter().find(|property| property.property == id).unwrap().gaps);
    assert_eq!(gaps("gamma_ray"), [(0.0, 18.0)]);
    assert_eq!(gaps("spontaneous_potential"), [(0.0, 3.0), (4.0, 18.0)]);
    assert_eq!(gaps("caliper"), [(0.0, 9.0)]);
}

#[test]
fn feet_and_datums_meet_in_metres() {
    let mut feet = run("feet", vec![curve("GR", Some("gamma_ray"), 1_000.0, "xxxxxxxxxxx")]);
    feet.to_m = Some(0.3048);
    feet.shift_m = 2.0;
    let time = RunInput { to_m: None, ..run("time", vec![curve("GR", Some("gamma_ray"), 0.0, "xx")]) };
    let well = well_coverage(&[feet, time], None);
    let stretch = well.properties[0].intervals[0];
    assert_eq!((stretch.top_m, stretch.base_m), (1_000.0 * 0.3048 + 2.0, 1_010.0 * 0.3048 + 2.0));
    assert!((well.properties[0].threshold_m - 0.6096).abs() < 1e-12);
    assert_eq!(well.left_out, [LeftOut { run: "time".to_owned(), reason: "no depth in metres".to_owned() }]);
}

#[test]
fn two_curves_of_one_run_do_not_overlap() {
    let double = vec![curve("GR", Some("gamma_ray"), 0.0, "xxxxx"), curve("GR_2", Some("gamma_ray"), 0.0, "xxxxx")];
    assert_eq!(well_coverage(&[run("one", double.clone())], None).properties[0].overlaps, []);
    let well =
        well_coverage(&[run("one", double), run("two", vec![curve("GR", Some("gamma_ray"), 2.0, "xxxxx")])], None);
    let [overlap] = &well.properties[0].overlaps[..] else { panic!("{:?}", well.properties[0].overlaps) };
    assert_eq!((spans(&[overlap.stretch]), overlap.runs.len()), (vec![(2.0, 4.0)], 2));
    // Runs that only touch do not overlap, and neither does a single sample.
    let touching = [
        run("one", vec![curve("GR", Some("gamma_ray"), 0.0, "xxx")]),
        run("two", vec![curve("GR", Some("gamma_ray"), 2.0, "xxx")]),
        run("three", vec![curve("GR", Some("gamma_ray"), 1.0, "x")]),
    ];
    assert_eq!(well_coverage(&touching, None).properties[0].overlaps, []);
    let backwards: Vec<_> = touching.into_iter().rev().collect();
    assert_eq!(well_coverage(&backwards, None).properties[0].overlaps, []);
}

#[test]
fn overlaps_are_what_looking_at_every_depth_finds() {
    for seed in 0..300 {
        let mut random = fastrand::Rng::with_seed(seed);
        let runs: Vec<RunInput> = (0..random.usize(1..5))
            .map(|number| {
                let curves = (0..random.usize(1..3)).map(|_| {
                    let pattern: String =
                        (0..random.usize(1..20)).map(|_| if random.u8(0..3) > 0 { 'x' } else { '-' }).collect();
                    curve("GR", Some("gamma_ray"), f64::from(random.u32(0..20)), &pattern)
                });
                run(&format!("run {number}"), curves.collect())
            })
            .collect();
        let well = well_coverage(&runs, None);
        let inside = |stretch: &Stretch, depth: f64| stretch.top_m < depth && depth < stretch.base_m;
        for half in 0..90 {
            let depth = f64::from(half) / 2.0 + 0.25;
            let expected: std::collections::BTreeSet<&str> = well
                .curves
                .iter()
                .filter(|curve| curve.intervals.iter().any(|part| inside(part, depth)))
                .map(|curve| &*curve.run)
                .collect();
            let covered = well.properties[0].intervals.iter().any(|part| inside(part, depth));
            assert!(covered || expected.is_empty(), "seed {seed} at {depth}");
            let found: Vec<_> =
                well.properties[0].overlaps.iter().filter(|part| inside(&part.stretch, depth)).collect();
            if expected.len() > 1 {
                assert_eq!(found.len(), 1, "seed {seed} at {depth}");
                assert!(found[0].runs.iter().map(String::as_str).eq(expected), "seed {seed} at {depth}");
            } else {
                assert!(found.is_empty(), "seed {seed} at {depth}");
            }
        }
        let intervals = &well.properties[0].intervals;
        assert!(intervals.windows(2).all(|pair| pair[1].top_m - pair[0].base_m > well.properties[0].threshold_m));
    }
}

#[test]
fn a_well_is_shown_as_text() {
    let well = well_coverage(
        &[
            run("one.las", vec![curve("GR", Some("gamma_ray"), 0.0, &"x".repeat(61)), curve("Q", None, 0.0, "xxx")]),
            run("two.las", vec![curve("GR", Some("gamma_ray"), 50.0, &"x".repeat(71))]),
            RunInput { to_m: None, ..run("three.las", vec![]) },
        ],
        None,
    );
    let text = render_well(&well);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["0.0", "m", "120.0", "m"]);
    assert_eq!(lines[1], format!("gamma_ray      [{}]    121.0 m", "#".repeat(60)));
    assert_eq!(lines[2], format!("  GR (one.las) [{}+{}]     61.0 m", "#".repeat(30), ".".repeat(29)));
    assert_eq!(lines[3], format!("  GR (two.las) [{}+{}]     71.0 m", ".".repeat(24), "#".repeat(35)));
    assert!(lines[4].starts_with("Q (one.las)    [#+"), "{}", lines[4]);
    assert_eq!(
        lines[5..],
        ["overlaps", "  gamma_ray: 50.0 m to 60.0 m, one.las, two.las", "left out", "  three.las: no depth in metres"]
    );
    assert_eq!(render_well(&well_coverage(&[], None)), "");
}

#[test]
fn the_coverage_of_a_well_survives_json() {
    let well = well_coverage(
        &[
            run("one", vec![curve("GR", Some("gamma_ray"), 0.1, "xxx---xx")]),
            run("two", vec![curve("GR", Some("gamma_ray"), 1.1, "xxxx")]),
        ],
        Some(0.5),
    );
    let json = serde_json::to_string(&well).unwrap();
    assert!(json.contains(r#""overlaps":[{"top_m":1.1,"base_m":2.1,"runs":["one","two"]}]"#), "{json}");
    assert_eq!(serde_json::from_str::<WellCoverage>(&json).unwrap(), well);
}
