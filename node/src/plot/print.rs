//! Sheets: a log at a depth scale, on one long sheet or on pages, with its heading and headers.

use dataforge_protocol::document::chart::{ChartKind, ChartState, Domain, Paper};

use super::data::Data;
use super::heading::{self, Heading};
use super::layout::{Layout, LayoutOptions, Width, layout};
use super::scale::{number, number_in_steps, round_step};
use super::scene::{Align, Group, Item, Point, Rect, Scene, Stroke, Text, What};
use super::window::{Window, points_per_metre};
use super::{body, font, header, xy};
use crate::api::ChartSource;

/// Space around what is printed: a centimetre.
const MARGIN: f32 = 28.35;
/// Height of a pixel row of a printer with 300 dots per inch, in points.
const ROW: f64 = 72.0 / 300.0;
/// Least height of depths on a sheet, in points.
const LEAST: f64 = 72.0;
/// Sheets of a print at most.
const MOST_SHEETS: usize = 2000;
/// The largest scales that make sense, as one to so many.
const SCALES: std::ops::RangeInclusive<f64> = 1.0..=1e7;
/// The scale when neither the chart nor anybody says one.
const SCALE: f64 = 500.0;

/// How a chart is printed.
#[derive(Debug, Clone)]
pub struct PrintOptions {
    /// What it is printed on; as the chart says when left out, and else on one long sheet.
    pub paper: Option<Paper>,
    /// Whether sheets lie on their side; as the chart says when left out.
    pub landscape: Option<bool>,
    /// One of depth stands for so many on paper, e.g. 500; as the chart says when left out.
    pub scale: Option<f64>,
    /// The first depth, in the unit of the axis; that of the chart or the data when left out.
    pub from: Option<f64>,
    /// The last depth.
    pub to: Option<f64>,
    /// What stands above it; nothing when left out.
    pub heading: Option<Heading>,
    /// What stands at the foot of each sheet, e.g. the program.
    pub foot: String,
    /// Height of a pixel row in points; that of a printer when left out.
    pub row: Option<f64>,
    /// How long a sheet may be, in points: what is longer goes on on the next.
    pub longest: f32,
}

/// What was printed.
#[derive(Debug, Clone)]
pub struct Printed {
    /// The sheets.
    pub sheets: Vec<Scene>,
    /// Points to a metre of depth; none of charts without depths.
    pub points_per_metre: Option<f64>,
    /// Points to a unit of the depth axis; none of charts without depths.
    pub points_per_unit: Option<f64>,
    /// The scale: one to so many; none of charts without depths.
    pub scale: Option<f64>,
    /// The depths, in the unit of the axis; none where there are none.
    pub depths: Option<(f64, f64)>,
    /// The unit of the axis.
    pub unit: String,
    /// What of the chart is not on it, with the reasons.
    pub left_out: Vec<String>,
}

/// A chart cannot be printed as asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PrintError {
    /// The scale is no scale.
    #[error("1:{0} is no depth scale: use one from 1:1 to 1:10000000")]
    Scale(f64),
    /// The interval is empty.
    #[error("{from} to {to} is no interval: the second depth is the larger one")]
    Interval {
        /// Where it begins.
        from: f64,
        /// Where it ends.
        to: f64,
    },
    /// The sheet has no room.
    #[error("the sheet is too small: its headings leave no room for depths; use larger paper, or no heading")]
    Room,
    /// It would be endless.
    #[error("it would take {0} sheets: use a smaller scale or a shorter interval")]
    Sheets(usize),
}

/// The sizes of a sheet.
struct Sheet {
    width: f32,
    /// None for one as long as is needed.
    height: Option<f32>,
}

/// Prints a chart.
///
/// Widths of tracks are those of the chart, unless they are wider than the paper. What is not there is told, and
/// a log without any depths is its headings with a word.
///
/// # Errors
/// [`PrintError`].
pub fn print(
    chart: &ChartState,
    sources: &[ChartSource],
    options: &LayoutOptions,
    data: &Data<'_>,
    ask: &PrintOptions,
) -> Result<Printed, PrintError> {
    let paper = ask.paper.or(chart.look.paper).unwrap_or(Paper::Continuous);
    let landscape = ask.landscape.or(chart.look.landscape).unwrap_or(false);
    let size = size_of(paper, landscape);
    let mut options = options.clone();
    if matches!(chart.kind, ChartKind::LogTracks | ChartKind::Coverage) {
        options.width = Width::Paper;
        let mut laid = layout(chart, sources, &options);
        let room = size.map(|(width, _)| 2.0f32.mul_add(-MARGIN, width));
        if let Some(room) = room.filter(|room| laid.width > *room) {
            options.width = Width::Points(room);
            laid = layout(chart, sources, &options);
        }
        let sheet = Sheet { width: 2.0f32.mul_add(MARGIN, laid.width), height: size.map(|(_, height)| height) };
        let sheet = Sheet { width: size.map_or(sheet.width, |(width, _)| width), ..sheet };
        return Print { layout: &laid, data, ask, sheet: &sheet }.log();
    }
    let (width, height) = size.unwrap_or((595.276, 841.89));
    Ok(plane(chart, sources, &options, data, ask, (width, height)))
}

/// Prints a chart of points, bins or lines on one sheet.
fn plane(
    chart: &ChartState,
    sources: &[ChartSource],
    options: &LayoutOptions,
    data: &Data<'_>,
    ask: &PrintOptions,
    (width, height): (f32, f32),
) -> Printed {
    let bounds = Rect::new(0.0, 0.0, width, height);
    let room = 2.0f32.mul_add(-MARGIN, width);
    let mut root = Group::new(What::Plot, chart.title.clone(), bounds);
    let mut top = MARGIN;
    if let Some(block) = &ask.heading {
        let block = heading::draw(block, room, options.text_size, &options.palette);
        let below = block.bounds.bottom + options.text_size;
        root.add(block.moved(MARGIN, top));
        top += below;
    }
    let bottom = options.text_size.mul_add(-2.0, height - MARGIN).max(top + 72.0);
    let rect = Rect::new(0.0, 0.0, room, (bottom - top).min(room));
    let drawn = xy::draw(chart, sources, options, data, &rect);
    root.add(drawn.group.moved(MARGIN, top));
    root.add(foot_text(&ask.foot, options, MARGIN, height - MARGIN, Align::Start));
    let scene = Scene {
        width,
        height,
        title: chart.title.clone(),
        description: chart.description.clone(),
        background: options.palette.background,
        root,
    };
    let unit = String::new();
    let left_out = drawn.left_out;
    Printed {
        sheets: vec![scene],
        points_per_metre: None,
        points_per_unit: None,
        scale: None,
        depths: None,
        unit,
        left_out,
    }
}

fn foot_text(words: &str, options: &LayoutOptions, x: f32, y: f32, align: Align) -> Text {
    let size = options.text_size;
    let colour = options.palette.weak_ink;
    Text { at: Point::new(x, y), text: words.to_owned(), size, align, rotation: 0.0, colour, bold: false }
}

/// Width and height of a paper in points; none of one as long as is needed.
fn size_of(paper: Paper, landscape: bool) -> Option<(f32, f32)> {
    const MM: f32 = 72.0 / 25.4;
    let (width, height) = match paper {
        Paper::Continuous => return None,
        Paper::A3 => (297.0 * MM, 420.0 * MM),
        Paper::A4 => (210.0 * MM, 297.0 * MM),
        Paper::Letter => (8.5 * 72.0, 11.0 * 72.0),
        Paper::Tabloid => (11.0 * 72.0, 17.0 * 72.0),
    };
    Some(if landscape { (height, width) } else { (width, height) })
}

/// A log on its way to sheets.
struct Print<'a> {
    layout: &'a Layout,
    data: &'a Data<'a>,
    ask: &'a PrintOptions,
    sheet: &'a Sheet,
}

impl Print<'_> {
    fn log(&self) -> Result<Printed, PrintError> {
        let axis = &self.layout.axis;
        let scale = self.ask.scale.or(axis.print_scale).unwrap_or(SCALE);
        if !SCALES.contains(&scale) {
            return Err(PrintError::Scale(scale));
        }
        let per_unit = axis.points_per_unit(scale);
        let depths = self.depths()?;
        let block = self.ask.heading.as_ref();
        let block =
            block.map(|block| heading::draw(block, self.layout.width, self.layout.text_size, &self.layout.palette));
        let sheets = match depths {
            Some((from, to)) => self.sheets(from, to, per_unit, scale, block)?,
            None => vec![self.empty(block)],
        };
        Ok(Printed {
            sheets,
            points_per_metre: Some(points_per_metre(scale)).filter(|_| axis.domain != Domain::Time),
            points_per_unit: Some(per_unit),
            scale: Some(scale),
            depths,
            unit: axis.unit.clone(),
            left_out: self.left_out(),
        })
    }

    /// What of the chart is not on it.
    fn left_out(&self) -> Vec<String> {
        let absent = |series: &super::layout::SeriesLayout| {
            let why = series.absent.clone().or_else(|| {
                let has_none = self
                    .data
                    .series
                    .get(&series.id)
                    .is_none_or(|filling| filling.curves.is_empty() && filling.array.is_none());
                has_none.then(|| "its samples are not here".to_owned())
            })?;
            Some(format!("{}: {why}", series.label))
        };
        self.layout.series.iter().filter_map(absent).chain(self.layout.left_out.iter().cloned()).collect()
    }

    /// The depths that are printed: as asked, as the chart says, or those of all its curves and tops.
    fn depths(&self) -> Result<Option<(f64, f64)>, PrintError> {
        let axis = &self.layout.axis;
        let mut found: Option<(f64, f64)> = None;
        let mut reach = |from: f64, to: f64| {
            let (low, high) = found.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
            found = Some((low.min(from), high.max(to)));
        };
        for series in &self.layout.series {
            let Some(filling) = self.data.series.get(&series.id) else { continue };
            let arrays = filling
                .array
                .iter()
                .filter_map(|array| Some((*array.index.first()?, *array.index.last()?, array.per_index)));
            let curves = filling.curves.iter().filter_map(|curve| {
                let (from, to) = curve.trace.bounds()?;
                Some((from, to, curve.per_index))
            });
            for (from, to, per_index) in curves.chain(arrays) {
                reach(from.mul_add(per_index, series.shift), to.mul_add(per_index, series.shift));
            }
        }
        let from = self.ask.from.or(axis.from).or(found.map(|(from, _)| from));
        let to = self.ask.to.or(axis.to).or(found.map(|(_, to)| to));
        match from.zip(to) {
            None => Ok(None),
            Some((from, to)) if from < to => Ok(Some((from, to))),
            // One depth only: something around it, unless it was asked for.
            Some((from, to)) if self.ask.from.or(self.ask.to).is_none() && from.total_cmp(&to).is_eq() => {
                Ok(Some((from - 1.0, to + 1.0)))
            }
            Some((from, to)) => Err(PrintError::Interval { from, to }),
        }
    }

    /// Heights of what stands above and below the depths of a sheet.
    fn above(&self, block: Option<&Group>) -> f32 {
        let block = block.map_or(0.0, |block| block.bounds.bottom + self.layout.text_size);
        MARGIN + block + self.layout.header_height
    }

    /// The headers once more, and a line for the scale.
    fn below(&self) -> f32 {
        self.layout.text_size.mul_add(3.5, self.layout.header_height + MARGIN)
    }

    fn sheets(
        &self,
        from: f64,
        to: f64,
        per_unit: f64,
        scale: f64,
        mut block: Option<Group>,
    ) -> Result<Vec<Scene>, PrintError> {
        let parts = self.parts(from, to, per_unit, block.as_ref())?;
        let row = self.ask.row.unwrap_or(ROW);
        let mut sheets = Vec::with_capacity(parts.len());
        for (number, (from, to)) in parts.iter().enumerate() {
            let height = (to - from) * per_unit;
            let window = Window { from: *from, per_unit, height, row, reversed: self.layout.axis.reversed };
            let place = Place { number, count: parts.len(), scale };
            sheets.push(self.sheet(&window, block.take(), &place));
        }
        Ok(sheets)
    }

    /// Cuts an interval into those of sheets, at depths with numbers.
    fn parts(&self, from: f64, to: f64, per_unit: f64, block: Option<&Group>) -> Result<Vec<(f64, f64)>, PrintError> {
        let tallest = f64::from(self.sheet.height.unwrap_or(self.ask.longest));
        let room = |block: Option<&Group>| tallest - f64::from(self.above(block)) - f64::from(self.below());
        let step = self.layout.axis.steps(per_unit);
        let step = step.medium.unwrap_or(step.heavy);
        let mut parts = Vec::new();
        let mut left = (from, to);
        let mut block = block;
        while left.0 < left.1 {
            let room = room(block.take());
            if room < LEAST {
                return Err(PrintError::Room);
            }
            if parts.len() >= MOST_SHEETS {
                let more = (left.1 - left.0) * per_unit / room;
                return Err(PrintError::Sheets(parts.len() + more.ceil() as usize));
            }
            let most = room / per_unit;
            // Depths that grow upwards go on above.
            let part = if self.layout.axis.reversed {
                let cut = ((left.1 - most) / step).ceil() * step;
                let cut = if cut < left.1 { cut } else { left.1 - most };
                (if left.1 - left.0 <= most { left.0 } else { cut }, left.1)
            } else {
                let cut = ((left.0 + most) / step).floor() * step;
                let cut = if cut > left.0 { cut } else { left.0 + most };
                (left.0, if left.1 - left.0 <= most { left.1 } else { cut })
            };
            left = if self.layout.axis.reversed { (left.0, part.0) } else { (part.1, left.1) };
            parts.push(part);
        }
        Ok(parts)
    }

    fn sheet(&self, window: &Window, block: Option<Group>, place: &Place) -> Scene {
        let layout = self.layout;
        let top = self.above(block.as_ref());
        let bottom = window.height as f32 + top;
        let height = self.sheet.height.unwrap_or(bottom + self.below());
        let bounds = Rect::new(0.0, 0.0, self.sheet.width, height);
        let mut root = Group::new(What::Plot, layout.title.clone(), bounds);
        if let Some(block) = block {
            root.add(block.moved(MARGIN, MARGIN));
        }
        let header = header::draw(layout);
        root.add(header.clone().moved(MARGIN, top - layout.header_height));
        root.add(body::draw(layout, window, self.data).moved(MARGIN, top));
        root.add(header.moved(MARGIN, bottom));
        root.add(self.footer(window, bottom + layout.header_height, place));
        let (from, to) = (number(window.from), number(window.to()));
        let description = format!("{from} to {to} {} at 1:{}", layout.axis.unit_shown, number(place.scale));
        self.scene(height, description, root)
    }

    /// Headings without depths: a well without any.
    fn empty(&self, block: Option<Group>) -> Scene {
        let layout = self.layout;
        let top = self.above(block.as_ref());
        let height = self.sheet.height.unwrap_or(top + self.below());
        let mut root = Group::new(What::Plot, layout.title.clone(), Rect::new(0.0, 0.0, self.sheet.width, height));
        if let Some(block) = block {
            root.add(block.moved(MARGIN, MARGIN));
        }
        root.add(header::draw(layout).moved(MARGIN, top - layout.header_height));
        let words = "there is nothing to draw";
        let at = Point::new(MARGIN, layout.text_size.mul_add(2.0, top));
        root.add(self.text(words, at, Align::Start));
        self.scene(height, words.to_owned(), root)
    }

    fn scene(&self, height: f32, description: String, root: Group) -> Scene {
        let (width, title) = (self.sheet.width, self.layout.title.clone());
        Scene { width, height, title, description, background: self.layout.palette.background, root }
    }

    fn text(&self, words: &str, at: Point, align: Align) -> Text {
        let (size, colour) = (self.layout.text_size, self.layout.palette.weak_ink);
        Text { at, text: words.to_owned(), size, align, rotation: 0.0, colour, bold: false }
    }

    /// The scale in words and as a bar, the sheet's number, and who printed it.
    fn footer(&self, window: &Window, top: f32, place: &Place) -> Group {
        let layout = self.layout;
        let size = layout.text_size;
        let bounds = Rect::new(MARGIN, top, MARGIN + layout.width, size.mul_add(3.5, top));
        let mut group = Group::new(What::Footer, "scale and sheet", bounds);
        let y = size.mul_add(1.6, top);
        let scale = format!("1:{}", number(place.scale));
        // As many units as are about three centimetres: they can be measured with a ruler.
        let length = round_step(85.0 / window.per_unit / 2.0);
        let (left, right) = (MARGIN, (length * window.per_unit) as f32 + MARGIN);
        let stroke = Stroke::solid(layout.palette.ink, 1.0);
        for x in [left, right] {
            group.line(Point::new(x, y - size * 0.7), Point::new(x, y), stroke);
        }
        group.line(Point::new(left, y), Point::new(right, y), stroke);
        let bar = format!("{} {}", number_in_steps(length, length), layout.axis.unit_shown);
        let words = self.text(&format!("{scale}   {bar}"), Point::new(right + size, y), Align::Start);
        let end = font::width(&words.text, size) + words.at.x;
        group.add(words);
        let sheet = format!("sheet {} of {}", place.number + 1, place.count);
        group.add(self.text(&sheet, Point::new(bounds.right, y), Align::End));
        let room = bounds.right - end - font::width(&sheet, size) - 2.0 * size;
        let foot = font::fitted(&self.ask.foot, size, room);
        group.add(Item::Text(self.text(&foot, Point::new(end + size, y), Align::Start)));
        group
    }
}

/// Which sheet of how many, at which scale.
struct Place {
    number: usize,
    count: usize,
    scale: f64,
}

#[cfg(test)]
mod tests;
