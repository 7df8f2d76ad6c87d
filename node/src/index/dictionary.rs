//! Rows of the workspace's dictionary, and which runs a change of it touches.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::document::{DictionaryState, Document, Meaning, MeaningKey};
use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::params;

use crate::api::ApiError;
use crate::store::Store;

/// Makes the rows anew; returns the runs that have a mnemonic whose meaning changed.
pub(super) fn refresh(store: &Store, workspace: &WorkspaceId, document: &Document) -> Result<Vec<DocId>, ApiError> {
    let before = read(store, workspace)?;
    let now = DictionaryState::read(document).meanings;
    store
        .connection()
        .prepare_cached("DELETE FROM dictionary WHERE workspace = ?1")?
        .execute(params![workspace.as_bytes()])?;
    let mut insert =
        store.connection().prepare_cached("INSERT INTO dictionary VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (key, meaning) in &now {
        let MeaningKey { vendor, mnemonic, unit } = key;
        insert.execute(params![workspace.as_bytes(), vendor, mnemonic, unit, meaning.property, meaning.unit])?;
    }
    let changed: BTreeSet<&str> = before
        .keys()
        .chain(now.keys())
        .filter(|key| before.get(*key) != now.get(*key))
        .map(|key| key.mnemonic.as_str())
        .collect();
    let mut runs = BTreeSet::new();
    let mut statement = store
        .connection()
        .prepare_cached("SELECT DISTINCT run FROM curves WHERE workspace = ?1 AND upper(trim(mnemonic)) = ?2")?;
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
pub(crate) fn read(store: &Store, workspace: &WorkspaceId) -> Result<BTreeMap<MeaningKey, Meaning>, ApiError> {
    let mut statement = store.connection().prepare_cached(
        "SELECT vendor, mnemonic, unit, property, to_unit FROM dictionary WHERE workspace = ?1 ORDER BY 1, 2, 3",
    )?;
    let rows = statement.query_map(params![workspace.as_bytes()], |row| {
        let key = MeaningKey { vendor: row.get(0)?, mnemonic: row.get(1)?, unit: row.get(2)? };
        Ok((key, Meaning { property: row.get(3)?, unit: row.get(4)? }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
