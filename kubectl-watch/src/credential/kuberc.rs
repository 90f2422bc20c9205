//! What a file of kubectl's preferences (kuberc) gives to commands: the names of the options, never a value.
//!
//! Which version of kubectl reads it, for which command, and whether it is the one that it takes, nobody knows here: all
//! that is in it counts.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::{budget, options};

use super::kubeconfig::ConfigFile;
use crate::event::Unknown;
use crate::kubectl::Request;

/// Values, lists and maps in one document. People set a few options for a few commands.
const MAX_NODES: usize = 10_000;
/// How often one document may refer to another part of itself.
const MAX_ALIASES: usize = 16;
/// Documents in one file. kubectl takes the first that it understands.
const MAX_DOCUMENTS: usize = 8;
/// Different options: kubectl has some 350. A file with more is not believed to be whole.
const MAX_OPTIONS: usize = 512;
/// Bytes of a name. kubectl's longest has 34.
const MAX_NAME: usize = 64;

/// Options that decide which entry of which kubeconfig counts, or take its place: whose credential it is.
pub const CREDENTIAL: &[&str] = &[
    "client-certificate",
    "context",
    "kubeconfig",
    "token",
    "user",
    "username",
];

/// What the preferences of a process say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kuberc {
    /// Which files there are, in the order in which they were looked for.
    pub files: Vec<ConfigFile>,
    /// The options that they give, each once, sorted, as flags are called without their dashes.
    pub options: BTreeSet<String>,
    /// Those of them that aliases put among the arguments, where they can stand behind what is typed, and count more.
    pub in_args: BTreeSet<String>,
    /// Why something of this is not known.
    pub unknown: Option<Unknown>,
}

/// A document, of any version of the format.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Preference {
    /// `kubectl.config.k8s.io/v1beta1` has these.
    defaults: Option<Vec<Command>>,
    /// `v1alpha1` calls them so.
    overrides: Option<Vec<Command>>,
    aliases: Option<Vec<Command>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Command {
    options: Option<Vec<Flag>>,
    flags: Option<Vec<Flag>>,
    prepend_args: Option<Vec<String>>,
    append_args: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Flag {
    name: Option<String>,
    #[serde(rename = "default")]
    _default: Option<IgnoredAny>,
}

impl Kuberc {
    /// Whether one of these options may come from here: a default counts where the command line has none. What could not
    /// be read may give any.
    #[must_use]
    pub fn may_give(&self, options: &[&str], request: &Request) -> bool {
        options.iter().any(|&option| {
            let is_default = self.unknown.is_some() || self.options.contains(option);
            self.in_args.contains(option) || is_default && !request.has(option)
        })
    }

    /// Adds the options of a file. None where it is no such file, or has more than anybody writes; why is not said: the
    /// reason would quote it.
    #[must_use]
    pub fn add(&mut self, bytes: &[u8]) -> Option<()> {
        let options = options! {
            budget: budget! { max_nodes: MAX_NODES, max_aliases: MAX_ALIASES, max_documents: 1 },
            with_snippet: false,
        };
        for (number, document) in documents(bytes).enumerate() {
            if number == MAX_DOCUMENTS {
                return None;
            }
            let preference: Preference =
                serde_saphyr::from_slice_with_options(document, options.clone()).ok()?;
            let (named, in_args) = preference.names();
            self.options.extend(named);
            self.options.extend(in_args.iter().cloned());
            self.in_args.extend(in_args);
            if self.options.len() > MAX_OPTIONS {
                (self.options, self.in_args) = (BTreeSet::new(), BTreeSet::new());
                return None;
            }
        }
        Some(())
    }
}

impl Preference {
    /// The options that it gives by their names, and those among the arguments of aliases.
    fn names(self) -> (Vec<String>, Vec<String>) {
        let commands = [self.defaults, self.overrides, self.aliases];
        let (mut named, mut in_args) = (Vec::new(), Vec::new());
        for command in commands.into_iter().flatten().flatten() {
            let flags = [command.options, command.flags].into_iter().flatten().flatten();
            named.extend(flags.filter_map(|flag| option(&flag.name?)));
            let words = [command.prepend_args, command.append_args].into_iter().flatten();
            in_args.extend(words.flatten().filter_map(|word| {
                let flag = word.strip_prefix("--")?;
                option(flag.split('=').next()?)
            }));
        }
        (named, in_args)
    }
}

/// The option of a name, as kubectl's parser takes it; none where no option can be called so.
fn option(name: &str) -> Option<String> {
    let is_of_option = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let name = name.replace('_', "-");
    (!name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(is_of_option)).then_some(name)
}

/// The documents of a file that say anything.
fn documents(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut is_end = false;
    let mut rest = bytes;
    let split = std::iter::from_fn(move || {
        if is_end {
            return None;
        }
        let mut at = 0;
        for line in rest.split_inclusive(|&byte| byte == b'\n') {
            let is_start = line.starts_with(b"---") && line.get(3).is_none_or(u8::is_ascii_whitespace);
            if is_start && at > 0 {
                let (document, next) = rest.split_at(at);
                rest = next;
                return Some(document);
            }
            at += line.len();
        }
        is_end = true;
        Some(rest)
    });
    split.filter(|document| {
        let mut lines = document.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        lines.any(|line| !matches!(line, [] | [b'#' | b'%', ..] | b"---"))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn options(text: &str) -> Option<Vec<String>> {
        let mut kuberc = Kuberc::default();
        kuberc.add(text.as_bytes())?;
        Some(kuberc.options.into_iter().collect())
    }

    #[test]
    fn every_place_of_an_option_counts() {
        for (text, expected) in [
            ("", &[][..]),
            ("# nothing\n---\n", &[]),
            (
                "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ndefaults:\n- command: get\n  \
                 options:\n  - {name: as, default: system:admin}\n  - {name: output, default: wide}\n",
                &["as", "output"],
            ),
            (
                "kind: Preference\noverrides: [{command: get, flags: [{name: as_group, default: x}]}]",
                &["as-group"],
            ),
            (
                "aliases: [{name: g, command: get, prependArgs: [pods, --token=hunter22], appendArgs: [--as, x], \
                 options: [{name: user}]}]",
                &["as", "token", "user"],
            ),
            (r#"{"defaults": [{"options": [{"name": "as"}]}]}"#, &["as"]),
            ("defaults: [{<<: {options: [{name: as}]}}]", &["as"]),
            (
                "kind: Other\nversion: 9\n---\ndefaults: [{options: [{name: as}]}]\n--- # more\n\
                 aliases: [{options: [{name: token}]}]",
                &["as", "token"],
            ),
            (
                "defaults: [{options: [{name: 'a b'}, {name: ''}, {name: AS}, {}]}]\ncredentialPluginPolicy: AllowAll",
                &[],
            ),
        ] {
            assert_eq!(
                options(text).as_deref(),
                Some(&expected.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..]),
                "{text}"
            );
        }
    }

    #[test]
    fn a_default_gives_way_to_a_flag_and_an_argument_of_an_alias_to_none() {
        let request = |line: &str| Request::of(&line.split(' ').collect());
        let mut kuberc = Kuberc::default();
        assert!(!kuberc.may_give(&["as", "token"], &request("kubectl get")));
        let text = "{defaults: [{options: [{name: as}]}], aliases: [{appendArgs: [--token=x]}]}";
        kuberc.add(text.as_bytes()).expect("it is one");
        for (line, as_is_given) in [("kubectl get", true), ("kubectl get --as=x", false)] {
            assert_eq!(kuberc.may_give(&["as"], &request(line)), as_is_given, "{line}");
        }
        assert!(kuberc.may_give(&["token"], &request("kubectl get --token=y")));
        assert!(kuberc.may_give(&["user", "as"], &request("kubectl get --user=y")));
        assert!(!kuberc.may_give(&["server"], &request("kubectl get")));
        kuberc.unknown = Some(Unknown::Unreadable);
        assert!(kuberc.may_give(&["server"], &request("kubectl get")));
        assert!(!kuberc.may_give(&["server"], &request("kubectl get --server=x")));
    }

    #[test]
    fn what_nobody_writes_is_refused() {
        let bomb: String = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, i| {
            let last = i - 1;
            format!("{text}a{i}: &a{i} [*a{last}, *a{last}, *a{last}, *a{last}]\n")
        });
        let deep = format!("defaults: {}", "[".repeat(100_000));
        let many = format!("defaults: [{}]", "{command: x},".repeat(100_000));
        let names: Vec<_> = (0..1000).map(|number| format!("{{name: x{number}}}")).collect();
        let names = format!("defaults: [{{options: [{}]}}]", names.join(","));
        let documents = "---\nx: y\n".repeat(100);
        for text in [
            &bomb[..],
            &deep,
            &many,
            &names,
            &documents,
            "defaults: 7",
            "aliases: [{prependArgs: --as=x}]",
            "\u{0}",
        ] {
            assert_eq!(options(text), None, "{text:.60}");
        }
        assert!(Kuberc::default().add(b"\xff\xfe").is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_their_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _read = Kuberc::default().add(&bytes);
        }

        #[test]
        fn documents_lose_no_line_that_says_anything(lines in proptest::collection::vec("(---|--- x|a|#|)", 0..8)) {
            let text = lines.join("\n");
            let said = documents(text.as_bytes()).flat_map(|it| it.split(|&byte| byte == b'\n'));
            let said = said.filter(|line| *line == b"a");
            prop_assert_eq!(said.count(), lines.iter().filter(|line| *line == "a").count());
        }
    }
}
