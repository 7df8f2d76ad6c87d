//! A short word on the state of something, told by its shape as well as by its colour.

use egui::{
    Align, Color32, Layout, Response, RichText, Sense, Shape, Stroke, TextStyle, TextWrapMode, Ui, WidgetText, pos2,
    vec2,
};

use crate::theme;

/// Half the size of the shape.
const RADIUS: f32 = 4.5;

/// Space between the shape and the text.
const GAP: f32 = 5.0;

/// What a badge means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// All is well: a full disc.
    Good,
    /// Needs attention: a triangle.
    Warn,
    /// Went wrong: a square.
    Bad,
    /// Neither: a ring.
    Plain,
}

/// Draws a badge.
pub fn badge_ui(ui: &mut Ui, mark: Mark, text: &str) -> Response {
    let palette = theme::palette(ui);
    let colour = match mark {
        Mark::Good => palette.good,
        Mark::Warn => palette.warn,
        Mark::Bad => palette.error,
        Mark::Plain => palette.weak,
    };
    let text = RichText::new(text).small().color(colour);
    let whole = WidgetText::from(text.clone());
    let whole = whole.into_galley(ui, Some(TextWrapMode::Extend), f32::INFINITY, TextStyle::Small).size();
    // Of a size that is known before, so that it goes into the next row, and wraps, where it does not fit.
    let width = (whole.x + 2.0 * RADIUS + 2.0 * GAP).min(ui.max_rect().width());
    let layout = Layout::left_to_right(Align::Center).with_main_wrap(true);
    let draw = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        shape_ui(ui, mark, colour);
        ui.label(text)
    };
    ui.allocate_ui_with_layout(vec2(width, whole.y), layout, draw).inner
}

fn shape_ui(ui: &mut Ui, mark: Mark, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(2.0 * RADIUS, 2.0 * RADIUS), Sense::hover());
    let centre = rect.center();
    let painter = ui.painter();
    match mark {
        Mark::Good => {
            painter.circle_filled(centre, RADIUS, colour);
        }
        Mark::Plain => {
            painter.circle_stroke(centre, RADIUS - 0.5, Stroke::new(1.0, colour));
        }
        Mark::Bad => {
            painter.rect_filled(rect.shrink(0.5), 0.0, colour);
        }
        Mark::Warn => {
            let corners =
                vec![pos2(centre.x, rect.top()), pos2(rect.right(), rect.bottom()), pos2(rect.left(), rect.bottom())];
            painter.add(Shape::convex_polygon(corners, colour, Stroke::NONE));
        }
    }
}
