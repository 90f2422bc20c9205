//! The way back from a tree to text. What is printed parses to the same tree.

use std::fmt::{self, Display, Formatter};

use super::{KEYWORDS, Kind, Literal, Node, Tree};

impl Display for Tree {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.category {
            Some(category) if is_word(category) && !KEYWORDS.contains(&category.as_str()) => {
                write!(f, "{category}")?;
            }
            Some(category) => write_string(f, category)?,
            None => write!(f, "any")?,
        }
        write!(f, " where {}", self.condition)
    }
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Literal(literal) => write!(f, "{literal}"),
            Kind::Field { name, optional } => {
                write!(f, "{}", if *optional { "?" } else { "" })?;
                write_name(f, name)
            }
            Kind::Not(inner) => {
                write!(f, "not ")?;
                inner.within(f, |kind| !matches!(kind, Kind::And(_) | Kind::Or(_)))
            }
            Kind::And(parts) => separated(f, parts, " and ", |f, part| {
                part.within(f, |kind| !matches!(kind, Kind::And(_) | Kind::Or(_)))
            }),
            Kind::Or(parts) => separated(f, parts, " or ", |f, part| {
                part.within(f, |kind| !matches!(kind, Kind::Or(_)))
            }),
            Kind::Compare(left, comparison, right) => {
                left.within(f, Kind::is_operand)?;
                write!(f, " {} ", comparison.sign())?;
                right.within(f, Kind::is_operand)
            }
            Kind::In {
                subject,
                not,
                fold,
                list,
            } => {
                subject.within(f, Kind::is_primary)?;
                write!(
                    f,
                    " {}in{} (",
                    if *not { "not " } else { "" },
                    if *fold { "~" } else { "" }
                )?;
                separated(f, list, ", ", |f, item| write!(f, "{item}"))?;
                write!(f, ")")
            }
            Kind::Match {
                subject,
                operator,
                patterns,
                ..
            } => {
                subject.within(f, Kind::is_primary)?;
                write!(f, " {} (", operator.word())?;
                separated(f, patterns, ", ", |f, pattern| write!(f, "{pattern}"))?;
                write!(f, ")")
            }
            Kind::Negative(inner) => {
                write!(f, "-")?;
                // A bracket would be one level more than was written.
                inner.within(f, |kind| {
                    matches!(kind, Kind::Field { .. } | Kind::Call { .. } | Kind::Negative(_))
                })
            }
            Kind::Arithmetic(first, rest) => {
                let additive = rest.first().is_some_and(|(operator, _)| operator.additive());
                let bare = |kind: &Kind| match kind {
                    Kind::Arithmetic(_, inner) => {
                        additive && inner.iter().all(|(operator, _)| !operator.additive())
                    }
                    other => other.is_operand(),
                };
                first.within(f, bare)?;
                for (operator, term) in rest {
                    write!(f, " {} ", operator.sign())?;
                    term.within(f, bare)?;
                }
                Ok(())
            }
            Kind::Call {
                name,
                fold,
                arguments,
            } => {
                write!(f, "{name}{}(", if *fold { "~" } else { "" })?;
                separated(f, arguments, ", ", |f, argument| write!(f, "{argument}"))?;
                write!(f, ")")
            }
        }
    }
}

impl Kind {
    /// Whether it can stand beside a comparison or an operator of arithmetic without brackets.
    fn is_operand(&self) -> bool {
        matches!(
            self,
            Self::Literal(_)
                | Self::Field { .. }
                | Self::Call { .. }
                | Self::Negative(_)
                | Self::Arithmetic(..)
        )
    }

    /// Whether it can stand before `in` or `like` without brackets.
    fn is_primary(&self) -> bool {
        match self {
            Self::Literal(Literal::Int(number)) => *number >= 0,
            Self::Literal(Literal::Float(number)) => number.is_sign_positive(),
            Self::Literal(_) | Self::Field { .. } | Self::Call { .. } => true,
            _ => false,
        }
    }
}

impl Node {
    /// Prints it, in brackets unless it may stand bare.
    fn within(&self, f: &mut Formatter<'_>, bare: impl Fn(&Kind) -> bool) -> fmt::Result {
        if bare(&self.kind) {
            write!(f, "{self}")
        } else {
            write!(f, "({self})")
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => write!(f, "null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Str(text) => write_string(f, text),
        }
    }
}

fn separated<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    between: &str,
    write_item: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}", if index == 0 { "" } else { between })?;
        write_item(f, item)?;
    }
    Ok(())
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '@')
        && text[1..].chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn write_name(f: &mut Formatter<'_>, name: &str) -> fmt::Result {
    let mut words = name.split('.');
    if words.clone().all(is_word) && words.next().is_some_and(|first| !KEYWORDS.contains(&first)) {
        write!(f, "{name}")
    } else {
        write!(f, "`{}`", name.replace('`', "``"))
    }
}

fn write_string(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "\"")?;
    for character in text.chars() {
        match character {
            '"' => write!(f, "\\\"")?,
            '\\' => write!(f, "\\\\")?,
            '\n' => write!(f, "\\n")?,
            '\r' => write!(f, "\\r")?,
            '\t' => write!(f, "\\t")?,
            control if control.is_control() => write!(f, "\\u{{{:02x}}}", u32::from(control))?,
            other => write!(f, "{other}")?,
        }
    }
    write!(f, "\"")
}
