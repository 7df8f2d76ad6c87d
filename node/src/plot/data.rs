//! What a plot is filled with: the samples of its series, the tops of its well.
//!
//! Clients gather it as they hold it; what is not here is absent and says so, and everything else is drawn.

use std::collections::BTreeMap;

use crate::series::Trace;

/// The curve of a series.
#[derive(Debug, Clone, Copy)]
pub struct Curve<'a> {
    /// Its samples, in the unit that the curve is in.
    pub trace: &'a Trace,
    /// How many units of the depth axis one unit of its index is: 0.3048 for feet on an axis in metres.
    pub per_index: f64,
}

/// A curve with several values at each depth.
#[derive(Debug, Clone, Copy)]
pub struct Array<'a> {
    /// Depths, never decreasing.
    pub index: &'a [f64],
    /// Values at each depth.
    pub columns: usize,
    /// All values, those of one depth together; NaN where there is none. `index.len() * columns` of them.
    pub values: &'a [f64],
    /// As of [`Curve::per_index`].
    pub per_index: f64,
}

/// What there is of a series.
#[derive(Debug, Clone, Default)]
pub struct Filling<'a> {
    /// Its curves: one, or those of several runs over each other, which differ by their dashes.
    pub curves: Vec<Curve<'a>>,
    /// Or its values as an image.
    pub array: Option<Array<'a>>,
}

/// A top or zone, in the domain and the unit of the depth axis.
#[derive(Debug, Clone, PartialEq)]
pub struct TopMark {
    /// Its id in its set.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub depth: f64,
    /// Where it ends, if it is a zone.
    pub base: Option<f64>,
}

/// Everything that a plot is filled with.
#[derive(Debug, Clone, Default)]
pub struct Data<'a> {
    /// What there is of series and of x and y axes, by their ids; those that are not among them are absent.
    pub series: BTreeMap<String, Filling<'a>>,
    /// Tops of the well, by depth.
    pub tops: Vec<TopMark>,
}

impl<'a> Data<'a> {
    /// Adds the curve of a series.
    pub fn add(&mut self, series: impl Into<String>, trace: &'a Trace, per_index: f64) {
        self.series.entry(series.into()).or_default().curves.push(Curve { trace, per_index });
    }

    /// Returns under which name the curve stands that gives the points of a series their colours.
    #[must_use]
    pub fn colour_of(series: &str) -> String {
        format!("{series}/colour_by")
    }

    /// Returns the curves of a series.
    #[must_use]
    pub fn curves(&self, series: &str) -> &[Curve<'a>] {
        self.series.get(series).map_or(&[], |filling| filling.curves.as_slice())
    }
}
