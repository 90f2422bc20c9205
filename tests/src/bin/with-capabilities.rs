//! Becomes another program, run as root with these capabilities and no other: `with-capabilities BPF,PERFMON PROGRAM…`.
//!
//! What is taken out of the bounding set is gone for whatever is exec'd, root or not, as in a container.

use std::os::unix::process::CommandExt as _;
use std::{env, process::Command};

use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};

fn main() {
    let mut args = env::args_os().skip(1);
    let kept = args.next().expect("the first argument is a list of capabilities");
    let kept = kept.to_str().expect("their names are text");
    let kept: CapabilitySet = kept
        .split(',')
        .map(|name| CapabilitySet::from_name(name).unwrap_or_else(|| panic!("{name} is no capability")))
        .collect();
    for capability in CapabilitySet::all().difference(kept).iter() {
        // One that this machine never had is as good as gone.
        let _gone = remove_capability_from_bounding_set(capability);
    }
    let program = args.next().expect("the second argument is a program");
    panic!("{}", Command::new(program).args(args).exec());
}
