//! fills.
