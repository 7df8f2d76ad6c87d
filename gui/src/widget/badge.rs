//! A short word on the state of something, told by its shape as well as by its colour.

use egui::{Color32, Response, RichText, Sense, Shape, Stroke, Ui, pos2, vec2};

use crate::theme;

/// Half the size of the shape.
const RADIUS: f32 = 4.5;

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
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        shape_ui(ui, mark, colour);
        ui.label(RichText::new(text).small().color(colour))
    })
    .inner
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
