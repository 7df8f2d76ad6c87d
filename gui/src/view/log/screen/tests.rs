//! What the screen draws again and what not, and what a frame costs.

use std::sync::Arc;

use dataforge_node::api::chart::ChartState;
use dataforge_node::api::{ChartCurve, ChartSource};
use dataforge_node::series::{Series, Trace};
use egui::{Context, Pos2, RawInput, Rect, vec2};
use serde_json::json;

use super::super::curves::Curves;
use super::super::decode::Curve;
use super::super::settings::Settings;
use super::super::sight::Sight;
use super::super::well::Well;
use super::{Made, Screen};

const SIZE: egui::Vec2 = vec2(1200.0, 1000.0);

struct Story {
    chart: ChartState,
    sources: Vec<ChartSource>,
    curves: Curves,
    well: Well,
    settings: Settings,
}

impl Story {
    /// Makes curves of so many samples each, a tenth of a metre apart from 1000 m on.
    fn new(count: u32, samples: u32) -> Self {
        let series = |number: u32| {
            json!({"id": format!("s{number}"), "kind": "values", "track": format!("t{}", number % 4),
                "source": "gamma_ray", "unit": "gAPI", "left": 0.0, "right": 150.0, "wrap": 1})
        };
        let chart: ChartState = serde_json::from_value(json!({
            "kind": "log_tracks",
            "axes": [{"id": "a", "kind": "depth", "unit": "m"}],
            "tracks": (0..4).map(|track| json!({"id": format!("t{track}"), "kind": "curves"})).collect::<Vec<_>>(),
            "series": (0..count).map(series).collect::<Vec<_>>(),
        }))
        .unwrap();
        let source = |number: u32| ChartSource {
            part: "series".to_owned(),
            item: format!("s{number}"),
            field: "source".to_owned(),
            source: "gamma_ray".to_owned(),
            well_id: None,
            curve: Some(ChartCurve {
                run: "run".to_owned(),
                ordinal: number,
                label: "GR".to_owned(),
                column: "gr".to_owned(),
                unit: "gAPI".to_owned(),
                property: Some("gamma_ray".to_owned()),
                blob: String::new(),
                held: true,
            }),
        };
        let mut curves = Curves::default();
        let index: Vec<f64> = (0..samples).map(|row| 1000.0 + 0.1 * f64::from(row)).collect();
        for number in 0..count {
            let value = |row: u32| 75.0 + 70.0 * (f64::from(row) * 0.37 + f64::from(number)).sin();
            let values: Vec<f64> = (0..samples).map(value).collect();
            let trace = Trace::Samples(Series::new(&index, &values).unwrap());
            let curve = Curve { trace, index_unit: "m".to_owned(), range: None };
            curves.insert("run", number, Arc::new(curve));
        }
        let sources = (0..count).map(source).collect();
        Self { chart, sources, curves, well: Well::default(), settings: Settings::default() }
    }

    fn made(&self) -> Made<'_> {
        Made {
            chart: &self.chart,
            chart_revision: 1,
            sources: &self.sources,
            curves: &self.curves,
            well: &self.well,
            settings: &self.settings,
        }
    }

    /// Draws a frame and makes triangles of it, as a window does; returns how many.
    fn frame(&self, ctx: &Context, screen: &mut Screen) -> usize {
        let rect = Rect::from_min_size(Pos2::ZERO, SIZE);
        let input = RawInput { screen_rect: Some(rect), ..RawInput::default() };
        let output = ctx.run_ui(input, |ui| {
            screen.lay(&self.made(), SIZE.x, true);
            screen.paint_body(&self.made(), &ui.painter_at(rect), rect);
        });
        let (shapes, scale) = (output.shapes.clone(), output.pixels_per_point);
        output.drop_without_applying_deltas();
        ctx.tessellate(shapes, scale).len()
    }
}

#[test]
fn nothing_is_drawn_again_that_did_not_change() {
    let (story, ctx, mut screen) = (Story::new(2, 1000), Context::default(), Screen::default());
    screen.sight = Some(Sight { from: 1000.0, per_unit: 10.0, reversed: false });
    story.frame(&ctx, &mut screen);
    let first = screen.drawn;
    assert!(first >= 1);
    for _ in 0..5 {
        story.frame(&ctx, &mut screen);
    }
    assert_eq!(screen.drawn, first);
    screen.sight = screen.sight.map(|sight| sight.moved(-30.0));
    story.frame(&ctx, &mut screen);
    assert_eq!(screen.drawn, first + 1);
    // Less than a row of pixels moves nothing.
    screen.sight = screen.sight.map(|sight| sight.snapped(1.0).moved(-0.2));
    story.frame(&ctx, &mut screen);
    let now = screen.drawn;
    screen.sight = screen.sight.map(|sight| sight.moved(-0.2));
    story.frame(&ctx, &mut screen);
    assert_eq!(screen.drawn, now);
}

#[test]
fn a_reading_is_in_the_unit_that_is_shown_and_of_every_series() {
    let (story, ctx, mut screen) = (Story::new(3, 1000), Context::default(), Screen::default());
    screen.sight = Some(Sight { from: 1000.0, per_unit: 10.0, reversed: false });
    screen.cursor = Some(1000.0);
    story.frame(&ctx, &mut screen);
    let readings = screen.readings(&story.made());
    assert_eq!(readings.len(), 3);
    assert_eq!((readings[0].value.as_str(), readings[0].unit.as_str()), ("75", "gAPI"));
    screen.cursor = Some(900.0);
    assert!(screen.readings(&story.made()).iter().all(|reading| reading.value == "–"), "above the first sample");
}
