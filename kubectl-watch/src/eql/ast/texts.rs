//! The same query with other texts in it.

use super::{Kind, Literal, Node, Tree};

impl Tree {
    /// The same with each of its texts changed.
    #[must_use]
    pub fn with_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        Self {
            category: self.category.clone(),
            condition: self.condition.with_texts(change),
        }
    }
}

impl Node {
    fn with_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        let each = |nodes: &[Self]| nodes.iter().map(|node| node.with_texts(change)).collect();
        let boxed = |node: &Self| Box::new(node.with_texts(change));
        let kind = match &self.kind {
            Kind::Literal(literal) => Kind::Literal(literal.with_text(change)),
            Kind::Field { .. } => self.kind.clone(),
            Kind::Not(inner) => Kind::Not(boxed(inner)),
            Kind::And(parts) => Kind::And(each(parts)),
            Kind::Or(parts) => Kind::Or(each(parts)),
            Kind::Compare(left, comparison, right) => Kind::Compare(boxed(left), *comparison, boxed(right)),
            Kind::In {
                subject,
                not,
                fold,
                list,
            } => Kind::In {
                subject: boxed(subject),
                not: *not,
                fold: *fold,
                list: each(list),
            },
            Kind::Match {
                subject,
                operator,
                patterns,
                places,
            } => Kind::Match {
                subject: boxed(subject),
                operator: *operator,
                patterns: patterns.iter().map(|pattern| pattern.with_text(change)).collect(),
                places: places.clone(),
            },
            Kind::Negative(inner) => Kind::Negative(boxed(inner)),
            Kind::Arithmetic(first, rest) => {
                let rest = rest
                    .iter()
                    .map(|(operator, term)| (*operator, term.with_texts(change)));
                Kind::Arithmetic(boxed(first), rest.collect())
            }
            Kind::Call {
                name,
                fold,
                arguments,
            } => Kind::Call {
                name: name.clone(),
                fold: *fold,
                arguments: each(arguments),
            },
        };
        Self { at: self.at, kind }
    }
}

impl Literal {
    fn with_text(&self, change: &dyn Fn(&str) -> String) -> Self {
        match self {
            Self::Str(text) => Self::Str(change(text)),
            other => other.clone(),
        }
    }
}
