//! What is remembered from one argument to the next, and how a value is written once its end is known.

use std::mem;

use super::flag::Flag;
use super::line::{self, Token, Word};
use super::name::{self, Meaning};
use super::program::Programs;
use super::scan::Scan;
use super::variable::Variables;
use super::{Kind, shape, strings, value};

/// The flag before each argument of a plug-in, in `kubectl config set-credentials`.
pub(super) const PLUGIN_ARGUMENT: &[u8] = b"--exec-arg";

/// Command lines within command lines, beyond which all of one is taken for a secret.
const MAX_DEPTH: usize = 6;

/// How far `set` reaches, as in `config set --kubeconfig /x users.bob.token`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Setting {
    /// It does not.
    #[default]
    Over,
    /// To the next word that is no flag.
    Next,
    /// To the next word and beyond it, since that may be the value of a flag.
    Value,
    /// To the end of this word.
    This,
}

/// What is remembered from one argument to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// The next argument is the value of a flag that ended the last one.
    pub(super) expected: Option<Meaning>,
    /// How far the last `set` reaches.
    pub(super) setting: Setting,
    /// The value of what it sets is still to come, here or behind flags.
    pub(super) property: Option<Meaning>,
    /// The last argument was a flag before that value, and the next is the flag's own.
    behind_flag: bool,
    /// The last word was `-c`: what follows is a command line.
    pub(super) after_c: bool,
    /// The program, as far as its flags matter.
    pub(super) programs: Programs,
    /// A word was `secret`: it may be the kind of what is told.
    pub(super) of_secret: bool,
    /// Variables that have a secret.
    pub(super) variables: Variables,
    /// How many values were secrets even if the text is a pattern.
    pub(super) secrets: usize,
    /// In how many command lines the text is.
    depth: usize,
}

impl Memory {
    /// Of nothing but the variables of a text, in so many command lines.
    pub(super) fn of(variables: Variables, depth: usize) -> Self {
        Self {
            variables,
            depth,
            ..Self::default()
        }
    }

    /// Writes the next argument.
    pub(super) fn argument(&mut self, arg: &[u8], out: &mut Vec<u8>) {
        if !self.awaited(arg, out) {
            let exact = if self.after_c { None } else { Some(0) };
            self.read(arg, exact, out);
        }
    }

    /// Writes the next argument if one before it said what it is.
    fn awaited(&mut self, arg: &[u8], out: &mut Vec<u8>) -> bool {
        if let Some(meaning) = self.expected.take() {
            let own = PLUGIN_ARGUMENT.len();
            let value = match arg.strip_prefix(PLUGIN_ARGUMENT) {
                // Of the arguments of a plug-in each has this before it, so the value is still to come.
                Some([]) => {
                    self.expected = Some(meaning);
                    out.extend_from_slice(arg);
                    return true;
                }
                Some([b'=', value @ ..]) => {
                    out.extend_from_slice(&arg[..=own]);
                    value
                }
                _ => arg,
            };
            if self.redact(meaning, value, out) {
                return true;
            }
            out.truncate(out.len() - (arg.len() - value.len()));
        }
        let Some(meaning) = self.property else {
            return false;
        };
        match Flag::of(arg) {
            _ if mem::take(&mut self.behind_flag) => false,
            Some(Flag::Last) => {
                (self.expected, self.property) = (Some(meaning), None);
                false
            }
            Some(flag) => {
                self.behind_flag = flag == Flag::BeforeValue;
                false
            }
            None => {
                // kubectl would look for the value behind what looks like a flag.
                self.property = self.property.filter(|_| arg.starts_with(b"-"));
                self.redact(meaning, arg, out)
            }
        }
    }

    /// Writes a text.
    pub(super) fn text(&mut self, text: &[u8], out: &mut Vec<u8>) {
        self.read(text, None, out);
    }

    /// Writes a text, which a name at a place may have as its value. Nobody knows whether it is a command line, so it is
    /// read as one, and then as what it is if it is none.
    fn read(&mut self, text: &[u8], exact: Option<usize>, out: &mut Vec<u8>) {
        let addresses = self.addresses(text);
        let text = addresses.as_deref().unwrap_or(text);
        let Some(line) = line::read(text).or_else(|| strings::read(text)) else {
            self.scan(text, exact, out);
            return;
        };
        let before = self.clone();
        let start = out.len();
        if exact.is_some() && shape::begins_name(text) && self.scan(text, exact, out) {
            return;
        }
        if self.depth == MAX_DEPTH {
            out.truncate(start);
            self.mark(Kind::Secret, text, out);
            return;
        }
        out.truncate(start);
        *self = before.clone();
        let mut of_line = Vec::with_capacity(text.len());
        self.line(line, &mut of_line);
        let as_line = mem::replace(self, before);
        self.scan(&of_line, None, out);
        self.expected = self.expected.or(as_line.expected);
        self.property = self.property.or(as_line.property);
        self.programs |= as_line.programs;
        self.secrets += as_line.secrets;
    }

    /// Writes a command line.
    fn line(&mut self, line: Vec<Token<'_>>, out: &mut Vec<u8>) {
        self.depth += 1;
        // This is the line that it announced.
        self.after_c = false;
        for token in line {
            // What a key of YAML has as its value is known once all is read as it stands.
            let is_key =
                matches!(&token, Token::Word(word) if word.source.ends_with(b":") && word.begins_yaml(out));
            match token {
                Token::Gap(gap) => {
                    out.extend_from_slice(gap);
                    if line::ends_command(gap) {
                        (self.expected, self.property) = (None, None);
                    }
                    if line::ends_program(gap) {
                        self.programs = Programs::NONE;
                    }
                }
                Token::Text(text) => {
                    self.scan(text, None, out);
                }
                Token::Word(word) => self.word(word, out),
            }
            if is_key {
                self.expected = None;
            }
        }
        self.depth -= 1;
    }

    /// Writes a word of a command line: first what is in its commands, then itself.
    fn word(&mut self, mut word: Word<'_>, out: &mut Vec<u8>) {
        if word.commands.is_empty() && word.bytes == word.source {
            if !self.awaited(word.source, out) {
                self.scan(word.source, Some(0), out);
            }
            return;
        }
        let source = word.redact_commands(|command| {
            let mut out = Vec::with_capacity(command.len());
            let mut memory = Self::of(self.variables.clone(), self.depth);
            memory.read(command, None, &mut out);
            self.secrets += memory.secrets;
            out
        });
        let mut redacted = Vec::with_capacity(word.bytes.len());
        // One that is no other line, but for its commands, has been read.
        if word.is_plain() || word.bytes == source {
            if !self.awaited(&word.bytes, &mut redacted) {
                self.scan(&word.bytes, Some(0), &mut redacted);
            }
        } else {
            self.argument(&word.bytes, &mut redacted);
        }
        if word.bytes == redacted {
            out.extend_from_slice(&source);
        } else {
            line::write(&source, &redacted, out);
        }
    }

    /// Writes the mark that stands for a secret.
    pub(super) fn mark(&mut self, kind: Kind, secret: &[u8], out: &mut Vec<u8>) {
        let is_mark = shape::mark(secret) == Some(secret.len());
        self.variables.note(secret, Meaning::Secret(kind));
        self.secrets += usize::from(!is_mark && !shape::is_wildcard(secret));
        super::mark(kind, secret, out);
    }

    /// The text without the secrets of addresses, if it is one word: in that a password may look like the end of a
    /// command.
    fn addresses(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        let has_one = text.windows(3).any(|three| three == b"://");
        if !has_one || text.iter().any(u8::is_ascii_whitespace) {
            return None;
        }
        let mut out = Vec::with_capacity(text.len());
        self.scanner(text, None, &mut out).addresses();
        Some(out)
    }

    /// Writes a text as it stands. Where a program ends in it is not known of what is behind it. True where the value of a name took all the rest of it.
    fn scan(&mut self, text: &[u8], exact: Option<usize>, out: &mut Vec<u8>) -> bool {
        let programs = self.programs;
        let mut scan = self.scanner(text, exact, out);
        scan.all();
        let took_rest = scan.took_rest;
        self.programs |= programs;
        took_rest
    }

    fn scanner<'a>(&'a mut self, text: &'a [u8], exact: Option<usize>, out: &'a mut Vec<u8>) -> Scan<'a> {
        Scan::new(self, text, exact, out)
    }

    /// Writes a value of which nothing is left to find out but its parts. False, and nothing written, where
    /// it turns out not to be what its name promised.
    pub(super) fn redact(&mut self, meaning: Meaning, value: &[u8], out: &mut Vec<u8>) -> bool {
        match meaning {
            _ if shape::mark(value) == Some(value.len()) => out.extend_from_slice(value),
            Meaning::Secret(kind) => self.mark(kind, value, out),
            Meaning::Header(kind) => {
                let word = value
                    .iter()
                    .position(u8::is_ascii_whitespace)
                    .unwrap_or(value.len());
                let Some(schemed) = name::scheme(&value[..word]).filter(|_| kind == Kind::Authorization)
                else {
                    self.mark(kind, value, out);
                    return true;
                };
                let secret = value::skip_space(value, word);
                out.extend_from_slice(&value[..secret]);
                if secret == value.len() {
                    self.expected = Some(Meaning::Secret(schemed));
                } else {
                    self.mark(schemed, &value[secret..], out);
                }
            }
            Meaning::Proxy => {
                let Some(end) = value.iter().rposition(|&byte| byte == b'@') else {
                    self.variables.note(value, meaning);
                    return false;
                };
                let colon = value[..end].iter().position(|&byte| byte == b':');
                if colon.is_none_or(|colon| value[colon..].starts_with(b"://")) {
                    return false;
                }
                self.mark(Kind::Userinfo, &value[..end], out);
                out.extend_from_slice(&value[end..]);
            }
            Meaning::File => {
                let Some(place) = value.iter().position(|&byte| byte == b'=') else {
                    return false;
                };
                out.extend_from_slice(&value[..=place]);
                self.scan(&value[place + 1..], None, out);
            }
            Meaning::Pair(_) | Meaning::UserPassword => {
                let (separator, kind) = match meaning {
                    Meaning::Pair(kind) => (b'=', kind),
                    _ => (b':', Kind::Password),
                };
                let separator = value.iter().position(|&byte| byte == separator);
                let command = value.windows(2).position(|two| matches!(two, b"$(" | b"<("));
                let is_written = command.is_some_and(|command| separator.is_none_or(|place| command < place));
                // What a command writes is both.
                if is_written || value.starts_with(b"`") {
                    self.mark(kind, value, out);
                    return true;
                }
                let Some(place) = separator else {
                    self.variables.note(value, meaning);
                    return false;
                };
                // What is behind `-e` may be a flag of another tool; behind this there is a key, whatever it looks like.
                // A value with a command in it goes to the end of the text and is taken, or each would be read again.
                if kind != Kind::Literal && value.starts_with(b"-") && command.is_none() {
                    return false;
                }
                out.extend_from_slice(&value[..=place]);
                self.mark(kind, &value[place + 1..], out);
            }
        }
        true
    }
}
