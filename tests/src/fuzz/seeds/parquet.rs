//! Parquet files as our own writer makes them, of the other seeds.

use dataforge_las::{ReadOptions, read};
use dataforge_node::ingest::prepare;

use super::las::las;
use crate::las::las_text;

/// Returns the tables of all LAS files among the seeds, and of two larger ones: one with many
/// pages, one with many columns.
#[must_use]
pub fn parquet() -> Vec<Vec<u8>> {
    let larger = [las_text(1, 50_000, 2, 1).into_bytes(), las_text(2, 30, 100, 1).into_bytes()];
    let mut seeds = Vec::new();
    for source in las().into_iter().chain(larger) {
        let Ok(reading) = read(&source, &ReadOptions::default()) else { continue };
        let Ok(prepared) = prepare(&source, &reading) else { continue };
        seeds.extend(prepared.runs.into_iter().map(|run| run.parquet.to_vec()));
    }
    seeds
}
