//! The kubeconfig of a process: found as kubectl finds it, and read through the process's own root.

use std::sync::Arc;

use super::view::View;
use crate::credential::kubeconfig::{Auth, Config, ConfigFile, Pending};
use crate::credential::{Certificate, Kubeconfig, Token};
use crate::event::{Environment, ProcessEvent, Unknown};
use crate::kubectl::Request;

/// Bytes of a kubeconfig, or of a file that it names.
const MAX_FILE: u64 = 1024 * 1024;
/// Files of those that `KUBECONFIG` lists that are read. kubectl knows no bound; people have three.
const MAX_FILES: usize = 32;
/// Where a pod has what its service account needs.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What is asked.
#[derive(Debug)]
pub(super) struct Question {
    request: Request,
    view: Result<Arc<View>, Unknown>,
    paths: Paths,
    /// The API server, as Kubernetes tells its pods.
    server: Option<String>,
}

/// Which files are the kubeconfig.
#[derive(Debug, PartialEq, Eq)]
enum Paths {
    /// The one that a flag names: it has to be there.
    Named(Vec<u8>),
    /// Those that the environment lists, or the usual one: as far as they are there. One more than is read where there
    /// are more.
    Listed(Vec<Vec<u8>>),
}

impl Question {
    /// None where the process is no kubectl.
    pub(super) fn of(event: &ProcessEvent) -> Option<Self> {
        let request = Request::of_event(event, &event.process.args)?;
        Some(Self {
            paths: Paths::of(&request, &event.environment),
            server: server(&event.environment),
            view: View::of(&event.process).map(Arc::new),
            request,
        })
    }

    /// Where it is read from, for what else the process reads there.
    pub(super) fn view(&self) -> &Result<Arc<View>, Unknown> {
        &self.view
    }

    /// Whether there is a place to read from.
    pub(super) fn needs_files(&self) -> bool {
        self.view.is_ok()
    }

    /// None where there is no kubeconfig, and nothing in its place.
    pub(super) fn answer(&self) -> Option<Kubeconfig> {
        let view = match &self.view {
            Ok(view) => view,
            Err(unknown) => {
                return Some(Kubeconfig {
                    unknown: Some(*unknown),
                    ..Kubeconfig::default()
                });
            }
        };
        let (named, is_named) = match &self.paths {
            Paths::Named(path) => (std::slice::from_ref(path), true),
            Paths::Listed(paths) => (&paths[..], false),
        };
        let mut config = Config::default();
        let is_cut = named.len() > MAX_FILES;
        let (mut files, mut worst) = (Vec::new(), is_cut.then_some(Unknown::Unreadable));
        for path in named.iter().take(MAX_FILES) {
            let absolute = view.absolute(path);
            let read = absolute.as_ref().map_err(|unknown| *unknown);
            let read = read.and_then(|path| view.read(path, MAX_FILE));
            let mut file = ConfigFile {
                path: absolute.as_ref().unwrap_or(path).clone(),
                ..ConfigFile::default()
            };
            match read {
                Ok(None) if !is_named => continue,
                Ok(None) => {}
                Ok(Some(found)) => {
                    let read = found.bytes.and_then(|bytes| {
                        let folder = folder(&file.path);
                        Config::of(&bytes, folder).ok_or(Unknown::Unreadable)
                    });
                    match read {
                        Ok(more) => config.add(more),
                        Err(unknown) => file.unknown = Some(unknown),
                    }
                    file.path = found.path;
                    file.facts = Some(found.facts);
                }
                Err(unknown) => file.unknown = Some(unknown),
            }
            worst = worst.or(file.unknown);
            files.push(file);
        }
        let is_empty = files.is_empty();
        let (mut kubeconfig, pending) = Kubeconfig::effective(&config, &self.request);
        kubeconfig.files = files;
        kubeconfig.unknown = worst;
        follow(&mut kubeconfig, &pending, view);
        if is_empty {
            self.use_service_account(&mut kubeconfig, view);
        }
        (kubeconfig != Kubeconfig::default()).then_some(kubeconfig)
    }

    /// In a pod without a kubeconfig, kubectl takes what Kubernetes gave the pod.
    fn use_service_account(&self, kubeconfig: &mut Kubeconfig, view: &View) {
        let Some(server) = &self.server else { return };
        let read = |name: &str| view.read(format!("{SERVICE_ACCOUNT}/{name}").as_bytes(), MAX_FILE);
        let token = read("token").and_then(|found| found.map(|found| found.bytes).transpose());
        match token {
            Ok(Some(token)) => {
                kubeconfig.token = Token::of_file(&token);
                kubeconfig.auth = vec![Auth::ServiceAccount];
                kubeconfig.server = kubeconfig.server.take().or(Some(server.clone()));
            }
            Ok(None) => {}
            Err(unknown) => kubeconfig.unknown = Some(unknown),
        }
    }
}

impl Paths {
    fn of(request: &Request, environment: &Environment) -> Self {
        if let Some(path) = &request.kubeconfig {
            return Self::Named(path.clone());
        }
        let listed = environment.get("KUBECONFIG").unwrap_or_default();
        let mut paths: Vec<Vec<u8>> = Vec::new();
        for path in listed.split(|&byte| byte == b':').filter(|path| !path.is_empty()) {
            if paths.len() <= MAX_FILES && !paths.iter().any(|known| known == path) {
                paths.push(path.to_vec());
            }
        }
        if paths.is_empty() {
            paths.push(below_home(environment, b".kube/config"));
        }
        Self::Listed(paths)
    }
}

/// A path below the home, or, where there is none, below the working folder: kubectl looks there then.
pub(super) fn below_home(environment: &Environment, path: &[u8]) -> Vec<u8> {
    match environment.get("HOME").unwrap_or_default() {
        b"" => path.to_vec(),
        home => [home.strip_suffix(b"/").unwrap_or(home), path].join(&b'/'),
    }
}

/// Reads the files that a kubeconfig or a flag names.
fn follow(kubeconfig: &mut Kubeconfig, pending: &Pending, view: &View) {
    let mut read = |path: &Option<Vec<u8>>| {
        let path = path.as_ref()?;
        let found = view.absolute(path).and_then(|path| view.read(&path, MAX_FILE));
        match found.and_then(|found| found.map(|found| found.bytes).transpose()) {
            Ok(bytes) => bytes,
            Err(unknown) => {
                kubeconfig.unknown = kubeconfig.unknown.or(Some(unknown));
                None
            }
        }
    };
    let (token, certificate) = (read(&pending.token_file), read(&pending.certificate_file));
    if let Some(token) = token {
        kubeconfig.token = Token::of_file(&token);
    }
    if let Some(certificate) = certificate {
        kubeconfig.certificate = Certificate::of_pem(&certificate);
    }
}

fn folder(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
    &path[..end]
}

fn server(environment: &Environment) -> Option<String> {
    let [host, port] = ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"].map(|name| {
        let value = environment.get(name).filter(|value| !value.is_empty())?;
        Some(String::from_utf8_lossy(&value[..value.len().min(256)]).into_owned())
    });
    let (host, port) = (host?, port?);
    // An address of IPv6 has colons of its own.
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host
    };
    let url = crate::redact::text(format!("https://{host}:{port}").as_bytes());
    Some(String::from_utf8_lossy(&url).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(environment: &[u8]) -> Vec<String> {
        let paths = Paths::of(&Request::default(), &Environment::from_bytes(environment));
        let Paths::Listed(paths) = paths else {
            panic!("no flag names one")
        };
        let text = |path: Vec<u8>| String::from_utf8(path).expect("it is text");
        paths.into_iter().map(text).collect()
    }

    #[test]
    fn a_kubeconfig_is_looked_for_where_kubectl_looks() {
        for (environment, want) in [
            (&b"KUBECONFIG=/a::b:/a\0HOME=/root"[..], &["/a", "b"][..]),
            (b"HOME=/root/", &["/root/.kube/config"]),
            (b"KUBECONFIG=\0HOME=/root", &["/root/.kube/config"]),
            (b"KUBECONFIG=:", &[".kube/config"]),
            (b"HOME=", &[".kube/config"]),
            (b"HOME=/", &["/.kube/config"]),
        ] {
            assert_eq!(listed(environment), want);
        }
        let many = (0..1000)
            .map(|number| format!("/{number}"))
            .collect::<Vec<_>>()
            .join(":");
        assert_eq!(
            listed(format!("KUBECONFIG={many}").as_bytes()).len(),
            MAX_FILES + 1
        );
        let request = Request::of(&["kubectl", "--kubeconfig=x"].iter().collect());
        let environment = Environment::from_bytes(b"KUBECONFIG=/a");
        assert_eq!(Paths::of(&request, &environment), Paths::Named(b"x".into()));
    }

    #[test]
    fn a_pod_is_told_its_server() {
        let server = |environment: &[u8]| server(&Environment::from_bytes(environment));
        let told = server(b"KUBERNETES_SERVICE_HOST=fd00::1\0KUBERNETES_SERVICE_PORT=443");
        assert_eq!(told.as_deref(), Some("https://[fd00::1]:443"));
        assert_eq!(server(b"KUBERNETES_SERVICE_HOST=10.0.0.1"), None);
    }
}
