//! Where statements of a text end, and the words they begin with, with quotes, comments and dollar quotes
//! as PostgreSQL reads them.

/// A part of a text that is read as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A word, as it stands.
    Word(&'a str),
    /// A name in double quotes, without them.
    Name(String),
    /// A text in single quotes or dollar quotes, without them.
    Text(String),
    /// Any other character.
    Other(char),
}

impl Token<'_> {
    /// Whether it is this word, in either case.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own.eq_ignore_ascii_case(word))
    }

    /// Returns it as a name: lower case unless it is quoted.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Word(word) => Some(word.to_lowercase()),
            Self::Name(name) => Some(name.clone()),
            Self::Text(_) | Self::Other(_) => None,
        }
    }
}

/// A statement, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    pub(super) text: &'a str,
    /// Characters of the whole text before it.
    pub(super) before: usize,
}

/// Returns the statements of a text, without the semicolons between them and without those that hold
/// nothing but blanks and comments.
pub(super) fn split(text: &str) -> Vec<Statement<'_>> {
    let statement = |start: usize, end: usize| {
        let part = &text[start..end];
        let blank = part.len() - part.trim_start().len();
        Statement { text: part.trim(), before: text[..start + blank].chars().count() }
    };
    let mut statements = Vec::new();
    let mut rest = Reader::new(text);
    let mut start = 0;
    let mut filled = false;
    loop {
        match rest.next() {
            Some(Token::Other(';')) => {
                if filled {
                    statements.push(statement(start, rest.at - 1));
                }
                start = rest.at;
                filled = false;
            }
            Some(_) => filled = true,
            None => break,
        }
    }
    if filled {
        statements.push(statement(start, text.len()));
    }
    statements
}

/// Reads a text token by token.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Returns what is not read yet.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Reads on when the next token is this word.
    pub(super) fn takes(&mut self, word: &str) -> bool {
        let mut ahead = self.clone();
        let found = ahead.next().is_some_and(|token| token.is(word));
        if found {
            *self = ahead;
        }
        found
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("--") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += comment(trimmed);
            } else {
                return;
            }
        }
    }

    /// Reads up to the closing quote, which doubled stands for itself.
    fn quoted(&mut self, quote: char, escapes: bool) -> String {
        let mut found = String::new();
        let mut characters = self.rest().char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            if escapes && character == '\\' {
                if let Some((_, escaped)) = characters.next() {
                    found.push(escaped);
                }
            } else if character != quote {
                found.push(character);
            } else if characters.peek().is_some_and(|(_, next)| *next == quote) {
                found.push(quote);
                characters.next();
            } else {
                self.at += at + quote.len_utf8();
                return found;
            }
        }
        // It does not end: all the rest belongs to it, and the engine says what is wrong.
        self.at = self.text.len();
        found
    }

    /// Reads `$tag$…$tag$`, when the rest begins so.
    fn dollar_quoted(&mut self) -> Option<String> {
        let rest = self.rest();
        let tag_end = rest.get(1..)?.find('$')? + 2;
        let tag = rest.get(..tag_end)?;
        let inner = &tag[1..tag.len() - 1];
        let named = inner.chars().all(is_word) && !inner.starts_with(|first: char| first.is_ascii_digit());
        if !named {
            return None;
        }
        let body = rest.get(tag_end..)?;
        match body.find(tag) {
            Some(end) => {
                self.at += tag_end + end + tag.len();
                Some(body[..end].to_owned())
            }
            None => {
                self.at = self.text.len();
                Some(body.to_owned())
            }
        }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_blank();
        let rest = self.rest();
        let first = rest.chars().next()?;
        if first == '\'' {
            return Some(Token::Text(self.quoted('\'', false)));
        }
        if first == '"' {
            return Some(Token::Name(self.quoted('"', false)));
        }
        if first == '$'
            && let Some(text) = self.dollar_quoted()
        {
            return Some(Token::Text(text));
        }
        if !is_word(first) {
            self.at += first.len_utf8();
            return Some(Token::Other(first));
        }
        let end = rest.find(|character: char| !is_word(character) && character != '$').unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        if word.eq_ignore_ascii_case("e") && self.rest().starts_with('\'') {
            return Some(Token::Text(self.quoted('\'', true)));
        }
        Some(Token::Word(word))
    }
}

/// Whether a character may stand in a word or a number.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Returns the bytes of the comment a text begins with; comments may hold comments.
fn comment(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => {
                depth += 1;
                at += 2;
            }
            Some(b"*/") => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|statement| statement.text).collect()
    }

    #[test]
    fn statements_know_where_they_stand() {
        let text = "select 'é';\n  select 2 ;select 3";
        let found: Vec<usize> = split(text).into_iter().map(|statement| statement.before).collect();
        assert_eq!(found, [0, 14, 24]);
        let third: String = text.chars().skip(24).collect();
        assert_eq!(third, "select 3");
    }

    #[test]
    fn semicolons_end_statements_only_where_they_count() {
        let text = "select ';', \"a;b\", $$;$$, $x$ ; $$ ; $x$, E'\\';' -- ;\n ; /* ; /* ; */ ; */ select $1;;  ; ";
        let found = texts(text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("select ';'") && found[0].ends_with("-- ;"), "{found:?}");
        assert_eq!(found[1], "/* ; /* ; */ ; */ select $1");
    }

    #[test]
    fn blanks_and_comments_are_no_statement() {
        assert!(split(" ; -- only words\n;/* ; */").is_empty());
        assert!(split("").is_empty());
    }

    #[test]
    fn what_does_not_end_stays_whole() {
        assert_eq!(texts("select 'a; select 2"), ["select 'a; select 2"]);
        assert_eq!(texts("select $a$ ; b"), ["select $a$ ; b"]);
        assert_eq!(texts("select /* ; b"), ["select /* ; b"]);
        assert_eq!(texts("select \"é;"), ["select \"é;"]);
    }

    #[test]
    fn doubled_quotes_stand_for_one() {
        let tokens: Vec<Token<'_>> = Reader::new("SET \"Date\"\"Style\" = 'it''s', 3.5").collect();
        assert_eq!(
            tokens,
            [
                Token::Word("SET"),
                Token::Name("Date\"Style".to_owned()),
                Token::Other('='),
                Token::Text("it's".to_owned()),
                Token::Other(','),
                Token::Word("3"),
                Token::Other('.'),
                Token::Word("5"),
            ]
        );
    }

    #[test]
    fn a_parameter_is_no_dollar_quote() {
        assert_eq!(texts("select $1 ; select $2"), ["select $1", "select $2"]);
        assert_eq!(texts("select a$1$ ; b"), ["select a$1$", "b"]);
    }
}
