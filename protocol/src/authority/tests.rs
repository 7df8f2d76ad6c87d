//! Tests of membership: each rule by a short story, the model's graphs, random graphs.

mod devices;
mod graphs;
mod invites;
mod queries;
mod random;
mod recovery;
mod refusals;
mod roles;
mod speed;
mod void;
pub(crate) mod world;
