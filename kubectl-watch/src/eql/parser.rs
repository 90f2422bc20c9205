//! Tokens to a tree, by recursive descent. What EQL has and event queries have not is refused by name.

mod value;

use super::ast::{Comparison, KEYWORDS, Kind, Node, Tree};
use super::error::{At, Located};
use super::lexer::{Token, tokens};

/// How deep brackets, `not`, `-` and calls may nest. The deepest public rule nests 6.
const MAX_DEPTH: usize = 64;

/// Parses the text of a query.
pub(super) fn parse(text: &str) -> Result<Tree, Located> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
    };
    let category = parser.category()?;
    let condition = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(Tree { category, condition }),
        Token::Sign("|") => {
            let at = parser.at();
            parser.advance();
            let name = parser.word().unwrap_or("…").to_owned();
            Err(Located::unsupported(
                at,
                format!("pipes (`| {name}`) are not supported: each event is judged alone"),
            ))
        }
        _ => Err(parser.unexpected("`and`, `or` or the end of the query")),
    }
}

struct Parser {
    tokens: Vec<(Token, At)>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    fn at(&self) -> At {
        self.tokens[self.next].1
    }

    /// Goes on to the next token; the end stays.
    fn advance(&mut self) {
        self.next = (self.next + 1).min(self.tokens.len() - 1);
    }

    fn word(&self) -> Option<&str> {
        match self.peek() {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.word() == Some(word);
        if found {
            self.advance();
        }
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(found) if *found == sign);
        if found {
            self.advance();
        }
        found
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), Located> {
        if self.take_sign(sign) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{sign}`")))
        }
    }

    fn unexpected(&self, expected: &str) -> Located {
        let found = match self.peek() {
            Token::Word(word) if KEYWORDS.contains(&word.to_ascii_lowercase().as_str()) => {
                let lower = word.to_ascii_lowercase();
                let hint = if *word == lower {
                    ""
                } else {
                    " (keywords are lower case)"
                };
                return Located::syntax(self.at(), format!("expected {expected}, found `{word}`{hint}"));
            }
            Token::Word(word) | Token::Quoted(word) => format!("`{word}`"),
            Token::TildeWord(word) => format!("`{word}~`"),
            Token::Str(_) => "a string".to_owned(),
            Token::Int(_) | Token::Float(_) => "a number".to_owned(),
            Token::Sign(sign @ ("=" | "!")) => {
                let right = if *sign == "=" { "==" } else { "not" };
                return Located::syntax(self.at(), format!("`{sign}` is written `{right}` in EQL"));
            }
            Token::Sign(sign) => format!("`{sign}`"),
            Token::End => "the end of the query".to_owned(),
        };
        Located::syntax(self.at(), format!("expected {expected}, found {found}"))
    }

    /// `process where`, `any where`, `"category" where`.
    fn category(&mut self) -> Result<Option<String>, Located> {
        let at = self.at();
        let category = match self.peek() {
            Token::Word(word) if ["sequence", "sample", "join"].contains(&word.as_str()) => {
                let text = format!("`{word}` relates several events; here each event is judged alone");
                return Err(Located::unsupported(at, text));
            }
            Token::Word(word) if word == "any" => None,
            Token::Word(word) | Token::Str(word) => Some(word.clone()),
            _ => return Err(self.unexpected("an event query such as `process where …`")),
        };
        self.advance();
        if self.take_word("where") {
            Ok(category)
        } else {
            Err(self.unexpected("`where`"))
        }
    }

    /// Runs a step one level deeper.
    fn deeper<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, Located>) -> Result<T, Located> {
        if self.depth == MAX_DEPTH {
            let text = format!("this is nested deeper than {MAX_DEPTH} levels");
            return Err(Located::too_large(self.at(), text));
        }
        self.depth += 1;
        let result = step(self);
        self.depth -= 1;
        result
    }

    fn expression(&mut self) -> Result<Node, Located> {
        self.chain("or", Kind::Or, |parser| {
            parser.chain("and", Kind::And, Self::negation)
        })
    }

    /// Parts with a word between; one part alone stays itself.
    fn chain(
        &mut self,
        word: &str,
        kind: fn(Vec<Node>) -> Kind,
        part: fn(&mut Self) -> Result<Node, Located>,
    ) -> Result<Node, Located> {
        let at = self.at();
        let first = part(self)?;
        if self.word() != Some(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take_word(word) {
            parts.push(part(self)?);
        }
        Ok(Node {
            at,
            kind: kind(parts),
        })
    }

    fn negation(&mut self) -> Result<Node, Located> {
        let at = self.at();
        if self.take_word("not") {
            let inner = self.deeper(Self::negation)?;
            return Ok(Node {
                at,
                kind: Kind::Not(Box::new(inner)),
            });
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Node, Located> {
        let left = self.sum()?;
        let comparison = match self.peek() {
            Token::Sign("==") => Comparison::Equal,
            Token::Sign("!=") => Comparison::NotEqual,
            Token::Sign("<") => Comparison::Less,
            Token::Sign("<=") => Comparison::LessOrEqual,
            Token::Sign(">") => Comparison::Greater,
            Token::Sign(">=") => Comparison::GreaterOrEqual,
            _ => return Ok(left),
        };
        let at = self.at();
        self.advance();
        let right = self.sum()?;
        Ok(Node {
            at,
            kind: Kind::Compare(Box::new(left), comparison, Box::new(right)),
        })
    }
}
