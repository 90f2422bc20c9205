//! What a client certificate says of itself: for the API server its common name is the user, and each of its
//! organisations a group.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_cert::Certificate as X509;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, pem};
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::bounded;
use crate::identity::hex;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// Organisations that are kept.
const MAX_ORGANISATIONS: usize = 64;

/// A certificate. Nobody has checked who signed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is for: the user.
    pub common_name: Option<String>,
    /// The groups of that user.
    pub organisations: Vec<String>,
    /// Who made it, by common name.
    pub issuer: Option<String>,
    /// Its number, in hexadecimal digits.
    pub serial: String,
    /// From when.
    pub not_before: Option<Timestamp>,
    /// Until when.
    pub not_after: Option<Timestamp>,
    /// The SHA-256 of all of it, in DER.
    pub sha256: String,
}

impl Certificate {
    /// Reads the first certificate of a file in PEM: in a chain it is the one that is presented. None where there is
    /// none.
    pub fn of_pem(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let begin = text.find(BEGIN)?;
        let end = begin + text[begin..].find(END)? + END.len();
        let (_, der) = pem::decode_vec(text[begin..end].as_bytes()).ok()?;
        Self::of_der(&der)
    }

    fn of_der(der: &[u8]) -> Option<Self> {
        let certificate = X509::from_der(der).ok()?;
        let certificate = certificate.tbs_certificate();
        let validity = certificate.validity();
        Some(Self {
            common_name: values(certificate.subject(), COMMON_NAME).last(),
            organisations: values(certificate.subject(), ORGANISATION)
                .take(MAX_ORGANISATIONS)
                .collect(),
            issuer: values(certificate.issuer(), COMMON_NAME).last(),
            serial: bounded(hex(certificate.serial_number().as_bytes()).to_uppercase()),
            not_before: time(validity.not_before),
            not_after: time(validity.not_after),
            sha256: hex(&Sha256::digest(der)),
        })
    }

    /// What the API server's audit log calls it, in `authentication.kubernetes.io/credential-id`.
    pub fn credential_id(&self) -> String {
        format!("X509SHA256={}", self.sha256)
    }
}

/// The values of one attribute of a name, in order.
fn values(name: &Name, attribute: ObjectIdentifier) -> impl Iterator<Item = String> {
    let of = name.iter().filter(move |it| it.oid == attribute);
    of.map(|it| bounded(String::from_utf8_lossy(it.value.value()).into_owned()))
}

fn time(time: Time) -> Option<Timestamp> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
    Timestamp::from_second(seconds).ok()
}
