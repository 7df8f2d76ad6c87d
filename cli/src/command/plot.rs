//! `dataforge plot`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use dataforge_node::api::{PlotFormat, PlotReply, PlotRequest, Reply, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::outfile::OutFile;
use crate::output::{self, Human, bytes, clean, decimal, plural};

const EXAMPLES: &str = "\
Examples:
  dataforge plot \"North 1\" --scale 500 --out north.pdf
  dataforge plot \"North 1\" --template quad-combo --depth 1000 1200 --paper a4 --out part.pdf
  dataforge plot --chart \"Triple combo, North 1\" --theme mono --heading --out north.svg
  dataforge plot \"North 1\" --dpi 200 --format png --out - > north.png";

/// Prints a chart of a well at a depth scale, as PDF, SVG or PNG, without a display.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Plot {
    /// The well: name, id or start of the id; that of the chart when left out
    #[arg(required_unless_present = "chart")]
    well: Option<String>,
    /// A template, by name; triple-combo when neither this nor --chart is given
    #[arg(long, conflicts_with = "chart")]
    template: Option<String>,
    /// A chart, by title or id
    #[arg(long)]
    chart: Option<String>,
    /// Depths from one to another, in the unit of the depth axis
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], allow_negative_numbers = true)]
    depth: Option<Vec<f64>>,
    /// Unit of the depth axis, e.g. m or ft
    #[arg(long)]
    unit: Option<String>,
    /// Depth scale: 500 for 1:500; as the chart says by default
    #[arg(long, value_name = "NUMBER")]
    scale: Option<f64>,
    /// continuous, a3, a4, letter or tabloid; as the chart says by default
    #[arg(long)]
    paper: Option<String>,
    /// Lay sheets on their side
    #[arg(long)]
    landscape: bool,
    /// Dots per inch of PNG
    #[arg(long, value_name = "NUMBER")]
    dpi: Option<f64>,
    /// light, dark or mono; as the chart says by default
    #[arg(long)]
    theme: Option<String>,
    /// Print what is known of well and logs above it
    #[arg(long, overrides_with = "no_heading")]
    heading: bool,
    /// Print nothing above it
    #[arg(long)]
    no_heading: bool,
    /// A line more in the heading
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Format of the file; by default its name decides
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The file; - for standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a file that exists
    #[arg(long)]
    force: bool,
}

/// Format of a plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Portable Document Format
    Pdf,
    /// Scalable Vector Graphics
    Svg,
    /// Pixels
    Png,
}

impl From<Format> for PlotFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Pdf => Self::Pdf,
            Format::Svg => Self::Svg,
            Format::Png => Self::Png,
        }
    }
}

impl Plot {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let format = choose(self.format, &self.out)?;
        let window = self.depth.unwrap_or_default();
        let ask = PlotRequest {
            well: self.well,
            template: self.template,
            chart: self.chart,
            from: window.first().copied(),
            to: window.get(1).copied(),
            unit: self.unit,
            scale: self.scale,
            format,
            paper: self.paper,
            landscape: self.landscape.then_some(true),
            dpi: self.dpi,
            theme: self.theme,
            heading: if self.no_heading { Some(false) } else { self.heading.then_some(true) },
            note: self.note,
        };
        let request = Request::Plot { workspace: context.workspace.clone(), ask: Box::new(ask) };
        if is_stdout(&self.out) {
            return into_stdout(context, request).await;
        }
        let mut file = OutFile::create(&self.out, self.force)?;
        let reply = context.call_into(request, &mut file).await?;
        let path = file.finish()?;
        if context.json {
            return context.show(&reply);
        }
        tell(context, &reply);
        match reply {
            Reply::Plot(plot) if !context.quiet => {
                output::write_text(&format!("{} in {}", plot.human(), clean(&path.display().to_string())))
            }
            _ => Ok(()),
        }
    }
}

/// Sends the file to standard output, and remarks to standard error.
async fn into_stdout(context: &Context, request: Request) -> Result<(), Failure> {
    if context.json {
        return Err(Failure::usage("--json prints the reply where the file would be", "write to a file with --out"));
    }
    let reply = context.call_into(request, &mut std::io::stdout()).await?;
    tell(context, &reply);
    Ok(())
}

/// Says what is not on it.
fn tell(context: &Context, reply: &Reply) {
    if let Reply::Plot(plot) = reply {
        for absent in &plot.absent {
            context.note(&format!("not shown: {}", clean(absent)));
        }
    }
}

fn is_stdout(out: &Path) -> bool {
    out.as_os_str() == "-"
}

/// Chooses the format from what was asked for and the name of the file.
fn choose(asked: Option<Format>, out: &Path) -> Result<PlotFormat, Failure> {
    let extension = out.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let named = match extension.as_deref() {
        Some("pdf") => Some(Format::Pdf),
        Some("svg") => Some(Format::Svg),
        Some("png") => Some(Format::Png),
        _ => None,
    };
    let unknown = || {
        let name = if is_stdout(out) { "standard output".to_owned() } else { out.display().to_string() };
        let hint = "add --format, or a name that ends in .pdf, .svg or .png";
        Failure::usage(format!("{name} does not say which format"), hint)
    };
    asked.or(named).map(PlotFormat::from).ok_or_else(unknown)
}

impl Human for PlotReply {
    fn human(&self) -> String {
        let mut parts = vec![format!("{} {}", clean(&self.title), self.format)];
        if let (Some(from), Some(to)) = (self.from, self.to) {
            parts.push(format!("{} to {} {}", decimal(from), decimal(to), clean(&self.unit)));
        }
        parts.extend(self.scale.map(|scale| format!("1:{}", decimal(scale))));
        parts.push(plural(self.sheets, "sheet"));
        parts.push(bytes(self.bytes));
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_follows_the_file_name_unless_it_is_given() {
        assert_eq!(choose(None, Path::new("a.PDF")).unwrap(), PlotFormat::Pdf);
        assert_eq!(choose(None, Path::new("b.svg")).unwrap(), PlotFormat::Svg);
        assert_eq!(choose(Some(Format::Png), Path::new("a.pdf")).unwrap(), PlotFormat::Png);
        assert!(choose(None, Path::new("-")).is_err() && choose(None, Path::new("a.las")).is_err());
        assert_eq!(choose(Some(Format::Png), Path::new("-")).unwrap(), PlotFormat::Png);
    }
}
