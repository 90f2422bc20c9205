//! Values: fields to their numbers, and what is known beforehand computed.

use super::super::ast::{Kind, Node, Operator};
use super::super::calculation::Calculation;
use super::super::condition::Condition;
use super::super::error::{At, Located};
use super::super::function::Function;
use super::super::value::Constant;
use super::super::{Event, Field, Knowledge, Value};
use super::{Cause, Compiler, Computed, Folded, reads_field};

/// The event before any event: nothing has a value.
struct Nothing;

impl Event for Nothing {
    fn any(&self, _: Field, _: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        false
    }
}

impl Compiler<'_> {
    /// The one field of a calculation that may have several values. With two of them, or with a
    /// text of any length beside it, the work would be their product, and how many there are is the attacker's choice.
    pub(super) fn repeating(&self, at: At, calculation: &Calculation) -> Result<Option<Field>, Located> {
        let mut repeating = Vec::new();
        each_read(calculation, &mut |field| {
            if self.schema.repeats(field) {
                repeating.push(field);
            }
        });
        if let [one, two, ..] = repeating[..] {
            let (one, two) = (self.schema.name(one), self.schema.name(two));
            let text = format!("only one part of this may have several values, and {one} and {two} do");
            return Err(Located::unsupported(at, text));
        }
        let Some(&repeating) = repeating.first() else {
            return Ok(None);
        };
        let mut large = Vec::new();
        calculation.each_field(&mut |field| {
            if self.schema.repeats(field) || self.schema.is_long(field) {
                large.push(field);
            }
        });
        if let Some(&other) = large.iter().find(|&&field| field != repeating) {
            let (one, two) = (self.schema.name(repeating), self.schema.name(other));
            let text =
                format!("{two} may be as long as a process likes, and this asks for it once for each {one}");
            return Err(Located::unsupported(at, text));
        }
        Ok(Some(repeating))
    }

    pub(super) fn calculation(&mut self, node: &Node) -> Result<Computed, Located> {
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

    pub(super) fn call(
        &mut self,
        function: Function,
        fold: bool,
        arguments: &[Node],
    ) -> Result<Computed, Located> {
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
    pub(super) fn constant(&mut self, node: &Node) -> Result<Option<Constant>, Located> {
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

/// The fields whose values go into the calculation; not those of conditions in it, which stand by themselves.
fn each_read(calculation: &Calculation, see: &mut dyn FnMut(Field)) {
    match calculation {
        Calculation::Missing | Calculation::Constant(_) | Calculation::Holds(_) => {}
        Calculation::Field(field) => see(*field),
        Calculation::Negative(inner) => each_read(inner, see),
        Calculation::Arithmetic(first, rest) => {
            each_read(first, see);
            for (_, term) in rest {
                each_read(term, see);
            }
        }
        Calculation::Call { arguments, .. } => arguments.iter().for_each(|argument| each_read(argument, see)),
    }
}
