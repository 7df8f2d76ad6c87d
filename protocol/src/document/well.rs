//! The fields of a well.

use std::collections::BTreeMap;
use std::fmt;

use super::{DELETED, Document, Edit, EngineError, Field, Map};
use crate::id::DocId;

/// What is said about a well.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WellState {
    /// Its name.
    pub name: Option<String>,
    /// Its unique well identifier or API number, as written.
    pub uwi: Option<String>,
    /// The field it is in.
    pub field: Option<String>,
    /// The operating company.
    pub company: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// The project it is filed under.
    pub project: Option<DocId>,
    /// The grid its gridded copies are on.
    pub grid: GridState,
    /// The deviation survey that people chose for it.
    pub survey: Option<DocId>,
    /// Whether it is deleted.
    pub deleted: bool,
    /// The curve that stands for a property, by property.
    pub preferred: BTreeMap<String, CurveId>,
    /// Free attributes by name.
    pub attributes: BTreeMap<String, String>,
}

/// The depth grid of a well; what is not set follows from its runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GridState {
    /// Unit, `m` or `ft`.
    pub unit: Option<String>,
    /// Step, in that unit.
    pub step: Option<f64>,
    /// A depth the grid goes through, in that unit.
    pub origin: Option<f64>,
}

/// A curve: its run and its ordinal there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CurveId {
    /// The run.
    pub run: DocId,
    /// The ordinal, from 1.
    pub ordinal: u32,
}

impl fmt::Display for CurveId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.run, self.ordinal)
    }
}

impl CurveId {
    /// Returns the attribute of a well that holds the curve preferred for a property.
    #[must_use]
    pub fn preferred_field(property: &str) -> String {
        format!("{PREFERRED}{property}")
    }

    /// Reads what [`CurveId`] displays.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let (run, ordinal) = text.split_once(':')?;
        Some(Self { run: run.parse().ok()?, ordinal: ordinal.parse().ok()? })
    }
}

/// The root key of [`WellState::survey`].
const SURVEY: &str = "survey";

/// What begins the names of attributes that hold preferred curves.
const PREFERRED: &str = "preferred/";

impl WellState {
    /// Reads a well.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        let text = |key| doc.get_str(Map::Root, key);
        let number = |key| text(key).and_then(|text| text.parse().ok()).filter(|number: &f64| number.is_finite());
        let mut attributes = doc.texts(Map::Attributes);
        let preferred = attributes
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(PREFERRED)?.to_owned(), CurveId::from_text(value)?)))
            .collect();
        attributes.retain(|key, _| !key.starts_with(PREFERRED));
        Self {
            name: text("name"),
            uwi: text("uwi"),
            field: text("field"),
            company: text("company"),
            country: text("country"),
            project: text("project").and_then(|id| id.parse().ok()),
            grid: GridState { unit: text("grid_unit"), step: number("grid_step"), origin: number("grid_origin") },
            survey: text(SURVEY).and_then(|id| id.parse().ok()),
            deleted: doc.is_deleted(),
            preferred,
            attributes,
        }
    }

    /// Writes what differs from the document.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn write(&self, edit: &mut Edit<'_, '_>) -> Result<(), EngineError> {
        let project = self.project.map(|id| id.to_string());
        let survey = self.survey.map(|id| id.to_string());
        let texts = [
            ("name", &self.name),
            ("uwi", &self.uwi),
            ("field", &self.field),
            ("company", &self.company),
            ("country", &self.country),
            ("project", &project),
            (SURVEY, &survey),
            ("grid_unit", &self.grid.unit),
            ("grid_step", &self.grid.step.map(|step| step.to_string())),
            ("grid_origin", &self.grid.origin.map(|origin| origin.to_string())),
        ];
        for (key, text) in texts {
            edit.set_text(Map::Root, key, text.as_deref())?;
        }
        edit.set_flag(DELETED, self.deleted)?;
        let mut texts = self.attributes.clone();
        texts.extend(
            self.preferred.iter().map(|(property, curve)| (CurveId::preferred_field(property), curve.to_string())),
        );
        edit.set_texts(Map::Attributes, &texts)
    }
}

impl Edit<'_, '_> {
    /// Chooses the survey that counts for a well, or, with nothing, none.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn choose_survey(&mut self, survey: Option<&DocId>) -> Result<(), EngineError> {
        self.set_text(Map::Root, SURVEY, survey.map(ToString::to_string).as_deref())
    }
}

impl Document {
    /// Returns the texts of a map by key.
    #[must_use]
    pub fn texts(&self, map: Map) -> BTreeMap<String, String> {
        let texts = self.entries(map).filter_map(|(key, field)| match field {
            Field::Text(text) => Some((key.into_owned(), text)),
            Field::Bool(_) | Field::Bytes(_) => None,
        });
        texts.collect()
    }
}
