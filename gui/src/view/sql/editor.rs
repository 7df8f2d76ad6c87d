//! Where statements are typed: words are completed (Ctrl+Space), an error is underlined where it is.

use std::sync::Arc;

use egui::text::{CCursor, CCursorRange, LayoutJob, TextFormat};
use egui::{
    Area, FontSelection, Frame, Galley, Id, Key, Modifiers, Order, Stroke, TextBuffer, TextEdit, TextStyle, Ui, vec2,
};

use super::complete::{Candidate, Table, complete};
use super::mark::Mark;
use crate::theme;

/// Candidates in sight.
const IN_SIGHT: usize = 10;

/// What the word at the cursor may become.
#[derive(Debug)]
struct Offer {
    word: std::ops::Range<usize>,
    candidates: Vec<Candidate>,
    chosen: usize,
}

/// The editor of one view.
#[derive(Debug, Default)]
pub struct Editor {
    /// The statement.
    pub sql: String,
    /// Where it is wrong, until it changes.
    pub mark: Option<Mark>,
    offer: Option<Offer>,
    /// Where the cursor goes with the next frame.
    cursor: Option<usize>,
    /// Whether candidates are asked for by a command.
    pub wants_offer: bool,
    last_cursor: usize,
}

impl Editor {
    /// Puts a statement in place of what is there.
    pub fn set(&mut self, sql: &str) {
        sql.clone_into(&mut self.sql);
        self.cursor = Some(self.sql.chars().count());
        self.mark = None;
        self.offer = None;
    }

    /// Puts text where the cursor is.
    pub fn insert(&mut self, text: &str) {
        let at = self.last_cursor.min(self.sql.chars().count());
        self.replace(at..at, text);
    }

    /// Puts the cursor where it is wrong.
    pub fn go_to_mark(&mut self) {
        self.cursor = self.mark.as_ref().map(|mark| mark.chars.start);
    }

    fn replace(&mut self, chars: std::ops::Range<usize>, text: &str) {
        let byte = |at: usize| self.sql.char_indices().nth(at).map_or(self.sql.len(), |(byte, _)| byte);
        let bytes = byte(chars.start)..byte(chars.end);
        self.sql.replace_range(bytes, text);
        self.cursor = Some(chars.start + text.chars().count());
        self.mark = None;
        self.offer = None;
    }

    /// Draws it; returns whether the statement shall be run.
    pub fn ui(&mut self, ui: &mut Ui, id: Id, rows: usize, tables: &[Table]) -> bool {
        let is_focused = ui.memory(|memory| memory.has_focus(id));
        // Keys are taken before the field sees them.
        let runs = is_focused && ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
        let asks = is_focused && ui.input_mut(|input| input.consume_key(Modifiers::CTRL, Key::Space));
        if is_focused {
            self.offer_keys(ui);
        }
        self.place_cursor(ui, id);
        let mark = self.mark.clone();
        let mut layouter = |ui: &Ui, text: &dyn TextBuffer, wrap: f32| -> Arc<Galley> {
            layout(ui, text.as_str(), mark.as_ref(), wrap)
        };
        let edit = TextEdit::multiline(&mut self.sql)
            .id(id)
            .code_editor()
            .desired_width(f32::INFINITY)
            .desired_rows(rows)
            .lock_focus(false)
            .hint_text("select name, uwi from wells order by name")
            .layouter(&mut layouter);
        let output = edit.show(ui);
        let response = output.response.response.clone().accessible_name("SQL statement");
        if let Some(range) = output.cursor_range {
            self.last_cursor = range.primary.index.0;
        }
        if response.changed() {
            self.mark = None;
            if self.offer.is_some() {
                self.make_offer(tables);
            }
        } else if self.has_left_word() {
            self.offer = None;
        }
        if asks || std::mem::take(&mut self.wants_offer) {
            self.make_offer(tables);
            // The keys that choose go where the cursor is.
            self.cursor = Some(self.last_cursor);
            ui.ctx().request_repaint();
        }
        let below = output.galley.pos_from_cursor(CCursor::new(self.last_cursor));
        let corner = output.galley_pos + below.left_bottom().to_vec2() + vec2(0.0, 2.0);
        self.offer_ui(ui, id, corner);
        runs
    }

    /// Whether the cursor is in another word than the one that is offered to be completed.
    fn has_left_word(&self) -> bool {
        let offered = self.offer.as_ref().map(|offer| offer.word.start..=offer.word.end);
        offered.is_some_and(|word| !word.contains(&self.last_cursor))
    }

    fn make_offer(&mut self, tables: &[Table]) {
        let (word, candidates) = complete(&self.sql, self.last_cursor, tables);
        self.offer = (!candidates.is_empty()).then_some(Offer { word, candidates, chosen: 0 });
    }

    fn offer_keys(&mut self, ui: &Ui) {
        let Some(offer) = &mut self.offer else { return };
        let last = offer.candidates.len().saturating_sub(1);
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if pressed(Key::ArrowDown) {
            offer.chosen = (offer.chosen + 1).min(last);
        }
        if pressed(Key::ArrowUp) {
            offer.chosen = offer.chosen.saturating_sub(1);
        }
        if pressed(Key::Escape) {
            self.offer = None;
        } else if pressed(Key::Enter) || pressed(Key::Tab) {
            self.take(None);
        }
    }

    /// Puts a candidate in place of the word: the one at this place, or the chosen one.
    fn take(&mut self, place: Option<usize>) {
        if let Some(offer) = self.offer.take()
            && let Some(candidate) = offer.candidates.get(place.unwrap_or(offer.chosen))
        {
            self.replace(offer.word, &candidate.text);
        }
    }

    fn place_cursor(&mut self, ui: &Ui, id: Id) {
        if let Some(at) = self.cursor.take() {
            let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
            state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(at))));
            state.store(ui.ctx(), id);
            self.last_cursor = at;
            ui.memory_mut(|memory| memory.request_focus(id));
        }
    }

    fn offer_ui(&mut self, ui: &Ui, id: Id, corner: egui::Pos2) {
        let Some(offer) = &self.offer else { return };
        let from = (offer.chosen + 1).saturating_sub(IN_SIGHT);
        let mut clicked = None;
        let area = Area::new(id.with("offer")).order(Order::Foreground).fixed_pos(corner).constrain(true);
        area.show(ui.ctx(), |ui| {
            Frame::popup(ui.style()).show(ui, |ui| {
                ui.set_max_width(420.0);
                for (place, candidate) in offer.candidates.iter().enumerate().skip(from).take(IN_SIGHT) {
                    let text = format!("{}  ·  {}", candidate.text, candidate.what);
                    let response = ui.selectable_label(place == offer.chosen, text);
                    if response.accessible_name(format!("Complete {}", candidate.text)).clicked() {
                        clicked = Some(place);
                    }
                }
                ui.weak(format!("{} of {}: arrows, Enter, Escape", offer.chosen + 1, offer.candidates.len()));
            });
        });
        if clicked.is_some() {
            self.take(clicked);
        }
    }
}

/// Lays the statement out, what is wrong underlined.
fn layout(ui: &Ui, sql: &str, mark: Option<&Mark>, wrap: f32) -> Arc<Galley> {
    let palette = theme::palette(ui);
    let font = FontSelection::Style(TextStyle::Monospace).resolve(ui.style());
    let plain = TextFormat { font_id: font, color: palette.text, ..TextFormat::default() };
    let wrong = TextFormat {
        color: palette.error,
        background: palette.raised,
        underline: Stroke::new(2.0, palette.error),
        ..plain.clone()
    };
    let mut job = LayoutJob::default();
    job.wrap.max_width = wrap;
    let byte = |at: usize| sql.char_indices().nth(at).map_or(sql.len(), |(byte, _)| byte);
    let (start, end) = mark.map_or((sql.len(), sql.len()), |mark| (byte(mark.chars.start), byte(mark.chars.end)));
    for (part, format) in [(&sql[..start], &plain), (&sql[start..end], &wrong), (&sql[end..], &plain)] {
        if !part.is_empty() {
            job.append(part, 0.0, format.clone());
        }
    }
    if sql.is_empty() {
        job.append("", 0.0, plain);
    }
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

#[cfg(test)]
mod tests {
    use super::{Editor, Offer};
    use crate::view::sql::complete::{Table, complete};

    #[test]
    fn the_chosen_candidate_takes_the_place_of_the_word() {
        let tables = [Table { name: "wells".to_owned(), columns: vec![("well_id".to_owned(), String::new())] }];
        let mut editor = Editor { sql: "select ö, we from x".to_owned(), last_cursor: 12, ..Editor::default() };
        let (word, candidates) = complete(&editor.sql, 12, &tables);
        editor.offer = Some(Offer { word, candidates, chosen: 1 });
        editor.take(None);
        assert_eq!(editor.sql, "select ö, wells from x");
        assert_eq!(editor.cursor, Some(15));
        assert!(editor.offer.is_none());
    }

    #[test]
    fn text_is_put_where_the_cursor_is() {
        let mut editor = Editor::default();
        editor.set("select");
        editor.last_cursor = 6;
        editor.insert(" 1");
        assert_eq!((editor.sql.as_str(), editor.cursor), ("select 1", Some(8)));
    }
}
