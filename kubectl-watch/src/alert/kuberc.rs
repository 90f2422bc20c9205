//! What its preferences give to a command: `kubectl_watch.kuberc`.

use serde::Serialize;

use super::credential::FileFields;
use crate::credential::Kuberc;
use crate::event::Unknown;

/// What its preferences say.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KubercFields {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) file: Vec<FileFields>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) options: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<&'static str>,
}

impl KubercFields {
    pub(super) fn of(kuberc: &Kuberc) -> Self {
        Self {
            file: kuberc.files.iter().map(FileFields::of).collect(),
            options: kuberc.options.iter().cloned().collect(),
            unknown: kuberc.unknown.map(Unknown::name),
        }
    }
}
