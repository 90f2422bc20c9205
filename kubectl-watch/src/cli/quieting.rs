//! The command line around alerts that were made: exceptions and suppression, and the commands that read alerts.

use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;

use super::Rules;

pub(super) const ALLOW_HELP: &str = "\
Examples:
  kubectl-watch allow --from-alert alert.json > exceptions/backup.toml
  kubectl-watch allow --from-alert 01a20e44-9e9e-7240-955b-82c5e9e008f5 --alerts alerts.ndjson
  kubectl-watch allow --from-alert alert.json --alerts alerts.ndjson --owner 'team data' --expires 2027-06-30
  kubectl-watch allow --from-alert alert.json --without kubectl_watch.request.name --without process.command_line

The exception goes to standard output, with comments on what it goes by; what it would have silenced to standard
error. Read both before you use it.";

pub(super) const SIMULATE_HELP: &str = "\
Examples:
  kubectl-watch simulate --alerts alerts.ndjson --exceptions exceptions/
  kubectl-watch simulate --alerts alerts.ndjson --rules team/ --suppress=5m

Exits with 78 if a line of the alerts cannot be read; the others count all the same.";

pub(super) const RUNBOOK_HELP: &str = "\
Examples:
  kubectl-watch runbook --alert alert.json
  kubectl-watch runbook --alert alerts.ndjson --id 01a20e44-9e9e-7240-955b-82c5e9e008f5
  kubectl logs -n kubectl-watch ds/kubectl-watch | kubectl-watch runbook --alert - --id 01a20e44-9e9e-7240-955b-82c5e9e008f5

It runs nothing. Read each command before you do.";

/// What of that which rules match is no alert.
#[derive(Args, Debug)]
pub struct Quieting {
    /// What is no alert although a rule matches.
    #[command(flatten)]
    pub exceptions: Exceptions,
    /// Write what an exception lets pass as well, as an event that names the exception
    #[arg(long)]
    pub write_excepted: bool,
    /// What is a repeat.
    #[command(flatten)]
    pub repeats: Repeats,
    /// What this node is for, as `environment=development`: exceptions can ask for `labels.environment`; may be given
    /// again
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    pub labels: Vec<(String, String)>,
}

/// How repeats of an alert are told.
#[derive(Args, Debug)]
pub struct Repeats {
    /// Hold repeats of an alert together for so long (`30s`, `5m`, `1h`) and write one summary of them; for rules that
    /// say it themselves what they say counts [default: every match is an alert]
    #[arg(long, value_name = "WINDOW", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "5m", value_parser = window)]
    pub suppress: Option<SignedDuration>,
}

/// Which exceptions are meant.
#[derive(Args, Debug)]
pub struct Exceptions {
    /// A file of exceptions (TOML, or Elastic's exception items as JSON), or a folder of them; may be given again
    #[arg(id = "exceptions", short = 'x', long, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// What to allow.
#[derive(Args, Debug)]
pub struct Allow {
    /// The alert: its id, to be found among `--alerts`, or a file with that one alert; `-` is standard input
    #[arg(long, value_name = "ID|FILE")]
    pub from_alert: String,
    /// Past alerts, one document a line [default for an id: what a terminal showed, in
    /// /run/kubectl-watch/alerts.ndjson]
    #[arg(long, value_name = "FILE")]
    pub alerts: Option<PathBuf>,
    /// What to call the exception [default: made from the alert]
    #[arg(long)]
    pub name: Option<String>,
    /// Why it is harmless [default: a question for you to answer in the file]
    #[arg(long)]
    pub reason: Option<String>,
    /// Who says so
    #[arg(long, env = "SUDO_USER", value_name = "WHO")]
    pub owner: Option<String>,
    /// Until when, as a date or as RFC 3339 [default: 90 days from now]
    #[arg(long, value_name = "DATE")]
    pub expires: Option<String>,
    /// A field that the exception is not to go by, or the beginning of several (`kubectl_watch.request`), because it
    /// differs by each run; may be given again. What gets broader is said
    #[arg(long, value_name = "FIELD")]
    pub without: Vec<String>,
}

/// Which alert to act on.
#[derive(Args, Debug)]
pub struct Runbook {
    /// A file with the alert, or with many, one document a line; `-` is standard input
    #[arg(long = "alert", value_name = "FILE")]
    pub file: PathBuf,
    /// Which of them; not needed if there is one
    #[arg(long)]
    pub id: Option<String>,
    /// Which rules.
    #[command(flatten)]
    pub rules: Rules,
}

/// What to try.
#[derive(Args, Debug)]
pub struct Simulate {
    /// Past alerts, one document a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub alerts: PathBuf,
    /// Which exceptions.
    #[command(flatten)]
    pub exceptions: Exceptions,
    /// What is a repeat.
    #[command(flatten)]
    pub repeats: Repeats,
    /// Which rules.
    #[command(flatten)]
    pub rules: Rules,
}

/// A time such as `5m`.
fn window(text: &str) -> Result<SignedDuration, String> {
    let window: SignedDuration = text
        .parse()
        .map_err(|error| format!("{error}; write it as 30s, 5m or 1h"))?;
    let day = SignedDuration::from_hours(24);
    if window < SignedDuration::from_secs(1) || window > day {
        return Err("it has to be a second at least, and a day at most".to_owned());
    }
    Ok(window)
}

/// A label such as `environment=development`.
fn label(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    let is_of_key = |char: char| char.is_ascii_alphanumeric() || char == '_';
    if key.is_empty() || !key.chars().all(is_of_key) {
        return Err(
            "a key is of letters, digits and `_`: Elasticsearch takes what stands behind a `.` for a \
                    field inside another one, and ECS wants none in labels"
                .to_owned(),
        );
    }
    if key == "kubectl_watch" {
        return Err("`labels.kubectl_watch` is taken: alerts have their own labels there".to_owned());
    }
    Ok((key.to_owned(), value.to_owned()))
}
