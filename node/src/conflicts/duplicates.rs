//! Wells and curves that may be the same: found when they are asked for, and kept apart once somebody
//! says that they are two.
//!
//! Curves count when they have one mnemonic and one property in one well, come from different files,
//! overlap nearly whole, and nobody chose which stands for the property.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::document::{CurveId, DELETED, Map, conflict_id};
use dataforge_protocol::facts::Facts;
use dataforge_protocol::id::{BlobHash, DocId, EntryId, WorkspaceId};
use dataforge_protocol::op::Role;
use rusqlite::params;

use crate::api::{ApiError, ErrorKind};
use crate::core::{Core, Writer};
use crate::index::Index;
use crate::requests::duplicates_of;
use crate::store::Store;

/// Most that are listed of each kind.
const MAX_LISTED: usize = 200;
/// Most curves of one of them.
const MAX_CURVES: usize = 16;
/// Share of the shorter curve that the other covers at least.
const OVERLAP: f64 = 0.9;
/// What begins the settings that say that things are two; the id of the conflict follows.
const DISTINCT: &str = "distinct/";

/// Things that may be the same.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alike {
    /// The same on every node that holds the same.
    pub(crate) id: String,
    /// The well, of curves.
    pub(crate) well: Option<DocId>,
    /// The property, of curves; why, of wells.
    pub(crate) what: String,
    /// They themselves.
    pub(crate) things: Vec<Thing>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Thing {
    /// The well, or the run.
    pub(crate) doc: DocId,
    /// The ordinal of the curve.
    pub(crate) ordinal: Option<u32>,
    /// What it is called.
    pub(crate) name: String,
}

impl Thing {
    fn curve(&self) -> Option<CurveId> {
        Some(CurveId { run: self.doc, ordinal: self.ordinal? })
    }
}

/// Returns what may be the same and nobody said is two: wells first, the likeliest first.
///
/// # Errors
/// `Storage`.
pub(crate) fn alike(core: &Core, workspace: &WorkspaceId) -> Result<Vec<Alike>, ApiError> {
    let distinct = distinct(&core.store, workspace)?;
    let is_open = |found: &Alike| !distinct.contains(&found.id);
    let wells = duplicates_of(core, *workspace, Vec::new())?.into_iter().filter_map(|pair| {
        let thing = |(id, name): (String, String)| Some(Thing { doc: id.parse().ok()?, ordinal: None, name });
        let things = vec![thing(pair.one)?, thing(pair.other)?];
        let id = conflict_id(workspace.as_bytes(), "wells", things.iter().map(|thing| thing.doc.0));
        Some(Alike { id, well: None, what: pair.reasons.join(", "), things })
    });
    let mut found: Vec<_> = wells.filter(is_open).take(MAX_LISTED).collect();
    found.extend(curves(&core.store, workspace)?.into_iter().filter(is_open).take(MAX_LISTED));
    Ok(found)
}

fn distinct(store: &Store, workspace: &WorkspaceId) -> Result<BTreeSet<String>, ApiError> {
    let mut statement =
        store.connection().prepare_cached("SELECT key FROM settings WHERE workspace = ?1 AND key LIKE 'distinct/%'")?;
    let rows = statement.query_map(params![workspace.as_bytes()], |row| row.get::<_, String>(0))?;
    let mut found = BTreeSet::new();
    for row in rows {
        found.extend(row?.strip_prefix(DISTINCT).map(str::to_owned));
    }
    Ok(found)
}

/// A curve of a well, with the interval it has values in, in metres.
#[derive(Debug, Clone)]
struct Known {
    thing: Thing,
    source: BlobHash,
    top_m: f64,
    base_m: f64,
}

impl Known {
    fn is_like(&self, other: &Self) -> bool {
        let shared = self.base_m.min(other.base_m) - self.top_m.max(other.top_m);
        let shorter = (self.base_m - self.top_m).min(other.base_m - other.top_m);
        self.source != other.source && shared > 0.0 && shared >= OVERLAP * shorter
    }
}

fn curves(store: &Store, workspace: &WorkspaceId) -> Result<Vec<Alike>, ApiError> {
    let mut statement = store.connection().prepare_cached(
        "SELECT r.well, c.property, upper(trim(c.mnemonic)) AS mnemonic, c.run, c.ordinal, r.name, c.label,
                r.source_hash, min(c.top, c.base) * r.to_si, max(c.top, c.base) * r.to_si
         FROM curves AS c JOIN runs AS r ON r.workspace = c.workspace AND r.id = c.run
         JOIN wells AS w ON w.workspace = r.workspace AND w.id = r.well AND w.deleted = 0
         WHERE c.workspace = ?1 AND c.property IS NOT NULL AND c.is_text = 0 AND r.deleted = 0 AND r.kind = 'log'
           AND r.index_kind = 'depth' AND r.to_si IS NOT NULL AND c.top IS NOT NULL AND c.base IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM derivations AS d WHERE d.workspace = r.workspace AND d.run = r.id)
           AND NOT EXISTS (SELECT 1 FROM preferred AS p
                           WHERE p.workspace = r.workspace AND p.well = r.well AND p.property = c.property)
         ORDER BY r.well, c.property, mnemonic, c.run, c.ordinal",
    )?;
    let mut groups: BTreeMap<(DocId, String, String), Vec<Known>> = BTreeMap::new();
    let rows = statement.query_map(params![workspace.as_bytes()], |row| {
        let (run, label): (String, String) = (row.get(5)?, row.get(6)?);
        let thing = Thing { doc: DocId(row.get(3)?), ordinal: Some(row.get(4)?), name: format!("{label} of {run}") };
        let known = Known { thing, source: BlobHash(row.get(7)?), top_m: row.get(8)?, base_m: row.get(9)? };
        Ok(((DocId(row.get(0)?), row.get(1)?, row.get(2)?), known))
    })?;
    for row in rows {
        let (group, known) = row?;
        groups.entry(group).or_default().push(known);
    }
    let alike = groups.into_iter().filter_map(|((well, property, mnemonic), known)| {
        let has_like = |one: &&Known| known.iter().any(|other| one.is_like(other));
        let things: Vec<_> = known.iter().filter(has_like).take(MAX_CURVES).map(|one| one.thing.clone()).collect();
        let sides = things.iter().filter_map(Thing::curve);
        let sides = sides.map(|curve| *blake3::hash(curve.to_string().as_bytes()).as_bytes());
        let id = conflict_id(well.as_bytes(), &format!("curves/{property}/{mnemonic}"), sides);
        (things.len() > 1).then_some(Alike { id, well: Some(well), what: property, things })
    });
    Ok(alike.collect())
}

/// Says that they are two, for everybody.
///
/// # Errors
/// Those of [`Writer::edit`].
pub(crate) fn keep_apart(writer: &mut Writer<'_>, alike: &Alike) -> Result<(), ApiError> {
    let key = format!("{DISTINCT}{}", alike.id);
    let (doc, _) = writer.open(&Facts::Settings, Vec::new())?;
    writer.edit(doc, &[], Vec::new(), |document, actor| {
        let edited = document.edit(actor, |edit| edit.set_text(Map::Attributes, &key, Some("yes")))?;
        Ok(edited.into_iter().collect())
    })?;
    Ok(())
}

/// Makes them one: of curves the chosen one stands for the property; of wells it gets the runs,
/// files, tops and surveys of the others, which are deleted.
///
/// # Errors
/// `NotAllowed` when the role does not allow it, else those of [`Writer::edit`].
pub(crate) fn unite(
    writer: &mut Writer<'_>,
    workspace: &WorkspaceId,
    alike: &Alike,
    chosen: &Thing,
    role: Option<Role>,
) -> Result<(), ApiError> {
    if let (Some(well), Some(curve)) = (alike.well, chosen.curve()) {
        let field = CurveId::preferred_field(&alike.what);
        return set(writer, well, &[], Map::Attributes, (&field, &curve.to_string()));
    }
    if role.is_none_or(|role| role < Role::Admin) {
        return Err(ApiError::new(ErrorKind::NotAllowed, "taking a well away needs the role of an admin")
            .hint("ask an admin or owner to do it; dataforge set RUN well WELL moves a run"));
    }
    let deps: Vec<_> = writer.opening(&chosen.doc).into_iter().collect();
    for other in alike.things.iter().filter(|other| other.doc != chosen.doc) {
        let index = Index::new(writer.store().connection(), *workspace);
        let runs = index.runs(Some(&other.doc))?.into_iter().map(|run| run.id);
        let files = index.attachments(Some(&other.doc))?.into_iter().map(|file| file.id);
        let tops = index.sets_of_tops(Some(&other.doc))?.into_iter().map(|set| set.id);
        let surveys = index.surveys(Some(&other.doc))?.into_iter().map(|survey| survey.id);
        let moved: Vec<DocId> = runs.chain(files).chain(tops).chain(surveys).filter_map(|id| id.parse().ok()).collect();
        for doc in moved {
            set(writer, doc, &deps, Map::Root, ("well", &chosen.doc.to_string()))?;
        }
        writer.edit(other.doc, &[], Vec::new(), |document, actor| {
            let edited = document.edit(actor, |edit| edit.set_bool(Map::Root, DELETED, true))?;
            Ok(edited.into_iter().collect())
        })?;
    }
    Ok(())
}

fn set(
    writer: &mut Writer<'_>,
    doc: DocId,
    deps: &[EntryId],
    map: Map,
    (field, value): (&str, &str),
) -> Result<(), ApiError> {
    writer.edit(doc, deps, Vec::new(), |document, actor| {
        Ok(document.edit(actor, |edit| edit.set_text(map, field, Some(value)))?.into_iter().collect())
    })?;
    Ok(())
}
