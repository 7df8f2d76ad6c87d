//! Requests about deviation surveys.

use serde::{Deserialize, Serialize};

/// What is asked about surveys.
///
/// A `target` is a survey by name, id or start of the id, or a well: then the survey that counts for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "surveys", rename_all = "snake_case")]
pub enum SurveysRequest {
    /// Lists surveys. → `Surveys`
    List {
        /// Only of this well.
        well: Option<String>,
    },
    /// Lists the stations of a survey and the path they make. → `Survey`
    Show {
        /// The survey.
        target: String,
    },
    /// Makes a survey. → `Survey`
    Create {
        /// The well.
        well: String,
        /// What it is called.
        title: String,
        /// What it is about.
        #[serde(default)]
        description: String,
        /// Its first stations.
        #[serde(default)]
        stations: Vec<NewStation>,
    },
    /// Adds stations, or changes those at the same depths; all or none. → `Done`
    SetStations {
        /// The survey.
        target: String,
        /// The stations.
        stations: Vec<NewStation>,
    },
    /// Takes a station away. → `Done`
    RemoveStation {
        /// The survey.
        target: String,
        /// Its id, or its measured depth as delivered.
        station: String,
    },
    /// Sets `datum`, `elevation_m` or `azimuth_reference`. → `Done`
    Set {
        /// The survey.
        target: String,
        /// The field.
        field: String,
        /// The value; empty takes it away.
        value: String,
    },
    /// Chooses the survey that counts for a well. → `Done`
    Choose {
        /// The well.
        well: String,
        /// The survey; when left out, none is chosen any more.
        survey: Option<String>,
    },
    /// Says where measured depths are in space. → `Path`
    Tvd {
        /// The survey or well.
        target: String,
        /// Measured depths, in the unit.
        md: Vec<f64>,
        /// Unit of length.
        unit: String,
        /// What they are counted from; empty for the survey's own datum.
        #[serde(default)]
        datum: String,
    },
    /// Changes what a survey is called. → `Done`
    Rename {
        /// The survey.
        target: String,
        /// What it is called from now on.
        title: String,
    },
    /// Changes what is said about a survey. → `Done`
    Describe {
        /// The survey.
        target: String,
        /// What is said from now on.
        description: String,
    },
    /// Deletes a survey; `Restore` brings it back. → `Done`
    Delete {
        /// The survey.
        target: String,
    },
}

/// A station to be put in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewStation {
    /// Measured depth, in the unit.
    pub md: f64,
    /// Unit of length.
    pub unit: String,
    /// Inclination in degrees.
    pub inclination_deg: f64,
    /// Azimuth in degrees.
    pub azimuth_deg: f64,
}
