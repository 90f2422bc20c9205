//! What alerted processes do next, told: a document for each of their alerts.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Pipeline,
    deciding::new_id,
    following::{Over, Totals},
};
use crate::{
    alert::{FollowUp, FollowUpParts},
    source::kernel::{Follower, KernelSource, Touched},
};

/// What follows processes. A kernel that can't do it is no reason not to watch.
pub(super) fn follower(source: &mut KernelSource) -> Option<Follower> {
    let follower = source.take_follower()?;
    follower
        .inspect_err(|error| tracing::warn!(%error, "alerted processes are not followed on this kernel"))
        .ok()
}

impl Pipeline {
    /// Hears what those that are followed did, where no room is left for one more.
    pub(super) fn make_room_to_follow(&mut self) {
        if self.following.is_full() {
            self.following.take();
            self.follow();
        }
    }

    /// Says what came of those that are followed no longer.
    pub(super) fn follow(&mut self) {
        let over = self.following.over();
        let over = self.following.or_nobody(over);
        self.say_over(over);
    }

    /// Once a second.
    pub(super) fn look_after_followed(&mut self) -> Vec<Touched> {
        let looked = self.following.look();
        let (over, touched) = self.following.or_nobody(looked);
        self.say_over(over);
        touched
    }

    /// At the end.
    pub(super) fn follow_no_longer(&mut self) {
        let over = self.following.finish();
        let over = self.following.or_nobody(over);
        self.say_over(over);
        let Totals {
            begun,
            too_late,
            without_room,
            lost,
        } = self.following.totals;
        if begun + without_room > 0 {
            tracing::info!(begun, too_late, without_room, lost, "followed alerted processes");
        }
    }

    fn say_over(&mut self, over: Over) {
        for (open, closing) in over {
            for sent in &open.alerts {
                let created = Timestamp::now();
                let document = FollowUp::new(&FollowUpParts {
                    alert: &sent.alert,
                    rule: (&sent.rule, &sent.rule_name),
                    event: &open.event,
                    api_server: open.api_server.as_ref(),
                    did: &open.did,
                    closing,
                    host: &self.host,
                    id: new_id(created),
                    created,
                });
                self.follow_ups += 1;
                self.sink.send(Arc::new(document.into()));
            }
        }
    }
}
