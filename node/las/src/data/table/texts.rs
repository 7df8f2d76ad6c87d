//! The second run over a data section: columns that hold text.

use crate::data::cell::{Cell, classify};
use crate::data::fit::Misfit;
use crate::data::rows::Found;
use crate::data::table::Table;
use crate::data::token::{Form, Token};
use crate::error::ReadError;

impl Table<'_> {
    /// Reads the columns that hold text; the others are empty.
    pub(super) fn read_texts(&self) -> Result<Vec<Vec<Option<String>>>, ReadError> {
        let wanted = |is_text: &bool| if *is_text { self.rows } else { 0 };
        let mut texts: Vec<Vec<Option<String>>> =
            self.is_text.iter().map(|is_text| Vec::with_capacity(wanted(is_text))).collect();
        let mut rows = self.rows();
        let mut tokens = Vec::new();
        let mut left = self.rows;
        while let Some(found) = rows.next_row(&mut tokens, |_| false)? {
            let Found::Row(row) = found else { continue };
            // What the first run took for a remark behind the last row is one here as well.
            if row.misfit == Some(Misfit::Stray) || left == 0 {
                continue;
            }
            left -= 1;
            let columns = texts.iter_mut().zip(&self.is_text).zip(&tokens).enumerate();
            for (position, ((texts, _), token)) in columns.filter(|(_, ((_, is), _))| **is) {
                texts.push(self.text_of(token, position));
            }
        }
        Ok(texts)
    }

    /// Returns the text of a token in a text column.
    fn text_of(&self, token: &Token, position: usize) -> Option<String> {
        let (bytes, nulls) = (token.bytes(self.text()), self.source.nulls);
        let is_null = match (token.form, classify(token, self.text(), self.layout.delimiter, nulls)) {
            (Form::Missing | Form::Unknown, _) => true,
            _ if !self.source.may_be_null(position) => false,
            (_, Cell::Null) => true,
            // A column that the header calls text may hold a word that looks like no number.
            (_, Cell::Spelled) => !self.source.is_text(position),
            (_, Cell::Number(number) | Cell::Comma(number)) => nulls.contain(number),
            _ => false,
        };
        if is_null {
            return None;
        }
        let text = String::from_utf8_lossy(bytes);
        Some(if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.into_owned() })
    }
}
