//! The time in which a host answers to a code: how long, how many wrong tries, one at a time.

use std::time::Instant;

use super::Code;

/// Wrong tries before a window closes.
const TRIES: u8 = 3;

/// A window that was opened, with its code.
#[derive(Debug)]
pub struct Window {
    code: Code,
    until: Instant,
    left: u8,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Waits for a joiner.
    Open,
    /// One is at it.
    Trying,
    /// One had the right code.
    Used,
}

/// Why a window answers nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// Another joiner is at it.
    Busy,
    /// Its time is over.
    Expired,
    /// Too many codes were wrong.
    Guessed,
    /// Somebody had the right code.
    Used,
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// The joiner proved the code.
    Right,
    /// It proved another one.
    Wrong,
    /// It went away before it proved anything, and learned nothing.
    Broken,
}

impl Window {
    /// Opens a window.
    #[must_use]
    pub const fn open(code: Code, until: Instant) -> Self {
        Self { code, until, left: TRIES, state: State::Open }
    }

    /// Returns its code.
    #[must_use]
    pub const fn code(&self) -> &Code {
        &self.code
    }

    /// Returns when it closes by itself.
    #[must_use]
    pub const fn until(&self) -> Instant {
        self.until
    }

    /// Returns how many more codes may be wrong.
    #[must_use]
    pub const fn left(&self) -> u8 {
        self.left
    }

    /// Returns why it takes no joiner now; none when it does.
    #[must_use]
    pub fn shut(&self, now: Instant) -> Option<Shut> {
        match self.state {
            State::Used => Some(Shut::Used),
            State::Open if self.left == 0 => Some(Shut::Guessed),
            // Who began in time may end.
            State::Trying => Some(Shut::Busy),
            State::Open if now >= self.until => Some(Shut::Expired),
            State::Open => None,
        }
    }

    /// Lets a joiner try; every try is to be ended.
    ///
    /// # Errors
    /// Why it answers nobody.
    pub fn begin(&mut self, now: Instant) -> Result<&Code, Shut> {
        if let Some(shut) = self.shut(now) {
            return Err(shut);
        }
        self.state = State::Trying;
        Ok(&self.code)
    }

    /// Ends a try.
    pub fn end(&mut self, tried: Tried) {
        if self.state != State::Trying {
            return;
        }
        match tried {
            Tried::Right => self.state = State::Used,
            Tried::Wrong => {
                self.left = self.left.saturating_sub(1);
                self.state = State::Open;
            }
            Tried::Broken => self.state = State::Open,
        }
    }
}
