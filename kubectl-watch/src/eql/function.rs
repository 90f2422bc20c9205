//! The functions of EQL: what each is called, what it takes and what it makes of it.

use super::glob::{character, find, same};
use super::value::Constant;

/// A function that makes one value of several.
///
/// `startsWith`, `endsWith`, `stringContains`, `wildcard` and `cidrMatch` with constants become tests instead;
/// they are here for what is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Function {
    CidrMatch,
    Concat,
    EndsWith,
    IndexOf,
    Length,
    StartsWith,
    StringContains,
    Substring,
    Wildcard,
}

/// Every function, by name, with how many arguments it takes.
const FUNCTIONS: &[(&str, Function, usize, usize)] = &[
    ("cidrMatch", Function::CidrMatch, 2, usize::MAX),
    ("concat", Function::Concat, 1, usize::MAX),
    ("endsWith", Function::EndsWith, 2, 2),
    ("indexOf", Function::IndexOf, 2, 3),
    ("length", Function::Length, 1, 1),
    ("startsWith", Function::StartsWith, 2, 2),
    ("stringContains", Function::StringContains, 2, 2),
    ("substring", Function::Substring, 2, 3),
    ("wildcard", Function::Wildcard, 2, usize::MAX),
];

impl Function {
    /// Finds a function for so many arguments; an error says what is wrong.
    pub(super) fn find(name: &str, arguments: usize) -> Result<Self, String> {
        let found = FUNCTIONS.iter().find(|(known, ..)| *known == name);
        let Some((_, function, least, most)) = found else {
            let known: Vec<&str> = FUNCTIONS.iter().map(|(name, ..)| *name).collect();
            return Err(format!(
                "there is no function `{name}`; there are {}",
                known.join(", ")
            ));
        };
        if (*least..=*most).contains(&arguments) {
            return Ok(*function);
        }
        let takes = match *most {
            usize::MAX => format!("at least {least} arguments"),
            most if most == *least => format!("{least} argument{}", if most == 1 { "" } else { "s" }),
            most => format!("{least} to {most} arguments"),
        };
        Err(format!("`{name}` takes {takes}, not {arguments}"))
    }

    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        FUNCTIONS
            .iter()
            .find(|(_, function, ..)| *function == self)
            .map_or("?", |(name, ..)| name)
    }

    /// Whether it says true or false.
    pub(super) const fn is_test(self) -> bool {
        matches!(
            self,
            Self::CidrMatch | Self::EndsWith | Self::StartsWith | Self::StringContains | Self::Wildcard
        )
    }

    /// The value for these arguments; none where one of them is not of its kind.
    pub(super) fn apply(self, fold: bool, arguments: &[Constant]) -> Option<Constant> {
        let text = |index: usize| arguments.get(index).and_then(Constant::text);
        let int = |index: usize| match arguments.get(index) {
            Some(Constant::Int(number)) => Some(*number),
            _ => None,
        };
        let both = || {
            Some((
                arguments.first()?.printed(),
                lowered(&arguments.get(1)?.printed(), fold),
            ))
        };
        match self {
            Self::Concat => {
                let parts = arguments.iter().map(Constant::printed);
                Some(Constant::Str(parts.collect::<Vec<_>>().concat()))
            }
            Self::Length => i64::try_from(characters(text(0)?).count())
                .ok()
                .map(Constant::Int),
            Self::StartsWith => both().map(|(text, start)| {
                Constant::Bool(
                    text.get(..start.len())
                        .is_some_and(|found| same(found, &start, fold)),
                )
            }),
            Self::EndsWith => both().map(|(text, end)| {
                let at = text.len().checked_sub(end.len());
                Constant::Bool(at.is_some_and(|at| same(&text[at..], &end, fold)))
            }),
            Self::StringContains => {
                both().map(|(text, part)| Constant::Bool(find(&text, &part, fold).is_some()))
            }
            Self::IndexOf => {
                let (text, part) = both()?;
                let skipped = if arguments.len() == 3 {
                    usize::try_from(int(2)?.max(0)).ok()?
                } else {
                    0
                };
                let from = characters(&text).take(skipped).map(<[u8]>::len).sum::<usize>();
                if characters(&text).count() < skipped {
                    return None;
                }
                let at = from + find(&text[from..], &part, fold)?;
                i64::try_from(characters(&text[..at]).count())
                    .ok()
                    .map(Constant::Int)
            }
            Self::Substring => {
                let text = text(0)?;
                let end = if arguments.len() == 3 { int(2)? } else { i64::MAX };
                Some(Constant::Str(slice(text, int(1)?, end)))
            }
            // Their patterns are constants, so the compiler has made tests of them.
            Self::CidrMatch | Self::Wildcard => None,
        }
    }
}

fn lowered(text: &[u8], fold: bool) -> Vec<u8> {
    if fold {
        text.to_ascii_lowercase()
    } else {
        text.to_vec()
    }
}

/// The characters of a text; a byte that is not UTF-8 is one.
fn characters(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let length = (!rest.is_empty()).then(|| character(rest))?;
        let (next, others) = rest.split_at(length);
        rest = others;
        Some(next)
    })
}

/// Characters `start` to `end`; below zero both count from the end.
fn slice(text: &[u8], start: i64, end: i64) -> Vec<u8> {
    let length = i64::try_from(characters(text).count()).unwrap_or(i64::MAX);
    let place = |place: i64| {
        if place < 0 {
            place.saturating_add(length).max(0)
        } else {
            place.min(length)
        }
    };
    let (start, end) = (place(start), place(end));
    let count = usize::try_from(end.saturating_sub(start)).unwrap_or(0);
    characters(text)
        .skip(usize::try_from(start).unwrap_or(usize::MAX))
        .take(count)
        .collect::<Vec<_>>()
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Constant {
        Constant::Str(text.into())
    }

    #[test]
    fn each_function_by_example() {
        use Constant::{Bool, Int};
        for (name, fold, arguments, expected) in [
            ("length", false, vec![text("é€x")], Some(Int(3))),
            (
                "length",
                false,
                vec![Constant::Str(b"a\xff\xfe".to_vec())],
                Some(Int(3)),
            ),
            ("length", false, vec![Int(5)], None),
            (
                "startsWith",
                false,
                vec![text("abc"), text("aB")],
                Some(Bool(false)),
            ),
            (
                "startsWith",
                true,
                vec![text("abc"), text("aB")],
                Some(Bool(true)),
            ),
            (
                "startsWith",
                false,
                vec![text("a"), text("ab")],
                Some(Bool(false)),
            ),
            ("endsWith", true, vec![text("abC"), text("Bc")], Some(Bool(true))),
            ("endsWith", false, vec![text("c"), text("bc")], Some(Bool(false))),
            (
                "stringContains",
                false,
                vec![text("abc"), text("")],
                Some(Bool(true)),
            ),
            (
                "stringContains",
                true,
                vec![text("xAbBc"), text("bc")],
                Some(Bool(true)),
            ),
            (
                "concat",
                false,
                vec![text("a"), Int(1), Bool(true)],
                Some(text("a1true")),
            ),
            ("indexOf", false, vec![text("éab"), text("b")], Some(Int(2))),
            (
                "indexOf",
                false,
                vec![text("abab"), text("a"), Int(1)],
                Some(Int(2)),
            ),
            (
                "indexOf",
                true,
                vec![text("ABAB"), text("b"), Int(2)],
                Some(Int(3)),
            ),
            ("indexOf", false, vec![text("abab"), text("a"), Int(9)], None),
            ("indexOf", false, vec![text("abab"), text("x")], None),
            (
                "substring",
                false,
                vec![text("kubectl.exe"), Int(-4)],
                Some(text(".exe")),
            ),
            (
                "substring",
                false,
                vec![text("kubectl.exe"), Int(-4), Int(-1)],
                Some(text(".ex")),
            ),
            (
                "substring",
                false,
                vec![text("éab"), Int(1), Int(2)],
                Some(text("a")),
            ),
            (
                "substring",
                false,
                vec![text("abc"), Int(2), Int(1)],
                Some(text("")),
            ),
            (
                "substring",
                false,
                vec![text("abc"), Int(i64::MIN), Int(i64::MAX)],
                Some(text("abc")),
            ),
        ] {
            let function = Function::find(name, arguments.len()).expect(name);
            assert_eq!(function.apply(fold, &arguments), expected, "{name} {arguments:?}");
        }
    }
}
