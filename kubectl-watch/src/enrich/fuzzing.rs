//! Doors for the fuzz targets: files of a node or a process, as a fuzzer made them.
//!
//! Only tests and the feature `fuzzing` have it. It checks the shape of what was read, and nothing else.

use super::inquiry::ssh;
use super::{container, host::Release, process, user};
use crate::credential::kubeconfig::Config;
use crate::credential::{Certificate, Claims, Kubeconfig, Kuberc};
use crate::kubectl::Request;

/// Takes the input as each of the files that are read: a process's cgroups and state, the node's users and release.
///
/// # Panics
///
/// Where what was read is not of its shape.
pub fn files(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (container, pod) = container::parse(&text);
    assert!(container.is_none_or(|id| id.len() == 64), "an id has 64 digits");
    assert!(
        pod.is_none_or(|uid| uid.len() == 36 || uid.len() == 32),
        "a UID has 32 digits"
    );
    let _ticks = process::start_ticks(input);
    let _users = user::parse(input);
    let _family = Release::parse(&text).family();
    let _groups = user::supplementary(input);
    let connections = text.lines().filter_map(ssh::open_connection);
    assert!(connections.count() <= text.lines().count(), "a line has one");
    let claims = Claims::of(input);
    let subject = claims.and_then(|claims| claims.subject);
    assert!(subject.is_none_or(|it| it.len() <= 1024), "no text is longer");
    let _certificate = Certificate::of_pem(input);
    let mut kuberc = Kuberc::default();
    let _whole = kuberc.add(input);
    assert!(kuberc.options.len() <= 512, "there are no more");
    if let Some(config) = Config::of(input, b"/") {
        let (kubeconfig, _) = Kubeconfig::effective(&config, &Request::default());
        assert!(
            kubeconfig.server.is_none_or(|it| it.len() < 4096),
            "no text is longer"
        );
    }
}
