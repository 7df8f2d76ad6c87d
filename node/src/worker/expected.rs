//! What a table should hold, by the facts of its run.

use dataforge_protocol::facts::{GriddedFacts, PyramidFacts, RenditionFacts};
use serde::Serialize;

use crate::ingest::pyramid;

/// What a table should hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expected {
    /// Number of rows.
    pub rows: u64,
    /// Columns in order.
    pub columns: Vec<ExpectedColumn>,
}

/// What a column should hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExpectedColumn {
    /// Its name in the file.
    pub name: String,
    /// Whether it is text; doubles otherwise.
    pub text: bool,
    /// How many of its values are not null; `None` when it is not known.
    pub count: Option<u64>,
    /// Smallest and largest number, each `None` when there is none, as in text; `None` when they are
    /// not known.
    pub range: Option<(Option<f64>, Option<f64>)>,
}

impl Expected {
    /// Returns what the native table of a run should hold.
    #[must_use]
    pub fn native(rendition: &RenditionFacts) -> Self {
        let index = &rendition.index;
        let range = Some((index.min, index.max));
        let mut columns = vec![ExpectedColumn { name: index.column.clone(), text: index.text, count: None, range }];
        columns.extend(rendition.curves.iter().map(|curve| ExpectedColumn {
            name: curve.column.clone(),
            text: curve.text,
            count: Some(curve.count),
            range: Some((curve.min, curve.max)),
        }));
        Self { rows: rendition.rows, columns }
    }

    /// Returns what a gridded copy of a native table should hold.
    #[must_use]
    pub fn gridded(copy: &GriddedFacts, native: &RenditionFacts) -> Self {
        let name = native.index.column.clone();
        let mut columns = vec![ExpectedColumn { name, text: false, count: Some(copy.rows), range: None }];
        columns.extend(copy.curves.iter().map(|curve| {
            let native = native.curves.iter().find(|native| native.ordinal == curve.ordinal);
            ExpectedColumn {
                name: curve.column.clone(),
                text: native.is_some_and(|native| native.text),
                count: Some(curve.count),
                range: None,
            }
        }));
        Self { rows: copy.rows, columns }
    }

    /// Returns what the pyramid of a native table should hold.
    #[must_use]
    pub fn pyramid(one: &PyramidFacts, native: &RenditionFacts) -> Self {
        let number = |name: String| ExpectedColumn { name, text: false, count: None, range: None };
        let numeric = native.curves.iter().filter(|curve| !curve.text).map(|curve| curve.ordinal);
        Self { rows: one.buckets, columns: pyramid::columns(numeric).map(number).collect() }
    }

    /// Returns an id by which two expectations are the same.
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        // Text and numbers have no unserialisable part; an id of nothing would match nothing.
        let text = serde_json::to_vec(self).unwrap_or_default();
        *blake3::hash(&text).as_bytes()
    }
}
