//! The tracks in the window: their headers, the depths below them, and what pointer and keys do there.

use dataforge_node::plot::layout::Layout;
use dataforge_node::plot::scene::{Group, What};
use egui::accesskit::Live;
use egui::{
    EventFilter, Key, Modifiers, Painter, Rect, Response, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::super::Cx;
use super::annotate::Tool;
use super::commands::{PAGE, ZOOM};
use super::readout::Reading;
use super::screen::on_window;
use super::sight::Sight;
use super::{LogView, made, range, settings, words};
use crate::{format, theme};

/// How far an arrow key scrolls, in points.
const ARROW: f64 = 40.0;
/// Least height that depths are drawn in.
const LEAST: f32 = 40.0;
/// How far from an annotation a click selects it, in points.
const NEAR: f32 = 3.0;

/// Something in the drawing that can be chosen.
struct Target {
    rect: Rect,
    key: String,
    label: String,
    what: What,
}

impl LogView {
    pub(super) fn tracks_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let room = ui.available_size();
        let area = ScrollArea::horizontal().id_salt(("log tracks", cx.view)).auto_shrink([false, false]);
        area.show(ui, |ui| {
            let is_dark = ui.visuals().dark_mode;
            let Some(of) = made(&self.doc, &self.curves, &self.well, &self.settings) else { return };
            self.screen.lay(&of, room.x, is_dark);
            let Some(layout) = self.screen.layout() else { return };
            let header = layout.header_height.min((room.y - LEAST).max(0.0));
            let ground = super::paint::colour(layout.palette.background);
            let (all, reversed) = (range(layout, &self.well), layout.axis.reversed);
            let (rect, _) = ui.allocate_exact_size(vec2(layout.width, room.y.max(LEAST)), Sense::hover());
            let top = Rect::from_min_size(rect.min, vec2(rect.width(), header));
            let body = Rect::from_min_max(pos2(rect.left(), top.bottom()), rect.max);
            self.height = f64::from(body.height());
            self.screen.begin(all, self.height, reversed);
            ui.painter_at(rect).rect_filled(rect, 0.0, ground);
            self.screen.paint_header(&ui.painter_at(top), top);
            let response = self.body_ui(ui, body, cx);
            // What the user did shows in this very frame.
            if let Some(of) = made(&self.doc, &self.curves, &self.well, &self.settings) {
                self.screen.paint_body(&of, &ui.painter_at(body), body);
            }
            self.cursor_ui(ui, body);
            if response.has_focus() {
                let line = Stroke::new(1.0, theme::palette(ui).accent);
                ui.painter_at(body).rect_stroke(body, 0.0, line, StrokeKind::Inside);
            }
            self.targets_ui(ui, top, body, cx);
        });
    }

    /// Takes what pointer and keys do on the depths.
    fn body_ui(&mut self, ui: &Ui, body: Rect, cx: &mut Cx<'_>) -> Response {
        let response = ui.interact(body, ui.scope_id().with(("log body", cx.view)), Sense::click_and_drag());
        let label = self.screen.layout().map_or_else(String::new, |layout| self.said(layout));
        response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &label));
        let Some(sight) = self.screen.sight else { return response };
        let height = self.height;
        let mut next = sight;
        // Annotations lie over the depths, and values are read there too.
        let pointed = ui.input(|input| input.pointer.hover_pos()).filter(|_| response.contains_pointer());
        if response.contains_pointer() {
            let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
            let at = pointed.map_or(height / 2.0, |at| f64::from(at.y - body.top()));
            if (zoom - 1.0).abs() > f32::EPSILON {
                next = next.zoomed(f64::from(zoom), at, height);
            } else if scroll.abs() > 0.0 {
                next = next.moved(f64::from(scroll));
            }
        }
        if response.dragged() {
            next = next.moved(f64::from(response.drag_delta().y));
        }
        if next != sight {
            self.screen.pointed = None;
        }
        // A pointer that rests leaves the cursor to the keys.
        if let Some(at) = pointed.filter(|_| std::mem::replace(&mut self.screen.pointed, pointed) != pointed) {
            self.screen.cursor = Some(next.depth(f64::from(at.y - body.top()), height));
        }
        // Escape takes the focus away before anything that has it hears of the key.
        if self.tool != Tool::Select && ui.input(|input| input.key_pressed(Key::Escape)) {
            self.tool = Tool::Select;
        }
        if response.double_clicked() && self.tool == Tool::Select {
            self.do_command("log.fit", cx);
            return response;
        }
        if response.clicked() {
            response.request_focus();
            let at = response.interact_pointer_pos().map(|at| at - body.min.to_vec2());
            self.clicked(at.map(|at| (at.x, f64::from(at.y))), cx);
        }
        if response.has_focus() {
            let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
            next = self.keys(ui, next, cx);
        }
        // After the keys: that which began the placing is no place.
        if std::mem::take(&mut self.wants_tracks) {
            response.request_focus();
        }
        if next != sight {
            self.show(next, cx);
        }
        response
    }

    /// Says what is in sight.
    fn said(&self, layout: &Layout) -> String {
        let Some(sight) = self.screen.sight else { return String::new() };
        let (from, to) = (sight.from, sight.to(self.height));
        let scale = settings::scale_of(&layout.axis, sight.per_unit);
        let depths = format::interval(Some(from.round()), Some(to.round()), &layout.axis.unit_shown);
        format!(
            "Log, {}, {depths}, about 1:{}",
            format::counted(layout.tracks.len() as u64, "track"),
            format::value(Some(scale.round()))
        )
    }

    fn keys(&mut self, ui: &Ui, sight: Sight, cx: &mut Cx<'_>) -> Sight {
        let height = self.height;
        let middle = self.screen.cursor.map_or(height / 2.0, |depth| sight.y(depth, height)).clamp(0.0, height);
        let pressed = |modifiers: Modifiers, key: Key| ui.input_mut(|input| input.consume_key(modifiers, key));
        let none = Modifiers::NONE;
        let row = 1.0 / sight.per_unit;
        for (key, by) in [(Key::ArrowDown, 1.0), (Key::ArrowUp, -1.0)] {
            if pressed(Modifiers::SHIFT, key) {
                let from = self.screen.cursor.unwrap_or_else(|| sight.depth(height / 2.0, height));
                let by = if sight.reversed { -by } else { by };
                self.screen.cursor = Some(from + by * row);
            }
        }
        let mut next = sight;
        for (key, points) in [
            (Key::ArrowDown, -ARROW),
            (Key::ArrowUp, ARROW),
            (Key::PageDown, -height * PAGE),
            (Key::PageUp, height * PAGE),
        ] {
            if pressed(none, key) {
                next = next.moved(points);
            }
        }
        for (key, factor) in [(Key::Plus, ZOOM), (Key::Equals, ZOOM), (Key::Minus, 1.0 / ZOOM)] {
            if pressed(none, key) {
                next = next.zoomed(factor, middle, height);
            }
        }
        for (key, command) in [(Key::Home, "log.top"), (Key::End, "log.base"), (Key::Num0, "log.fit")] {
            if pressed(none, key) {
                self.do_command(command, cx);
                next = self.screen.sight.unwrap_or(next);
            }
        }
        if self.tool != Tool::Select && pressed(none, Key::Enter) {
            let depth = self.screen.cursor.unwrap_or_else(|| sight.depth(height / 2.0, height));
            self.place_at(depth, None, cx);
        }
        next
    }

    /// Takes a click at a place of the drawing, in points from its corner.
    fn clicked(&mut self, at: Option<(f32, f64)>, cx: &mut Cx<'_>) {
        let (Some((x, y)), Some(sight)) = (at, self.screen.sight) else { return };
        let depth = sight.depth(y, self.height);
        self.screen.cursor = Some(depth);
        if self.tool != Tool::Select {
            self.place_at(depth, Some(x), cx);
        }
    }

    fn place_at(&mut self, depth: f64, x: Option<f32>, cx: &mut Cx<'_>) {
        let Some(layout) = self.screen.layout() else { return };
        if let Some(edit) = self.tool.place(layout, depth, x) {
            self.editor.is_open = true;
            self.doc.edit(vec![edit], cx);
        }
    }

    /// Draws the line of the cursor, with a point on each curve.
    fn cursor_ui(&self, ui: &Ui, body: Rect) {
        let (Some(depth), Some(sight), Some(layout)) = (self.screen.cursor, self.screen.sight, self.screen.layout())
        else {
            return;
        };
        let y = sight.y(depth, self.height) as f32 + body.top();
        if !body.y_range().contains(y) {
            return;
        }
        let painter = ui.painter_at(body);
        let colour = theme::palette(ui).accent;
        painter.hline(body.x_range(), y, Stroke::new(1.0, colour));
        for reading in self.readings() {
            point_ui(&painter, layout, &reading, pos2(body.left(), y), colour);
        }
    }

    fn readings(&self) -> Vec<Reading> {
        made(&self.doc, &self.curves, &self.well, &self.settings)
            .map(|of| self.screen.readings(&of))
            .unwrap_or_default()
    }

    /// Says what all series read at the cursor.
    pub(super) fn readout_ui(&self, ui: &mut Ui) {
        let palette = theme::palette(ui);
        if let Some(hint) = self.tool.hint() {
            ui.label(RichText::new(hint).color(palette.accent));
        }
        let (Some(depth), Some(layout)) = (self.screen.cursor, self.screen.layout()) else {
            ui.weak("Move the pointer over the tracks to read values, or press Shift and an arrow key.");
            return;
        };
        let at = format!(
            "{} {} {}",
            layout.axis.label,
            format::value(Some((depth * 100.0).round() / 100.0)),
            layout.axis.unit_shown
        );
        let readings = self.readings();
        let told =
            |reading: &Reading| format!("{} {} {}", reading.label, reading.value, reading.unit).trim_end().to_owned();
        let all: Vec<_> = std::iter::once(at.clone()).chain(readings.iter().map(told)).collect();
        let table = ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 14.0;
            ui.label(RichText::new(&at).strong());
            for reading in &readings {
                let name = RichText::new(&reading.label).color(palette.weak);
                ui.label(name);
                ui.label(RichText::new(format!("{} {}", reading.value, reading.unit).trim_end()));
            }
        });
        // One label that is read when it changes, rather than a dozen.
        let id = table.response.id.with("live");
        let live = ui.interact(table.response.rect, id, Sense::hover());
        live.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Cursor: {}", all.join(", "))));
        ui.ctx().accesskit_node_builder(id, |node| node.set_live(Live::Polite));
    }

    /// Makes headers and annotations things that can be found, focused and chosen.
    fn targets_ui(&mut self, ui: &Ui, top: Rect, body: Rect, cx: &mut Cx<'_>) {
        let (mut chosen, mut clicked) = (None, None);
        for target in self.targets(top, body) {
            let id = ui.scope_id().with(("log target", cx.view, &target.key));
            let response = ui.interact(target.rect, id, Sense::click());
            let is_selected = self.editor.is_selected(&target.what);
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_selected, &target.label));
            let palette = theme::palette(ui);
            if response.has_focus() || is_selected {
                let painter = ui.painter_at(target.rect.expand(1.0));
                painter.rect_stroke(target.rect, 2.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
            }
            if response.clicked() {
                clicked = response.interact_pointer_pos().filter(|at| body.contains(*at));
                chosen = Some(target.what);
            } else if !matches!(target.what, What::TrackHeader(_)) {
                response.on_hover_text_at_pointer(&target.label);
            }
        }
        if self.tool == Tool::Select {
            if let Some(what) = chosen {
                self.editor.select(&what);
            }
        } else {
            // What is placed may well lie over something that is there.
            let at = clicked.map(|at| at - body.min.to_vec2());
            self.clicked(at.map(|at| (at.x, f64::from(at.y))), cx);
        }
    }

    fn targets(&self, top: Rect, body: Rect) -> Vec<Target> {
        let Some(layout) = self.screen.layout() else { return Vec::new() };
        let in_header = self.screen.header_groups().into_iter().filter_map(|group| header_target(layout, group, top));
        let in_body = self.screen.annotation_groups().into_iter().filter_map(|group| {
            let What::Annotation(id) = &group.what else { return None };
            let said = layout.annotations.iter().find(|one| one.id == *id)?;
            let rect = on_window(&group.bounds, body.min).expand(NEAR).intersect(body);
            let label = words::annotation(layout, said);
            rect.is_positive().then(|| Target { rect, key: group.what.id(), label, what: group.what.clone() })
        });
        in_header.chain(in_body).collect()
    }
}

/// Draws a point where a curve has the value that is read.
fn point_ui(painter: &Painter, layout: &Layout, reading: &Reading, at: egui::Pos2, colour: egui::Color32) {
    let (Some(share), Some(track)) = (reading.share, layout.tracks.get(reading.track)) else { return };
    if (0.0..=1.0).contains(&share) {
        painter.circle_stroke(pos2(at.x + track.x(share), at.y), 3.0, Stroke::new(1.5, colour));
    }
}

fn header_target(layout: &Layout, group: &Group, top: Rect) -> Option<Target> {
    let label = match &group.what {
        What::TrackHeader(id) => {
            let number = layout.tracks.iter().position(|track| track.id == *id)?;
            words::track(layout, number, layout.tracks.get(number)?)
        }
        What::SeriesHeader(id) => words::series(layout.series_of(id)?),
        _ => return None,
    };
    let rect = on_window(&group.bounds, top.min).intersect(top);
    rect.is_positive().then(|| Target { rect, key: group.what.id(), label, what: group.what.clone() })
}
