//! The parts of the window. Each draws the state and pushes actions; none changes anything itself.

pub mod curves;
pub mod header;
pub mod runs;
pub mod start;
pub mod status;
pub mod wells;
pub mod workspaces;

/// What the user did in this frame, in order.
pub type Actions = Vec<crate::action::Action>;
