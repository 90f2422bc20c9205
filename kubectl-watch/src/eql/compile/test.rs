//! Comparisons, patterns and functions that say true or false, as tests of a value.

use super::super::ast::{Comparison, Kind, Literal, Node};
use super::super::error::{At, Located};
use super::super::function::Function;
use super::super::glob::Glob;
use super::super::network::Network;
use super::super::pattern::Pattern;
use super::super::set::{Constants, Globs};
use super::super::value::{Constant, Test};
use super::{Compiler, Folded, negated, reads_field};

impl Compiler<'_> {
    pub(super) fn compare(
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
            None => Test::Equal(Constants::new(vec![], false)),
            Some(constant) if equality => Test::Equal(Constants::new(vec![constant], false)),
            Some(constant) => Test::Order(comparison, constant),
        };
        let met = self.test(at, computed, test)?;
        Ok(if comparison == Comparison::NotEqual {
            negated(met)
        } else {
            met
        })
    }

    pub(super) fn test_call(
        &mut self,
        at: At,
        name: &str,
        fold: bool,
        arguments: &[Node],
    ) -> Result<Folded, Located> {
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
        let globs = |glob: fn(&[u8], bool) -> Glob| {
            Test::Like(Globs::new(texts.iter().map(|text| glob(text, fold)).collect()))
        };
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
}

pub(super) fn like(patterns: &[Literal], fold: bool) -> Test {
    let constants = patterns.iter().filter_map(Constant::new);
    let globs = constants.map(|constant| Glob::new(&String::from_utf8_lossy(&constant.printed()), fold));
    Test::Like(Globs::new(globs.collect()))
}

pub(super) fn regex(patterns: &[Literal], places: &[At], fold: bool) -> Result<Test, Located> {
    let compiled = patterns.iter().zip(places).map(|(pattern, at)| match pattern {
        Literal::Str(text) => Pattern::new(text, fold).map_err(|text| Located::syntax(*at, text)),
        _ => Err(Located::syntax(*at, "a regular expression is a string")),
    });
    compiled.collect::<Result<_, _>>().map(Test::Regex)
}

fn is_null(node: &Node) -> bool {
    matches!(node.kind, Kind::Literal(Literal::Null))
}
