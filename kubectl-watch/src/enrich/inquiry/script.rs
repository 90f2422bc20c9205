//! Which script ran a process: what the nearest interpreter above it was told to run, read as that interpreter sees it.
//!
//! Code in the arguments, as of `sh -c`, came from whoever is above, so the search goes on there. It ends at code that
//! came by another way, at a shell in which somebody types, and at an interpreter that has ended.

use jiff::{SignedDuration, Timestamp};

use super::view::View;
use crate::enrich::process::ProcessFolder;
use crate::event::{NoScript, Process, ProcessEvent, Script, Unknown};
use crate::interpreter::{Code, code, is_script, may_run_script};

/// Bytes of a script.
const MAX_SCRIPT: u64 = 1024 * 1024;
/// Arguments that are looked at; interpreters have few options.
const MAX_LOOKED_AT: usize = 64;
/// Processes above that are looked at.
const MAX_ABOVE: usize = 8;
/// Time between two ticks of the clock of files, at the slowest that Linux has it: a change is known no closer.
const TICK: SignedDuration = SignedDuration::from_millis(10);

/// What is asked.
#[derive(Debug)]
pub(super) enum Question {
    /// It is known without a look at any file.
    Known(Script),
    /// What is in this file.
    File {
        path: Vec<u8>,
        view: View,
        interpreter: Interpreter,
    },
}

/// Which process reads it. No more of it is kept while somebody waits for the answer: arguments can be megabytes.
#[derive(Debug)]
pub(super) struct Interpreter {
    pid: u32,
    start: Timestamp,
}

impl Interpreter {
    const fn of(process: &Process) -> Self {
        Self {
            pid: process.pid,
            start: process.start,
        }
    }
}

impl Question {
    /// None where no script ran the process.
    pub(super) fn of(event: &ProcessEvent) -> Option<Self> {
        let previous = &event.lineage.previous;
        if is_script(previous) {
            // It has made room for the process itself, whose root and working folder are still its own.
            let is_whole = previous.filename.starts_with(b"/");
            return Some(match View::of(&event.process) {
                Ok(view) if is_whole => Self::File {
                    path: previous.filename.clone(),
                    view,
                    interpreter: Interpreter::of(&event.process),
                },
                _ => unknown(&event.process, NoScript::File(Unknown::Gone)),
            });
        }
        let parent = (&event.parent, event.parent_left);
        let above = event
            .lineage
            .ancestors
            .iter()
            .map(|it| (&it.process, it.has_left));
        let mut in_arguments = None;
        for (process, has_left) in std::iter::once(parent).chain(above).take(MAX_ABOVE) {
            if may_run_script(process) {
                match Self::of_process(process, has_left) {
                    Found::Question(question) => return Some(*question),
                    Found::InArguments => in_arguments = in_arguments.or(Some(process)),
                    Found::Nothing => {}
                    Found::Typed => break,
                }
            }
            // What is above it started it from outside.
            if process.pid == event.lineage.entry_leader.pid {
                break;
            }
        }
        in_arguments.map(|process| unknown(process, NoScript::CommandLine))
    }

    fn of_process(process: &Process, has_left: bool) -> Found {
        let gone = || Found::Question(Box::new(unknown(process, NoScript::File(Unknown::Gone))));
        let Some(folder) = ProcessFolder::open(process).filter(|_| !has_left) else {
            return gone();
        };
        let read;
        let args = if process.args.is_empty() {
            let Some(args) = folder.args() else {
                return gone();
            };
            read = args;
            &read
        } else {
            &process.args
        };
        let is_cut = args.len() > MAX_LOOKED_AT || args.is_cut();
        let args: Vec<&[u8]> = args.iter().take(MAX_LOOKED_AT).collect();
        let why = match code(process, &args) {
            // It has made its arguments unreadable.
            None if args.is_empty() => NoScript::Unclear,
            None => return Found::Nothing,
            Some(Code::CommandLine) => return Found::InArguments,
            // The script may come behind all of these.
            Some(Code::Stdin) if is_cut => NoScript::Unclear,
            Some(Code::Stdin) if is_terminal(&folder) => return Found::Typed,
            Some(Code::File(path)) => {
                return Found::Question(Box::new(match View::of(process) {
                    Ok(view) => Self::File {
                        path: path.to_vec(),
                        view,
                        interpreter: Interpreter::of(process),
                    },
                    Err(why) => unknown(process, NoScript::File(why)),
                }));
            }
            Some(Code::Module) => NoScript::Module,
            Some(Code::Stdin) => NoScript::Stdin,
            Some(Code::Descriptor) => NoScript::Descriptor,
            Some(Code::Unclear) => NoScript::Unclear,
        };
        Found::Question(Box::new(unknown(process, why)))
    }

    /// Whether a file is asked for.
    pub(super) const fn needs_files(&self) -> bool {
        matches!(self, Self::File { .. })
    }

    /// What is said as long as nobody has answered.
    pub(super) fn unanswered(&self, why: Unknown) -> Script {
        match self {
            Self::Known(script) => script.clone(),
            Self::File {
                path, interpreter, ..
            } => Script {
                pid: interpreter.pid,
                path: path.clone(),
                facts: None,
                unknown: Some(NoScript::File(why)),
            },
        }
    }

    /// This may take as long as it takes.
    pub(super) fn answer(&self) -> Script {
        let Self::File {
            path,
            view,
            interpreter,
        } = self
        else {
            return self.unanswered(Unknown::Gone);
        };
        let read = view.absolute(path).and_then(|path| view.read(&path, MAX_SCRIPT));
        let mut found = match read {
            Ok(Some(found)) => found,
            Ok(None) => {
                return Script {
                    unknown: Some(NoScript::Missing),
                    ..self.unanswered(Unknown::Gone)
                };
            }
            Err(why) => return self.unanswered(why),
        };
        let begin = interpreter
            .start
            .saturating_sub(TICK)
            .unwrap_or(interpreter.start);
        let is_newer = i128::from(found.changed_ns) > begin.as_nanosecond();
        let why = found.bytes.err().or(is_newer.then_some(Unknown::Changed));
        if why.is_some() {
            found.facts.sha256 = None;
        }
        Script {
            pid: interpreter.pid,
            path: found.path,
            facts: Some(found.facts),
            unknown: why.map(NoScript::File),
        }
    }
}

/// What a process above says.
enum Found {
    /// It is no interpreter.
    Nothing,
    /// Code that stands in its arguments.
    InArguments,
    /// Somebody types in it.
    Typed,
    Question(Box<Question>),
}

fn unknown(process: &Process, why: NoScript) -> Question {
    Question::Known(Script {
        pid: process.pid,
        unknown: Some(why),
        ..Script::default()
    })
}

/// Whether somebody may type what a process reads.
fn is_terminal(folder: &ProcessFolder) -> bool {
    let input = folder.link("fd/0").unwrap_or_default();
    [&b"/dev/pts/"[..], b"/dev/tty", b"/dev/console"]
        .iter()
        .any(|terminal| input.starts_with(terminal))
}

#[cfg(test)]
mod tests;
