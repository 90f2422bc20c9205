//! What is left to say of a parent: its arguments, and its name where the kernel could not know it.
//!
//! The kernel knows by which path a process was exec'd if that was after the daemon started. Of an older
//! process it knows the executable and the 15 bytes of `comm`; a script's own name is then in its arguments.

use super::process::ProcessFolder;
use crate::event::{Args, Process, ProcessEvent, basename};

/// Arguments among which a script's name is looked for; interpreters have few options.
const MAX_LOOKED_AT: usize = 8;
/// Bytes that the kernel keeps of a name.
const COMM_LEN: usize = 15;

/// Whether the parent's name may be wrong as long as its arguments have not been looked at.
pub(super) fn is_uncertain(parent: &Process) -> bool {
    let name = basename(&parent.executable);
    let cut = &name[..name.len().min(COMM_LEN)];
    parent.filename.is_empty() && parent.comm != cut
}

/// Reads the parent's arguments while it lives, and corrects its name where they show a better one.
///
/// One that had left by then is not looked for: who has its pid now may have been made in the same hundredth of a
/// second, and `/proc` tells no closer.
pub(super) fn fill(event: &mut ProcessEvent) {
    let has_left = event.parent_left;
    let parent = &mut event.parent;
    if has_left || !parent.args.is_empty() {
        return;
    }
    let Some(args) = ProcessFolder::open(parent).and_then(|folder| folder.args()) else {
        return;
    };
    parent.args = args;
    settle_name(parent);
}

/// Corrects the name of a process whose arguments are known, where they show a better one.
pub(super) fn settle_name(process: &mut Process) {
    if is_uncertain(process)
        && let Some(name) = name_in(&process.args, &process.comm)
    {
        process.name = name;
    }
}

/// The name that `comm` is the beginning of, or all of. A `comm` that no argument bears out is a name that the
/// process gave itself, and says nothing.
fn name_in(args: &Args, comm: &[u8]) -> Option<Vec<u8>> {
    let fits = |name: &&[u8]| {
        if comm.len() < COMM_LEN {
            *name == comm
        } else {
            name.starts_with(comm)
        }
    };
    args.iter()
        .take(MAX_LOOKED_AT)
        // A login shell's first argument begins with a hyphen.
        .map(|arg| basename(arg.strip_prefix(b"-").unwrap_or(arg)))
        .find(fits)
        .map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent(comm: &str, executable: &str, filename: &str) -> Process {
        Process {
            comm: comm.into(),
            executable: executable.into(),
            filename: filename.into(),
            ..Process::default()
        }
    }

    #[test]
    fn a_name_is_uncertain_only_where_nothing_bears_it_out() {
        for (comm, executable, filename, uncertain) in [
            ("bash", "/usr/bin/bash", "", false),
            ("a-program-with-", "/opt/a-program-with-a-long-name", "", false),
            ("sh", "/usr/bin/dash", "", true),
            ("a-long-deploy-s", "/usr/bin/bash", "", true),
            (
                "a-long-deploy-s",
                "/usr/bin/bash",
                "./a-long-deploy-script.sh",
                false,
            ),
            ("chosen", "/usr/bin/bash", "", true),
        ] {
            assert_eq!(
                is_uncertain(&parent(comm, executable, filename)),
                uncertain,
                "{comm} {executable}"
            );
        }
    }

    #[test]
    fn arguments_complete_a_name_and_never_invent_one() {
        let table: [(&[&str], &str, Option<&str>); 7] = [
            (
                &["/bin/bash", "./a-long-deploy-script.sh", "x"],
                "a-long-deploy-s",
                Some("a-long-deploy-script.sh"),
            ),
            (&["perl", "-w", "/opt/run.pl"], "run.pl", Some("run.pl")),
            (&["-sh"], "sh", Some("sh")),
            (&["/bin/sh", "-c", "x"], "sh", Some("sh")),
            (&["bash"], "chosen", None),
            (&["bash", "run.pl.bak"], "run.pl", None),
            (&[], "sh", None),
        ];
        for (args, comm, name) in table {
            let args: Args = args.iter().collect();
            assert_eq!(
                name_in(&args, comm.as_bytes()),
                name.map(|it| it.as_bytes().to_vec()),
                "{comm}"
            );
        }
    }
}
