//! The desktop of DataForge: one window on one data directory.
//!
//! ```text
//!            draws                    applies                 sends
//! State ───────────▶ panel/* ─Action─▶ State::apply ─Command─▶ Bridge ─Request─▶ Door (node)
//!   ▲                                      ▲                     │
//!   └──────────────────────────────────────┴──────Message────────┘
//! ```
//!
//! - [`state`] is all the window knows; only [`State::apply`] changes it, only by an [`Action`].
//! - [`bridge`] runs the node's door on a thread of its own; the window never waits for it.
//! - [`panel`] draws the state, one file per part of the window, and returns actions.
//! - [`view`]s stand in the middle, laid out by [`tiles`]; each keeps what it shows and makes [`calls`] of its own.
//! - [`commands`] are what can be done by name, from the palette or the keyboard.
//! - [`widget`] holds what several panels share, [`theme`] every colour.
//!
//! - [`memory`] is what the window keeps until it opens again.
//! - [`sheet`] is a table as the node sends it; [`work`] is done on threads, so that drawing never waits.
//!
//! The window reads and writes no file itself: the bridge's thread does, and [`save`] writes what the user exports.

pub mod action;
pub mod app;
pub mod bridge;
pub mod calls;
pub mod commands;
pub mod files;
pub mod format;
pub mod inspector;
pub mod memory;
pub mod options;
pub mod palette;
pub mod panel;
pub mod save;
pub mod sheet;
pub mod start;
pub mod state;
pub mod theme;
pub mod tiles;
pub mod view;
pub mod widget;
pub mod work;

pub use self::action::{Action, Step};
pub use self::app::App;
pub use self::bridge::{Bridge, Command, Door, Message, Opener};
pub use self::state::State;
