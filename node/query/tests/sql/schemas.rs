//! One schema for each workspace of a node.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use arrow::array::{AsArray as _, RecordBatch};
use dataforge_query::{
    Catalog, CatalogError, Convert, Engine, Format, Limits, MetaTable, OpenWorkspace, QueryErrorKind, RunFile,
    RunFilter, UnitError, WellMatch, Workspaces, sample_schema, write,
};
use futures::TryStreamExt as _;

use super::fixture::{Fixture, Workspace, feet, metres, time};

/// Workspaces by name; they may come while an engine runs.
#[derive(Debug, Default)]
struct Several {
    workspaces: Mutex<BTreeMap<String, OpenWorkspace>>,
    broken: AtomicBool,
}

impl Several {
    fn add(&self, name: &str, fixture: &Fixture) {
        let workspace = OpenWorkspace {
            id: format!("id of {name}"),
            catalog: fixture.workspace.clone(),
            blobs: fixture.blobs.clone(),
        };
        self.workspaces.lock().unwrap().insert(name.to_owned(), workspace);
    }

    fn read<T>(&self, get: impl FnOnce(&BTreeMap<String, OpenWorkspace>) -> T) -> Result<T, CatalogError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(CatalogError::new("the disk is gone"));
        }
        Ok(get(&self.workspaces.lock().unwrap()))
    }
}

impl Workspaces for Several {
    fn names(&self) -> Result<Vec<String>, CatalogError> {
        self.read(|workspaces| workspaces.keys().cloned().collect())
    }

    fn named(&self, name: &str) -> Result<Option<OpenWorkspace>, CatalogError> {
        self.read(|workspaces| workspaces.get(name).cloned())
    }
}

/// A node with the workspaces `North Field`, which is the default, and `south`.
struct Node {
    engine: Engine,
    workspaces: Arc<Several>,
    north: Fixture,
    south: Fixture,
}

impl Node {
    fn new() -> Self {
        let north = Fixture::of([feet()], Limits::default(), &[]);
        let south = Fixture::of([metres(), time()], Limits::default(), &[]);
        let workspaces = Arc::new(Several::default());
        workspaces.add("North Field", &north);
        workspaces.add("south", &south);
        let engine = Engine::among(workspaces.clone(), "North Field", Limits::default()).unwrap();
        Self { engine, workspaces, north, south }
    }

    async fn csv(&self, sql: &str) -> String {
        let mut out = Vec::new();
        let stream = self.engine.query(sql).await.unwrap();
        write(stream, Format::Csv, &mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    }

    async fn error(&self, sql: &str) -> (QueryErrorKind, String) {
        let error = self.engine.query(sql).await.err().unwrap_or_else(|| panic!("no error: {sql}"));
        (error.kind, error.message)
    }
}

#[tokio::test]
async fn names_without_a_schema_are_of_the_own_workspace() {
    let node = Node::new();
    assert_eq!(node.csv("SELECT run FROM runs").await, "run\naa11\n");
    assert_eq!(node.csv("SELECT run FROM \"North Field\".runs").await, "run\naa11\n");
    assert_eq!(node.csv("SELECT run FROM south.runs ORDER BY run").await, "run\nbb22\nbb33\n");
    assert_eq!(node.csv("SELECT count(*) AS n FROM dataforge.south.runs").await, "n\n2\n");
    assert_eq!(node.csv("SELECT current_schema() AS own").await, "own\nNorth Field\n");
    assert_eq!(node.csv("SELECT depth FROM run('aa11', 'gridded') LIMIT 1").await, "depth\n0.0\n");
    let (kind, message) = node.error("SELECT * FROM run('bb22')").await;
    assert_eq!(kind, QueryErrorKind::UnknownName, "{message}");
}

#[tokio::test]
async fn one_query_reads_several_workspaces() {
    let node = Node::new();
    let sql = "SELECT n.run AS north, s.run AS south FROM runs n JOIN south.runs s ON s.index_kind = n.index_kind";
    assert_eq!(node.csv(sql).await, "north,south\naa11,bb22\n");
    let sql = "SELECT a.well, a.n + b.n AS n FROM \
               (SELECT well, count(*) AS n FROM samples WHERE curve = 'GR' GROUP BY well) a, \
               (SELECT count(*) AS n FROM south.samples WHERE curve = 'RHOB') b";
    assert_eq!(node.csv(sql).await, "well,n\nAlpha,20003\n");
}

#[tokio::test]
async fn bytes_of_a_workspace_come_from_its_own_reader() {
    let node = Node::new();
    assert_eq!(node.csv("SELECT sum(value) AS sum FROM south.samples WHERE curve = 'HKLA'").await, "sum\n15.0\n");
    assert_eq!(node.north.blobs.calls.load(Ordering::SeqCst), 0);
    assert!(node.south.blobs.calls.load(Ordering::SeqCst) > 0);
    let sql = "SELECT run, value FROM samples WHERE curve = 'GR' AND index_value = 0 \
               UNION ALL SELECT run, value FROM south.samples WHERE curve = 'GR' AND index_value = 100 ORDER BY run";
    assert_eq!(node.csv(sql).await.lines().last(), Some("bb22,45.5"));
    assert!(node.north.blobs.calls.load(Ordering::SeqCst) > 0);
}

#[tokio::test]
async fn a_workspace_that_is_not_here_is_told_with_those_that_are() {
    let node = Node::new();
    let (kind, message) = node.error("SELECT * FROM nowhere.wells").await;
    assert_eq!(kind, QueryErrorKind::UnknownName);
    assert_eq!(message, "there is no workspace \"nowhere\" here; there are \"North Field\", \"south\"");
    // Names are as they are written, and SQL folds those without quotes.
    let (_, message) = node.error("SELECT * FROM South_.wells").await;
    assert!(message.contains("\"south_\""), "{message}");
    let (kind, message) = node.error("SELECT * FROM south.wels").await;
    assert_eq!(kind, QueryErrorKind::UnknownName);
    assert!(message.contains("south.wels"), "{message}");
    let (_, message) = node.error("SELECT * FROM wels").await;
    assert!(message.starts_with("table 'wels' not found"), "{message}");
    let error = Engine::among(node.workspaces.clone(), "nowhere", Limits::default()).unwrap_err();
    assert_eq!(error.kind, QueryErrorKind::UnknownName);
}

#[tokio::test]
async fn a_workspace_that_comes_later_is_there_and_one_that_goes_is_not() {
    let node = Node::new();
    node.error("SELECT * FROM later.runs").await;
    node.workspaces.add("later", &node.south);
    assert_eq!(node.csv("SELECT count(*) AS n FROM later.runs").await, "n\n2\n");
    let schemas = "SELECT schema_name FROM information_schema.schemata ORDER BY 1";
    assert_eq!(node.csv(schemas).await, "schema_name\nNorth Field\nlater\nsouth\n");
    node.workspaces.workspaces.lock().unwrap().remove("later");
    let (kind, _) = node.error("SELECT * FROM later.runs").await;
    assert_eq!(kind, QueryErrorKind::UnknownName);
}

#[tokio::test]
async fn workspaces_that_cannot_be_read_are_an_error_and_no_empty_answer() {
    let node = Node::new();
    node.workspaces.broken.store(true, Ordering::SeqCst);
    let (_, message) = node.error("SELECT * FROM south.runs").await;
    assert!(message.contains("the disk is gone"), "{message}");
    node.workspaces.broken.store(false, Ordering::SeqCst);
    assert_eq!(node.csv("SELECT count(*) AS n FROM south.runs").await, "n\n2\n");
}

#[tokio::test]
async fn the_information_schema_has_every_table_and_column_of_every_workspace() {
    let node = Node::new();
    let samples = ("samples", sample_schema());
    let expected: Vec<_> =
        MetaTable::ALL.into_iter().map(|table| (table.name(), table.schema())).chain([samples]).collect();
    for schema in ["North Field", "south"] {
        let sql = format!(
            "SELECT table_name, column_name, data_type FROM information_schema.columns \
             WHERE table_catalog = 'dataforge' AND table_schema = '{schema}' ORDER BY table_name, ordinal_position"
        );
        let batches: Vec<_> = node.engine.query(sql).await.unwrap().try_collect().await.unwrap();
        let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for batch in &batches {
            let text = |column: usize, row: usize| batch.column(column).as_string::<i32>().value(row).to_owned();
            for row in 0..batch.num_rows() {
                found.entry(text(0, row)).or_default().push((text(1, row), text(2, row)));
            }
        }
        assert_eq!(found.len(), expected.len(), "{schema}");
        for (table, columns) in &expected {
            let columns: Vec<_> =
                columns.fields().iter().map(|field| (field.name().clone(), field.data_type().to_string())).collect();
            assert_eq!(found[*table], columns, "{schema}.{table}");
        }
    }
    let own = "SELECT count(*) AS n FROM information_schema.tables WHERE table_schema = current_schema()";
    assert_eq!(node.csv(own).await, format!("n\n{}\n", expected.len()));
}

#[tokio::test]
async fn every_table_is_read_and_has_the_columns_it_says() {
    let node = Node::new();
    for table in MetaTable::ALL {
        let stream = node.engine.query(format!("SELECT * FROM south.{table}")).await.unwrap();
        assert_eq!(stream.schema(), table.schema(), "{table}");
    }
}

#[tokio::test]
async fn schemas_cannot_be_made_changed_or_dropped() {
    let node = Node::new();
    for sql in [
        "CREATE SCHEMA mine",
        "DROP SCHEMA south CASCADE",
        "CREATE TABLE south.mine AS SELECT 1",
        "CREATE VIEW south.mine AS SELECT 1",
        "INSERT INTO south.runs SELECT * FROM runs",
        "DROP TABLE south.runs",
        "SET datafusion.catalog.default_schema = 'south'",
    ] {
        let (kind, message) = node.error(sql).await;
        assert_eq!(kind, QueryErrorKind::NotAllowed, "{sql}: {message}");
    }
}

/// A catalog that knows how many runs it has, and counts how often it makes their rows.
#[derive(Debug)]
struct Counted {
    inner: Arc<Workspace>,
    made: AtomicU64,
}

impl Catalog for Counted {
    fn rows(&self, table: MetaTable) -> Result<RecordBatch, CatalogError> {
        self.made.fetch_add(1, Ordering::SeqCst);
        self.inner.rows(table)
    }

    fn count(&self, table: MetaTable) -> Result<Option<u64>, CatalogError> {
        Ok((table == MetaTable::Runs).then_some(self.inner.runs.len() as u64))
    }

    fn runs(&self, filter: &RunFilter) -> Result<Vec<Arc<RunFile>>, CatalogError> {
        self.inner.runs(filter)
    }

    fn gridded(&self, run_id: &str) -> Result<Option<RunFile>, CatalogError> {
        self.inner.gridded(run_id)
    }

    fn well(&self, name: &str) -> Result<WellMatch, CatalogError> {
        self.inner.well(name)
    }

    fn conversion(&self, from: &str, to: &str) -> Result<Arc<dyn Convert>, UnitError> {
        self.inner.conversion(from, to)
    }
}

#[tokio::test]
async fn rows_that_are_only_counted_are_not_made() {
    let fixture = Fixture::new();
    let catalog = Arc::new(Counted { inner: fixture.workspace.clone(), made: AtomicU64::new(0) });
    let engine = Engine::new(catalog.clone(), fixture.blobs.clone(), Limits::default()).unwrap();
    for (sql, answer, made) in [
        ("SELECT count(*) AS n FROM runs", "n\n3\n", 0),
        ("SELECT count(*) + 1 AS n FROM runs", "n\n4\n", 0),
        ("SELECT 7 AS n FROM runs LIMIT 2", "n\n7\n7\n", 0),
        ("SELECT count(*) AS n FROM runs WHERE run > 'b'", "n\n2\n", 1),
        ("SELECT count(DISTINCT well) AS n FROM runs", "n\n2\n", 1),
        ("SELECT count(*) AS n FROM wells", "n\n0\n", 1),
    ] {
        let before = catalog.made.load(Ordering::SeqCst);
        let mut out = Vec::new();
        write(engine.query(sql).await.unwrap(), Format::Csv, &mut out).await.unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), answer, "{sql}");
        assert_eq!(catalog.made.load(Ordering::SeqCst) - before, made, "{sql}");
    }
}
