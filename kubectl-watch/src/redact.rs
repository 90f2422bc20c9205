//! Secrets never leave the process.
//!
//! Arguments or text in, the same with a mark in place of every secret out. It works on arguments before they
//! are joined, since afterwards nobody can tell where a secret ends. Where it cannot be sure how far a secret
//! goes it takes too much rather than too little. The work grows with the length of the input and no faster.

mod flag;
mod hash;
mod line;
mod memory;
mod name;
mod program;
#[cfg(test)]
pub(crate) mod properties;
mod quote;
mod recent;
mod scan;
mod shape;
mod strings;
#[cfg(test)]
mod tests;
mod value;
mod variable;

use std::borrow::Cow;
use std::io::Write;

use crate::event::Args;
pub use hash::salt;
use memory::Memory;

/// What a secret is, as far as its place or its shape says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The value of something called a token.
    Token,
    /// The value of something called a password.
    Password,
    /// The value of something called a key.
    Key,
    /// The value of something called a secret.
    Secret,
    /// A JSON web token, wherever it is.
    Jwt,
    /// What follows `Bearer`.
    Bearer,
    /// What an `Authorization` header holds, of any other scheme.
    Authorization,
    /// What a `Cookie` header holds.
    Cookie,
    /// The value of a `--from-literal` pair.
    Literal,
    /// The value of an environment variable.
    Env,
    /// What stands before the `@` of a URL.
    Userinfo,
}

impl Kind {
    /// The word for it in a mark.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Password => "password",
            Self::Key => "key",
            Self::Secret => "secret",
            Self::Jwt => "jwt",
            Self::Bearer => "bearer",
            Self::Authorization => "authorization",
            Self::Cookie => "cookie",
            Self::Literal => "literal",
            Self::Env => "env",
            Self::Userinfo => "userinfo",
        }
    }
}

/// The arguments without their secrets: as many as before, in the same order.
#[must_use]
pub fn args(args: &Args) -> Args {
    first(args, usize::MAX)
}

/// The first of them as [`args`] has them, each whole: so many that they take more than these bytes, or all. Of arguments
/// that come again, as those of a parent do, it is remembered.
#[must_use]
pub fn first_args(args: &Args, bytes: usize) -> Args {
    recent::or_made(args, bytes, || first(args, bytes))
}

fn first(args: &Args, bytes: usize) -> Args {
    if args.command_line().contains(&b'$') {
        // What is in a variable is told where it is used, be it behind those.
        let all =
            variable::read(|mut memory| written(args, usize::MAX, |arg, out| memory.argument(arg, out)));
        return written(&all, bytes, |arg, out| out.extend_from_slice(arg));
    }
    let mut memory = Memory::default();
    written(args, bytes, |arg, out| memory.argument(arg, out))
}

fn written(args: &Args, bytes: usize, mut write: impl FnMut(&[u8], &mut Vec<u8>)) -> Args {
    // Mostly there is no secret in them.
    let mut out = Vec::with_capacity(args.command_line().len().min(bytes) + 1);
    let mut done = 0;
    for arg in args.iter() {
        if out.len() > bytes {
            break;
        }
        write(arg, &mut out);
        out.push(0);
        done += 1;
    }
    let first = Args::from_bytes(out);
    if done < args.len() || args.is_cut() {
        first.cut()
    } else {
        first
    }
}

/// A text without its secrets: a command line, a message, a header, a piece of JSON.
#[must_use]
pub fn text(bytes: &[u8]) -> Vec<u8> {
    variable::read(|mut memory| {
        let mut out = Vec::with_capacity(bytes.len());
        memory.text(bytes, &mut out);
        out
    })
}

/// A text of a rule, which an argument or a line is held against, without its secrets. A pattern that names where a secret would be, as `--token=*` does, has none:
/// of that all stays as it is.
#[must_use]
pub fn pattern(text: &str) -> Cow<'_, str> {
    let (out, secrets) = variable::read(|mut memory| {
        let mut out = Vec::with_capacity(text.len());
        memory.argument(text.as_bytes(), &mut out);
        (out, memory.secrets)
    });
    if secrets > 0 {
        Cow::Owned(String::from_utf8_lossy(&out).into_owned())
    } else {
        Cow::Borrowed(text)
    }
}

/// The mark that stands for a token, whatever it looks like.
#[must_use]
pub fn token(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    mark(Kind::Token, bytes, &mut out);
    out
}

/// Writes the mark that stands for a secret. Its hash tells two secrets apart and joins one with its own
/// appearance elsewhere; it is too short to search for a good secret by.
fn mark(kind: Kind, secret: &[u8], out: &mut Vec<u8>) {
    let is_mark = shape::mark(secret) == Some(secret.len());
    if is_mark || matches!(secret, b"" | b"true" | b"false" | b"null") {
        out.extend_from_slice(secret);
        return;
    }
    let kind = if shape::jwt(secret) == Some(0) {
        Kind::Jwt
    } else {
        kind
    };
    // Writing to a Vec cannot fail.
    let _ = write!(out, "<redacted:{} {}>", kind.name(), hash::digits(secret));
}
