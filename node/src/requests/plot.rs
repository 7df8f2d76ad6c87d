//! Printing: a chart of a well as a file, at a depth scale, without a display.
//!
//! What is known of the chart and its well is gathered at once ([`gather`]); then the tables that are held here
//! are read ([`samples`]) and drawn (`crate::plot`). What is not held is not fetched: the print says so.

mod gather;
mod heading;
mod samples;

use std::io::Write as _;

use dataforge_protocol::document::chart::{Domain, Paper, Theme};
use dataforge_protocol::id::WorkspaceId;
use tokio::sync::mpsc;

use self::gather::Gathered;
use self::samples::Loaded;
use crate::api::{ApiError, ErrorKind, PlotFormat, PlotReply, PlotRequest, Reply};
use crate::client::Output;
use crate::node::Node;
use crate::plot::heading::Heading;
use crate::plot::layout::{LayoutOptions, layout};
use crate::plot::pdf::{self, About};
use crate::plot::png::{self, PngError};
use crate::plot::print::{PrintError, PrintOptions, Printed, print};
use crate::plot::svg;
use crate::plot::theme::Palette;
use crate::sink::Sink;

/// The program, as prints name it.
pub(super) const PROGRAM: &str = concat!("DataForge ", env!("CARGO_PKG_VERSION"));
/// Dots per inch of images when nobody says.
const DPI: f64 = 150.0;
/// Dots per inch that make sense.
const DPIS: std::ops::RangeInclusive<f64> = 10.0..=2400.0;
/// Longest sheet that is not a page of a PDF, in points: 70 metres.
const LONG: f32 = 200_000.0;

/// Prints a chart.
///
/// # Errors
/// `NotFound` for wells and charts that are not there, `Usage` for what makes no print, `Damaged`, `Storage`.
pub(super) async fn plot(
    node: &Node,
    workspace: WorkspaceId,
    ask: PlotRequest,
    out: &mpsc::Sender<Output>,
) -> Result<Reply, ApiError> {
    let chosen = Chosen::of(&ask)?;
    let gathered = node.with_core({
        let ask = ask.clone();
        move |core| Gathered::of(core, workspace, &ask)
    });
    let gathered = gathered.await?;
    tokio::task::block_in_place(|| {
        let (printed, file) = draw(node, &gathered, &ask, &chosen)?;
        let mut sink = Sink::new(out.clone());
        let closed =
            |error: std::io::Error| ApiError::new(ErrorKind::Internal, format!("the output was closed: {error}"));
        sink.write_all(&file).and_then(|()| sink.flush()).map_err(closed)?;
        Ok(Reply::Plot(Box::new(reply(&gathered, &ask, printed, file.len() as u64))))
    })
}

/// The words of a request, read.
struct Chosen {
    paper: Option<Paper>,
    theme: Option<Theme>,
    dpi: f64,
}

impl Chosen {
    fn of(ask: &PlotRequest) -> Result<Self, ApiError> {
        let usage = |message: String| ApiError::new(ErrorKind::Usage, message);
        let paper = ask.paper.as_deref().map(|word| {
            let words: Vec<_> = Paper::ALL.iter().map(|paper| paper.as_str()).collect();
            let unknown = || usage(format!("{word:?} is no paper")).hint(format!("there are: {}", words.join(", ")));
            Paper::from_word(word).ok_or_else(unknown)
        });
        let theme = ask.theme.as_deref().map(|word| {
            let words: Vec<_> = Theme::ALL.iter().map(|theme| theme.as_str()).collect();
            let unknown = || usage(format!("{word:?} is no theme")).hint(format!("there are: {}", words.join(", ")));
            Theme::from_word(word).ok_or_else(unknown)
        });
        let dpi = ask.dpi.unwrap_or(DPI);
        if !DPIS.contains(&dpi) {
            return Err(usage(format!("{dpi} dots per inch make no image")).hint("use 10 to 2400"));
        }
        let mut paper = paper.transpose()?;
        if ask.format != PlotFormat::Pdf {
            if paper.is_some_and(|paper| paper != Paper::Continuous) {
                return Err(usage(format!("{} has no pages", ask.format)).hint("leave --paper out, or print PDF"));
            }
            paper = Some(Paper::Continuous);
        }
        Ok(Self { paper, theme: theme.transpose()?, dpi })
    }
}

/// Draws what was gathered; returns what was printed, and the file.
fn draw(node: &Node, gathered: &Gathered, ask: &PlotRequest, chosen: &Chosen) -> Result<(Printed, Vec<u8>), ApiError> {
    let chart = &gathered.chart;
    let mut options = LayoutOptions {
        palette: Palette::of(chosen.theme.or(chart.look.theme), false),
        depth_unit: gathered.depth_unit.clone(),
        axis_unit: ask.unit.clone(),
        datums: gathered.datums.clone(),
        ..LayoutOptions::default()
    };
    let axis = layout(chart, &gathered.sources, &options).axis;
    if let Some(unit) = ask.unit.as_deref().filter(|unit| axis.per(unit) != Some(1.0)) {
        let what = if axis.domain == Domain::Time { "time" } else { "length" };
        return Err(ApiError::new(ErrorKind::Usage, format!("{unit:?} is no unit of {what}"))
            .hint("dataforge charts show CHART says what its depth axis counts"));
    }
    let loaded = Loaded::of(node, gathered, &axis)?;
    options.notes.clone_from(&loaded.notes);
    options.ranges = loaded.ranges();
    let data = loaded.data();
    let once = |heading: Option<Heading>| -> Result<Printed, ApiError> {
        let print_options = PrintOptions {
            paper: chosen.paper,
            landscape: ask.landscape,
            scale: ask.scale,
            from: ask.from,
            to: ask.to,
            heading,
            foot: PROGRAM.to_owned(),
            row: (ask.format == PlotFormat::Png).then_some(72.0 / chosen.dpi),
            longest: if ask.format == PlotFormat::Pdf { pdf::LONGEST } else { LONG },
        };
        let mut printed = print(chart, &loaded.sources, &options, &data, &print_options).map_err(refused)?;
        printed.left_out.extend(loaded.left_out.iter().cloned());
        Ok(printed)
    };
    let mut printed = once(None)?;
    if ask.heading.or(chart.look.heading).unwrap_or(false) {
        // What stands in it follows from what is printed: depths, scale, what is absent.
        printed = once(Some(heading::of(gathered, ask, &axis, &printed)))?;
    }
    let file = write(&printed, gathered, ask, chosen)?;
    Ok((printed, file))
}

fn refused(error: PrintError) -> ApiError {
    ApiError::from_error(ErrorKind::Usage, &error)
}

fn write(printed: &Printed, gathered: &Gathered, ask: &PlotRequest, chosen: &Chosen) -> Result<Vec<u8>, ApiError> {
    let internal = |message: String| ApiError::new(ErrorKind::Internal, message);
    let only = || match printed.sheets.as_slice() {
        [sheet] => Ok(sheet),
        _ => Err(ApiError::new(ErrorKind::Usage, format!("it is too long for one sheet of {}", ask.format))
            .hint("use a smaller scale or a shorter interval, or print PDF")),
    };
    match ask.format {
        PlotFormat::Pdf => {
            let title = gathered.title();
            let description = gathered.chart.description.clone();
            let about = About { title, description, program: PROGRAM.to_owned() };
            pdf::write(&printed.sheets, &about).map_err(|error| internal(error.to_string()))
        }
        PlotFormat::Svg => Ok(svg::write(only()?).into_bytes()),
        PlotFormat::Png => png::write(only()?, chosen.dpi).map_err(|error| match error {
            PngError::Size { .. } => ApiError::from_error(ErrorKind::Usage, &error),
            PngError::Paint(_) => internal(error.to_string()),
        }),
    }
}

fn reply(gathered: &Gathered, ask: &PlotRequest, printed: Printed, bytes: u64) -> PlotReply {
    let first = printed.sheets.first();
    let (from, to) = printed.depths.unzip();
    PlotReply {
        title: gathered.chart.title.clone(),
        well: gathered.well.as_ref().map(|well| well.name.clone()),
        format: ask.format,
        sheets: printed.sheets.len() as u64,
        width: first.map_or(0.0, |sheet| f64::from(sheet.width)),
        height: first.map_or(0.0, |sheet| f64::from(sheet.height)),
        scale: printed.scale,
        points_per_metre: printed.points_per_metre,
        points_per_unit: printed.points_per_unit,
        from,
        to,
        unit: printed.unit,
        absent: printed.left_out,
        bytes,
    }
}
