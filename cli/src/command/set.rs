//! `dataforge set` and `dataforge rename`.

use clap::Args;
use dataforge_node::api::Request;

use crate::context::Context;
use crate::error::Failure;

const FIELDS: &str = "\
Fields; an empty value takes one away:
  wells        name uwi field company country project
               grid_unit (m, ft) grid_step grid_origin
               latitude_deg longitude_deg geographic_crs, x_m y_m projected_crs (EPSG:CODE)
  runs         name well (moves the run) wellbore datum (KB, RT, DF, GL, MSL) elevation_m depth_shift_m
               service_company date run_number pass acquisition log_type
  curves       name unit property quality (bad, suspect, raw, edited, good, final)
  attachments  name description well project

Examples:
  dataforge set \"North 1\" grid_step 0.1
  dataforge set 51889b751e datum KB
  dataforge set 51889b751e:3 property bulk_density";

/// Sets a field of a well, run, curve or attachment.
#[derive(Debug, Args)]
#[command(after_help = FIELDS)]
pub(crate) struct Set {
    /// A well, run or attachment (name, id or start of the id), or RUN:NUMBER for a curve
    target: String,
    /// The field; below are all
    field: String,
    /// New value
    #[arg(allow_hyphen_values = true)]
    value: String,
}

impl Set {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self { target, field, value } = self;
        context.ask(Request::Set { workspace: context.workspace.clone(), target, field, value }).await
    }
}

/// Renames a well, run or curve.
#[derive(Debug, Args)]
pub(crate) struct Rename {
    /// A well or run (name, id or start of the id), or RUN:NUMBER for a curve
    target: String,
    /// New name
    #[arg(allow_hyphen_values = true)]
    name: String,
}

impl Rename {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let field = "name".to_owned();
        context
            .ask(Request::Set { workspace: context.workspace.clone(), target: self.target, field, value: self.name })
            .await
    }
}
