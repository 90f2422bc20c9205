//! What stands between `and`, `or` and `not`: values, arithmetic, and the tests written behind a value.

use super::super::ast::{KEYWORDS, Kind, Literal, Matching, Node, Operator};
use super::super::error::{At, Located};
use super::super::lexer::Token;
use super::Parser;

impl Parser {
    pub(super) fn sum(&mut self) -> Result<Node, Located> {
        self.arithmetic(&[Operator::Add, Operator::Subtract], |parser| {
            parser.arithmetic(
                &[Operator::Multiply, Operator::Divide, Operator::Remainder],
                Self::term,
            )
        })
    }

    fn arithmetic(
        &mut self,
        operators: &[Operator],
        term: fn(&mut Self) -> Result<Node, Located>,
    ) -> Result<Node, Located> {
        let at = self.at();
        let first = term(self)?;
        let mut rest = Vec::new();
        while let Some(&operator) = operators
            .iter()
            .find(|operator| *self.peek() == Token::Sign(operator.sign()))
        {
            self.advance();
            rest.push((operator, term(self)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Node {
            at,
            kind: Kind::Arithmetic(Box::new(first), rest),
        })
    }

    /// A sign and what it belongs to, or a value with `in`, `:`, `like` or `regex` behind it.
    fn term(&mut self) -> Result<Node, Located> {
        let at = self.at();
        if self.take_sign("+") {
            return self.deeper(Self::term);
        }
        if self.take_sign("-") {
            if let Some(number) = self.number(true)? {
                return Ok(Node {
                    at,
                    kind: Kind::Literal(number),
                });
            }
            let inner = self.deeper(Self::term)?;
            return Ok(Node {
                at,
                kind: Kind::Negative(Box::new(inner)),
            });
        }
        let primary = self.primary()?;
        self.predicate(primary)
    }

    fn predicate(&mut self, subject: Node) -> Result<Node, Located> {
        let at = self.at();
        let not = self.take_word("not");
        let fold = matches!(self.peek(), Token::TildeWord(_));
        let operator = match self.peek() {
            Token::Word(word) | Token::TildeWord(word) => match word.as_str() {
                "in" => None,
                "like" => Some(Matching::Like { fold }),
                "regex" => Some(Matching::Regex { fold }),
                _ if not => return Err(self.unexpected("`in` or `in~`")),
                _ => return Ok(subject),
            },
            Token::Sign(":") => Some(Matching::Colon),
            _ if not => return Err(self.unexpected("`in` or `in~`")),
            _ => return Ok(subject),
        };
        if not && operator.is_some() {
            return Err(self.unexpected("`in` or `in~` (otherwise `not` goes before the whole test)"));
        }
        self.advance();
        let subject = Box::new(subject);
        let kind = match operator {
            None => {
                self.expect_sign("(")?;
                Kind::In {
                    subject,
                    not,
                    fold,
                    list: self.list(Self::expression)?,
                }
            }
            Some(operator) => {
                let patterns = if self.take_sign("(") {
                    self.list(Self::pattern)?
                } else {
                    vec![self.pattern()?]
                };
                let (patterns, places) = patterns.into_iter().unzip();
                Kind::Match {
                    subject,
                    operator,
                    patterns,
                    places,
                }
            }
        };
        Ok(Node { at, kind })
    }

    /// Items up to the closing bracket; at least one.
    fn list<T>(&mut self, item: fn(&mut Self) -> Result<T, Located>) -> Result<Vec<T>, Located> {
        let mut items = vec![self.deeper(item)?];
        while self.take_sign(",") {
            items.push(self.deeper(item)?);
        }
        self.expect_sign(")")?;
        Ok(items)
    }

    fn pattern(&mut self) -> Result<(Literal, At), Located> {
        let at = self.at();
        let negative = self.take_sign("-");
        let literal = match self.number(negative)? {
            Some(number) => Some(number),
            None if negative => None,
            None => self.constant(),
        };
        match literal {
            Some(Literal::Null) => Err(Located::syntax(at, "absence is tested with `== null`")),
            Some(literal) => Ok((literal, at)),
            None => Err(self.unexpected("a constant")),
        }
    }

    /// A number, if one comes next.
    fn number(&mut self, negative: bool) -> Result<Option<Literal>, Located> {
        let number = match *self.peek() {
            Token::Int(digits) if negative => 0i64.checked_sub_unsigned(digits).map(Literal::Int),
            Token::Int(digits) => i64::try_from(digits).ok().map(Literal::Int),
            Token::Float(float) => Some(Literal::Float(if negative { -float } else { float })),
            _ => return Ok(None),
        };
        let number = number.ok_or_else(|| Located::syntax(self.at(), "this number is too large"))?;
        self.advance();
        Ok(Some(number))
    }

    /// A constant other than a number, if one comes next.
    fn constant(&mut self) -> Option<Literal> {
        let literal = match self.peek() {
            Token::Str(text) => Literal::Str(text.clone()),
            Token::Word(word) => match word.as_str() {
                "true" => Literal::Bool(true),
                "false" => Literal::Bool(false),
                "null" => Literal::Null,
                _ => return None,
            },
            _ => return None,
        };
        self.advance();
        Some(literal)
    }

    fn primary(&mut self) -> Result<Node, Located> {
        let at = self.at();
        if let Some(number) = self.number(false)? {
            return Ok(Node {
                at,
                kind: Kind::Literal(number),
            });
        }
        if let Some(literal) = self.constant() {
            return Ok(Node {
                at,
                kind: Kind::Literal(literal),
            });
        }
        if self.take_sign("(") {
            let inner = self.deeper(Self::expression)?;
            self.expect_sign(")")?;
            return Ok(inner);
        }
        if matches!(self.tokens.get(self.next + 1), Some((Token::Word(word), _)) if word == "of") {
            let text = "`… of` relates a process to others; name its parent's fields instead";
            return Err(Located::unsupported(at, text));
        }
        let optional = self.take_sign("?");
        let call = matches!(self.tokens.get(self.next + 1), Some((Token::Sign("("), _)));
        let (name, fold) = match self.peek() {
            Token::TildeWord(name) if call && !optional => (name.clone(), true),
            Token::Word(name) if call && !optional && !KEYWORDS.contains(&name.as_str()) => {
                (name.clone(), false)
            }
            Token::Word(name) if !KEYWORDS.contains(&name.as_str()) => return self.field(at, optional),
            Token::Quoted(_) => return self.field(at, optional),
            _ => return Err(self.unexpected("a field, a constant, a function or `(`")),
        };
        self.advance();
        self.advance();
        let arguments = if self.take_sign(")") {
            Vec::new()
        } else {
            self.list(Self::expression)?
        };
        Ok(Node {
            at,
            kind: Kind::Call {
                name,
                fold,
                arguments,
            },
        })
    }

    fn field(&mut self, at: At, optional: bool) -> Result<Node, Located> {
        let mut name = String::new();
        loop {
            match self.peek() {
                Token::Word(word) | Token::Quoted(word) => name.push_str(word),
                _ => return Err(self.unexpected("the rest of a field's name")),
            }
            self.advance();
            if matches!(self.peek(), Token::Sign("[")) {
                let text = "an element of an array cannot be named; a test is true when any value meets it";
                return Err(Located::unsupported(self.at(), text));
            }
            if !self.take_sign(".") {
                return Ok(Node {
                    at,
                    kind: Kind::Field { name, optional },
                });
            }
            name.push('.');
        }
    }
}
