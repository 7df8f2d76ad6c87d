//! One thing that is loaded from the node: its value, the last error, and the call under way.

use dataforge_node::api::ApiError;

/// Loaded at most once at a time. A wish that comes during a load is remembered, so that a storm of
/// events costs two loads and the last one is never older than the last event.
#[derive(Debug)]
pub struct Slot<T> {
    value: Option<T>,
    error: Option<ApiError>,
    ticket: Option<u64>,
    again: bool,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { value: None, error: None, ticket: None, again: false }
    }
}

impl<T> Slot<T> {
    /// Returns the newest value, also while or after a newer load failed.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Returns why the last load failed.
    #[must_use]
    pub fn error(&self) -> Option<&ApiError> {
        self.error.as_ref()
    }

    /// Returns whether a load is under way.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.ticket.is_some()
    }

    /// Returns whether this ticket is the one awaited; answers to others are out of date.
    pub(super) fn awaits(&self, ticket: u64) -> bool {
        self.ticket == Some(ticket)
    }

    /// Notes a load under this ticket; `false` when one is under way already.
    pub(super) fn begin(&mut self, ticket: u64) -> bool {
        if self.ticket.is_some() {
            self.again = true;
            return false;
        }
        self.ticket = Some(ticket);
        true
    }

    /// Notes the end of the load; `true` when it has to be done again. A failure keeps the old value.
    pub(super) fn end(&mut self, result: Result<T, ApiError>) -> bool {
        self.ticket = None;
        match result {
            Ok(value) => {
                self.value = Some(value);
                self.error = None;
            }
            Err(error) => self.error = Some(error),
        }
        std::mem::take(&mut self.again)
    }

    /// Notes that the load never began; it is not done again by itself.
    pub(super) fn refuse(&mut self, error: ApiError) {
        self.ticket = None;
        self.again = false;
        self.error = Some(error);
    }

    /// Forgets everything, the load under way included.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
