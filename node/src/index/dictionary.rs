//! Rows of the workspace's dictionary, and which runs a change of it touches.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::document::{DictionaryState, Document, Meaning};
use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::params;

use crate::api::ApiError;
use crate::ingest::dictionary::{Override, OverrideKey, PropertyChoice, WorkspaceDictionary};
use crate::store::Store;

/// Makes the rows anew; returns the runs that have a mnemonic whose meaning changed.
pub(super) fn refresh(store: &Store, workspace: &WorkspaceId, document: &Document) -> Result<Vec<DocId>, ApiError> {
    let before = read(store, workspace)?;
    let connection = store.connection();
    connection.prepare_cached("DELETE FROM dictionary WHERE workspace = ?1")?.execute(params![workspace.as_bytes()])?;
    let mut insert = connection.prepare_cached("INSERT INTO dictionary VALUES (?1, ?2, ?3, ?4)")?;
    for (key, Meaning { property, unit }) in DictionaryState::read(document).meanings {
        // A key of another form may come from a newer version.
        if key.parse::<OverrideKey>().is_ok() {
            insert.execute(params![workspace.as_bytes(), key, property, unit])?;
        }
    }
    let now = read(store, workspace)?;
    let changed = before.overrides.keys().chain(now.overrides.keys());
    let changed: BTreeSet<&str> = changed
        .filter(|key| before.overrides.get(*key) != now.overrides.get(*key))
        .map(OverrideKey::mnemonic)
        .collect();
    let mut runs = BTreeSet::new();
    // A mnemonic with a number at its end is looked up without it too.
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT run FROM curves WHERE workspace = ?1
         AND substr(upper(trim(mnemonic)), 1, length(?2)) = ?2",
    )?;
    for mnemonic in changed {
        for run in statement.query_map(params![workspace.as_bytes(), mnemonic], |row| Ok(DocId(row.get(0)?)))? {
            runs.insert(run?);
        }
    }
    Ok(runs.into_iter().collect())
}

/// Returns what the workspace says about mnemonics.
///
/// # Errors
/// `Storage`.
pub(crate) fn read(store: &Store, workspace: &WorkspaceId) -> Result<WorkspaceDictionary, ApiError> {
    let mut statement =
        store.connection().prepare_cached("SELECT key, property, to_unit FROM dictionary WHERE workspace = ?1")?;
    let rows = statement.query_map(params![workspace.as_bytes()], |row| {
        let property: Option<String> = row.get(1)?;
        let meaning = Override { property: property.map(PropertyChoice::from), unit: row.get(2)?, by: String::new() };
        Ok((row.get::<_, String>(0)?, meaning))
    })?;
    let mut overrides = BTreeMap::new();
    for row in rows {
        let (key, meaning) = row?;
        if let Ok(key) = key.parse() {
            overrides.insert(key, meaning);
        }
    }
    Ok(WorkspaceDictionary { overrides })
}
