//! Whom a kubeconfig acts as, in all ways to write it.

use super::*;

#[test]
fn whom_a_kubeconfig_acts_as_is_hidden_by_no_way_to_write_it() {
    for (user, acts_as) in [
        ("as: system:admin", some("system:admin")),
        ("<<: {as: system:admin}", some("system:admin")),
        ("'as': \"system\\x3aadmin\"", some("system:admin")),
        ("? as\n    : system:admin", some("system:admin")),
        ("as: ''", None),
        ("As: x", None),
    ] {
        let text = format!(
            "contexts: [{{name: c, context: {{user: u}}}}]\nusers:\n- name: u\n  user:\n    {user}\n"
        );
        let config = Config::of(text.as_bytes(), b"/").expect(user);
        let request = Request::of(&["kubectl", "--context=c"].iter().collect());
        let (kubeconfig, _) = Kubeconfig::effective(&config, &request);
        assert_eq!(kubeconfig.impersonated.user, acts_as, "{user}");
    }
}
