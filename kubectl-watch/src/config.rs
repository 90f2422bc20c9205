//! What the daemon was told, with what the command line leaves open settled.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    cli::{self, Output, Run},
    respond,
    sink::{Sink, kept::Kept, stdout::Stdout, terminal::Terminal},
    source::kernel,
    state,
    suppression::Settings,
};

/// How the daemon runs.
#[derive(Debug)]
pub struct Config {
    /// Rule files and folders; none means the rules that ship.
    pub rules: Vec<PathBuf>,
    /// Files and folders of exceptions.
    pub exceptions: Vec<PathBuf>,
    /// Whether what an exception lets pass is written too.
    pub write_excepted: bool,
    /// How repeats are told for rules that don't say; none means that each is an alert.
    pub suppression: Option<Settings>,
    /// What this node is for.
    pub labels: BTreeMap<String, String>,
    /// Whether a rule that cannot run here stops the start.
    pub strict: bool,
    /// Whether alerts are blocks to read.
    pub text: bool,
    /// The node's name in Kubernetes.
    pub node_name: Option<String>,
    /// The folder that is the node's root.
    pub host_root: Option<PathBuf>,
    /// The folder with what one watch leaves for the next; none means the usual one, where it can be had.
    pub state: Option<PathBuf>,
    /// How long an alerted process is followed at most; zero follows nobody.
    pub follow_for: Duration,
    /// What is done about it.
    pub respond: respond::Options,
    /// The kernel source.
    pub source: kernel::Options,
}

impl Config {
    /// Settles what the command line leaves open.
    pub fn new(run: Run) -> Self {
        Self {
            rules: run.rules.paths,
            exceptions: run.quieting.exceptions.paths,
            write_excepted: run.quieting.write_excepted,
            suppression: run.quieting.repeats.suppress.map(Settings::within),
            labels: run.quieting.labels.into_iter().collect(),
            strict: run.strict,
            text: match run.output {
                Output::Auto => io::stdout().is_terminal(),
                Output::Json => false,
                Output::Text => true,
            },
            node_name: run.node_name,
            host_root: run.node.host_root,
            state: run.state,
            follow_for: Duration::from_secs(run.next.follow_for),
            respond: respond::Options {
                orders: run.next.respond,
                dry_run: run.next.respond_dry_run,
                limit: run.next.respond_limit,
            },
            source: kernel::Options {
                btf: run.node.btf,
                pins: run.pin,
                follow: run.next.follow_for > 0,
                log: match run.kernel_log {
                    cli::KernelLog::Off => kernel::KernelLog::Off,
                    cli::KernelLog::Warn => kernel::KernelLog::Warn,
                    cli::KernelLog::Debug => kernel::KernelLog::Debug,
                },
            },
        }
    }

    /// The folder with what one watch leaves for the next.
    pub fn state_folder(&self) -> &Path {
        self.state.as_deref().unwrap_or(Path::new(state::DEFAULT))
    }

    /// Where alerts go. What a terminal shows is kept beside the state, where this daemon has it.
    pub fn sink(&self, has_state: bool) -> Box<dyn Sink + Send> {
        if !self.text {
            return Box::new(Stdout::new());
        }
        let terminal = Terminal::new();
        if !has_state {
            return Box::new(terminal);
        }
        match Kept::open(self.state_folder()) {
            Ok(kept) => Box::new(terminal.keeping(kept)),
            Err(error) => {
                let folder = self.state_folder().display();
                tracing::warn!(%error, %folder, "alerts cannot be kept for `kubectl-watch allow`");
                Box::new(terminal)
            }
        }
    }
}
