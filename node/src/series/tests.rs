//! Claims about series, each against the plain computation.
