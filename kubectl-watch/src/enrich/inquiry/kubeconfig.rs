//! The kubeconfig of a process: found as kubectl finds it, and read through the process's own root.

mod paths;

use std::sync::Arc;

use super::view::View;
use crate::credential::kubeconfig::{Auth, Config, ConfigFile, Pending};
use crate::credential::{Certificate, Kubeconfig, Token};
use crate::event::{Environment, ProcessEvent, Unknown};
use crate::kubectl::Request;
use paths::Paths;
pub(super) use paths::below_home;

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

impl Question {
    /// None where the process is no kubectl.
    pub(super) fn of(event: &ProcessEvent) -> Option<Self> {
        let request = Request::of_event(event, &event.process.args)?;
        Some(Self {
            paths: Paths::of(&request, event),
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
        let chosen = self.view.as_ref().map_err(|unknown| *unknown).and_then(|view| {
            let is_there = |path: &[u8]| view.has(&view.absolute(path)?);
            Ok((view, self.paths.choose(is_there)?))
        });
        let (view, (named, is_named)) = match chosen {
            Ok(chosen) => chosen,
            Err(unknown) => {
                return Some(Kubeconfig {
                    unknown: Some(unknown),
                    ..Kubeconfig::default()
                });
            }
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

    #[test]
    fn a_pod_is_told_its_server() {
        let server = |environment: &[u8]| server(&Environment::from_bytes(environment));
        let told = server(b"KUBERNETES_SERVICE_HOST=fd00::1\0KUBERNETES_SERVICE_PORT=443");
        assert_eq!(told.as_deref(), Some("https://[fd00::1]:443"));
        assert_eq!(server(b"KUBERNETES_SERVICE_HOST=10.0.0.1"), None);
    }
}
