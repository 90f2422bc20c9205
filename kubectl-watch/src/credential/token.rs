//! What a bearer token says of itself, where it is a JSON web token.

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::bounded;
use crate::redact;

/// Bytes of a token that is read; Kubernetes' own have about one thousand, and a header of HTTP has no more.
const MAX_TOKEN: usize = 64 * 1024;
/// Audiences that are kept.
const MAX_AUDIENCES: usize = 16;

/// A token, without the token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// The mark that stands for it, the same wherever it is found.
    pub mark: Vec<u8>,
    /// What it says of itself, where it says anything.
    pub claims: Option<Box<Claims>>,
}

/// The claims of a JSON web token, as far as they tell who uses it. Nobody has checked them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Who it is for (`sub`): `system:serviceaccount:NAMESPACE:NAME` where Kubernetes made it.
    pub subject: Option<String>,
    /// Who made it (`iss`).
    pub issuer: Option<String>,
    /// Who may take it (`aud`).
    pub audiences: Vec<String>,
    /// From when (`iat`).
    pub issued: Option<Timestamp>,
    /// Until when (`exp`).
    pub expires: Option<Timestamp>,
    /// Its number (`jti`), by which the API server's audit log names it.
    pub id: Option<String>,
    /// The namespace of the service account.
    pub namespace: Option<String>,
    /// The service account.
    pub service_account: Option<Object>,
    /// The pod that it was made for.
    pub pod: Option<Object>,
    /// The node that it was made for.
    pub node: Option<Object>,
}

/// An object of Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub name: Option<String>,
    /// Its UID.
    pub uid: Option<String>,
}

impl Token {
    /// Reads a token.
    pub fn of(token: &[u8]) -> Self {
        Self {
            mark: redact::token(token),
            claims: Claims::of(token).map(Box::new),
        }
    }

    /// Reads a token that is in a file: what stands around it does not count.
    pub fn of_file(bytes: &[u8]) -> Option<Self> {
        let token = bytes.trim_ascii();
        (!token.is_empty()).then(|| Self::of(token))
    }
}

impl Claims {
    /// The claims of a token. None where it is no JSON web token, or larger than any that a server takes.
    pub fn of(token: &[u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(token).ok()?.split('.');
        let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        if token.len() > MAX_TOKEN || parts.next().is_some() {
            return None;
        }
        let payload = Base64UrlUnpadded::decode_vec(payload.trim_end_matches('=')).ok()?;
        let claims: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
        let bound = claims.get("kubernetes.io").and_then(Value::as_object);
        let object = |kind| {
            let object = bound?.get(kind)?.as_object()?;
            Object::new(text(object, "name"), text(object, "uid"))
        };
        // Tokens from before Kubernetes 1.24 lie in secrets and say it so.
        let old = |name| text(&claims, &format!("kubernetes.io/serviceaccount/{name}"));
        Some(Self {
            subject: text(&claims, "sub"),
            issuer: text(&claims, "iss"),
            audiences: audiences(claims.get("aud")),
            issued: time(claims.get("iat")),
            expires: time(claims.get("exp")),
            id: text(&claims, "jti"),
            namespace: bound
                .and_then(|bound| text(bound, "namespace"))
                .or_else(|| old("namespace")),
            service_account: object("serviceaccount")
                .or_else(|| Object::new(old("service-account.name"), old("service-account.uid"))),
            pod: object("pod"),
            node: object("node"),
        })
    }

    /// What the API server's audit log calls it, in `authentication.kubernetes.io/credential-id`.
    pub fn credential_id(&self) -> Option<String> {
        self.id.as_ref().map(|id| format!("JTI={id}"))
    }
}

impl Object {
    fn new(name: Option<String>, uid: Option<String>) -> Option<Self> {
        (name.is_some() || uid.is_some()).then_some(Self { name, uid })
    }
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    let text = object.get(name)?.as_str().filter(|text| !text.is_empty())?;
    Some(bounded(text.to_owned()))
}

/// One or many.
fn audiences(value: Option<&Value>) -> Vec<String> {
    let all = match value {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let texts = all.iter().filter_map(Value::as_str).take(MAX_AUDIENCES);
    texts.map(|text| bounded(text.to_owned())).collect()
}

/// Seconds since 1970, perhaps with a fraction. None where no calendar has that time.
fn time(value: Option<&Value>) -> Option<Timestamp> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it saturates, and no calendar goes so far"
    )]
    let seconds = match value? {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|it| it as i64))?,
        _ => return None,
    };
    Timestamp::from_second(seconds).ok()
}
