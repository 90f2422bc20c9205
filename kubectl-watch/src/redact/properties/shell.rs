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
    /// The line that its shell reads, none where there is no shell.
    line: Option<&'static str>,
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
        let is_plain =
            |byte: char| byte.is_ascii_alphanumeric() || "-_=+/.:@,%".contains(byte) || byte == '…';
        if !bytes.is_empty() && bytes.chars().all(is_plain) {
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
            Self::Backslashes => bytes
                .chars()
                .map(|char| match char {
                    char if is_plain(char) => char.to_string(),
                    // With a backslash it would be nothing.
                    '\n' => "'\n'".to_owned(),
                    char => format!("\\{char}"),
                })
                .collect(),
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
        }
    }
}

impl Value {
    /// The word in whose place `{}` the secret comes from somewhere.
    pub(super) fn word(self, word: &str, secret: &str, quotes: &mut impl Iterator<Item = Quotes>) -> Word {
        let quoted = quotes.next().unwrap_or(Quotes::Single).around(secret);
        let value = match self {
            Self::Command => format!("$(echo {quoted} | rev)"),
            Self::QuotedCommand => format!("\"$(printf %s {quoted})\""),
            Self::Backquotes => format!("`echo {}`", escaped(&quoted, "\\`$")),
            Self::QuotedBackquotes => format!("\"`echo \"a\" {}`\"", escaped(&quoted, "\\`$")),
            Self::Case => format!("$(case x in x) echo {quoted};; (y) id;; esac)"),
            Self::File => format!("<(echo {quoted})"),
            Self::Parameter => format!(
                "${{T:-{}}}",
                Quotes::Backslashes.around(secret).replace('}', "\\}")
            ),
            Self::QuotedParameter => format!("\"${{T:-{}}}\"", escaped(secret, "\\\"$`}")),
            Self::Nested => format!("$(echo \"$(echo {quoted})\" \"$(id)\")"),
        };
        Word::Written(word.replace("{}", &value))
    }
}

impl Wrap {
    pub(super) const BASH: Self = Self {
        words: &["bash", "-c"],
        line: Some("{}"),
    };

    pub(super) const fn is_shell(&self) -> bool {
        self.line.is_some()
    }

    /// The words of the whole.
    pub(super) fn around(&self, words: Vec<Word>, quotes: &mut impl Iterator<Item = Quotes>) -> Vec<Word> {
        let before = self.words.iter().map(|word| Word::of(word));
        let Some(line) = self.line else {
            return before.chain(words).collect();
        };
        let written = words
            .into_iter()
            .zip(quotes)
            .map(|(word, quotes)| word.written(quotes));
        let inner = written.collect::<Vec<_>>().join(" ");
        let line = match line.split_once("[]") {
            Some((before, behind)) => format!("{before}{}{behind}", escaped(&inner, "\\`$")),
            None => line.replace("{}", &inner),
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
    use Quotes::{Backslashes, Both, Double, DoubleValue, Escaped, Single, SingleValue};
    select(
        &[
            Single,
            Double,
            Backslashes,
            Escaped,
            SingleValue,
            DoubleValue,
            Both,
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
    let program = select(PROGRAMS).prop_map(|words| Wrap { words, line: None });
    let shell = (select(SHELLS), select(LINES)).prop_map(|(words, line)| Wrap {
        words,
        line: Some(line),
    });
    vec(prop_oneof![1 => program, 2 => shell], 0..4)
}
