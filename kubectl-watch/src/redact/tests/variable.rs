//! Variables of a shell, by what they are used for.

use super::{marked, redacted, text};

#[test]
fn what_is_in_a_variable_is_taken_where_it_is_used_as_a_secret() {
    for (line, kind, used) in [
        ("a={}; kubectl --token=$a get pods", "token", "$a"),
        ("a='{}' kubectl --token \"${a}\" --as=x", "token", "${a}"),
        ("kubectl --token=$e_1 get; e_1={}", "token", "$e_1"),
        ("export u={}; curl -u bob:$u https://h", "password", "$u"),
        ("read -r a <<< {}; kubectl --token \"$a\"", "token", "$a"),
        (
            "b=x; a+={}; curl -H \"Authorization: Bearer $a\" h",
            "bearer",
            "$a",
        ),
        ("a[0]={}; kubectl --token=${a[0]} get", "token", "${a[0]}"),
    ] {
        // What is nothing but a mark has no quotes.
        let put = |text: &str, what: &str, mark: &str| {
            let bare = text
                .replace(&format!("'{what}'"), what)
                .replace(&format!("\"{what}\""), what);
            bare.replace(what, mark)
        };
        let want = put(
            &put(line, used, &marked(kind, used)),
            "{}",
            &marked(kind, "hunter22"),
        );
        let given = line.replace("{}", "hunter22");
        let out = redacted(&["bash", "-c", &given]);
        assert_eq!(out[2], want);
        assert_eq!(String::from_utf8_lossy(&text(given.as_bytes())), want);
    }
}

#[test]
fn a_variable_is_followed_through_others_and_through_arguments() {
    for args in [
        &["bash", "-c", "c=hunter22; b=$c; a=$b; kubectl --token=$a"][..],
        &["bash", "-c", "d=hunter22; c=$d; b=$c; a=$b; kubectl --token=$a"],
        &[
            "bash",
            "-c",
            "f=hunter22; e=$f; d=$e; c=$d; b=$c; a=$b; kubectl --token=$a",
        ],
        &["bash", "-c", "a=bob:hunter22; curl -u $a https://h"],
        &["bash", "-c", "a=hunter22; T=$(echo $a | rev); kubectl --token $T"],
        &["bash", "-c", "a=hunter22; sh -c \"kubectl --token=$a\""],
        &["env", "a=hunter22", "sh", "-c", "kubectl --token=\"$a\""],
        &["ssh", "h", "a=hunter22", "kubectl", "--token", "$a"],
    ] {
        let out = redacted(args);
        assert!(!out.iter().any(|arg| arg.contains("hunter22")), "{out:?}");
        let args: super::Args = args.iter().collect();
        assert!(
            !crate::redact::first_args(&args, 0)
                .command_line()
                .windows(8)
                .any(|bytes| bytes == b"hunter22")
        );
    }
}

#[test]
fn a_variable_that_is_used_for_nothing_secret_stays() {
    for line in [
        "a=x; kubectl --as=$a get pods",
        "a=x; echo $a; t=$(cat f); id",
        "for i in 1 2; do kubectl -n $i --as=x; done",
        "a=x; token=y; kubectl --context=$a",
    ] {
        let want = line.replace("token=y", &format!("token={}", marked("token", "y")));
        assert_eq!(redacted(&["sh", "-c", line])[2], want);
    }
    let line = "n=x; kubectl -n $n --token=$T get --as=y";
    assert_eq!(
        redacted(&["sh", "-c", line])[2],
        line.replace("$T", &marked("token", "$T"))
    );
}
