//! The arguments of a process, as bytes.

use std::fmt;
use std::sync::Arc;

/// Arguments. They are kept as the command line that they make, so that asking for it costs nothing, and copies share
/// them: one process may be parent and leader of all.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Args {
    /// None where there are none.
    list: Option<Arc<List>>,
    is_cut: bool,
}

#[derive(PartialEq, Eq, Hash)]
struct List {
    /// All of them with a space between.
    line: Vec<u8>,
    /// Where in the line each one ends.
    ends: Vec<usize>,
}

impl Args {
    /// Takes bytes in which each argument is ended by a NUL. The last NUL may be missing.
    #[must_use]
    pub fn from_bytes(mut bytes: Vec<u8>) -> Self {
        if bytes.last().is_some_and(|&last| last != 0) {
            bytes.push(0);
        }
        let ends = bytes.iter().enumerate().filter(|&(_, &byte)| byte == 0);
        let ends: Vec<usize> = ends.map(|(end, _)| end).collect();
        for &end in &ends {
            bytes[end] = b' ';
        }
        bytes.pop();
        let list = List { line: bytes, ends };
        Self {
            list: (!list.ends.is_empty()).then(|| Arc::new(list)),
            is_cut: false,
        }
    }

    /// The same as the first of more, of which the last may be without its end.
    #[must_use]
    pub fn cut(self) -> Self {
        Self { is_cut: true, ..self }
    }

    /// Whether there were more than these.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_none()
    }

    /// Each argument.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let line = self.command_line();
        let mut start = 0;
        self.ends().iter().map(move |&end| {
            let arg = &line[start..end];
            start = end + 1;
            arg
        })
    }

    /// All of them with a space between, as `process.command_line` has it.
    pub fn command_line(&self) -> &[u8] {
        self.list.as_ref().map_or(&[], |list| &list.line)
    }

    /// The bytes that several lists take: what they share counts once.
    pub fn bytes_of(lists: &[&Self]) -> usize {
        let is_first = |&(place, list): &(usize, &&Self)| !lists[..place].iter().any(|it| it.shares(list));
        let firsts = lists.iter().enumerate().filter(is_first);
        firsts.map(|(_, list)| list.command_line().len()).sum()
    }

    fn shares(&self, other: &Self) -> bool {
        let lists = self.list.as_ref().zip(other.list.as_ref());
        lists.is_some_and(|(one, other)| Arc::ptr_eq(one, other))
    }

    fn ends(&self) -> &[usize] {
        self.list.as_ref().map_or(&[], |list| &list.ends)
    }
}

/// How much there is, and not what: arguments hold secrets, and this is for logs.
impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Args({} of {} bytes)", self.len(), self.command_line().len())
    }
}

impl<A: AsRef<[u8]>> FromIterator<A> for Args {
    fn from_iter<I: IntoIterator<Item = A>>(args: I) -> Self {
        let mut bytes = Vec::new();
        for arg in args {
            bytes.extend_from_slice(arg.as_ref());
            bytes.push(0);
        }
        Self::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_keep_empty_ones_and_a_missing_last_nul() {
        let args = Args::from_bytes(b"kubectl\0\0--as=x".to_vec());
        assert_eq!(args.len(), 3);
        assert_eq!(args.iter().collect::<Vec<_>>(), [&b"kubectl"[..], b"", b"--as=x"]);
        assert_eq!(args.command_line(), b"kubectl  --as=x");
        for none in [Args::default(), Args::from_bytes(Vec::new())] {
            assert!(none.is_empty() && none == Args::default());
            assert_eq!((none.len(), none.command_line()), (0, &b""[..]));
        }
    }

    #[test]
    fn what_lists_share_counts_once() {
        let args: Args = ["sh", "-c"].iter().collect();
        let same: Args = ["sh", "-c"].iter().collect();
        assert_eq!(Args::bytes_of(&[&args, &args.clone(), &args.clone().cut()]), 5);
        assert_eq!(Args::bytes_of(&[&args, &same]), 10, "they are equal, and two");
        assert_eq!(Args::bytes_of(&[&Args::default(), &Args::default()]), 0);
    }
}
