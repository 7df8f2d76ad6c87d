//! A table that draws only the rows in view, with one accessible node and one tab stop per row.
//!
//! A row can be chosen by mouse and, while one of the rows has the focus, by the arrow keys. Text
//! that does not fit is cut with an ellipsis; the row's hover text has it in full.

use egui::{
    Align, Color32, EventFilter, Id, Key, Modifiers, Rect, Response, RichText, Role, ScrollArea, Sense, Stroke,
    StrokeKind, TextStyle, TextWrapMode, Ui, WidgetInfo, WidgetText, pos2, vec2,
};

use crate::action::Step;
use crate::theme::{self, CELL_PADDING, ROW_HEIGHT};

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Head.
    pub title: &'static str,
    /// Least width.
    pub width: f32,
    /// Share of the width that is left over.
    pub share: f32,
    /// Where its text stands.
    pub align: Align,
}

impl Column {
    /// A column of text.
    #[must_use]
    pub const fn text(title: &'static str, width: f32, share: f32) -> Self {
        Self { title, width, share, align: Align::Min }
    }

    /// A column of numbers.
    #[must_use]
    pub const fn number(title: &'static str, width: f32) -> Self {
        Self { title, width, share: 0.0, align: Align::Max }
    }
}

/// A row as it is drawn.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Text per column.
    pub cells: Vec<String>,
    /// Its name for assistive technology.
    pub name: String,
    /// More about it, shown on hover.
    pub more: String,
    /// Drawn in a weaker colour.
    pub weak: bool,
}

/// A table.
#[derive(Debug)]
pub struct Table<'a> {
    /// Tells it from other tables.
    pub id: &'static str,
    /// Columns.
    pub columns: &'a [Column],
    /// How many rows there are.
    pub rows: usize,
    /// Whether rows can be chosen.
    pub choosable: bool,
    /// The chosen row.
    pub chosen: Option<usize>,
    /// Whether to scroll to the chosen row.
    pub reveal: bool,
    /// Whether the chosen row also takes the focus when it is revealed.
    pub take_focus: bool,
}

/// What happened in a table.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The row that was clicked.
    pub clicked: Option<usize>,
    /// An arrow key, while one of the rows had the focus.
    pub step: Option<Step>,
    /// Whether the chosen row was to be revealed, and now is.
    pub revealed: bool,
}

impl Table<'_> {
    /// Draws the table over the space that is left, with a scroll bar when its columns need more.
    pub fn show(self, ui: &mut Ui, mut row: impl FnMut(usize) -> Row) -> Outcome {
        let mut outcome = Outcome::default();
        let sideways = ScrollArea::horizontal().id_salt((self.id, "sideways")).auto_shrink([false, false]);
        sideways.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.set_width(self.least_width().max(ui.available_width()));
            let widths = self.widths(ui.available_width());
            self.head_ui(ui, &widths);
            let area = ScrollArea::vertical().id_salt(self.id).auto_shrink([false, false]).animated(false);
            area.show_rows(ui, ROW_HEIGHT, self.rows, |ui, range| {
                if self.reveal {
                    outcome.revealed = self.reveal_chosen(ui, &range);
                }
                for index in range {
                    self.row_ui(ui, index, &row(index), &widths, &mut outcome);
                }
            });
        });
        outcome
    }

    fn least_width(&self) -> f32 {
        self.columns.iter().map(|column| column.width).sum()
    }

    fn widths(&self, available: f32) -> Vec<f32> {
        let shares: f32 = self.columns.iter().map(|column| column.share).sum();
        let left = (available - self.least_width()).max(0.0) / shares.max(1.0);
        self.columns.iter().map(|column| column.width + left * column.share).collect()
    }

    fn head_ui(&self, ui: &mut Ui, widths: &[f32]) {
        let palette = theme::palette(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT), Sense::hover());
        let titles = self.columns.iter().map(|column| column.title);
        self.cells_ui(ui, rect, widths, titles, TextStyle::Small, palette.weak);
        ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, palette.line));
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

    fn row_ui(&self, ui: &mut Ui, index: usize, row: &Row, widths: &[f32], outcome: &mut Outcome) {
        let sense = if self.choosable { Sense::click() } else { Sense::hover() };
        let rect = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT)).1;
        let response = ui.interact(rect, self.row_id(ui, index), sense);
        let chosen = self.chosen == Some(index);
        self.background_ui(ui, index, rect, &response);
        let palette = theme::palette(ui);
        let colour = match (chosen, row.weak) {
            (true, _) => palette.strong,
            (false, true) => palette.weak,
            (false, false) => palette.text,
        };
        self.cells_ui(ui, rect, widths, row.cells.iter().map(String::as_str), TextStyle::Body, colour);

        response.widget_info(|| {
            let role = if self.choosable { Role::ListBoxOption } else { Role::Row };
            let info = WidgetInfo::labeled(role, true, &row.name);
            WidgetInfo { selected: self.choosable.then_some(chosen), ..info }
        });
        if self.choosable {
            self.input_ui(ui, index, &response, outcome);
        }
        if !row.more.is_empty() {
            response.on_hover_text_at_pointer(&row.more);
        }
    }

    fn input_ui(&self, ui: &Ui, index: usize, response: &Response, outcome: &mut Outcome) {
        if response.clicked() {
            response.request_focus();
            outcome.clicked = Some(index);
        }
        if outcome.revealed && self.take_focus && self.chosen == Some(index) {
            response.request_focus();
        }
        if response.has_focus() {
            // Without this, egui moves the focus out of the list at its ends.
            let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
            outcome.step = outcome.step.or_else(|| arrow_key(ui));
        }
    }

    fn background_ui(&self, ui: &Ui, index: usize, rect: Rect, response: &Response) {
        let palette = theme::palette(ui);
        let fill = if self.chosen == Some(index) {
            palette.selected
        } else if self.choosable && response.hovered() {
            palette.raised
        } else if index % 2 == 1 {
            ui.visuals().faint_bg_color
        } else {
            Color32::TRANSPARENT
        };
        ui.painter().rect_filled(rect, 3.0, fill);
        if response.has_focus() {
            ui.painter().rect_stroke(rect, 3.0, Stroke::new(1.0, palette.accent), StrokeKind::Inside);
        }
    }

    fn cells_ui<'t>(
        &self,
        ui: &Ui,
        rect: Rect,
        widths: &[f32],
        texts: impl Iterator<Item = &'t str>,
        style: TextStyle,
        colour: Color32,
    ) {
        let mut left = rect.left();
        for ((column, width), text) in self.columns.iter().zip(widths).zip(texts) {
            let room = (width - 2.0 * CELL_PADDING).max(0.0);
            let text = WidgetText::from(RichText::new(text).text_style(style.clone()));
            let galley = text.into_galley(ui, Some(TextWrapMode::Truncate), room, style.clone());
            let indent = if column.align == Align::Max { room - galley.size().x } else { 0.0 };
            let corner = pos2(left + CELL_PADDING + indent, rect.center().y - galley.size().y / 2.0);
            ui.painter().galley(corner, galley, colour);
            left += width;
        }
    }

    /// Returns the id of a row; two views may show the same table.
    fn row_id(&self, ui: &Ui, index: usize) -> Id {
        ui.scope_id().with((self.id, index))
    }
}

/// Takes an arrow key that was pressed in this frame.
#[must_use]
pub fn arrow_key(ui: &Ui) -> Option<Step> {
    ui.input_mut(|input| {
        if input.consume_key(Modifiers::NONE, Key::ArrowDown) {
            Some(Step::Down)
        } else if input.consume_key(Modifiers::NONE, Key::ArrowUp) {
            Some(Step::Up)
        } else {
            None
        }
    })
}
