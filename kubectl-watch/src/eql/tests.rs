//! Whole queries: each row of the language, and properties that hold for any query and any event.

mod language;
mod naive;
mod property;
mod refusal;

use std::collections::BTreeMap;

use super::{Event, Field, Knowledge, Query, Schema, Value};

/// A schema with a field of each kind.
pub(super) struct Fields;

const NAMES: &[&str] = &[
    "name", "path", "args", "more", "count", "ratio", "flag", "os", "never", "line",
];

impl Schema for Fields {
    fn field(&self, name: &str) -> Option<Field> {
        let number = NAMES.iter().position(|known| *known == name)?;
        u16::try_from(number).ok().map(Field)
    }

    fn name(&self, field: Field) -> &'static str {
        NAMES[usize::from(field.0)]
    }

    fn knowledge(&self, field: Field) -> Knowledge {
        match self.name(field) {
            "os" => Knowledge::Always(Value::Str(b"linux")),
            "never" => Knowledge::Never,
            _ => Knowledge::Varies,
        }
    }

    fn repeats(&self, field: Field) -> bool {
        ["args", "more"].contains(&self.name(field))
    }

    fn is_long(&self, field: Field) -> bool {
        self.name(field) == "line"
    }

    fn category(&self) -> &'static str {
        "process"
    }
}

/// An event that is a list of values for each field.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample(BTreeMap<&'static str, Vec<Value<'static>>>);

impl Sample {
    fn with(mut self, name: &'static str, values: &[Value<'static>]) -> Self {
        self.0.insert(name, values.to_vec());
        self
    }

    fn texts(self, name: &'static str, values: &[&'static str]) -> Self {
        let values: Vec<_> = values.iter().map(|text| Value::Str(text.as_bytes())).collect();
        self.with(name, &values)
    }

    fn values(&self, name: &str) -> &[Value<'static>] {
        match name {
            "os" => &[Value::Str(b"linux")],
            name => self.0.get(name).map_or(&[], Vec::as_slice),
        }
    }
}

impl Event for Sample {
    fn any(&self, field: Field, visit: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        self.values(Fields.name(field)).iter().any(|value| visit(*value))
    }
}

fn query(text: &str) -> Query {
    Query::parse(text, &Fields).unwrap_or_else(|error| panic!("{text}: {error}\n{}", error.caret()))
}

fn holds(condition: &str, event: &Sample) -> bool {
    query(&format!("process where {condition}")).matches(event)
}

#[test]
fn a_deep_query_is_read_again_as_it_is_printed() {
    let deep = format!("process where {}count == 1", "-".repeat(50));
    let query = Query::parse(&deep, &Fields).expect("it is not too deep");
    let printed = query.tree().to_string();
    let again = Query::parse(&printed, &Fields).expect("what is printed is no deeper");
    assert_eq!(again.condition(), query.condition());
}
