//! Commands in the syntax of a shell.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A word: as its program gets it, or as a shell has to read it.
#[derive(Clone, Debug)]
pub(super) enum Word {
    Bytes(String),
    Written(String),
}

/// How a word is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Quotes {
    Single,
    Double,
    Backslashes,
    Escaped,
    /// What is behind the first equals sign in single or in double quotes.
    SingleValue,
    DoubleValue,
    /// Two parts in two kinds of them.
    Both,
    /// The first letters in double quotes, the others behind backslashes.
    Halves,
}

/// A secret that comes of a command or a parameter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    Command,
    QuotedCommand,
    Backquotes,
    QuotedBackquotes,
    Case,
    File,
    Parameter,
    QuotedParameter,
    Nested,
}

/// What is around a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrap {
    words: &'static [&'static str],
    syntax: Syntax,
}

/// How the command is written behind these words.
#[derive(Clone, Copy, Debug)]
enum Syntax {
    /// Word by word.
    Words,
    /// Word by word, for a shell that gets them joined.
    QuotedWords,
    /// In a line of a shell.
    Line(&'static str),
    /// In a string of Python that is for a shell.
    Python,
    /// In a list of Python.
    List,
}

/// Programs that run another one, and have no shell.
const PROGRAMS: &[&[&str]] = &[
    &["sudo"],
    &["sudo", "-u", "bob", "--"],
    &["env", "A=b"],
    &["timeout", "5"],
    &["xargs", "-n", "1"],
    &["nohup"],
    &["kubectl", "exec", "-it", "pod", "--"],
];

/// Programs whose next argument is a line for a shell.
const SHELLS: &[&[&str]] = &[
    &["bash", "-c"],
    &["sh", "-ec"],
    &["/bin/bash", "-lc"],
    &["su", "-", "bob", "-c"],
    &["ssh", "host"],
    &["sudo", "sh", "-c"],
    &["xargs", "-I", "x", "sh", "-c"],
    &["timeout", "5", "bash", "-c"],
    &["kubectl", "exec", "pod", "--", "sh", "-c"],
    &["eval"],
    &["watch"],
];

/// Programs that get a command in another way.
const OTHERS: &[(&[&str], Syntax)] = &[
    (&["ssh", "host"], Syntax::QuotedWords),
    (&["eval"], Syntax::QuotedWords),
    (&["python3", "-c"], Syntax::Python),
    (&["python3", "-c"], Syntax::List),
];

/// Lines around a command.
const LINES: &[&str] = &[
    "{}",
    "set -e; {}",
    "{} | tee x",
    "{} > /dev/null 2>&1 &",
    "x=$({})",
    "x=\"$({})\"",
    "echo `[]`",
    "echo \"a `[]` b\"",
    "({})",
    "if true; then {}; fi",
    "case x in x) {};; esac",
    "x=$(case x in x|y) {};; esac; id)",
    "{} && echo 'it'\\''s'",
    "echo \"a b\" && {}",
    "# it's\n{}",
    "[ \"$x\" = y ] || {}",
    "A=b {}",
    "for i in 1 2; do {}; done",
    "exec {}",
    "cat <<E\nit's\nE\n{}",
];

impl Word {
    pub(super) fn of(bytes: &str) -> Self {
        Self::Bytes(bytes.to_owned())
    }

    /// As an argument.
    pub(super) fn argument(self) -> String {
        match self {
            Self::Bytes(bytes) | Self::Written(bytes) => bytes,
        }
    }

    fn written(self, quotes: Quotes) -> String {
        match self {
            Self::Bytes(bytes) => quotes.around(&bytes),
            Self::Written(source) => source,
        }
    }
}

impl Quotes {
    fn around(self, bytes: &str) -> String {
        let single = |bytes: &str| format!("'{}'", bytes.replace('\'', r"'\''"));
        let double = |bytes: &str| format!("\"{}\"", escaped(bytes, "\\\"$`"));
        let backslashes = |bytes: &str| -> String {
            let each = bytes.chars().map(|char| match char {
                // With a backslash it would be nothing.
                '\n' => "'\n'".to_owned(),
                char if char.is_ascii_alphanumeric() => char.to_string(),
                char => format!("\\{char}"),
            });
            each.collect()
        };
        let is_plain =
            |byte: char| byte.is_ascii_alphanumeric() || "-_=+/.:@,%".contains(byte) || byte == '…';
        if !bytes.is_empty() && !matches!(self, Self::Halves) && bytes.chars().all(is_plain) {
            return bytes.to_owned();
        }
        let name = bytes.find('=').map_or(0, |at| at + 1);
        let (name, value) = match bytes.split_at(name) {
            (name, value) if name.chars().all(is_plain) => (name, value),
            _ => ("", bytes),
        };
        match self {
            Self::Single => single(bytes),
            Self::Double => double(bytes),
            Self::Backslashes => backslashes(bytes),
            Self::Escaped => format!("$'{}'", escaped(bytes, "\\'")),
            Self::SingleValue => format!("{name}{}", single(value)),
            Self::DoubleValue => format!("{name}{}", double(value)),
            Self::Both => {
                let half = bytes
                    .char_indices()
                    .nth(bytes.chars().count() / 2)
                    .map_or(0, |(at, _)| at);
                let (one, other) = bytes.split_at(half);
                format!("{}{}", single(one), double(other))
            }
            Self::Halves => {
                let first = bytes.char_indices().nth(4).map_or(bytes.len(), |(at, _)| at);
                let (one, other) = bytes.split_at(first);
                format!("{}{}", double(one), backslashes(other))
            }
        }
    }
}

impl Value {
    /// The word in whose place `{}` the secret comes from somewhere.
    pub(super) fn word(self, word: &str, secret: &str, quotes: &mut impl Iterator<Item = Quotes>) -> Word {
        let echoed = quotes.next().unwrap_or(Quotes::Single).around(secret);
        let value = match self {
            Self::Command => format!("$(echo {echoed} | rev)"),
            Self::QuotedCommand => format!("\"$(printf %s {echoed})\""),
            Self::Backquotes => format!("`echo {}`", escaped(&echoed, "\\`$")),
            Self::QuotedBackquotes => format!("\"`echo \"a\" {}`\"", escaped(&echoed, "\\`$")),
            Self::Case => format!("$(case x in x) echo {echoed};; (y) id;; esac)"),
            Self::File => format!("<(echo {echoed})"),
            Self::Parameter => format!(
                "${{T:-{}}}",
                Quotes::Backslashes.around(secret).replace('}', "\\}")
            ),
            Self::QuotedParameter => format!("\"${{T:-{}}}\"", escaped(secret, "\\\"$`}")),
            Self::Nested => format!("$(echo \"$(echo {echoed})\" \"$(id)\")"),
        };
        Word::Written(word.replace("{}", &value))
    }
}

impl Wrap {
    pub(super) const BASH: Self = Self {
        words: &["bash", "-c"],
        syntax: Syntax::Line("{}"),
    };

    pub(super) const fn is_shell(&self) -> bool {
        matches!(
            self.syntax,
            Syntax::QuotedWords | Syntax::Line(_) | Syntax::Python
        )
    }

    /// The words of the whole.
    pub(super) fn around(&self, words: Vec<Word>, quotes: &mut impl Iterator<Item = Quotes>) -> Vec<Word> {
        let before = self.words.iter().map(|word| Word::of(word));
        let string = |bytes: &str| format!("\"{}\"", escaped(bytes, "\\\"").replace('\n', "\\n"));
        let mut written = || -> Vec<String> {
            words
                .iter()
                .cloned()
                .zip(&mut *quotes)
                .map(|(word, quotes)| word.written(quotes))
                .collect()
        };
        let line = match self.syntax {
            Syntax::Words => return before.chain(words).collect(),
            // Names stay as they are: what a shell at the other end makes of them is not looked for.
            Syntax::QuotedWords => {
                let words = words
                    .into_iter()
                    .map(|word| Word::Bytes(word.written(Quotes::SingleValue)));
                return before.chain(words).collect();
            }
            Syntax::Line(line) => {
                let inner = written().join(" ");
                match line.split_once("[]") {
                    Some((before, behind)) => format!("{before}{}{behind}", escaped(&inner, "\\`$")),
                    None => line.replace("{}", &inner),
                }
            }
            Syntax::Python => {
                let words = words.into_iter().map(|word| word.written(Quotes::Single));
                let line = words.collect::<Vec<_>>().join(" ");
                format!("import os; os.system({})", string(&line))
            }
            Syntax::List => {
                let words: Vec<_> = words.into_iter().map(|word| string(&word.argument())).collect();
                format!("import subprocess as s; s.run([{}])", words.join(", "))
            }
        };
        before.chain([Word::Bytes(line)]).collect()
    }
}

fn escaped(bytes: &str, which: &str) -> String {
    let mut out = String::new();
    for char in bytes.chars() {
        if which.contains(char) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

pub(super) fn quotes() -> impl Strategy<Value = Quotes> {
    use Quotes::{Backslashes, Both, Double, DoubleValue, Escaped, Halves, Single, SingleValue};
    select(
        &[
            Single,
            Double,
            Backslashes,
            Escaped,
            SingleValue,
            DoubleValue,
            Both,
            Halves,
        ][..],
    )
}

pub(super) fn value() -> impl Strategy<Value = Value> {
    use Value::{
        Backquotes, Case, Command, File, Nested, Parameter, QuotedBackquotes, QuotedCommand, QuotedParameter,
    };
    select(
        &[
            Command,
            QuotedCommand,
            Backquotes,
            QuotedBackquotes,
            Case,
            File,
            Parameter,
            QuotedParameter,
            Nested,
        ][..],
    )
}

/// What can be around a command, from the inside.
pub(super) fn wraps() -> impl Strategy<Value = Vec<Wrap>> {
    let wrap = |words, syntax| Wrap { words, syntax };
    let program = select(PROGRAMS).prop_map(move |words| wrap(words, Syntax::Words));
    let shell =
        (select(SHELLS), select(LINES)).prop_map(move |(words, line)| wrap(words, Syntax::Line(line)));
    let other = select(OTHERS);
    let other = other.prop_map(move |(words, syntax)| wrap(words, syntax));
    vec(prop_oneof![2 => program, 4 => shell, 1 => other], 0..4)
}
