//! Edits: fields of wells, runs, curves and attachments, the dictionary, preferred curves.

use dataforge_protocol::document::{
    CurveField, CurveId, DELETED, DEPTH_SHIFT_M, HeaderField, MAX_KEY_CHARS, Map, Meaning,
};
use dataforge_protocol::facts::{Facts, Origin};
use dataforge_protocol::id::{DocId, WorkspaceId};
use dataforge_protocol::op::Role;

use crate::api::{ApiError, CurveName, Edit, ErrorKind, Reply};
use crate::conflicts::FieldKind;
use crate::core::Writer;
use crate::index::{Found, Index};
use crate::ingest::dictionary::{self, OverrideKey, PropertyChoice};
use crate::ingest::units;
use crate::node::Node;

/// Longest value in characters.
const MAX_VALUE_CHARS: usize = 4096;
/// Fields of a well that are plain text.
const WELL_FIELDS: [&str; 5] = ["name", "uwi", "field", "company", "country"];
/// Fields of a well's depth grid.
const GRID_FIELDS: [&str; 3] = ["grid_unit", "grid_step", "grid_origin"];
/// Where a well is: numbers, each pair with the EPSG code of its system.
const PLACE_FIELDS: [&str; 6] = ["latitude_deg", "longitude_deg", "geographic_crs", "x_m", "y_m", "projected_crs"];
/// Units a depth grid may have.
const GRID_UNITS: [&str; 2] = ["m", "ft"];
/// What a curve may be judged to be, from the least to the most useful.
const QUALITIES: [&str; 6] = ["bad", "suspect", "raw", "edited", "good", "final"];

fn usage(message: String, hint: &str) -> ApiError {
    ApiError::new(ErrorKind::Usage, message).hint(hint)
}

fn unknown_field(field: &str, fields: &[&str]) -> ApiError {
    usage(format!("there is no field {field:?} here"), &format!("fields are: {}", fields.join(", ")))
}

/// Runs an edit and tells peers and listeners.
pub(super) async fn edit(
    node: &Node,
    workspace: WorkspaceId,
    message: String,
    work: impl FnOnce(&mut Writer<'_>) -> Result<(), ApiError> + Send + 'static,
) -> Result<Reply, ApiError> {
    let progress = node.with_core(move |core| Ok(core.write(&workspace, &[], work)?.1)).await?;
    node.on_progress(workspace, &progress);
    Ok(Reply::Done { message })
}

/// Does one edit and waits until it is durable.
pub(super) async fn one(node: &Node, workspace: WorkspaceId, edit: Edit) -> Result<Reply, ApiError> {
    Ok(Reply::Done { message: node.edit_one(workspace, edit).await? })
}

/// Marks a document as deleted.
pub(super) async fn delete(node: &Node, workspace: WorkspaceId, doc: DocId) -> Result<Reply, ApiError> {
    one(node, workspace, Edit::Delete { target: doc.to_string() }).await
}

/// How an edit hangs together with others of a transaction, whose rows are made at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Whether it looks for something in the rows that another edit may have changed.
    pub(crate) looks: bool,
    /// Whether it changes what others look for.
    pub(crate) shows: bool,
}

/// Returns how an edit hangs together with others.
pub(crate) fn reach(edit: &Edit) -> Reach {
    match edit {
        Edit::Set { target, field, value } => {
            let is_move = matches!(field.as_str(), "well" | "project");
            // What has no name and no well is the same to all others.
            let shows = is_move || matches!(field.as_str(), "name" | "uwi");
            Reach { looks: !is_id(target) || (is_move && !is_id(value)), shows }
        }
        Edit::SetMeaning { .. } => Reach { looks: false, shows: false },
        Edit::Prefer { .. } => Reach { looks: true, shows: false },
        Edit::Delete { .. } | Edit::Restore { .. } => Reach { looks: true, shows: false },
    }
}

/// Whether a text names a document, or a curve of one, by the full id.
fn is_id(target: &str) -> bool {
    let id = target.rsplit_once(':').map_or(target, |(run, _)| run);
    id.parse::<DocId>().is_ok()
}

/// Does an edit within a transaction, or has it queued there; returns what was done, in words.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn apply(writer: &mut Writer<'_>, workspace: WorkspaceId, edit: &Edit) -> Result<String, ApiError> {
    match edit {
        Edit::Set { target, field, value } => set(writer, workspace, target, field, value),
        Edit::SetMeaning { curve, property, to_unit } => {
            set_meaning(writer, curve, property.as_deref(), to_unit.as_deref())
        }
        Edit::Prefer { well, property, curve } => prefer(writer, workspace, well, property, curve.as_deref()),
        Edit::Delete { target } => set_deleted(writer, workspace, target, true),
        Edit::Restore { target } => set_deleted(writer, workspace, target, false),
    }
}

fn set(
    writer: &mut Writer<'_>,
    workspace: WorkspaceId,
    target: &str,
    field: &str,
    value: &str,
) -> Result<String, ApiError> {
    if value.chars().count() > MAX_VALUE_CHARS {
        return Err(usage("the value is too long".into(), "use at most 4096 characters"));
    }
    let found = Index::new(writer.store().connection(), workspace).find(target, false)?;
    let set = match found {
        Found::Well(doc) if field == "project" => file_under(writer, doc, workspace, value, false),
        Found::Attachment(doc) if field == "project" => file_under(writer, doc, workspace, value, true),
        Found::Well(doc) => set_well(writer, doc, field, value),
        Found::Run(doc) | Found::Attachment(doc) if field == "well" => move_to_well(writer, doc, workspace, value),
        Found::Run(doc) => set_run(writer, doc, field, value),
        Found::Curve(doc, ordinal) => set_curve(writer, workspace, (doc, ordinal), field, value),
        Found::Project(_) | Found::Described(..) => Err(usage(
            format!("{target:?} has no fields to set here"),
            "dataforge projects, charts, selections, tops and surveys edit the others",
        )),
        Found::Attachment(doc) => {
            check_field(field, &["name", "description"], &["well", "project"])?;
            set_text(writer, doc, Map::Root, field, value);
            Ok(())
        }
    };
    set.map(|()| format!("{field} of {target} is now {value:?}"))
}

fn set_deleted(
    writer: &mut Writer<'_>,
    workspace: WorkspaceId,
    target: &str,
    deleted: bool,
) -> Result<String, ApiError> {
    if writer.role().is_none_or(|role| role < Role::Admin) {
        return Err(ApiError::new(ErrorKind::NotAllowed, "deleting and restoring needs the role of an admin")
            .hint("ask an admin or owner to do it"));
    }
    let doc = match Index::new(writer.store().connection(), workspace).find(target, true)? {
        Found::Curve(..) => {
            return Err(
                ApiError::new(ErrorKind::Usage, "curves cannot be deleted").hint("delete the run, or rename the curve")
            );
        }
        found => found.doc(),
    };
    let known = if deleted { writer.known_with(&doc)? } else { Vec::new() };
    writer.queue(doc, known, move |edit| edit.set_bool(Map::Root, DELETED, deleted));
    // Nothing else is found, or not found, as it was before, by its full id neither.
    writer.catch_up()?;
    Ok(format!("{target} is {}", if deleted { "deleted; dataforge restore brings it back" } else { "restored" }))
}

/// Refuses a field that is none of these; `more` are those dealt with elsewhere.
fn check_field(field: &str, fields: &[&str], more: &[&str]) -> Result<(), ApiError> {
    if fields.contains(&field) { Ok(()) } else { Err(unknown_field(field, &[fields, more].concat())) }
}

/// Sets a text; an empty value takes the field away.
fn set_text(writer: &mut Writer<'_>, doc: DocId, map: Map, field: &str, value: &str) {
    let (field, value) = (field.to_owned(), (!value.is_empty()).then(|| value.to_owned()));
    writer.queue(doc, Vec::new(), move |edit| edit.set_text(map, &field, value.as_deref()));
}

fn check_well(field: &str, value: &str) -> Result<(), ApiError> {
    let number = value.parse::<f64>().ok().filter(|number| number.is_finite());
    match field {
        _ if value.is_empty() => {}
        "grid_unit" if !GRID_UNITS.contains(&value) => {
            return Err(usage(format!("{value:?} is no unit of a depth grid"), "use m or ft"));
        }
        "grid_step" if number.is_none_or(|step| step <= 0.0) => {
            return Err(usage(format!("{value:?} is no step"), "use a number above 0, in the grid's unit"));
        }
        "grid_origin" if number.is_none() => {
            return Err(usage(format!("{value:?} is no depth"), "use a number, in the grid's unit"));
        }
        _ => {}
    }
    if PLACE_FIELDS.contains(&field) {
        return check_place(field, value, number);
    }
    let others = [&["project"][..], &PLACE_FIELDS].concat();
    check_field(field, &[&WELL_FIELDS[..], &GRID_FIELDS].concat(), &others)
}

fn set_well(writer: &mut Writer<'_>, doc: DocId, field: &str, value: &str) -> Result<(), ApiError> {
    check_well(field, value)?;
    let map = if PLACE_FIELDS.contains(&field) { Map::Attributes } else { Map::Root };
    set_text(writer, doc, map, field, value);
    Ok(())
}

fn check_place(field: &str, value: &str, number: Option<f64>) -> Result<(), ApiError> {
    let most = match field {
        "latitude_deg" => 90.0,
        "longitude_deg" => 180.0,
        _ => f64::MAX,
    };
    let is_code = value.strip_prefix("EPSG:").is_some_and(|code| code.parse::<u16>().is_ok_and(|code| code >= 1024));
    match field {
        _ if value.is_empty() => Ok(()),
        "geographic_crs" | "projected_crs" if !is_code => {
            Err(usage(format!("{value:?} is no coordinate reference system"), "use its EPSG code, e.g. EPSG:4326"))
        }
        "geographic_crs" | "projected_crs" => Ok(()),
        _ if number.is_none_or(|number| number.abs() > most) => {
            Err(usage(format!("{value:?} is no {field}"), "use decimal degrees, north and east positive, or metres"))
        }
        _ => Ok(()),
    }
}

fn check_run(field: &str, value: &str) -> Result<(), ApiError> {
    if field == HeaderField::ElevationM.as_str() && !value.is_empty() && !value.parse::<f64>().is_ok_and(f64::is_finite)
    {
        return Err(usage(format!("{value:?} is no elevation"), "use metres above mean sea level"));
    }
    if field == DEPTH_SHIFT_M && !value.is_empty() && !value.parse::<f64>().is_ok_and(f64::is_finite) {
        return Err(usage(format!("{value:?} is no shift"), "use metres; 0 says that the datums are the same"));
    }
    let fields: Vec<_> = ["name", DEPTH_SHIFT_M].into_iter().chain(HeaderField::ALL.map(HeaderField::as_str)).collect();
    check_field(field, &fields, &["well"])
}

fn set_run(writer: &mut Writer<'_>, doc: DocId, field: &str, value: &str) -> Result<(), ApiError> {
    check_run(field, value)?;
    set_text(writer, doc, Map::Root, field, value);
    Ok(())
}

fn move_to_well(writer: &mut Writer<'_>, doc: DocId, workspace: WorkspaceId, target: &str) -> Result<(), ApiError> {
    let well = Index::new(writer.store().connection(), workspace).find_well(target)?;
    let deps: Vec<_> = writer.opening(&well).into_iter().collect();
    let id = well.to_string();
    // The tops and the survey that came from a run go with it.
    let filled = [Facts::Tops(Origin::Run(doc)), Facts::Survey(Origin::Run(doc))].map(|facts| facts.doc_id());
    let filled = filled.into_iter().filter(|doc| writer.opening(doc).is_some()).collect::<Vec<_>>();
    for doc in std::iter::once(doc).chain(filled) {
        let id = id.clone();
        writer.queue(doc, deps.clone(), move |edit| edit.set_text(Map::Root, "well", Some(&id)));
    }
    Ok(())
}

/// Files a well or an attachment under a project; an empty name takes it out of its own. An attachment
/// belongs to its project instead of a well.
fn file_under(
    writer: &mut Writer<'_>,
    doc: DocId,
    workspace: WorkspaceId,
    project: &str,
    is_attachment: bool,
) -> Result<(), ApiError> {
    let index = Index::new(writer.store().connection(), workspace);
    let project = if project.is_empty() { None } else { Some(index.find_project(project)?) };
    super::projects::file(writer, workspace, doc, project, is_attachment)
}

fn check_curve(field: &str, value: &str) -> Result<CurveField, ApiError> {
    let words = CurveField::ALL.map(CurveField::as_str);
    let known = CurveField::ALL.into_iter().find(|known| known.as_str() == field);
    let field = known.ok_or_else(|| unknown_field(field, &words))?;
    match field {
        CurveField::Property => check_property(value)?,
        CurveField::Quality if !value.is_empty() && !QUALITIES.contains(&value) => {
            return Err(usage(
                format!("there is no quality {value:?}"),
                &format!("use one of {}", QUALITIES.join(", ")),
            ));
        }
        _ => {}
    }
    Ok(field)
}

fn set_curve(
    writer: &mut Writer<'_>,
    workspace: WorkspaceId,
    (run, ordinal): (DocId, u32),
    field: &str,
    value: &str,
) -> Result<(), ApiError> {
    let field = check_curve(field, value)?;
    if !Index::new(writer.store().connection(), workspace).has_curve(&run, ordinal)? {
        return Err(ApiError::new(ErrorKind::NotFound, format!("the run has no curve {ordinal}"))
            .hint("dataforge curves RUN lists them with their numbers"));
    }
    let value = (!value.is_empty()).then(|| value.to_owned());
    writer.queue(run, Vec::new(), move |edit| edit.set_curve(ordinal, field, value.as_deref()));
    Ok(())
}

/// Refuses a value that could not be set there, for a conflict that is decided by it.
pub(super) fn check_value(kind: Option<FieldKind>, field: &str, value: &str) -> Result<(), ApiError> {
    match kind {
        Some(FieldKind::Well | FieldKind::Grid) if field != "project" => check_well(field, value),
        Some(FieldKind::WellAttribute) if PLACE_FIELDS.contains(&field) => check_well(field, value),
        Some(FieldKind::WellAttribute) => Ok(()),
        Some(FieldKind::Project) if matches!(field, "name" | "description") => {
            super::projects::check_text(field, value)
        }
        Some(FieldKind::Run | FieldKind::RunHeader) if field != "well" => check_run(field, value),
        Some(FieldKind::Curve) => {
            check_curve(field.split_once('.').map_or(field, |(_, field)| field), value).map(|_field| ())
        }
        Some(FieldKind::Attachment) if field != "well" => check_field(field, &["name", "description"], &[]),
        _ => Err(usage(
            "a value of this kind is not typed here".into(),
            "choose with --candidate N, or edit the thing itself: that decides it too",
        )),
    }
}

pub(super) fn check_property(property: &str) -> Result<(), ApiError> {
    if property.is_empty() || dictionary::property(property).is_some() {
        return Ok(());
    }
    let like = dictionary::properties()
        .iter()
        .map(|known| known.id)
        .filter(|id| id.contains(property) || property.split('_').any(|word| word.len() > 3 && id.contains(word)));
    let like: Vec<_> = like.take(5).collect();
    let hint = if like.is_empty() {
        "dataforge lookup MNEMONIC shows properties, e.g. gamma_ray".to_owned()
    } else {
        format!("did you mean {}", like.join(", "))
    };
    Err(usage(format!("there is no property {property:?}"), &hint))
}

fn set_meaning(
    writer: &mut Writer<'_>,
    curve: &CurveName,
    property: Option<&str>,
    to_unit: Option<&str>,
) -> Result<String, ApiError> {
    let part = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
    let key = OverrideKey::new(part(&curve.vendor).as_deref(), &curve.mnemonic, part(&curve.unit).as_deref())
        .map_err(|error| ApiError::from_error(ErrorKind::Usage, &error).hint("name the curve, e.g. GR"))?;
    let field = key.to_string();
    if field.chars().count() > MAX_KEY_CHARS {
        return Err(usage("the mnemonic is too long".into(), "use at most 500 characters in all"));
    }
    if property != Some(PropertyChoice::Nothing.as_str()) {
        check_property(property.unwrap_or_default())?;
    }
    if let Some(unit) = to_unit
        && units::meanings(unit).is_empty()
    {
        return Err(usage(format!("{unit:?} is no unit we know"), "use a unit such as gAPI, ohm.m or us/ft"));
    }
    let message = match (property, to_unit) {
        (None, None) => format!("{} means what the dictionary says again", key.mnemonic()),
        (property, unit) => {
            let words: Vec<&str> = property.into_iter().chain(unit).collect();
            format!("{} now means {}", key.mnemonic(), words.join(" in "))
        }
    };
    let meaning = (property.is_some() || to_unit.is_some())
        .then(|| Meaning { property: property.map(str::to_owned), unit: to_unit.map(str::to_owned) });
    let (doc, _) = writer.open(&Facts::Dictionary, Vec::new())?;
    writer.queue(doc, Vec::new(), move |edit| edit.set_meaning(&field, meaning.as_ref()));
    Ok(message)
}

fn prefer(
    writer: &mut Writer<'_>,
    workspace: WorkspaceId,
    well: &str,
    property: &str,
    curve: Option<&str>,
) -> Result<String, ApiError> {
    check_property(property)?;
    let index = Index::new(writer.store().connection(), workspace);
    let doc = index.find_well(well)?;
    let chosen = curve.map(|curve| find_curve_of(&index, &doc, curve)).transpose()?;
    set_text(
        writer,
        doc,
        Map::Attributes,
        &CurveId::preferred_field(property),
        &chosen.map(|curve| curve.to_string()).unwrap_or_default(),
    );
    Ok(match curve {
        Some(curve) => format!("{curve} stands for {property} in {well}"),
        None => format!("the best curve stands for {property} in {well} again"),
    })
}

/// Finds a curve that belongs to a well.
fn find_curve_of(index: &Index<'_>, well: &DocId, curve: &str) -> Result<CurveId, ApiError> {
    let Found::Curve(run, ordinal) = index.find(curve, false)? else {
        return Err(usage(format!("{curve:?} is no curve"), "write RUN:NUMBER; dataforge curves lists them"));
    };
    if index.run(&run)?.well_id != well.to_string() {
        return Err(usage(format!("{curve} belongs to another well"), "dataforge curves lists the curves of a well"));
    }
    if !index.curves(Some(&run))?.iter().any(|found| found.ordinal == ordinal) {
        return Err(ApiError::new(ErrorKind::NotFound, format!("run {} has no curve {ordinal}", run.fmt_short()))
            .hint("dataforge curves lists them"));
    }
    Ok(CurveId { run, ordinal })
}
