//! The catalog `dataforge`: a schema for each workspace of the node.
//!
//! Schemas are looked up whenever a statement names one, so a workspace that is joined while the engine
//! runs can be read at once. What was opened of a workspace is kept by its id, because footers that
//! were read once stay right.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::common::plan_datafusion_err;
use datafusion::error::{DataFusionError, Result};

use crate::catalog::{Catalog, CatalogError, OpenWorkspace, Workspaces};
use crate::meta::{MetaProvider, MetaTable};
use crate::parquet_file::Source;
use crate::pg::PgSchema;
use crate::samples::SamplesTable;

/// The name of the catalog.
pub(super) const CATALOG: &str = "dataforge";

/// Workspaces named in the message when one is not there.
const MAX_LISTED: usize = 10;

/// All schemas.
#[derive(Debug)]
pub(super) struct Schemas {
    workspaces: Arc<dyn Workspaces>,
    /// The schema that names without one are of; `public` is another name of it, which clients of
    /// PostgreSQL expect.
    default: String,
    /// The catalogue for these clients.
    pg: Arc<PgSchema>,
    opened: Mutex<BTreeMap<String, Arc<WorkspaceSchema>>>,
}

/// What clients of PostgreSQL call the schema that names without one are of.
pub(crate) const PUBLIC: &str = "public";
/// The schema of PostgreSQL's catalogue.
const PG_CATALOG: &str = "pg_catalog";

impl Schemas {
    pub(super) fn new(workspaces: Arc<dyn Workspaces>, default: &str) -> Arc<Self> {
        Arc::new_cyclic(|own: &Weak<Self>| {
            let catalog: Weak<dyn CatalogProvider> = own.clone();
            let pg = Arc::new(PgSchema::new(catalog, default.to_owned()));
            Self { workspaces, default: default.to_owned(), pg, opened: Mutex::default() }
        })
    }

    /// Returns the schema of a name, if there is one.
    pub(super) fn find(&self, name: &str) -> Result<Option<Arc<WorkspaceSchema>>, CatalogError> {
        let Some(found) = self.workspaces.named(name)? else { return Ok(None) };
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let schema = opened.entry(found.id.clone()).or_insert_with(|| Arc::new(WorkspaceSchema::new(&found)));
        Ok(Some(Arc::clone(schema)))
    }

    /// Says that there is no workspace of a name, and which there are.
    pub(super) fn unknown(&self, name: &str) -> String {
        let names = self.workspaces.names().unwrap_or_default();
        let listed: Vec<_> = names.iter().take(MAX_LISTED).map(|name| format!("\"{name}\"")).collect();
        let more = if names.len() > listed.len() { " …" } else { "" };
        format!("there is no workspace \"{name}\" here; there are {}{more}", listed.join(", "))
    }
}

impl CatalogProvider for Schemas {
    fn schema_names(&self) -> Vec<String> {
        self.workspaces.names().unwrap_or_else(|error| {
            // There is no way to return it; a statement that reads a table meets it again.
            tracing::warn!("the workspaces cannot be listed for SQL: {error}");
            Vec::new()
        })
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        if name == PG_CATALOG {
            return Some(Arc::clone(&self.pg) as Arc<dyn SchemaProvider>);
        }
        let found = self.find(name).and_then(|found| match found {
            None if name == PUBLIC => self.find(&self.default),
            found => Ok(found),
        });
        let schema: Arc<dyn SchemaProvider> = match found {
            Ok(Some(schema)) => schema,
            Ok(None) => Arc::new(NoSchema::Unknown(self.unknown(name))),
            Err(error) => Arc::new(NoSchema::Unreadable(error.message)),
        };
        Some(schema)
    }
}

/// The tables of one workspace.
pub(super) struct WorkspaceSchema {
    pub(super) catalog: Arc<dyn Catalog>,
    pub(super) source: Arc<Source>,
    tables: BTreeMap<&'static str, Arc<dyn TableProvider>>,
}

impl WorkspaceSchema {
    fn new(workspace: &OpenWorkspace) -> Self {
        let catalog = Arc::clone(&workspace.catalog);
        let source = Source::new(Arc::clone(&workspace.blobs));
        let mut tables: BTreeMap<&'static str, Arc<dyn TableProvider>> = BTreeMap::new();
        for table in MetaTable::ALL {
            tables.insert(table.name(), Arc::new(MetaProvider::new(table, Arc::clone(&catalog))));
        }
        let samples = SamplesTable::new(Arc::clone(&catalog), Arc::clone(&source));
        tables.insert("samples", Arc::new(samples));
        Self { catalog, source, tables }
    }
}

impl fmt::Debug for WorkspaceSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkspaceSchema").field("catalog", &self.catalog).finish_non_exhaustive()
    }
}

#[async_trait]
impl SchemaProvider for WorkspaceSchema {
    fn table_names(&self) -> Vec<String> {
        self.tables.keys().map(|name| (*name).to_owned()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        Ok(self.tables.get(name).map(Arc::clone))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }
}

/// Stands where a schema is not: whoever asks it for a table is told why.
#[derive(Debug)]
enum NoSchema {
    /// There is no such workspace.
    Unknown(String),
    /// The workspaces could not be read.
    Unreadable(String),
}

#[async_trait]
impl SchemaProvider for NoSchema {
    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }

    async fn table(&self, _name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        Err(match self {
            Self::Unknown(message) => plan_datafusion_err!("{message}"),
            Self::Unreadable(message) => DataFusionError::External(Box::new(CatalogError::new(message.as_str()))),
        })
    }

    fn table_exist(&self, _name: &str) -> bool {
        false
    }
}

/// One workspace that stands alone, for an engine without a node.
#[derive(Debug)]
pub(super) struct Alone {
    pub(super) name: &'static str,
    pub(super) workspace: OpenWorkspace,
}

impl Workspaces for Alone {
    fn names(&self) -> Result<Vec<String>, CatalogError> {
        Ok(vec![self.name.to_owned()])
    }

    fn named(&self, name: &str) -> Result<Option<OpenWorkspace>, CatalogError> {
        Ok((name == self.name).then(|| self.workspace.clone()))
    }

    fn state(&self) -> Option<u64> {
        self.workspace.catalog.state()
    }
}
