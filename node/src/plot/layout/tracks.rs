//! Tracks: their order, widths, grids and headers.

use dataforge_protocol::document::chart::{ChartKind, ChartState, Legend, Scale, Series, Track, TrackKind};

use super::fills::Laid;
use super::series::TrackScale;
use super::{
    DepthAxis, FillLayout, Layout, LayoutOptions, POINTS_PER_CM, SeriesLayout, TrackGrid, TrackLayout, Width,
    annotations, fills, series,
};
use crate::api::ChartSource;
use crate::plot::scale::ValueScale;
use crate::plot::scene::Colour;

/// Width of a track of curves that the chart says nothing about, in centimetres.
const TRACK_CM: f64 = 6.35;
/// Width of a depth track.
const DEPTH_CM: f64 = 1.9;
/// Width of a column of coverage.
const COLUMN_CM: f64 = 1.4;
/// Parts of a grid that the chart says nothing about.
const MAJOR: u32 = 2;
/// Parts of these.
const MINOR: u32 = 5;

/// Height of the title of a track, as a multiple of the size of texts.
pub(in crate::plot) const TITLE_LINES: f32 = 1.9;
/// Height of a series in a header: its name and line, and its scale.
pub(in crate::plot) const SERIES_LINES: f32 = 2.9;
/// Height of a fill in a header that has a name.
pub(in crate::plot) const FILL_LINES: f32 = 1.5;

/// A track before it has a place.
struct Planned {
    id: String,
    kind: TrackKind,
    title: String,
    cm: f64,
    track: Option<Track>,
    series: Vec<Series>,
}

pub(super) fn layout(chart: &ChartState, sources: &[ChartSource], options: &LayoutOptions) -> Layout {
    let axis = DepthAxis::of(chart, options);
    let mut left_out = Vec::new();
    let planned = match chart.kind {
        ChartKind::LogTracks => log_tracks(chart, &axis, &mut left_out),
        ChartKind::Coverage => coverage(chart, &axis),
        ChartKind::Crossplot | ChartKind::Histogram | ChartKind::Line => Vec::new(),
    };
    let (tracks, series) = place(chart, &planned, &axis, sources, options, &mut left_out);
    let width = tracks.last().map_or(0.0, |track| track.right);
    let laid = Laid { chart, sources, series: &series, options };
    let fills = fills::lay(&laid, &mut left_out);
    let annotations = annotations::lay(&laid, &tracks, &axis, &mut left_out);
    Layout {
        kind: chart.kind,
        title: chart.title.clone(),
        width,
        header_height: header_height(chart, &tracks, &fills, options.text_size),
        text_size: options.text_size,
        palette: options.palette,
        axis,
        fills,
        annotations,
        tops: chart.look.tops.unwrap_or(false),
        zones: chart.look.zones.unwrap_or(false),
        legend: chart.look.legend.unwrap_or(Legend::Header),
        left_out,
        tracks,
        series,
    }
}

/// The tracks of a log, those that show; a log without any has the depths and one of all series.
fn log_tracks(chart: &ChartState, axis: &DepthAxis, left_out: &mut Vec<String>) -> Vec<Planned> {
    let shows = |series: &&Series| series.visible != Some(false);
    if chart.tracks.is_empty() {
        let all: Vec<Series> = chart.series.iter().filter(shows).cloned().collect();
        let mut planned = vec![depths(axis)];
        if !all.is_empty() {
            let (id, title, kind) = (String::new(), String::new(), TrackKind::Curves);
            planned.push(Planned { id, kind, title, cm: TRACK_CM, track: None, series: all });
        }
        return planned;
    }
    for series in chart.series.iter().filter(shows) {
        let has = |track: &Track| Some(&track.id) == series.track.as_ref();
        if !chart.tracks.iter().any(has) {
            let name = series.label.as_deref().unwrap_or(&series.id);
            left_out.push(format!("series {name}: it stands in no track"));
        }
    }
    let plan = |track: &Track| {
        let of_track = |series: &&Series| series.track.as_ref() == Some(&track.id);
        let usual = if track.kind == TrackKind::Depth { DEPTH_CM } else { TRACK_CM };
        Planned {
            id: track.id.clone(),
            kind: track.kind,
            title: track.title.clone().unwrap_or_default(),
            cm: track.width.unwrap_or(usual),
            series: chart.series.iter().filter(shows).filter(of_track).cloned().collect(),
            track: Some(track.clone()),
        }
    };
    chart.tracks.iter().filter(|track| track.visible != Some(false)).map(plan).collect()
}

fn depths(axis: &DepthAxis) -> Planned {
    let title = axis.label.clone();
    Planned { id: String::new(), kind: TrackKind::Depth, title, cm: DEPTH_CM, track: None, series: Vec::new() }
}

/// The depths, and a column for each series.
fn coverage(chart: &ChartState, axis: &DepthAxis) -> Vec<Planned> {
    let column = |series: &Series| Planned {
        id: series.id.clone(),
        kind: TrackKind::Curves,
        title: String::new(),
        cm: COLUMN_CM,
        track: None,
        series: vec![series.clone()],
    };
    let shown = chart.series.iter().filter(|series| series.visible != Some(false));
    std::iter::once(depths(axis)).chain(shown.map(column)).collect()
}

/// Gives tracks their places, and lays out the series in them.
fn place(
    chart: &ChartState,
    planned: &[Planned],
    axis: &DepthAxis,
    sources: &[ChartSource],
    options: &LayoutOptions,
    left_out: &mut Vec<String>,
) -> (Vec<TrackLayout>, Vec<SeriesLayout>) {
    let total: f64 = planned.iter().map(|track| track.cm).sum();
    let per_cm = match options.width {
        Width::Paper => POINTS_PER_CM,
        Width::Points(points) if total > 0.0 => points / total as f32,
        Width::Points(_) => 0.0,
    };
    let (mut tracks, mut all, mut left) = (Vec::new(), Vec::new(), 0.0);
    for (number, plan) in planned.iter().enumerate() {
        let scale = TrackScale {
            left: plan.track.as_ref().and_then(|track| track.left),
            right: plan.track.as_ref().and_then(|track| track.right),
            scale: plan.track.as_ref().and_then(|track| track.scale),
        };
        let (mut taken, mut first) = (Vec::new(), None);
        for series in &plan.series {
            let mut laid = series::lay(series, number, scale, sources, options, &taken);
            laid.shift = shift(series, axis, left_out);
            taken.push(laid.stroke.dash);
            first = first.or(Some(laid.scale));
            all.push(laid);
        }
        let right = left + plan.cm as f32 * per_cm;
        tracks.push(track(chart, plan, scale, (left, right), first));
        left = right;
    }
    in_chart_order(chart, tracks, all)
}

/// Puts series into the order of the chart, in which they are drawn.
fn in_chart_order(
    chart: &ChartState,
    mut tracks: Vec<TrackLayout>,
    mut series: Vec<SeriesLayout>,
) -> (Vec<TrackLayout>, Vec<SeriesLayout>) {
    series.sort_by_key(|series| chart.series.iter().position(|one| one.id == series.id));
    for (number, track) in tracks.iter_mut().enumerate() {
        let own = series.iter().enumerate().filter(|(_, series)| series.track == number);
        track.series = own.map(|(position, _)| position).collect();
    }
    (tracks, series)
}

/// How much deeper a series is shown, in the unit of the axis.
fn shift(series: &Series, axis: &DepthAxis, left_out: &mut Vec<String>) -> f64 {
    let Some(shift) = series.shift else { return 0.0 };
    let per = series.shift_unit.as_deref().map_or(Some(1.0), |unit| axis.per(unit));
    per.map_or_else(
        || {
            let name = series.label.as_deref().unwrap_or(&series.id);
            left_out.push(format!("the shift of {name}: its unit is none of the depth axis"));
            0.0
        },
        |per| shift * per,
    )
}

fn track(
    chart: &ChartState,
    plan: &Planned,
    scale: TrackScale,
    (left, right): (f32, f32),
    first: Option<ValueScale>,
) -> TrackLayout {
    let of = |field: fn(&Track) -> Option<u32>| plan.track.as_ref().and_then(field);
    let own = scale.left.zip(scale.right);
    let own = own.and_then(|(left, right)| ValueScale::new(left, right, scale.scale == Some(Scale::Log)));
    // A logarithmic grid without limits is that of its first series.
    let of_first = first.filter(|found| found.log || scale.scale != Some(Scale::Log));
    let values = own.or(of_first);
    let shows = plan.track.as_ref().and_then(|track| track.grid).or(chart.look.grid).unwrap_or(true);
    let upright = plan.kind == TrackKind::Curves && chart.kind == ChartKind::LogTracks;
    let grid = match values {
        Some(decades) if decades.log => TrackGrid::Decades(decades),
        _ => TrackGrid::Even {
            major: if upright { of(|track| track.major).unwrap_or(MAJOR).max(1) } else { 1 },
            minor: if upright { of(|track| track.minor).unwrap_or(MINOR).max(1) } else { 1 },
        },
    };
    let background = plan.track.as_ref().and_then(|track| track.background.as_deref());
    TrackLayout {
        id: plan.id.clone(),
        kind: plan.kind,
        title: plan.title.clone(),
        left,
        right,
        grid: shows.then_some(grid),
        scale: values,
        header: plan.track.as_ref().and_then(|track| track.header).unwrap_or(true),
        background: background.and_then(Colour::from_hex),
        series: Vec::new(),
    }
}

/// The height of the headers: that of the track with most in it.
fn header_height(chart: &ChartState, tracks: &[TrackLayout], fills: &[FillLayout], text_size: f32) -> f32 {
    if tracks.iter().all(|track| !track.header) {
        return 0.0;
    }
    let in_header = chart.look.legend != Some(Legend::None) || chart.kind == ChartKind::Coverage;
    let labelled =
        |series: &usize| fills.iter().filter(|fill| fill.series == *series && !fill.label.is_empty()).count() as f32;
    let lines = |track: &TrackLayout| {
        let fills: f32 = track.series.iter().map(labelled).sum();
        SERIES_LINES.mul_add(track.series.len() as f32, fills * FILL_LINES)
    };
    let most = tracks.iter().filter(|track| track.header && in_header).map(lines).fold(0.0, f32::max);
    (most + TITLE_LINES) * text_size
}
