//! Tokens to a tree, by recursive descent. What EQL has and event queries have not is refused by name.

use super::ast::{Comparison, KEYWORDS, Kind, Literal, Matching, Node, Operator, Tree};
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

    fn sum(&mut self) -> Result<Node, Located> {
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
