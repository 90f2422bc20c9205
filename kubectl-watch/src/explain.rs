//! What a rule does on this sensor, for somebody who wonders why it fires or does not.

use std::fmt::{self, Display, Formatter};

use bstr::BStr;

use crate::eql::{Anchors, Names, Schema as _};
use crate::event::field::ProcessSchema;
use crate::rule::Rule;

/// The explanation of a rule, as text.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a>(pub &'a Rule);

impl Display for Explanation<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Rule {
            metadata,
            query,
            suppression,
            raises,
        } = self.0;
        let (severity, risk) = (metadata.severity.name(), metadata.risk_score);
        writeln!(f, "{}", metadata.name)?;
        writeln!(
            f,
            "{severity}, risk score {risk}, version {}, {}",
            metadata.version, metadata.id
        )?;
        let fields: Vec<&str> = query.fields().map(|(_, name)| name).collect();
        list(f, "reads", &fields)?;
        match query.anchors(ProcessSchema::ANCHORING) {
            Anchors::Of(mut anchors) => {
                if let Some(names) = anchors.remove(&ProcessSchema::NAME) {
                    writeln!(f, "watches execs of:")?;
                    values(f, &names)?;
                }
                for (field, names) in &anchors {
                    writeln!(f, "watches execs of files by {}:", ProcessSchema.name(*field))?;
                    values(f, names)?;
                }
            }
            Anchors::Any => match query.names(ProcessSchema::NAME) {
                names @ Names::Globs(..) => {
                    writeln!(f, "watches every exec, because these names are open:")?;
                    values(f, &names)?;
                }
                _ => writeln!(f, "watches every exec, because it asks for no process.name")?,
            },
            Anchors::None => writeln!(f, "watches nothing, because nothing matches it")?,
        }
        if let Some(suppression) = suppression {
            let fields: Vec<&str> = suppression.fields.iter().map(|(_, name)| *name).collect();
            list(
                f,
                &format!("holds repeats together for {:#}, by", suppression.window),
                &fields,
            )?;
        }
        for raise in raises {
            let after: Vec<&str> = raise.after.iter().map(String::as_str).collect();
            let (to, within) = (raise.to.name(), raise.within);
            list(f, &format!("is {to} within {within:#} after an alert of"), &after)?;
        }
        list(f, "names, and this sensor does not fill", query.unfilled())?;
        for warning in query.warnings() {
            writeln!(f, "warning: {warning}")?;
        }
        writeln!(f, "\nas written\n  {}", query.tree())?;
        write!(f, "\nas evaluated, with what is always so left out\n{query}")?;
        section(f, "what it finds", Some(&metadata.description))?;
        section(
            f,
            "what else can match",
            Some(&metadata.false_positives.join("\n")),
        )?;
        section(f, "how to look into it", metadata.investigation.as_deref())?;
        section(f, "what to do when it is real", metadata.response.as_deref())
    }
}

/// Values of a field, one a line.
fn values(f: &mut Formatter<'_>, names: &Names) -> fmt::Result {
    match names {
        Names::Exact(exact) => exact
            .iter()
            .try_for_each(|name| writeln!(f, "  {}", BStr::new(name))),
        Names::Globs(exact, globs) => {
            globs.iter().try_for_each(|glob| writeln!(f, "  {glob}"))?;
            exact
                .iter()
                .try_for_each(|name| writeln!(f, "  exactly {:?}", BStr::new(name)))
        }
        Names::All => writeln!(f, "  any value"),
        Names::None => Ok(()),
    }
}

fn section(f: &mut Formatter<'_>, title: &str, text: Option<&str>) -> fmt::Result {
    let text = text.unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}")?;
    text.lines().try_for_each(|line| writeln!(f, "  {line}"))
}

fn list<T: AsRef<str>>(f: &mut Formatter<'_>, what: &str, items: &[T]) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(f, "{what}:")?;
    items
        .iter()
        .try_for_each(|item| writeln!(f, "  {}", item.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explain(query: &str) -> String {
        let text = format!("[rule]\nrule_id = 'i'\nname = 'N'\nquery = '''{query}'''");
        let rule = Rule::from_toml(&text, &ProcessSchema).unwrap_or_else(|error| panic!("{error}"));
        Explanation(&rule).to_string()
    }

    #[test]
    fn it_says_what_is_read_watched_and_missing() {
        let shown = explain(
            "process where host.os.type == \"linux\" and process.name in (\"a\", \"b\") and \
             (process.args : \"x*\" or process.hash.md5 == \"y\" or nothing == 1)",
        );
        assert_eq!(
            shown,
            "N\n\
             low, risk score 21, version 1, i\n\
             reads:\n  process.args\n  process.name\n\
             watches execs of:\n  a\n  b\n\
             names, and this sensor does not fill:\n  process.hash.md5\n\
             warning: line 1, column 125: there is no field `nothing`, so it counts as missing\n\
             \nas written\n  process where host.os.type == \"linux\" and process.name in (\"a\", \"b\") and \
             (process.args : (\"x*\") or process.hash.md5 == \"y\" or nothing == 1)\n\
             \nas evaluated, with what is always so left out\n\
             all of\n  process.name is \"a\" or \"b\"\n  process.args is like \"x\"… (any case)\n"
        );
    }

    #[test]
    fn it_says_which_files_are_watched() {
        let shown = explain(
            "process where kubectl_watch.executable.tool == \"oc\" or \
             kubectl_watch.executable.packed != null or process.name == \"x\"",
        );
        let expected = "watches execs of:\n  x\n\
             watches execs of files by kubectl_watch.executable.packed:\n  any value\n\
             watches execs of files by kubectl_watch.executable.tool:\n  oc\n";
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn it_says_why_every_exec_is_watched() {
        assert!(
            explain("process where process.args == \"x\"").contains("because it asks for no process.name")
        );
        let shown = explain("process where process.name : (\"py*\", \"ruby\")");
        assert!(
            shown.contains("these names are open:\n  \"py\"…\n  exactly \"ruby\""),
            "{shown}"
        );
    }
}
