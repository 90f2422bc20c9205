//! Reads a text once, from left to right, and writes it without its secrets.
//!
//! The text falls into runs of the bytes that names and tokens are made of, and what is between them. A run
//! that names a secret, with what follows it, decides how far the secret goes.

mod beside;
mod data;
mod escape;
mod follow;
mod login;
mod meaning;
mod setting;
mod shaped;
mod userinfo;
mod yaml;

use std::mem;

use beside::Mapping;
use data::Data;
use follow::Follow;

use super::line;
use super::memory::{Memory, PLUGIN_ARGUMENT};
use super::name::{self, Meaning};
use super::program::Programs;
use super::quote::{self, Found, Open};
use super::shape::{is_dash_c, is_run};
use super::value::{self, Until};
use super::{Kind, shape};

/// A text being read.
pub(super) struct Scan<'a> {
    pub(super) memory: &'a mut Memory,
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    pub(super) out: &'a mut Vec<u8>,
    pub(super) quotes: Open,
    /// Right behind the quotation mark that was opened last.
    pub(super) opened: Option<usize>,
    /// A name that begins here has all the rest of the text as its value.
    pub(super) exact: Option<usize>,
    /// All that was left of the text was taken as one value.
    pub(super) took_rest: bool,
    /// The next white space or `@` at or behind the place where it was last looked for.
    pub(super) next_stop: usize,
    /// As far as no address of a proxy has a password.
    pub(super) no_proxy: usize,
    /// The mapping of JSON or YAML that is being read.
    mapping: Mapping,
    /// The furthest that a value was looked at before its name.
    noted: usize,
    /// The data of a secret that is being read.
    data: Option<Data>,
    /// Whether the text has the word `secret`, once that was looked for.
    names_secret: Option<bool>,
    /// Whether it has the words of a `.netrc`, once they were looked for.
    names_login: Option<bool>,
    /// A bracket was there, so that keys of YAML can be on one line.
    has_bracket: bool,
}

impl<'a> Scan<'a> {
    /// Begins to read a text, which a name at a place may have as its value.
    pub(super) fn new(
        memory: &'a mut Memory,
        text: &'a [u8],
        exact: Option<usize>,
        out: &'a mut Vec<u8>,
    ) -> Self {
        Self {
            memory,
            text,
            at: 0,
            out,
            quotes: Open::default(),
            opened: None,
            exact,
            took_rest: false,
            next_stop: 0,
            no_proxy: 0,
            mapping: Mapping::default(),
            noted: 0,
            data: None,
            names_secret: None,
            names_login: None,
            has_bracket: false,
        }
    }

    /// Reads all of it.
    pub(super) fn all(&mut self) {
        while let Some(&byte) = self.text.get(self.at) {
            self.note_place();
            if is_run(byte) {
                self.run();
            } else if let Some(length) = shape::mark(&self.text[self.at..]) {
                self.copy_to(self.at + length);
            } else if self.text[self.at..].starts_with(b"://") {
                self.userinfo();
            } else {
                match quote::at(self.text, self.at) {
                    Found::Delimiter(delimiter, length) => {
                        self.copy_to(self.at + length);
                        self.opened = self.quotes.toggle(delimiter).then_some(self.at);
                    }
                    Found::Backslashes(count) => self.copy_to(self.at + count),
                    Found::Other => {
                        // The key of an array, in the word that sets it.
                        if byte == b'[' && self.exact == Some(self.at) {
                            self.exact = Some(self.at + 1);
                        }
                        self.note_byte(byte);
                        self.has_bracket |= b"{[".contains(&byte);
                        let gap = &self.text[self.at..self.text.len().min(self.at + 2)];
                        let is_escaped = self.at > 0 && self.text[self.at - 1] == b'\\';
                        let ends = self.quotes.is_empty() && !is_escaped && line::ends_program(gap);
                        if ends {
                            self.memory.programs = Programs::NONE;
                        }
                        self.copy_to(self.at + 1);
                    }
                }
            }
        }
    }

    /// Copies up to a place.
    fn copy_to(&mut self, place: usize) {
        self.out.extend_from_slice(&self.text[self.at..place]);
        self.at = place;
    }

    /// Reads a run, and the value that it names.
    fn run(&mut self) {
        let start = self.at;
        let length = self.text[start..]
            .iter()
            .take_while(|&&byte| is_run(byte))
            .count();
        let word = &self.text[start..start + length];
        if self.shaped(start, word) {
            return;
        }
        if self.begins_key(start)
            && let Some(value) = self.memory.programs.joined(word)
        {
            self.copy_to(start + value);
            if self.exact == Some(start) {
                self.rest(self.at, Meaning::Secret(Kind::Password), false);
            } else {
                self.value(self.at, Meaning::Secret(Kind::Password), Until::Word);
            }
            return;
        }
        self.copy_to(start + length);
        let unescaped = self.unescaped(start, word);
        let (start, word) = unescaped
            .as_ref()
            .map_or((start, word), |(start, name)| (*start, name));
        let name = &word[word.iter().take_while(|&&byte| byte == b'-').count()..];
        let dashed = name.len() < word.len();
        let after_c = mem::replace(&mut self.memory.after_c, is_dash_c(word));
        self.memory.programs.note(word);
        let (follow, json) = self.follow(start, dashed);
        if self.note_key(word, start, &follow, json) {
            return;
        }
        let password = self.password_of_call(word);
        if let Some(password) = password.or_else(|| self.password_of_sql(start, word)) {
            self.value(password, Meaning::Secret(Kind::Password), Until::Json);
            return;
        }
        let set = self.setting(start, word, &follow);
        if set && word == b"env" {
            self.memory.programs |= Programs::ENV;
        }
        let of_data = self.note_data(word, start, &follow) || self.is_of_data_path(start);
        let of_data = of_data.then_some(Meaning::Secret(Kind::Secret));
        let Some(meaning) = self.meaning(word, name, &follow).or(of_data) else {
            if let Follow::Assign(value) | Follow::Comma(value) = follow
                && self.exact == Some(start)
            {
                self.exact = Some(value);
            }
            return;
        };
        // A password may have the bytes in it that should end a word.
        let word_end = if meaning == Meaning::Proxy {
            Until::Space
        } else {
            Until::Word
        };
        let flag = dashed || meaning == Meaning::Secret(Kind::Bearer);
        if meaning == Meaning::File {
            if let Follow::Assign(value) | Follow::Space(value) = follow
                && dashed
            {
                self.file(value, self.exact == Some(start));
            } else if let (Follow::End, true) = (follow, dashed) {
                self.memory.expected = Some(meaning);
            }
            return;
        }
        self.note_name(start, meaning);
        let property = set && matches!(meaning, Meaning::Secret(_));
        let quoted = self.opened == Some(start) && !self.quotes.is_empty() && !after_c;
        match follow {
            Follow::Comma(value) if flag && self.exact == Some(start) => self.rest(value, meaning, false),
            Follow::Comma(value) if flag => self.value(value, meaning, word_end),
            Follow::Assign(value) if self.exact == Some(start) => self.rest(value, meaning, false),
            Follow::Colon(value)
                if self.exact == Some(start) && self.begins_header(start, value, meaning) =>
            {
                self.rest(value::skip_space(self.text, value), meaning, true);
            }
            Follow::Assign(value) if quoted && !json => self.value(value, meaning, Until::Quotes),
            Follow::Assign(value) => self.value(value, meaning, if json { Until::Json } else { word_end }),
            Follow::Colon(value) if self.begins_key(start) => self.key(start, value, meaning, quoted, json),
            Follow::Space(value) if property => self.property(value, meaning),
            Follow::End if property => self.memory.property = Some(meaning),
            Follow::Item(value) if property => self.value(value, meaning, Until::Json),
            Follow::Space(value) if flag => self.value(self.behind_plugin(value), meaning, Until::Word),
            Follow::Space(value) if self.is_netrc(start, meaning) => self.value(value, meaning, Until::Space),
            _ if let Some((value, until)) = self.beside(&follow)
                && !dashed =>
            {
                self.value(value, meaning, until);
            }
            Follow::Item(value) if flag => self.value(value, meaning, Until::Json),
            Follow::End if flag => self.memory.expected = Some(meaning),
            _ => {}
        }
    }

    /// Where the value begins of what may be an argument of a plug-in, with a flag before each.
    fn behind_plugin(&self, place: usize) -> usize {
        match self.text[place..].strip_prefix(PLUGIN_ARGUMENT) {
            Some([b'=', ..]) => place + PLUGIN_ARGUMENT.len() + 1,
            Some([byte, ..]) if byte.is_ascii_whitespace() => {
                value::skip_space(self.text, place + PLUGIN_ARGUMENT.len())
            }
            _ => place,
        }
    }

    /// Whether a name that begins here can be the key of a header, of YAML or of JSON.
    fn begins_key(&self, start: usize) -> bool {
        start == 0 || self.text[start - 1].is_ascii_whitespace() || b"\"'`{[,".contains(&self.text[start - 1])
    }

    /// Whether a name that begins an argument, or the value of a flag, begins a header with this colon. The
    /// parts of a name such as `system:token:x` do not.
    fn begins_header(&self, start: usize, value: usize, meaning: Meaning) -> bool {
        start == 0
            || matches!(meaning, Meaning::Header(_))
            || self.text.get(value).is_none_or(u8::is_ascii_whitespace)
    }

    /// Takes all that is left as one value. The value of a header may be in the next argument.
    fn rest(&mut self, start: usize, meaning: Meaning, header: bool) {
        self.copy_to(start);
        let value = &self.text[start..];
        if value.is_empty() {
            self.memory.expected = header.then_some(meaning);
        } else if !self.is_no_proxy(start, meaning) && self.memory.redact(meaning, value, self.out) {
            self.at = self.text.len();
            self.took_rest = true;
        } else if meaning == Meaning::Proxy && !self.is_no_proxy(start, meaning) {
            self.no_proxy = self.text.len();
        }
        self.exact = Some(start);
    }

    /// Leaves the key of a file, whose path may be secret by what it looks like only.
    fn file(&mut self, start: usize, is_exact: bool) {
        let mut key = start;
        if let Found::Delimiter(delimiter, length) = quote::at(self.text, start)
            && !is_exact
        {
            self.quotes.toggle(delimiter);
            key += length;
        }
        let length = self.text[key..].iter().take_while(|&&byte| is_run(byte)).count();
        self.copy_to(key + length);
    }

    /// Takes the value that begins at a place behind the run.
    fn value(&mut self, mut start: usize, meaning: Meaning, until: Until) {
        if let Found::Delimiter(delimiter, _) = quote::at(self.text, self.at) {
            self.quotes.toggle(delimiter);
        }
        let mut meaning = meaning;
        if let Meaning::Header(Kind::Authorization) = meaning {
            let length = self.text[start..]
                .iter()
                .take_while(|&&byte| is_run(byte))
                .count();
            let after = value::skip_space(self.text, start + length);
            if let Some(kind) = name::scheme(&self.text[start..start + length])
                && after > start + length
            {
                start = after;
                meaning = Meaning::Secret(kind);
            }
        }
        self.copy_to(start);
        if start == self.text.len() {
            let assigned = self.text[..start].ends_with(b"=");
            self.memory.expected = (!assigned).then_some(meaning);
            return;
        }
        if self.is_no_proxy(start, meaning) {
            return;
        }
        let value = value::at(self.text, start, &self.quotes, until);
        if self.memory.redact(meaning, &value.bytes, self.out) {
            self.at = value.end;
        } else if meaning == Meaning::Proxy {
            self.no_proxy = value.end;
        }
    }
}
