//! The request for a printed chart.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is printed, and how. Either a chart or a template, or neither: then the triple combo of the well.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PlotRequest {
    /// The well; that of the chart when left out.
    pub well: Option<String>,
    /// A template: of the program by its name, or of the workspace by title or id.
    pub template: Option<String>,
    /// A chart, by title or id. With another well than its own it is taken as a template.
    pub chart: Option<String>,
    /// The first depth, in the unit of the depth axis; that of the chart or the data when left out.
    pub from: Option<f64>,
    /// The last depth.
    pub to: Option<f64>,
    /// The unit of the depth axis; as the chart says, or the well's, when left out.
    pub unit: Option<String>,
    /// One of depth stands for so many on paper: 500 for 1:500.
    pub scale: Option<f64>,
    /// What the file is.
    pub format: PlotFormat,
    /// `continuous`, `a3`, `a4`, `letter` or `tabloid`; as the chart says when left out. Only PDF has several sheets.
    pub paper: Option<String>,
    /// Whether sheets lie on their side.
    pub landscape: Option<bool>,
    /// Dots per inch of PNG; 150 when left out.
    pub dpi: Option<f64>,
    /// `light`, `dark` or `mono`; as the chart says when left out, `auto` being light.
    pub theme: Option<String>,
    /// Whether what is known of well and logs stands above it; as the chart says when left out.
    pub heading: Option<bool>,
    /// A line more in the heading.
    pub note: Option<String>,
}

/// What a plot is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlotFormat {
    /// Portable Document Format.
    #[default]
    Pdf,
    /// Scalable Vector Graphics.
    Svg,
    /// Pixels.
    Png,
}

impl fmt::Display for PlotFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Pdf => "PDF",
            Self::Svg => "SVG",
            Self::Png => "PNG",
        })
    }
}
