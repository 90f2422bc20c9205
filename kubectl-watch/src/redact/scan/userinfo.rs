//! The user and the password before the `@` of an address.

use super::super::shape::{is_port, is_run};
use super::{Kind, Meaning, Scan};

impl Scan<'_> {
    /// Reads all of it and takes nothing else.
    pub(in crate::redact) fn addresses(&mut self) {
        while self.at < self.text.len() {
            if self.text[self.at..].starts_with(b"://") {
                self.userinfo();
            } else {
                self.copy_to(self.at + 1);
            }
        }
    }

    /// Takes what is before the `@` of a URL whose `://` is here. A password may have the bytes in it that
    /// should end a host's name.
    pub(super) fn userinfo(&mut self) {
        self.copy_to(self.at + 3);
        let start = self.at;
        let rest = &self.text[start..];
        let stop = |&byte: &u8| byte.is_ascii_whitespace() || b"/?#".contains(&byte);
        let host = &rest[..rest.iter().position(stop).unwrap_or(rest.len())];
        let end = match host.iter().rposition(|&byte| byte == b'@') {
            Some(place) => place,
            None => match host.iter().position(|&byte| byte == b':') {
                Some(colon) if !host.starts_with(b"[") && !is_port(&host[colon + 1..]) => {
                    let stop = self.stop(start + host.len());
                    if self.text.get(stop) != Some(&b'@') {
                        return;
                    }
                    stop - start
                }
                _ => return,
            },
        };
        self.memory.mark(Kind::Userinfo, &rest[..end], self.out);
        self.at = start + end;
    }

    /// The next white space or `@`; looked for once for all the places before it.
    fn stop(&mut self, place: usize) -> usize {
        if self.next_stop < place {
            let found = self.text[place..]
                .iter()
                .position(|&byte| byte.is_ascii_whitespace() || byte == b'@');
            self.next_stop = found.map_or(self.text.len(), |found| place + found);
        }
        self.next_stop
    }

    /// Whether no address of a proxy is to be looked for at a place: there is a URL, which is taken by its
    /// `://`, or that was done before.
    pub(super) fn is_no_proxy(&self, place: usize, meaning: Meaning) -> bool {
        let scheme = || {
            self.text[place..]
                .iter()
                .take_while(|&&byte| is_run(byte))
                .count()
        };
        meaning == Meaning::Proxy
            && (place < self.no_proxy || self.text[place + scheme()..].starts_with(b"://"))
    }
}
