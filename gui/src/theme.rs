//! Every colour and size of the window, for dark and for light.
//!
//! Panels and widgets ask [`palette`] by role; no other file names a colour.

use egui::{
    Color32, CornerRadius, FontDefinitions, FontFamily, FontId, Margin, Stroke, TextStyle, Theme, ThemePreference,
    Visuals, vec2,
};
use serde::{Deserialize, Serialize};

/// Height of a row in a table.
pub const ROW_HEIGHT: f32 = 24.0;

/// Space between an edge and text in a table.
pub const CELL_PADDING: f32 = 8.0;

/// Space around the content of a panel.
pub const PANEL_MARGIN: Margin = Margin::symmetric(12, 10);

/// The dark modules of a QR code, in both themes: scanners want it so.
pub const QR_DARK: Color32 = Color32::BLACK;

/// Its light ones, and the quiet zone around.
pub const QR_LIGHT: Color32 = Color32::WHITE;

/// Which theme the user wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// As the system.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl Choice {
    /// All of them, in the order shown.
    pub const ALL: [Self; 3] = [Self::System, Self::Dark, Self::Light];

    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Dark => "Dark",
            Self::Light => "Light",
        }
    }

    /// Uses it from the next frame on.
    pub fn apply(self, ctx: &egui::Context) {
        ctx.set_theme(match self {
            Self::System => ThemePreference::System,
            Self::Dark => ThemePreference::Dark,
            Self::Light => ThemePreference::Light,
        });
    }
}

/// Colours by role.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    /// Behind the main content.
    pub ground: Color32,
    /// Behind side panel, header and status bar.
    pub panel: Color32,
    /// Behind buttons and boxes.
    pub raised: Color32,
    /// Lines between things.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Text of lesser weight.
    pub weak: Color32,
    /// Text that stands out.
    pub strong: Color32,
    /// What can be acted on, and focus.
    pub accent: Color32,
    /// Behind the selected row.
    pub selected: Color32,
    /// All is well.
    pub good: Color32,
    /// Needs attention.
    pub warn: Color32,
    /// Went wrong.
    pub error: Color32,
}

impl Palette {
    /// That of each theme: dark, light.
    pub const ALL: [Self; 2] = [DARK, LIGHT];
}

const DARK: Palette = Palette {
    ground: Color32::from_rgb(0x16, 0x19, 0x1e),
    panel: Color32::from_rgb(0x1c, 0x20, 0x27),
    raised: Color32::from_rgb(0x2a, 0x30, 0x3a),
    line: Color32::from_rgb(0x33, 0x3a, 0x45),
    text: Color32::from_rgb(0xd3, 0xd9, 0xe2),
    weak: Color32::from_rgb(0x95, 0x9f, 0xae),
    strong: Color32::from_rgb(0xf5, 0xf7, 0xfa),
    accent: Color32::from_rgb(0x5a, 0xb0, 0xe8),
    selected: Color32::from_rgb(0x1f, 0x43, 0x5c),
    good: Color32::from_rgb(0x63, 0xc1, 0x85),
    warn: Color32::from_rgb(0xe5, 0xb0, 0x4c),
    error: Color32::from_rgb(0xf0, 0x7a, 0x6e),
};

const LIGHT: Palette = Palette {
    ground: Color32::from_rgb(0xff, 0xff, 0xff),
    panel: Color32::from_rgb(0xf4, 0xf6, 0xf8),
    raised: Color32::from_rgb(0xe4, 0xe8, 0xed),
    line: Color32::from_rgb(0xd3, 0xd9, 0xe0),
    text: Color32::from_rgb(0x2a, 0x30, 0x3a),
    weak: Color32::from_rgb(0x5d, 0x67, 0x76),
    strong: Color32::from_rgb(0x0e, 0x12, 0x18),
    accent: Color32::from_rgb(0x0b, 0x6c, 0xae),
    selected: Color32::from_rgb(0xcf, 0xe6, 0xf7),
    good: Color32::from_rgb(0x1c, 0x7d, 0x45),
    warn: Color32::from_rgb(0x95, 0x5f, 0x00),
    error: Color32::from_rgb(0xb8, 0x2b, 0x1e),
};

/// Returns the colours of the theme in use.
#[must_use]
pub fn palette(ui: &egui::Ui) -> &'static Palette {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// Gives the window its looks, once, for both themes.
pub fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::default();
    // The text font lacks arrows, with which changes are told; the one of commands has them.
    fonts.families.entry(FontFamily::Proportional).or_default().push("Hack".to_owned());
    ctx.set_fonts(fonts);
    ctx.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Heading, FontId::new(20.0, FontFamily::Proportional)),
            (TextStyle::Body, FontId::new(14.0, FontFamily::Proportional)),
            (TextStyle::Button, FontId::new(14.0, FontFamily::Proportional)),
            (TextStyle::Small, FontId::new(12.0, FontFamily::Proportional)),
            (TextStyle::Monospace, FontId::new(13.0, FontFamily::Monospace)),
        ]
        .into();
        style.spacing.item_spacing = vec2(8.0, 6.0);
        style.spacing.button_padding = vec2(10.0, 4.0);
        style.spacing.interact_size.y = 26.0;
    });
    ctx.set_visuals_of(Theme::Dark, visuals(&DARK, Visuals::dark()));
    ctx.set_visuals_of(Theme::Light, visuals(&LIGHT, Visuals::light()));
}

fn visuals(palette: &Palette, mut visuals: Visuals) -> Visuals {
    visuals.panel_fill = palette.ground;
    visuals.window_fill = palette.panel;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.extreme_bg_color = palette.ground;
    visuals.faint_bg_color = palette.panel;
    visuals.code_bg_color = palette.raised;
    visuals.weak_text_color = Some(palette.weak);
    visuals.warn_fg_color = palette.warn;
    visuals.error_fg_color = palette.error;
    visuals.hyperlink_color = palette.accent;
    visuals.selection.bg_fill = palette.selected;
    visuals.selection.stroke = Stroke::new(1.0, palette.accent);
    visuals.text_cursor.stroke = Stroke::new(2.0, palette.accent);

    let widgets = &mut visuals.widgets;
    for (widget, fill, border, text) in [
        (&mut widgets.noninteractive, palette.panel, palette.line, palette.text),
        (&mut widgets.inactive, palette.raised, palette.line, palette.text),
        (&mut widgets.hovered, palette.raised, palette.accent, palette.strong),
        (&mut widgets.active, palette.selected, palette.accent, palette.strong),
        (&mut widgets.open, palette.raised, palette.accent, palette.strong),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, border);
        widget.fg_stroke = Stroke::new(1.0, text);
        widget.corner_radius = CornerRadius::same(4);
        widget.expansion = 0.0;
    }
    visuals
}

#[cfg(test)]
mod tests {
    use super::{DARK, LIGHT, Palette};

    /// Relative luminance as WCAG defines it.
    fn luminance(colour: egui::Color32) -> f32 {
        let rgba = egui::Rgba::from(colour);
        0.2126 * rgba.r() + 0.7152 * rgba.g() + 0.0722 * rgba.b()
    }

    fn contrast(one: egui::Color32, other: egui::Color32) -> f32 {
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    #[test]
    fn text_can_be_read_on_its_background() {
        for (name, palette) in [("dark", DARK), ("light", LIGHT)] {
            let Palette { ground, panel, raised, selected, text, weak, strong, good, warn, error, .. } = palette;
            let pairs = [ground, panel]
                .into_iter()
                .flat_map(|ground| [text, weak, strong, good, warn, error].map(|colour| (colour, ground)))
                .chain([(text, raised), (strong, raised), (text, selected), (strong, selected)]);
            for (colour, ground) in pairs {
                let ratio = contrast(colour, ground);
                assert!(ratio >= 4.5, "{name}: {colour:?} on {ground:?} has {ratio}");
            }
        }
    }
}
