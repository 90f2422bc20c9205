//! Shapes that say what bytes are wherever they stand.

/// Bytes of a secret by which it could be found.
pub(super) const PIECE: usize = 8;

/// Whether the value in a pattern is no secret: without its wildcards it is shorter than a piece of one, or it is the
/// end of a path.
pub(super) fn is_wildcard(value: &[u8]) -> bool {
    let bytes = value.iter().filter(|byte| !matches!(byte, b'*' | b'?'));
    value.starts_with(b"*/") || bytes.count() < PIECE
}

/// Whether what is behind a host's colon is the number of a port.
pub(super) fn is_port(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// Whether a byte can be part of a name or of a token.
pub(super) fn is_run(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Whether a text begins with what may be a name, and a value right behind it.
pub(super) fn begins_name(text: &[u8]) -> bool {
    let is_key = text.starts_with(b"[");
    let behind = text[usize::from(is_key)..].iter().find(|&&byte| !is_run(byte));
    behind.is_some_and(|byte| b"=:,+[".contains(byte) || (is_key && *byte == b']'))
}

/// What is behind curl's `-u` in a word, be it alone or behind letters of flags that have no value.
pub(super) fn behind_u(word: &[u8]) -> Option<&[u8]> {
    const FLAGS: &[u8] = b"012346aBfgGiIjJklLMnNOpqRsSvVZ";
    let letters = word.strip_prefix(b"-")?;
    let flags = letters.iter().take_while(|byte| FLAGS.contains(byte)).count();
    letters[flags..].strip_prefix(b"u")
}

/// Whether a word is `-e` with the name of a variable behind it.
pub(super) fn is_joined_env(word: &[u8]) -> bool {
    matches!(word, [b'-', b'e', first, ..] if first.is_ascii_alphabetic() || *first == b'_')
}

/// How long the mark is that a text begins with, if it does.
pub(super) fn mark(text: &[u8]) -> Option<usize> {
    const DIGITS: usize = 8;
    let rest = text.strip_prefix(b"<redacted:")?;
    let space = rest.iter().position(|byte| !byte.is_ascii_lowercase())?;
    let rest = rest[space..].strip_prefix(b" ")?;
    let rest = rest.strip_prefix(b"hmac-").unwrap_or(rest);
    let rest = rest.strip_prefix(b"sha256:")?;
    let (digits, rest) = rest.split_at_checked(DIGITS)?;
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (digits.iter().all(is_hex) && rest.starts_with(b">")).then(|| text.len() - rest.len() + 1)
}

/// Whether a word is a shell's `-c`, alone or among other letters.
pub(super) fn is_dash_c(word: &[u8]) -> bool {
    matches!(word, [b'-', letters @ .., b'c'] if letters.len() < 6 && letters.iter().all(u8::is_ascii_alphabetic))
}

/// Where a token begins in a run that says by its first letters what it is: one of a cloud, of Vault or of a forge.
pub(super) fn token(run: &[u8]) -> Option<usize> {
    const PREFIXES: &[&[u8]] = &[
        b"k8s-aws-v1.",
        b"ya29.",
        b"hvs.",
        b"hvb.",
        b"ghp_",
        b"gho_",
        b"ghs_",
        b"github_pat_",
        b"glpat-",
        b"xoxb-",
        b"xoxp-",
    ];
    const SHORTEST: usize = 16;
    let begins = |&at: &usize| at == 0 || !run[at - 1].is_ascii_alphanumeric();
    (0..run.len().saturating_sub(SHORTEST))
        .filter(begins)
        .find(|&at| {
            PREFIXES.iter().any(|prefix| {
                run[at..]
                    .strip_prefix(*prefix)
                    .is_some_and(|rest| rest.len() >= SHORTEST)
            })
        })
}

/// Where a JSON web token begins in a run: at the beginning of a JSON object in base64, with two dots behind.
pub(super) fn jwt(run: &[u8]) -> Option<usize> {
    if !run.iter().all(|&byte| is_run(byte)) {
        return None;
    }
    let start = run.windows(3).position(|three| three == b"eyJ")?;
    (dots(&run[start..]) >= 2).then_some(start)
}

/// How many dots a run has.
pub(super) fn dots(run: &[u8]) -> usize {
    run.split(|&byte| byte == b'.').count() - 1
}
