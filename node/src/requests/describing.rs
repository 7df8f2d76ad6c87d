//! What is known about data beside the data: reports, attachments, the dictionary, duplicates.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use rusqlite::params;

use crate::api::{
    ApiError, AttachmentInfo, CandidateInfo, CurveName, DuplicateInfo, MeaningInfo, Reply, ReportReply, WellInfo,
};
use crate::core::Core;
use crate::index::{Index, read_dictionary};
use crate::ingest::dictionary::{Clues, PropertyChoice, candidates};
use crate::ingest::identity::{Position, WellIdentity, propose_duplicates};
use crate::node::Node;

pub(super) async fn report(node: &Node, workspace: WorkspaceId, run: String) -> Result<Reply, ApiError> {
    let report = node.with_core(move |core| {
        let index = Index::new(core.store.connection(), workspace);
        let id = index.find_run(&run)?;
        let run = index.run(&id)?;
        Ok(ReportReply { run: run.short, source: run.source, seen: run.notices, notices: index.notices(&id)? })
    });
    Ok(Reply::Report(report.await?))
}

pub(super) async fn attachments(
    node: &Node,
    workspace: WorkspaceId,
    well: Option<String>,
    project: Option<String>,
) -> Result<Reply, ApiError> {
    let attachments = node.with_core(move |core| {
        let index = Index::new(core.store.connection(), workspace);
        let well = well.map(|well| index.find_well(&well)).transpose()?;
        let Some(project) = project else { return index.attachments(well.as_ref()) };
        let of_project = index.project_attachments(&index.find_project(&project)?)?;
        let is_of_well = |file: &AttachmentInfo| well.is_none_or(|well| file.well_id == well.to_string());
        Ok(of_project.into_iter().filter(is_of_well).collect())
    });
    Ok(Reply::Attachments { attachments: attachments.await? })
}

pub(super) async fn dictionary(node: &Node, workspace: WorkspaceId) -> Result<Reply, ApiError> {
    let words = node.with_core(move |core| read_dictionary(&core.store, &workspace)).await?;
    let mut meanings: Vec<_> = words
        .overrides
        .into_iter()
        .map(|(key, meaning)| MeaningInfo {
            mnemonic: key.mnemonic().to_owned(),
            vendor: key.vendor().unwrap_or_default().to_owned(),
            unit: key.unit().unwrap_or_default().to_owned(),
            property: meaning.property.map(String::from),
            to_unit: meaning.unit,
        })
        .collect();
    meanings.sort_by(|a, b| (&a.mnemonic, &a.vendor, &a.unit).cmp(&(&b.mnemonic, &b.vendor, &b.unit)));
    Ok(Reply::Dictionary { meanings })
}

pub(super) async fn look_up(node: &Node, workspace: WorkspaceId, curve: CurveName) -> Result<Reply, ApiError> {
    let words = node.with_core(move |core| read_dictionary(&core.store, &workspace)).await?;
    let clues = Clues {
        service_company: Some(curve.vendor.as_str()).filter(|vendor| !vendor.is_empty()),
        mnemonic: &curve.mnemonic,
        unit: &curve.unit,
        description: &curve.description,
        range: None,
    };
    let info = |property: &crate::ingest::dictionary::Property, confidence, reason: &str| CandidateInfo {
        property: property.id.to_owned(),
        name: property.name.to_owned(),
        unit: property.canonical_unit.to_owned(),
        confidence,
        reason: reason.to_owned(),
    };
    let set = words.interpret(&clues);
    let mut found: Vec<_> =
        set.property.map(|property| info(property, set.confidence, &set.reason)).into_iter().collect();
    let others =
        candidates(&clues).into_iter().filter(|other| found.iter().all(|known| known.property != other.property.id));
    let others: Vec<_> = others.map(|other| info(other.property, other.confidence, &other.reason)).collect();
    if set.property.is_none() && set.confidence > 0 {
        let choice = PropertyChoice::Nothing.as_str().to_owned();
        let name = "none".to_owned();
        found.push(CandidateInfo {
            property: choice,
            name,
            unit: String::new(),
            confidence: set.confidence,
            reason: set.reason,
        });
    }
    found.extend(others);
    Ok(Reply::Meanings { candidates: found })
}

pub(super) async fn duplicates(node: &Node, workspace: WorkspaceId) -> Result<Reply, ApiError> {
    Ok(Reply::Duplicates { duplicates: node.with_core(move |core| duplicates_of(core, workspace, Vec::new())).await? })
}

/// Returns the wells of a workspace, and those that are planned, that may be the same, the likeliest
/// first.
///
/// # Errors
/// `Storage`.
pub(crate) fn duplicates_of(
    core: &Core,
    workspace: WorkspaceId,
    planned: Vec<WellIdentity>,
) -> Result<Vec<DuplicateInfo>, ApiError> {
    let wells = Index::new(core.store.connection(), workspace).wells()?;
    let mut attributes = well_attributes(core, workspace)?;
    let mut sources = sources(core, workspace)?;
    let mut identities: Vec<_> = wells
        .iter()
        .map(|well| {
            let attributes = attributes.remove(&well.id).unwrap_or_default();
            identity(well, &attributes, sources.remove(&well.id).unwrap_or_default())
        })
        .collect();
    // Several files may plan the same well.
    let known: BTreeSet<_> = identities.iter().map(|well| well.id.clone()).collect();
    let new: BTreeMap<_, _> = planned.into_iter().map(|well| (well.id.clone(), well)).collect();
    identities.extend(new.into_values().filter(|well| !known.contains(&well.id)));
    let names: BTreeMap<_, _> =
        identities.iter().map(|well| (well.id.clone(), well.name.clone().unwrap_or_default())).collect();
    let named = |id: String| {
        let name = names.get(&id).cloned().unwrap_or_default();
        (id, name)
    };
    let found = propose_duplicates(&identities).into_iter();
    let found = found.map(|pair| DuplicateInfo {
        one: named(pair.a),
        other: named(pair.b),
        score: pair.score,
        reasons: pair.reasons,
    });
    Ok(found.collect())
}

type Attributes = BTreeMap<String, String>;

fn identity(well: &WellInfo, attributes: &Attributes, sources: BTreeSet<BlobHash>) -> WellIdentity {
    WellIdentity {
        id: well.id.clone(),
        name: Some(well.name.clone()),
        uwi: well.uwi.clone(),
        field: well.field.clone(),
        company: well.company.clone(),
        country: well.country.clone(),
        state: attributes.get("province").cloned(),
        position: position(attributes),
        sources,
    }
}

/// Returns where a well is, as far as its attributes have it in numbers.
fn position(attributes: &Attributes) -> Option<Position> {
    let number =
        |key: &str| attributes.get(key).and_then(|text| text.parse::<f64>().ok()).filter(|value| value.is_finite());
    let geographic =
        || Some(Position::Geographic { latitude: number("latitude_deg")?, longitude: number("longitude_deg")? });
    let projected = || {
        let crs = attributes.get("projected_crs")?.clone();
        Some(Position::Projected { crs, x_m: number("x_m")?, y_m: number("y_m")? })
    };
    geographic().or_else(projected)
}

/// Returns the attributes of all wells, by id.
pub(crate) fn well_attributes(core: &Core, workspace: WorkspaceId) -> Result<BTreeMap<String, Attributes>, ApiError> {
    let mut statement =
        core.store.connection().prepare_cached("SELECT id, attributes FROM wells WHERE workspace = ?1")?;
    let rows = statement.query_map(params![workspace.as_bytes()], |row| {
        Ok((DocId(row.get(0)?).to_string(), row.get::<_, String>(1)?))
    })?;
    let mut found = BTreeMap::new();
    for row in rows {
        let (id, json) = row?;
        found.insert(id, serde_json::from_str(&json).unwrap_or_default());
    }
    Ok(found)
}

/// Returns the source files of all wells' runs, by the well's id.
fn sources(core: &Core, workspace: WorkspaceId) -> Result<BTreeMap<String, BTreeSet<BlobHash>>, ApiError> {
    let mut statement = core.store.connection().prepare_cached(
        "SELECT well, source_hash FROM runs WHERE workspace = ?1 AND deleted = 0 AND well IS NOT NULL",
    )?;
    let rows = statement
        .query_map(params![workspace.as_bytes()], |row| Ok((DocId(row.get(0)?).to_string(), BlobHash(row.get(1)?))))?;
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for row in rows {
        let (well, source) = row?;
        found.entry(well).or_default().insert(source);
    }
    Ok(found)
}
