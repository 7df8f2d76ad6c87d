//! Wells side by side by depth, against what going through all rows gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Float64Type};
use bytes::Bytes;
use dataforge_query::resample::Interpolation;
use dataforge_query::{
    Catalog, CatalogError, Convert, CurveColumn, Engine, Format, IndexKind, Limits, MetaTable, QueryErrorKind, RunFile,
    RunFilter, UnitError, WellCurve, WellFile, WellMatch, WellRun, write,
};
use futures::TryStreamExt as _;

use super::fixture::{Blobs, FEET, Fixture, Times, conversion, curve, feet, index, metres, run, table, tops, well_of};

/// A workspace of wells alone.
#[derive(Debug)]
struct Wells(Vec<WellFile>);

impl Catalog for Wells {
    fn rows(&self, table: MetaTable) -> Result<RecordBatch, CatalogError> {
        Ok(RecordBatch::new_empty(table.schema()))
    }

    fn runs(&self, _filter: &RunFilter) -> Result<Vec<Arc<RunFile>>, CatalogError> {
        Ok(Vec::new())
    }

    fn gridded(&self, _run_id: &str) -> Result<Option<RunFile>, CatalogError> {
        Ok(None)
    }

    fn well(&self, name: &str) -> Result<WellMatch, CatalogError> {
        if name == "twice" {
            return Ok(WellMatch::Several(vec!["11aa".into(), "22bb".into()]));
        }
        let found = self.0.iter().find(|well| well.well == name);
        Ok(found.map_or(WellMatch::Unknown(Vec::new()), |well| WellMatch::Found(Box::new(well.clone()))))
    }

    fn conversion(&self, from: &str, to: &str) -> Result<Arc<dyn Convert>, UnitError> {
        conversion(from, to)
    }
}

/// An engine over one well, and its blobs.
struct Place {
    engine: Engine,
}

impl Place {
    fn new(well: WellFile, tables: impl IntoIterator<Item = ([u8; 32], Bytes)>) -> Self {
        let blobs = Arc::new(Blobs { held: tables.into_iter().collect(), ..Blobs::default() });
        Self { engine: Engine::new(Arc::new(Wells(vec![well])), blobs, Limits::default()).unwrap() }
    }

    async fn batches(&self, sql: &str) -> Vec<RecordBatch> {
        self.engine.query(sql).await.unwrap().try_collect().await.unwrap()
    }

    /// Returns the columns of numbers of a result.
    async fn columns(&self, sql: &str) -> Vec<Vec<Option<f64>>> {
        let batches = self.batches(sql).await;
        let width = batches.first().map_or(0, |batch| batch.num_columns());
        let column =
            |at: usize| batches.iter().flat_map(move |batch| batch.column(at).as_primitive::<Float64Type>().iter());
        (0..width).map(|at| column(at).collect()).collect()
    }

    async fn csv(&self, sql: &str) -> String {
        let mut out = Vec::new();
        write(self.engine.query(sql).await.unwrap(), Format::Csv, &mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    }

    async fn error(&self, sql: &str) -> String {
        match self.engine.query(sql).await {
            Err(error) => error.message,
            Ok(stream) => stream.try_collect::<Vec<_>>().await.expect_err(sql).message,
        }
    }
}

fn of_property(curve: CurveColumn, property: &str) -> CurveColumn {
    CurveColumn { property: Some(property.into()), ..curve }
}

/// A well of a run in feet that goes up, and one in metres that goes down, moved by half a metre.
fn two_runs() -> Place {
    let up = run(
        "aa11",
        "Alpha",
        [1; 32],
        index("dept", IndexKind::Depth, "ft", 0.5, (200.0, 206.0)),
        vec![
            of_property(curve(1, "GR", "GR", "gAPI", false), "gamma_ray"),
            of_property(curve(2, "RHOB", "RHOB", "g/cm3", false), "bulk_density"),
            curve(3, "LITH", "LITH", "", true),
        ],
    );
    let depths: ArrayRef = Arc::new(Float64Array::from(vec![Some(200.0), Some(202.0), None, Some(202.0), Some(206.0)]));
    let gr: ArrayRef = Arc::new(Float64Array::from(vec![Some(10.0), None, Some(9.0), Some(30.0), Some(40.0)]));
    let rhob: ArrayRef = Arc::new(Float64Array::from(vec![Some(2.0), Some(2.5), Some(9.0), Some(2.75), None]));
    let lith: ArrayRef = Arc::new(StringArray::from(vec![Some("sand"), None, Some("x"), Some("shale"), None]));
    let (up, up_bytes) = table(up, vec![depths, gr, rhob, lith]);
    let down = run(
        "bb22",
        "Alpha",
        [2; 32],
        index("depth", IndexKind::Depth, "m", 1.0, (99.5, 102.5)),
        vec![of_property(curve(1, "NPHI", "NPHI", "", false), "neutron"), curve(2, "GR", "GR", "gAPI", false)],
    );
    let depths: ArrayRef = Arc::new(Float64Array::from(vec![102.5, 101.5, 100.5, 99.5]));
    let nphi: ArrayRef = Arc::new(Float64Array::from(vec![0.4, 0.3, 0.2, 0.1]));
    let gr: ArrayRef = Arc::new(Float64Array::from(vec![4.0, 3.0, 2.0, 1.0]));
    let (down, down_bytes) = table(down, vec![depths, nphi, gr]);
    let time = run(
        "cc33",
        "Alpha",
        [3; 32],
        index("time", IndexKind::Time, "s", 1.0, (0.0, 1.0)),
        vec![of_property(curve(1, "HKLA", "HKLA", "klbf", false), "hook_load")],
    );
    let WellMatch::Found(mut well) = well_of("Alpha", vec![up, down, time]) else { panic!("it has runs") };
    well.runs[1].shift_m = 0.5;
    well.curves[1].conversion = Some(Arc::new(Times(1000.0)));
    well.curves[1].unit = "kg/m3".into();
    Place::new(*well, [([1; 32], up_bytes), ([2; 32], down_bytes)])
}

#[tokio::test]
async fn a_well_is_the_preferred_curve_of_each_property_at_every_depth() {
    let place = two_runs();
    let csv = place.csv("SELECT * FROM well('Alpha')").await;
    // Of equal depths the first with a value counts, curve by curve.
    let expected = "depth_m,bulk_density,gamma_ray,neutron\n\
                    100.0,2000.0,10.0,0.1\n\
                    101.0,2500.0,30.0,0.2\n\
                    102.0,,,0.3\n\
                    103.0,,40.0,0.4\n";
    assert_eq!(csv, expected);
    assert_eq!(
        place.csv("SELECT count(*) AS n, sum(neutron) AS s FROM WELL('Alpha') WHERE depth_m > 101").await,
        "n,s\n2,0.7\n"
    );
    assert_eq!(place.csv("SELECT neutron, depth_m FROM well('Alpha') LIMIT 1").await, "neutron,depth_m\n0.1,100.0\n");
    assert_eq!(place.csv("SELECT count(*) AS n FROM well('Alpha', 'neutron')").await, "n\n4\n");
    assert_eq!(
        place.csv("SELECT count(*) AS n FROM well('Alpha') WHERE depth_m > 103 OR depth_m < 100").await,
        "n\n0\n"
    );
}

#[tokio::test]
async fn curves_are_named_by_property_or_mnemonic() {
    let place = two_runs();
    let csv = place.csv("SELECT * FROM well('Alpha', 'LITH, GR,Neutron') WHERE depth_m < 102").await;
    assert_eq!(csv, "depth_m,lith,gr,neutron\n100.0,sand,10.0,0.1\n101.0,shale,30.0,0.2\n");
    let schema = place.engine.describe("SELECT * FROM well('Alpha', 'rhob,lith')").await.unwrap().schema;
    let types: Vec<_> =
        schema.fields().iter().map(|field| (field.name().as_str(), field.data_type().clone())).collect();
    assert_eq!(types, [("depth_m", DataType::Float64), ("rhob", DataType::Float64), ("lith", DataType::Utf8)]);
    assert!(!schema.field(0).is_nullable());
    assert_eq!(schema.field(1).metadata()["dataforge.unit"], "kg/m3");
    assert_eq!(schema.field(1).metadata()["dataforge.curve"], "RHOB");
}

#[tokio::test]
async fn a_step_gives_its_multiples_with_values_between_samples() {
    let place = two_runs();
    let sql = "SELECT * FROM well('Alpha', 'gr,neutron,lith', step => 0.5)";
    // Samples of gr are 1 and 2 m apart, which is near enough for the median step of the run; those of
    // neutron are 1 m apart. Text is where it was read.
    let expected = "depth_m,gr,neutron,lith\n\
                    100.0,10.0,0.1,sand\n\
                    100.5,20.0,0.15000000000000002,\n\
                    101.0,30.0,0.2,shale\n\
                    101.5,32.5,0.25,\n\
                    102.0,35.0,0.3,\n\
                    102.5,37.5,0.35,\n\
                    103.0,40.0,0.4,\n";
    assert_eq!(place.csv(sql).await, expected);
    let gap = place
        .csv("SELECT depth_m, gr FROM well('Alpha', curves => 'gr', max_gap => 1.0, step => 0.5) WHERE depth_m >= 101")
        .await;
    assert_eq!(gap, "depth_m,gr\n101.0,30.0\n101.5,\n102.0,\n102.5,\n103.0,40.0\n");
    for same in [
        "SELECT * FROM well('Alpha', 'gr,neutron,lith', 0.5)",
        "SELECT * FROM well(name => 'Alpha', step => 0.5, curves => 'gr,neutron,lith')",
        "SELECT * FROM Well('Alpha', 'gr,neutron,lith', 0.5, NULL)",
    ] {
        assert_eq!(place.csv(same).await, expected, "{same}");
    }
    assert_eq!(place.csv("SELECT count(*) AS n FROM well('Alpha', 'gr', 0.5)").await, "n\n7\n");
    assert_eq!(place.csv("SELECT count(*) AS n FROM well('Alpha', 'gr', 50)").await, "n\n1\n");
    assert_eq!(place.csv("SELECT count(*) AS n FROM well('Alpha', 'gr', 300)").await, "n\n0\n");
}

#[tokio::test]
async fn wrong_calls_say_what_to_do() {
    let place = two_runs();
    for (sql, part) in [
        ("SELECT * FROM well('Beta')", "no well is called 'Beta'; see the table wells"),
        ("SELECT * FROM well('twice')", "stands for several wells, give the id of one: 11aa, 22bb"),
        ("SELECT * FROM well('Alpha', 'grr')", "well Alpha has no curve called 'grr'; did you mean GR"),
        ("SELECT * FROM well('Alpha', 'resistivity_deep')", "it has GR, HKLA, LITH"),
        ("SELECT * FROM well('Alpha', 'hook_load')", "run cc33 is over time, not over depth"),
        ("SELECT * FROM well('Alpha', 'gr,GR')", "two columns gr"),
        ("SELECT * FROM well('Alpha', 'gr', step => -1)", "step is a number of metres above zero"),
        ("SELECT * FROM well('Alpha', 'gr', step => 1e-300)", "give a larger step"),
        ("SELECT * FROM well('Alpha', stop => 1)", "there is no argument stop"),
        ("SELECT * FROM well('Alpha', step => 1, 'gr')", "follows one with a name"),
        ("SELECT * FROM well('Alpha', 'gr', curves => 'gr')", "curves is given twice"),
        ("SELECT * FROM well('Alpha', max_gap => 1)", "max_gap says"),
        ("SELECT * FROM well()", "the well is missing"),
        ("SELECT * FROM well('Alpha', 'gr', 1, 2, 3)", "four arguments"),
    ] {
        let message = place.error(sql).await;
        assert!(message.contains(part), "{sql}: {message}");
    }
    let fixture = Fixture::new();
    for (sql, part) in [
        ("SELECT * FROM well('Alfa')", "did you mean Alpha?"),
        ("SELECT gama_ray FROM well('Beta')", "did you mean"),
        ("SELECT * FROM well('Beta', 'rhb')", "did you mean RHOB"),
    ] {
        let error = fixture.error(sql).await;
        assert_eq!(error.kind, QueryErrorKind::UnknownName, "{sql}: {error}");
        assert!(error.message.to_lowercase().contains(&part.to_lowercase()), "{sql}: {error}");
    }
    let missing = Fixture::with(Limits::default(), &[FEET]);
    let error = missing.error("SELECT gamma_ray FROM well('Alpha')").await;
    assert_eq!(error.kind, QueryErrorKind::NotHeld, "{error}");
    assert!(error.message.contains("aa11") && error.message.contains("rig-7"), "{error}");
    let tables = Fixture::of([metres(), tops()], Limits::default(), &[]);
    assert_eq!(tables.csv("SELECT count(gamma_ray) AS n FROM well('Beta')").await, "n\n2\n");
}

#[tokio::test]
async fn rows_are_known_to_be_in_order_of_depth() {
    let fixture = Fixture::new();
    for sql in [
        "SELECT * FROM well('Alpha') ORDER BY depth_m",
        "SELECT gamma_ray FROM well('Alpha', NULL, 0.5) ORDER BY depth_m",
    ] {
        let plan = fixture.csv(&format!("EXPLAIN {sql}")).await;
        assert!(plan.contains("WellExec") && !plan.contains("SortExec"), "{plan}");
    }
}

#[tokio::test]
async fn a_window_of_depths_reads_few_bytes() {
    let fixture = Fixture::new();
    // The footer is read once.
    let all = fixture.bytes("SELECT * FROM well('Alpha', 'gr,gr_2')").await;
    let window = "WHERE depth_m BETWEEN 1000 AND 1003";
    let delivered = fixture.bytes(&format!("SELECT * FROM well('Alpha', 'gr,gr_2') {window}")).await;
    assert!(delivered > 0 && delivered * 20 < all, "{delivered} of {all}");
    let spaced = fixture.bytes(&format!("SELECT * FROM well('Alpha', 'gr,gr_2', 0.5, 1) {window}")).await;
    assert!(spaced > 0 && spaced * 20 < all, "{spaced} of {all}");
    let one = fixture.bytes(&format!("SELECT gr FROM well('Alpha', 'gr,gr_2') {window}")).await;
    assert!(one < delivered, "{one} of {delivered}");
    let first = fixture.bytes("SELECT * FROM well('Alpha', 'gr,gr_2') LIMIT 5").await;
    assert!(first * 2 < all + all / 10, "{first} of {all}");
    assert_eq!(fixture.bytes("SELECT count(*) FROM well('Alpha', 'gr', 0.5)").await, 0);
}

#[tokio::test]
async fn a_run_in_no_order_is_bounded_by_memory() {
    let (run, bytes) = feet();
    let shuffled = shuffled(&run, &bytes);
    let limits = Limits { memory_bytes: 300_000, ..Limits::default() };
    let fixture = Fixture::of([shuffled], limits, &[]);
    let error = fixture.error("SELECT depth_m, gr FROM well('Alpha', 'gr')").await;
    assert_eq!(error.kind, QueryErrorKind::Limit, "{error}");
    let fixture = Fixture::of([feet()], Limits { memory_bytes: 2_000_000, ..Limits::default() }, &[]);
    assert_eq!(fixture.csv("SELECT count(gr) AS n FROM well('Alpha', 'gr')").await, "n\n18000\n");
}

/// Returns a table with its rows in another order.
fn shuffled(run: &RunFile, bytes: &Bytes) -> (RunFile, Bytes) {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).unwrap();
    let schema = reader.schema().clone();
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    let batch = arrow::compute::concat_batches(&schema, &batches).unwrap();
    let mut order: Vec<u32> = (0..u32::try_from(batch.num_rows()).unwrap()).collect();
    fastrand::Rng::with_seed(5).shuffle(&mut order);
    let order = arrow::array::UInt32Array::from(order);
    let columns = batch.columns().iter().map(|column| arrow::compute::take(column, &order, None).unwrap()).collect();
    table(run.clone(), columns)
}

/// A run as a list of rows.
struct Log {
    to_m: f64,
    shift_m: f64,
    step: Option<f64>,
    depths: Vec<Option<f64>>,
    curves: Vec<Vec<Option<f64>>>,
}

impl Log {
    /// Makes one that goes down, up or anywhere, with gaps, equal depths and missing values.
    fn random(random: &mut fastrand::Rng, rows: usize) -> Self {
        let to_m = [1.0, 0.3048][random.usize(0..2)];
        let (mut depth, step) = (f64::from(random.i32(0..2_000)) * 0.5, [0.5, 0.1, 0.25][random.usize(0..3)]);
        let mut depths: Vec<Option<f64>> = Vec::with_capacity(rows);
        for _ in 0..rows {
            depth += match random.u16(0..1_000) {
                0..20 => 0.0,
                20..30 => step * f64::from(random.i32(2..40)),
                _ => step,
            };
            depths.push((random.u16(0..200) > 0).then_some(depth));
        }
        match random.u8(0..4) {
            0 => depths.reverse(),
            1 => random.shuffle(&mut depths),
            _ => {}
        }
        let value = |random: &mut fastrand::Rng| (random.u8(0..10) > 1).then(|| random.f64() * 200.0 - 20.0);
        let curves = (0..random.usize(1..4)).map(|_| (0..rows).map(|_| value(random)).collect()).collect();
        let shift_m = [0.0, 0.0, 1.5][random.usize(0..3)];
        Self { to_m, shift_m, step: random.bool().then_some(-step), depths, curves }
    }

    fn depth_m(&self, row: usize) -> Option<f64> {
        let depth = self.depths[row]? * self.to_m;
        Some(if self.shift_m == 0.0 { depth } else { depth + self.shift_m })
    }

    /// Rows by depth, of equal depths in the order of the run.
    fn by_depth(&self) -> Vec<(f64, usize)> {
        let mut rows: Vec<_> = (0..self.depths.len()).filter_map(|row| Some((self.depth_m(row)?, row))).collect();
        rows.sort_by(|one, other| one.0.total_cmp(&other.0));
        rows
    }

    /// Depths and values of a curve, of equal depths the first with a value.
    fn samples(&self, curve: usize) -> Vec<(f64, f64)> {
        let mut samples: Vec<(f64, f64)> = Vec::new();
        for (depth, row) in self.by_depth() {
            if let Some(value) = self.curves[curve][row]
                && samples.last().is_none_or(|last| last.0 != depth)
            {
                samples.push((depth, value));
            }
        }
        samples
    }

    fn limit(&self, step: f64) -> f64 {
        let own = self.step.map(|own| (own * self.to_m).abs()).unwrap_or_else(|| {
            let rows = self.by_depth();
            let mut steps: Vec<f64> =
                rows.windows(2).map(|pair| pair[1].0 - pair[0].0).filter(|step| *step > 0.0).collect();
            steps.sort_by(f64::total_cmp);
            steps.get(steps.len() / 2).copied().unwrap_or(0.0)
        });
        2.0 * own.max(step)
    }

    fn run(&self, number: u8) -> (RunFile, Bytes) {
        let known = self.depths.iter().flatten().copied();
        let (min, max) = known
            .clone()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), depth| (min.min(depth), max.max(depth)));
        let mut index = index("dept", IndexKind::Depth, "", self.to_m, (min, max));
        if known.count() == 0 {
            (index.min, index.max) = (None, None);
        }
        let names: Vec<String> = (0..self.curves.len()).map(|at| format!("R{number}C{at}")).collect();
        let curves = (1..).zip(&names).map(|(ordinal, name)| curve(ordinal, name, name, "", false)).collect();
        let run = run(&format!("{number:02}"), "Alpha", [number + 1; 32], index, curves);
        let numbers = |values: &Vec<Option<f64>>| Arc::new(Float64Array::from(values.clone())) as ArrayRef;
        table(run, std::iter::once(&self.depths).chain(&self.curves).map(numbers).collect())
    }
}

fn well_of_logs(logs: &[Log]) -> (Place, String) {
    let tables: Vec<(RunFile, Bytes)> = (0..).zip(logs).map(|(number, log)| log.run(number)).collect();
    let blobs: Vec<_> = tables.iter().map(|(run, bytes)| (run.blob, bytes.clone())).collect();
    let runs = tables.into_iter().zip(logs).map(|((file, _), log)| WellRun {
        file,
        step: log.step,
        shift_m: log.shift_m,
        unplaced: None,
    });
    let runs: Vec<WellRun> = runs.collect();
    let mut curves = Vec::new();
    for (run, log) in runs.iter().enumerate() {
        curves.extend((0..log.file.curves.len()).map(|curve| WellCurve {
            run,
            curve,
            preferred: false,
            unit: String::new(),
            conversion: None,
            interpolation: Interpolation::Linear,
        }));
    }
    let names: Vec<String> =
        runs.iter().flat_map(|run| run.file.curves.iter().map(|curve| curve.label.clone())).collect();
    (Place::new(WellFile { well: "Alpha".into(), runs, curves }, blobs), names.join(","))
}

/// Rows at every depth, by going through all of them.
fn delivered(logs: &[Log]) -> Vec<Vec<Option<f64>>> {
    let width: usize = logs.iter().map(|log| log.curves.len()).sum();
    // Depths are not below zero, so that their bits are in their order.
    let mut rows: BTreeMap<u64, Vec<Option<f64>>> = BTreeMap::new();
    let mut before = 0;
    for log in logs {
        for row in 0..log.depths.len() {
            let Some(depth) = log.depth_m(row) else { continue };
            let cells = rows.entry(depth.to_bits()).or_insert_with(|| vec![None; width]);
            for (at, curve) in log.curves.iter().enumerate() {
                cells[before + at] = cells[before + at].or(curve[row]);
            }
        }
        before += log.curves.len();
    }
    let depths = rows.keys().map(|bits| Some(f64::from_bits(*bits))).collect();
    std::iter::once(depths).chain((0..width).map(|at| rows.values().map(|cells| cells[at]).collect())).collect()
}

/// Rows at multiples of ten-thousandths of a metre, each value by looking through the samples.
fn spaced(logs: &[Log], step: i64, max_gap: Option<f64>) -> Vec<Vec<Option<f64>>> {
    let metres = step as f64 / 1e4;
    let ends = logs.iter().flat_map(Log::by_depth).map(|(depth, _)| depth);
    let (min, max) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), depth| (min.min(depth), max.max(depth)));
    let first = (min / metres - 1e-6).ceil() as i64;
    let last = (max / metres + 1e-6).floor() as i64;
    let places: Vec<f64> = (first..=last).map(|number| (number * step) as f64 / 1e4).collect();
    let mut columns = vec![places.iter().copied().map(Some).collect()];
    for log in logs {
        let limit = max_gap.unwrap_or_else(|| log.limit(metres)) * (1.0 + 1e-6);
        for curve in 0..log.curves.len() {
            let samples = log.samples(curve);
            columns.push(places.iter().map(|place| value_at(&samples, *place, metres * 1e-6, limit)).collect());
        }
    }
    columns
}

fn value_at(samples: &[(f64, f64)], place: f64, snap: f64, limit: f64) -> Option<f64> {
    let after = samples.partition_point(|(depth, _)| *depth <= place);
    let left = after.checked_sub(1).map(|at| samples[at]);
    let right = samples.get(after).copied();
    let to_left = left.map_or(f64::INFINITY, |left| place - left.0);
    let to_right = right.map_or(f64::INFINITY, |right| right.0 - place);
    if to_left.min(to_right) <= snap {
        return if to_right < to_left { right } else { left }.map(|(_, value)| value);
    }
    let ((from, low), (to, high)) = (left?, right?);
    if to - from > limit {
        return None;
    }
    let share = ((place - from) / (to - from)).clamp(0.0, 1.0);
    Some((low * (1.0 - share) + high * share).clamp(low.min(high), low.max(high)))
}

async fn check(logs: &[Log], random: &mut fastrand::Rng, what: &str) {
    let (place, names) = well_of_logs(logs);
    let expected = delivered(logs);
    if expected[0].is_empty() {
        return;
    }
    let found = place.columns(&format!("SELECT * FROM well('Alpha', '{names}')")).await;
    assert!(found == expected, "{what}: delivered");
    let (step, max_gap) = ([5_000, 1_524, 20_000, 300][random.usize(0..4)], random.bool().then_some(0.75));
    let expected_spaced = spaced(logs, step, max_gap);
    let gap = max_gap.map_or("NULL".to_owned(), |gap| gap.to_string());
    let table = format!("well('Alpha', '{names}', {}, {gap})", step as f64 / 1e4);
    if !expected_spaced[0].is_empty() {
        let found = place.columns(&format!("SELECT * FROM {table}")).await;
        assert!(found == expected_spaced, "{what}: {table}");
    }
    // A window is a part of the whole, and not another answer.
    let rows = &expected[0];
    let (low, high) = (rows[random.usize(0..rows.len())].unwrap(), rows[random.usize(0..rows.len())].unwrap());
    let (low, high) = (low.min(high), low.max(high));
    for (table, expected) in [(format!("well('Alpha', '{names}')"), &expected), (table, &expected_spaced)] {
        let inside: Vec<usize> = (0..expected[0].len())
            .filter(|row| expected[0][*row].is_some_and(|depth| depth >= low && depth <= high))
            .collect();
        if inside.is_empty() {
            continue;
        }
        let found =
            place.columns(&format!("SELECT * FROM {table} WHERE depth_m >= {low:?} AND depth_m <= {high:?}")).await;
        let part: Vec<Vec<Option<f64>>> =
            expected.iter().map(|column| inside.iter().map(|row| column[*row]).collect()).collect();
        assert!(found == part, "{what}: {table} from {low} to {high}");
    }
}

#[tokio::test]
async fn random_wells_are_joined_as_going_through_all_rows_joins_them() {
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed);
        let logs: Vec<Log> = (0..random.usize(1..4))
            .map(|_| {
                let rows = random.usize(1..1_200);
                Log::random(&mut random, rows)
            })
            .collect();
        check(&logs, &mut random, &format!("seed {seed}")).await;
    }
}

#[tokio::test]
async fn large_wells_are_read_in_rounds_with_the_same_result() {
    for seed in 100..104 {
        let mut random = fastrand::Rng::with_seed(seed);
        let logs: Vec<Log> = (0..2).map(|_| Log::random(&mut random, 30_000)).collect();
        check(&logs, &mut random, &format!("seed {seed}")).await;
    }
}
