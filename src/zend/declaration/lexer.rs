//! Cuts declarations into tokens.

/// A token of the subset of PHP that declarations are written in.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A keyword or a possibly qualified name.
    Name(String),
    /// `$name`, without the dollar sign.
    Variable(String),
    Long(i64),
    Double(f64),
    String(Vec<u8>),
    /// A documentation comment.
    Doc(String),
    /// `...`, `=>` or one character of punctuation.
    Symbol(&'static str),
}

const SYMBOLS: [&str; 19] = [
    "...", "=>", "#[", "{", "}", "(", ")", "[", "]", ",", ";", ":", "=", "?", "|", "&", "-", "<?",
    ".",
];

/// Cuts `source` into tokens, each with the offset at which it starts and ends.
///
/// # Panics
/// When the text is none that a declaration may hold. Declarations are part of the program, so this shows at the first start after an edit.
pub(super) fn tokens(source: &str) -> Vec<(Token, usize, usize)> {
    let mut lexer = Lexer { source, at: 0 };
    let mut tokens = Vec::new();
    while let Some(start) = lexer.skip_blank() {
        let token = lexer.token();
        tokens.push((token, start, lexer.at));
    }
    tokens
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    /// Skips white space and comments that document nothing.
    fn skip_blank(&mut self) -> Option<usize> {
        loop {
            self.at = self.source.len() - self.rest().trim_start().len();
            if self.rest().is_empty() {
                return None;
            } else if self.rest().starts_with("//") {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            } else {
                return Some(self.at);
            }
        }
    }

    fn token(&mut self) -> Token {
        let rest = self.rest();
        match rest.as_bytes()[0] {
            b'/' if rest.starts_with("/**") => {
                let end = rest.find("*/").expect("a comment must end") + 2;
                Token::Doc(self.take(end))
            }
            b'$' => {
                self.at += 1;
                let length = name_length(self.rest());
                Token::Variable(self.take(length))
            }
            b'\'' | b'"' => self.string(),
            b'0'..=b'9' => self.number(),
            byte if byte == b'\\' || byte == b'_' || byte.is_ascii_alphabetic() => {
                let length = name_length(rest);
                Token::Name(self.take(length))
            }
            _ => {
                let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
                let symbol = symbol
                    .unwrap_or_else(|| panic!("unexpected text in a declaration: {rest:.40}"));
                self.at += symbol.len();
                Token::Symbol(symbol)
            }
        }
    }

    fn take(&mut self, length: usize) -> String {
        let text = self.rest()[..length].to_owned();
        self.at += length;
        text
    }

    fn number(&mut self) -> Token {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let text = self.take(length);
        if text.contains('.') {
            Token::Double(text.parse().expect("a number"))
        } else {
            Token::Long(text.parse().expect("a number"))
        }
    }

    fn string(&mut self) -> Token {
        let bytes = self.source.as_bytes();
        let quote = bytes[self.at];
        self.at += 1;
        let mut value = Vec::new();
        while bytes[self.at] != quote {
            if bytes[self.at] == b'\\' {
                self.at += 1;
                self.escape(quote, &mut value);
            } else {
                value.push(bytes[self.at]);
                self.at += 1;
            }
        }
        self.at += 1;
        Token::String(value)
    }

    fn escape(&mut self, quote: u8, value: &mut Vec<u8>) {
        let byte = self.source.as_bytes()[self.at];
        self.at += 1;
        match byte {
            b'n' if quote == b'"' => value.push(b'\n'),
            b'r' if quote == b'"' => value.push(b'\r'),
            b'x' if quote == b'"' => {
                let digits = self.take(2);
                value.push(u8::from_str_radix(&digits, 16).expect("two hexadecimal digits"));
            }
            byte if byte == quote || byte == b'\\' => value.push(byte),
            byte => value.extend([b'\\', byte]),
        }
    }
}

fn name_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '\\')
        .unwrap_or(text.len())
}
