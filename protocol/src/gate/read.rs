//! A bounded cursor over the bytes of a change: every read may fail, none can panic.
//!
//! LEB128 numbers must be written in the fewest bytes and fit 64 bits, so that a number has one
//! reading here and in Automerge, whose own decoders differ on longer forms.

use super::Refusal;

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first of the bytes.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns whether everything has been read.
    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns what is left.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Reads a number of bytes.
    pub(super) fn take(&mut self, len: u64) -> Result<&'a [u8], Refusal> {
        let len = usize::try_from(len).ok().ok_or(Refusal::Truncated)?;
        let (head, rest) = self.rest.split_at_checked(len).ok_or(Refusal::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// Reads an array.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(Refusal::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    /// Reads one byte.
    pub(super) fn byte(&mut self) -> Result<u8, Refusal> {
        let (head, rest) = self.rest.split_first().ok_or(Refusal::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    /// Reads an unsigned LEB128 number.
    pub(super) fn uleb(&mut self) -> Result<u64, Refusal> {
        let mut value = 0_u64;
        let mut shift = 0_u32;
        loop {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(Refusal::Number);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(Refusal::Number) } else { Ok(value) };
            }
            shift += 7;
        }
    }

    /// Reads a signed LEB128 number.
    pub(super) fn leb(&mut self) -> Result<i64, Refusal> {
        let mut value = 0_i64;
        let mut shift = 0_u32;
        let mut before = None;
        loop {
            let byte = self.byte()?;
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(Refusal::Number);
            }
            value |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0;
                let sign_repeated = before.is_some_and(|b: u8| (b & 0x40 != 0) == negative);
                if sign_repeated && (byte == 0 || byte == 0x7f) {
                    return Err(Refusal::Number);
                }
                if negative && shift < 64 {
                    value |= -1 << shift;
                }
                return Ok(value);
            }
            before = Some(byte);
        }
    }

    /// Reads a length and that many bytes.
    pub(super) fn prefixed(&mut self) -> Result<&'a [u8], Refusal> {
        let len = self.uleb()?;
        self.take(len)
    }

    /// Reads a length and that many bytes of UTF-8.
    pub(super) fn text(&mut self) -> Result<&'a str, Refusal> {
        std::str::from_utf8(self.prefixed()?).ok().ok_or(Refusal::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_reading() {
        let uleb = |bytes: &[u8]| Reader::new(bytes).uleb();
        assert_eq!(uleb(&[0]), Ok(0));
        assert_eq!(uleb(&[0x80, 1]), Ok(128));
        assert_eq!(uleb(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), Ok(u64::MAX));
        assert_eq!(uleb(&[0x80, 0]), Err(Refusal::Number));
        assert_eq!(uleb(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), Err(Refusal::Number));
        assert_eq!(uleb(&[0x80]), Err(Refusal::Truncated));

        let leb = |bytes: &[u8]| Reader::new(bytes).leb();
        assert_eq!(leb(&[0x7f]), Ok(-1));
        assert_eq!(leb(&[0x40]), Ok(-64));
        assert_eq!(leb(&[0xc0, 0]), Ok(64));
        assert_eq!(leb(&[0xff, 0x7f]), Err(Refusal::Number));
        assert_eq!(leb(&[0xbf, 0]), Err(Refusal::Number));
        let min = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f];
        assert_eq!(leb(&min), Ok(i64::MIN));
        let max = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0];
        assert_eq!(leb(&max), Ok(i64::MAX));
    }
}
