//! A workspace of three small runs in memory: feet, metres and time.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, new_null_array};
use async_trait::async_trait;
use bytes::Bytes;
use dataforge_query::resample::Interpolation;
use dataforge_query::{
    BlobError, BlobReader, Catalog, CatalogError, Convert, CurveColumn, Engine, Format, IndexColumn, IndexKind, Limits,
    MetaTable, QueryError, Reading, RunFile, RunFilter, UnitError, WellCurve, WellFile, WellMatch, WellRun,
    Whereabouts, write,
};
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

pub(crate) const FEET: [u8; 32] = [0xfe; 32];
pub(crate) const METRES: [u8; 32] = [0x3e; 32];
pub(crate) const TIME: [u8; 32] = [0x71; 32];
pub(crate) const TOPS: [u8; 32] = [0x70; 32];
pub(crate) const GRIDDED: [u8; 32] = [0x66; 32];

/// Rows of the run in feet: ten row groups of ten pages.
pub(crate) const FEET_ROWS: usize = 20_000;

#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) runs: Vec<RunFile>,
    pub(crate) asked: Mutex<Vec<RunFilter>>,
    /// Gridded copies by the full id of their run.
    pub(crate) gridded: BTreeMap<String, RunFile>,
}

impl Catalog for Workspace {
    fn rows(&self, table: MetaTable) -> Result<RecordBatch, CatalogError> {
        let schema = table.schema();
        if table != MetaTable::Runs {
            return Ok(RecordBatch::new_empty(schema));
        }
        let text = |get: fn(&RunFile) -> &str| {
            Arc::new(self.runs.iter().map(|run| Some(get(run))).collect::<StringArray>()) as ArrayRef
        };
        let columns = schema
            .fields()
            .iter()
            .map(|field| match field.name().as_str() {
                "run_id" => text(|run| &run.run_id),
                "run" => text(|run| &run.run),
                "well" => text(|run| &run.well),
                "index_kind" => text(|run| run.index.kind.as_str()),
                "rows" => {
                    Arc::new(Int64Array::from_iter_values(self.runs.iter().map(|run| i64::try_from(run.rows).unwrap())))
                }
                "held" => Arc::new(BooleanArray::from(vec![true; self.runs.len()])),
                _ => new_null_array(field.data_type(), self.runs.len()),
            })
            .collect();
        RecordBatch::try_new(schema, columns).map_err(CatalogError::from_source)
    }

    fn runs(&self, filter: &RunFilter) -> Result<Vec<Arc<RunFile>>, CatalogError> {
        self.asked.lock().unwrap().push(filter.clone());
        let one_of = |list: &Option<Vec<String>>, test: &dyn Fn(&String) -> bool| {
            list.as_ref().is_none_or(|list| list.iter().any(test))
        };
        let matches = |run: &&RunFile| {
            one_of(&filter.wells, &|well| run.well == *well)
                && one_of(&filter.runs, &|id| run.run_id.starts_with(id.as_str()))
                && one_of(&filter.curves, &|label| run.curves.iter().any(|curve| curve.label == *label))
        };
        Ok(self.runs.iter().filter(matches).cloned().map(Arc::new).collect())
    }

    fn gridded(&self, run_id: &str) -> Result<Option<RunFile>, CatalogError> {
        Ok(self.gridded.get(run_id).cloned())
    }

    fn well(&self, name: &str) -> Result<WellMatch, CatalogError> {
        let logs = self.runs.iter().filter(|run| run.well == name && run.is_log).cloned().collect();
        Ok(well_of(name, logs))
    }

    fn conversion(&self, from: &str, to: &str) -> Result<Arc<dyn Convert>, UnitError> {
        conversion(from, to)
    }
}

/// Makes a well of logs: the first curve of a property stands for it, nothing is converted or moved.
pub(crate) fn well_of(name: &str, logs: Vec<RunFile>) -> WellMatch {
    if logs.is_empty() {
        return WellMatch::Unknown(vec!["Alpha".into()]);
    }
    let mut properties = BTreeSet::new();
    let mut curves = Vec::new();
    for (run, log) in logs.iter().enumerate() {
        for (at, curve) in log.curves.iter().enumerate() {
            curves.push(WellCurve {
                run,
                curve: at,
                preferred: curve.property.clone().is_some_and(|property| properties.insert(property)),
                unit: curve.unit.clone(),
                conversion: None,
                interpolation: Interpolation::Linear,
            });
        }
    }
    let runs = logs.into_iter().map(|file| WellRun { file, step: None, shift_m: 0.0, unplaced: None }).collect();
    WellMatch::Found(Box::new(WellFile { well: name.into(), runs, curves }))
}

#[derive(Debug)]
pub(crate) struct Times(pub(crate) f64);

impl Convert for Times {
    fn apply_all(&self, values: &mut [f64]) {
        values.iter_mut().for_each(|value| *value *= self.0);
    }
}

/// A dictionary of two lengths and a density.
pub(crate) fn conversion(from: &str, to: &str) -> Result<Arc<dyn Convert>, UnitError> {
    let metres = |unit: &str| match unit {
        "m" => Ok(Some(1.0)),
        "ft" => Ok(Some(0.3048)),
        "g/cm3" => Ok(None),
        other => Err(UnitError(format!("there is no unit '{other}'; did you mean ft?"))),
    };
    match (metres(from)?, metres(to)?) {
        (Some(from), Some(to)) => Ok(Arc::new(Times(from / to))),
        (None, None) => Ok(Arc::new(Times(1.0))),
        _ => Err(UnitError(format!("no conversion from {from} to {to}"))),
    }
}

#[derive(Debug, Default)]
pub(crate) struct Blobs {
    pub(crate) held: BTreeMap<[u8; 32], Bytes>,
    pub(crate) read: AtomicU64,
    pub(crate) calls: AtomicU64,
    pub(crate) stuck: AtomicBool,
    pub(crate) broken: AtomicBool,
}

#[async_trait]
impl BlobReader for Blobs {
    async fn read(
        &self,
        blob: &[u8; 32],
        ranges: &[Range<u64>],
        reading: &Arc<Reading>,
    ) -> Result<Vec<Bytes>, BlobError> {
        if self.stuck.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        assert!(!self.broken.load(Ordering::SeqCst), "a fault of the reader");
        let Some(bytes) = self.held.get(blob) else {
            return Err(BlobError::not_held(blob, vec!["rig-7".into()]));
        };
        self.calls.fetch_add(1, Ordering::SeqCst);
        let parts = ranges.iter().map(|range| {
            self.read.fetch_add(range.end - range.start, Ordering::SeqCst);
            reading.note_here(range.end - range.start);
            bytes.slice(usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap())
        });
        Ok(parts.collect())
    }

    async fn whereabouts(&self, blob: &[u8; 32], ranges: &[Range<u64>]) -> Result<Whereabouts, BlobError> {
        if self.held.contains_key(blob) {
            return Ok(Whereabouts { is_held: true, ..Whereabouts::default() });
        }
        let missing = ranges.iter().map(|range| range.end - range.start).sum();
        Ok(Whereabouts { is_held: false, missing, holders: vec!["rig-7".into()] })
    }
}

pub(crate) struct Fixture {
    pub(crate) engine: Engine,
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) blobs: Arc<Blobs>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default(), &[])
    }

    pub(crate) fn with(limits: Limits, missing: &[[u8; 32]]) -> Self {
        Self::of([feet(), metres(), time()], limits, missing)
    }

    /// Makes a workspace of the given tables.
    pub(crate) fn of(tables: impl IntoIterator<Item = (RunFile, Bytes)>, limits: Limits, missing: &[[u8; 32]]) -> Self {
        let (copy, bytes) = gridded();
        let mut blobs = Blobs::default();
        blobs.held.insert(copy.blob, bytes);
        let mut runs = Vec::new();
        for (run, bytes) in tables {
            if !missing.contains(&run.blob) {
                blobs.held.insert(run.blob, bytes);
            }
            runs.push(run);
        }
        let blobs = Arc::new(blobs);
        let workspace = Arc::new(Workspace {
            runs,
            asked: Mutex::default(),
            gridded: BTreeMap::from([(copy.run_id.clone(), copy)]),
        });
        let engine = Engine::new(workspace.clone(), blobs.clone(), limits).unwrap();
        Self { engine, workspace, blobs }
    }

    pub(crate) async fn text(&self, sql: &str, format: Format) -> String {
        let mut out = Vec::new();
        let stream = self.engine.query(sql).await.unwrap();
        write(stream, format, &mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    }

    pub(crate) async fn csv(&self, sql: &str) -> String {
        self.text(sql, Format::Csv).await
    }

    pub(crate) async fn error(&self, sql: &str) -> QueryError {
        match self.engine.query(sql).await {
            Err(error) => error,
            Ok(stream) => match stream.try_collect::<Vec<_>>().await {
                Err(error) => error,
                Ok(_) => panic!("no error: {sql}"),
            },
        }
    }

    /// Returns the bytes of blobs that a query reads, beyond the footers.
    pub(crate) async fn bytes(&self, sql: &str) -> u64 {
        let before = self.blobs.read.load(Ordering::SeqCst);
        self.csv(sql).await;
        self.blobs.read.load(Ordering::SeqCst) - before
    }
}

pub(crate) fn curve(ordinal: u32, mnemonic: &str, label: &str, unit: &str, text: bool) -> CurveColumn {
    CurveColumn {
        ordinal,
        mnemonic: mnemonic.into(),
        label: label.into(),
        column: label.to_lowercase(),
        unit: unit.into(),
        text,
        property: (mnemonic == "GR").then(|| "gamma_ray".into()),
        count: 0,
        min: None,
        max: None,
    }
}

pub(crate) fn run(id: &str, well: &str, blob: [u8; 32], index: IndexColumn, curves: Vec<CurveColumn>) -> RunFile {
    RunFile {
        run: id.into(),
        run_id: format!("{id:0<64}"),
        well: well.into(),
        well_id: format!("well-{well}"),
        is_log: true,
        blob,
        size: 0,
        rows: 0,
        index,
        curves,
    }
}

pub(crate) fn index(name: &str, kind: IndexKind, unit: &str, to_si: f64, range: (f64, f64)) -> IndexColumn {
    IndexColumn {
        name: name.into(),
        kind,
        text: false,
        unit: unit.into(),
        to_si: Some(to_si),
        min: Some(range.0),
        max: Some(range.1),
    }
}

pub(crate) fn table(mut run: RunFile, columns: Vec<ArrayRef>) -> (RunFile, Bytes) {
    let names = std::iter::once(run.index.name.clone()).chain(run.curves.iter().map(|curve| curve.column.clone()));
    let batch = RecordBatch::try_from_iter(names.zip(columns)).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(2_000))
        .set_data_page_row_count_limit(200)
        .set_write_batch_size(200)
        .set_dictionary_enabled(false)
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    run.size = bytes.len() as u64;
    run.rows = batch.num_rows() as u64;
    (run, bytes.into())
}

pub(crate) fn feet() -> (RunFile, Bytes) {
    let depths: Vec<f64> = (0..FEET_ROWS).map(|row| row as f64 * 0.5).collect();
    let last = *depths.last().unwrap();
    let wave = |row: usize| (row as f64 * 0.37).sin() * 75.0 + 75.0;
    let gr: Float64Array = (0..FEET_ROWS).map(|row| (row % 10 != 3).then(|| wave(row))).collect();
    let gr_2: Float64Array = (0..FEET_ROWS).map(|row| Some(wave(row + 1))).collect();
    let lith: StringArray = (0..FEET_ROWS).map(|row| (row % 2 == 0).then_some("shale")).collect();
    let run = run(
        "aa11",
        "Alpha",
        FEET,
        index("dept", IndexKind::Depth, "ft", 0.3048, (0.0, last)),
        vec![
            curve(1, "GR", "GR", "gAPI", false),
            curve(2, "GR", "GR_2", "gAPI", false),
            curve(3, "LITH", "LITH", "", true),
        ],
    );
    let depths: ArrayRef = Arc::new(Float64Array::from(depths));
    table(run, vec![depths, Arc::new(gr), Arc::new(gr_2), Arc::new(lith)])
}

pub(crate) fn metres() -> (RunFile, Bytes) {
    let run = run(
        "bb22",
        "Beta",
        METRES,
        index("depth", IndexKind::Depth, "m", 1.0, (100.0, 102.0)),
        vec![curve(1, "GR", "GR", "gAPI", false), curve(2, "RHOB", "RHOB", "g/cm3", false)],
    );
    let depths: ArrayRef = Arc::new(Float64Array::from(vec![100.0, 101.0, 102.0]));
    let gr: ArrayRef = Arc::new(Float64Array::from(vec![Some(45.5), None, Some(0.1)]));
    let rhob: ArrayRef = Arc::new(Float64Array::from(vec![2.65, 2.7, 1e21]));
    table(run, vec![depths, gr, rhob])
}

pub(crate) fn time() -> (RunFile, Bytes) {
    let run = run(
        "bb33",
        "Beta",
        TIME,
        index("time", IndexKind::Time, "ms", 0.001, (0.0, 500.0)),
        vec![curve(1, "HKLA", "HKLA", "klbf", false)],
    );
    let times: ArrayRef = Arc::new(Float64Array::from(vec![0.0, 500.0]));
    let load: ArrayRef = Arc::new(Float64Array::from(vec![7.0, 8.0]));
    table(run, vec![times, load])
}

/// A table that is no log: its first column is text.
pub(crate) fn tops() -> (RunFile, Bytes) {
    let mut run = run(
        "cc44",
        "Beta",
        TOPS,
        index("topn", IndexKind::Other, "", 1.0, (0.0, 0.0)),
        vec![curve(1, "TOPT", "TOPT", "m", false)],
    );
    run.is_log = false;
    run.index.text = true;
    (run.index.to_si, run.index.min, run.index.max) = (None, None, None);
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("Viking"), None, Some("Mannville")]));
    let depths: ArrayRef = Arc::new(Float64Array::from(vec![101.5, 102.5, 105.0]));
    table(run, vec![names, depths])
}

/// The gridded copy of [`feet`].
pub(crate) fn gridded() -> (RunFile, Bytes) {
    let run = run(
        "aa11",
        "Alpha",
        GRIDDED,
        index("depth", IndexKind::Depth, "ft", 0.3048, (0.0, 1.0)),
        vec![curve(1, "GR", "GR", "gAPI", false)],
    );
    let depths: ArrayRef = Arc::new(Float64Array::from(vec![0.0, 0.5, 1.0]));
    let gr: ArrayRef = Arc::new(Float64Array::from(vec![Some(75.0), None, Some(80.0)]));
    table(run, vec![depths, gr])
}
