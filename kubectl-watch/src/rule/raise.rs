//! The tables `[[rule.raise]]` of a rule file: after which alerts its own are graver.

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use super::Severity;
use crate::surroundings::{Raise, WINDOW};

#[derive(Deserialize)]
pub(super) struct Section {
    after: Spanned<Vec<String>>,
    within: Option<Spanned<String>>,
    to: Spanned<Severity>,
}

impl Section {
    /// What it says for a rule of this severity, or what is wrong and at which byte of the file.
    pub(super) fn raise(self, of: Severity) -> Result<Raise, (usize, String)> {
        if self.after.get_ref().is_empty() {
            let message = "`after` names the rules or tags that an alert has to come after, and this is none";
            return Err((self.after.span().start, message.to_owned()));
        }
        if *self.to.get_ref() <= of {
            let (to, of) = (self.to.get_ref().name(), of.name());
            let message = format!("{to} raises nothing, as the rule is {of}");
            return Err((self.to.span().start, message));
        }
        Ok(Raise {
            after: self.after.into_inner(),
            within: self.within.as_ref().map_or(Ok(WINDOW), within)?,
            to: self.to.into_inner(),
        })
    }
}

fn within(written: &Spanned<String>) -> Result<SignedDuration, (usize, String)> {
    let start = written.span().start;
    let time: SignedDuration = written.get_ref().parse().map_err(|error| {
        let message = format!("`{}` is no time such as 30m or 1h: {error}", written.get_ref());
        (start, message)
    })?;
    if !time.is_positive() || time > WINDOW {
        let message =
            format!("alerts are remembered for {WINDOW:#}, so `within` is more than nothing and no more");
        return Err((start, message));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use crate::event::field::ProcessSchema;
    use crate::rule::{Rule, Severity};
    use crate::surroundings::{Raise, WINDOW};

    fn rule(table: &str) -> Result<Rule, String> {
        let text = format!(
            "format = 1\n[rule]\nname = 'n'\nrule_id = 'i'\nseverity = 'medium'\nrisk_score = 1\ndescription = 'd'\n\
             query = 'process where process.name == \"k\"'\n[[rule.raise]]\n{table}\n"
        );
        Rule::from_toml(&text, &ProcessSchema).map_err(|error| error.to_string())
    }

    #[test]
    fn it_is_read() {
        let rule = rule(
            "after = ['id', 'a tag']\nto = 'high'\n[[rule.raise]]\nafter = ['x']\nwithin = '5m'\nto = 'critical'",
        );
        let raise = |after: &[&str], within, to| Raise {
            after: after.iter().map(|&it| it.to_owned()).collect(),
            within,
            to,
        };
        assert_eq!(
            rule.expect("it loads").raises,
            [
                raise(&["id", "a tag"], WINDOW, Severity::High),
                raise(&["x"], SignedDuration::from_mins(5), Severity::Critical)
            ]
        );
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (table, words) in [
            (
                "after = ['x']\nto = 'grave'",
                "line 11, column 6: unknown variant `grave`, expected one of `low`, `medium`, `high`, `critical`",
            ),
            (
                "after = ['x']\nto = 'medium'",
                "line 11, column 6: medium raises nothing, as the rule is medium",
            ),
            (
                "after = []\nto = 'high'",
                "line 10, column 9: `after` names the rules or tags",
            ),
            ("to = 'high'", "missing field `after`"),
            ("after = ['x']", "missing field `to`"),
            (
                "after = ['x']\nto = 'high'\nwithin = 'an hour'",
                "line 12, column 10: `an hour` is no time such as 30m or 1h",
            ),
            (
                "after = ['x']\nto = 'high'\nwithin = '61m'",
                "line 12, column 10: alerts are remembered for 1h, so",
            ),
            ("after = ['x']\nto = 'high'\nwithin = '0s'", "more than nothing"),
            (
                "before = ['x']",
                "there is no key rule.raise[].before in format 1",
            ),
        ] {
            let said = rule(table).expect_err(table);
            assert!(said.contains(words), "{table}: {said}");
        }
    }
}
