//! A past alert as suppression sees it: by what its document said when it was written.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

use super::event::is_written;
use super::{PastAlert, event};
use crate::alert::text::read;
use crate::eql::Field;
use crate::event::Args;
use crate::suppression::{Occurrence, Process, command};

impl PastAlert {
    /// The same without what updates said later: what was known when it was decided whether it repeats another.
    pub fn as_written(&self) -> Cow<'_, Self> {
        match &self.written {
            None => Cow::Borrowed(self),
            Some(document) => Cow::Owned(Self {
                line: self.line,
                time: self.time,
                document: Value::clone(document),
                written: None,
            }),
        }
    }

    /// Whether another alert has the same values of a field if, and only if, its document has. What stands in place of
    /// a secret is the same for the same secret.
    pub fn is_comparable(&self, field: Field) -> bool {
        is_written(field) && !self.is_too_long(field) && !self.is_cut(field)
    }

    /// The name of the node, to tell those of one from those of another.
    pub fn host(&self) -> &str {
        let id = self.document_text("host.id");
        id.or_else(|| self.document_text("host.name")).unwrap_or_default()
    }

    fn shown(&self, field: &str) -> Vec<u8> {
        let text = self.document_text(field).unwrap_or_default();
        read(text).into_owned()
    }
}

impl Occurrence for PastAlert {
    fn time(&self) -> Timestamp {
        self.time
    }

    fn sequence(&self) -> u64 {
        self.number("event.sequence").unwrap_or_default()
    }

    fn cgroup(&self) -> u64 {
        self.number("kubectl_watch.cgroup_id").unwrap_or_default()
    }

    fn container(&self) -> Option<&str> {
        self.document_text("container.id")
    }

    fn pod(&self) -> Option<&str> {
        self.document_text("orchestrator.resource.id")
    }

    fn process(&self) -> Option<Process> {
        let start: Timestamp = self.document_text("process.start")?.parse().ok()?;
        let pid = u32::try_from(self.number("process.pid")?).ok()?;
        Some((pid, u64::try_from(start.as_nanosecond()).ok()?))
    }

    fn command(&self) -> [u8; 32] {
        let args = event::at(&self.document, "process.args").and_then(Value::as_array);
        let args = args.into_iter().flatten().filter_map(Value::as_str);
        let args: Args = args.map(read).collect();
        let (path, executable) = ("kubectl_watch.exec_path", "process.executable");
        command(&args, &self.shown(path), &self.shown(executable))
    }

    fn particulars(&self) -> [(&'static str, Vec<u8>); 5] {
        let fields = [
            "process.command_line",
            "process.parent.name",
            "process.pid",
            "user.name",
            "user.target.name",
        ];
        fields.map(|field| {
            let number = || Some(self.number(field)?.to_string().into_bytes());
            (field, number().unwrap_or_else(|| self.shown(field)))
        })
    }
}
