//! What came of a kernel: it passes, it passes with less, by name, or it fails.
//!
//! In comes what the guest wrote on its console, out goes the verdict. A guest that fell silent has failed, and so has
//! one that lacks what nobody expected it to lack.

use std::fmt;

/// What a line of the guest's begins with; the kernel writes to the same console.
const SPEAKER: &str = "guest: ";

/// What a kernel does not give, and what is less for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Degradation {
    /// It does not describe its types. The daemon refuses to start, with 69.
    NoTypes,
    /// It is locked against its own administrator, so that nobody may read its memory by calls, and it knows no other
    /// way (before 6.2). The daemon refuses to start, with 69.
    Locked,
    /// It does not count the execs that a program could not be shown (before 5.12).
    NoMissedCount,
}

impl Degradation {
    pub(crate) const ALL: [Self; 3] = [Self::NoTypes, Self::Locked, Self::NoMissedCount];

    /// What the guest calls it, and the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NoTypes => "no-types",
            Self::Locked => "locked",
            Self::NoMissedCount => "no-missed-count",
        }
    }

    /// What it means for who runs such a kernel.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::NoTypes => {
                "The kernel does not describe its types (no BTF). The daemon says so, says what to do, and ends with 69."
            }
            Self::Locked => {
                "The kernel is locked against its own administrator (`lockdown=confidentiality`), lets no program read \
                 its memory by a call, and knows no other way (`bpf_rdonly_cast`, Linux 6.2). The daemon says so, says \
                 what to do, and ends with 69."
            }
            Self::NoMissedCount => {
                "The kernel does not count execs that it could not show the program, so `missed_execs` stays 0 whatever \
                 happens (`recursion_misses`, Linux 5.12)."
            }
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|this| this.name() == name)
    }
}

/// How it went on one kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All is as on the newest.
    Passes,
    /// All is well but for these.
    Lacks(Vec<Degradation>),
    /// Each reason on a line.
    Fails(Vec<String>),
}

/// All that a guest said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// The kernel's release, as it calls itself.
    pub(crate) kernel: String,
    /// How many cases passed.
    pub(crate) passed: usize,
    lacks: Vec<Degradation>,
    failures: Vec<String>,
    has_ended: bool,
}

impl Account {
    /// Reads a console.
    pub(crate) fn read(console: &str) -> Self {
        let mut this = Self::default();
        for line in console
            .lines()
            .filter_map(|line| line.trim_end().split_once(SPEAKER))
        {
            let (_, said) = line;
            let (what, rest) = said.split_once(' ').unwrap_or((said, ""));
            match what {
                "kernel" => rest.clone_into(&mut this.kernel),
                "passed" => this.passed += 1,
                "lacks" => match rest.split_once(' ') {
                    Some((name, _)) if Degradation::named(name).is_some() => {
                        this.lacks.extend(Degradation::named(name));
                    }
                    _ => this
                        .failures
                        .push(format!("it lacks {rest}, which has no name here")),
                },
                "failed" => this.failures.push(rest.to_owned()),
                "end" => this.has_ended = true,
                _ => {}
            }
        }
        this.lacks.sort_unstable();
        this.lacks.dedup();
        this
    }

    /// Judges it.
    pub(crate) fn verdict(&self, may_lack: &[Degradation]) -> Verdict {
        let mut failures = self.failures.clone();
        if !self.has_ended {
            failures.push("it did not come to its end".to_owned());
        } else if self.passed == 0 && failures.is_empty() {
            failures.push("no case ran".to_owned());
        }
        let unexpected = self.lacks.iter().filter(|lack| !may_lack.contains(lack));
        failures.extend(unexpected.map(|lack| format!("{lack}, which was not expected of it")));
        match (failures.is_empty(), self.lacks.is_empty()) {
            (false, _) => Verdict::Fails(failures),
            (true, true) => Verdict::Passes,
            (true, false) => Verdict::Lacks(self.lacks.clone()),
        }
    }
}

impl fmt::Display for Degradation {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.write_str(self.name())
    }
}

/// One cell of the table.
impl fmt::Display for Verdict {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passes => into.write_str("passes"),
            Self::Lacks(lacks) => {
                let names: Vec<&str> = lacks.iter().map(|lack| lack.name()).collect();
                write!(into, "passes with {}", names.join(", "))
            }
            Self::Fails(reasons) => write!(into, "FAILS: {}", reasons.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "\
        [    1.0] something of the kernel's\r\n\
        guest: kernel 6.1.0-50-cloud-amd64\r\n\
        guest: passed plain\r\n\
        [    2.0] audit: guest: passed args-1mb\r\n\
        guest: end\r\n";

    fn verdict(console: &str) -> Verdict {
        Account::read(console).verdict(&[Degradation::NoMissedCount])
    }

    #[test]
    fn a_whole_account_passes() {
        let account = Account::read(WHOLE);
        assert_eq!(account.kernel, "6.1.0-50-cloud-amd64");
        assert_eq!(account.passed, 2);
        assert_eq!(account.verdict(&[]), Verdict::Passes);
    }

    #[test]
    fn only_what_is_expected_may_be_less() {
        let lacks = |name: &str| {
            verdict(&format!(
                "guest: lacks {name} of it\nguest: passed x\nguest: end\n"
            ))
        };
        assert_eq!(
            lacks("no-missed-count"),
            Verdict::Lacks(vec![Degradation::NoMissedCount])
        );
        assert!(matches!(lacks("no-types"), Verdict::Fails(_)));
        assert!(matches!(lacks("something-new"), Verdict::Fails(_)));
    }

    #[test]
    fn silence_and_failures_are_no_success() {
        for console in [
            "",
            "guest: passed plain\n",
            "guest: end\n",
            "guest: failed plain: no alert\nguest: passed x\nguest: end\n",
        ] {
            assert!(matches!(verdict(console), Verdict::Fails(_)), "{console}");
        }
    }
}
