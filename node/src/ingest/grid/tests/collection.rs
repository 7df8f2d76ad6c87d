//! Gridding of the runs of the reference collection.

use std::collections::BTreeMap;

use dataforge_las::{ReadOptions, read};

use super::*;
use crate::ingest::{collection, facts, index, table as native, well};

#[test]
fn real_runs_are_gridded_or_refused_for_a_reason() {
    let Some(files) = collection::las_files() else { return };
    let mut refusals: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut runs, mut values) = (0, 0);
    for (name, bytes) in &files {
        let Ok(reading) = read(bytes, &ReadOptions::default()) else { continue };
        for (position, data) in reading.file.data.iter().enumerate().filter(|(_, data)| !data.columns.is_empty()) {
            let table = native::record_batch(data).unwrap();
            let meaning = index::meaning(
                &data.columns[0],
                ["STRT", "STOP", "STEP"].map(|name| well::well_item(&reading.file, &[name])),
            );
            let shape = index::shape(&data.columns[0].values);
            let index = facts::index_facts(&data.columns[0], "dept", &meaning, &shape);
            let company = well::run_header(&reading.file, position).service_company;
            let curves: Vec<Interpretation> = data.columns[1..]
                .iter()
                .map(|column| {
                    let definition = &column.definition;
                    WorkspaceDictionary::default().interpret(&Clues {
                        service_company: company.as_deref(),
                        mnemonic: &definition.mnemonic,
                        unit: &definition.unit,
                        description: &definition.description,
                        range: None,
                    })
                })
                .collect();
            let run = NativeRun { table: &table, index: &index, curves: &curves, datum: None };
            let place = WellGrid::for_first_run(&index.unit, index.step);
            match grid(&run, &place, &GridOptions::default()) {
                Ok(gridded) => {
                    runs += 1;
                    values += check(name, &run, &gridded);
                }
                Err(error) => {
                    let reason = match error {
                        GridError::NoDepth { .. } => "no depth",
                        GridError::IndexUnit { .. } => "unit",
                        GridError::VerticalDepth { .. } => "vertical",
                        GridError::NoPoint { .. } => "no point",
                        GridError::Table(_) => "text",
                        other => panic!("{name}: {other}"),
                    };
                    *refusals.entry(reason).or_default() += 1;
                }
            }
        }
    }
    assert!(runs > 180 && values > 1_000_000, "{runs} runs, {values} values, refused: {refusals:?}");
    assert!(refusals.values().sum::<usize>() < 40, "{refusals:?}");
}

/// Checks that nothing was invented, and returns the number of values.
fn check(name: &str, run: &NativeRun<'_>, gridded: &Gridded) -> u64 {
    let places: Vec<f64> = column(gridded, 0).into_iter().flatten().collect();
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{name}");
    for (at, facts) in gridded.facts.curves.iter().enumerate() {
        let array = gridded.table.column(at + 1);
        assert_eq!(facts.count as usize, array.len() - array.null_count(), "{name} {}", facts.column);
        let native = run.table.column(at + 1);
        assert!(facts.count == 0 || native.null_count() < native.len(), "{name} {}", facts.column);
        let (Some(least), Some(most)) = (facts.min, facts.max) else { continue };
        let conversion = facts.canonical.then(|| {
            let property = run.curves[at].property.unwrap();
            Conversion::new(run.curves[at].unit.unwrap(), property.unit().unwrap(), property.quantity).unwrap()
        });
        let numbers = native.as_primitive::<Float64Type>();
        let numbers: Vec<f64> = numbers
            .iter()
            .flatten()
            .map(|value| conversion.map_or(value, |conversion| conversion.apply(value)))
            .collect();
        let (low, high) =
            (numbers.iter().copied().reduce(f64::min).unwrap(), numbers.iter().copied().reduce(f64::max).unwrap());
        // On a circle the way from 355.8 to 0.3 degrees is through north.
        let (low, high) = if facts.method == Method::Circle { (low.min(0.0), high.max(360.0)) } else { (low, high) };
        let slack = (high.abs() + low.abs()) * 1e-12;
        assert!(
            low - slack <= least && most <= high + slack,
            "{name} {}: {least} {most} of {low} {high}",
            facts.column
        );
    }
    gridded.facts.curves.iter().map(|curve| curve.count).sum()
}
