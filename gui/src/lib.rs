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
//! - [`widget`] holds what several panels share, [`theme`] every colour.
//!
//! The window reads and writes no file itself: the door does.

pub mod action;
pub mod app;
pub mod bridge;
pub mod format;
pub mod options;
pub mod panel;
pub mod state;
pub mod theme;
pub mod widget;

pub use self::action::{Action, Step};
pub use self::app::App;
pub use self::bridge::{Bridge, Command, Door, Message, Opener};
pub use self::state::State;
