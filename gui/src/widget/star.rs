//! A star that is given or taken away by a click: full or hollow, so that its colour tells nothing alone.

use egui::{Id, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2};

use crate::theme;

/// Points of a star.
const POINTS: u8 = 5;

/// Draws a star into a rectangle; a click on it is in the response. With [`Sense::CLICK`] it is no stop
/// of its own for Tab.
pub fn star_ui(ui: &Ui, rect: Rect, id: Id, sense: Sense, on: bool, of: &str) -> Response {
    let palette = theme::palette(ui);
    let response = ui.interact(rect, id, sense);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, format!("Star of {of}")));
    let strong = on || response.hovered() || response.has_focus();
    let colour = if strong { palette.accent } else { palette.line };
    let points = outline(rect.center(), rect.size().min_elem() * 0.36);
    if on {
        // The outline is no convex shape: the five arms are, each with the middle.
        let middle = rect.center();
        let count = points.len();
        for arm in 0..count / 2 {
            let (tip, one, other) = (2 * arm, (2 * arm + count - 1) % count, 2 * arm + 1);
            let arm = vec![middle, points[one], points[tip], points[other]];
            ui.painter().add(Shape::convex_polygon(arm, colour, Stroke::NONE));
        }
    }
    ui.painter().add(Shape::closed_line(points, Stroke::new(1.0, colour)));
    response
}

fn outline(middle: Pos2, radius: f32) -> Vec<Pos2> {
    let corner = |corner: u8| {
        let angle = f32::from(corner) * std::f32::consts::PI / f32::from(POINTS);
        let radius = if corner.is_multiple_of(2) { radius } else { radius * 0.42 };
        pos2(middle.x + radius * angle.sin(), middle.y - radius * angle.cos())
    };
    (0..2 * POINTS).map(corner).collect()
}

/// Draws a star as a widget of its own.
pub fn star_button(ui: &mut Ui, on: bool, of: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(22.0), Sense::hover());
    star_ui(ui, rect, response.id.with("star"), Sense::click(), on, of)
}
