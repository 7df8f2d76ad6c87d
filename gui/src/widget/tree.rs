//! A tree that draws only the rows in view, with one accessible node and one tab stop per row.
//!
//! It behaves as trees do: right opens or goes in, left closes or goes out, letters go to the row that
//! begins with them, Enter takes the row.

use egui::{
    Color32, Event, EventFilter, Id, Key, Modifiers, Rect, Response, Role, ScrollArea, Sense, Shape, Stroke,
    StrokeKind, TextStyle, TextWrapMode, Ui, WidgetInfo, WidgetText, pos2, vec2,
};

use super::star::star_ui;
use super::table::arrow_key;
use crate::action::Step;
use crate::theme::{self, ROW_HEIGHT};

/// How far in each level stands.
const INDENT: f32 = 16.0;

/// Width of the triangle, and of the star.
const MARK: f32 = 20.0;

/// A row as it is drawn.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// What it says.
    pub text: String,
    /// More of it at the right, in weaker letters.
    pub side: String,
    /// Its name for assistive technology.
    pub name: String,
    /// More about it, shown on hover.
    pub more: String,
    /// How far in it stands.
    pub depth: usize,
    /// Whether what is below is shown; none where nothing can be.
    pub open: Option<bool>,
    /// Whether it has a star; none where it can have none.
    pub star: Option<bool>,
    /// A heading.
    pub strong: bool,
    /// Drawn in a weaker colour.
    pub weak: bool,
    /// Whether it only says something.
    pub silent: bool,
}

/// What happened in a tree.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The row that was clicked.
    pub clicked: Option<usize>,
    /// The row whose triangle was clicked.
    pub turned: Option<usize>,
    /// The row whose star was clicked.
    pub starred: Option<usize>,
    /// The row that was clicked twice, or taken by Enter.
    pub taken: Option<usize>,
    /// An arrow key up or down.
    pub step: Option<Step>,
    /// The right arrow.
    pub inwards: bool,
    /// The left arrow.
    pub outwards: bool,
    /// Letters that were typed.
    pub typed: String,
    /// Whether the chosen row was to be revealed, and now is.
    pub revealed: bool,
}

/// A tree.
#[derive(Debug)]
pub struct Tree {
    /// Tells it from other trees.
    pub id: &'static str,
    /// How many rows there are.
    pub rows: usize,
    /// The chosen row.
    pub chosen: Option<usize>,
    /// Whether to scroll to the chosen row.
    pub reveal: bool,
    /// Whether the chosen row also takes the focus when it is revealed.
    pub take_focus: bool,
}

impl Tree {
    /// Draws the tree over the space that is left.
    pub fn show(self, ui: &mut Ui, mut row: impl FnMut(usize) -> Row) -> Outcome {
        let mut outcome = Outcome::default();
        ui.spacing_mut().item_spacing.y = 0.0;
        let area = ScrollArea::vertical().id_salt(self.id).auto_shrink([false, false]).animated(false);
        area.show_rows(ui, ROW_HEIGHT, self.rows, |ui, range| {
            if self.reveal {
                outcome.revealed = self.reveal_chosen(ui, &range);
            }
            for index in range {
                self.row_ui(ui, index, &row(index), &mut outcome);
            }
        });
        outcome
    }

    /// Scrolls to the chosen row; `true` once it is drawn or when there is none.
    fn reveal_chosen(&self, ui: &Ui, drawn: &std::ops::Range<usize>) -> bool {
        let Some(chosen) = self.chosen.filter(|&chosen| chosen < self.rows) else {
            return true;
        };
        #[expect(clippy::cast_precision_loss, reason = "rows are counted in thousands, not millions")]
        let offset = (chosen as f32 - drawn.start as f32) * ROW_HEIGHT;
        let corner = ui.max_rect().min + vec2(0.0, offset);
        ui.scroll_to_rect(Rect::from_min_size(corner, vec2(1.0, ROW_HEIGHT)), None);
        drawn.contains(&chosen)
    }

    fn row_ui(&self, ui: &mut Ui, index: usize, row: &Row, outcome: &mut Outcome) {
        let rect = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT)).1;
        let sense = if row.silent { Sense::hover() } else { Sense::click() };
        let response = ui.interact(rect, self.part(index, "row"), sense);
        let chosen = self.chosen == Some(index);
        self.background_ui(ui, chosen, rect, &response);
        let left = self.triangle_ui(ui, index, row, rect, outcome);
        let right = self.star_ui(ui, index, row, rect, outcome);
        texts_ui(ui, row, chosen, Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom())));
        response.widget_info(|| {
            let role = if row.silent { Role::Row } else { Role::ListBoxOption };
            let info = WidgetInfo::labeled(role, true, &row.name);
            WidgetInfo { selected: (!row.silent).then_some(chosen), ..info }
        });
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_level(row.depth + 1);
            if let Some(open) = row.open {
                node.set_expanded(open);
            }
        });
        if !row.silent {
            self.input_ui(ui, index, &response, outcome);
        }
        if !row.more.is_empty() {
            response.on_hover_text_at_pointer(&row.more);
        }
    }

    fn triangle_ui(&self, ui: &Ui, index: usize, row: &Row, rect: Rect, outcome: &mut Outcome) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a tree is a few levels deep")]
        let left = rect.left() + 2.0 + row.depth as f32 * INDENT;
        let Some(open) = row.open else {
            return left + if row.depth > 0 { MARK } else { 4.0 };
        };
        let area = Rect::from_min_size(pos2(left, rect.top()), vec2(MARK, rect.height()));
        // No stop of its own for Tab: the arrow keys do the same at the row.
        let response = ui.interact(area, self.part(index, "triangle"), Sense::CLICK);
        if response.clicked() {
            outcome.turned = Some(index);
        }
        let palette = theme::palette(ui);
        let colour = if response.hovered() { palette.accent } else { palette.weak };
        let (middle, size) = (area.center(), 3.5);
        let corners = if open {
            vec![vec2(-size, -size * 0.6), vec2(size, -size * 0.6), vec2(0.0, size)]
        } else {
            vec![vec2(-size * 0.6, -size), vec2(size, 0.0), vec2(-size * 0.6, size)]
        };
        let corners = corners.into_iter().map(|corner| middle + corner).collect();
        ui.painter().add(Shape::convex_polygon(corners, colour, Stroke::NONE));
        area.right()
    }

    fn star_ui(&self, ui: &Ui, index: usize, row: &Row, rect: Rect, outcome: &mut Outcome) -> f32 {
        let Some(on) = row.star else {
            return rect.right() - 6.0;
        };
        let area = Rect::from_min_max(pos2(rect.right() - MARK, rect.top()), rect.max);
        if star_ui(ui, area, self.part(index, "star"), Sense::CLICK, on, &row.text).clicked() {
            outcome.starred = Some(index);
        }
        area.left() - 2.0
    }

    fn background_ui(&self, ui: &Ui, chosen: bool, rect: Rect, response: &Response) {
        let palette = theme::palette(ui);
        let fill = if chosen {
            palette.selected
        } else if response.hovered() {
            palette.raised
        } else {
            Color32::TRANSPARENT
        };
        ui.painter().rect_filled(rect, 3.0, fill);
        if response.has_focus() {
            ui.painter().rect_stroke(rect, 3.0, Stroke::new(1.0, palette.accent), StrokeKind::Inside);
        }
    }

    fn input_ui(&self, ui: &Ui, index: usize, response: &Response, outcome: &mut Outcome) {
        if response.clicked() {
            response.request_focus();
            outcome.clicked = Some(index);
        }
        if response.double_clicked() {
            outcome.taken = Some(index);
        }
        if outcome.revealed && self.take_focus && self.chosen == Some(index) {
            response.request_focus();
        }
        if !response.has_focus() {
            return;
        }
        // Without this, egui moves the focus out of the tree at its ends.
        let filter = EventFilter { vertical_arrows: true, horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        outcome.step = outcome.step.or_else(|| arrow_key(ui));
        ui.input_mut(|input| {
            outcome.inwards |= input.consume_key(Modifiers::NONE, Key::ArrowRight);
            outcome.outwards |= input.consume_key(Modifiers::NONE, Key::ArrowLeft);
            if input.consume_key(Modifiers::NONE, Key::Enter) {
                outcome.taken = Some(index);
            }
            let words = input.events.iter().filter_map(|event| match event {
                Event::Text(text) if !text.trim().is_empty() => Some(text.as_str()),
                _ => None,
            });
            outcome.typed.extend(words);
        });
    }

    fn part(&self, index: usize, part: &'static str) -> Id {
        Id::unique((self.id, part, index))
    }
}

/// Draws the text of a row and what stands at its right; both are cut where they have no room.
fn texts_ui(ui: &Ui, row: &Row, chosen: bool, room: Rect) {
    let palette = theme::palette(ui);
    let colour = match (chosen || row.strong, row.weak || row.silent) {
        (true, _) => palette.strong,
        (false, true) => palette.weak,
        (false, false) => palette.text,
    };
    let galley = |text: &str, style: TextStyle, width: f32| {
        let text = WidgetText::from(egui::RichText::new(text).text_style(style.clone()));
        text.into_galley(ui, Some(TextWrapMode::Truncate), width, style)
    };
    let side = galley(&row.side, TextStyle::Small, room.width() * 0.5);
    let width = (room.width() - side.size().x - 8.0).max(20.0);
    let text = galley(&row.text, TextStyle::Body, width);
    let at = |x: f32, height: f32| pos2(x, room.center().y - height / 2.0);
    ui.painter().galley(at(room.left(), text.size().y), text, colour);
    let left = room.right() - side.size().x;
    ui.painter().galley(at(left, side.size().y), side, palette.weak);
}
