//! Text to tokens, each with its place. Comments and white space end here.

use super::error::{At, Located};

/// The smallest unit with a meaning.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A word: part of a field's name, a function, or a keyword.
    Word(String),
    /// A word with `~` right behind it: a function or keyword that ignores case.
    TildeWord(String),
    /// A name in backquotes: part of a field's name, never a keyword.
    Quoted(String),
    /// A string, its escapes resolved.
    Str(String),
    /// A whole number, without sign.
    Int(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// An operator or a bracket.
    Sign(&'static str),
    /// The end of the text.
    End,
}

/// Operators and brackets, longer ones before those that they begin with.
const SIGNS: &[&str] = &[
    "==", "!=", "<=", ">=", "<", ">", "=", "(", ")", "[", "]", ",", ".", ":", "?", "|", "+", "-", "*", "/",
    "%", "!",
];

/// All tokens of a text; the last is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, At)>, Located> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank()?;
        let at = At(lexer.at);
        let token = lexer.token()?;
        let end = token == Token::End;
        tokens.push((token, at));
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Takes characters as long as they are of a kind.
    fn take_while(&mut self, kind: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !kind(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn skip_blank(&mut self) -> Result<(), Located> {
        loop {
            self.take_while(char::is_whitespace);
            if self.rest().starts_with("//") {
                self.take_while(|c| c != '\n');
            } else if self.rest().starts_with("/*") {
                let end = self.rest()[2..].find("*/");
                let end = end.ok_or_else(|| Located::syntax(At(self.at), "this comment has no end"))?;
                self.at += end + 4;
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token, Located> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(Token::End);
        };
        match first {
            'a'..='z' | 'A'..='Z' | '_' | '@' => Ok(self.word()),
            '0'..='9' => self.number(),
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(),
            '"' if rest.starts_with("\"\"\"") => self.raw_string(),
            '"' => self.string(),
            '`' => self.quoted(),
            '?' if rest[1..].starts_with(['"', '\'']) => {
                Err(self.wrong("a string without escapes is written in three double quotes: \"\"\"…\"\"\""))
            }
            '\'' => Err(self.wrong("strings are written in double quotes")),
            _ => match SIGNS.iter().find(|&&sign| rest.starts_with(sign)) {
                Some(&sign) => {
                    self.at += sign.len();
                    Ok(Token::Sign(sign))
                }
                None => Err(self.wrong(format!("no EQL begins with {first:?} here"))),
            },
        }
    }

    fn wrong(&self, text: impl Into<String>) -> Located {
        Located::syntax(At(self.at), text)
    }

    fn word(&mut self) -> Token {
        self.at += 1;
        let tail = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_').len();
        let word = self.text[self.at - tail - 1..self.at].to_owned();
        if self.rest().starts_with('~') {
            self.at += 1;
            Token::TildeWord(word)
        } else {
            Token::Word(word)
        }
    }

    fn number(&mut self) -> Result<Token, Located> {
        let start = self.at;
        let digits = |lexer: &mut Self| lexer.take_while(|c| c.is_ascii_digit()).len();
        digits(self);
        let mut whole = true;
        if self.rest().starts_with('.') {
            whole = false;
            self.at += 1;
            digits(self);
        }
        if self.rest().starts_with(['e', 'E']) {
            let before = self.at;
            self.at += 1;
            if self.rest().starts_with(['+', '-']) {
                self.at += 1;
            }
            if digits(self) == 0 {
                self.at = before;
            } else {
                whole = false;
            }
        }
        let text = &self.text[start..self.at];
        let token = if whole {
            text.parse().ok().map(Token::Int)
        } else {
            text.parse()
                .ok()
                .filter(|float: &f64| float.is_finite())
                .map(Token::Float)
        };
        token.ok_or_else(|| Located::syntax(At(start), "this number is too large"))
    }

    /// Raw text ends at the first three quotes; one or two more right behind them belong to the text.
    fn raw_string(&mut self) -> Result<Token, Located> {
        let body = &self.rest()[3..];
        let line = body.lines().next().unwrap_or_default();
        let end = line
            .find("\"\"\"")
            .ok_or_else(|| self.wrong("this string does not end on its line"))?;
        let extra = line[end + 3..].chars().take_while(|&c| c == '"').count().min(2);
        self.at += 3 + end + extra + 3;
        Ok(Token::Str(body[..end + extra].to_owned()))
    }

    fn string(&mut self) -> Result<Token, Located> {
        let start = At(self.at);
        let mut value = String::new();
        self.at += 1;
        loop {
            let Some(next) = self.rest().chars().next() else {
                return Err(Located::syntax(start, "this string has no end"));
            };
            self.at += next.len_utf8();
            match next {
                '"' => return Ok(Token::Str(value)),
                '\n' | '\r' => return Err(Located::syntax(start, "this string does not end on its line")),
                '\\' => value.push(self.escape()?),
                other => value.push(other),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, Located> {
        let at = At(self.at - 1);
        let unknown = "the escapes are \\b \\t \\n \\f \\r \\\" \\\\ and \\u{…}";
        let next = self
            .rest()
            .chars()
            .next()
            .ok_or_else(|| Located::syntax(at, unknown))?;
        self.at += next.len_utf8();
        match next {
            'b' => Ok('\u{8}'),
            't' => Ok('\t'),
            'n' => Ok('\n'),
            'f' => Ok('\u{c}'),
            'r' => Ok('\r'),
            '"' | '\\' => Ok(next),
            'u' => {
                let wrong =
                    || Located::syntax(at, "\\u{…} takes the number of a character, in 2 to 8 hex digits");
                let body = self.rest().strip_prefix('{').ok_or_else(wrong)?;
                let digits = &body[..body.find('}').ok_or_else(wrong)?];
                let hex =
                    (2..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                let number = u32::from_str_radix(digits, 16).ok().filter(|_| hex);
                self.at += digits.len() + 2;
                number.and_then(char::from_u32).ok_or_else(wrong)
            }
            _ => Err(Located::syntax(at, unknown)),
        }
    }

    fn quoted(&mut self) -> Result<Token, Located> {
        let start = At(self.at);
        let mut name = String::new();
        self.at += 1;
        loop {
            name.push_str(self.take_while(|c| c != '`' && c != '\n'));
            if self.rest().starts_with("``") {
                name.push('`');
                self.at += 2;
            } else if self.rest().starts_with('`') && !name.is_empty() {
                self.at += 1;
                return Ok(Token::Quoted(name));
            } else {
                return Err(Located::syntax(
                    start,
                    "a name in backquotes ends on its line and is not empty",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests;
