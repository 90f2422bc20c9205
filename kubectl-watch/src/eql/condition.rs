//! The compiled form: what is left of a query once all that is known beforehand is taken out of it.

use std::fmt::{self, Formatter};

use super::calculation::Calculation;
use super::value::{Constant, Test};
use super::{Event, Field, Value};

/// Something that holds for an event or does not.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The same for every event.
    Always(bool),
    /// Any value of the subject meets the test.
    Test(Subject, Test),
    /// The other does not hold.
    Not(Box<Condition>),
    /// All hold.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
}

/// What a test looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// Each value of a field.
    Field(Field),
    /// What is computed, for each value of the one field in it that may have several.
    Computed(Calculation, Option<Field>),
}

impl Subject {
    /// Whether any value meets the test.
    fn any<E: Event + ?Sized>(&self, event: &E, test: &Test) -> bool {
        let meets = |value: Option<Constant>| value.is_some_and(|value| test.meets(value.as_value()));
        match self {
            Self::Field(field) => event.any(*field, &mut |value| test.meets(value)),
            Self::Computed(calculation, None) => meets(calculation.value(event, None)),
            Self::Computed(calculation, Some(field)) => event.any(*field, &mut |value| {
                meets(calculation.value(event, Some((*field, &Constant::of(value)))))
            }),
        }
    }
}

impl Condition {
    /// Whether it holds for this event.
    pub fn holds<E: Event + ?Sized>(&self, event: &E) -> bool {
        match self {
            Self::Always(holds) => *holds,
            Self::Test(subject, test) => subject.any(event, test),
            Self::Not(inner) => !inner.holds(event),
            Self::All(parts) => parts.iter().all(|part| part.holds(event)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(event)),
        }
    }

    /// Whether it holds for an event of which not every field is known; none where that depends on what is not.
    pub(super) fn judge<E: Event + ?Sized>(
        &self,
        event: &E,
        is_known: &dyn Fn(Field) -> bool,
    ) -> Option<bool> {
        match self {
            Self::Always(holds) => Some(*holds),
            Self::Test(subject, test) => {
                if subject.any(event, test) {
                    return Some(true);
                }
                let mut is_all_known = true;
                self.each_field(&mut |field| is_all_known &= is_known(field));
                is_all_known.then_some(false)
            }
            Self::Not(inner) => inner.judge(event, is_known).map(|holds| !holds),
            Self::All(parts) => decide(parts.iter().map(|part| part.judge(event, is_known)), false),
            Self::Any(parts) => decide(parts.iter().map(|part| part.judge(event, is_known)), true),
        }
    }

    /// Shows the values that made tests true, for an event for which this holds. Under `not` nothing is shown:
    /// there it is absence that counts.
    pub(super) fn each_reason<E: Event + ?Sized>(&self, event: &E, see: &mut dyn FnMut(Field, Value<'_>)) {
        match self {
            Self::Always(_) | Self::Not(_) | Self::Test(Subject::Computed(..), _) => {}
            Self::Test(Subject::Field(field), test) => {
                event.any(*field, &mut |value| {
                    if test.meets(value) {
                        see(*field, value);
                    }
                    false
                });
            }
            Self::All(parts) => parts.iter().for_each(|part| part.each_reason(event, see)),
            Self::Any(parts) => {
                for part in parts.iter().filter(|part| part.holds(event)) {
                    part.each_reason(event, see);
                }
            }
        }
    }

    /// Shows every field that is read.
    pub(super) fn each_field(&self, see: &mut dyn FnMut(Field)) {
        match self {
            Self::Always(_) => {}
            Self::Test(Subject::Field(field), _) => see(*field),
            Self::Test(Subject::Computed(calculation, _), _) => calculation.each_field(see),
            Self::Not(inner) => inner.each_field(see),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_field(see)),
        }
    }

    /// A guess at the work, to do cheap parts first.
    pub(super) fn cost(&self) -> usize {
        match self {
            Self::Always(_) => 0,
            Self::Test(Subject::Field(_), test) => test.cost(),
            Self::Test(Subject::Computed(..), test) => 100 + test.cost(),
            Self::Not(inner) => inner.cost(),
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::cost).sum(),
        }
    }

    /// Prints it, one test a line.
    pub(super) fn write(
        &self,
        f: &mut Formatter<'_>,
        depth: usize,
        name: &dyn Fn(Field) -> &'static str,
    ) -> fmt::Result {
        write!(f, "{:indent$}", "", indent = 2 * depth)?;
        match self {
            Self::Always(holds) => writeln!(f, "always {holds}"),
            Self::Test(subject, test) => {
                match subject {
                    Subject::Field(field) => write!(f, "{}", name(*field))?,
                    Subject::Computed(calculation, _) => calculation.write(f, name)?,
                }
                writeln!(f, " {test}")
            }
            Self::Not(inner) => {
                writeln!(f, "not")?;
                inner.write(f, depth + 1, name)
            }
            Self::All(parts) | Self::Any(parts) => {
                writeln!(
                    f,
                    "{} of",
                    if matches!(self, Self::All(_)) {
                        "all"
                    } else {
                        "any"
                    }
                )?;
                parts.iter().try_for_each(|part| part.write(f, depth + 1, name))
            }
        }
    }
}

/// The first answer that decides, or the other one where all are known.
fn decide(answers: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut is_sure = true;
    for answer in answers {
        match answer {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => is_sure = false,
        }
    }
    is_sure.then_some(!decisive)
}
