//! A query as it was written.
//!
//! Chains are flat, so that only nesting, which the parser bounds, is deep.

mod print;
mod texts;

pub use texts::Change;

use super::error::At;

/// An event query.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// The event category, none for `any`.
    pub category: Option<String>,
    /// What must hold.
    pub condition: Node,
}

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub at: At,
    /// What it is.
    pub kind: Kind,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A constant.
    Literal(Literal),
    /// A field of the event; optional with a `?` in front.
    Field {
        /// Its name, dots included.
        name: String,
        /// Whether it may be unknown without a warning.
        optional: bool,
    },
    /// `not a`
    Not(Box<Node>),
    /// `a and b and c`
    And(Vec<Node>),
    /// `a or b or c`
    Or(Vec<Node>),
    /// `a == b`
    Compare(Box<Node>, Comparison, Box<Node>),
    /// `a in (b, c)`, `a not in~ (b, c)`
    In {
        /// What is looked for.
        subject: Box<Node>,
        /// Whether it must not be found.
        not: bool,
        /// Whether case is ignored.
        fold: bool,
        /// Where it is looked for.
        list: Vec<Node>,
    },
    /// `a : "b*"`, `a like~ ("b*", "c")`, `a regex "b+"`
    Match {
        /// What is looked at.
        subject: Box<Node>,
        /// How.
        operator: Matching,
        /// The patterns.
        patterns: Vec<Literal>,
        /// Where each pattern stands.
        places: Vec<At>,
    },
    /// `-a`
    Negative(Box<Node>),
    /// `a + b - c` or `a * b / c`: operators of one precedence, from left to right.
    Arithmetic(Box<Node>, Vec<(Operator, Node)>),
    /// `length(a)`, `startsWith~(a, "b")`
    Call {
        /// The function's name, without its `~`.
        name: String,
        /// Whether case is ignored.
        fold: bool,
        /// What it is given.
        arguments: Vec<Node>,
    },
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// No value at all.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Str(String),
}

/// `==`, `!=` and the orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How a pattern is held against a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// `:`, which ignores case.
    Colon,
    /// `like` and `like~`.
    Like {
        /// Whether case is ignored.
        fold: bool,
    },
    /// `regex` and `regex~`.
    Regex {
        /// Whether case is ignored.
        fold: bool,
    },
}

/// An operator of arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Comparison {
    /// The same seen from the other side.
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    /// As it is written.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Matching {
    const fn word(self) -> &'static str {
        match self {
            Self::Colon => ":",
            Self::Like { fold: false } => "like",
            Self::Like { fold: true } => "like~",
            Self::Regex { fold: false } => "regex",
            Self::Regex { fold: true } => "regex~",
        }
    }
}

impl Operator {
    /// Whether it binds like `+`, not like `*`.
    pub(super) const fn additive(self) -> bool {
        matches!(self, Self::Add | Self::Subtract)
    }

    /// As it is written.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// Words that a field's name cannot begin with unless it is in backquotes.
pub(super) const KEYWORDS: &[&str] = &[
    "and", "any", "by", "false", "in", "join", "like", "maxspan", "not", "null", "of", "or", "regex",
    "sample", "sequence", "true", "until", "where", "with",
];
