//! By which kubeconfig and which certificate: by their content, because names in them are whatever their writer likes.

use std::collections::BTreeSet;

use super::variables::{KUBECONFIG, VARIABLES, are_known, has_mark, variable};
use super::{Fact, is_absent, values};
use crate::past::{PastAlert, between_marks};

const FILE: &str = "kubectl_watch.kubeconfig.file";
const HASH: &str = "kubectl_watch.kubeconfig.file.sha256";
pub(super) const PATH: &str = "kubectl_watch.kubeconfig.file.path";
const UNKNOWN: &str = "kubectl_watch.kubeconfig.file.unknown";
const CERTIFICATE: &str = "kubectl_watch.credential.x509.sha256";

/// Adds what is known of them.
pub(super) fn add(alert: &PastAlert, facts: &mut Vec<Fact>) {
    if !alert.has("kubectl_watch.request") {
        return;
    }
    let files = (0..).map(|index| format!("{FILE}.{index}"));
    let files: Vec<String> = files
        .take_while(|file| alert.has(&format!("{file}.path")))
        .collect();
    for file in &files {
        let of_file = |part: &str| alert.text(&format!("{file}.{part}"));
        if let Some(hash) = of_file("sha256") {
            let why = "with which kubeconfig, by its content: a change of it is an alert again";
            facts.push(Fact::is(why, HASH, hash));
        } else if let Some(path) = of_file("path").filter(|path| !path.contains(r"\x")) {
            let why = "with which kubeconfig, by its path, as what is in it is not known";
            facts.push(Fact::is_like(why, PATH, path));
            let unknown = of_file("unknown").map(|unknown| Fact::is(why, UNKNOWN, unknown));
            facts.extend(unknown);
        }
    }
    if !files.is_empty() {
        // Two of the same content are asked for as one, so another could be in the place of the second.
        let hash = |file: &String| alert.text(&format!("{file}.sha256"));
        let hashes: BTreeSet<_> = files.iter().filter_map(hash).collect();
        add_list(alert, hashes.len(), facts);
    } else if is_absent(alert, PATH) {
        facts.push(Fact::is_absent("with no kubeconfig", PATH));
    } else {
        add_unread(alert, facts);
    }
    for hash in values(alert, CERTIFICATE).unwrap_or_default() {
        facts.push(Fact::is("with which certificate", CERTIFICATE, &hash));
    }
}

/// That no file is before these in the list that a variable has: of several the first that says a thing counts. Where
/// as many are known by their content as are listed, their paths do not matter.
fn add_list(alert: &PastAlert, known: usize, facts: &mut Vec<Fact>) {
    let why = "and with no other before it";
    let listed = variable(alert, KUBECONFIG);
    // What a mark stands for has none.
    let colons = listed.map_or(0, |listed| between_marks(listed).concat().matches(':').count());
    let make = if known == colons + 1 {
        Fact::is_like
    } else {
        Fact::is
    };
    let listed = listed.filter(|listed| colons > 0 && !has_mark(listed));
    facts.extend(listed.map(|listed| make(why, VARIABLES, listed)));
    facts.push(is_no_longer(why, colons));
}

/// By the variable that names a kubeconfig which nobody could read, or that it is not there.
fn add_unread(alert: &PastAlert, facts: &mut Vec<Fact>) {
    if !are_known(alert) {
        return;
    }
    let why = "with which kubeconfig, by the variable, as it was not read";
    let Some(listed) = variable(alert, KUBECONFIG) else {
        facts.push(Fact {
            why,
            field: VARIABLES,
            test: format!("not {VARIABLES} like \"{KUBECONFIG}*\""),
        });
        return;
    };
    if !has_mark(listed) {
        facts.push(Fact::is_like(why, VARIABLES, listed));
    }
    let colons = between_marks(listed).concat().matches(':').count();
    facts.push(is_no_longer(why, colons));
}

/// That no more are listed: a wildcard takes in colons.
fn is_no_longer(why: &'static str, colons: usize) -> Fact {
    let longer = "*:".repeat(colons + 1);
    Fact {
        why,
        field: VARIABLES,
        test: format!("not {VARIABLES} like \"KUBECONFIG={longer}*\""),
    }
}
