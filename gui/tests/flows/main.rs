//! The desktop as people use it: flows over a real node with real files, found by label and role.
//!
//! Every flows file lists as `COVERED` which commands its tests show; `registry` holds that against
//! all commands there are.

mod files;
mod first_run;
mod frame;
mod importing;
mod log;
mod registry;
mod scale;
mod support;
mod tables;
mod team;
