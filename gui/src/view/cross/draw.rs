//! Draws points and bars with axes that may be logarithmic: values are drawn by their logarithm and
//! named by themselves.

use egui::{Id, Stroke, Ui};
use egui_plot::{
    Bar, BarChart, Corner, GridInput, GridMark, HoverPosition, Legend, MarkerShape, Plot, PlotPoints, Points,
};

use super::numbers::Made;
use crate::{format, theme};

/// Above this many points marks are squares, which cost less.
const MANY: usize = 10_000;

/// How axes are named and spread.
#[derive(Debug, Clone, Default)]
pub struct Axes {
    /// Label of x, with its unit.
    pub x: String,
    /// Label of y.
    pub y: String,
    /// Whether x is logarithmic.
    pub x_log: bool,
    /// Whether y is.
    pub y_log: bool,
    /// What points are grouped by.
    pub group: String,
}

/// Returns a drawn value as what it stands for.
fn named(value: f64, log: bool) -> String {
    format::value(Some(if log { 10.0_f64.powf(value) } else { value }))
}

/// Returns grid lines of a logarithmic axis: decades, and their parts where there is room.
pub(super) fn decades(input: &GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    // Beyond this nothing measured has values, and lines would be without number.
    let (low, high) = (low.max(-30.0), high.min(30.0));
    let mut marks = Vec::new();
    let mut decade = low.floor();
    while decade <= high {
        marks.push(GridMark { value: decade, step_size: 1.0 });
        if high - low < 4.0 {
            marks.extend((2..10).map(|part| GridMark { value: decade + f64::from(part).log10(), step_size: 0.1 }));
        }
        decade += 1.0;
    }
    marks
}

/// Draws it over the space that is left.
pub fn plot_ui(ui: &mut Ui, id: Id, made: &Made, axes: &Axes) {
    let (x_log, y_log) = (axes.x_log, axes.y_log);
    let hover = move |position: &HoverPosition<'_>| {
        let (HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position }) = position;
        Some(format!("{}\n{}", named(position.x, x_log), named(position.y, y_log)))
    };
    let mut plot = Plot::new(id)
        .x_axis_label(axes.x.as_str())
        .y_axis_label(axes.y.as_str())
        .x_axis_formatter(move |mark, _| axis_text(mark, x_log))
        .y_axis_formatter(move |mark, _| axis_text(mark, y_log))
        .label_formatter(hover);
    if x_log {
        plot = plot.x_grid_spacer(|input| decades(&input));
    }
    if y_log {
        plot = plot.y_grid_spacer(|input| decades(&input));
    }
    if !made.bars.is_empty() {
        plot = plot.include_y(0.0);
    }
    if !made.edges.is_empty() {
        plot = plot.legend(Legend::default().position(Corner::RightTop));
    }
    let palette = theme::palette(ui);
    plot.show(ui, |plot| {
        for (group, points) in made.groups.iter().enumerate() {
            let share = group as f32 / made.groups.len().saturating_sub(1).max(1) as f32;
            let name = made.edges.get(group).map_or_else(String::new, |(from, to)| {
                format!("{} {} – {}", axes.group, format::value(Some(*from)), format::value(Some(*to)))
            });
            let shape = if made.drawn() > MANY { MarkerShape::Square } else { MarkerShape::Circle };
            // Groups differ in size too, for those who do not see the colours.
            let radius = if made.edges.is_empty() { 1.8 } else { 1.2 + 1.8 * share };
            let points = Points::new(name, PlotPoints::from(points.clone()));
            let colour = palette.accent.lerp_to_gamma(palette.warn, share);
            plot.points(points.shape(shape).radius(radius).color(colour).allow_hover(made.drawn() <= MANY));
        }
        if !made.bars.is_empty() {
            let bar = |(from, to, count): &(f64, f64, usize)| {
                let height = *count as f64;
                Bar::new((from + to) / 2.0, height).width(to - from).stroke(Stroke::new(1.0, palette.line))
            };
            plot.bar_chart(BarChart::new("", made.bars.iter().map(bar).collect()).color(palette.accent));
        }
    });
}

fn axis_text(mark: GridMark, log: bool) -> String {
    // Between decades lines have no numbers: there is no room.
    if log && mark.step_size < 1.0 { String::new() } else { named(mark.value, log) }
}

#[cfg(test)]
mod tests {
    use egui_plot::GridInput;

    use super::{decades, named};

    #[test]
    fn a_logarithmic_axis_names_values_and_not_logarithms() {
        assert_eq!(named(3.0, true), "1000");
        assert_eq!(named(-1.0, true), "0.1");
        assert_eq!(named(3.0, false), "3");
    }

    #[test]
    fn decades_have_parts_only_where_there_is_room() {
        let marks = |low, high| decades(&GridInput { bounds: (low, high), base_step_size: 0.1 });
        assert_eq!(marks(0.0, 1.0).len(), 18, "two decades begun, nine lines each");
        assert_eq!(marks(-2.0, 4.0).len(), 7);
        assert!(marks(-1e9, 1e9).len() < 100, "however far out somebody zooms");
    }
}
