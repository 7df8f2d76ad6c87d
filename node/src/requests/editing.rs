//! Edits: fields of wells, runs, curves and attachments, the dictionary, preferred curves.

use dataforge_protocol::document::{CurveField, CurveId, DEPTH_SHIFT_M, HeaderField, MAX_KEY_CHARS, Map, Meaning};
use dataforge_protocol::facts::{Facts, Origin};
use dataforge_protocol::id::{DocId, WorkspaceId};

use crate::api::{ApiError, CurveName, ErrorKind, Reply};
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

pub(super) async fn set(
    node: &Node,
    workspace: WorkspaceId,
    target: String,
    field: String,
    value: String,
) -> Result<Reply, ApiError> {
    let message = format!("{field} of {target} is now {value:?}");
    edit(node, workspace, message, move |writer| {
        if value.chars().count() > MAX_VALUE_CHARS {
            return Err(usage("the value is too long".into(), "use at most 4096 characters"));
        }
        let found = Index::new(writer.store().connection(), workspace).find(&target, false)?;
        match found {
            Found::Well(doc) => set_well(writer, doc, &field, &value),
            Found::Run(doc) | Found::Attachment(doc) if field == "well" => move_to_well(writer, doc, workspace, &value),
            Found::Run(doc) => set_run(writer, doc, &field, &value),
            Found::Curve(doc, ordinal) => set_curve(writer, doc, ordinal, &field, &value),
            Found::Project(_) | Found::Described(..) => Err(usage(
                format!("{target:?} has no fields to set here"),
                "dataforge projects, charts, selections, tops and surveys edit the others",
            )),
            Found::Attachment(doc) => {
                check_field(&field, &["name", "description"], &["well"])?;
                set_text(writer, doc, Map::Root, &field, &value)
            }
        }
    })
    .await
}

/// Refuses a field that is none of these; `more` are those dealt with elsewhere.
fn check_field(field: &str, fields: &[&str], more: &[&str]) -> Result<(), ApiError> {
    if fields.contains(&field) { Ok(()) } else { Err(unknown_field(field, &[fields, more].concat())) }
}

/// Sets a text; an empty value takes the field away.
fn set_text(writer: &mut Writer<'_>, doc: DocId, map: Map, field: &str, value: &str) -> Result<(), ApiError> {
    let value = (!value.is_empty()).then_some(value);
    writer.edit(doc, &[], Vec::new(), |document, actor| {
        Ok(document.edit(actor, |edit| edit.set_text(map, field, value))?.into_iter().collect())
    })?;
    Ok(())
}

fn set_well(writer: &mut Writer<'_>, doc: DocId, field: &str, value: &str) -> Result<(), ApiError> {
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
        check_place(field, value, number)?;
        return set_text(writer, doc, Map::Attributes, field, value);
    }
    check_field(field, &[&WELL_FIELDS[..], &GRID_FIELDS].concat(), &PLACE_FIELDS)?;
    set_text(writer, doc, Map::Root, field, value)
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

fn set_run(writer: &mut Writer<'_>, doc: DocId, field: &str, value: &str) -> Result<(), ApiError> {
    if field == HeaderField::ElevationM.as_str() && !value.is_empty() && value.parse::<f64>().is_err() {
        return Err(usage(format!("{value:?} is no elevation"), "use metres above mean sea level"));
    }
    if field == DEPTH_SHIFT_M && !value.is_empty() && !value.parse::<f64>().is_ok_and(f64::is_finite) {
        return Err(usage(format!("{value:?} is no shift"), "use metres; 0 says that the datums are the same"));
    }
    let fields: Vec<_> = ["name", DEPTH_SHIFT_M].into_iter().chain(HeaderField::ALL.map(HeaderField::as_str)).collect();
    check_field(field, &fields, &["well"])?;
    set_text(writer, doc, Map::Root, field, value)
}

fn move_to_well(writer: &mut Writer<'_>, doc: DocId, workspace: WorkspaceId, target: &str) -> Result<(), ApiError> {
    let well = Index::new(writer.store().connection(), workspace).find_well(target)?;
    let deps: Vec<_> = writer.opening(&well).into_iter().collect();
    let id = well.to_string();
    // The tops and the survey that came from a run go with it.
    let filled = [Facts::Tops(Origin::Run(doc)), Facts::Survey(Origin::Run(doc))].map(|facts| facts.doc_id());
    let filled = filled.into_iter().filter(|doc| writer.opening(doc).is_some()).collect::<Vec<_>>();
    for doc in std::iter::once(doc).chain(filled) {
        writer.edit(doc, &deps, Vec::new(), |document, actor| {
            Ok(document.edit(actor, |edit| edit.set_text(Map::Root, "well", Some(&id)))?.into_iter().collect())
        })?;
    }
    Ok(())
}

fn set_curve(writer: &mut Writer<'_>, run: DocId, ordinal: u32, field: &str, value: &str) -> Result<(), ApiError> {
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
    let value = (!value.is_empty()).then_some(value);
    writer.edit(run, &[], Vec::new(), |document, actor| {
        Ok(document.edit(actor, |edit| edit.set_curve(ordinal, field, value))?.into_iter().collect())
    })?;
    Ok(())
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

pub(super) async fn set_meaning(
    node: &Node,
    workspace: WorkspaceId,
    curve: CurveName,
    property: Option<String>,
    to_unit: Option<String>,
) -> Result<Reply, ApiError> {
    let part = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
    let key = OverrideKey::new(part(&curve.vendor).as_deref(), &curve.mnemonic, part(&curve.unit).as_deref())
        .map_err(|error| ApiError::from_error(ErrorKind::Usage, &error).hint("name the curve, e.g. GR"))?;
    let field = key.to_string();
    if field.chars().count() > MAX_KEY_CHARS {
        return Err(usage("the mnemonic is too long".into(), "use at most 500 characters in all"));
    }
    if property.as_deref() != Some(PropertyChoice::Nothing.as_str()) {
        check_property(property.as_deref().unwrap_or_default())?;
    }
    if let Some(unit) = &to_unit
        && units::meanings(unit).is_empty()
    {
        return Err(usage(format!("{unit:?} is no unit we know"), "use a unit such as gAPI, ohm.m or us/ft"));
    }
    let message = match (&property, &to_unit) {
        (None, None) => format!("{} means what the dictionary says again", key.mnemonic()),
        (property, unit) => {
            let words: Vec<&str> = property.iter().chain(unit).map(String::as_str).collect();
            format!("{} now means {}", key.mnemonic(), words.join(" in "))
        }
    };
    let meaning = (property.is_some() || to_unit.is_some()).then_some(Meaning { property, unit: to_unit });
    edit(node, workspace, message, move |writer| {
        let (doc, _) = writer.open(&Facts::Dictionary, Vec::new())?;
        writer.edit(doc, &[], Vec::new(), |document, actor| {
            let edited = document.edit(actor, |edit| edit.set_meaning(&field, meaning.as_ref()))?;
            Ok(edited.into_iter().collect())
        })?;
        Ok(())
    })
    .await
}

pub(super) async fn prefer(
    node: &Node,
    workspace: WorkspaceId,
    well: String,
    property: String,
    curve: Option<String>,
) -> Result<Reply, ApiError> {
    check_property(&property)?;
    let message = match &curve {
        Some(curve) => format!("{curve} stands for {property} in {well}"),
        None => format!("the best curve stands for {property} in {well} again"),
    };
    edit(node, workspace, message, move |writer| {
        let index = Index::new(writer.store().connection(), workspace);
        let doc = index.find_well(&well)?;
        let chosen = curve.map(|curve| find_curve_of(&index, &doc, &curve)).transpose()?;
        let field = CurveId::preferred_field(&property);
        let value = chosen.map(|curve| curve.to_string());
        writer.edit(doc, &[], Vec::new(), |document, actor| {
            let edited = document.edit(actor, |edit| edit.set_text(Map::Attributes, &field, value.as_deref()))?;
            Ok(edited.into_iter().collect())
        })?;
        Ok(())
    })
    .await
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
