//! What a program is by texts all over it, for one that says nothing of itself, or lies.
//!
//! Go keeps the name of every function and type, and no program loses them by being stripped. kubectl has 40
//! packages of commands and one that joins them. Many programs have some of the former; who has the latter too, or
//! all of the former, is kubectl. To hide that, thousands of texts would have to be changed.

use bstr::ByteSlice;

use super::tool::{BUSYBOX, KUBECTL, Named, Tool};

/// What every command's path ends with before its name, in each way that it was vendored or moved.
const COMMANDS: [&[u8]; 2] = [b"kubectl/pkg/cmd", b"pkg/kubectl/cmd"];
/// kubectl's own banner has no form that is looked for; busybox's has.
const BANNER: &[u8] = b"BusyBox v";
/// The packages of kubectl's commands.
const NAMES: [&str; 40] = [
    "annotate",
    "apiresources",
    "apply",
    "attach",
    "auth",
    "autoscale",
    "certificates",
    "clusterinfo",
    "completion",
    "config",
    "cp",
    "create",
    "debug",
    "delete",
    "describe",
    "diff",
    "drain",
    "edit",
    "events",
    "exec",
    "explain",
    "expose",
    "get",
    "kustomize",
    "label",
    "logs",
    "options",
    "patch",
    "plugin",
    "portforward",
    "proxy",
    "replace",
    "rollout",
    "run",
    "scale",
    "set",
    "taint",
    "top",
    "version",
    "wait",
];
/// How many of them are enough beside the package that joins them.
const SOME: u32 = 16;
/// How many are enough alone. A program that works on manifests, without being kubectl, has up to 38.
const NEARLY_ALL: u32 = 39;
/// Bytes that a text may reach over the end of one piece: the longest of what is looked for, and more.
const OVERLAP: usize = 64;

/// Goes through all of a file, in pieces of any size, and keeps nothing of them but what it found.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// Which of the commands were found, a bit each.
    commands: u64,
    has_root: bool,
    has_banner: bool,
    /// The end of the last piece.
    tail: Vec<u8>,
}

impl Scan {
    /// Takes the next piece.
    pub fn take(&mut self, piece: &[u8]) {
        let mut joint = std::mem::take(&mut self.tail);
        joint.extend_from_slice(&piece[..piece.len().min(OVERLAP)]);
        self.search(&joint);
        self.search(piece);
        let end = if piece.len() < OVERLAP { &joint } else { piece };
        self.tail = end[end.len().saturating_sub(OVERLAP)..].to_vec();
    }

    /// What it is, by what was found so far.
    pub fn tool(&self) -> Option<Tool> {
        let commands = self.commands.count_ones();
        let is_kubectl = commands >= NEARLY_ALL || (self.has_root && commands >= SOME);
        let name = if is_kubectl {
            KUBECTL
        } else if self.has_banner {
            BUSYBOX
        } else {
            return None;
        };
        Some(Tool {
            name,
            named: Named::Strings,
        })
    }

    fn search(&mut self, data: &[u8]) {
        self.has_banner |= data.find(BANNER).is_some();
        for path in COMMANDS {
            for at in data.find_iter(path) {
                let rest = &data[at + path.len()..];
                match rest.first() {
                    Some(b'.') => self.has_root |= rest.get(1).is_some_and(u8::is_ascii_alphabetic),
                    Some(b'/') => self.command(&rest[1..]),
                    _ => {}
                }
            }
        }
    }

    fn command(&mut self, rest: &[u8]) {
        let length = rest.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        // What may go on in the next piece is looked at again together with it.
        if length < rest.len()
            && let Ok(index) = NAMES.binary_search_by(|name| name.as_bytes().cmp(&rest[..length]))
        {
            self.commands |= 1 << index;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(commands: usize, root: bool) -> Vec<u8> {
        let mut text = b"x".repeat(200);
        for name in &NAMES[..commands] {
            text.extend_from_slice(b"vendor/k8s.io/kubectl/pkg/cmd/");
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b".New\0");
        }
        if root {
            text.extend_from_slice(b"k8s.io/kubectl/pkg/cmd.NewKubectlCommand\0");
        }
        text.extend_from_slice(&b"y".repeat(70));
        text
    }

    #[test]
    fn most_of_the_commands_are_kubectl_and_some_are_not() {
        assert!(NAMES.is_sorted());
        for (commands, root, is_kubectl) in [
            (40, true, true),
            (40, false, true),
            (38, false, false),
            (16, true, true),
            (15, true, false),
            (0, true, false),
            (0, false, false),
        ] {
            let mut scan = Scan::default();
            scan.take(&text(commands, root));
            assert_eq!(scan.tool().is_some(), is_kubectl, "{commands} {root}");
        }
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_are_as_good_as_one(size in 1usize..300) {
            let mut scan = Scan::default();
            text(16, true).chunks(size).for_each(|piece| scan.take(piece));
            prop_assert_eq!(scan.tool().map(|tool| tool.name), Some("kubectl"));
            let mut scan = Scan::default();
            b"aBusyBox v1.36".chunks(size).for_each(|piece| scan.take(piece));
            prop_assert_eq!(scan.tool().map(|tool| tool.name), Some("busybox"));
        }
    }
}
