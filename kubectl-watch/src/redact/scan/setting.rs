//! What `kubectl config set` sets: `users.bob.token`, and its value.

use super::super::flag::Flag;
use super::super::memory::Setting;
use super::super::quote::{self, Found};
use super::super::value::{self, Until};
use super::{Follow, Meaning, Scan};

impl Scan<'_> {
    /// Whether this run can be the end of what `set` sets. Its name may have bytes in it that end a run.
    pub(super) fn setting(&mut self, start: usize, word: &[u8], follow: &Follow) -> bool {
        let begins = start == 0 || self.text[start - 1].is_ascii_whitespace();
        let dashed = word.starts_with(b"-");
        let before = self.memory.setting;
        if begins {
            self.memory.setting = match before {
                Setting::Over | Setting::This => Setting::Over,
                _ if dashed && !matches!(follow, Follow::Assign(_)) => Setting::Value,
                Setting::Next if !dashed => Setting::This,
                _ => Setting::Next,
            };
        }
        let set = !dashed && self.memory.setting != Setting::Over;
        // jq has a variable and its value behind the latter.
        if word == b"set" || word == b"--arg" {
            self.memory.setting = Setting::Next;
        }
        set
    }

    /// Takes the value of what `set` sets, which begins at a place or behind the flags there.
    pub(super) fn property(&mut self, mut start: usize, meaning: Meaning) {
        if let Found::Delimiter(delimiter, _) = quote::at(self.text, self.at) {
            self.quotes.toggle(delimiter);
        }
        let mut is_of_flag = false;
        loop {
            self.copy_to(start);
            let value = value::at(self.text, start, &self.quotes, Until::Word);
            let flag = Flag::of(&value.bytes);
            if is_of_flag || flag.is_some() {
                self.copy_to(value.end);
                is_of_flag = !is_of_flag && flag == Some(Flag::BeforeValue);
            } else {
                self.memory.redact(meaning, &value.bytes, self.out);
                self.at = value.end;
                if !value.bytes.starts_with(b"-") {
                    return;
                }
            }
            start = value::skip_space(self.text, self.at);
            if start == self.at || start == self.text.len() || self.text[self.at] == b'\n' {
                return;
            }
        }
    }
}
