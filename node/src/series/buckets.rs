//! Buckets of all curves of a run: how an overview is stored and sent.
//!
//! A bucket covers some rows of a table that follow each other as delivered. As an Arrow table it is one
//! row: `index_min`, `index_max`, `samples` (rows that have an index), and for every curve `c<ordinal>_min`,
//! `c<ordinal>_max` and `c<ordinal>_count`, all doubles, null where there is nothing.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, Float64Array};
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::{Bucket, Extent, Overview};

/// Columns that every table of buckets has first.
const INDEX: [&str; 3] = ["index_min", "index_max", "samples"];

/// Buckets of some curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Buckets {
    /// For each bucket the extent of its index; its count is that of rows that have one.
    index: Vec<Extent>,
    /// For each curve its ordinal and the extents of its values.
    curves: Vec<(u32, Vec<Extent>)>,
}

impl Buckets {
    /// Makes buckets of `rows` rows each, of columns of equal length, NaN where a row has no value. A row
    /// without an index counts nowhere, and what is not finite is no value.
    #[must_use]
    pub fn new(index: &[f64], curves: &[(u32, &[f64])], rows: usize) -> Self {
        let rows = rows.max(1);
        let fold = |values: &[f64]| {
            let parts = index.chunks(rows).zip(values.chunks(rows));
            let part = |(index, values): (&[f64], &[f64])| {
                let mut extent = Extent::NONE;
                for (_, value) in index.iter().zip(values).filter(|(at, value)| at.is_finite() && value.is_finite()) {
                    extent.add(*value);
                }
                extent
            };
            parts.map(part).collect::<Vec<_>>()
        };
        let curves = curves.iter().map(|(ordinal, values)| (*ordinal, fold(values))).collect();
        Self { index: fold(index), curves }
    }

    /// Number of buckets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is no bucket.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Returns the ordinals of its curves.
    pub fn ordinals(&self) -> impl Iterator<Item = u32> {
        self.curves.iter().map(|(ordinal, _)| *ordinal)
    }

    /// Joins as many neighbours as it takes to have at most so many buckets; returns how many became one.
    pub fn shrink(&mut self, most: usize) -> usize {
        let together = self.len().div_ceil(most.max(1)).max(1);
        let join = |extents: &mut Vec<Extent>| {
            let joined = extents.chunks(together).map(|part| {
                let mut extent = Extent::NONE;
                part.iter().for_each(|one| extent.join(one));
                extent
            });
            *extents = joined.collect();
        };
        if together > 1 {
            join(&mut self.index);
            self.curves.iter_mut().for_each(|(_, extents)| join(extents));
        }
        together
    }

    /// Keeps only some curves.
    pub fn keep(&mut self, ordinals: &[u32]) {
        self.curves.retain(|(ordinal, _)| ordinals.contains(ordinal));
    }

    /// Returns the extent of a curve over all buckets, of the index by ordinal 0.
    #[must_use]
    pub fn extent(&self, ordinal: u32) -> Option<Extent> {
        let extents = match ordinal {
            0 => &self.index,
            _ => &self.curves.iter().find(|(of, _)| *of == ordinal)?.1,
        };
        let mut all = Extent::NONE;
        extents.iter().for_each(|extent| all.join(extent));
        Some(all)
    }

    /// Returns what is known of one curve.
    #[must_use]
    pub fn overview(&self, ordinal: u32) -> Option<Overview> {
        let (_, extents) = self.curves.iter().find(|(of, _)| *of == ordinal)?;
        let bucket = |(index, values): (&Extent, &Extent)| Bucket {
            top: index.min,
            base: index.max,
            samples: index.count as u64,
            count: values.count as u64,
            min: values.min,
            max: values.max,
        };
        Some(Overview::new(self.index.iter().zip(extents).map(bucket).collect()))
    }

    /// Returns the buckets as an Arrow table; `describe` gives the metadata of the columns of a curve, and of
    /// the index by ordinal 0.
    ///
    /// # Errors
    /// When Arrow refuses it, as it does when a curve is there twice.
    pub fn to_batch(&self, describe: impl Fn(u32) -> HashMap<String, String>) -> Result<RecordBatch, ArrowError> {
        let mut fields = Vec::new();
        let mut arrays = Vec::new();
        let mut add = |names: [String; 3], ordinal: u32, extents: &[Extent]| {
            for (name, array) in names.into_iter().zip(arrays_of(extents)) {
                fields.push(Field::new(name, DataType::Float64, true).with_metadata(describe(ordinal)));
                arrays.push(array);
            }
        };
        add(INDEX.map(str::to_owned), 0, &self.index);
        for (ordinal, extents) in &self.curves {
            add(columns_of(*ordinal), *ordinal, extents);
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
    }

    /// Reads an Arrow table of buckets; `None` when it is none.
    #[must_use]
    pub fn from_batch(batch: &RecordBatch) -> Option<Self> {
        let schema = batch.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let (first, rest) = names.split_at_checked(INDEX.len())?;
        if first != INDEX || !rest.len().is_multiple_of(INDEX.len()) {
            return None;
        }
        let mut curves = Vec::new();
        for (place, names) in rest.chunks(INDEX.len()).enumerate() {
            let ordinal: u32 = names.first()?.strip_prefix('c')?.strip_suffix("_min")?.parse().ok()?;
            if names != columns_of(ordinal) {
                return None;
            }
            curves.push((ordinal, extents_of(batch, (place + 1) * INDEX.len())?));
        }
        Some(Self { index: extents_of(batch, 0)?, curves })
    }

    /// Puts the buckets of another table behind these, which are of the same curves; says whether they are.
    pub(super) fn append(&mut self, other: Self) -> bool {
        if !self.ordinals().eq(other.ordinals()) {
            return false;
        }
        self.index.extend(other.index);
        for ((_, extents), (_, more)) in self.curves.iter_mut().zip(other.curves) {
            extents.extend(more);
        }
        true
    }
}

/// Returns the columns of a table of buckets of some curves, in order.
pub(crate) fn columns(ordinals: impl IntoIterator<Item = u32>) -> impl Iterator<Item = String> {
    INDEX.map(str::to_owned).into_iter().chain(ordinals.into_iter().flat_map(columns_of))
}

fn columns_of(ordinal: u32) -> [String; 3] {
    ["min", "max", "count"].map(|what| format!("c{ordinal}_{what}"))
}

fn arrays_of(extents: &[Extent]) -> [ArrayRef; 3] {
    // Of two zeros either may be the smaller one: adding zero makes both the same on every machine.
    let ends = |end: fn(&Extent) -> f64| {
        extents.iter().map(|extent| (!extent.is_none()).then(|| end(extent) + 0.0)).collect::<Float64Array>()
    };
    let counts: Float64Array = extents.iter().map(|extent| Some(extent.count as f64)).collect();
    [Arc::new(ends(|extent| extent.min)), Arc::new(ends(|extent| extent.max)), Arc::new(counts)]
}

/// Reads three columns from one on; `None` when they are not doubles.
fn extents_of(batch: &RecordBatch, first: usize) -> Option<Vec<Extent>> {
    let column = |at: usize| batch.columns().get(first + at)?.as_primitive_opt::<Float64Type>();
    let (min, max, count) = (column(0)?, column(1)?, column(2)?);
    let value = |array: &Float64Array, row: usize| if array.is_null(row) { f64::NAN } else { array.value(row) };
    let extent = |row: usize| {
        let (min, max, count) = (value(min, row), value(max, row), value(count, row));
        // Whoever wrote it may have written anything.
        if min <= max && min.is_finite() && max.is_finite() && count >= 1.0 {
            Extent { min, max, count: count as usize }
        } else {
            Extent::NONE
        }
    };
    Some((0..batch.num_rows()).map(extent).collect())
}
