//! What a rule does on this sensor, for somebody who wonders why it fires or does not.

use std::fmt::{self, Display, Formatter};

use bstr::BStr;

use crate::eql::ast::Change;
use crate::eql::{Anchors, Names, Query, Schema as _};
use crate::event::field::ProcessSchema;
use crate::facts::FactSchema;
use crate::redact;
use crate::rule::Rule;

/// The explanation of a rule, as text.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a>(pub &'a Rule);

impl Display for Explanation<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Rule {
            metadata,
            query: written,
            suppression,
            raises,
        } = self.0;
        // Somebody may look for a token that leaked.
        let shown = written.tree().with_texts(&Change {
            is_marked: &|field| field == TOKEN,
            text: &without_secrets,
        });
        let shown = Query::parse(&shown.to_string(), &FactSchema);
        let Ok(query) = shown.as_ref() else {
            return writeln!(
                f,
                "{}: its query cannot be shown without the secrets in it",
                metadata.name
            );
        };
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
        for warning in written.warnings() {
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

/// The field whose every value is a secret.
const TOKEN: &str = "kubectl_watch.request.token";

/// A text of a rule, held against a token or against something else.
fn without_secrets(text: &str, is_of_token: bool) -> String {
    let is_open = text.bytes().all(|byte| matches!(byte, b'*' | b'?'));
    if is_of_token && !is_open {
        String::from_utf8_lossy(&redact::token(text.as_bytes())).into_owned()
    } else {
        redact::pattern(text).into_owned()
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
    use std::fmt::Write as _;

    use bstr::ByteSlice as _;
    use proptest::prelude::*;

    use super::*;
    use crate::redact::properties::{PLACES, command};
    use crate::ruleset::RuleSet;

    fn explain(query: &str) -> String {
        let query = toml::Value::from(query);
        let text = format!("[rule]\nrule_id = 'i'\nname = 'N'\nquery = {query}");
        let rule = Rule::from_toml(&text, &FactSchema).unwrap_or_else(|error| panic!("{error}"));
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

    #[test]
    fn it_shows_no_secret_that_a_rule_looks_for_and_every_pattern() {
        let shown = explain(
            "process where process.args == \"--token=0123456789\" or process.args : \"*password=a*bcdefghi*\" or \
             process.args : (\"--token=*\", \"--token=eyJ*\", \"--token=*/secrets/x\")",
        );
        for words in ["0123456789", "bcdefghi"] {
            assert!(!shown.contains(words), "{shown}");
        }
        let digits = "<redacted:token sha256:84d89877>";
        for words in [
            &format!("as written\n  process where process.args == \"--token={digits}\""),
            &format!("process.args is \"--token={digits}\""),
            ": (\"--token=*\", \"--token=eyJ*\", \"--token=*/secrets/x\")",
        ] {
            assert!(shown.contains(words), "no {words:?}: {shown}");
        }
    }

    #[test]
    fn fields_that_are_found_out_are_read_and_a_token_is_never_shown() {
        let shown = explain(
            "process where process.name == \"kubectl\" and kubectl_watch.kubeconfig.context == \"prod\" and \
             (kubectl_watch.request.token in (\"0123456789abcdef\", \"*\") or \
             kubectl_watch.request.token : \"012345678?bcdef*\" or \
             startsWith(kubectl_watch.request.token, \"0123456789\"))",
        );
        for words in [
            "\n  kubectl_watch.kubeconfig.context\nwatches",
            "watches execs of:\n  kubectl\n",
            "\"prod\"",
        ] {
            assert!(shown.contains(words), "no {words:?}: {shown}");
        }
        assert!(!shown.contains("01234"), "{shown}");
    }

    #[test]
    fn no_rule_that_ships_is_shown_with_less_than_it_says() {
        let rules = RuleSet::load(&[], true).expect("they ship");
        for rule in rules.rules() {
            let shown = Explanation(rule).to_string();
            assert!(!shown.contains("<redacted:"), "{shown}");
            assert!(shown.contains(&rule.query.tree().to_string()), "{shown}");
        }
    }

    /// A secret without what is a wildcard in a rule, and no letter of it.
    fn wild(secret: &str) -> String {
        secret.replace(['*', '?'], "x")
    }

    /// What is shown of a rule that looks for one of these arguments, if there is a piece of the secret in it.
    fn leak(args: &[String], secret: &str, without: &str) -> Option<String> {
        // Some arguments have no name beside the secret, and a line without quotes ends it where a word ends.
        let is_named =
            |arg: &&String| redact::args(&std::iter::once(arg).collect()).command_line() != arg.as_bytes();
        let named = args.iter().filter(is_named).cloned();
        let is_plain = secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let line = is_plain.then(|| args.join(" "));
        let has = |text: &str, piece: &[u8]| text.as_bytes().windows(8).any(|it| it == piece);
        for text in named.chain(line) {
            let mut escaped = String::new();
            for char in text.chars() {
                write!(escaped, "\\u{{{:02x}}}", u32::from(char)).expect("a String takes all");
            }
            for query in [
                format!("process.args == \"{escaped}\""),
                format!("process.args in (\"a\", \"{escaped}\")"),
            ] {
                let shown = explain(&format!("process where {query}"));
                let mut pieces = secret.as_bytes().windows(8);
                if pieces.any(|piece| !has(without, piece) && has(&shown, piece)) {
                    return Some(shown);
                }
            }
        }
        None
    }

    proptest! {
        #[test]
        fn no_piece_of_a_secret_is_shown(
            (place, secret) in (0..PLACES.len()).prop_flat_map(|place| (Just(place), PLACES[place].1)),
        ) {
            let args = PLACES[place].0.iter().map(|arg| arg.replace("{}", &wild(&secret)));
            let leaked = leak(&args.collect::<Vec<_>>(), &wild(&secret), &PLACES[place].0.concat());
            prop_assert_eq!(leaked, None);
        }

        #[test]
        fn no_piece_of_a_secret_in_any_command_is_shown(command in command::command()) {
            let args = command.args(&wild(&command.secret));
            let nameless = command.args("");
            // Only of a line is all that names the secret in the same argument; of a command whose output is a value
            // the flag before it does.
            let is_value = |text: &[u8]| {
                // Behind a user, or a key that says nothing, it is a secret for a flag only.
                let before = [&b"bob:"[..], b"A=", b"a=", b"k=", b"-k=", b"--exec-arg="];
                let is_quote = |letter| letter == '"';
                let text = text.trim_start_with(is_quote);
                let text = before.iter().find_map(|before| text.strip_prefix(*before)).unwrap_or(text);
                let begins = text.trim_start_with(is_quote);
                [&b"$("[..], b"<(", b"`"].iter().any(|mark| begins.starts_with(mark))
            };
            let is_line = |text: &[u8]| text.contains(&b' ') && !is_value(text);
            let named = args.iter().zip(nameless.iter()).filter(|(_, without)| is_line(without));
            let args: Vec<_> = named.map(|(arg, _)| String::from_utf8_lossy(arg).into_owned()).collect();
            let without = String::from_utf8_lossy(command.args("").command_line()).into_owned();
            prop_assert_eq!(leak(&args, &wild(&command.secret), &without), None);
        }
    }
}
