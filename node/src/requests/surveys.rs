//! Deviation surveys: listing them with the paths they make, editing them, choosing one.
//!
//! An edit after which the stations make no path is refused; what two people do at once may still
//! make none, which is then said wherever the path is asked for.

mod stations;

use dataforge_protocol::document::{LongText, SurveyField, SurveyState};
use dataforge_protocol::facts::{DocKind, Facts, Origin};
use dataforge_protocol::id::{DocId, WorkspaceId};

use self::stations::{check_path, put, station_of, write_all};
use super::editing::edit;
use super::titled::{self, datum, length};
use crate::api::{
    ApiError, ErrorKind, NewStation, PathPointInfo, PathReply, Reply, SurveyInfo, SurveyReply, SurveysRequest,
};
use crate::core::Core;
use crate::index::Index;
use crate::node::Node;
use crate::trajectory::PathPoint;
use crate::wellpath::WellPath;

/// Depths that are placed by one request.
const MAX_POINTS: usize = 100_000;
/// What north may be.
const NORTHS: [&str; 3] = ["true", "grid", "magnetic"];

pub(super) async fn dispatch(node: &Node, workspace: WorkspaceId, ask: SurveysRequest) -> Result<Reply, ApiError> {
    match ask {
        SurveysRequest::List { well } => list(node, workspace, well).await,
        SurveysRequest::Show { target } => show(node, workspace, find(node, workspace, target).await?).await,
        SurveysRequest::Create { well, title, description, stations } => {
            create(node, workspace, well, (title, description), stations).await
        }
        SurveysRequest::SetStations { target, stations } => {
            set_stations(node, workspace, find(node, workspace, target).await?, stations).await
        }
        SurveysRequest::RemoveStation { target, station } => {
            remove_station(node, workspace, find(node, workspace, target).await?, station).await
        }
        SurveysRequest::Set { target, field, value } => {
            set(node, workspace, find(node, workspace, target).await?, field, value).await
        }
        SurveysRequest::Choose { well, survey } => choose(node, workspace, well, survey).await,
        SurveysRequest::Tvd { target, md, unit, datum } => {
            tvd(node, workspace, find(node, workspace, target).await?, md, unit, datum).await
        }
        SurveysRequest::Rename { target, title } => {
            titled::set(node, workspace, find(node, workspace, target).await?, LongText::Title, title).await
        }
        SurveysRequest::Describe { target, description } => {
            let doc = find(node, workspace, target).await?;
            titled::set(node, workspace, doc, LongText::Description, description).await
        }
        SurveysRequest::Delete { target } => {
            super::editing::delete(node, workspace, find(node, workspace, target).await?).await
        }
    }
}

fn usage(message: String) -> ApiError {
    ApiError::new(ErrorKind::Usage, message)
}

/// Finds a survey: by its own name or id, or as the one that counts for a well.
async fn find(node: &Node, workspace: WorkspaceId, target: String) -> Result<DocId, ApiError> {
    node.with_core(move |core| {
        let connection = core.store.connection();
        let index = Index::new(connection, workspace);
        let missing = match index.find_described(DocKind::Survey, &target, false) {
            Err(error) if error.kind == ErrorKind::NotFound => error,
            found => return found,
        };
        let Ok(well) = index.find_well(&target) else {
            return Err(missing.hint("dataforge surveys list lists what there is"));
        };
        let path = WellPath::load(connection, workspace, &well)?;
        path.survey.ok_or_else(|| {
            ApiError::new(ErrorKind::NotFound, path.path.err().unwrap_or_default())
                .hint("dataforge surveys list lists what there is")
        })
    })
    .await
}

async fn list(node: &Node, workspace: WorkspaceId, well: Option<String>) -> Result<Reply, ApiError> {
    let surveys = node.with_core(move |core| {
        let index = Index::new(core.store.connection(), workspace);
        let well = well.map(|well| index.find_well(&well)).transpose()?;
        index.surveys(well.as_ref())
    });
    Ok(Reply::Surveys { surveys: surveys.await? })
}

async fn show(node: &Node, workspace: WorkspaceId, doc: DocId) -> Result<Reply, ApiError> {
    node.with_core(move |core| in_full(core, workspace, &doc)).await.map(Reply::Survey)
}

fn path_of(core: &Core, workspace: WorkspaceId, doc: &DocId) -> Result<WellPath, ApiError> {
    let connection = core.store.connection();
    let survey = Index::new(connection, workspace).survey(doc)?;
    WellPath::of_survey(connection, workspace, survey.well_id.parse().ok().as_ref(), doc)
}

fn point(point: &PathPoint, elevation_m: Option<f64>) -> PathPointInfo {
    PathPointInfo {
        md_m: point.md_m,
        tvd_m: point.tvd_m,
        tvdss_m: elevation_m.map(|elevation| point.tvd_m - elevation),
        north_m: point.north_m,
        east_m: point.east_m,
        inclination_deg: point.inclination_deg,
        azimuth_deg: point.azimuth_deg,
        dogleg_deg_per_30m: point.dogleg_deg_per_30m,
    }
}

/// Returns a survey in full, with the path that its stations make.
///
/// # Errors
/// `NotFound`, `Storage`.
fn in_full(core: &Core, workspace: WorkspaceId, doc: &DocId) -> Result<SurveyReply, ApiError> {
    let survey = Index::new(core.store.connection(), workspace).survey(doc)?;
    of_survey(core, workspace, doc, survey)
}

/// Returns what [`in_full`] does of a survey that was listed.
///
/// # Errors
/// `Storage`.
pub(crate) fn of_survey(
    core: &Core,
    workspace: WorkspaceId,
    doc: &DocId,
    survey: SurveyInfo,
) -> Result<SurveyReply, ApiError> {
    let connection = core.store.connection();
    let mut stations = Index::new(connection, workspace).stations(doc)?;
    let path = WellPath::of_survey(connection, workspace, survey.well_id.parse().ok().as_ref(), doc)?;
    let elevation = path.elevation_m();
    let (problem, starts_vertical) = match &path.path {
        Ok(made) => {
            let points = made.points();
            let assumed = usize::from(made.starts_vertical());
            for (station, at) in stations.iter_mut().zip(points.iter().skip(assumed)) {
                station.point = Some(point(at, elevation));
            }
            (None, made.starts_vertical())
        }
        Err(why) => (Some(why.clone()), false),
    };
    Ok(SurveyReply { survey, stations, problem, starts_vertical })
}

async fn create(
    node: &Node,
    workspace: WorkspaceId,
    well: String,
    (title, description): (String, String),
    stations: Vec<NewStation>,
) -> Result<Reply, ApiError> {
    let facts = Facts::Survey(Origin::Person(titled::nonce()?));
    let doc = facts.doc_id();
    let stations = put(&mut SurveyState::default(), &stations)?;
    edit(node, workspace, String::new(), move |writer| {
        let well = Index::new(writer.store().connection(), workspace).find_well(&well)?;
        let deps: Vec<_> = writer.opening(&well).into_iter().collect();
        writer.open(&facts, deps.clone())?;
        writer.edit(doc, &deps, Vec::new(), |document, actor| {
            let mut changes: Vec<_> = document.edit(actor, |edit| edit.file_under(&well, None))?.into_iter().collect();
            changes.extend(write_all(document, actor, &stations)?);
            Ok(changes)
        })?;
        titled::begin(writer, doc, &title, &description)
    })
    .await?;
    show(node, workspace, doc).await
}

async fn set_stations(
    node: &Node,
    workspace: WorkspaceId,
    doc: DocId,
    stations: Vec<NewStation>,
) -> Result<Reply, ApiError> {
    let message = match stations.len() {
        1 => format!("1 station of {} is set", doc.fmt_short()),
        count => format!("{count} stations of {} are set", doc.fmt_short()),
    };
    edit(node, workspace, message, move |writer| {
        let document = writer.document(&doc)?.ok_or_else(|| missing(&doc))?;
        let stations = put(&mut SurveyState::read(&document), &stations)?;
        writer.edit(doc, &[], Vec::new(), |document, actor| write_all(document, actor, &stations))?;
        Ok(())
    })
    .await
}

async fn remove_station(node: &Node, workspace: WorkspaceId, doc: DocId, target: String) -> Result<Reply, ApiError> {
    edit(node, workspace, format!("station {target} is removed"), move |writer| {
        let document = writer.document(&doc)?.ok_or_else(|| missing(&doc))?;
        let mut state = SurveyState::read(&document);
        let id = station_of(&state, &target)?;
        state.stations.remove(&id);
        check_path(state.stations.values())?;
        writer.edit(doc, &[], Vec::new(), |document, actor| {
            Ok(document.edit(actor, |edit| edit.remove_station(&id))?.into_iter().collect())
        })?;
        Ok(())
    })
    .await
}

/// Returns a field of a survey as it is written; nothing to take it away.
fn field_text(field: SurveyField, value: &str) -> Result<Option<String>, ApiError> {
    if value.is_empty() {
        // An empty text also hides what was imported, but for a number there is none.
        return Ok((field != SurveyField::ElevationM).then(String::new));
    }
    match field {
        SurveyField::Datum => datum("datum", value).map(Some),
        SurveyField::ElevationM => {
            let metres = value.parse::<f64>().ok().filter(|metres| metres.is_finite() && metres.abs() < 1e4);
            let metres = metres.ok_or_else(|| usage(format!("{value:?} is no elevation")).hint("use metres"))?;
            Ok(Some(metres.to_string()))
        }
        SurveyField::AzimuthReference if NORTHS.contains(&value) => Ok(Some(value.to_owned())),
        SurveyField::AzimuthReference => {
            Err(usage(format!("{value:?} is no north")).hint(format!("use one of {}", NORTHS.join(", "))))
        }
    }
}

async fn set(node: &Node, workspace: WorkspaceId, doc: DocId, field: String, value: String) -> Result<Reply, ApiError> {
    let known = SurveyField::ALL.into_iter().find(|known| known.as_str() == field).ok_or_else(|| {
        let fields = SurveyField::ALL.map(SurveyField::as_str);
        usage(format!("there is no field {field:?} here")).hint(format!("fields are: {}", fields.join(", ")))
    })?;
    let text = field_text(known, &value)?;
    let written = node.with_core(move |core| {
        core.write(&workspace, &[], |writer| {
            let document = writer.document(&doc)?.ok_or_else(|| missing(&doc))?;
            let before = SurveyState::read(&document);
            let outdated = outdates_elevation(&before, known, text.as_deref());
            writer.edit(doc, &[], Vec::new(), |document, actor| {
                let edited = document.edit(actor, |edit| {
                    if outdated {
                        edit.set_survey_field(SurveyField::ElevationM, None)?;
                    }
                    edit.set_survey_field(known, text.as_deref())
                })?;
                Ok(edited.into_iter().collect())
            })?;
            let after = writer.document(&doc)?.map(|document| SurveyState::read(&document));
            Ok((before, after.unwrap_or_default(), outdated))
        })
    });
    let ((before, after, outdated), progress) = written.await?;
    node.on_progress(workspace, &progress);
    let mut message = format!("{field} is now {value:?}");
    if let Some(metres) = before.elevation_m.filter(|_| outdated) {
        let now = after.elevation_m.map_or_else(|| "not known any more".to_owned(), |metres| format!("{metres} m"));
        message.push_str(&format!("; its elevation is {now}: {metres} m was that of {}", before.datum));
    }
    Ok(Reply::Done { message })
}

/// Whether a survey's elevation is that of another datum once a field reads so. Of depths that named no
/// datum it is the elevation of whatever they were counted from, which only gets its name.
fn outdates_elevation(before: &SurveyState, field: SurveyField, text: Option<&str>) -> bool {
    let is_other = text.is_some_and(|datum| datum != before.datum);
    field == SurveyField::Datum && is_other && !before.datum.is_empty() && before.elevation_m.is_some()
}

async fn choose(node: &Node, workspace: WorkspaceId, well: String, survey: Option<String>) -> Result<Reply, ApiError> {
    let message = match &survey {
        Some(survey) => format!("{survey} is the survey of {well}"),
        None => format!("no survey is chosen for {well}"),
    };
    edit(node, workspace, message, move |writer| {
        let index = Index::new(writer.store().connection(), workspace);
        let id = index.find_well(&well)?;
        let survey = survey.map(|survey| index.find_described(DocKind::Survey, &survey, false)).transpose()?;
        if let Some(survey) = &survey
            && index.survey(survey)?.well_id != id.to_string()
        {
            return Err(usage(format!("the survey is of another well than {well:?}")));
        }
        let deps: Vec<_> = survey.as_ref().and_then(|survey| writer.opening(survey)).into_iter().collect();
        writer.edit(id, &deps, Vec::new(), |document, actor| {
            Ok(document.edit(actor, |edit| edit.choose_survey(survey.as_ref()))?.into_iter().collect())
        })?;
        Ok(())
    })
    .await
}

async fn tvd(
    node: &Node,
    workspace: WorkspaceId,
    doc: DocId,
    md: Vec<f64>,
    unit: String,
    level: String,
) -> Result<Reply, ApiError> {
    let (_, to_m) = length("measured depths", &unit)?;
    let level = datum("measured depths", &level)?;
    if md.len() > MAX_POINTS {
        return Err(usage(format!("{} depths are too many; {MAX_POINTS} are placed at once", md.len())));
    }
    let points = node.with_core(move |core| {
        let path = path_of(core, workspace, &doc)?;
        let elevation = path.elevation_m();
        let place = |md: f64| path.at(md * to_m, &level).map(|at| point(&at, elevation)).map_err(usage);
        md.into_iter().map(place).collect::<Result<Vec<_>, _>>()
    });
    Ok(Reply::Path(PathReply { survey: doc.to_string(), points: points.await? }))
}

fn missing(doc: &DocId) -> ApiError {
    ApiError::new(ErrorKind::NotFound, format!("{} is not here any more", doc.fmt_short()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_elevation_goes_with_its_datum() {
        let survey =
            |datum: &str, elevation_m| SurveyState { datum: datum.into(), elevation_m, ..SurveyState::default() };
        let outdates = |survey: &SurveyState, datum| outdates_elevation(survey, SurveyField::Datum, Some(datum));
        assert!(outdates(&survey("KB", Some(25.0)), "GL"));
        assert!(outdates(&survey("KB", Some(25.0)), ""));
        assert!(!outdates(&survey("KB", Some(25.0)), "KB"), "it is the same");
        assert!(!outdates(&survey("", Some(25.0)), "KB"), "it gets its name");
        assert!(!outdates(&survey("KB", None), "GL"), "there is none");
        assert!(!outdates_elevation(&survey("KB", Some(25.0)), SurveyField::AzimuthReference, Some("grid")));
    }

    #[test]
    fn what_holds_for_a_survey_is_checked() {
        assert_eq!(field_text(SurveyField::Datum, "rkb").unwrap().as_deref(), Some("KB"));
        assert_eq!(field_text(SurveyField::AzimuthReference, "grid").unwrap().as_deref(), Some("grid"));
        assert_eq!(field_text(SurveyField::ElevationM, "25.50").unwrap().as_deref(), Some("25.5"));
        for (field, value) in [(SurveyField::ElevationM, "high"), (SurveyField::AzimuthReference, "up")] {
            assert!(field_text(field, value).is_err(), "{value}");
        }
    }
}
