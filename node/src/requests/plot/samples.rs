//! The samples of a chart that is printed: from the tables that are held here, on the axis of the chart.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Float64Type;
use arrow::record_batch::RecordBatch;
use dataforge_protocol::document::chart::{ChartKind, Domain, LineStyle};
use dataforge_protocol::id::BlobHash;

use super::gather::Gathered;
use crate::api::{ApiError, ChartCurve, ChartSource, ErrorKind, RunInfo, TopInfo};
use crate::node::Node;
use crate::plot::curve::usual_range;
use crate::plot::data::{Array, Data, TopMark};
use crate::plot::layout::DepthAxis;
use crate::series::{Order, Trace};
use crate::table::read_table;

/// What a print is filled with.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The sources; what cannot be read is not held.
    pub(super) sources: Vec<ChartSource>,
    /// Why series have no samples, by their ids.
    pub(super) notes: BTreeMap<String, String>,
    /// What else is not as it should be.
    pub(super) left_out: Vec<String>,
    traces: Vec<(String, Trace)>,
    arrays: Vec<(String, Values)>,
    tops: Vec<TopMark>,
}

/// The values of an array.
#[derive(Debug)]
struct Values {
    index: Vec<f64>,
    columns: usize,
    values: Vec<f64>,
}

/// A table, its index on the axis of the chart.
struct Table {
    batch: RecordBatch,
    index: Vec<f64>,
    order: Order,
}

impl Loaded {
    /// Reads what is held. For use on threads that may block.
    ///
    /// # Errors
    /// `Storage`; a table that is damaged or not held is a note.
    pub(super) fn of(node: &Node, gathered: &Gathered, axis: &DepthAxis) -> Result<Self, ApiError> {
        let mut loaded = Self {
            sources: gathered.sources.clone(),
            notes: BTreeMap::new(),
            left_out: Vec::new(),
            traces: Vec::new(),
            arrays: Vec::new(),
            tops: Vec::new(),
        };
        let mut tables: BTreeMap<String, Result<Table, String>> = BTreeMap::new();
        for position in 0..loaded.sources.len() {
            let source = loaded.sources[position].clone();
            let Some(curve) = &source.curve else { continue };
            let table = match tables.entry(curve.run.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(room) => room.insert(loaded.table(node, gathered, axis, curve)?),
            };
            let read = match table {
                Ok(table) => loaded.take(gathered, &source, curve, table),
                Err(why) => Err(why.clone()),
            };
            if let Err(why) = read {
                loaded.notes.insert(source.item.clone(), why);
                if let Some(curve) = &mut loaded.sources[position].curve {
                    curve.held = false;
                }
            }
        }
        loaded.take_tops(gathered, axis);
        Ok(loaded)
    }

    /// Reads the table of a curve; the inner error says why it cannot be drawn.
    fn table(
        &mut self,
        node: &Node,
        gathered: &Gathered,
        axis: &DepthAxis,
        curve: &ChartCurve,
    ) -> Result<Result<Table, String>, ApiError> {
        let Some(run) = gathered.runs.get(&curve.run) else { return Ok(Err("its run is gone".to_owned())) };
        if !curve.held {
            return Ok(Err("not here".to_owned()));
        }
        let Ok(blob) = curve.blob.parse::<BlobHash>() else { return Ok(Err("it has no table".to_owned())) };
        let batch = match read_table(node, &gathered.workspace, &blob) {
            Ok(batch) => batch,
            Err(error) if error.kind == ErrorKind::Storage => return Err(error),
            Err(error) => return Ok(Err(error.message)),
        };
        let Some(delivered) = numbers(&batch, 0) else { return Ok(Err("its index is no number".to_owned())) };
        let index = match self.on_axis(gathered, axis, run, delivered) {
            Ok(index) => index,
            Err(why) => return Ok(Err(why)),
        };
        let order = Order::new(&index);
        Ok(Ok(Table { batch, index, order }))
    }

    /// Turns an index as delivered into depths of the axis, NaN where there is none.
    fn on_axis(
        &mut self,
        gathered: &Gathered,
        axis: &DepthAxis,
        run: &RunInfo,
        mut index: Vec<f64>,
    ) -> Result<Vec<f64>, String> {
        let needs_depths = matches!(gathered.chart.kind, ChartKind::LogTracks | ChartKind::Coverage | ChartKind::Line);
        let wanted = if axis.domain == Domain::Time { "time" } else { "depth" };
        if run.index_kind != wanted {
            // Pairs and counts need no depths, only an index that both values share.
            return if needs_depths {
                Err(format!("its index is {}, not {wanted}", run.index_kind))
            } else {
                Ok(index)
            };
        }
        let unit = &run.index_unit;
        let per_unit = axis.per(unit).ok_or_else(|| format!("{unit:?} is no unit of its axis"));
        let per_unit = if needs_depths { per_unit? } else { per_unit.unwrap_or(1.0) };
        let per_metre = axis.per("m").unwrap_or(1.0);
        index.iter_mut().for_each(|depth| *depth *= per_unit);
        if !matches!(axis.domain, Domain::Tvd | Domain::Tvdss) || !needs_depths {
            return Ok(index);
        }
        let datum = run.acquisition.iter().find(|(field, _)| field == "datum").map_or("", |(_, datum)| datum);
        self.straight_down(gathered, axis, run, datum, per_metre, index)
    }

    /// Turns depths along the hole into vertical ones. Where the hole goes up again there is no line down.
    fn straight_down(
        &mut self,
        gathered: &Gathered,
        axis: &DepthAxis,
        run: &RunInfo,
        datum: &str,
        per_metre: f64,
        mut index: Vec<f64>,
    ) -> Result<Vec<f64>, String> {
        let path = gathered.path.as_ref().ok_or("the well has no survey")?;
        let (mut why, mut found) = (None, 0_usize);
        for depth in &mut index {
            let placed = path.place(Some(*depth / per_metre), datum);
            let vertical = if axis.domain == Domain::Tvd { placed.tvd_m } else { placed.tvdss_m };
            match vertical {
                Some(metres) => {
                    *depth = metres * per_metre;
                    found += 1;
                }
                None => {
                    why = why.or(placed.unknown);
                    *depth = f64::NAN;
                }
            }
        }
        if found == 0 {
            return Err(why.unwrap_or_else(|| "its vertical depths are not known".to_owned()));
        }
        let upwards = drop_upward(&mut index);
        if upwards > 0 {
            self.left_out.push(format!("run {}: {upwards} samples where the hole goes up", run.name));
        }
        if let Some(why) = why {
            self.left_out.push(format!("run {}: some samples have no vertical depth: {why}", run.name));
        }
        Ok(index)
    }

    /// Takes what an item of the chart wants of a table.
    fn take(
        &mut self,
        gathered: &Gathered,
        source: &ChartSource,
        curve: &ChartCurve,
        table: &Table,
    ) -> Result<(), String> {
        let key = if source.field == "colour_by" { Data::colour_of(&source.item) } else { source.item.clone() };
        if wants_image(gathered, source)
            && let Some(columns) = elements(gathered, curve)
        {
            return self.take_array(key, &columns, table);
        }
        let column = table.batch.schema().index_of(&curve.column).map_err(|_error| "its table lacks it".to_owned())?;
        let values = numbers(&table.batch, column).ok_or("its values are texts")?;
        let series = table.order.series(&values).map_err(|error| error.to_string())?;
        self.traces.push((key, Trace::Samples(series)));
        Ok(())
    }

    /// Takes all elements of an array, by depth.
    fn take_array(&mut self, key: String, columns: &[String], table: &Table) -> Result<(), String> {
        let column = |name: &String| {
            let column = table.batch.schema().index_of(name).map_err(|_error| format!("its table lacks {name}"))?;
            numbers(&table.batch, column).ok_or_else(|| format!("{name} holds texts"))
        };
        let all = columns.iter().map(column).collect::<Result<Vec<_>, String>>()?;
        let mut rows: Vec<usize> = (0..table.index.len()).filter(|row| table.index[*row].is_finite()).collect();
        rows.sort_by(|one, other| table.index[*one].total_cmp(&table.index[*other]));
        let values = rows.iter().flat_map(|row| all.iter().map(move |column| column[*row])).collect();
        let index = rows.iter().map(|row| table.index[*row]).collect();
        self.arrays.push((key, Values { index, columns: columns.len(), values }));
        Ok(())
    }

    /// Takes the tops, on the axis.
    fn take_tops(&mut self, gathered: &Gathered, axis: &DepthAxis) {
        for top in &gathered.tops {
            match on_axis(top, gathered, axis) {
                Ok((depth, base)) => {
                    self.tops.push(TopMark { id: top.id.clone(), name: top.name.clone(), depth, base });
                }
                Err(why) => self.left_out.push(format!("top {}: {why}", top.name)),
            }
        }
        self.tops.sort_by(|one, other| one.depth.total_cmp(&other.depth));
    }

    /// Ranges for series that have no scale otherwise.
    pub(super) fn ranges(&self) -> BTreeMap<String, (f64, f64)> {
        let of_traces = self.traces.iter().filter_map(|(key, trace)| Some((key.clone(), usual_range(trace)?)));
        let of_arrays = self.arrays.iter().filter_map(|(key, array)| {
            let known = array.values.iter().filter(|value| value.is_finite());
            let range = known.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)));
            Some((key.clone(), range)).filter(|(_, (low, high))| low <= high)
        });
        of_traces.chain(of_arrays).collect()
    }

    /// What the plot takes it as.
    pub(super) fn data(&self) -> Data<'_> {
        let mut data = Data { tops: self.tops.clone(), ..Data::default() };
        for (key, trace) in &self.traces {
            data.add(key.clone(), trace, 1.0);
        }
        for (key, array) in &self.arrays {
            let Values { index, columns, values } = array;
            let array = Array { index, columns: *columns, values, per_index: 1.0 };
            data.series.entry(key.clone()).or_default().array = Some(array);
        }
        data
    }
}

/// Where a top is, in the unit of the axis.
fn on_axis(top: &TopInfo, gathered: &Gathered, axis: &DepthAxis) -> Result<(f64, Option<f64>), String> {
    let per_metre = axis.per("m").unwrap_or(1.0);
    let vertical = |metres: Option<f64>| {
        let unknown = || top.unknown.clone().unwrap_or_else(|| "its vertical depth is not known".to_owned());
        // Where a zone ends straight down would take another look at the path.
        metres.map(|metres| (metres * per_metre, None)).ok_or_else(unknown)
    };
    match axis.domain {
        Domain::Time => Err("the axis counts time".to_owned()),
        Domain::Tvd => vertical(top.tvd_m),
        Domain::Tvdss => vertical(top.tvdss_m),
        Domain::Md => {
            let offset = match top.datum.as_str() {
                "" => 0.0,
                "MSL" => return Err("it is counted from the sea, not along the hole".to_owned()),
                datum if datum == axis.datum || axis.datum.is_empty() => 0.0,
                datum => *gathered
                    .datums
                    .get(datum)
                    .ok_or_else(|| format!("it is not known how far {datum} is from {}", axis.datum))?,
            };
            let per_unit = axis.per(&top.unit).ok_or_else(|| format!("{} is no unit of length", top.unit))?;
            let depth = |depth: f64| depth.mul_add(per_unit, offset);
            Ok((depth(top.depth), top.base.map(depth)))
        }
    }
}

/// Whether a series shows all elements of an array: one whose line is none.
fn wants_image(gathered: &Gathered, source: &ChartSource) -> bool {
    let series = gathered.chart.series.iter().find(|series| series.id == source.item);
    source.field == "source" && series.is_some_and(|series| series.line == Some(LineStyle::None))
}

/// The columns of all elements of the array that a curve is one of, in their order; none when it is none.
fn elements(gathered: &Gathered, curve: &ChartCurve) -> Option<Vec<String>> {
    let element = |mnemonic: &str| {
        let (array, number) = mnemonic.strip_suffix(']')?.rsplit_once('[')?;
        Some((array.to_owned(), number.parse::<u32>().ok()?))
    };
    let curves = gathered.curves.get(&curve.run)?;
    let (array, _) = element(&curves.iter().find(|one| one.ordinal == curve.ordinal)?.mnemonic)?;
    let all = curves.iter().filter_map(|one| {
        let (of, number) = element(&one.mnemonic)?;
        (of == array).then(|| (number, one.column.clone()))
    });
    let all: BTreeSet<(u32, String)> = all.collect();
    (all.len() > 1).then(|| all.into_iter().map(|(_, column)| column).collect())
}

/// The numbers of a column, NaN for none; nothing of a column of texts.
fn numbers(batch: &RecordBatch, column: usize) -> Option<Vec<f64>> {
    let array = batch.columns().get(column)?.as_primitive_opt::<Float64Type>()?;
    if array.null_count() == 0 {
        return Some(array.values().to_vec());
    }
    Some(array.iter().map(|value| value.unwrap_or(f64::NAN)).collect())
}

/// Takes depths away that lie above one that came before; returns how many.
fn drop_upward(index: &mut [f64]) -> usize {
    // Of a log that runs upwards the other way round.
    let known: Vec<f64> = index.iter().copied().filter(|depth| depth.is_finite()).collect();
    let runs_up = known.first() > known.last();
    let mut deepest = f64::NEG_INFINITY;
    let mut dropped = 0;
    let mut see = |depth: &mut f64| {
        if *depth < deepest {
            *depth = f64::NAN;
            dropped += 1;
        } else if depth.is_finite() {
            deepest = *depth;
        }
    };
    if runs_up {
        index.iter_mut().rev().for_each(&mut see)
    } else {
        index.iter_mut().for_each(&mut see)
    }
    dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_hole_goes_up_there_is_no_line_down() {
        let mut down = [1.0, 2.0, 3.0, 2.5, f64::NAN, 2.9, 3.5];
        assert_eq!(drop_upward(&mut down), 2);
        assert!(down[3].is_nan() && down[5].is_nan() && down[6] == 3.5);
        let mut up = [3.5, 2.9, 3.0, 2.0, 1.0];
        assert_eq!(drop_upward(&mut up), 1, "the same hole, logged upwards");
        assert!(up[1].is_nan() && up[2] == 3.0, "{up:?}");
        let mut still = [2.0, 2.0, 2.0];
        assert_eq!(drop_upward(&mut still), 0);
    }
}
