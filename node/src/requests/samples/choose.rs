//! Which curves of which table: what cannot be drawn is refused in words.

use std::collections::HashMap;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use dataforge_query::{CurveColumn, RunFile};
use rusqlite::params;

use crate::api::{ApiError, ErrorKind, SampleCurve, SampleForm, SampleIndex, SamplesReply};
use crate::core::Core;
use crate::index::Index;
use crate::ingest::table::{MNEMONIC, ORDINAL, UNIT};
use crate::sql::file_of;

/// Field metadata: what a curve is called, unique in the run.
const LABEL: &str = "dataforge.curve";
/// Field metadata: the property it measures.
const PROPERTY: &str = "dataforge.property";

/// A table and the curves that are wanted of it.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub(super) run: DocId,
    /// The table, with all its curves.
    pub(super) file: RunFile,
    /// The curves that are wanted, in the order of the table.
    pub(super) curves: Vec<CurveColumn>,
    pub(super) form: SampleForm,
    /// Whether the table is held here.
    pub(super) is_held: bool,
}

impl Chosen {
    /// Finds a run's table and the curves that ordinals name; all of numbers when there are none.
    ///
    /// # Errors
    /// `NotFound` for a run, a copy or a curve that is not there, `Usage` for what has no samples of
    /// numbers, `Damaged` for a table that was refused, `Storage`.
    pub(super) fn find(
        core: &Core,
        workspace: WorkspaceId,
        target: &str,
        ordinals: &[u32],
        form: SampleForm,
    ) -> Result<Self, ApiError> {
        let connection = core.store.connection();
        let run = run_of(core, workspace, target)?;
        let Some(file) = file_of(connection, workspace, &run, form == SampleForm::Gridded)? else {
            return Err(no_table(core, workspace, &run, form));
        };
        if !file.is_log {
            return Err(ApiError::new(
                ErrorKind::Usage,
                format!("run {} is a table: its rows are no samples of curves", file.run),
            )
            .hint("dataforge query shows it: select * from run('ID')"));
        }
        if file.index.text {
            return Err(ApiError::new(
                ErrorKind::Usage,
                format!("the index {} of run {} is text: its samples have no place", file.index.name, file.run),
            )
            .hint("import it again with a map that reads the column as numbers or times"));
        }
        let curves = choose(&file, ordinals)?;
        let is_held = core.store.has_blob(&BlobHash(file.blob))?;
        Ok(Self { run, file, curves, form, is_held })
    }

    /// Returns the schema of what is sent: doubles, with what is known of each column.
    pub(super) fn schema(&self) -> SchemaRef {
        let index = &self.file.index;
        let first = HashMap::from([(ORDINAL.to_owned(), "0".to_owned()), (UNIT.to_owned(), index.unit.clone())]);
        let mut fields = vec![Field::new(&index.name, DataType::Float64, true).with_metadata(first)];
        for curve in &self.curves {
            fields.push(Field::new(&curve.column, DataType::Float64, true).with_metadata(metadata(curve)));
        }
        Schema::new(fields).into()
    }

    /// Returns the metadata of the columns of a curve in an overview; of the index by ordinal 0.
    pub(super) fn describe(&self, ordinal: u32) -> HashMap<String, String> {
        match self.curves.iter().find(|curve| curve.ordinal == ordinal) {
            Some(curve) => metadata(curve),
            None => HashMap::from([(UNIT.to_owned(), self.file.index.unit.clone())]),
        }
    }

    /// Names of the columns that are read: the index, then the curves.
    pub(super) fn columns(&self) -> Vec<&str> {
        std::iter::once(self.file.index.name.as_str())
            .chain(self.curves.iter().map(|curve| curve.column.as_str()))
            .collect()
    }

    /// Ordinals of the curves.
    pub(super) fn ordinals(&self) -> Vec<u32> {
        self.curves.iter().map(|curve| curve.ordinal).collect()
    }

    /// Returns the reply after so many rows and bytes.
    pub(super) fn reply(&self, rows: u64, bucket_rows: u64, bytes: u64) -> SamplesReply {
        let index = &self.file.index;
        SamplesReply {
            run: self.file.run_id.clone(),
            form: self.form,
            index: SampleIndex {
                column: index.name.clone(),
                unit: index.unit.clone(),
                kind: index.kind.as_str().to_owned(),
                to_si: index.to_si,
                min: index.min,
                max: index.max,
            },
            curves: self.curves.iter().map(info).collect(),
            rows,
            of_rows: self.file.rows,
            is_complete: bucket_rows == 1 && rows == self.file.rows,
            bucket_rows,
            is_held: self.is_held,
            bytes,
        }
    }
}

/// Finds a run. A full id, which is what programs send of many, needs no look at names.
///
/// # Errors
/// `NotFound`, `Usage` for a name of several, `Storage`.
pub(super) fn run_of(core: &Core, workspace: WorkspaceId, target: &str) -> Result<DocId, ApiError> {
    if let Ok(id) = target.parse::<DocId>() {
        let mut statement = core
            .store
            .connection()
            .prepare_cached("SELECT 1 FROM runs WHERE workspace = ?1 AND id = ?2 AND deleted = 0")?;
        if statement.exists(params![workspace.as_bytes(), id.as_bytes()])? {
            return Ok(id);
        }
    }
    Index::new(core.store.connection(), workspace).find_run(target)
}

fn choose(file: &RunFile, ordinals: &[u32]) -> Result<Vec<CurveColumn>, ApiError> {
    for ordinal in ordinals {
        match file.curves.iter().find(|curve| curve.ordinal == *ordinal) {
            None => {
                return Err(ApiError::new(ErrorKind::NotFound, format!("run {} has no curve {ordinal}", file.run))
                    .hint(format!("dataforge curves {} lists them", file.run)));
            }
            Some(curve) if curve.text => {
                return Err(ApiError::new(
                    ErrorKind::Usage,
                    format!(
                        "curve {ordinal}, {}, of run {} is text: it has no samples of numbers",
                        curve.label, file.run
                    ),
                )
                .hint("leave it out; dataforge query shows its values"));
            }
            Some(_) => {}
        }
    }
    let is_wanted = |curve: &&CurveColumn| !curve.text && (ordinals.is_empty() || ordinals.contains(&curve.ordinal));
    let curves: Vec<_> = file.curves.iter().filter(is_wanted).cloned().collect();
    if curves.is_empty() {
        return Err(ApiError::new(ErrorKind::Usage, format!("run {} has no curve of numbers", file.run)));
    }
    Ok(curves)
}

/// Says why a run has no table that may be read.
fn no_table(core: &Core, workspace: WorkspaceId, run: &DocId, form: SampleForm) -> ApiError {
    let info = match Index::new(core.store.connection(), workspace).run(run) {
        Ok(info) => info,
        Err(error) => return error,
    };
    if let Some(why) = info.refused {
        return ApiError::new(
            ErrorKind::Damaged,
            format!("the table of run {} is not what its run says: {why}", info.short),
        )
        .hint("ask who imported it to do so again");
    }
    match form {
        SampleForm::Gridded => ApiError::new(ErrorKind::NotFound, format!("run {} has no gridded copy", info.short))
            .hint(format!("dataforge grid {} makes it", info.short)),
        SampleForm::Native => ApiError::new(ErrorKind::NotFound, format!("run {} has no table yet", info.short)),
    }
}

fn metadata(curve: &CurveColumn) -> HashMap<String, String> {
    let mut metadata = HashMap::from([
        (ORDINAL.to_owned(), curve.ordinal.to_string()),
        (MNEMONIC.to_owned(), curve.mnemonic.clone()),
        (UNIT.to_owned(), curve.unit.clone()),
        (LABEL.to_owned(), curve.label.clone()),
    ]);
    metadata.extend(curve.property.clone().map(|property| (PROPERTY.to_owned(), property)));
    metadata
}

fn info(curve: &CurveColumn) -> SampleCurve {
    let (array, element) = element_of(&curve.mnemonic).unzip();
    SampleCurve {
        ordinal: curve.ordinal,
        curve: curve.label.clone(),
        mnemonic: curve.mnemonic.clone(),
        column: curve.column.clone(),
        unit: curve.unit.clone(),
        property: curve.property.clone(),
        array: array.map(str::to_owned),
        element,
    }
}

/// Returns the array and the number of one of its elements, as LAS 3.0 writes it.
fn element_of(mnemonic: &str) -> Option<(&str, u32)> {
    let (array, element) = mnemonic.strip_suffix(']')?.rsplit_once('[')?;
    Some((array, element.parse().ok()?)).filter(|(array, _)| !array.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_arrays_are_known_by_their_mnemonics() {
        assert_eq!(element_of("NMR[12]"), Some(("NMR", 12)));
        assert_eq!(["NMR", "NMR[]", "[3]", "NMR[x]", "NMR[1"].map(element_of), [None; 5]);
    }
}
