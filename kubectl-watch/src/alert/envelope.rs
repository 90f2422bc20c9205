//! What every document says of itself, whatever it is about.

use serde::Serialize;

/// The version of ECS whose names are used.
const ECS_VERSION: &str = "9.4.0";

/// ECS `ecs`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ecs {
    version: &'static str,
}

impl Ecs {
    pub(super) const OURS: Self = Self { version: ECS_VERSION };
}

/// ECS `data_stream`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DataStream {
    r#type: &'static str,
    dataset: &'static str,
    namespace: &'static str,
}

impl DataStream {
    pub(super) const fn of(dataset: &'static str) -> Self {
        Self {
            r#type: "logs",
            dataset,
            namespace: "default",
        }
    }
}

/// ECS `agent`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Agent {
    r#type: &'static str,
    version: &'static str,
}

impl Agent {
    pub(super) const OURS: Self = Self {
        r#type: "kubectl-watch",
        version: env!("CARGO_PKG_VERSION"),
    };
}
