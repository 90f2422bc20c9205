//! The same query with other texts in it.

use super::{Kind, Literal, Node, Tree};

impl Tree {
    /// The same with each of its texts changed.
    #[must_use]
    pub fn with_texts(&self, change: &Change<'_>) -> Self {
        Self {
            category: self.category.clone(),
            condition: self.condition.with_texts(change, false),
        }
    }
}

/// What becomes of each text.
pub struct Change<'a> {
    /// Which fields are marked.
    pub is_marked: &'a dyn Fn(&str) -> bool,
    /// The new text, of the old one and of whether it is held against a marked field.
    pub text: &'a dyn Fn(&str, bool) -> String,
}

impl Node {
    fn with_texts(&self, change: &Change<'_>, is_beside: bool) -> Self {
        let is_whole = matches!(self.kind, Kind::And(_) | Kind::Or(_) | Kind::Not(_));
        let is_beside = is_beside || (!is_whole && self.names(change.is_marked));
        let each = |nodes: &[Self]| {
            nodes
                .iter()
                .map(|node| node.with_texts(change, is_beside))
                .collect()
        };
        let boxed = |node: &Self| Box::new(node.with_texts(change, is_beside));
        let kind = match &self.kind {
            Kind::Literal(literal) => Kind::Literal(literal.with_text(change, is_beside)),
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
                patterns: patterns
                    .iter()
                    .map(|pattern| pattern.with_text(change, is_beside))
                    .collect(),
                places: places.clone(),
            },
            Kind::Negative(inner) => Kind::Negative(boxed(inner)),
            Kind::Arithmetic(first, rest) => {
                let rest = rest
                    .iter()
                    .map(|(operator, term)| (*operator, term.with_texts(change, is_beside)));
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

    /// Whether such a field is in it.
    fn names(&self, is: &dyn Fn(&str) -> bool) -> bool {
        let any = |nodes: &[Self]| nodes.iter().any(|node| node.names(is));
        match &self.kind {
            Kind::Literal(_) => false,
            Kind::Field { name, .. } => is(name),
            Kind::Not(inner) | Kind::Negative(inner) => inner.names(is),
            Kind::And(parts) | Kind::Or(parts) => any(parts),
            Kind::Compare(left, _, right) => left.names(is) || right.names(is),
            Kind::In { subject, list, .. } => subject.names(is) || any(list),
            Kind::Match { subject, .. } => subject.names(is),
            Kind::Arithmetic(first, rest) => first.names(is) || rest.iter().any(|(_, term)| term.names(is)),
            Kind::Call { arguments, .. } => any(arguments),
        }
    }
}

impl Literal {
    fn with_text(&self, change: &Change<'_>, is_beside: bool) -> Self {
        match self {
            Self::Str(text) => Self::Str((change.text)(text, is_beside)),
            other => other.clone(),
        }
    }
}
