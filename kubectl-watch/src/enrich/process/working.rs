//! Where a process works, by the path that it would say itself.

use super::ProcessFolder;

impl ProcessFolder {
    /// The path of its working folder below its root. None where it is not below it, or the process has ended.
    pub(in crate::enrich) fn working_folder(&self) -> Option<Vec<u8>> {
        below(&self.link("root")?, &self.link("cwd")?)
    }
}

/// A path below a root, from that root. None where it is not below it.
pub(in crate::enrich) fn below(root: &[u8], path: &[u8]) -> Option<Vec<u8>> {
    let rest = path.strip_prefix(root.strip_suffix(b"/").unwrap_or(root))?;
    match rest {
        [] => Some(b"/".to_vec()),
        [b'/', ..] => Some(rest.to_vec()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_a_root() {
        for (root, path, want) in [
            ("/", "/home/bob", Some("/home/bob")),
            ("/", "/", Some("/")),
            ("/srv/jail", "/srv/jail/tmp", Some("/tmp")),
            ("/srv/jail", "/srv/jail", Some("/")),
            ("/srv/jail", "/srv/jailed", None),
            ("/srv/jail", "/", None),
        ] {
            let want = want.map(|path| path.as_bytes().to_vec());
            assert_eq!(below(root.as_bytes(), path.as_bytes()), want, "{root} {path}");
        }
    }
}
