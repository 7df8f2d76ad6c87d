//! The tracks themselves: grids, fills, curves, tops, annotations.

use dataforge_protocol::document::chart::{ChartKind, TrackKind};

use super::data::Data;
use super::layout::{Layout, SeriesLayout, TrackLayout};
use super::scene::{Align, Colour, Group, Item, Point, Rect, Stroke, Text, What};
use super::window::Window;
use super::{annotation, codes, coverage, curve, fill, font, grid, image, tops};

/// A track and the depths that are drawn in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) layout: &'a Layout,
    pub(super) track: &'a TrackLayout,
    pub(super) window: &'a Window,
}

impl Scope<'_> {
    /// Where the track is.
    pub(super) fn rect(&self) -> Rect {
        Rect::new(self.track.left, 0.0, self.track.right, self.window.height as f32)
    }
}

/// Draws the depths of a window in `0..window.height`, x as the layout has it.
///
/// Each track is a clipped group [`What::Track`] with a group for its grid and each series, fill and annotation
/// in it; tops and annotations of all tracks come last. Costs a look at a few entries of each curve's pyramid
/// per row, so it can be drawn anew for every frame.
#[must_use]
pub fn draw(layout: &Layout, window: &Window, data: &Data<'_>) -> Group {
    let bounds = Rect::new(0.0, 0.0, layout.width, window.height as f32);
    let mut body = Group::clipped(What::Plot, format!("log: {}", layout.title), bounds);
    for (number, track) in layout.tracks.iter().enumerate() {
        body.add(draw_track(&Scope { layout, track, window }, number, data));
    }
    if layout.tops {
        body.add(tops::draw(layout, window, &data.tops));
    }
    annotation::draw_across(&mut body, layout, window);
    body
}

fn draw_track(scope: &Scope<'_>, number: usize, data: &Data<'_>) -> Group {
    let (layout, track) = (scope.layout, scope.track);
    let name = if track.title.is_empty() { "track" } else { &track.title };
    let mut group = Group::clipped(What::Track(track.id.clone()), name, scope.rect());
    if let Some(background) = track.background {
        let fill = Some(layout.palette.surface(background));
        group.add(Item::Rect { rect: scope.rect(), fill, stroke: None });
    }
    if layout.zones {
        tops::draw_zones(&mut group, scope, &data.tops);
    }
    grid::draw(&mut group, scope);
    for fill in layout.fills.iter().filter(|fill| layout.series[fill.series].track == number) {
        group.add(fill::draw(scope, fill, data));
    }
    for series in layout.series.iter().filter(|series| series.track == number) {
        group.add(draw_series(scope, series, data));
    }
    for annotation in layout.annotations.iter().filter(|one| one.track == Some(number)) {
        group.add(annotation::draw(scope, annotation));
    }
    if track.kind == TrackKind::Depth {
        grid::draw_numbers(&mut group, scope);
    }
    let frame = Stroke::solid(layout.palette.weak_ink, 0.7);
    group.add(Item::Rect { rect: scope.rect(), fill: None, stroke: Some(frame) });
    group
}

fn draw_series(scope: &Scope<'_>, series: &SeriesLayout, data: &Data<'_>) -> Group {
    let label = series.absent.as_ref().map_or_else(
        || format!("{} {}", series.label, series.unit).trim_end().to_owned(),
        |absent| format!("{}: {absent}", series.label),
    );
    let mut group = Group::clipped(What::Series(series.id.clone()), label, scope.rect());
    let filling = data.series.get(&series.id);
    if let Some(array) = filling.and_then(|filling| filling.array) {
        image::draw(&mut group, scope, series, &array);
    }
    for (number, curve) in filling.iter().flat_map(|filling| &filling.curves).enumerate() {
        if scope.layout.kind == ChartKind::Coverage {
            coverage::draw(&mut group, scope, series, curve, number);
        } else if series.codes {
            codes::draw(&mut group, scope, series, curve);
        } else {
            curve::draw(&mut group, scope, series, curve, number);
        }
    }
    if group.items.is_empty() && scope.layout.kind == ChartKind::Coverage {
        let words = series.absent.as_deref().unwrap_or("no values here");
        let at = Point::new(scope.track.left + scope.track.width() / 2.0 + 2.0, scope.window.height as f32 / 2.0);
        let text = upright(words, at, scope.layout.text_size, scope.layout.palette.weak_ink);
        group.add(text);
    }
    group
}

/// Makes a text that runs upwards around its place.
fn upright(words: &str, at: Point, size: f32, colour: Colour) -> Text {
    let at = Point::new(at.x, font::width(words, size).mul_add(0.5, at.y));
    Text { at, text: words.to_owned(), size, align: Align::Start, rotation: -90.0, colour, bold: false }
}
