//! The curves that stand for the properties of their wells, over all runs.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use dataforge_protocol::id::DocId;
use rusqlite::{Row, params};

use super::Index;
use super::read::listing;
use crate::api::ApiError;
use crate::ingest::dictionary::{Contender, preferred};

/// Curves of logs that may stand for something, well by well and property by property; what people
/// judged bad stands for nothing unless it was chosen all the same.
const CONTENDERS: &str = "
    SELECT r.well, c.property, c.run, c.ordinal, c.label, c.rank, c.value_count, (c.base - c.top) * r.to_si AS covered,
           r.log_date, p.run IS NOT NULL AS chosen,
           EXISTS (SELECT 1 FROM derivations AS d WHERE d.workspace = r.workspace AND d.run = r.id)
    FROM runs AS r {index}
    CROSS JOIN curves AS c ON c.workspace = r.workspace AND c.run = r.id
    LEFT JOIN preferred AS p ON p.workspace = r.workspace AND p.well = r.well AND p.property = c.property
                            AND p.run = c.run AND p.ordinal = c.ordinal
    WHERE r.workspace = ?1 AND {of} AND r.well IS NOT NULL AND r.deleted = 0 AND r.kind = 'log'
    AND c.property IS NOT NULL AND (c.quality <> 'bad' OR p.run IS NOT NULL)
    ORDER BY r.well, c.property";

struct Curve {
    well: [u8; 32],
    property: String,
    run: [u8; 32],
    ordinal: u32,
    id: String,
    label: String,
    rank: u8,
    samples: u64,
    covered: f64,
    recorded: i64,
    chosen: bool,
    /// Whether its run is a derived one.
    derived: bool,
}

impl Curve {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (run, ordinal): ([u8; 32], u32) = (row.get(2)?, row.get(3)?);
        let samples: u64 = row.get(6)?;
        let date: Option<String> = row.get(8)?;
        #[expect(clippy::cast_precision_loss, reason = "a stand-in for metres, which orders all the same")]
        let covered = row.get::<_, Option<f64>>(7)?.unwrap_or(samples as f64);
        Ok(Self {
            well: row.get(0)?,
            property: row.get(1)?,
            run,
            ordinal,
            id: format!("{}:{ordinal:05}", DocId(run)),
            label: row.get(4)?,
            rank: row.get(5)?,
            samples,
            covered,
            recorded: date.as_deref().and_then(day).unwrap_or(i64::MIN),
            chosen: row.get(9)?,
            derived: row.get(10)?,
        })
    }

    fn contender(&self) -> Contender<'_> {
        Contender {
            id: &self.id,
            name: &self.label,
            chosen_by: self.chosen.then_some("somebody"),
            rank: self.rank,
            samples: self.samples,
            covered: self.covered,
            recorded: self.recorded,
        }
    }
}

/// Returns the day of a date as it is kept when it was understood: ISO 8601, perhaps with a time.
fn day(text: &str) -> Option<i64> {
    let date = NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()?;
    Some(i64::from(date.to_epoch_days()))
}

impl Index<'_> {
    /// Returns the curves that stand for a property of a well, or of all wells: run and ordinal.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn preferred(&self, well: Option<&DocId>) -> Result<BTreeSet<(DocId, u32)>, ApiError> {
        self.preferred_among(well, |_| true)
    }

    /// Returns the curves that stand for a property of a well, or of all wells, when only those of some
    /// runs count.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn preferred_among(
        &self,
        well: Option<&DocId>,
        counts: impl Fn(&DocId) -> bool,
    ) -> Result<BTreeSet<(DocId, u32)>, ApiError> {
        let mut statement =
            self.connection.prepare_cached(&listing(CONTENDERS, well.map(|_| ("r.well", "runs_by_well"))))?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), well.map(DocId::as_bytes)], Curve::read)?;
        let mut curves = rows.collect::<Result<Vec<_>, _>>()?;
        curves.retain(|curve| counts(&DocId(curve.run)));
        let groups = curves.chunk_by(|a, b| a.well == b.well && a.property == b.property);
        let best = groups.filter_map(|group| {
            // What was computed takes no place from what was measured, unless somebody chose it.
            let measured = group.iter().any(|curve| !curve.derived);
            let stand: Vec<_> = group.iter().filter(|curve| !curve.derived || curve.chosen || !measured).collect();
            let contenders: Vec<_> = stand.iter().map(|curve| curve.contender()).collect();
            stand.get(preferred(&contenders)?.position).copied()
        });
        Ok(best.map(|curve| (DocId(curve.run), curve.ordinal)).collect())
    }
}
