//! What is to be done about an alerted process, as clap reads it.

use clap::Args;

use crate::response::Order;

/// What happens after an alert.
#[derive(Args, Debug)]
#[command(next_help_heading = "After an alert")]
pub struct Next {
    /// How long an alerted process and its children are followed at most, for a document of where they connected and how
    /// they ended; 0 follows nobody
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub follow_for: u64,
    /// Kill or stop each process that a rule finds, by the rule's id, as in `kill:3c6685eb-9eaa-43a4-be1b-a7f9f1f5e63d`;
    /// may be given again
    ///
    /// What runs the node is never touched, and neither is what an exception holds back. It needs the capability KILL.
    #[arg(long, value_name = "ACTION:RULE_ID")]
    pub respond: Vec<Order>,
    /// Say in each alert what `--respond` would have done, and do nothing
    #[arg(long, requires = "respond")]
    pub respond_dry_run: bool,
    /// How many processes `--respond` may touch in a minute
    #[arg(long, value_name = "NUMBER", default_value_t = 30, requires = "respond")]
    pub respond_limit: usize,
}
