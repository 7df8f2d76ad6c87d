//! A grid of any number of rows: the head stays, columns can be made wider, cells are picked by mouse
//! and keyboard. Only cells in sight are asked for.
//!
//! The cells are one tab stop; each row in sight has an accessible node that tells what it shows.

pub mod pick;
pub mod scroll;

use std::ops::Range;

use egui::{
    Align, Color32, CursorIcon, Event, EventFilter, Id, Key, Modifiers, Pos2, Rect, Response, RichText, Role, Sense,
    Stroke, StrokeKind, TextEdit, TextStyle, TextWrapMode, Ui, UiBuilder, WidgetInfo, WidgetText, pos2, vec2,
};

use self::pick::{Picked, Place, Way};
use self::scroll::{Extent, Scroll};
use crate::theme::{self, CELL_PADDING, Palette, ROW_HEIGHT};

/// Height of the head: a title, and a unit below it.
const HEAD: f32 = 40.0;

/// Height of the row of filters.
const FILTERS: f32 = 30.0;

/// Width of a scroll bar.
const BAR: f32 = 12.0;

/// Widths that a column may have.
const WIDTHS: std::ops::RangeInclusive<f32> = 40.0..=800.0;

/// How much a key makes a column wider.
const WIDER: f32 = 20.0;

/// What a grid remembers from frame to frame.
#[derive(Debug, Clone, Default)]
pub struct GridState {
    scroll: Scroll,
    sideways: f32,
    /// Picked cells.
    pub picked: Option<Picked>,
    reveal: bool,
    take_focus: bool,
    row_anchor: Option<usize>,
}

impl GridState {
    /// Picks a row and shows it with the next frame.
    pub fn go_to(&mut self, row: usize, columns: usize) {
        self.picked = Some(Picked::rows_of(row, row, columns));
        self.reveal = true;
        self.take_focus = true;
    }

    /// Goes back to the first row, with nothing picked.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// A column as it is drawn.
#[derive(Debug, Clone, Default)]
pub struct GridColumn {
    /// Head.
    pub title: String,
    /// Unit, below the head.
    pub unit: String,
    /// More about it, on hover.
    pub more: String,
    /// Whether it holds numbers, which stand at the right.
    pub numbers: bool,
    /// Width in points.
    pub width: f32,
    /// Whether rows are sorted by it, and then whether the largest come first.
    pub sorted: Option<bool>,
}

/// What is typed above a column to filter by it.
#[derive(Debug, Clone, Default)]
pub struct FilterField {
    /// What is typed.
    pub typed: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// A grid.
pub struct Grid<'a> {
    /// Tells it from other grids.
    pub id: Id,
    /// What it is of, for assistive technology.
    pub name: &'a str,
    /// Columns shown, in order.
    pub columns: &'a [GridColumn],
    /// How many rows there are.
    pub rows: usize,
    /// Returns a cell's text, by row and place of the column.
    pub cell: &'a dyn Fn(usize, usize) -> String,
    /// Returns the number of a row, as it came, from 1.
    pub number: &'a dyn Fn(usize) -> usize,
}

impl std::fmt::Debug for Grid<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grid").field("name", &self.name).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// What happened in a grid.
#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    /// The head of the column at this place was clicked.
    pub sort: Option<usize>,
    /// The column at this place shall be so wide.
    pub resized: Option<(usize, f32)>,
    /// What is picked shall be copied.
    pub copy: bool,
    /// A row was opened, by Enter or a double click.
    pub opened: Option<usize>,
    /// What is typed above a column changed.
    pub filtered: bool,
}

/// Where the parts of a grid lie.
struct Layout {
    head: Rect,
    filters: Option<Rect>,
    body: Rect,
    gutter: f32,
    extent: Extent,
    wide: f32,
}

impl Grid<'_> {
    /// Draws it over the space that is left, with a field above each column when there are `filters`.
    pub fn show(&self, ui: &mut Ui, state: &mut GridState, filters: Option<&mut [FilterField]>) -> Outcome {
        let mut outcome = Outcome::default();
        let space = ui.available_rect_before_wrap();
        ui.allocate_rect(space, Sense::hover());
        let layout = self.layout(space, filters.is_some());
        state.picked = state.picked.and_then(|picked| picked.within(self.rows, self.columns.len()));
        self.scrolling(ui, space, state, &layout);
        self.body_ui(ui, state, &layout, &mut outcome);
        self.head_ui(ui, state, &layout, &mut outcome);
        if let (Some(fields), Some(rect)) = (filters, layout.filters) {
            self.filters_ui(ui, state, &layout, rect, fields, &mut outcome);
        }
        self.bars_ui(ui, state, &layout);
        if state.reveal {
            ui.ctx().request_repaint();
        }
        outcome
    }

    fn layout(&self, space: Rect, with_filters: bool) -> Layout {
        #[expect(clippy::cast_precision_loss, reason = "a handful of digits")]
        let digits = self.rows.max(1).ilog10() as f32 + 1.0;
        let gutter = digits * 8.0 + 2.0 * CELL_PADDING;
        let wide = self.columns.iter().map(|column| column.width).sum();
        let head = Rect::from_min_max(space.min, pos2(space.right(), space.top() + HEAD));
        let filters =
            with_filters.then(|| Rect::from_min_max(head.left_bottom(), pos2(space.right(), head.bottom() + FILTERS)));
        let top = filters.map_or(head.bottom(), |rect| rect.bottom());
        let body = Rect::from_min_max(pos2(space.left(), top), pos2(space.right() - BAR, space.bottom() - BAR));
        let body = Rect::from_min_max(body.min, body.max.max(body.min));
        let extent = Extent { rows: self.rows, row_height: ROW_HEIGHT, height: body.height() };
        Layout { head, filters, body, gutter, extent, wide }
    }

    fn scrolling(&self, ui: &Ui, space: Rect, state: &mut GridState, layout: &Layout) {
        if ui.rect_contains_pointer(space) {
            let delta = ui.input(|input| input.smooth_scroll_delta);
            state.scroll.by_points(-delta.y, &layout.extent);
            state.sideways -= delta.x;
        }
        if std::mem::take(&mut state.reveal)
            && let Some(picked) = state.picked
        {
            state.scroll.reveal(picked.at.row, &layout.extent);
            if picked.from.column == picked.at.column {
                let (left, width) = self.across(picked.at.column);
                let room = layout.body.width() - layout.gutter;
                state.sideways = state.sideways.max(left + width - room).min(left);
            }
        }
        // The list may have become shorter, or its space larger.
        state.scroll.by_points(0.0, &layout.extent);
        let most = (layout.wide - (layout.body.width() - layout.gutter)).max(0.0);
        state.sideways = state.sideways.clamp(0.0, most);
    }

    /// Returns where a column begins, and its width, both before scrolling.
    fn across(&self, place: usize) -> (f32, f32) {
        let left = self.columns.iter().take(place).map(|column| column.width).sum();
        (left, self.columns.get(place).map_or(0.0, |column| column.width))
    }

    /// Returns the columns in sight, with where each begins on screen.
    fn in_sight(&self, state: &GridState, layout: &Layout) -> Vec<(usize, f32)> {
        let (from, to) = (layout.body.left() + layout.gutter, layout.body.right());
        let mut left = from - state.sideways;
        let mut found = Vec::new();
        for (place, column) in self.columns.iter().enumerate() {
            if left + column.width > from && left < to {
                found.push((place, left));
            }
            left += column.width;
        }
        found
    }

    fn body_ui(&self, ui: &mut Ui, state: &mut GridState, layout: &Layout, outcome: &mut Outcome) {
        let response = ui.interact(layout.body, self.id.with("cells"), Sense::click_and_drag());
        if std::mem::take(&mut state.take_focus) {
            response.request_focus();
        }
        self.mouse(ui, state, layout, &response, outcome);
        if response.has_focus() {
            let filter = EventFilter { vertical_arrows: true, horizontal_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
            self.keys(ui, state, layout, outcome);
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Grid, true, self.told(state)));
        let mut inner = ui.new_child(UiBuilder::new().max_rect(layout.body));
        inner.set_clip_rect(layout.body.intersect(ui.clip_rect()));
        let columns = self.in_sight(state, layout);
        for row in state.scroll.visible(&layout.extent) {
            self.row_ui(&inner, state, layout, row, &columns, response.has_focus());
        }
        let palette = theme::palette(ui);
        let edge = layout.body.left() + layout.gutter;
        inner.painter().vline(edge, layout.body.y_range(), Stroke::new(1.0, palette.line));
        if response.has_focus() {
            let stroke = Stroke::new(1.0, palette.accent);
            ui.painter().rect_stroke(layout.body, 2.0, stroke, StrokeKind::Inside);
        }
    }

    /// Returns what assistive technology says of the grid: how large it is, and where the cursor is.
    fn told(&self, state: &GridState) -> String {
        let size = format!("{}, {} rows, {} columns", self.name, self.rows, self.columns.len());
        let Some(Picked { at, .. }) = state.picked else {
            return size;
        };
        let title = self.columns.get(at.column).map_or("", |column| column.title.as_str());
        format!("{size}; row {}, {title} {}", (self.number)(at.row), (self.cell)(at.row, at.column))
    }

    fn row_ui(
        &self,
        ui: &Ui,
        state: &GridState,
        layout: &Layout,
        row: usize,
        columns: &[(usize, f32)],
        is_focused: bool,
    ) {
        let palette = theme::palette(ui);
        let top = layout.body.top() + state.scroll.top_of(row, &layout.extent);
        let rect = Rect::from_min_size(pos2(layout.body.left(), top), vec2(layout.body.width(), ROW_HEIGHT));
        if row % 2 == 1 {
            ui.painter().rect_filled(rect, 0.0, ui.visuals().faint_bg_color);
        }
        let cells = ui.painter().with_clip_rect(ui.clip_rect().intersect(Rect::from_min_max(
            pos2(layout.body.left() + layout.gutter, layout.body.top()),
            layout.body.max,
        )));
        let mut texts = Vec::with_capacity(columns.len());
        for &(place, left) in columns {
            let column = &self.columns[place];
            let text = (self.cell)(row, place);
            let cell = Rect::from_min_size(pos2(left, top), vec2(column.width, ROW_HEIGHT));
            let is_picked = state.picked.is_some_and(|picked| picked.contains(row, place));
            if is_picked {
                cells.rect_filled(cell, 0.0, palette.selected);
            }
            let at = Place { row, column: place };
            if is_focused && state.picked.is_some_and(|picked| picked.at == at) {
                cells.rect_stroke(cell, 0.0, Stroke::new(1.5, palette.accent), StrokeKind::Inside);
            }
            let colour = if is_picked { palette.strong } else { palette.text };
            let align = if column.numbers { Align::Max } else { Align::Min };
            text_ui(ui, &cells, cell, &text, align, TextStyle::Body, colour);
            texts.push((place, text));
        }
        let number = (self.number)(row);
        let gutter = Rect::from_min_size(rect.min, vec2(layout.gutter, ROW_HEIGHT));
        text_ui(ui, ui.painter(), gutter, &number.to_string(), Align::Max, TextStyle::Small, palette.weak);
        let response = ui.interact(rect.intersect(layout.body), self.id.with(("row", row)), Sense::hover());
        response.widget_info(|| {
            let told = texts.iter().map(|(place, text)| format!("{} {text}", self.columns[*place].title));
            WidgetInfo::labeled(Role::Row, true, format!("Row {number}: {}", told.collect::<Vec<_>>().join(", ")))
        });
    }

    fn mouse(&self, ui: &Ui, state: &mut GridState, layout: &Layout, response: &Response, outcome: &mut Outcome) {
        let Some(at) = response.interact_pointer_pos() else {
            return;
        };
        let began = response.clicked() || response.drag_started();
        if !began && !response.dragged() && !response.double_clicked() {
            return;
        }
        response.request_focus();
        let Some(row) = state.scroll.row_at(at.y - layout.body.top(), &layout.extent) else {
            return;
        };
        if response.double_clicked() {
            outcome.opened = Some(row);
        }
        let extends = response.dragged() && !response.drag_started() || ui.input(|input| input.modifiers.shift);
        if at.x < layout.body.left() + layout.gutter {
            let from = state.row_anchor.filter(|_| extends).unwrap_or(row);
            state.row_anchor = Some(from);
            state.picked = Some(Picked::rows_of(from, row, self.columns.len()));
            return;
        }
        let Some(column) = self.column_at(at, state, layout) else {
            // Beside the last column the row is meant.
            state.picked = Some(Picked::rows_of(row, row, self.columns.len()));
            return;
        };
        let place = Place { row, column };
        let from = state.picked.filter(|_| extends).map_or(place, |picked| picked.from);
        state.picked = Some(Picked { from, at: place });
        state.row_anchor = None;
        state.reveal = response.dragged();
    }

    fn column_at(&self, at: Pos2, state: &GridState, layout: &Layout) -> Option<usize> {
        let within = |(place, left): &(usize, f32)| (*left..left + self.columns[*place].width).contains(&at.x);
        self.in_sight(state, layout).into_iter().find(within).map(|(place, _)| place)
    }

    fn keys(&self, ui: &Ui, state: &mut GridState, layout: &Layout, outcome: &mut Outcome) {
        #[expect(clippy::cast_possible_truncation, reason = "rows in sight are few")]
        let page = (layout.extent.shown() as isize - 1).max(1);
        let ways = [
            (Modifiers::COMMAND, Key::Home, Way::Top),
            (Modifiers::COMMAND, Key::End, Way::Bottom),
            (Modifiers::COMMAND, Key::ArrowUp, Way::Top),
            (Modifiers::COMMAND, Key::ArrowDown, Way::Bottom),
            (Modifiers::NONE, Key::ArrowUp, Way::Rows(-1)),
            (Modifiers::NONE, Key::ArrowDown, Way::Rows(1)),
            (Modifiers::NONE, Key::ArrowLeft, Way::Columns(-1)),
            (Modifiers::NONE, Key::ArrowRight, Way::Columns(1)),
            (Modifiers::NONE, Key::PageUp, Way::Rows(-page)),
            (Modifiers::NONE, Key::PageDown, Way::Rows(page)),
            (Modifiers::NONE, Key::Home, Way::RowStart),
            (Modifiers::NONE, Key::End, Way::RowEnd),
        ];
        let now = state.picked.unwrap_or(Picked::one(Place::default()));
        let mut wider = 0.0;
        ui.input_mut(|input| {
            for (key, by) in [(Key::ArrowRight, WIDER), (Key::ArrowLeft, -WIDER)] {
                if input.consume_key(Modifiers::ALT, key) {
                    wider += by;
                }
            }
            for (modifiers, key, way) in ways {
                for extends in [true, false] {
                    let shift = if extends { Modifiers::SHIFT } else { Modifiers::NONE };
                    if input.consume_key(modifiers | shift, key) {
                        state.picked = Some(now.moved(way, extends, self.rows, self.columns.len()));
                        state.reveal = true;
                    }
                }
            }
            if input.consume_key(Modifiers::COMMAND, Key::A) {
                state.picked = Some(Picked::all(self.rows, self.columns.len()));
            }
            let copied = input.events.iter().any(|event| matches!(event, Event::Copy));
            outcome.copy = copied || input.consume_key(Modifiers::COMMAND, Key::C);
            if input.consume_key(Modifiers::NONE, Key::Enter) {
                outcome.opened = Some(now.at.row);
            }
            if input.consume_key(Modifiers::NONE, Key::Space) {
                outcome.sort = Some(now.at.column);
            }
        });
        if wider != 0.0 {
            outcome.resized = self.resize(now.at.column, wider);
        }
    }

    fn resize(&self, place: usize, by: f32) -> Option<(usize, f32)> {
        let column = self.columns.get(place)?;
        Some((place, (column.width + by).clamp(*WIDTHS.start(), *WIDTHS.end())))
    }

    fn head_ui(&self, ui: &mut Ui, state: &GridState, layout: &Layout, outcome: &mut Outcome) {
        let palette = theme::palette(ui);
        ui.painter().rect_filled(layout.head, 0.0, palette.panel);
        let left = layout.head.left() + layout.gutter;
        let clip = Rect::from_min_max(pos2(left, layout.head.top()), layout.head.max);
        let mut inner = ui.new_child(UiBuilder::new().max_rect(clip));
        inner.set_clip_rect(clip.intersect(ui.clip_rect()));
        for (place, left) in self.in_sight(state, layout) {
            let column = &self.columns[place];
            let rect = Rect::from_min_size(pos2(left, layout.head.top()), vec2(column.width, HEAD));
            self.title_ui(&inner, place, rect, palette, outcome);
            self.edge_ui(&inner, place, rect, palette, outcome);
        }
        let line = Stroke::new(1.0, palette.line);
        ui.painter().hline(layout.head.x_range(), layout.head.bottom(), line);
    }

    fn title_ui(&self, ui: &Ui, place: usize, rect: Rect, palette: &Palette, outcome: &mut Outcome) {
        let column = &self.columns[place];
        let response = ui.interact(rect, self.id.with(("head", place)), Sense::click());
        if response.clicked() {
            outcome.sort = Some(place);
        }
        if response.has_focus() || response.hovered() {
            ui.painter().rect_filled(rect, 0.0, palette.raised);
        }
        let upper = Rect::from_min_max(rect.min, pos2(rect.right() - 14.0, rect.top() + 22.0));
        let lower = Rect::from_min_max(pos2(rect.left(), rect.top() + 20.0), rect.max);
        text_ui(ui, ui.painter(), upper, &column.title, Align::Min, TextStyle::Body, palette.strong);
        text_ui(ui, ui.painter(), lower, &column.unit, Align::Min, TextStyle::Small, palette.weak);
        if let Some(falling) = column.sorted {
            let middle = pos2(rect.right() - 12.0, rect.top() + 12.0);
            let tip = if falling { 4.0 } else { -4.0 };
            let points = vec![middle + vec2(-4.0, -tip), middle + vec2(4.0, -tip), middle + vec2(0.0, tip)];
            ui.painter().add(egui::Shape::convex_polygon(points, palette.accent, Stroke::NONE));
        }
        response.widget_info(|| {
            let sorted = match column.sorted {
                None => "",
                Some(false) => ", smallest first",
                Some(true) => ", largest first",
            };
            let unit = if column.unit.is_empty() { String::new() } else { format!(", {}", column.unit) };
            WidgetInfo::labeled(Role::Button, true, format!("Sort by {}{unit}{sorted}", column.title))
        });
        let more = if column.more.is_empty() { &column.title } else { &column.more };
        response.on_hover_text(more);
    }

    fn edge_ui(&self, ui: &Ui, place: usize, rect: Rect, palette: &Palette, outcome: &mut Outcome) {
        let edge = Rect::from_min_max(pos2(rect.right() - 4.0, rect.top()), pos2(rect.right() + 4.0, rect.bottom()));
        let response = ui.interact(edge, self.id.with(("edge", place)), Sense::drag());
        let response = response.on_hover_cursor(CursorIcon::ResizeHorizontal);
        let hot = response.hovered() || response.dragged();
        let stroke = Stroke::new(1.0, if hot { palette.accent } else { palette.line });
        ui.painter().vline(rect.right() - 0.5, rect.y_range(), stroke);
        if response.dragged() {
            outcome.resized = self.resize(place, response.drag_delta().x);
        }
    }

    fn filters_ui(
        &self,
        ui: &mut Ui,
        state: &GridState,
        layout: &Layout,
        rect: Rect,
        fields: &mut [FilterField],
        outcome: &mut Outcome,
    ) {
        let palette = theme::palette(ui);
        ui.painter().rect_filled(rect, 0.0, palette.panel);
        let clip = Rect::from_min_max(pos2(rect.left() + layout.gutter, rect.top()), rect.max);
        let mut inner = ui.new_child(UiBuilder::new().max_rect(clip));
        inner.set_clip_rect(clip.intersect(ui.clip_rect()));
        for (place, left) in self.in_sight(state, layout) {
            let column = &self.columns[place];
            let Some(field) = fields.get_mut(place) else { continue };
            let at = Rect::from_min_size(pos2(left, rect.top()), vec2(column.width, FILTERS)).shrink(2.0);
            let hint = if column.numbers { "> 2.5" } else { "contains" };
            let mut edit = TextEdit::singleline(&mut field.typed).hint_text(hint).desired_width(at.width());
            if field.error.is_some() {
                edit = edit.text_color(palette.error);
            }
            let id = self.id.with(("filter", place));
            let response = inner.put(at, edit.id(id)).accessible_name(format!("Filter {}", column.title));
            outcome.filtered |= response.changed();
            if let Some(error) = &field.error {
                inner.painter().rect_stroke(at, 2.0, Stroke::new(1.5, palette.error), StrokeKind::Inside);
                response.on_hover_text(error);
            }
        }
        ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, palette.line));
    }

    fn bars_ui(&self, ui: &Ui, state: &mut GridState, layout: &Layout) {
        let body = layout.body;
        let side = Rect::from_min_max(pos2(body.right(), body.top()), pos2(body.right() + BAR, body.bottom()));
        if let Some((begin, length)) = state.scroll.handle(&layout.extent) {
            let handle = Range { start: side.top() + begin, end: side.top() + begin + length };
            let response =
                self.bar_ui(ui, side, Rect::from_x_y_ranges(side.x_range(), handle.start..=handle.end), "rows");
            if let Some(at) = response.interact_pointer_pos() {
                state.scroll.to_handle(at.y - side.top() - length / 2.0, &layout.extent);
            }
        }
        let room = body.width() - layout.gutter;
        let most = layout.wide - room;
        if most > 0.0 && room > 0.0 {
            let left = body.left() + layout.gutter;
            let below = Rect::from_min_max(pos2(left, body.bottom()), pos2(body.right(), body.bottom() + BAR));
            let length = (room / layout.wide * room).max(24.0).min(room);
            let begin = left + state.sideways / most * (room - length);
            let handle = Rect::from_x_y_ranges(begin..=begin + length, below.y_range());
            let response = self.bar_ui(ui, below, handle, "columns");
            if let Some(at) = response.interact_pointer_pos() {
                let begin = at.x - left - length / 2.0;
                state.sideways = (begin / (room - length).max(1.0) * most).clamp(0.0, most);
            }
        }
    }

    fn bar_ui(&self, ui: &Ui, bar: Rect, handle: Rect, of: &str) -> Response {
        let palette = theme::palette(ui);
        let response = ui.interact(bar, self.id.with(("bar", of)), Sense::drag());
        ui.painter().rect_filled(bar, 3.0, palette.panel);
        let hot = response.hovered() || response.dragged();
        ui.painter().rect_filled(handle.shrink(2.0), 3.0, if hot { palette.accent } else { palette.weak });
        response
    }
}

fn text_ui(ui: &Ui, painter: &egui::Painter, rect: Rect, text: &str, align: Align, style: TextStyle, colour: Color32) {
    let room = (rect.width() - 2.0 * CELL_PADDING).max(0.0);
    let text = WidgetText::from(RichText::new(text).text_style(style.clone()));
    let galley = text.into_galley(ui, Some(TextWrapMode::Truncate), room, style);
    let indent = if align == Align::Max { room - galley.size().x } else { 0.0 };
    let corner = pos2(rect.left() + CELL_PADDING + indent, rect.center().y - galley.size().y / 2.0);
    painter.galley(corner, galley, colour);
}
