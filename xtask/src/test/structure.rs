//! What the compiler cannot check: which part may know of what, how long a file may be, and whether the links
//! in the documents lead anywhere.

use crate::program::{output, workspace};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A file reads well up to 300 lines; the rest is so that nobody splits one for the sake of a line.
const MOST_LINES: usize = 330;
/// The one part of the daemon that may know aya.
const OF_KERNEL: &str = "kubectl-watch/src/source/kernel";
/// Where the parts that compute and do nothing else are named for whoever reads it.
const ARCHITECTURE: &str = "docs/architecture.md";
/// These parts: a replay gives the same answer at any time and place.
const PURE: [&str; 12] = [
    "eql",
    "rule",
    "exception",
    "suppression",
    "surroundings",
    "redact",
    "alert",
    "identity",
    "interpreter",
    "kubectl",
    "credential",
    "runbook",
];
/// What they must not name. The addresses of `std::net` are mere values; its sockets are not.
const IMPURE: [&str; 12] = [
    "tokio",
    "rustix",
    "std::env",
    "std::fs",
    "std::process",
    "TcpListener",
    "TcpStream",
    "UdpSocket",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
];

/// Looks at every file that git knows or would add.
pub(crate) fn check() -> Result<()> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let files = output(git.current_dir(workspace()))?;
    let mut faults = Vec::new();
    for file in files.lines() {
        let path = workspace().join(file);
        let kind = path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default();
        if !matches!(kind, "rs" | "md") || !path.is_file() {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
        let found = if kind == "rs" {
            source(file, &text)
        } else {
            let mut found = links(&path, &text);
            found.extend((file == ARCHITECTURE).then(|| unnamed(&text)).flatten());
            found
        };
        faults.extend(found.into_iter().map(|fault| format!("{file}: {fault}")));
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// The faults of a source file.
fn source(file: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > MOST_LINES {
        faults.push(format!("{lines} lines, of {MOST_LINES} at most"));
    }
    let only_tests = file.ends_with("/tests.rs");
    if !text.starts_with("//!") && !only_tests {
        faults.push("does not open with what it is (`//!`)".to_owned());
    }
    if file.ends_with("/mod.rs") {
        faults.push("modules are `name.rs` with `name/`".to_owned());
    }
    let code: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    if file.starts_with("kubectl-watch/") && !file.starts_with(OF_KERNEL) {
        faults.extend(named(&code, "aya").then(|| format!("only {OF_KERNEL} may know aya")));
    }
    // What a test does is its own affair.
    if is_pure(file) && !only_tests && !file.contains("/tests/") {
        // Tests end a file.
        let code: Vec<&str> = code
            .into_iter()
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
            .collect();
        let known = IMPURE.into_iter().filter(|name| named(&code, name));
        faults.extend(known.map(|name| format!("is pure, and names {name}")));
    }
    faults
}

/// Whether this is the file, or in the folder, of a pure part.
fn is_pure(file: &str) -> bool {
    let Some(inside) = file.strip_prefix("kubectl-watch/src/") else {
        return false;
    };
    let part = inside.split(['/', '.']).next().unwrap_or_default();
    PURE.contains(&part)
}

/// Whether the code names this: the whole path, or crates that begin like it (`aya`, `aya_log`).
fn named(code: &[&str], name: &str) -> bool {
    code.iter().any(|line| {
        line.match_indices(name).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + name.len()..].chars().next();
            !before.is_some_and(is_of_word) && !after.is_some_and(char::is_alphanumeric)
        })
    })
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// What the document lacks where it does not name the pure parts, all of them and no other, in this order.
fn unnamed(text: &str) -> Option<String> {
    let named = PURE.map(|part| format!("`{part}`")).join(", ");
    (!text.contains(&format!("- {named} know no "))).then(|| format!("does not say that {named} are pure"))
}

/// The links of a document that lead to no file.
fn links(document: &Path, text: &str) -> Vec<String> {
    let folder = document.parent().unwrap_or(document);
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next());
    targets
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains(':'))
        .filter(|target| !folder.join(target).exists())
        .map(|target| format!("the link to {target} leads nowhere"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{PURE, source, unnamed};

    #[test]
    fn the_document_names_the_pure_parts() {
        let named = PURE.map(|part| format!("`{part}`")).join(", ");
        assert_eq!(unnamed(&format!("- {named} know no aya")), None);
        assert!(unnamed(&format!("- {named}, `more` know no aya")).is_some());
    }

    #[test]
    fn faults() {
        let in_test = "//! A part.\nfn a() {}\n#[cfg(test)]\nmod tests { use std::fs; }\n";
        for (file, text, faulty) in [
            ("kubectl-watch/src/eql.rs", "//! A part.\nuse std::fmt;\n", false),
            ("kubectl-watch/src/eql.rs", "//! A part.\nuse std::fs;\n", true),
            ("kubectl-watch/src/eql.rs", in_test, false),
            (
                "kubectl-watch/src/eql/lexer.rs",
                "//! A part.\nlet now = Instant::now();\n",
                true,
            ),
            (
                "kubectl-watch/src/alert.rs",
                "//! A part.\n// not std::fs\n",
                false,
            ),
            (
                "kubectl-watch/src/config.rs",
                "//! A part.\nuse std::fs;\n",
                false,
            ),
            (
                "kubectl-watch/src/config.rs",
                "//! A part.\nuse aya_log::X;\n",
                true,
            ),
            (
                "kubectl-watch/src/config.rs",
                "//! A part.\nlet playa = himalaya::b;\n",
                false,
            ),
            (
                "kubectl-watch/src/source/kernel/load.rs",
                "//! A part.\nuse aya::Ebpf;\n",
                false,
            ),
            ("kubectl-watch/src/sink/mod.rs", "//! A part.\n", true),
            ("kubectl-watch/src/sink.rs", "use std::fmt;\n", true),
        ] {
            assert_eq!(!source(file, text).is_empty(), faulty, "{file}: {text}");
        }
    }
}
