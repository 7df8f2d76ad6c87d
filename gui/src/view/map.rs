//! Where the wells are: a plain map that needs no internet. Selecting here selects in the list.

pub mod plane;

use dataforge_node::api::Event;
use egui::{
    Align2, ComboBox, CursorIcon, EventFilter, Id, Key, Modifiers, Panel, Rect, Response, Role, Sense, Stroke,
    TextStyle, Ui, WidgetInfo, pos2, vec2,
};

use self::plane::{Plane, Sight, Spot, declutter, placed, planes, spots};
use super::{Cx, Happened, News, Place, Ticket, View};
use crate::action::Action;
use crate::commands::CommandInfo;
use crate::format;
use crate::sheet::incoming::Incoming;
use crate::state::State;
use crate::theme::{self, Palette};
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Row, Table};

/// Commands of the view.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("map.fit", "Show all wells on the map"),
    CommandInfo::new("map.zoom_in", "Make the map larger"),
    CommandInfo::new("map.zoom_out", "Make the map smaller"),
    CommandInfo::new("map.to_selected", "Show the selected well in the middle of the map"),
];

/// Rows as [`spots`] reads them.
const WELLS: &str =
    "select well_id, name, latitude_deg, longitude_deg, x_m, y_m, projected_crs from wells order by name";

/// How near a click must be to a well, in points.
const NEAR: f32 = 12.0;

/// Radius of a well.
const RADIUS: f32 = 4.0;

/// Wells with an accessible node of their own; of more the list at the left has all.
const NAMED: usize = 300;

/// How much a key zooms.
const ZOOM: f64 = 1.5;

/// How far a key pans, in points.
const PAN: f32 = 60.0;

const COLUMNS: [Column; 1] = [Column::text("Without coordinates", 120.0, 1.0)];

/// The map.
#[derive(Debug)]
pub struct MapView {
    workspace: String,
    rows: Incoming,
    spots: Vec<Spot>,
    planes: Vec<(Plane, usize)>,
    plane: Option<Plane>,
    /// Where wells lie in the plane.
    places: Vec<Option<[f64; 2]>>,
    sight: Option<Sight>,
    chosen_without: Option<usize>,
    reveal_without: bool,
    /// A zoom that a command asked for.
    wanted_zoom: f64,
    wants_selected: bool,
}

impl MapView {
    /// Will show the wells of a workspace.
    #[must_use]
    pub fn new(workspace: &str) -> Self {
        Self {
            workspace: workspace.to_owned(),
            rows: Incoming::default(),
            spots: Vec::new(),
            planes: Vec::new(),
            plane: None,
            places: Vec::new(),
            sight: None,
            chosen_without: None,
            reveal_without: false,
            wanted_zoom: 1.0,
            wants_selected: false,
        }
    }

    fn take_rows(&mut self) {
        let spots = spots(self.rows.sheet());
        if spots == self.spots {
            return;
        }
        self.spots = spots;
        self.planes = planes(&self.spots);
        let is_there = self.plane.as_ref().is_some_and(|plane| self.planes.iter().any(|(known, _)| known == plane));
        if !is_there {
            self.plane = self.planes.first().map(|(plane, _)| plane.clone());
        }
        self.lay_out();
    }

    fn lay_out(&mut self) {
        self.places = self.plane.as_ref().map_or_else(Vec::new, |plane| placed(&self.spots, plane));
        self.sight = None;
    }

    fn tools_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            let before = self.plane.clone();
            let shown = self.plane.as_ref().map_or_else(|| "none".to_owned(), Plane::name);
            let combo = ComboBox::from_id_salt("plane").selected_text(shown).width(220.0).show_ui(ui, |ui| {
                for (plane, count) in &self.planes {
                    let name = format!("{}, {}", plane.name(), format::counted(*count as u64, "well"));
                    ui.selectable_value(&mut self.plane, Some(plane.clone()), name);
                }
            });
            combo.response.accessible_name("Coordinates");
            if before != self.plane {
                self.lay_out();
            }
            if ui.button("All wells").clicked() {
                self.sight = None;
            }
            for (name, factor) in [("Larger", ZOOM), ("Smaller", 1.0 / ZOOM)] {
                if ui.button(name).clicked() {
                    self.wanted_zoom *= factor;
                }
            }
            let on = self.places.iter().flatten().count() as u64;
            ui.weak(format!("{} of {} here", format::count(on), format::counted(self.spots.len() as u64, "well")));
        });
    }

    fn without_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let without: Vec<usize> =
            (0..self.spots.len()).filter(|&at| self.places.get(at).is_none_or(Option::is_none)).collect();
        if without.is_empty() {
            return;
        }
        Panel::right(("without", cx.view)).default_size(180.0).size_range(100.0..=360.0).show(ui, |ui| {
            ui.weak(format!("{} not on this map", format::counted(without.len() as u64, "well")));
            let table = Table {
                id: "wells without coordinates",
                columns: &COLUMNS,
                rows: without.len(),
                choosable: true,
                chosen: self.chosen_without,
                reveal: self.reveal_without,
                take_focus: true,
            };
            let outcome = table.show(ui, |row| {
                let name = &self.spots[without[row]].name;
                Row {
                    cells: vec![name.clone()],
                    name: format!("{name}, not on this map"),
                    more: name.clone(),
                    weak: false,
                }
            });
            let stepped = outcome.step.and_then(|step| step.from_row(self.chosen_without, without.len()));
            self.reveal_without = stepped.is_some() || self.reveal_without && !outcome.revealed;
            if let Some(row) = outcome.clicked.or(stepped) {
                self.chosen_without = Some(row);
                self.select(cx, self.spots[without[row]].id.clone());
            }
        });
    }

    fn map_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let space = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(space, Sense::click_and_drag()).on_hover_cursor(CursorIcon::Crosshair);
        let mut sight = self.sight.unwrap_or_else(|| {
            let places: Vec<[f64; 2]> = self.places.iter().flatten().copied().collect();
            Sight::of_all(&places, space.size())
        });
        self.steer(ui, cx, &response, &mut sight, space);
        self.sight = Some(sight);
        let palette = theme::palette(ui);
        ui.painter().rect_filled(space, 0.0, palette.ground);
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(space));
        inner.set_clip_rect(space.intersect(ui.clip_rect()));
        self.wells_ui(&inner, cx, &sight, space, palette);
        scale_ui(&inner, &sight, space, palette);
        north_ui(&inner, space, palette);
        if response.has_focus() {
            inner.painter().rect_stroke(space, 0.0, Stroke::new(1.0, palette.accent), egui::StrokeKind::Inside);
        }
        let on = self.places.iter().flatten().count() as u64;
        response.widget_info(|| {
            let name = format!("Map of {}; arrows move it, plus and minus zoom", format::counted(on, "well"));
            WidgetInfo::labeled(Role::Canvas, true, name)
        });
    }

    fn steer(&mut self, ui: &Ui, cx: &mut Cx<'_>, response: &Response, sight: &mut Sight, space: Rect) {
        sight.pan(response.drag_delta());
        if let Some(at) = response.hover_pos() {
            let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta.y, input.zoom_delta()));
            let factor = f64::from(zoom) * (f64::from(scroll) / 200.0).exp();
            if (factor - 1.0).abs() > 1e-6 {
                sight.zoom(factor, at, space);
            }
        }
        if response.clicked() {
            response.request_focus();
            if let Some(id) = response.interact_pointer_pos().and_then(|at| self.nearest(at, sight, space)) {
                self.select(cx, id);
            }
        }
        if response.has_focus() {
            let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
            let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            for (key, by) in [
                (Key::ArrowLeft, vec2(PAN, 0.0)),
                (Key::ArrowRight, vec2(-PAN, 0.0)),
                (Key::ArrowUp, vec2(0.0, PAN)),
                (Key::ArrowDown, vec2(0.0, -PAN)),
            ] {
                if pressed(key) {
                    sight.pan(by);
                }
            }
            if pressed(Key::Plus) || pressed(Key::Equals) {
                self.wanted_zoom *= ZOOM;
            }
            if pressed(Key::Minus) {
                self.wanted_zoom /= ZOOM;
            }
        }
        let factor = std::mem::replace(&mut self.wanted_zoom, 1.0);
        if factor != 1.0 {
            sight.zoom(factor, space.center(), space);
        }
        if std::mem::take(&mut self.wants_selected)
            && let Some(place) = self.selected(cx.state).and_then(|at| self.places[at])
        {
            sight.middle = place;
        }
    }

    /// Selects a well, in the workspace of this map.
    fn select(&self, cx: &mut Cx<'_>, id: String) {
        if cx.state.selection.workspace.as_ref() != Some(&self.workspace) {
            cx.actions.push(Action::SelectWorkspace(self.workspace.clone()));
        }
        cx.actions.push(Action::SelectWell(id));
    }

    fn selected(&self, state: &State) -> Option<usize> {
        let id = state.selection.well.as_ref()?;
        self.spots.iter().position(|spot| spot.id == *id)
    }

    fn nearest(&self, point: egui::Pos2, sight: &Sight, space: Rect) -> Option<String> {
        let distance = |(spot, place): (&Spot, &Option<[f64; 2]>)| {
            let off = sight.on_screen((*place)?, space).distance(point);
            (off <= NEAR).then(|| (off, spot.id.clone()))
        };
        let near = self.spots.iter().zip(&self.places).filter_map(distance);
        near.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, id)| id)
    }

    fn wells_ui(&self, ui: &Ui, cx: &mut Cx<'_>, sight: &Sight, space: Rect, palette: &Palette) {
        let selected = self.selected(cx.state);
        let around = space.expand(RADIUS);
        let mut in_sight: Vec<(usize, egui::Pos2)> = self
            .places
            .iter()
            .enumerate()
            .filter_map(|(at, place)| Some((at, sight.on_screen((*place)?, space))))
            .filter(|(_, point)| around.contains(*point))
            .collect();
        // The selected well is labelled before all others, and drawn over them.
        in_sight.sort_by_key(|(at, _)| Some(*at) != selected);
        let font = TextStyle::Small.resolve(ui.style());
        let texts: Vec<_> = in_sight
            .iter()
            .map(|(at, _)| ui.painter().layout_no_wrap(short(&self.spots[*at].name), font.clone(), palette.text))
            .collect();
        let labels: Vec<_> = in_sight.iter().zip(&texts).map(|((_, point), text)| (*point, text.size())).collect();
        let shown = declutter(&labels, RADIUS + 3.0);
        for (((at, point), text), label) in in_sight.iter().zip(texts).zip(shown).rev() {
            let is_selected = Some(*at) == selected;
            // A ring tells the selected one from the others without its colour.
            if is_selected {
                ui.painter().circle_stroke(*point, RADIUS + 4.0, Stroke::new(2.0, palette.strong));
            }
            ui.painter().circle(*point, RADIUS, palette.accent, Stroke::new(1.0, palette.ground));
            if let Some(label) = label {
                ui.painter().galley(label.min, text, if is_selected { palette.strong } else { palette.text });
            }
        }
        if in_sight.len() <= NAMED {
            for (at, point) in in_sight {
                self.spot_ui(ui, cx, at, point, Some(at) == selected);
            }
        }
    }

    fn spot_ui(&self, ui: &Ui, cx: &mut Cx<'_>, at: usize, point: egui::Pos2, is_selected: bool) {
        let spot = &self.spots[at];
        let rect = Rect::from_center_size(point, vec2(2.0 * NEAR, 2.0 * NEAR));
        let response = ui.interact(rect, Id::unique(("spot", cx.view, &spot.id)), Sense::click());
        if response.clicked() {
            self.select(cx, spot.id.clone());
        }
        if response.double_clicked() {
            cx.open(Place::WellPage { workspace: self.workspace.clone(), well: spot.id.clone() });
        }
        if response.has_focus() {
            let palette = theme::palette(ui);
            ui.painter().circle_stroke(point, RADIUS + 6.0, Stroke::new(1.0, palette.accent));
        }
        response.widget_info(|| {
            WidgetInfo::selected(Role::Button, true, is_selected, format!("Well {} on the map", spot.name))
        });
        let place = spot_text(spot);
        response.on_hover_text(format!("{}\n{place}", spot.name));
    }
}

/// Returns a name that fits beside a spot.
fn short(name: &str) -> String {
    const LETTERS: usize = 24;
    match name.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

fn spot_text(spot: &Spot) -> String {
    let degrees = spot.degrees.map(|(latitude, longitude)| {
        let (north, east) = (if latitude < 0.0 { "S" } else { "N" }, if longitude < 0.0 { "W" } else { "E" });
        format!("{:.5}° {north}, {:.5}° {east}", latitude.abs(), longitude.abs())
    });
    let metres = spot.metres.as_ref().map(|(x, y, crs)| format!("x {x:.1} m, y {y:.1} m, {crs}"));
    [degrees, metres].into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn scale_ui(ui: &Ui, sight: &Sight, space: Rect, palette: &Palette) {
    let length_m = sight.bar_m(160.0);
    let points = (length_m * sight.scale) as f32;
    let left = pos2(space.left() + 16.0, space.bottom() - 18.0);
    let right = pos2(left.x + points, left.y);
    let stroke = Stroke::new(1.5, palette.text);
    ui.painter().line_segment([left, right], stroke);
    for end in [left, right] {
        ui.painter().line_segment([end - vec2(0.0, 4.0), end + vec2(0.0, 4.0)], stroke);
    }
    let text = if length_m >= 1000.0 { format!("{} km", length_m / 1000.0) } else { format!("{length_m} m") };
    let font = TextStyle::Small.resolve(ui.style());
    ui.painter().text(left.lerp(right, 0.5) - vec2(0.0, 5.0), Align2::CENTER_BOTTOM, text, font, palette.text);
}

fn north_ui(ui: &Ui, space: Rect, palette: &Palette) {
    let tip = pos2(space.right() - 24.0, space.top() + 18.0);
    let base = tip + vec2(0.0, 22.0);
    let sides = vec![tip, base + vec2(-6.0, 0.0), base - vec2(0.0, 5.0), base + vec2(6.0, 0.0)];
    // Not convex, so drawn as its outline.
    ui.painter().add(egui::Shape::closed_line(sides, Stroke::new(1.5, palette.text)));
    let font = TextStyle::Small.resolve(ui.style());
    ui.painter().text(base + vec2(0.0, 4.0), Align2::CENTER_TOP, "N", font, palette.text);
}

impl View for MapView {
    fn title(&self, _state: &State) -> String {
        "Map".to_owned()
    }

    fn place(&self) -> Place {
        Place::Map { workspace: self.workspace.clone() }
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.rows.query(cx, &self.workspace, WELLS.to_owned(), None);
    }

    fn on_news(&mut self, ticket: Ticket, news: News, _cx: &mut Cx<'_>) {
        if self.rows.awaits(ticket) {
            self.rows.on_news(news);
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        match event {
            Happened::Event(Event::Changed { workspace, .. }) if *workspace == self.workspace => self.refresh(cx),
            // What this window edited itself comes as no other news.
            Happened::Event(Event::Saved { .. }) => self.refresh(cx),
            _ => {}
        }
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, _cx: &mut Cx<'_>) {
        match command {
            "map.fit" => self.sight = None,
            "map.zoom_in" => self.wanted_zoom *= ZOOM,
            "map.zoom_out" => self.wanted_zoom /= ZOOM,
            "map.to_selected" => self.wants_selected = true,
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.rows.pump(ui.ctx(), cx);
        if self.rows.take_completed() && self.rows.error().is_none() {
            self.take_rows();
        }
        if let Some(error) = self.rows.error() {
            problem_ui(ui, error);
        }
        if self.spots.is_empty() {
            if self.rows.is_loading() {
                hint::loading_ui(ui, "Loading wells …");
            } else if self.rows.error().is_none() {
                let command = cx.state.command_line("import DIR");
                hint::empty_ui(
                    ui,
                    "No wells yet",
                    "Wells come with their log files.",
                    &[("Import a folder:", command)],
                );
            }
            return;
        }
        if self.planes.is_empty() {
            let command = cx.state.command_line("set WELL latitude_deg 61.5");
            let text = "No well says where it is in degrees or metres. Coordinates can be set.";
            hint::empty_ui(ui, "No coordinates", text, &[("Set them:", command)]);
            return;
        }
        self.tools_ui(ui);
        self.without_ui(ui, cx);
        self.map_ui(ui, cx);
    }
}

#[cfg(test)]
mod tests {
    use super::{Spot, short, spot_text};

    #[test]
    fn long_names_are_cut_between_letters() {
        assert_eq!(short("15/9-F-1"), "15/9-F-1");
        let name = "Ø".repeat(40);
        assert_eq!(short(&name).chars().count(), 25);
    }

    #[test]
    fn a_place_is_told_with_its_hemispheres_and_system() {
        let spot = Spot {
            degrees: Some((-12.5, 131.25)),
            metres: Some((1.0, 2.0, "EPSG:23031".to_owned())),
            ..Spot::default()
        };
        assert_eq!(spot_text(&spot), "12.50000° S, 131.25000° E\nx 1.0 m, y 2.0 m, EPSG:23031");
    }
}
