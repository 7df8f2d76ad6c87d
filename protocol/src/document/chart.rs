//! Charts: what is drawn of a well's curves, and how.
//!
//! A chart is read as a [`Sheet`], its fields as texts, by which it is also changed, and as a
//! [`ChartState`] with types, by which it is drawn. Both follow from the same declarations in
//! `chart/part.rs`. Whether what it names exists, and whether units fit, is not known here.

mod field;
mod part;
mod sheet;
mod source;
#[cfg(test)]
mod tests;
mod words;

use serde::{Deserialize, Serialize};

pub use self::field::{FieldSpec, Form, ITEM_ID_DIGITS, is_item_id};
pub use self::part::{Annotation, Axis, Fill, KIND, Look, ORDER, Part, Series, Track};
pub use self::sheet::{
    Item, MAX_DESCRIPTION_CHARS, MAX_TAG_CHARS, MAX_TAGS, MAX_TITLE_CHARS, NoItem, Place, Sheet, is_tag,
};
pub use self::source::{ParseSourceError, Source};
pub use self::words::{
    AnnotationKind, AxisKind, ChartKind, Domain, FillKind, Legend, LineStyle, Mark, Paper, Scale, SeriesKind, Theme,
    TrackKind,
};
use super::Document;

/// A chart, read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartState {
    /// What it shows.
    pub kind: ChartKind,
    /// Its title.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its tags, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What is said of it as a whole.
    #[serde(flatten)]
    pub look: Look,
    /// Its axes, in order; so are the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub axes: Vec<Axis>,
    /// Its tracks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<Track>,
    /// Its series: later ones are drawn over earlier ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Series>,
    /// Its fills.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fills: Vec<Fill>,
    /// Its annotations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
}

impl ChartState {
    /// Reads a chart.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        Self::of(&Sheet::read(doc))
    }

    /// Reads the fields of a chart.
    #[must_use]
    pub fn of(sheet: &Sheet) -> Self {
        let items = |part: Part| sheet.items(part).iter();
        Self {
            kind: part::chart_kind(&sheet.fields),
            title: sheet.title.clone(),
            description: sheet.description.clone(),
            tags: sheet.tags.iter().cloned().collect(),
            look: Look::read(&sheet.fields),
            axes: items(Part::Axis).filter_map(|item| Axis::read(&item.id, &item.fields)).collect(),
            tracks: items(Part::Track).filter_map(|item| Track::read(&item.id, &item.fields)).collect(),
            series: items(Part::Series).filter_map(|item| Series::read(&item.id, &item.fields)).collect(),
            fills: items(Part::Fill).filter_map(|item| Fill::read(&item.id, &item.fields)).collect(),
            annotations: items(Part::Annotation).filter_map(|item| Annotation::read(&item.id, &item.fields)).collect(),
        }
    }

    /// Returns the depth axis, if there is one.
    #[must_use]
    pub fn depth_axis(&self) -> Option<&Axis> {
        self.axes.iter().find(|axis| axis.kind == AxisKind::Depth)
    }

    /// Returns what it takes values from, each with the item that does and the field that says so.
    #[must_use]
    pub fn sources(&self) -> Vec<Sourced<'_>> {
        let own = self.look.well.as_deref();
        let mut found = Vec::new();
        for axis in &self.axes {
            let named = axis.source.iter();
            found.extend(named.map(|source| Sourced {
                part: Part::Axis,
                id: &axis.id,
                field: "source",
                source,
                well: own,
            }));
        }
        for series in &self.series {
            let (part, id, well) = (Part::Series, &series.id, series.well.as_deref().or(own));
            let fields = [("source", &series.source), ("colour_by", &series.colour_by)];
            for (field, source) in fields {
                found.extend(source.iter().map(|source| Sourced { part, id, field, source, well }));
            }
        }
        found
    }
}

/// Something that takes values from somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<'a> {
    /// What kind of item.
    pub part: Part,
    /// Its id.
    pub id: &'a str,
    /// The field that says so.
    pub field: &'static str,
    /// From where.
    pub source: &'a Source,
    /// The well whose property it is, by its id.
    pub well: Option<&'a str>,
}
