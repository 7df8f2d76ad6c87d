//! What one child may use.

use std::time::Duration;

/// The bounds of a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerLimits {
    /// Address space, the program's own included.
    pub memory_bytes: u64,
    /// Processor time.
    pub cpu: Duration,
    /// Time by the clock on the wall, from the start of the child to its last byte.
    pub timeout: Duration,
    /// What the child may say.
    pub output_bytes: u64,
}

impl Default for WorkerLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            cpu: Duration::from_secs(120),
            timeout: Duration::from_secs(180),
            output_bytes: 1 << 30,
        }
    }
}
