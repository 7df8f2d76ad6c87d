//! Plots: charts drawn as they are on paper, for the screen and for files. One drawing serves both.
//!
//! Pure but for the request that prints. A chart and what is known of its curves make a [`Layout`]: tracks
//! side by side, scales, headers of one height. A layout, the samples ([`Data`]) and a stretch of depths
//! ([`Window`]) make groups of shapes ([`scene`]), which the desktop paints and [`svg`], [`pdf`] and
//! [`png`] write:
//!
//! ```text
//! ChartState + ChartSource* ── layout() ──▶ Layout ─┬─ header::draw ──▶ Group
//!                                  Window, Data ────┴─ body::draw ────▶ Group
//! ```
//!
//! Depths are in the unit of the chart's depth axis, lengths in points, values of traces in the unit of
//! their curve; [`layout::SeriesLayout`] turns them into what is shown.

mod annotation;
pub mod body;
mod codes;
mod coverage;
pub mod curve;
pub mod data;
mod fill;
#[cfg(test)]
mod fixture;
pub mod font;
mod grid;
pub mod header;
pub mod heading;
mod image;
pub mod layout;
pub mod pattern;
pub mod pdf;
pub mod png;
pub mod print;
pub mod scale;
pub mod scene;
pub mod svg;
pub mod theme;
mod tops;
pub mod window;
pub mod xy;

pub use self::data::{Array, Curve, Data, Filling, TopMark};
pub use self::layout::{Layout, LayoutOptions, Width, layout};
pub use self::scene::{Group, Item, Scene, What};
pub use self::theme::Palette;
pub use self::window::Window;
