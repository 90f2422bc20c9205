//! The table `alert_suppression` of a rule file, in Elastic's own form.

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use crate::suppression::{DEFAULT_WINDOW, Missing, Settings, field};

/// The longest that repeats may be held together: who waits longer forgets what the first alert was.
const MAX_WINDOW: SignedDuration = SignedDuration::from_hours(24);

#[derive(Deserialize)]
pub(super) struct Section {
    group_by: Option<Vec<Spanned<String>>>,
    duration: Option<Spanned<Duration>>,
    #[serde(default)]
    missing_fields_strategy: Strategy,
}

#[derive(Deserialize)]
struct Duration {
    value: u32,
    unit: Unit,
}

#[derive(Clone, Copy, Deserialize)]
enum Unit {
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "m")]
    Minutes,
    #[serde(rename = "h")]
    Hours,
}

#[derive(Clone, Copy, Default, Deserialize)]
enum Strategy {
    #[default]
    #[serde(rename = "suppress")]
    Suppress,
    #[serde(rename = "doNotSuppress")]
    DoNotSuppress,
}

impl Section {
    /// The settings, or what is wrong and at which byte of the file.
    pub(super) fn settings(self) -> Result<Settings, (usize, String)> {
        let window = match self.duration {
            None => DEFAULT_WINDOW,
            Some(duration) => {
                let Duration { value, unit } = duration.get_ref();
                let seconds = match unit {
                    Unit::Seconds => 1,
                    Unit::Minutes => 60,
                    Unit::Hours => 3600,
                };
                let window = SignedDuration::from_secs(i64::from(*value) * seconds);
                if window.is_zero() || window > MAX_WINDOW {
                    let message = "repeats are held together for a second at least, and a day at most";
                    return Err((duration.span().start, message.to_owned()));
                }
                window
            }
        };
        let mut settings = Settings::within(window);
        if let Some(names) = self.group_by {
            let known = |name: Spanned<String>| {
                let unknown = || {
                    let message = format!("there is no field `{}` to group by", name.get_ref());
                    (name.span().start, message)
                };
                field(name.get_ref()).ok_or_else(unknown)
            };
            settings.fields = names.into_iter().map(known).collect::<Result<_, _>>()?;
        }
        settings.missing = match self.missing_fields_strategy {
            Strategy::Suppress => Missing::Suppress,
            Strategy::DoNotSuppress => Missing::DoNotSuppress,
        };
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use crate::event::field::ProcessSchema;
    use crate::rule::Rule;
    use crate::suppression::{DEFAULT_WINDOW, Missing};

    fn rule(table: &str) -> Result<Rule, String> {
        let text = format!(
            "format = 1\n[rule]\nname = 'n'\nrule_id = 'i'\nseverity = 'low'\nrisk_score = 1\ndescription = 'd'\n\
             query = 'process where process.name == \"k\"'\n[rule.alert_suppression]\n{table}\n"
        );
        Rule::from_toml(&text, &ProcessSchema).map_err(|error| error.to_string())
    }

    #[test]
    fn it_is_read_in_elastics_form() {
        let settings = rule(
            "group_by = ['host.name', 'user.name', 'process.parent.executable']\n\
             duration = { value = 5, unit = 'm' }\nmissing_fields_strategy = 'doNotSuppress'",
        );
        let settings = settings.expect("it loads").suppression.expect("it is there");
        let names: Vec<_> = settings.fields.iter().map(|(_, name)| *name).collect();
        assert_eq!(names, ["host.name", "user.name", "process.parent.executable"]);
        assert!(rule("group_by = ['process.env_vars.KUBECONFIG']").is_ok());
        assert_eq!(settings.window, SignedDuration::from_mins(5));
        assert_eq!(settings.missing, Missing::DoNotSuppress);
        let settings = rule("").expect("it loads").suppression.expect("it is there");
        assert!(settings.window == DEFAULT_WINDOW && settings.fields.len() > 10);
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (table, words) in [
            (
                "group_by = ['process.env_vars.PASSWORD']",
                "there is no field `process.env_vars.PASSWORD` to group by",
            ),
            (
                "group_by = ['user.name', 'user.nam']",
                "line 10, column 26: there is no field `user.nam` to group by",
            ),
            (
                "duration = { value = 0, unit = 'm' }",
                "a second at least, and a day at most",
            ),
            (
                "duration = { value = 25, unit = 'h' }",
                "a second at least, and a day at most",
            ),
            ("duration = { value = 1, unit = 'd' }", "unknown variant `d`"),
            ("until = 1", "there is no key rule.alert_suppression.until"),
        ] {
            let said = rule(table).expect_err(table);
            assert!(said.contains(words), "{table}: {said}");
        }
    }
}
