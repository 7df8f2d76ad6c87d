//! `dataforge surveys`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use dataforge_node::api::{
    NewStation, OutputFormat, PathPointInfo, PathReply, QueryLimits, Reply, Request, SurveyInfo, SurveyReply,
    SurveysRequest,
};

use super::query::into_file;
use super::tops::read_json;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, clean, decimal, thousandths, title};

const EXAMPLES: &str = "\
Examples:
  dataforge surveys create \"North 1\" \"Gyro\"
  dataforge surveys set-station Gyro 100 1.5 270 --unit m
  dataforge surveys set Gyro datum KB
  dataforge surveys choose \"North 1\" Gyro
  dataforge surveys tvd \"North 1\" --md 1500 --md 2000 --unit m
A survey is named by its name, its id or the start of it, or by the well that it counts for.";

/// Lists deviation surveys and the paths they make, or edits them for everybody.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Surveys {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List surveys
    List {
        /// Only of this well: name, id or start of the id
        well: Option<String>,
    },
    /// List the stations of a survey, and where they are
    Show {
        /// The survey or well
        target: String,
    },
    /// Make a survey
    Create {
        /// The well: name, id or start of the id
        well: String,
        /// What it is called
        title: String,
        /// What it is about
        #[arg(long, default_value = "")]
        description: String,
        /// Its stations: a JSON array of objects with md, unit, `inclination_deg` and `azimuth_deg`
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Add a station, or change the one at that depth; or all of a file
    SetStation(SetStation),
    /// Take a station away
    RemoveStation {
        /// The survey or well
        target: String,
        /// Its measured depth as listed, or its id
        station: String,
    },
    /// Set `datum`, `elevation_m` or `azimuth_reference` (true, grid, magnetic)
    Set {
        /// The survey or well
        target: String,
        /// The field
        field: String,
        /// The value; empty takes it away
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Choose the survey that counts for a well; without one, none is chosen
    Choose {
        /// The well
        well: String,
        /// The survey
        survey: Option<String>,
    },
    /// Say where measured depths are in space, by minimum curvature
    Tvd {
        /// The survey or well
        target: String,
        /// Measured depths
        #[arg(long, required = true, value_delimiter = ',', value_name = "DEPTH,…")]
        md: Vec<f64>,
        /// Their unit
        #[arg(long)]
        unit: String,
        /// What they are counted from; the survey's datum by default
        #[arg(long, default_value = "")]
        datum: String,
    },
    /// Change what a survey is called
    Rename {
        /// The survey or well
        target: String,
        /// What it is called from now on
        title: String,
    },
    /// Change what is said about a survey
    Describe {
        /// The survey or well
        target: String,
        /// What is said from now on
        description: String,
    },
    /// Delete a survey; restore brings it back
    Delete {
        /// The survey or well
        target: String,
    },
    /// Write a survey as a table that import reads
    Export {
        /// The survey or well
        target: String,
        /// The file, as comma-separated values
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Replace a file that exists
        #[arg(long)]
        force: bool,
    },
}

/// A station to be put in.
#[derive(Debug, Args)]
struct SetStation {
    /// The survey or well
    target: String,
    /// Measured depth
    #[arg(required_unless_present = "file")]
    md: Option<f64>,
    /// Inclination in degrees
    #[arg(required_unless_present = "file")]
    inclination: Option<f64>,
    /// Azimuth in degrees
    #[arg(required_unless_present = "file", allow_negative_numbers = true)]
    azimuth: Option<f64>,
    /// Unit of the depth
    #[arg(long, required_unless_present = "file")]
    unit: Option<String>,
    /// A JSON array of stations
    #[arg(long, value_name = "FILE", conflicts_with_all = ["md", "unit"])]
    file: Option<PathBuf>,
}

impl SetStation {
    fn ask(self) -> Result<SurveysRequest, Failure> {
        let stations = match (self.file, self.md, self.inclination, self.azimuth, self.unit) {
            (Some(file), ..) => read_json(&file)?,
            (None, Some(md), Some(inclination_deg), Some(azimuth_deg), Some(unit)) => {
                vec![NewStation { md, unit, inclination_deg, azimuth_deg }]
            }
            _ => return Err(Failure::usage("no station is given", "give depth, inclination, azimuth and --unit")),
        };
        Ok(SurveysRequest::SetStations { target: self.target, stations })
    }
}

impl Surveys {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = match self.action {
            Action::List { well } => SurveysRequest::List { well },
            Action::Show { target } => SurveysRequest::Show { target },
            Action::Create { well, title, description, file } => {
                let stations = file.map(|file| read_json(&file)).transpose()?.unwrap_or_default();
                SurveysRequest::Create { well, title, description, stations }
            }
            Action::SetStation(station) => station.ask()?,
            Action::RemoveStation { target, station } => SurveysRequest::RemoveStation { target, station },
            Action::Set { target, field, value } => SurveysRequest::Set { target, field, value },
            Action::Choose { well, survey } => SurveysRequest::Choose { well, survey },
            Action::Tvd { target, md, unit, datum } => SurveysRequest::Tvd { target, md, unit, datum },
            Action::Rename { target, title } => SurveysRequest::Rename { target, title },
            Action::Describe { target, description } => SurveysRequest::Describe { target, description },
            Action::Delete { target } => SurveysRequest::Delete { target },
            Action::Export { target, out, force } => return export(context, target, &out, force).await,
        };
        context.ask(Request::Surveys { workspace: context.workspace.clone(), ask }).await
    }
}

/// Writes a survey as a table, under names that import knows.
async fn export(context: &Context, target: String, out: &Path, force: bool) -> Result<(), Failure> {
    let workspace = context.workspace.clone();
    let ask = SurveysRequest::Show { target };
    let Reply::Survey(reply) = context.call(Request::Surveys { workspace: workspace.clone(), ask }).await? else {
        return Err(Failure::usage("the node answered something else", "use a node of the same version"));
    };
    let unit = reply.stations.first().map_or("m", |station| &*station.unit);
    if reply.stations.iter().any(|station| station.unit != unit) {
        return Err(Failure::usage("the stations are in several units", "set all of them in one unit first"));
    }
    let sql = format!(
        "select s.well as \"Well\", w.uwi as \"UWI\", s.md as \"MD ({unit})\", \
         s.inclination_deg as \"Inclination (deg)\", s.azimuth_deg as \"Azimuth (deg)\", s.datum as \"Datum\", \
         s.azimuth_reference as \"Azimuth Reference\" \
         from surveys as s left join wells as w on w.well_id = s.well_id \
         where s.survey_id = '{}' order by s.md",
        reply.survey.id
    );
    let request = Request::Query { workspace, sql, format: OutputFormat::CsvRaw, limits: QueryLimits::default() };
    into_file(context, request, out, force).await
}

impl Human for Vec<SurveyInfo> {
    fn human(&self) -> String {
        let columns = [
            ("survey", Align::Left),
            ("well", Align::Left),
            ("name", Align::Left),
            ("stations", Align::Right),
            ("datum", Align::Left),
            ("north", Align::Left),
            ("", Align::Left),
        ];
        let mut table = Table::new(&columns);
        for survey in self {
            let SurveyInfo { short, well, name, datum, azimuth_reference, .. } = survey;
            let counts = if survey.counts { "counts" } else { "" };
            table.row([short, well, name, &survey.stations.to_string(), datum, azimuth_reference, counts]);
        }
        table.or("no surveys yet: dataforge import FILE, or dataforge surveys create WELL TITLE")
    }
}

impl Human for SurveyReply {
    fn human(&self) -> String {
        let columns = [
            ("md", Align::Right),
            ("unit", Align::Left),
            ("inclination", Align::Right),
            ("azimuth", Align::Right),
            ("tvd m", Align::Right),
            ("north m", Align::Right),
            ("east m", Align::Right),
            ("deg/30 m", Align::Right),
            ("id", Align::Left),
        ];
        let mut table = Table::new(&columns);
        for station in &self.stations {
            let at =
                |get: fn(&PathPointInfo) -> f64| station.point.as_ref().map(get).map(thousandths).unwrap_or_default();
            table.row([
                &decimal(station.md),
                &station.unit,
                &decimal(station.inclination_deg),
                &decimal(station.azimuth_deg),
                &at(|point| point.tvd_m),
                &at(|point| point.north_m),
                &at(|point| point.east_m),
                &at(|point| point.dogleg_deg_per_30m),
                &station.id,
            ]);
        }
        let survey = &self.survey;
        let mut text = format!("{} ({}), of {}\n\n", title(&survey.name), survey.short, title(&survey.well));
        text.push_str(&table.or("no stations in it: dataforge surveys set-station"));
        if let Some(problem) = &self.problem {
            text.push_str(&format!("\n\nno path: {}", clean(problem)));
        } else if self.starts_vertical {
            text.push_str("\n\nno station is at the datum: the hole is taken to start there, vertically");
        }
        text
    }
}

impl Human for PathReply {
    fn human(&self) -> String {
        let names = ["md m", "tvd m", "tvdss m", "north m", "east m", "inclination", "azimuth", "deg/30 m"];
        let mut table = Table::new(&names.map(|name| (name, Align::Right)));
        for point in &self.points {
            table.row([
                &thousandths(point.md_m),
                &thousandths(point.tvd_m),
                &point.tvdss_m.map(thousandths).unwrap_or_default(),
                &thousandths(point.north_m),
                &thousandths(point.east_m),
                &thousandths(point.inclination_deg),
                &thousandths(point.azimuth_deg),
                &thousandths(point.dogleg_deg_per_30m),
            ]);
        }
        table.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_to_the_millimetre() {
        let point = PathPointInfo {
            md_m: 1500.0,
            tvd_m: 1234.5678,
            tvdss_m: Some(-2.67e-16),
            north_m: 2.67e-16,
            east_m: -12_345.678_9,
            inclination_deg: 0.0,
            azimuth_deg: 90.0,
            dogleg_deg_per_30m: 1e-15,
        };
        let told = PathReply { survey: String::new(), points: vec![point] }.human();
        let row: Vec<_> = told.lines().last().unwrap().split_whitespace().collect();
        assert_eq!(row, ["1500", "1234.568", "0", "0", "-12345.679", "0", "90", "0"]);
    }
}
