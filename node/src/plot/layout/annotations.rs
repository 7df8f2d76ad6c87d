//! annotations.
