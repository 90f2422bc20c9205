//! Tree to compiled form: names to fields, patterns to matchers, and all that is known beforehand worked out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

use super::ast::{Comparison, Kind, Literal, Matching, Node, Operator, Tree};
use super::calculation::Calculation;
use super::condition::{Condition, Subject};
use super::error::{At, Located};
use super::function::{Function, Network};
use super::glob::Glob;
use super::pattern::Pattern;
use super::value::{Constant, Test};
use super::{Event, Field, Knowledge, Schema, Value};

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
}

/// The event before any event: nothing has a value.
struct Nothing;

impl Event for Nothing {
    fn any(&self, _: Field, _: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        false
    }
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
                let found = self.test(
                    node.at,
                    subject,
                    Test::Equal {
                        list: constants,
                        fold: *fold,
                    },
                )?;
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
                    Matching::Regex { fold } => regex(patterns, places, *fold)?,
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

    fn compare(
        &mut self,
        at: At,
        left: &Node,
        comparison: Comparison,
        right: &Node,
    ) -> Result<Folded, Located> {
        let (subject, comparison, other) = match (reads_field(left), reads_field(right)) {
            (true, true) => {
                return Err(Located::unsupported(
                    at,
                    "a field can be compared with a constant, not with another field",
                ));
            }
            (false, true) => (right, comparison.turned(), left),
            _ if is_null(left) => (right, comparison.turned(), left),
            _ => (left, comparison, right),
        };
        let constant = self.constant(other)?;
        let computed = self.calculation(subject)?;
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let test = match constant {
            // `== null` is absence and `!= null` presence.
            None if is_null(other) && equality => {
                let present = self.test(at, computed, Test::Present)?;
                return Ok(if comparison == Comparison::Equal {
                    negated(present)
                } else {
                    present
                });
            }
            None => Test::Equal {
                list: vec![],
                fold: false,
            },
            Some(constant) if equality => Test::Equal {
                list: vec![constant],
                fold: false,
            },
            Some(constant) => Test::Order(comparison, constant),
        };
        let met = self.test(at, computed, test)?;
        Ok(if comparison == Comparison::NotEqual {
            negated(met)
        } else {
            met
        })
    }

    fn test_call(&mut self, at: At, name: &str, fold: bool, arguments: &[Node]) -> Result<Folded, Located> {
        let function = Function::find(name, arguments.len()).map_err(|text| Located::syntax(at, text))?;
        if !function.is_test() {
            return Err(Located::syntax(
                at,
                format!("`{name}` gives a value, and a condition is needed"),
            ));
        }
        let patterns = &arguments[1..];
        if patterns.iter().any(reads_field) {
            if matches!(function, Function::CidrMatch | Function::Wildcard) {
                return Err(Located::unsupported(
                    at,
                    format!("`{name}` takes a value and then constants"),
                ));
            }
            let computed = self.call(function, fold, arguments)?;
            return self.test(at, computed, Test::True);
        }
        let mut constants = Vec::new();
        for pattern in patterns {
            constants.extend(self.constant(pattern)?);
        }
        let texts: Vec<Vec<u8>> = constants.iter().map(Constant::printed).collect();
        let globs =
            |glob: fn(&[u8], bool) -> Glob| Test::Like(texts.iter().map(|text| glob(text, fold)).collect());
        let test = match function {
            Function::StartsWith => globs(Glob::prefix),
            Function::EndsWith => globs(Glob::suffix),
            Function::StringContains => globs(Glob::contains),
            Function::CidrMatch => {
                let mut networks = Vec::new();
                for (text, node) in texts.iter().zip(patterns) {
                    let text = String::from_utf8_lossy(text);
                    let wrong =
                        || Located::syntax(node.at, format!("`{text}` is no range such as 10.0.0.0/8"));
                    networks.push(Network::new(&text).ok_or_else(wrong)?);
                }
                Test::Network(networks)
            }
            _ => globs(|text, fold| Glob::new(&String::from_utf8_lossy(text), fold)),
        };
        let subject = self.calculation(&arguments[0])?;
        self.test(at, subject, test)
    }

    /// A test of what was computed; decided here if that is known.
    fn test(&self, at: At, computed: Computed, test: Test) -> Result<Folded, Located> {
        let Computed { calculation, causes } = computed;
        let never = matches!(&test, Test::Equal { list, .. } if list.is_empty());
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

    /// The one field of a calculation that may have several values. With two of them the work would be their
    /// product, and how many there are is the attacker's choice.
    fn repeating(&self, at: At, calculation: &Calculation) -> Result<Option<Field>, Located> {
        let mut repeating = BTreeSet::new();
        each_read(calculation, &mut |field| {
            if self.schema.repeats(field) {
                repeating.insert(field);
            }
        });
        let mut fields = repeating.into_iter();
        match (fields.next(), fields.next()) {
            (Some(one), Some(two)) => {
                let (one, two) = (self.schema.name(one), self.schema.name(two));
                Err(Located::unsupported(
                    at,
                    format!("{one} and {two} both have several values; use one of them"),
                ))
            }
            (one, _) => Ok(one),
        }
    }

    fn calculation(&mut self, node: &Node) -> Result<Computed, Located> {
        let known = |calculation| Computed {
            calculation,
            causes: vec![],
        };
        match &node.kind {
            Kind::Literal(literal) => Ok(known(
                Constant::new(literal).map_or(Calculation::Missing, Calculation::Constant),
            )),
            Kind::Field { name, optional } => Ok(self.field(node.at, name, *optional)),
            Kind::Negative(inner) => {
                let inner = self.number(inner)?;
                Ok(settled(
                    Calculation::Negative(Box::new(inner.calculation.clone())),
                    vec![inner],
                ))
            }
            Kind::Arithmetic(first, rest) => {
                let mut parts = vec![self.number(first)?];
                for (_, term) in rest {
                    parts.push(self.number(term)?);
                }
                let mut calculations = parts.iter().map(|part| part.calculation.clone());
                let first = calculations.next().unwrap_or(Calculation::Missing);
                let operators = rest.iter().map(|(operator, _)| *operator);
                let rest: Vec<(Operator, Calculation)> = operators.zip(calculations).collect();
                Ok(settled(Calculation::Arithmetic(Box::new(first), rest), parts))
            }
            Kind::Call {
                name,
                fold,
                arguments,
            } => {
                let function =
                    Function::find(name, arguments.len()).map_err(|text| Located::syntax(node.at, text))?;
                if function.is_test() {
                    return self.holds(node);
                }
                self.call(function, *fold, arguments)
            }
            _ => self.holds(node),
        }
    }

    fn call(&mut self, function: Function, fold: bool, arguments: &[Node]) -> Result<Computed, Located> {
        let mut parts = Vec::new();
        for argument in arguments {
            parts.push(self.calculation(argument)?);
        }
        let arguments = parts.iter().map(|part| part.calculation.clone()).collect();
        Ok(settled(
            Calculation::Call {
                function,
                fold,
                arguments,
            },
            parts,
        ))
    }

    /// A condition as a value.
    fn holds(&mut self, node: &Node) -> Result<Computed, Located> {
        let Folded { condition, causes } = self.condition(node)?;
        let calculation = match condition {
            Condition::Always(value) => Calculation::Constant(Constant::Bool(value)),
            condition => Calculation::Holds(Box::new(condition)),
        };
        Ok(Computed { calculation, causes })
    }

    /// A calculation that can be a number.
    fn number(&mut self, node: &Node) -> Result<Computed, Located> {
        let computed = self.calculation(node)?;
        let field = matches!(node.kind, Kind::Field { .. });
        match computed.calculation {
            Calculation::Constant(Constant::Str(_) | Constant::Bool(_)) | Calculation::Holds(_) if !field => {
                Err(Located::syntax(node.at, "a number is needed here"))
            }
            _ => Ok(computed),
        }
    }

    /// What a part without fields comes to; none for null.
    fn constant(&mut self, node: &Node) -> Result<Option<Constant>, Located> {
        if reads_field(node) {
            return Err(Located::unsupported(
                node.at,
                "a constant is needed here, not a field",
            ));
        }
        match self.calculation(node)?.calculation {
            Calculation::Constant(constant) => Ok(Some(constant)),
            _ => Ok(None),
        }
    }

    fn field(&mut self, at: At, name: &str, optional: bool) -> Computed {
        let (calculation, known) = match self.schema.field(name) {
            None => {
                if !optional && !self.unknown.iter().any(|(known, _)| known == name) {
                    self.unknown.push((name.to_owned(), at));
                }
                (Calculation::Missing, "is no field that is known here".to_owned())
            }
            Some(field) => match self.schema.knowledge(field) {
                Knowledge::Varies => (Calculation::Field(field), String::new()),
                Knowledge::Always(value) => {
                    let constant = Constant::of(value);
                    let known = format!("is always {constant} here");
                    (Calculation::Constant(constant), known)
                }
                Knowledge::Never => {
                    self.unfilled.insert(name.to_owned());
                    (Calculation::Missing, "is not filled by this sensor".to_owned())
                }
            },
        };
        let cause = (!known.is_empty()).then(|| Cause {
            field: name.to_owned(),
            known,
        });
        Computed {
            calculation,
            causes: cause.into_iter().collect(),
        }
    }
}

/// The calculation, worked out as far as its parts are known.
fn settled(calculation: Calculation, parts: Vec<Computed>) -> Computed {
    let missing = parts.iter().any(|part| part.calculation == Calculation::Missing);
    let known = parts
        .iter()
        .all(|part| matches!(part.calculation, Calculation::Constant(_)));
    let causes = parts.into_iter().flat_map(|part| part.causes).collect();
    let calculation = match (missing, known) {
        (true, _) => Calculation::Missing,
        (_, true) => calculation
            .value(&Nothing, None)
            .map_or(Calculation::Missing, Calculation::Constant),
        _ => calculation,
    };
    Computed { calculation, causes }
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

fn like(patterns: &[Literal], fold: bool) -> Test {
    let constants = patterns.iter().filter_map(Constant::new);
    let globs = constants.map(|constant| Glob::new(&String::from_utf8_lossy(&constant.printed()), fold));
    Test::Like(Glob::distinct(globs.collect()))
}

fn regex(patterns: &[Literal], places: &[At], fold: bool) -> Result<Test, Located> {
    let compiled = patterns.iter().zip(places).map(|(pattern, at)| match pattern {
        Literal::Str(text) => Pattern::new(text, fold).map_err(|text| Located::syntax(*at, text)),
        _ => Err(Located::syntax(*at, "a regular expression is a string")),
    });
    compiled.collect::<Result<_, _>>().map(Test::Regex)
}

fn is_null(node: &Node) -> bool {
    matches!(node.kind, Kind::Literal(Literal::Null))
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

/// The fields whose values go into the calculation; not those of conditions in it, which stand by themselves.
fn each_read(calculation: &Calculation, see: &mut dyn FnMut(Field)) {
    match calculation {
        Calculation::Missing | Calculation::Constant(_) | Calculation::Holds(_) => {}
        Calculation::Field(field) => see(*field),
        Calculation::Negative(inner) => each_read(inner, see),
        Calculation::Arithmetic(first, rest) => {
            each_read(first, see);
            rest.iter().for_each(|(_, term)| each_read(term, see));
        }
        Calculation::Call { arguments, .. } => arguments.iter().for_each(|argument| each_read(argument, see)),
    }
}
