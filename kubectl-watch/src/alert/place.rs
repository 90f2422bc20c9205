//! Where it happened, and from where somebody came: ECS `container`, `orchestrator`, `source`.

use serde::Serialize;

use crate::event::{ProcessEvent, Source};
use crate::kubectl::Request;

/// ECS `container`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Container {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// ECS `orchestrator`: the pod in which it happened, and the cluster that was asked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Orchestrator {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<Resource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<Cluster>,
}

/// ECS `orchestrator.resource`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Resource {
    r#type: &'static str,
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// ECS `orchestrator.cluster`.
#[derive(Clone, Debug, Serialize)]
struct Cluster {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// ECS `source`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SourceFields {
    pub(crate) ip: String,
    pub(crate) port: u16,
}

impl Container {
    pub(super) fn of(event: &ProcessEvent) -> Option<Self> {
        let pod = event.circumstances.pod.as_ref();
        Some(Self {
            id: event.place.container_id.clone()?,
            name: pod.and_then(|pod| pod.container.clone()),
        })
    }
}

impl Orchestrator {
    pub(super) fn of(event: &ProcessEvent, request: Option<&Request>) -> Option<Self> {
        let pod = event.circumstances.pod.as_ref();
        let resource = event.place.pod_uid.clone().map(|id| Resource {
            r#type: "pod",
            id,
            name: pod.map(|pod| pod.name.clone()),
        });
        let (name, url) = event.circumstances.cluster(request);
        let cluster = (name.is_some() || url.is_some()).then(|| Cluster {
            name: name.cloned(),
            url: url.cloned(),
        });
        (resource.is_some() || cluster.is_some()).then(|| Self {
            r#type: "kubernetes",
            namespace: pod.map(|pod| pod.namespace.clone()),
            resource,
            cluster,
        })
    }
}

impl SourceFields {
    pub(super) fn of(source: &Source) -> Self {
        Self {
            ip: source.address.to_string(),
            port: source.port,
        }
    }
}
