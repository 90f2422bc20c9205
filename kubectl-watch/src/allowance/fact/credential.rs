//! By which kubeconfig and which certificate: by their content, because names in them are whatever their writer likes.

use super::{Fact, is_absent, values};
use crate::past::PastAlert;

const FILE: &str = "kubectl_watch.kubeconfig.file";
const HASH: &str = "kubectl_watch.kubeconfig.file.sha256";
const PATH: &str = "kubectl_watch.kubeconfig.file.path";
const UNKNOWN: &str = "kubectl_watch.kubeconfig.file.unknown";
const CERTIFICATE: &str = "kubectl_watch.credential.x509.sha256";
const VARIABLES: &str = "process.env_vars";

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
    if files.is_empty() {
        if is_absent(alert, PATH) {
            facts.push(Fact::is_absent("with no kubeconfig", PATH));
        }
    } else {
        add_list(alert, facts);
    }
    for hash in values(alert, CERTIFICATE).unwrap_or_default() {
        facts.push(Fact::is("with which certificate", CERTIFICATE, &hash));
    }
}

/// That no file is before these in the list that a variable has: of several the first that says a thing counts.
fn add_list(alert: &PastAlert, facts: &mut Vec<Fact>) {
    let why = "and with no other before it";
    let variables = values(alert, VARIABLES).unwrap_or_default();
    let listed = variables
        .iter()
        .find(|variable| variable.starts_with("KUBECONFIG="))
        .filter(|variable| variable.contains(':'));
    facts.extend(listed.map(|listed| Fact::is(why, VARIABLES, listed)));
    let colons = listed.map_or(0, |listed| listed.matches(':').count());
    let longer = "*:".repeat(colons + 1);
    facts.push(Fact {
        why,
        field: VARIABLES,
        test: format!("not {VARIABLES} like \"KUBECONFIG={longer}*\""),
    });
}
