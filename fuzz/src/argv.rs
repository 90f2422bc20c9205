//! Arguments that an attacker chose, on their way into an alert: no secret comes out, and no order to a terminal.

use std::sync::LazyLock;

use jiff::Timestamp;
use kubectl_watch::alert::{Alert, AlertParts, Host};
use kubectl_watch::event::field::ProcessSchema;
use kubectl_watch::event::{Args, Process, ProcessEvent};
use kubectl_watch::interpreter::{self, Code};
use kubectl_watch::rule::Rule;
use kubectl_watch::sink::terminal;
use kubectl_watch::surroundings::Surroundings;
use uuid::Uuid;

use crate::sample;

/// What must never be shown.
const SECRET: &str = "s3cr3tThatNobodyMaySeeInAnyOutput42";

/// One of each kind, and one that is none.
const INTERPRETERS: [&str; 7] = ["bash", "python3", "perl", "ruby", "node", "busybox", "true"];

/// Matches everything, and by the values that are the attacker's.
static RULE: LazyLock<Option<Rule>> = LazyLock::new(|| {
    let text = r#"
        [rule]
        rule_id = "fuzz"
        name = "Everything"
        query = 'process where process.args : "*" and process.command_line : "*" and process.parent.args : "*"'
    "#;
    Rule::from_toml(text, &ProcessSchema).ok()
});

/// Puts a secret among the arguments and makes an alert of them, for both readers.
///
/// # Panics
///
/// Where a promise is broken.
pub fn run(bytes: &[u8]) {
    let rule = RULE.as_ref().expect("the rule is a rule");
    let secret = format!("--token={SECRET}");
    let mut args = bytes.to_vec();
    args.extend([b"\0", secret.as_bytes()].concat());
    let mut event = sample::plain();
    event.process.args = Args::from_bytes(args.clone());
    event.parent.args = Args::from_bytes([secret.as_bytes(), b"\0", bytes].concat());
    event.process.filename = bytes.to_vec();
    event.parent.executable = bytes.to_vec();
    // A fuzzer that has learnt the word puts it where nothing says that it is a secret.
    let is_learnt = bytes
        .windows(SECRET.len())
        .any(|window| window == SECRET.as_bytes());
    for shown in show(rule, &event) {
        assert!(is_learnt || !shown.contains(SECRET), "the secret is in {shown:?}");
    }
    interpret(&event.process);
}

/// Reads them as each interpreter would: a script is one of them, and never made up.
fn interpret(process: &Process) {
    let args: Vec<&[u8]> = process.args.iter().collect();
    for name in INTERPRETERS {
        let process = Process {
            executable: name.into(),
            ..process.clone()
        };
        if let Some(Code::File(path)) = interpreter::code(&process, &args) {
            assert!(args.contains(&path), "{name} runs {path:?}");
        }
    }
}

/// Makes an alert, looks at what it shows, and gives that to whoever knows of a secret in it.
///
/// # Panics
///
/// Where a promise is broken.
pub fn show(rule: &Rule, event: &ProcessEvent) -> [String; 2] {
    let reasons = rule.query.reasons(event);
    let matched: Vec<(&str, &[u8])> = reasons.iter().map(|it| (it.field, &it.value[..])).collect();
    let alert = Alert::new(&AlertParts {
        rule: &rule.metadata,
        event,
        host: &Host::default(),
        matched: &matched,
        surroundings: &Surroundings::default(),
        response: None,
        id: Uuid::nil(),
        created: Timestamp::UNIX_EPOCH,
    });
    let line = String::from_utf8(alert.to_json_line()).expect("JSON is UTF-8");
    let document: serde_json::Value = serde_json::from_str(&line).expect("it is JSON");
    assert!(document.is_object(), "a document is an object");
    assert_eq!(line.matches('\n').count(), 1, "an alert is one line");
    assert!(
        line.ends_with('\n') && !line.trim_end().contains(char::is_control),
        "{line:?}"
    );
    let block = terminal::block(&alert, None);
    // What remains are the sequences that set a colour or end it.
    let mut orders = block.split('\x1b');
    let plain = |text: &str| !text.contains(|letter: char| letter.is_control() && letter != '\n');
    assert!(orders.next().is_none_or(plain), "{block:?}");
    for order in orders {
        let text = order.strip_prefix('[').and_then(|rest| rest.split_once('m'));
        let (colour, text) = text.expect("nothing but a colour is set");
        assert!(
            colour.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'),
            "{block:?}"
        );
        assert!(plain(text), "{block:?}");
    }
    [line, block]
}
