//! `dataforge coverage`.

use clap::Args;
use dataforge_node::api::Request;
use dataforge_node::ingest::coverage::{WellCoverage, render_well};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean};

/// Says where the curves of a well have values, over all its runs: intervals, gaps, overlaps.
#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// A well: name, id or start of the id
    well: String,
    /// Only holes of more than so many metres are gaps; twice the step when left out
    #[arg(long, value_name = "METRES")]
    gap: Option<f64>,
}

impl Coverage {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        if self.gap.is_some_and(|gap| gap.is_nan() || gap < 0.0) {
            return Err(Failure::usage("a gap is a number of metres from 0 on", "e.g. --gap 5"));
        }
        let request = Request::Coverage { workspace: context.workspace.clone(), well: self.well, gap_m: self.gap };
        context.ask(request).await
    }
}

impl Human for WellCoverage {
    fn human(&self) -> String {
        render_well(self).lines().map(clean).collect::<Vec<_>>().join("\n")
    }
}
