//! Kinds of fields: what strategies are chosen for, and what the table of conflicts has rows for.

use dataforge_protocol::document::{HeaderField, Map};
use dataforge_protocol::facts::DocKind;

/// What begins the names of attributes that hold preferred curves.
const PREFERRED: &str = "preferred/";

/// A kind of field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FieldKind {
    /// What a well is called and identified by, and where it is filed.
    Well,
    /// A free attribute of a well.
    WellAttribute,
    /// The curve that stands for a property of a well.
    Preferred,
    /// The depth grid of a well.
    Grid,
    /// The name of a run, its well, its depth shift.
    Run,
    /// What people say about the acquisition of a run.
    RunHeader,
    /// What people say about a curve.
    Curve,
    /// The rendition that people chose.
    Rendition,
    /// What is said about an attachment.
    Attachment,
    /// What is said about a project.
    Project,
    /// What a mnemonic means.
    Meaning,
    /// A setting of the workspace.
    Settings,
    /// A field of a chart as a whole.
    Chart,
    /// A thing on a chart.
    ChartItem,
    /// A field of a selection as a whole.
    Selection,
    /// A thing in a selection.
    SelectionItem,
    /// A field of a set of tops as a whole.
    Tops,
    /// A top or zone.
    TopsItem,
    /// A field of a survey as a whole.
    Survey,
    /// A station of a survey.
    SurveyItem,
    /// Whether a document is deleted.
    Deletion,
}

impl FieldKind {
    /// All kinds.
    pub(crate) const ALL: [Self; 21] = [
        Self::Well,
        Self::WellAttribute,
        Self::Preferred,
        Self::Grid,
        Self::Run,
        Self::RunHeader,
        Self::Curve,
        Self::Rendition,
        Self::Attachment,
        Self::Project,
        Self::Meaning,
        Self::Settings,
        Self::Chart,
        Self::ChartItem,
        Self::Selection,
        Self::SelectionItem,
        Self::Tops,
        Self::TopsItem,
        Self::Survey,
        Self::SurveyItem,
        Self::Deletion,
    ];

    /// Returns the word used in commands, settings and JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::WellAttribute => "well_attribute",
            Self::Preferred => "preferred",
            Self::Grid => "grid",
            Self::Run => "run",
            Self::RunHeader => "run_header",
            Self::Curve => "curve",
            Self::Rendition => "rendition",
            Self::Attachment => "attachment",
            Self::Project => "project",
            Self::Meaning => "meaning",
            Self::Settings => "settings",
            Self::Chart => "chart",
            Self::ChartItem => "chart_item",
            Self::Selection => "selection",
            Self::SelectionItem => "selection_item",
            Self::Tops => "tops",
            Self::TopsItem => "tops_item",
            Self::Survey => "survey",
            Self::SurveyItem => "survey_item",
            Self::Deletion => "deletion",
        }
    }

    /// Returns the kind that a word means.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }

    /// Returns the kind of a field.
    pub(crate) fn of(document: DocKind, map: Map, key: &str) -> Self {
        let is_item = map == Map::Items;
        match document {
            DocKind::Project => Self::Project,
            DocKind::Well if map == Map::Attributes && key.starts_with(PREFERRED) => Self::Preferred,
            DocKind::Well if map == Map::Attributes => Self::WellAttribute,
            DocKind::Well if key.starts_with("grid_") => Self::Grid,
            DocKind::Well => Self::Well,
            DocKind::Run if map == Map::Curves => Self::Curve,
            DocKind::Run if key == "rendition" => Self::Rendition,
            DocKind::Run if HeaderField::ALL.iter().any(|field| field.as_str() == key) => Self::RunHeader,
            DocKind::Run => Self::Run,
            DocKind::Dictionary => Self::Meaning,
            DocKind::Attachment => Self::Attachment,
            DocKind::Chart => {
                if is_item {
                    Self::ChartItem
                } else {
                    Self::Chart
                }
            }
            DocKind::Selection => {
                if is_item {
                    Self::SelectionItem
                } else {
                    Self::Selection
                }
            }
            DocKind::Tops => {
                if is_item {
                    Self::TopsItem
                } else {
                    Self::Tops
                }
            }
            DocKind::Survey => {
                if is_item {
                    Self::SurveyItem
                } else {
                    Self::Survey
                }
            }
            DocKind::Settings => Self::Settings,
        }
    }
}
