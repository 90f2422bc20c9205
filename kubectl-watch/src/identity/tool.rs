//! The programs that can stand in for kubectl, or around it, and how each is known.
//!
//! | tool | known by |
//! |---|---|
//! | `kubectl` | its package, also Google's `kubectl-sdk`, which picks a version and runs it; or that most of its commands are in it |
//! | `k3s`, `rke2`, `k0s`, `microk8s`, `minikube`, `oc`, `hyperkube` | their packages: distributions that have kubectl, or all that it can do, in them |
//! | `kubecolor`, `k9s`, `helm` | their packages: they run kubectl, or act as it does |
//! | `kubectl-plugin` | a package or module whose name has a part that begins with `kubectl-` |
//! | `busybox` | its banner |

use super::go::Go;

/// A program that matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// What it is called: one of [`tools`].
    pub name: &'static str,
    /// How it was known.
    pub named: Named,
}

/// How a tool was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// By the package or module that Go's linker wrote down.
    BuildInfo,
    /// By texts all over it.
    Strings,
}

impl Named {
    /// As it is written in an alert.
    pub fn name(self) -> &'static str {
        match self {
            Self::BuildInfo => "build_info",
            Self::Strings => "strings",
        }
    }
}

pub(super) const KUBECTL: &str = "kubectl";
pub(super) const BUSYBOX: &str = "busybox";
const PLUGIN: &str = "kubectl-plugin";

/// Packages, with all that is below them, by the tool that is made of them. The first that fits is taken.
const PACKAGES: &[(&str, &str)] = &[
    ("k8s.io/kubernetes/cmd/kubectl", KUBECTL),
    ("k8s.io/kubernetes/cmd/kubectl-sdk", KUBECTL),
    ("k8s.io/kubectl/cmd/kubectl", KUBECTL),
    ("k8s.io/kubernetes/cmd/hyperkube", "hyperkube"),
    // What the snap of MicroK8s builds in place of the parts of Kubernetes.
    ("k8s.io/kubernetes/cmd/kubelite", "microk8s"),
    ("k8s.io/kubernetes/cmd/kubernetes", "microk8s"),
    ("github.com/canonical/microk8s", "microk8s"),
    ("github.com/ubuntu/microk8s", "microk8s"),
    ("github.com/k3s-io/k3s", "k3s"),
    ("github.com/rancher/k3s", "k3s"),
    ("github.com/rancher/rke2", "rke2"),
    ("github.com/k0sproject/k0s", "k0s"),
    ("k8s.io/minikube", "minikube"),
    ("github.com/openshift/oc", "oc"),
    ("github.com/openshift/origin/cmd/oc", "oc"),
    ("github.com/kubecolor/kubecolor", "kubecolor"),
    ("github.com/hidetatz/kubecolor", "kubecolor"),
    ("github.com/dty1er/kubecolor", "kubecolor"),
    ("github.com/derailed/k9s", "k9s"),
    ("helm.sh/helm", "helm"),
    ("k8s.io/helm", "helm"),
];

/// The names of all tools, each once.
pub fn tools() -> impl Iterator<Item = &'static str> {
    let packages = PACKAGES.iter().map(|&(_, tool)| tool);
    let all: std::collections::BTreeSet<_> = packages.chain([PLUGIN, BUSYBOX]).collect();
    all.into_iter()
}

/// Whether there is a tool of this name.
pub fn is_tool(name: &[u8]) -> bool {
    tools().any(|tool| tool.as_bytes() == name)
}

/// Which tool it is, by what Go's linker says.
pub(super) fn of(go: &Go) -> Option<Tool> {
    let name = package(&go.path).or_else(|| package(&go.module))?;
    Some(Tool {
        name,
        named: Named::BuildInfo,
    })
}

fn package(path: &[u8]) -> Option<&'static str> {
    let is_or_below = |package: &str| {
        path.strip_prefix(package.as_bytes())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    let known = PACKAGES.iter().find(|(package, _)| is_or_below(package));
    let is_plugin = || {
        path.split(|&byte| byte == b'/')
            .any(|part| part.starts_with(b"kubectl-"))
    };
    known
        .map(|&(_, tool)| tool)
        .or_else(|| is_plugin().then_some(PLUGIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_names_its_tool() {
        for (path, module, tool) in [
            (
                "k8s.io/kubernetes/cmd/kubectl",
                "k8s.io/kubernetes",
                Some("kubectl"),
            ),
            ("k8s.io/kubernetes/cmd/kubectl-sdk", "", Some("kubectl")),
            (
                "k8s.io/kubernetes/cmd/kubectl-convert",
                "",
                Some("kubectl-plugin"),
            ),
            ("k8s.io/kubernetes/cmd/kubectlx", "", None),
            ("k8s.io/kubernetes/cmd/kubelet", "k8s.io/kubernetes", None),
            ("k8s.io/kubectl/cmd/kubectl", "", Some("kubectl")),
            ("github.com/k3s-io/k3s/cmd/server", "", Some("k3s")),
            ("github.com/openshift/oc/cmd/oc", "", Some("oc")),
            ("helm.sh/helm/v4/cmd/helm", "", Some("helm")),
            (
                "github.com/ahmetb/kubectl-tree/cmd/kubectl-tree",
                "",
                Some("kubectl-plugin"),
            ),
            (
                "command-line-arguments",
                "github.com/x/kubectl-y",
                Some("kubectl-plugin"),
            ),
            ("command-line-arguments", "", None),
            ("", "k8s.io/minikube", Some("minikube")),
            ("example.com/tool", "example.com/tool", None),
            ("", "", None),
        ] {
            let go = Go {
                path: path.into(),
                module: module.into(),
                ..Go::default()
            };
            assert_eq!(of(&go).map(|tool| tool.name), tool, "{path} of {module}");
        }
    }
}
