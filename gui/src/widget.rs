//! What several panels share. Widgets draw and report; they know nothing of state or actions.

pub mod act;
pub mod badge;
pub mod confirm;
pub mod form;
pub mod grid;
pub mod hint;
pub mod problem;
pub mod qr;
pub mod region;
pub mod saver;
pub mod sheet_grid;
pub mod star;
pub mod table;
pub mod tree;
