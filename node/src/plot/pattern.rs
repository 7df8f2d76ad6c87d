//! Patterns of rocks and fills, as short lines in a tile that repeats.
//!
//! Tiles hang on a fixed place, so that a pattern stays where it is while the view moves.

use super::scene::{Area, Colour, Lines, Point, Stroke};
use super::window::Window;

/// A pattern of lithology or of a fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// Dots.
    Sand,
    /// Short dashes.
    Shale,
    /// Dots and dashes.
    Silt,
    /// Bricks.
    Limestone,
    /// Bricks with slanted sides.
    Dolomite,
    /// Small crosses.
    Salt,
    /// Slanted strokes, closely.
    Anhydrite,
    /// Solid blocks.
    Coal,
    /// Upright crosses far apart.
    Basement,
    /// Lines to the upper right.
    Hatch,
    /// Lines both ways.
    Crosshatch,
    /// Level lines.
    Lines,
}

impl Pattern {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Sand,
        Self::Shale,
        Self::Silt,
        Self::Limestone,
        Self::Dolomite,
        Self::Salt,
        Self::Anhydrite,
        Self::Coal,
        Self::Basement,
        Self::Hatch,
        Self::Crosshatch,
        Self::Lines,
    ];

    /// Returns its name in charts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sand => "sand",
            Self::Shale => "shale",
            Self::Silt => "silt",
            Self::Limestone => "limestone",
            Self::Dolomite => "dolomite",
            Self::Salt => "salt",
            Self::Anhydrite => "anhydrite",
            Self::Coal => "coal",
            Self::Basement => "basement",
            Self::Hatch => "hatch",
            Self::Crosshatch => "crosshatch",
            Self::Lines => "lines",
        }
    }

    /// Returns the pattern of a name; of one that is not known the hatch, so that something is seen.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|pattern| pattern.as_str() == name).unwrap_or(Self::Hatch)
    }
}

/// A tile: how wide and high it is, how thick its lines are, and their ends from its upper left corner.
struct Tile {
    width: f32,
    height: f32,
    thickness: f32,
    lines: &'static [[f32; 4]],
}

impl Pattern {
    const fn tile(self) -> Tile {
        let (width, height, thickness, lines): (f32, f32, f32, &'static [[f32; 4]]) = match self {
            Self::Sand => (6.0, 6.0, 0.9, &[[1.5, 1.5, 1.5, 1.5], [4.5, 4.5, 4.5, 4.5]]),
            Self::Shale => (9.0, 5.0, 0.5, &[[0.5, 1.0, 5.0, 1.0], [5.0, 3.5, 8.5, 3.5]]),
            Self::Silt => (
                9.0,
                5.0,
                0.6,
                &[[0.5, 1.0, 4.5, 1.0], [7.0, 1.0, 7.0, 1.0], [2.0, 3.5, 2.0, 3.5], [4.5, 3.5, 8.5, 3.5]],
            ),
            Self::Limestone => (
                12.0,
                8.0,
                0.5,
                &[[0.0, 0.0, 12.0, 0.0], [0.0, 4.0, 12.0, 4.0], [3.0, 0.0, 3.0, 4.0], [9.0, 4.0, 9.0, 8.0]],
            ),
            Self::Dolomite => (
                12.0,
                8.0,
                0.5,
                &[[0.0, 0.0, 12.0, 0.0], [0.0, 4.0, 12.0, 4.0], [4.5, 0.0, 2.5, 4.0], [10.5, 4.0, 8.5, 8.0]],
            ),
            Self::Salt => (
                8.0,
                8.0,
                0.5,
                &[[1.0, 1.0, 3.0, 3.0], [3.0, 1.0, 1.0, 3.0], [5.0, 5.0, 7.0, 7.0], [7.0, 5.0, 5.0, 7.0]],
            ),
            Self::Anhydrite => (4.0, 6.0, 0.5, &[[0.5, 2.5, 2.0, 0.5], [2.5, 5.5, 4.0, 3.5]]),
            Self::Coal => (6.0, 2.0, 1.4, &[[0.0, 1.0, 6.0, 1.0]]),
            Self::Basement => (
                12.0,
                12.0,
                0.6,
                &[[3.0, 1.5, 3.0, 4.5], [1.5, 3.0, 4.5, 3.0], [9.0, 7.5, 9.0, 10.5], [7.5, 9.0, 10.5, 9.0]],
            ),
            Self::Hatch => (5.0, 5.0, 0.5, &[[0.0, 5.0, 5.0, 0.0]]),
            Self::Crosshatch => (6.0, 6.0, 0.4, &[[0.0, 6.0, 6.0, 0.0], [0.0, 0.0, 6.0, 6.0]]),
            Self::Lines => (8.0, 4.0, 0.5, &[[0.0, 2.0, 8.0, 2.0]]),
        };
        Tile { width, height, thickness, lines }
    }

    /// Draws it over an area. Tiles hang on depth 0 of the window and on `left`.
    pub(super) fn over(self, area: &Area, window: &Window, left: f32, ink: Colour) -> Lines {
        let tile = self.tile();
        let mut ends = Vec::new();
        let stroke = Stroke::solid(ink, tile.thickness);
        let (Some(top), Some(bottom)) = (area.levels.first(), area.levels.last()) else {
            return Lines { ends, stroke };
        };
        let visible = (top.max(0.0), bottom.min(window.height as f32));
        let hang = (-window.from * window.per_unit).rem_euclid(f64::from(tile.height)) as f32;
        let leftmost = area.left.iter().copied().fold(f32::INFINITY, f32::min).max(left - FAR);
        let rightmost = area.right.iter().copied().fold(f32::NEG_INFINITY, f32::max).min(left + FAR);
        let first = ((visible.0 - hang) / tile.height).floor() as i32;
        let last = ((visible.1 - hang) / tile.height).ceil() as i32;
        let (from, to) =
            (((leftmost - left) / tile.width).floor() as i32, ((rightmost - left) / tile.width).ceil() as i32);
        for row in first..last {
            let y = (row as f32).mul_add(tile.height, hang);
            for column in from..to {
                let x = (column as f32).mul_add(tile.width, left);
                let lines = tile.lines.iter();
                let moved = lines.map(|[x1, y1, x2, y2]| (Point::new(x + x1, y + y1), Point::new(x + x2, y + y2)));
                ends.extend(moved.filter_map(|line| cut(area, line)));
            }
        }
        Lines { ends, stroke }
    }
}

/// How far from the left edge of a track patterns reach: farther than any track is wide.
const FAR: f32 = 4000.0;

/// Returns what of a line lies within an area: of a level line the part that does, of another one all of it or
/// nothing.
fn cut(area: &Area, (from, to): (Point, Point)) -> Option<(Point, Point)> {
    let (left, right) = edges(area, from.y)?;
    if from.y == to.y {
        let (start, end) = (from.x.max(left), to.x.min(right));
        return (start <= end).then_some((Point::new(start, from.y), Point::new(end, from.y)));
    }
    let (other_left, other_right) = edges(area, to.y)?;
    let is_within = (left..=right).contains(&from.x) && (other_left..=other_right).contains(&to.x);
    is_within.then_some((from, to))
}

/// Returns the edges of an area at a y.
fn edges(area: &Area, y: f32) -> Option<(f32, f32)> {
    let below = area.levels.partition_point(|level| *level < y);
    let (lower, upper) = (*area.levels.get(below)?, below.checked_sub(1));
    let Some(upper) = upper else {
        return (lower == y).then(|| Some((*area.left.get(below)?, *area.right.get(below)?))).flatten();
    };
    let share = (y - area.levels.get(upper)?) / (lower - area.levels.get(upper)?);
    let mix = |side: &[f32]| Some((side.get(below)? - side.get(upper)?).mul_add(share, *side.get(upper)?));
    Some((mix(&area.left)?, mix(&area.right)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wedge() -> Area {
        // From nothing at the top to 100 wide at the bottom.
        let fill = Colour::rgb(0, 0, 0);
        Area { levels: vec![0.0, 100.0], left: vec![0.0, 0.0], right: vec![0.0, 100.0], fill }
    }

    #[test]
    fn patterns_stay_within_their_area() {
        let window = Window::showing(1000.0, 1020.0, 100.0, 1.0).unwrap();
        for pattern in Pattern::ALL {
            let lines = pattern.over(&wedge(), &window, 0.0, Colour::rgb(0, 0, 0));
            assert!(lines.ends.len() > 20, "{pattern:?}");
            for (from, to) in &lines.ends {
                for point in [from, to] {
                    assert!(point.x >= 0.0 && point.x <= point.y + 1e-3 && point.y <= 100.0, "{pattern:?} {point:?}");
                }
            }
            assert_eq!(Pattern::from_name(pattern.as_str()), pattern);
        }
        assert_eq!(Pattern::from_name("unheard_of"), Pattern::Hatch);
    }

    #[test]
    fn patterns_move_with_the_depths() {
        let area =
            Area { levels: vec![0.0, 100.0], left: vec![0.0; 2], right: vec![50.0; 2], fill: Colour::rgb(0, 0, 0) };
        let dots = |from: f64| {
            let window = Window::showing(from, from + 20.0, 100.0, 1.0).unwrap();
            let lines = Pattern::Sand.over(&area, &window, 0.0, Colour::rgb(0, 0, 0));
            lines.ends.iter().map(|(dot, _)| dot.y).find(|y| *y > 20.0).unwrap()
        };
        // 0.4 units are two points, less than the three between rows of dots.
        let moved = (dots(1000.0) - dots(1000.4)).rem_euclid(3.0);
        assert!((moved - 2.0).abs() < 0.01, "{moved}");
    }
}
