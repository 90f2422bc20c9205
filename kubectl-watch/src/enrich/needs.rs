//! Which of the things that cost a look at the node some rule asks for.

use crate::facts::FactSchema;

/// What rules ask for and the kernel does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is asked by itself, and all mixes occur"
)]
pub struct Needs {
    /// The parent's arguments.
    pub parent_args: bool,
    /// Who leads the session or the group, or who came in.
    pub leaders: bool,
    /// What any of those was started with.
    pub leader_args: bool,
    /// The container or the pod.
    pub container: bool,
    /// Which kubeconfig it is told to take.
    pub kubeconfig_named: bool,
    /// What is in the executable.
    pub executable: bool,
    /// The name of any user or group.
    pub names: bool,
}

impl Needs {
    /// Goes through every field that an event has, so that a new one is not forgotten here.
    pub fn of(is_asked_for: impl Fn(&str) -> bool) -> Self {
        let mut needs = Self::default();
        for field in FactSchema.filled().filter(|field| is_asked_for(field)) {
            let words: Vec<&str> = field.split('.').collect();
            match words[..] {
                ["process", "parent", "args" | "args_count" | "command_line", ..] => needs.parent_args = true,
                [
                    "process",
                    "entry_leader" | "group_leader" | "session_leader",
                    ref what @ ..,
                ] => {
                    needs.leaders = true;
                    needs.leader_args |= matches!(what, ["args" | "args_count" | "command_line"]);
                }
                ["container" | "orchestrator", ..] => needs.container = true,
                ["kubectl_watch", "kubeconfig_named", what] => {
                    needs.kubeconfig_named = true;
                    needs.names |= what == "home_of_others";
                }
                ["kubectl_watch", "executable", ..] | ["process", "hash", _] => needs.executable = true,
                ["user" | "group", .., "name"] | ["kubectl_watch", "login_user", "name"] => {
                    needs.names = true;
                }
                ["process", of, "name"] if of.ends_with("user") || of.ends_with("group") => {
                    needs.names = true;
                }
                _ => {}
            }
        }
        needs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_asks_for_is_looked_up_before_it_is_asked() {
        let nothing = Needs::default();
        let names = Needs {
            names: true,
            ..nothing
        };
        let container = Needs {
            container: true,
            ..nothing
        };
        let kubeconfig_named = Needs {
            kubeconfig_named: true,
            ..nothing
        };
        let others = Needs {
            names: true,
            ..kubeconfig_named
        };
        let executable = Needs {
            executable: true,
            ..nothing
        };
        let parent_args = Needs {
            parent_args: true,
            ..nothing
        };
        let leaders = Needs {
            leaders: true,
            ..nothing
        };
        let leader_args = Needs {
            leader_args: true,
            ..leaders
        };
        for (field, expected) in [
            ("process.session_leader.name", leaders),
            ("process.entry_leader.entry_meta.type", leaders),
            ("process.group_leader.args", leader_args),
            ("process.previous.name", nothing),
            ("process.name", nothing),
            ("process.parent.name", nothing),
            ("user.id", nothing),
            ("user.name", names),
            ("user.effective.name", names),
            ("user.Ext.real.name", names),
            ("process.real_user.name", names),
            ("process.saved_user.name", names),
            ("process.real_group.name", names),
            ("group.name", names),
            ("group.Ext.real.name", names),
            ("kubectl_watch.login_user.name", names),
            ("container.id", container),
            ("orchestrator.namespace", container),
            ("kubectl_watch.kubeconfig_named.flag", kubeconfig_named),
            ("kubectl_watch.kubeconfig_named.home_of_others", others),
            ("kubectl_watch.kubeconfig.file.path", nothing),
            ("kubectl_watch.executable.tool", executable),
            ("process.hash.sha256", executable),
            ("process.parent.args", parent_args),
            ("process.parent.args_count", parent_args),
            ("process.parent.command_line", parent_args),
        ] {
            assert!(FactSchema.filled().any(|filled| filled == field), "{field}");
            assert_eq!(Needs::of(|asked| asked == field), expected, "{field}");
        }
    }
}
