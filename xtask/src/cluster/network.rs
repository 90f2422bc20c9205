//! The network of a node, in a namespace of its own: an address for the node, and one for the API server.

use crate::program::run;
use anyhow::Result;
use std::process::Command;

/// Where the node is.
pub(super) const NODE: &str = "10.99.0.1";
/// Where the API server is, inside and outside of pods.
pub(super) const API: &str = "10.96.0.1";
/// Where pods are.
pub(super) const PODS: &str = "10.244.0.0/24";

/// Makes it. Nothing of it leads anywhere.
pub(super) fn make() -> Result<()> {
    for line in [
        "link set lo up".to_owned(),
        "link add node0 type veth peer name node1".to_owned(),
        "link set node1 up".to_owned(),
        format!("address add {NODE}/24 dev node0"),
        "link set node0 up".to_owned(),
        format!("address add {API}/32 dev lo"),
        "route add default dev node0".to_owned(),
    ] {
        run(Command::new("ip").args(line.split(' ')))?;
    }
    Ok(())
}
