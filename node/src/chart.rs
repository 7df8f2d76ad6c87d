//! Charts: their JSON form, the templates that come with the program, and what is wrong with one.
//!
//! Pure. What a chart consists of is declared in `dataforge_protocol::document::chart`; here is what
//! needs units and properties. `docs/charts.md` is for people.

mod check;
mod json;
mod template;

pub(crate) use self::check::{Known, Meaning, Problem, check};
pub(crate) use self::json::{read, write};
pub(crate) use self::template::{template, templates};
