//! The parts of the window that F6 goes through: each begins with a place that can have the focus, from
//! which Tab goes on into it.

use egui::{Context, Id, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use crate::theme;

/// A part of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// Workspaces and wells.
    Lists,
    /// The views.
    Views,
    /// The inspector.
    Inspector,
    /// The status bar.
    Status,
}

impl Region {
    /// All of them, in the order in which F6 goes through them.
    pub const ALL: [Self; 4] = [Self::Lists, Self::Views, Self::Inspector, Self::Status];

    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lists => "Part: wells",
            Self::Views => "Part: views",
            Self::Inspector => "Part: inspector",
            Self::Status => "Part: status",
        }
    }

    fn id(self) -> Id {
        Id::unique(("region", self.name()))
    }
}

/// Puts the place at the beginning of a part; it is drawn only while it has the focus.
pub fn begin_ui(ui: &mut Ui, region: Region) {
    let rect = egui::Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), 2.0));
    let response = ui.interact(rect, region.id(), Sense::focusable_noninteractive());
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, region.name()));
    if response.has_focus() {
        let palette = theme::palette(ui);
        ui.painter().rect_stroke(rect, 1.0, Stroke::new(2.0, palette.accent), StrokeKind::Inside);
    }
}

/// Gives the focus to the next of these parts, from where it was given last.
pub fn go_on(ctx: &Context, shown: &[Region]) {
    let memory = Id::unique("region last");
    let last = ctx.data(|data| data.get_temp::<usize>(memory));
    let Some(count) = Some(shown.len()).filter(|count| *count > 0) else {
        return;
    };
    let next = last.map_or(0, |last| last + 1) % count;
    ctx.data_mut(|data| data.insert_temp(memory, next));
    ctx.memory_mut(|memory| memory.request_focus(shown[next].id()));
}
