//! What is remembered from one argument to the next, and how a value is written once its end is known.

use std::mem;

use super::name::{self, Meaning};
use super::quote::Open;
use super::scan::Scan;
use super::{Kind, shape, value};

/// The flag before each argument of a plug-in, in `kubectl config set-credentials`.
const PLUGIN_ARGUMENT: &[u8] = b"--exec-arg";

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
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The next argument is the value of a flag that ended the last one.
    pub(super) expected: Option<Meaning>,
    /// How far the last `set` reaches.
    pub(super) setting: Setting,
    /// The value of what it sets is still to come, here or behind flags.
    pub(super) property: Option<Meaning>,
    /// The last argument was a flag before that value; the next may be the flag's own.
    behind_flag: bool,
    /// The last word was `-c`: what follows is a command line.
    pub(super) after_c: bool,
    /// The program is curl, whose `-u` has a password in it.
    pub(super) curl: bool,
    /// How many values were secrets even if the text is a pattern.
    pub(super) secrets: usize,
}

impl Memory {
    /// Writes the next argument.
    pub(super) fn argument(&mut self, arg: &[u8], out: &mut Vec<u8>) {
        if let Some(meaning) = self.expected.take() {
            let own = PLUGIN_ARGUMENT.len();
            let value = match arg.strip_prefix(PLUGIN_ARGUMENT) {
                // Of the arguments of a plug-in each has this before it, so the value is still to come.
                Some([]) => {
                    self.expected = Some(meaning);
                    out.extend_from_slice(arg);
                    return;
                }
                Some([b'=', value @ ..]) => {
                    out.extend_from_slice(&arg[..=own]);
                    value
                }
                _ => arg,
            };
            if self.redact(meaning, value, out) {
                return;
            }
            out.truncate(out.len() - (arg.len() - value.len()));
        }
        if let Some(meaning) = self.property {
            let flag = shape::flag(arg).filter(|&length| length == arg.len() || arg[length - 1] == b'=');
            let behind = mem::replace(
                &mut self.behind_flag,
                flag == Some(arg.len()) && !arg.ends_with(b"="),
            );
            if flag.is_none() {
                if !behind && !arg.starts_with(b"-") {
                    self.property = None;
                }
                self.redact(meaning, arg, out);
                return;
            }
        }
        let exact = if self.after_c { None } else { Some(0) };
        self.scan(arg, exact, out);
    }

    /// Writes a text.
    pub(super) fn text(&mut self, text: &[u8], out: &mut Vec<u8>) {
        self.scan(text, None, out);
    }

    /// Writes the mark that stands for a secret.
    pub(super) fn mark(&mut self, kind: Kind, secret: &[u8], out: &mut Vec<u8>) {
        self.secrets += usize::from(!shape::is_wildcard(secret));
        super::mark(kind, secret, out);
    }

    fn scan(&mut self, text: &[u8], exact: Option<usize>, out: &mut Vec<u8>) {
        let quotes = Open::default();
        Scan {
            memory: self,
            text,
            at: 0,
            out,
            quotes,
            opened: None,
            exact,
            next_stop: 0,
            no_proxy: 0,
        }
        .all();
    }

    /// Writes a value of which nothing is left to find out but its parts. False, and nothing written, where
    /// it turns out not to be what its name promised.
    pub(super) fn redact(&mut self, meaning: Meaning, value: &[u8], out: &mut Vec<u8>) -> bool {
        match meaning {
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
                    return false;
                };
                let colon = value[..end].iter().position(|&byte| byte == b':');
                if colon.is_none_or(|colon| value[colon..].starts_with(b"://")) {
                    return false;
                }
                self.mark(Kind::Userinfo, &value[..end], out);
                out.extend_from_slice(&value[end..]);
            }
            Meaning::Pair(_) | Meaning::UserPassword => {
                let (separator, kind) = match meaning {
                    Meaning::Pair(kind) => (b'=', kind),
                    _ => (b':', Kind::Password),
                };
                let Some(place) = value.iter().position(|&byte| byte == separator) else {
                    return false;
                };
                // What is behind `-e` may be a flag of another tool; behind this there is a key, whatever it looks like.
                if kind != Kind::Literal && value.starts_with(b"-") {
                    return false;
                }
                out.extend_from_slice(&value[..=place]);
                self.mark(kind, &value[place + 1..], out);
            }
        }
        true
    }
}
