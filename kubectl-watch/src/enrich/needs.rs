//! Which of the things that cost a look at the node some rule asks for.

use crate::event::field::ProcessSchema;

/// What rules ask for and the kernel does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The parent's arguments.
    pub parent_args: bool,
    /// The container or the pod.
    pub container: bool,
    /// The name of any user or group.
    pub names: bool,
}

impl Needs {
    /// Goes through every field that an event has, so that a new one is not forgotten here.
    pub fn of(is_asked_for: impl Fn(&str) -> bool) -> Self {
        let mut needs = Self::default();
        for field in ProcessSchema.filled().filter(|field| is_asked_for(field)) {
            let words: Vec<&str> = field.split('.').collect();
            match words[..] {
                ["process", "parent", "args" | "args_count" | "command_line", ..] => needs.parent_args = true,
                ["container" | "orchestrator", ..] => needs.container = true,
                ["user" | "group", .., "name"] => needs.names = true,
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
        let parent_args = Needs {
            parent_args: true,
            ..nothing
        };
        for (field, expected) in [
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
            ("container.id", container),
            ("process.parent.args", parent_args),
            ("process.parent.args_count", parent_args),
            ("process.parent.command_line", parent_args),
        ] {
            assert!(ProcessSchema.filled().any(|filled| filled == field), "{field}");
            assert_eq!(Needs::of(|asked| asked == field), expected, "{field}");
        }
    }
}
