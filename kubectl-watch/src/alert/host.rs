//! The node that an alert is from, in ECS's words.

use std::collections::BTreeMap;

use serde::Serialize;

/// The node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Host {
    /// What Kubernetes calls it; its hostname where nobody said.
    pub name: String,
    /// What it calls itself.
    pub hostname: String,
    /// Its machine id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its processor, as `uname -m` says it.
    pub architecture: String,
    /// Its last start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot: Option<Boot>,
    /// Its operating system.
    pub os: Os,
    /// What it is for, as whoever runs the daemon says: ECS `labels`, which is no part of `host`.
    #[serde(skip)]
    pub labels: BTreeMap<String, String>,
}

/// A start of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Boot {
    /// The id that the kernel gave it.
    pub id: String,
}

/// An operating system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Os {
    /// Always `linux`.
    pub r#type: &'static str,
    /// The release of the kernel.
    pub kernel: String,
    /// Which distributions it is kin to: `debian`, `redhat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The short name of the distribution: `ubuntu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Its name: `Ubuntu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version: `24.04`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// All of it in one: `Ubuntu 24.04.1 LTS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<String>,
}

impl Default for Os {
    fn default() -> Self {
        Self {
            r#type: "linux",
            kernel: String::new(),
            family: None,
            platform: None,
            name: None,
            version: None,
            full: None,
        }
    }
}
