//! What is found out about a process for an alert only, beside what the kernel says of every exec.

use std::net::IpAddr;

use super::Script;
use crate::credential::{Kubeconfig, Kuberc};
use crate::kubectl::Request;

/// What was found. What could not be had is left out, and is a gap of the event where it should have been there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Circumstances {
    /// The kubeconfig, where the process is kubectl.
    pub kubeconfig: Option<Box<Kubeconfig>>,
    /// Its preferences, where there are any.
    pub kuberc: Option<Box<Kuberc>>,
    /// From where somebody came in over SSH.
    pub source: Option<Source>,
    /// What Kubernetes calls the pod.
    pub pod: Option<PodNames>,
    /// The script that ran the process, where one did.
    pub script: Option<Box<Script>>,
    /// The groups of the process beside its own, and what the node calls them.
    pub groups: Vec<(u32, Option<String>)>,
}

impl Circumstances {
    /// Whether preferences may give one of these options to a request, so that what else is known says nothing of it.
    #[must_use]
    pub fn may_give(&self, options: &[&str], request: &Request) -> bool {
        self.kuberc
            .as_ref()
            .is_some_and(|kuberc| kuberc.may_give(options, request))
    }

    /// The cluster that a request goes to and the URL of its server, by the kubeconfig, as far as no preferences may say
    /// otherwise.
    #[must_use]
    pub fn cluster(&self, request: Option<&Request>) -> (Option<&String>, Option<&String>) {
        let (Some(kubeconfig), Some(request)) = (&self.kubeconfig, request) else {
            return (None, None);
        };
        let is_other = self.may_give(&["cluster", "context", "kubeconfig"], request);
        let has_other_server = self.may_give(&["server"], request) || is_other && !request.has("server");
        (
            kubeconfig
                .cluster
                .as_ref()
                .filter(|_| !is_other || request.has("cluster")),
            kubeconfig.server.as_ref().filter(|_| !has_other_server),
        )
    }
}

/// The other end of a connection over which somebody came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// How that is known.
    pub by: Witness,
}

/// Who says where somebody came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// The kernel, of the socket that the process above holds which let him in.
    Socket,
    /// The process's environment, in which whoever runs it can write what he likes.
    Environment,
}

impl Witness {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Environment => "environment",
        }
    }
}

/// What Kubernetes calls a pod and a container in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodNames {
    /// The namespace.
    pub namespace: String,
    /// The pod.
    pub name: String,
    /// The container, where it can be told from the pod's others.
    pub container: Option<String>,
}
