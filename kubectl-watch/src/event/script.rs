//! Which script ran a process: the file that an interpreter above it was told to run.

use super::Unknown;
use crate::credential::kubeconfig::FileFacts;

/// A script, or why it is none that could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The process that runs it.
    pub pid: u32,
    /// Its path as that process sees it, links resolved where it was found; empty where there is none.
    pub path: Vec<u8>,
    /// The file, where one was found.
    pub facts: Option<FileFacts>,
    /// Why its content is not known.
    pub unknown: Option<NoScript>,
}

/// Why nobody can say what an interpreter runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoScript {
    /// The code stands in its arguments.
    CommandLine,
    /// It is a module, which the interpreter looks up by its name.
    Module,
    /// It comes in at standard input.
    Stdin,
    /// It is an open file, named by its descriptor.
    Descriptor,
    /// An option is not known, so that the script cannot be told from its value.
    Unclear,
    /// There is no file of that path any more.
    Missing,
    /// It could not be looked at, or was written after the interpreter had started.
    File(Unknown),
}

impl Script {
    /// Whether something is missing that another look could have found.
    pub const fn is_gap(&self) -> bool {
        matches!(self.unknown, Some(NoScript::File(_) | NoScript::Missing))
    }

    /// The same where it was not looked at yet, for another reason.
    #[must_use]
    pub fn unless_known(mut self, why: Unknown) -> Self {
        if self.unknown == Some(NoScript::File(Unknown::Slow)) {
            self.unknown = Some(NoScript::File(why));
        }
        self
    }

    /// Whether others than its owner and root may write to it; none where it was not found.
    pub fn is_writable_by_others(&self) -> Option<bool> {
        Some(self.facts.as_ref()?.mode & 0o022 != 0)
    }
}

impl NoScript {
    /// As it is written in an alert.
    pub fn name(self) -> &'static str {
        match self {
            Self::CommandLine => "command_line",
            Self::Module => "module",
            Self::Stdin => "stdin",
            Self::Descriptor => "descriptor",
            Self::Unclear => "unclear",
            Self::Missing => "missing",
            Self::File(unknown) => unknown.name(),
        }
    }
}
