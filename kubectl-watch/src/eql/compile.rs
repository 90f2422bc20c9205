//! Tree to compiled form: names to fields, patterns to matchers, and all that is known beforehand worked out.

mod calculation;
mod test;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

use self::test::{like, regex};
use super::ast::{Kind, Literal, Matching, Node, Tree};
use super::calculation::Calculation;
use super::condition::{Condition, Subject};
use super::error::{At, Located};
use super::set::Constants;
use super::value::Test;
use super::{Field, Schema};

/// Regular expressions of one query. Each can take a megabyte, however short it is.
const MAX_REGEXES: usize = 64;

/// Why something was known before any event was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The field, as the query names it.
    pub field: String,
    /// What is known of it, in words.
    pub known: String,
}

impl Display for Cause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.known)
    }
}

/// What compiling a tree gives.
pub(super) struct Compiled {
    pub(super) condition: Condition,
    /// Why the condition is the same for every event, where it is.
    pub(super) causes: Vec<Cause>,
    /// Fields that the schema does not know, named without `?`, with their places.
    pub(super) unknown: Vec<(String, At)>,
    /// Fields that the schema knows and that no event has.
    pub(super) unfilled: BTreeSet<String>,
    /// The names of the fields that the condition still reads.
    pub(super) fields: BTreeMap<Field, &'static str>,
}

/// Compiles a tree.
pub(super) fn compile(tree: &Tree, schema: &dyn Schema) -> Result<Compiled, Located> {
    if let Some(category) = &tree.category
        && category != schema.category()
    {
        let text = format!(
            "this sensor sees only {} starts, so `{category} where` never matches",
            schema.category()
        );
        return Err(Located::unsupported(At(0), text));
    }
    let mut compiler = Compiler {
        schema,
        unknown: Vec::new(),
        unfilled: BTreeSet::new(),
        regexes: 0,
    };
    let folded = compiler.condition(&tree.condition)?;
    let mut fields = BTreeMap::new();
    folded.condition.each_field(&mut |field| {
        fields.insert(field, schema.name(field));
    });
    let Compiler {
        unknown, unfilled, ..
    } = compiler;
    Ok(Compiled {
        condition: folded.condition,
        causes: folded.causes,
        unknown,
        unfilled,
        fields,
    })
}

/// A condition, and the causes if it is the same for every event.
struct Folded {
    condition: Condition,
    causes: Vec<Cause>,
}

/// A calculation, and the causes of what in it is the same for every event.
struct Computed {
    calculation: Calculation,
    causes: Vec<Cause>,
}

struct Compiler<'a> {
    schema: &'a dyn Schema,
    unknown: Vec<(String, At)>,
    unfilled: BTreeSet<String>,
    /// Regular expressions so far.
    regexes: usize,
}

impl Compiler<'_> {
    fn condition(&mut self, node: &Node) -> Result<Folded, Located> {
        match &node.kind {
            Kind::Literal(Literal::Bool(value)) => Ok(Folded {
                condition: Condition::Always(*value),
                causes: vec![],
            }),
            Kind::Literal(Literal::Null) => Ok(Folded {
                condition: Condition::Always(false),
                causes: vec![],
            }),
            Kind::Literal(_) | Kind::Negative(_) | Kind::Arithmetic(..) => Err(Located::syntax(
                node.at,
                "this is a value, and a condition is needed",
            )),
            Kind::Field { .. } => {
                let subject = self.calculation(node)?;
                self.test(node.at, subject, Test::True)
            }
            Kind::Not(inner) => Ok(negated(self.condition(inner)?)),
            Kind::And(parts) => self.chain(parts, false),
            Kind::Or(parts) => self.chain(parts, true),
            Kind::Compare(left, comparison, right) => self.compare(node.at, left, *comparison, right),
            Kind::In {
                subject,
                not,
                fold,
                list,
            } => {
                let mut constants = Vec::new();
                for item in list {
                    constants.extend(self.constant(item)?);
                }
                let subject = self.calculation(subject)?;
                let found = self.test(node.at, subject, Test::Equal(Constants::new(constants, *fold)))?;
                Ok(if *not { negated(found) } else { found })
            }
            Kind::Match {
                subject,
                operator,
                patterns,
                places,
            } => {
                let test = match operator {
                    Matching::Colon => like(patterns, true),
                    Matching::Like { fold } => like(patterns, *fold),
                    Matching::Regex { fold } => {
                        self.regexes += patterns.len();
                        if self.regexes > MAX_REGEXES {
                            let text = format!("a query can have {MAX_REGEXES} regular expressions");
                            return Err(Located::too_large(node.at, text));
                        }
                        regex(patterns, places, *fold)?
                    }
                };
                let subject = self.calculation(subject)?;
                self.test(node.at, subject, test)
            }
            Kind::Call {
                name,
                fold,
                arguments,
            } => self.test_call(node.at, name, *fold, arguments),
        }
    }

    /// Conditions of which all or, where `decisive` is true, one must hold.
    fn chain(&mut self, parts: &[Node], decisive: bool) -> Result<Folded, Located> {
        let mut kept = Vec::new();
        let mut causes = Vec::new();
        let mut decided: Option<Folded> = None;
        for part in parts {
            let folded = self.condition(part)?;
            match folded.condition {
                Condition::Always(value) if value == decisive => decided = decided.or(Some(folded)),
                Condition::Always(_) => causes.extend(folded.causes),
                condition => kept.push(condition),
            }
        }
        if let Some(decided) = decided {
            return Ok(decided);
        }
        kept.sort_by_key(Condition::cost);
        let condition = match kept.len() {
            0 => Condition::Always(!decisive),
            1 => kept.swap_remove(0),
            _ if decisive => Condition::Any(kept),
            _ => Condition::All(kept),
        };
        Ok(Folded { condition, causes })
    }

    /// A test of what was computed; decided here if that is known.
    fn test(&self, at: At, computed: Computed, test: Test) -> Result<Folded, Located> {
        let Computed { calculation, causes } = computed;
        let never = matches!(&test, Test::Equal(list) if list.is_empty());
        let condition = match calculation {
            _ if never => {
                return Ok(Folded {
                    condition: Condition::Always(false),
                    causes: vec![],
                });
            }
            Calculation::Missing => Condition::Always(false),
            Calculation::Constant(constant) => Condition::Always(test.meets(constant.as_value())),
            Calculation::Field(field) => Condition::Test(Subject::Field(field), test),
            Calculation::Holds(condition) if test == Test::True => *condition,
            calculation => {
                let repeating = self.repeating(at, &calculation)?;
                Condition::Test(Subject::Computed(calculation, repeating), test)
            }
        };
        Ok(Folded { condition, causes })
    }
}

fn negated(folded: Folded) -> Folded {
    let condition = match folded.condition {
        Condition::Always(value) => Condition::Always(!value),
        Condition::Not(inner) => *inner,
        condition => Condition::Not(Box::new(condition)),
    };
    Folded {
        condition,
        causes: folded.causes,
    }
}

fn reads_field(node: &Node) -> bool {
    match &node.kind {
        Kind::Literal(_) => false,
        Kind::Field { .. } => true,
        Kind::Not(inner) | Kind::Negative(inner) | Kind::Match { subject: inner, .. } => reads_field(inner),
        Kind::And(parts) | Kind::Or(parts) | Kind::Call { arguments: parts, .. } => {
            parts.iter().any(reads_field)
        }
        Kind::Compare(left, _, right) => reads_field(left) || reads_field(right),
        Kind::In { subject, list, .. } => reads_field(subject) || list.iter().any(reads_field),
        Kind::Arithmetic(first, rest) => reads_field(first) || rest.iter().any(|(_, term)| reads_field(term)),
    }
}
