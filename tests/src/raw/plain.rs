//! What a node keeps, written again with nothing but files and SQLite.

use std::error::Error;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// The blobs and rows of a node, in batches.
#[derive(Debug)]
pub struct Kept {
    schema: String,
    tables: Vec<Table>,
    batches: Vec<Batch>,
}

#[derive(Debug)]
struct Table {
    name: String,
    columns: usize,
}

/// What one transaction vouches for.
#[derive(Debug, Default)]
struct Batch {
    /// File names with their bytes.
    blobs: Vec<(String, Vec<u8>)>,
    /// Rows with the position of their table.
    rows: Vec<(usize, Vec<Value>)>,
}

impl Kept {
    /// Reads everything from the data directory of a node that is closed, dealt out evenly.
    ///
    /// # Errors
    /// When the directory is none, or of another layout.
    pub fn read(node: &Path, batches: usize) -> Result<Self, Box<dyn Error>> {
        let mut kept = Self { schema: String::new(), tables: Vec::new(), batches: Vec::new() };
        kept.batches.resize_with(batches, Batch::default);
        for (position, entry) in std::fs::read_dir(node.join("blobs/data"))?.enumerate() {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            kept.batches[position % batches].blobs.push((name, std::fs::read(entry.path())?));
        }
        let database = Connection::open(node.join("node.db"))?;
        let mut statement =
            database.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")?;
        for sql in statement.query_map([], |row| row.get::<_, String>(0))? {
            kept.schema.push_str(&(sql? + ";\n"));
        }
        let mut statement =
            database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
        let names: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for name in names {
            kept.read_table(&database, name)?;
        }
        Ok(kept)
    }

    /// Deals out the rows of a table: those in order of a position evenly, others by the id that
    /// they begin with, so that they come to their place in the table as a node's rows do.
    fn read_table(&mut self, database: &Connection, name: String) -> Result<(), Box<dyn Error>> {
        let mut statement = database.prepare(&format!("SELECT * FROM {name}"))?;
        let columns = statement.column_count();
        let first_id = usize::from(statement.column_name(0)? == "workspace");
        let is_ordered = statement.column_name(0)? == "position";
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect::<Result<Vec<_>, _>>();
        let rows: Vec<Vec<Value>> = statement.query_map([], row)?.collect::<Result<_, _>>()?;
        let (table, count, batches) = (self.tables.len(), rows.len(), self.batches.len());
        for (position, row) in rows.into_iter().enumerate() {
            let batch = match row.get(first_id) {
                _ if is_ordered => position * batches / count,
                Some(Value::Blob(id)) => id.iter().fold(0, |sum, byte| (sum * 256 + usize::from(*byte)) % batches),
                _ => 0,
            };
            self.batches[batch].rows.push((table, row));
        }
        self.tables.push(Table { name, columns });
        Ok(())
    }

    /// Returns the number of files, their bytes, and the number of rows.
    #[must_use]
    pub fn sizes(&self) -> (usize, usize, usize) {
        let blobs = || self.batches.iter().flat_map(|batch| &batch.blobs);
        let rows = self.batches.iter().map(|batch| batch.rows.len()).sum();
        (blobs().count(), blobs().map(|(_, bytes)| bytes.len()).sum(), rows)
    }

    /// Writes it all into a new directory, as durable as a node's: batch by batch, files and
    /// directory synced, then one transaction. Returns the time.
    ///
    /// # Errors
    /// When the disk says so.
    pub fn write(&self, dir: &Path) -> Result<Duration, Box<dyn Error>> {
        let data = dir.join("data");
        std::fs::create_dir_all(&data)?;
        let database = Connection::open(dir.join("plain.db"))?;
        database.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
        database.execute_batch(&self.schema)?;
        let insert =
            |table: &Table| format!("INSERT INTO {} VALUES (?{})", table.name, ", ?".repeat(table.columns - 1));
        let inserts: Vec<_> = self.tables.iter().map(insert).collect();
        database.set_prepared_statement_cache_capacity(inserts.len());
        let started = Instant::now();
        for batch in &self.batches {
            let mut files = Vec::with_capacity(batch.blobs.len());
            for (name, bytes) in &batch.blobs {
                let mut file = File::create(data.join(name))?;
                file.write_all(bytes)?;
                files.push(file);
            }
            files.iter().try_for_each(File::sync_all)?;
            File::open(&data)?.sync_all()?;
            database.execute_batch("BEGIN IMMEDIATE")?;
            for (table, row) in &batch.rows {
                database.prepare_cached(&inserts[*table])?.execute(params_from_iter(row))?;
            }
            database.execute_batch("COMMIT")?;
        }
        Ok(started.elapsed())
    }
}
