//! What several panels share. Widgets draw and report; they know nothing of state or actions.

pub mod hint;
pub mod problem;
pub mod region;
pub mod star;
pub mod table;
pub mod tree;
