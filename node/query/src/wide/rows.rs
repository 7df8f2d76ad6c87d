//! From the rows of runs to rows of a well.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, RecordBatchOptions, new_null_array};
use datafusion::error::Result;

use super::choice::Column;
use super::reader::{Reader, Run};
use crate::resample::{Around, around, value_at};

/// For every run and each of its columns, where the value of each row is.
type Positions = Vec<Vec<Vec<Option<usize>>>>;

impl Reader {
    /// Returns the next rows; none when there are no more.
    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let rows = if self.spaced.is_some() { self.spaced_rows()? } else { self.delivered_rows()? };
            if rows.is_some() || self.is_done() {
                return Ok(rows);
            }
            self.load().await?;
        }
    }

    fn is_done(&self) -> bool {
        let placed = self.spaced.as_ref().is_some_and(|spaced| spaced.done >= spaced.points.count());
        placed || self.is_read()
    }

    /// Returns rows at the depths as delivered that are complete: one for every different depth.
    fn delivered_rows(&mut self) -> Result<Option<RecordBatch>> {
        let complete_to = self.complete_to();
        let mut at = vec![0; self.runs.len()];
        let mut depths = Vec::new();
        let mut positions: Positions = self.runs.iter().map(|run| vec![Vec::new(); run.columns.len()]).collect();
        while depths.len() < self.batch_rows {
            let next = self.runs.iter().zip(&at).filter_map(|(run, at)| run.buffer.depths().get(*at)).copied();
            let Some(depth) = next.min_by(f64::total_cmp).filter(|depth| *depth < complete_to) else { break };
            for ((run, at), positions) in self.runs.iter().zip(&mut at).zip(&mut positions) {
                let same = run.buffer.depths()[*at..].iter().take_while(|other| **other == depth).count();
                for (column, positions) in positions.iter_mut().enumerate() {
                    positions.push(run.buffer.first_value(column, *at..*at + same));
                }
                *at += same;
            }
            depths.push(depth);
        }
        if depths.is_empty() {
            return Ok(None);
        }
        let batch = self.batch(&depths, |run, at, _| self.runs[run].buffer.values(at, &positions[run][at]))?;
        for (run, passed) in self.runs.iter_mut().zip(at) {
            run.buffer.pass(passed);
        }
        Ok(Some(batch))
    }

    /// Returns rows at points near which everything was read.
    fn spaced_rows(&mut self) -> Result<Option<RecordBatch>> {
        let complete_to = self.complete_to();
        let margin = self.runs.iter().map(|run| run.reach.margin()).fold(0.0, f64::max);
        let Some(spaced) = &self.spaced else { return Ok(None) };
        let left = spaced.done..spaced.points.count();
        let places = left.map(|at| spaced.points.place(at)).take_while(|place| place + margin < complete_to);
        let places: Vec<f64> = places.take(self.batch_rows).collect();
        if places.is_empty() {
            return Ok(None);
        }
        let batch = self.batch(&places, |run, at, column| at_points(&places, &self.runs[run], at, column))?;
        if let Some(spaced) = &mut self.spaced {
            spaced.done += places.len() as u64;
            let next = spaced.points.place(spaced.done);
            for run in &mut self.runs {
                let above = next - run.reach.margin();
                let passed = run.buffer.depths().partition_point(|depth| *depth < above);
                run.buffer.pass(passed);
            }
        }
        Ok(Some(batch))
    }

    /// Puts rows together at depths; columns of runs that are not read are null. The values of the others
    /// are asked for by the position of the run, and of the column in it.
    fn batch(&self, depths: &[f64], values: impl Fn(usize, usize, &Column) -> Result<ArrayRef>) -> Result<RecordBatch> {
        let mut arrays = Vec::with_capacity(self.scan.fields.len());
        for (position, field) in self.scan.fields.iter().zip(self.scan.schema.fields()) {
            let Some(column) = position.checked_sub(1) else {
                arrays.push(Arc::new(Float64Array::from(depths.to_vec())) as ArrayRef);
                continue;
            };
            let found = self.runs.iter().enumerate().find_map(|(run, of)| {
                let at = of.columns.iter().position(|known| *known == column)?;
                Some((run, at))
            });
            arrays.push(match found {
                Some((run, at)) => values(run, at, &self.scan.layout.columns[column])?,
                None => new_null_array(field.data_type(), depths.len()),
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(depths.len()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.scan.schema), arrays, &options)?)
    }
}

/// Returns the values of a column at points; text only where a sample lies on the point.
fn at_points(places: &[f64], run: &Run, position: usize, column: &Column) -> Result<ArrayRef> {
    let (depths, margin) = (run.buffer.depths(), run.reach.margin());
    let (first, last) = (places.first().copied().unwrap_or_default(), places.last().copied().unwrap_or_default());
    let start = depths.partition_point(|depth| *depth < first - margin);
    let end = depths.partition_point(|depth| *depth <= last + margin);
    let rows = start..end.max(start);
    let mut at = 0;
    if column.text {
        let (depths, positions) = run.buffer.places(position, rows);
        let on = places.iter().map(|place| match around(&depths, *place, &mut at, run.reach)? {
            Around::On(sample) => positions.get(sample).copied(),
            Around::Between(_) => None,
        });
        return run.buffer.values(position, &on.collect::<Vec<_>>());
    }
    let (depths, values) = run.buffer.samples(position, rows);
    let value = |place: &f64| value_at((&depths, &values), column.interpolation, *place, &mut at, run.reach);
    Ok(Arc::new(places.iter().map(value).collect::<Float64Array>()))
}
