//! What is done about the process of an alert, where an operator has asked for it: which, and what came of it.

use std::collections::VecDeque;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is stopped, and goes on when somebody sends it `SIGCONT`.
    Stop,
    /// It is killed.
    Kill,
}

/// What is to be done about the processes that a rule finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What.
    pub action: Action,
    /// The rule's id.
    pub rule: String,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The signal was sent.
    Done,
    /// It would have been sent.
    DryRun,
    /// The process had ended.
    Gone,
    /// It is one of those that are never touched, for this reason.
    Protected(&'static str),
    /// As many were touched within a minute as may be.
    Limited,
    /// The kernel refused, with this error of Linux.
    Refused(i32),
}

/// An action and its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// What was to be done.
    pub action: Action,
    /// What came of it.
    pub outcome: Outcome,
    /// How long after the exec.
    pub after: SignedDuration,
}

/// So many in a minute and no more.
#[derive(Clone, Debug)]
pub struct Limit {
    most: usize,
    /// When each of the last minute was.
    times: VecDeque<Duration>,
}

const MINUTE: Duration = Duration::from_mins(1);

impl Action {
    /// Its name in the command line and in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Kill => "kill",
        }
    }
}

impl FromStr for Order {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected =
            "it is `kill:RULE_ID` or `stop:RULE_ID`, with a rule's id as `kubectl-watch check` lists them";
        let (action, rule) = text.split_once(':').ok_or(expected)?;
        let action = match action {
            "kill" => Action::Kill,
            "stop" => Action::Stop,
            _ => return Err(expected),
        };
        if rule.is_empty() {
            return Err(expected);
        }
        Ok(Self {
            action,
            rule: rule.to_owned(),
        })
    }
}

impl Outcome {
    /// Its name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::DryRun => "dry_run",
            Self::Gone => "gone",
            Self::Protected(_) => "protected",
            Self::Limited => "limited",
            Self::Refused(_) => "refused",
        }
    }
}

impl Limit {
    /// So many in any minute.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self {
            most,
            times: VecDeque::new(),
        }
    }

    /// Whether there may be one more, by a clock that never goes back; it is counted if so.
    pub fn allows(&mut self, now: Duration) -> bool {
        while self.times.front().is_some_and(|time| *time + MINUTE <= now) {
            self.times.pop_front();
        }
        let allows = self.times.len() < self.most;
        if allows {
            self.times.push_back(now);
        }
        allows
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_order_names_an_action_and_a_rule() {
        let order = |text: &str| text.parse::<Order>().map(|it| (it.action, it.rule));
        assert_eq!(order("kill:a:b"), Ok((Action::Kill, "a:b".to_owned())));
        assert_eq!(order("stop:a"), Ok((Action::Stop, "a".to_owned())));
        for wrong in ["", "kill", "kill:", "term:a", "Kill:a"] {
            assert!(order(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn to_kill_is_more_than_to_stop() {
        assert!(Action::Kill > Action::Stop);
    }

    proptest! {
        #[test]
        fn no_minute_has_more(most in 0_usize..5, steps in prop::collection::vec(0_u64..40_000, 0..60)) {
            let mut limit = Limit::new(most);
            let (mut now, mut allowed) = (Duration::ZERO, Vec::new());
            for step in steps {
                now += Duration::from_millis(step);
                let within = allowed.iter().filter(|time| **time + MINUTE > now).count();
                let allows = limit.allows(now);
                prop_assert_eq!(allows, within < most);
                if allows {
                    allowed.push(now);
                }
            }
        }
    }
}
