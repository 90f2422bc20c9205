//! That no piece of a secret is in anything that leaves: a line of JSON, a block in a terminal, an update, a follow-up,
//! a summary, a notice, a runbook, what is logged. Wherever the secret was: in the arguments of any process, in the
//! environment, in a kubeconfig.

use bstr::ByteSlice as _;
use proptest::prelude::*;

use super::terminal::Terminal;
use super::*;
use crate::alert::notice::{About, Loss};
use crate::alert::samples::Sample;
use crate::alert::{
    ExceptedBy, FollowUp, FollowUpParts, News, Notice, NoticeParts, RepeatSummary, SummaryParts, Update,
    UpdateParts,
};
use crate::credential::Kubeconfig;
use crate::credential::kubeconfig::Config;
use crate::event::follow_up::{self, Closing};
use crate::event::{Ancestor, Args, Environment, Loaded, Process, Script};
use crate::facts::{Facts, Node};
use crate::kubectl::{Endpoint, Request};
use crate::past::Past;
use crate::redact::properties::{PLACES, command};
use crate::runbook::Runbook;
use crate::suppression::{Settings, Suppression};

/// Bytes that are too few to find a secret by.
const PIECE: usize = 8;

/// Kubeconfigs with a secret in them, of letters that need no quotes.
const KUBECONFIGS: &[&str] = &[
    "{token: {}}",
    "{username: bob, password: {}}",
    "{client-key-data: {}, client-certificate-data: {}}",
    "{exec: {command: login, args: [--password, {}, get-token]}}",
    "{exec: {command: login, args: ['--client-secret={}'], env: [{name: A, value: {}}]}}",
    "{exec: {command: sh, args: ['-c', 'login --token {} | tee x']}}",
    "{auth-provider: {name: oidc, config: {id-token: {}, client-secret: {}}}}",
    "{token: eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.{}}",
    "{tokenFile: 'https://bob:{}@host/x'}",
];

/// Everything that says something of an event.
fn outputs(sample: &Sample) -> Vec<u8> {
    let alert = sample.alert();
    let update = |news| {
        Update::new(&UpdateParts {
            alert: alert.id(),
            rule: ("id", "name"),
            news,
            event: &sample.event,
            host: &sample.host,
            id: uuid::Uuid::nil(),
            created: sample.event.time,
        })
    };
    let updates = [News::Executable, News::Circumstances].map(update);
    let excepted = sample.alert().excepted(ExceptedBy {
        name: "n".into(),
        reason: "r".into(),
        owner: "o".into(),
        expires: "2999-01-01".into(),
    });
    let mut messages: Vec<Message> = vec![alert.into(), excepted.into(), follow_up(sample).into()];
    messages.extend(updates.map(Message::from));
    messages.extend([summary(sample).into(), loss(sample).into()]);
    let debug = format!("{:?} {messages:?} {}", sample.event, runbook(sample));
    let mut terminal = Terminal::to(debug.into_bytes());
    for message in &messages {
        terminal.deliver(message).expect("a Vec takes all");
    }
    let mut all = terminal.into_inner();
    all.extend(messages.iter().flat_map(Message::to_json_line));
    all
}

/// What its process did next, as far as the command line says where that goes.
fn follow_up(sample: &Sample) -> FollowUp {
    let server = Request::of(&sample.event.process.args).server;
    FollowUp::new(&FollowUpParts {
        alert: "id",
        rule: ("id", "name"),
        event: &sample.event,
        api_server: server.and_then(|server| Endpoint::of(&server)).as_ref(),
        did: &follow_up::FollowUp::new(sample.event.process.pid, None),
        closing: Closing::AllEnded,
        host: &sample.host,
        id: uuid::Uuid::nil(),
        created: sample.event.time,
    })
}

/// The same once more, as suppression counts it.
fn summary(sample: &Sample) -> RepeatSummary {
    let (mut suppression, node) = (Suppression::default(), Node::default());
    let settings = Settings::within(jiff::SignedDuration::from_mins(5));
    for _ in 0..2 {
        let facts = Facts::of(&sample.event, &node);
        suppression.decide(&sample.rule, sample.rule.severity, &settings, &facts);
        suppression.sent("id");
    }
    let summaries = suppression.rest();
    RepeatSummary::new(&SummaryParts {
        summary: summaries.first().expect("there was a repeat"),
        host: &sample.host,
        id: uuid::Uuid::nil(),
        created: sample.event.time,
    })
}

/// That its exec was lost but for the process.
fn loss(sample: &Sample) -> Notice {
    let about = About::Loss(Loss {
        reason: "partial_execs",
        process: Some(sample.event.process.clone()),
        ..Loss::default()
    });
    Notice::new(&NoticeParts {
        about: &about,
        host: &sample.host,
        id: uuid::Uuid::nil(),
        created: sample.event.time,
    })
}

/// What to do about its alert, as it was written.
fn runbook(sample: &Sample) -> String {
    let past = Past::from_text(&sample.alert().to_json_line());
    let alert = past.alerts.first().expect("it is an alert");
    Runbook { alert, rule: None }.to_string()
}

/// Whether a piece of the secret is there, that is not there without it.
fn leaks(secret: &str, with: &Sample, without: &Sample) -> Option<String> {
    let (with, without) = (outputs(with), outputs(without));
    // JSON and a terminal have names of their own for some bytes; what they name is not the secret any more.
    let mut pieces = secret.as_bytes().windows(PIECE);
    let leaked = pieces.find(|piece| with.contains_str(piece) && !without.contains_str(piece))?;
    Some(String::from_utf8_lossy(leaked).into_owned())
}

/// An event with these arguments in every place that has any.
fn with_args(args: &Args) -> Sample {
    let mut sample = Sample::new();
    let event = &mut sample.event;
    let lineage = &mut event.lineage;
    for process in [
        &mut event.process,
        &mut event.parent,
        &mut lineage.entry_leader,
        &mut lineage.session_leader,
        &mut lineage.group_leader,
        &mut lineage.previous,
    ] {
        process.args = args.clone();
    }
    let process = Process {
        args: args.clone(),
        ..event.parent.clone()
    };
    lineage.ancestors.push(Ancestor {
        process,
        ..Ancestor::default()
    });
    let line = args.command_line().to_vec();
    sample.matched = vec![
        ("process.command_line", line.clone()),
        ("process.parent.command_line", line.clone()),
    ];
    // Where all is one text without quotes, as sudo writes it, a secret ends where a word does.
    if args.iter().all(|arg| arg.iter().all(|&byte| is_of_word(byte))) {
        event.environment = Environment::from_bytes(&[&b"SUDO_COMMAND="[..], &line].concat());
        sample.matched.push(("process.title", line));
    }
    for arg in args.iter() {
        for field in ["process.args", "process.parent.args", "process.entry_leader.args"] {
            sample.matched.push((field, arg.to_vec()));
        }
    }
    sample
}

/// Whether a shell takes a byte as part of a word.
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_=+/.:@".contains(&byte)
}

/// An event in which this is a part of each path.
fn with_path(part: &str) -> Sample {
    let mut sample = Sample::new();
    let event = &mut sample.event;
    let lineage = &mut event.lineage;
    lineage.ancestors.push(Ancestor::default());
    let above = lineage.ancestors.iter_mut().map(|ancestor| &mut ancestor.process);
    for process in above.chain([
        &mut event.process,
        &mut event.parent,
        &mut lineage.entry_leader,
        &mut lineage.session_leader,
        &mut lineage.group_leader,
        &mut lineage.previous,
    ]) {
        process.name = format!("run-{part}").into_bytes();
        process.executable = format!("/tmp/{part}/run").into_bytes();
        process.filename = format!("./{part}/run").into_bytes();
    }
    event.environment = Environment::from_bytes(format!("PWD=/tmp/{part}").as_bytes());
    event.executable.loaded = Some(Box::new(Loaded {
        path: event.process.executable.clone(),
        ..Loaded::default()
    }));
    event.circumstances.script = Some(Box::new(Script {
        path: event.process.filename.clone(),
        ..Script::default()
    }));
    sample.matched = vec![
        ("process.name", event.process.name.clone()),
        ("process.executable", event.process.executable.clone()),
        ("process.parent.executable", event.parent.executable.clone()),
        ("kubectl_watch.exec_path", event.process.filename.clone()),
    ];
    sample
}

/// An event whose kubeconfig is this.
fn with_kubeconfig(user: &str) -> Sample {
    let text = format!(
        "{{current-context: c, contexts: [{{name: c, context: {{user: u, cluster: k}}}}], \
         clusters: [{{name: k, cluster: {{server: https://k}}}}], users: [{{name: u, user: {user}}}]}}"
    );
    let config = Config::of(text.as_bytes(), b"/").unwrap_or_else(|| panic!("{text}"));
    let (kubeconfig, pending) = Kubeconfig::effective(&config, &Request::default());
    assert!(!kubeconfig.auth.is_empty() || pending.token_file.is_some() || user.contains("client-key"));
    let mut sample = Sample::new();
    sample.event.circumstances.kubeconfig = Some(Box::new(kubeconfig));
    sample
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_piece_of_an_argument_leaves(
        (place, secret) in (0..PLACES.len()).prop_flat_map(|place| (Just(place), PLACES[place].1)),
        // Of processes above an alert shows this many bytes: some secrets are right there.
        padding in prop_oneof![Just(0), 3900..4096_usize],
    ) {
        let padding = (padding > 0).then(|| "x".repeat(padding));
        let args = |secret: &str| {
            let args = PLACES[place].0.iter().map(|arg| arg.replace("{}", secret));
            padding.clone().into_iter().chain(args).collect::<Args>()
        };
        let leaked = leaks(&secret, &with_args(&args(&secret)), &with_args(&args("")));
        prop_assert_eq!(leaked, None);
    }

    #[test]
    fn no_piece_of_an_argument_of_any_command_leaves(command in command::command()) {
        let leaked = leaks(&command.secret, &with_args(&command.args(&command.secret)), &with_args(&command.args("")));
        prop_assert_eq!(leaked, None);
    }

    #[test]
    fn no_piece_of_a_path_leaves(
        secret in prop_oneof![
            "eyJ[A-Za-z0-9_-]{9,20}\\.eyJ[A-Za-z0-9_-]{9,20}\\.[A-Za-z0-9_-]{9,20}",
            "(k8s-aws-v1|ya29|hvs)\\.[A-Za-z0-9_-]{20,40}",
            "(sha256~|ghp_)[A-Za-z0-9_-]{30,40}",
        ],
    ) {
        prop_assert_eq!(leaks(&secret, &with_path(&secret), &with_path("x")), None);
    }

    #[test]
    fn no_piece_of_a_kubeconfig_leaves(place in 0..KUBECONFIGS.len(), secret in "[A-Za-z][A-Za-z0-9+/_-]{11,60}") {
        let user = |secret: &str| KUBECONFIGS[place].replace("{}", secret);
        let leaked = leaks(&secret, &with_kubeconfig(&user(&secret)), &with_kubeconfig(&user("x")));
        prop_assert_eq!(leaked, None);
    }

    #[test]
    fn no_piece_of_an_address_leaves(secret in "[a-z][!-$&-.0-9;-?A-~]{9,40}") {
        let sample = |secret: &str| {
            let mut sample = Sample::new();
            let proxy = format!("HTTPS_PROXY=http://bob:{secret}@10.0.0.9:3128");
            sample.event.environment = Environment::from_bytes(proxy.as_bytes());
            sample
        };
        prop_assert_eq!(leaks(&secret, &sample(&secret), &sample("")), None);
    }
}
