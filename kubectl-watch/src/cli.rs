//! The command line, as clap reads it. It says what there is to say; what is made of it is decided elsewhere.

mod format;
mod next;
mod quieting;

use std::path::PathBuf;

use crate::source::kernel;
use clap::{Args, Parser, Subcommand};
pub use format::{KernelLog, Log, LogFormat, Output};
pub use next::Next;
pub use quieting::{Allow, Exceptions, Quieting, Runbook, Simulate};

/// Where the kernel describes its own types.
pub const DEFAULT_BTF: &str = "/sys/kernel/btf/vmlinux";

const ABOUT: &str = "Detects stolen Kubernetes identity on a node, the moment kubectl runs under it";
const LONG_ABOUT: &str = "\
Detects stolen Kubernetes identity on a node, the moment kubectl runs under it.

A program in the kernel reports each exec that the rules could be about, and the rules decide. An alert goes to \
standard output: as a block to read in a terminal, as one ECS document a line anywhere else. Logs go to standard \
error. Secrets in arguments are replaced by a mark before anything is written.

Without a command it runs until it is told to end by SIGINT or SIGTERM, or until nobody reads its output.";

const HELP: &str = "\
Examples:
  kubectl-watch                               watch, with the rules that ship
  kubectl-watch | jq .event.reason            the same, as JSON lines
  kubectl-watch --rules /etc/kubectl-watch/rules
  kubectl-watch doctor                        what this node lacks, and how to give it that

Exit codes:
   0  ended as asked             69  the kernel cannot do what is needed
   1  failed while running       77  a right is missing
   2  wrong command line         78  a rule or a setting is wrong";

const RUN_HELP: &str = "\
Examples:
  kubectl-watch run --output json > alerts.ndjson
  kubectl-watch run --rules mine.toml --rules team/ --strict
  kubectl-watch run --node-name worker-3 --host-root /host";

const CHECK_HELP: &str = "\
Examples:
  kubectl-watch check                         the rules that ship
  kubectl-watch check mine.toml team/         files, and all of a folder
  kubectl-watch check -x exceptions/          the same, and exceptions
  kubectl-watch check --strict team/          for a pipeline: a warning fails it";

const EXPLAIN_HELP: &str = "\
Examples:
  kubectl-watch explain 3c6685eb-9eaa-43a4-be1b-a7f9f1f5e63d
  kubectl-watch explain 'Potential Impersonation Attempt via Kubectl'
  kubectl-watch explain --rules team/ team-rule-7";

const DOCTOR_HELP: &str = "\
Examples:
  kubectl-watch doctor
  kubectl exec -n kubectl-watch ds/kubectl-watch -- /kubectl-watch doctor

Exits with 69 if the kernel lacks something, with 77 if a right is missing, and with 0 if alerts can be made.";

const UNPIN_HELP: &str = "\
Examples:
  kubectl-watch unpin                         after the last `kubectl-watch run --pin` has ended
  kubectl-watch unpin /sys/fs/bpf/mine";

const COMPLETIONS_HELP: &str = "\
Examples:
  kubectl-watch completions bash > /etc/bash_completion.d/kubectl-watch
  kubectl-watch completions zsh > \"${fpath[1]}/_kubectl-watch\"";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "kubectl-watch", version, about = ABOUT, long_about = LONG_ABOUT, after_help = HELP)]
#[command(args_conflicts_with_subcommands = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to run, where no command says what to do.
    #[command(flatten)]
    pub run: Run,
}

impl Cli {
    /// What to do; to run where nothing else was said.
    #[must_use]
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Run(self.run))
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch this node and report what the rules find; done too if no command is given
    #[command(after_help = RUN_HELP)]
    Run(Run),
    /// Check rules and exceptions without running them
    #[command(after_help = CHECK_HELP)]
    Check(Check),
    /// Show what a rule looks for, why, and what to do when it finds it
    #[command(after_help = EXPLAIN_HELP)]
    Explain(Explain),
    /// Write the narrowest useful exception for an alert, and say what else it would have silenced
    #[command(after_help = quieting::ALLOW_HELP)]
    Allow(Allow),
    /// Show what rules and exceptions would have made of past alerts
    #[command(after_help = quieting::SIMULATE_HELP)]
    Simulate(Simulate),
    /// Print what to do about an alert: how to judge it, and the commands for this account, pod and node
    #[command(after_help = quieting::RUNBOOK_HELP)]
    Runbook(Runbook),
    /// Show what this node offers and lacks, and how to give it that
    #[command(after_help = DOCTOR_HELP)]
    Doctor(Doctor),
    /// Remove programs that `run --pin` left in the kernel
    #[command(after_help = UNPIN_HELP)]
    Unpin(Unpin),
    /// Write a completion script for a shell
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(Completions),
}

/// How to run.
#[derive(Args, Debug)]
pub struct Run {
    /// Which rules.
    #[command(flatten)]
    pub rules: Rules,
    /// What of it is no alert.
    #[command(flatten)]
    pub quieting: Quieting,
    /// Refuse to start if any rule or exception has an error or a warning, instead of running those that work
    #[arg(long)]
    pub strict: bool,
    /// How to write alerts: `text` to read, `json` for one ECS document a line, `auto` for text in a terminal and
    /// JSON anywhere else
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: Output,
    /// The node's name in Kubernetes [default: its hostname]
    #[arg(long, env = "NODE_NAME", value_name = "NAME")]
    pub node_name: Option<String>,
    /// Where the node is.
    #[command(flatten)]
    pub node: Node,
    /// A file of random bytes, with which secrets are hashed, so that nobody guesses a short one by its hash
    #[arg(long, env = "KUBECTL_WATCH_REDACT_SALT", value_name = "FILE")]
    pub redact_salt: Option<PathBuf>,
    /// The folder in which one watch tells the next when it ended [default: /run/kubectl-watch, where root may write]
    ///
    /// Without it the daemon can only say that nobody watched before it started. One that outlasts a boot, such as
    /// /var/lib/kubectl-watch, tells across a boot as well.
    #[arg(long, env = "KUBECTL_WATCH_STATE", value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Keep the programs and their buffer in the kernel when the daemon ends, pinned below this folder, so that the next
    /// one misses nothing [default: /sys/fs/bpf/kubectl-watch]
    ///
    /// It must be on a BPF file system, and one daemon at a time may have it. `kubectl-watch unpin` removes them.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = kernel::DEFAULT_PINS, conflicts_with = "kernel_log")]
    pub pin: Option<PathBuf>,
    /// What the programs in the kernel log of themselves
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub kernel_log: KernelLog,
    /// What happens after an alert.
    #[command(flatten)]
    pub next: Next,
    /// What is logged.
    #[command(flatten)]
    pub log: Log,
}

/// Which rules are meant.
#[derive(Args, Debug)]
pub struct Rules {
    /// A rule file, or a folder of them, to use INSTEAD of the rules that ship; may be given again
    #[arg(short = 'r', long = "rules", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// Where the node is, seen from here.
#[derive(Args, Debug)]
pub struct Node {
    /// The folder that is the node's root [default: the root of process 1, or else /]
    ///
    /// The names of users, of pods, of the host and of its distribution are read below it. In a container that shares the
    /// node's pids, the default finds it.
    #[arg(long, env = "KUBECTL_WATCH_HOST_ROOT", value_name = "PATH")]
    pub host_root: Option<PathBuf>,
    /// The file with the kernel's own types
    #[arg(long, value_name = "PATH", default_value = DEFAULT_BTF)]
    pub btf: PathBuf,
}

/// How to check.
#[derive(Args, Debug)]
pub struct Check {
    /// Rule files, or folders of them [default: the rules that ship]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Which exceptions.
    #[command(flatten)]
    pub exceptions: Exceptions,
    /// Fail on warnings too
    #[arg(long)]
    pub strict: bool,
}

/// What to explain.
#[derive(Args, Debug)]
pub struct Explain {
    /// The rule's id or its name
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// Which rules there are.
    #[command(flatten)]
    pub rules: Rules,
}

/// Where to look.
#[derive(Args, Debug)]
pub struct Doctor {
    /// Where the node is.
    #[command(flatten)]
    pub node: Node,
}

/// Where the pins are.
#[derive(Args, Debug)]
pub struct Unpin {
    /// The folder that was given to `--pin`
    #[arg(value_name = "DIR", default_value = kernel::DEFAULT_PINS)]
    pub folder: PathBuf,
}

/// For which shell.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Command, clap::Error> {
        let words = ["kubectl-watch"].into_iter().chain(line.split_whitespace());
        Cli::try_parse_from(words).map(Cli::into_command)
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn to_run_needs_no_word() {
        for line in [
            "-r a -r b --strict -o json -vv",
            "run --rules a --rules b --strict --output json -v -v",
        ] {
            let Ok(Command::Run(run)) = parse(line) else {
                panic!("{line}")
            };
            assert_eq!(run.rules.paths, [PathBuf::from("a"), PathBuf::from("b")]);
            assert_eq!((run.strict, run.output, run.log.verbose), (true, Output::Json, 2));
            assert_eq!(run.node.btf, PathBuf::from(DEFAULT_BTF));
        }
    }

    #[test]
    fn each_command_takes_what_it_needs() {
        assert!(matches!(parse("check a b --strict"), Ok(Command::Check(check)) if check.paths.len() == 2));
        assert!(matches!(parse("check"), Ok(Command::Check(check)) if check.paths.is_empty()));
        assert!(matches!(parse("explain x -r a"), Ok(Command::Explain(explain)) if explain.rule == "x"));
        assert!(
            matches!(parse("doctor --btf /x"), Ok(Command::Doctor(doctor)) if doctor.node.btf.as_os_str() == "/x")
        );
        assert!(
            matches!(parse("simulate --alerts a -x b -r c"), Ok(Command::Simulate(it)) if it.exceptions.paths.len() == 1)
        );
        assert!(matches!(parse("allow --from-alert x"), Ok(Command::Allow(allow)) if allow.alerts.is_none()));
        assert!(matches!(parse("completions fish"), Ok(Command::Completions(_))));
        for line in [
            "explain",
            "-v -q",
            "--output yaml",
            "nothing",
            "completions",
            "allow",
            "simulate",
            "--suppress=0s",
            "--label x",
            "--label a-b=c",
            "--label a.b=c",
            "--label kubectl_watch=c",
        ] {
            assert_eq!(
                parse(line).err().map(|error| error.exit_code()),
                Some(2),
                "{line}"
            );
        }
    }
}
