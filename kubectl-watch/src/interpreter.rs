//! What an interpreter was told to run, by its arguments: a script, or code that is in no file. Pure.
//!
//! Options are read as the interpreter reads them. Where one is not known, nobody guesses what comes after it.

use crate::event::{Process, basename, is_file_descriptor};

/// What a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code<'a> {
    /// The file of this path, as it was given.
    File(&'a [u8]),
    /// What stands in the arguments: `bash -c`.
    CommandLine,
    /// A module, by a name that the interpreter looks up: `python -m`.
    Module,
    /// What comes in at its standard input, or what somebody types.
    Stdin,
    /// An open file, by the number of its descriptor.
    Descriptor,
    /// It cannot be told, because of an option that is not known here.
    Unclear,
}

/// How an interpreter reads its options.
struct Dialect {
    names: &'static [&'static str],
    /// Letters after which the code stands in the arguments.
    code: &'static str,
    /// Letters after which a module is named.
    module: &'static str,
    /// Letters that say that the code comes in at standard input.
    stdin: &'static str,
    /// Letters that take the next argument, whatever stands behind them in the same word.
    next: &'static str,
    /// Letters that take the rest of the word, or the next argument if there is none.
    value: &'static str,
    /// Letters that take the rest of the word, if there is any.
    rest: &'static str,
    /// All other letters that are known; `*` for any.
    flags: &'static str,
    /// Long options after which the code stands in the arguments.
    long_code: &'static [&'static str],
    /// Long options that take the next argument.
    long_value: &'static [&'static str],
    /// Other long options that are known; those with a `=` are words of their own.
    long_flags: &'static [&'static str],
}

const DIALECTS: [Dialect; 5] = [
    Dialect {
        names: &["sh", "bash", "rbash", "dash", "ash", "ksh", "zsh"],
        code: "c",
        module: "",
        stdin: "s",
        next: "oO",
        value: "",
        rest: "",
        flags: "*",
        long_code: &[],
        long_value: &["rcfile", "init-file"],
        long_flags: &[
            "debugger",
            "login",
            "noediting",
            "noprofile",
            "norc",
            "posix",
            "restricted",
            "verbose",
        ],
    },
    Dialect {
        names: &["python", "pypy"],
        code: "c",
        module: "m",
        stdin: "",
        next: "",
        value: "WX",
        rest: "",
        flags: "bBdEhiIOPqRsSuvVx",
        long_code: &[],
        long_value: &["check-hash-based-pycs"],
        long_flags: &[],
    },
    Dialect {
        names: &["perl"],
        code: "eE",
        module: "",
        stdin: "",
        next: "",
        value: "I",
        rest: "CdDFimMVx",
        flags: "0123456789acflnpsStTuUvwWX",
        long_code: &[],
        long_value: &[],
        long_flags: &[],
    },
    Dialect {
        names: &["ruby"],
        code: "e",
        module: "",
        stdin: "",
        next: "",
        value: "IrE",
        rest: "0FiKTWx",
        flags: "aclnpsSvwUdy",
        long_code: &[],
        long_value: &[],
        long_flags: &["verbose"],
    },
    Dialect {
        names: &["node", "nodejs"],
        code: "ep",
        module: "",
        stdin: "",
        next: "",
        value: "rC",
        rest: "",
        flags: "i",
        long_code: &["eval", "print"],
        long_value: &["require", "import", "loader", "conditions"],
        long_flags: &["no-warnings", "enable-source-maps", "no-deprecation"],
    },
];

/// It is many programs, by the name that it is called by.
const BUSYBOX: &[u8] = b"busybox";

/// Whether a process may run a script: it is an interpreter that is known here, or is called otherwise than its file.
pub fn may_run_script(process: &Process) -> bool {
    is_called_otherwise(process)
        || [&process.executable, &process.name]
            .map(|name| basename(name))
            .into_iter()
            .any(|name| name == BUSYBOX || dialect_of(name).is_some())
}

/// Whether the file of this path is one that the kernel may start for the sake of a script: an interpreter that is known
/// here, or what looks one up.
pub fn is_interpreter(executable: &[u8]) -> bool {
    let name = basename(executable);
    name == BUSYBOX || name == b"env" || dialect_of(name).is_some()
}

/// Whether the kernel started it by the name of a script.
pub fn is_script(process: &Process) -> bool {
    is_called_otherwise(process)
        && dialect_of(basename(&process.executable)).is_some()
        && dialect_of(&process.name).is_none()
}

/// What a process runs, by its arguments. None where it is no interpreter.
pub fn code<'a>(process: &Process, args: &[&'a [u8]]) -> Option<Code<'a>> {
    let program = match basename(&process.executable) {
        b"" => &process.name[..],
        program => program,
    };
    let (program, operands) = match args {
        [first, rest @ ..] if program == BUSYBOX && basename(first) == BUSYBOX => {
            rest.split_first().map(|(applet, rest)| (*applet, rest))?
        }
        [first, rest @ ..] if program == BUSYBOX => (basename(first), rest),
        [_, rest @ ..] => (program, rest),
        [] => return None,
    };
    let code = if let Some(dialect) = dialect_of(program) {
        dialect.code(operands)
    } else {
        // The kernel puts the interpreter and at most one option before the path of a script.
        let is_path = |arg: &&&[u8]| basename(arg) == process.name;
        let path = operands.iter().take(2).find(is_path);
        Code::File(path.filter(|_| is_called_otherwise(process))?)
    };
    Some(match code {
        Code::File(path) if is_file_descriptor(path) => Code::Descriptor,
        Code::File(b"/dev/stdin") => Code::Stdin,
        code => code,
    })
}

fn is_called_otherwise(process: &Process) -> bool {
    !process.name.is_empty()
        && !process.executable.is_empty()
        && process.name != basename(&process.executable)
}

/// The dialect of a program, whatever its version.
fn dialect_of(name: &[u8]) -> Option<&'static Dialect> {
    let is_version = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let end = name.iter().rposition(|byte| !is_version(byte))? + 1;
    let name = &name[..end];
    DIALECTS
        .iter()
        .find(|dialect| dialect.names.iter().any(|known| known.as_bytes() == name))
}

impl Dialect {
    fn code<'a>(&self, args: &[&'a [u8]]) -> Code<'a> {
        let mut args = args.iter().copied();
        let mut is_stdin = false;
        while let Some(arg) = args.next() {
            match arg {
                b"--" => return operand(args.next().filter(|_| !is_stdin)),
                b"-" => {
                    return if self.is_shell() {
                        operand(args.next())
                    } else {
                        Code::Stdin
                    };
                }
                [b'-', b'-', long @ ..] => match self.long(long) {
                    Some(Effect::Code) => return Code::CommandLine,
                    Some(Effect::Value) => drop(args.next()),
                    Some(_) => {}
                    None => return Code::Unclear,
                },
                [b'-' | b'+', letters @ ..] if arg[0] == b'-' || self.is_shell() => {
                    match self.short(letters) {
                        Some(Effect::Code) => return Code::CommandLine,
                        Some(Effect::Module) => return Code::Module,
                        Some(Effect::Stdin) => is_stdin = true,
                        Some(Effect::Value) => drop(args.next()),
                        Some(Effect::Flag) => {}
                        None => return Code::Unclear,
                    }
                }
                _ if is_stdin => return Code::Stdin,
                path => return Code::File(path),
            }
        }
        Code::Stdin
    }

    fn is_shell(&self) -> bool {
        !self.stdin.is_empty()
    }

    fn long(&self, option: &[u8]) -> Option<Effect> {
        let is_in = |list: &[&str]| list.iter().any(|known| known.as_bytes() == option);
        if let Some(equals) = option.iter().position(|&byte| byte == b'=') {
            let name = &option[..equals];
            let is_code = self.long_code.iter().any(|known| known.as_bytes() == name);
            return Some(if is_code { Effect::Code } else { Effect::Flag });
        }
        match () {
            () if is_in(self.long_code) => Some(Effect::Code),
            () if is_in(self.long_value) => Some(Effect::Value),
            () if is_in(self.long_flags) => Some(Effect::Flag),
            () => None,
        }
    }

    /// A word of short options: what the whole of it does.
    fn short(&self, letters: &[u8]) -> Option<Effect> {
        let mut whole = Effect::Flag;
        for (index, &letter) in letters.iter().enumerate() {
            let is_in = |set: &str| set.as_bytes().contains(&letter);
            let is_last = index + 1 == letters.len();
            match () {
                () if is_in(self.code) => return Some(Effect::Code),
                () if is_in(self.module) => return Some(Effect::Module),
                () if is_in(self.stdin) => whole = Effect::Stdin,
                () if is_in(self.next) => whole = Effect::Value,
                () if is_in(self.value) => return Some(if is_last { Effect::Value } else { whole }),
                () if is_in(self.rest) => return Some(whole),
                () if is_in(self.flags) || self.flags == "*" => {}
                () => return None,
            }
        }
        Some(whole)
    }
}

/// What an option does to what comes after it.
enum Effect {
    Code,
    Module,
    Stdin,
    /// It takes the next argument.
    Value,
    Flag,
}

fn operand(path: Option<&[u8]>) -> Code<'_> {
    path.map_or(Code::Stdin, Code::File)
}

#[cfg(test)]
mod tests;
