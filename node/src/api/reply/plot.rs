//! The reply about a printed chart.

use serde::{Deserialize, Serialize};

use crate::api::PlotFormat;

/// A chart that was printed; the file came as output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlotReply {
    /// The title of the chart.
    pub title: String,
    /// Its well's name.
    pub well: Option<String>,
    /// What the file is.
    pub format: PlotFormat,
    /// Sheets.
    pub sheets: u64,
    /// Width of the first sheet in points of 1/72 inch.
    pub width: f64,
    /// Height of the first sheet in points.
    pub height: f64,
    /// One of depth stands for so many on paper; none of charts without depths.
    pub scale: Option<f64>,
    /// Points to a metre of depth.
    pub points_per_metre: Option<f64>,
    /// Points to a unit of the depth axis.
    pub points_per_unit: Option<f64>,
    /// The first depth that is drawn.
    pub from: Option<f64>,
    /// The last.
    pub to: Option<f64>,
    /// The unit of these.
    pub unit: String,
    /// What of the chart is not on it, each with the reason.
    pub absent: Vec<String>,
    /// Bytes of the file.
    pub bytes: u64,
}
