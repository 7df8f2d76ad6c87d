//! Tests of the gate: what Automerge writes passes, what breaks a rule does not, and whatever
//! passes can be applied.

mod forged;
mod hostile;
mod random;
mod rules;
mod world;
