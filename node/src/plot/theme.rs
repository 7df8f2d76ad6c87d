//! Colours of a plot, and what becomes of those that a chart gives.

use dataforge_protocol::document::chart::{LineStyle, Theme};

use super::scene::{Colour, Dash, SOLID};

/// Short dashes.
const DASH: Dash = &[4.0, 2.5];
/// Long dashes.
const LONG_DASH: Dash = &[9.0, 3.0];
/// Dots.
const DOT: Dash = &[1.0, 2.0];
/// Dashes and dots in turn.
const DASH_DOT: Dash = &[6.0, 2.0, 1.0, 2.0];
/// Dash, dot, dot: for a fifth curve where colours do not tell.
const DASH_DOT_DOT: Dash = &[6.0, 2.0, 1.0, 2.0, 1.0, 2.0];
/// Of tops, which no curve has.
pub(super) const TOP_DASH: Dash = &[12.0, 2.0, 2.0, 2.0];
/// What curves are told apart by where there are no colours, in this order.
const STYLES: [Dash; 6] = [SOLID, LONG_DASH, DASH, DOT, DASH_DOT, DASH_DOT_DOT];

/// Returns the dashes of a line style.
#[must_use]
pub const fn dash_of(style: LineStyle) -> Dash {
    match style {
        LineStyle::Dash => DASH,
        LineStyle::LongDash => LONG_DASH,
        LineStyle::Dot => DOT,
        LineStyle::DashDot => DASH_DOT,
        LineStyle::Solid | LineStyle::Points | LineStyle::None => SOLID,
    }
}

/// Returns the dashes of a curve by its own wish, or others when the ones it wishes for are taken.
#[must_use]
pub fn free_dash(wish: Dash, taken: &[Dash]) -> Dash {
    if !taken.contains(&wish) {
        return wish;
    }
    STYLES.into_iter().find(|style| !taken.contains(style)).unwrap_or(wish)
}

/// Returns the dashes of the n-th of some lines.
#[must_use]
pub fn style(number: usize) -> Dash {
    STYLES[number % STYLES.len()]
}

/// The colours a plot is drawn in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Palette {
    /// What everything is drawn on.
    pub background: Colour,
    /// Texts, frames and curves without a colour.
    pub ink: Colour,
    /// Texts that matter less.
    pub weak_ink: Colour,
    /// Heavy lines of grids.
    pub major: Colour,
    /// Light lines of grids.
    pub minor: Colour,
    /// Tops and their names.
    pub top: Colour,
    /// Whether everything is grey, so that only style and pattern tell things apart.
    pub is_mono: bool,
    /// Whether light is drawn on dark.
    pub is_dark: bool,
}

impl Palette {
    /// Dark on white, as printed.
    pub const LIGHT: Self = Self {
        background: Colour::rgb(255, 255, 255),
        ink: Colour::rgb(20, 22, 26),
        weak_ink: Colour::rgb(96, 102, 112),
        major: Colour::rgb(150, 156, 164),
        minor: Colour::rgb(218, 222, 228),
        top: Colour::rgb(150, 60, 20),
        is_mono: false,
        is_dark: false,
    };
    /// Light on dark.
    pub const DARK: Self = Self {
        background: Colour::rgb(24, 26, 30),
        ink: Colour::rgb(230, 232, 236),
        weak_ink: Colour::rgb(160, 166, 176),
        major: Colour::rgb(92, 98, 108),
        minor: Colour::rgb(50, 54, 60),
        top: Colour::rgb(240, 160, 100),
        is_mono: false,
        is_dark: true,
    };
    /// Black and grey on white.
    pub const MONO: Self = Self {
        background: Colour::rgb(255, 255, 255),
        ink: Colour::rgb(0, 0, 0),
        weak_ink: Colour::rgb(80, 80, 80),
        major: Colour::rgb(140, 140, 140),
        minor: Colour::rgb(215, 215, 215),
        top: Colour::rgb(0, 0, 0),
        is_mono: true,
        is_dark: false,
    };

    /// Returns the colours of a theme; `dark` says what `auto` is.
    #[must_use]
    pub const fn of(theme: Option<Theme>, dark: bool) -> Self {
        match theme {
            Some(Theme::Mono) => Self::MONO,
            Some(Theme::Dark) => Self::DARK,
            Some(Theme::Light) => Self::LIGHT,
            Some(Theme::Auto) | None if dark => Self::DARK,
            Some(Theme::Auto) | None => Self::LIGHT,
        }
    }

    /// Returns the colour of a line: black where there are no colours, and lighter on dark when it would
    /// not be seen there; the other way round on light.
    #[must_use]
    pub fn line(&self, colour: Option<Colour>) -> Colour {
        /// Least difference in lightness between a line and what it is drawn on.
        const LEAST: f32 = 0.28;
        let Some(colour) = colour else { return self.ink };
        if self.is_mono {
            return Colour { alpha: colour.alpha, ..self.ink };
        }
        let ground = self.background.lightness();
        let mut shown = colour;
        // Each step goes a fifth of the way to the ink, so that the hue stays as long as it can.
        for _ in 0..8 {
            if (shown.lightness() - ground).abs() >= LEAST {
                break;
            }
            let towards = |from: u8, to: u8| (f32::from(from) * 0.8 + f32::from(to) * 0.2).round() as u8;
            shown = Colour {
                red: towards(shown.red, self.ink.red),
                green: towards(shown.green, self.ink.green),
                blue: towards(shown.blue, self.ink.blue),
                alpha: shown.alpha,
            };
        }
        shown
    }

    /// Returns the colour of a surface.
    #[must_use]
    pub fn surface(&self, colour: Colour) -> Colour {
        if self.is_mono { colour.grey() } else { colour }
    }
}

/// Colours that lie far apart, for codes, zones and curves that have none. From Paul Tol's "bright" and
/// "muted" sets, which people who confuse colours can tell apart.
pub const DISTINCT: [Colour; 14] = [
    Colour::rgb(0x44, 0x77, 0xaa),
    Colour::rgb(0xee, 0x66, 0x77),
    Colour::rgb(0x22, 0x88, 0x33),
    Colour::rgb(0xcc, 0xbb, 0x44),
    Colour::rgb(0x66, 0xcc, 0xee),
    Colour::rgb(0xaa, 0x33, 0x77),
    Colour::rgb(0x33, 0x22, 0x88),
    Colour::rgb(0x99, 0x99, 0x33),
    Colour::rgb(0xcc, 0x66, 0x77),
    Colour::rgb(0x44, 0xaa, 0x99),
    Colour::rgb(0x88, 0x22, 0x55),
    Colour::rgb(0xdd, 0xcc, 0x77),
    Colour::rgb(0x11, 0x77, 0x33),
    Colour::rgb(0x88, 0xcc, 0xee),
];

/// Returns the colour of a code or of the n-th of some things.
#[must_use]
pub fn distinct(number: i64) -> Colour {
    DISTINCT[number.rem_euclid(DISTINCT.len() as i64) as usize]
}

/// Stops of the colour map of array curves, from low to high: a few of viridis, whose lightness grows
/// evenly, so that it reads in grey too.
const MAP: [Colour; 6] = [
    Colour::rgb(68, 1, 84),
    Colour::rgb(65, 68, 135),
    Colour::rgb(42, 120, 142),
    Colour::rgb(34, 168, 132),
    Colour::rgb(122, 209, 81),
    Colour::rgb(253, 231, 37),
];

/// How many colours a map has: few enough that each can be one shape in a file.
pub const MAP_COLOURS: usize = 48;

/// Returns the colour that stands for a share of the range of values, 0 to 1.
#[must_use]
pub fn mapped(share: f64) -> Colour {
    let level = (share.clamp(0.0, 1.0) * (MAP_COLOURS - 1) as f64).round() / (MAP_COLOURS - 1) as f64;
    let at = level * (MAP.len() - 1) as f64;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    let between = at - at.floor();
    let mix = |from: u8, to: u8| (f64::from(to) - f64::from(from)).mul_add(between, f64::from(from)).round() as u8;
    let (one, other) = (MAP[low], MAP[high]);
    Colour::rgb(mix(one.red, other.red), mix(one.green, other.green), mix(one.blue, other.blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_seen_on_what_they_are_drawn_on() {
        for palette in [Palette::LIGHT, Palette::DARK, Palette::MONO] {
            for hex in ["#000000", "#0000d0", "#ffe040", "#ffffff", "#00a000"] {
                let line = palette.line(Colour::from_hex(hex));
                let apart = (line.lightness() - palette.background.lightness()).abs();
                assert!(apart >= 0.2, "{hex} on {:?}: {line:?}", palette.background);
            }
        }
        let red = Colour::rgb(208, 0, 0);
        assert_eq!(Palette::LIGHT.line(Some(red)), red, "what is seen stays as the chart has it");
        assert_eq!(Palette::MONO.line(Some(red)), Palette::MONO.ink);
    }

    #[test]
    fn curves_without_colours_differ_by_style() {
        let mut taken = Vec::new();
        for _ in 0..6 {
            let dash = free_dash(SOLID, &taken);
            assert!(!taken.contains(&dash));
            taken.push(dash);
        }
        assert_eq!(free_dash(DOT, &[SOLID]), DOT);
    }

    #[test]
    fn the_map_grows_lighter_from_low_to_high() {
        let light: Vec<f32> = (0..=10).map(|tenth| mapped(f64::from(tenth) / 10.0).lightness()).collect();
        assert!(light.windows(2).all(|pair| pair[0] < pair[1]), "{light:?}");
        assert_eq!((mapped(-1.0), mapped(2.0)), (MAP[0], MAP[5]));
    }
}
