//! What several panels share. Widgets draw and report; they know nothing of state or actions.

pub mod grid;
pub mod hint;
pub mod problem;
pub mod saver;
pub mod sheet_grid;
pub mod table;
