//! `dataforge samples`.

use std::path::PathBuf;

use clap::Args;
use dataforge_node::api::{Request, SampleForm, SampleHolder, SamplePlace, SamplesReply, SamplesRequest};

use super::query::into_file;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes, clean, plural};

const EXAMPLES: &str = "\
Examples:
  dataforge samples 51889b751e --out run.arrow
  dataforge samples 51889b751e --curve 1 --curve 4 --depth 1000 1200 --out part.arrow
  dataforge samples 51889b751e --overview 1000 --out overview.arrow
  dataforge samples --where 51889b751e 3b9d22f0aa";

/// Writes samples of a run as programs that draw take them, an Arrow stream of the index and one column for
/// each curve of numbers; with --overview their minima and maxima. What is not here is fetched as far as needed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Samples {
    /// A run: name, id or start of the id; several with --where
    #[arg(required = true)]
    runs: Vec<String>,
    /// Only this curve, by its number in the run; may be given several times
    #[arg(long = "curve", value_name = "NUMBER")]
    curves: Vec<u32>,
    /// Only rows from one index value to another, in the unit of the table
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], allow_negative_numbers = true)]
    depth: Option<Vec<f64>>,
    /// The gridded copy, in the units of the properties
    #[arg(long)]
    gridded: bool,
    /// Minima and maxima of at most so many stretches of rows, from the stored pyramid where there is one
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["depth", "gridded"])]
    overview: Option<u32>,
    /// Say where the samples are, and write none
    #[arg(long = "where", conflicts_with_all = ["curves", "depth", "gridded", "overview", "out", "force"])]
    places: bool,
    /// The file
    #[arg(long, value_name = "FILE", required_unless_present = "places")]
    out: Option<PathBuf>,
    /// Replace a file that exists
    #[arg(long, requires = "out")]
    force: bool,
}

impl Samples {
    /// Does it.
    pub(crate) async fn run(mut self, context: &Context) -> Result<(), Failure> {
        let workspace = context.workspace.clone();
        if self.places {
            let ask = SamplesRequest::Where { runs: self.runs };
            return context.ask(Request::Samples { workspace, ask }).await;
        }
        let (Some(run), Some(out)) = (self.runs.pop().filter(|_| self.runs.is_empty()), self.out) else {
            return Err(Failure::usage("samples of several runs do not go into one file", "name one run"));
        };
        let window = self.depth.unwrap_or_default();
        let ask = match self.overview {
            Some(buckets) => SamplesRequest::Overview { run, curves: self.curves, buckets },
            None => SamplesRequest::Read {
                run,
                curves: self.curves,
                form: if self.gridded { SampleForm::Gridded } else { SampleForm::Native },
                from: window.first().copied(),
                to: window.get(1).copied(),
            },
        };
        into_file(context, Request::Samples { workspace, ask }, &out, self.force).await
    }
}

impl Human for SamplesReply {
    fn human(&self) -> String {
        let what = if self.bucket_rows > 1 {
            format!("{} of {} each", plural(self.rows, "bucket"), plural(self.bucket_rows, "row"))
        } else {
            plural(self.rows, "row")
        };
        format!("{}, {what}, {}", plural(self.curves.len() as u64, "curve"), bytes(self.bytes))
    }
}

impl Human for Vec<SamplePlace> {
    fn human(&self) -> String {
        let columns = [("run", Align::Left), ("bytes", Align::Right), ("here", Align::Left), ("held by", Align::Left)];
        let mut table = Table::new(&columns);
        for place in self {
            let run: String = place.run.chars().take(10).collect();
            let here = match (place.is_held, place.has_overview) {
                (true, _) => "yes",
                (false, true) => "overview",
                (false, false) => "no",
            };
            let seen = |holder: &SampleHolder| match &holder.last_seen {
                _ if holder.connected => format!("{}, connected", clean(&holder.name)),
                Some(time) => format!("{}, last seen {time}", clean(&holder.name)),
                None => format!("{}, never seen from here", clean(&holder.name)),
            };
            let holders: Vec<_> = place.holders.iter().map(seen).collect();
            table.row([&run, &bytes(place.bytes), here, &holders.join("; ")]);
        }
        table.or("no runs")
    }
}
