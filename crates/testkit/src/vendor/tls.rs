//! The vendor's certificates: an authority that the program under test is told to trust, good leaves, and bad ones.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, KeyPair, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// It is over.
    Expired,
    /// It has not begun.
    NotYetValid,
    /// It is for another name.
    WrongName,
    /// It is for another address.
    WrongAddress,
    /// It vouches for itself.
    SelfSigned,
    /// It was issued by an authority that nobody trusts.
    UnknownIssuer,
    /// It is for clients, not for servers.
    WrongUsage,
    /// Its authority may vouch for another domain only.
    OutsideConstraints,
    /// It was issued by a leaf, which may issue nothing.
    IssuedByLeaf,
}

impl Flaw {
    /// Every one of them.
    pub const ALL: &[Self] = &[
        Self::Expired,
        Self::NotYetValid,
        Self::WrongName,
        Self::WrongAddress,
        Self::SelfSigned,
        Self::UnknownIssuer,
        Self::WrongUsage,
        Self::OutsideConstraints,
        Self::IssuedByLeaf,
    ];
}

/// A certificate authority of the test's own.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// A new one.
    ///
    /// # Panics
    /// Where no key can be made.
    pub fn new() -> Self {
        let issuer = CertifiedIssuer::self_signed(authority_params(), key());
        Self {
            issuer: issuer.expect("an authority"),
        }
    }

    /// Writes the certificate that is to be trusted.
    ///
    /// # Panics
    /// Where the file cannot be written.
    pub fn write(&self, path: &Path) {
        std::fs::write(path, self.issuer.pem()).expect("the folder can be written");
    }

    /// What a server of 127.0.0.1 shows.
    ///
    /// # Panics
    /// Where no key can be made.
    pub fn good(&self) -> Arc<ServerConfig> {
        self.leaf(leaf_params())
    }

    /// What a server of 127.0.0.1 shows that is not to be trusted.
    ///
    /// # Panics
    /// Where no key can be made.
    pub fn bad(&self, flaw: Flaw) -> Arc<ServerConfig> {
        let mut params = leaf_params();
        match flaw {
            Flaw::Expired => params.not_after = date_time_ymd(2024, 1, 1),
            Flaw::NotYetValid => params.not_before = date_time_ymd(2090, 1, 1),
            Flaw::WrongName => params.subject_alt_names = vec![name("elsewhere.example")],
            Flaw::WrongAddress => params.subject_alt_names = vec![address([127, 0, 0, 2])],
            Flaw::WrongUsage => {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }
            Flaw::SelfSigned => return self_signed(&params),
            Flaw::UnknownIssuer => return Self::new().leaf(params),
            Flaw::OutsideConstraints => return self.below(constrained_params(), &params),
            Flaw::IssuedByLeaf => return self.below(leaf_params(), &params),
        }
        self.leaf(params)
    }

    fn leaf(&self, params: CertificateParams) -> Arc<ServerConfig> {
        let key = key();
        let leaf = params.signed_by(&key, &self.issuer).expect("a certificate");
        serve(vec![leaf.der().clone()], &key)
    }

    /// A leaf below an intermediate that may not vouch for it.
    fn below(&self, between: CertificateParams, params: &CertificateParams) -> Arc<ServerConfig> {
        let between = CertifiedIssuer::signed_by(between, key(), &self.issuer);
        let (between, key) = (between.expect("an intermediate"), key());
        let leaf = params.signed_by(&key, &between).expect("a certificate");
        serve(vec![leaf.der().clone(), between.der().clone()], &key)
    }
}

fn self_signed(params: &CertificateParams) -> Arc<ServerConfig> {
    let key = key();
    let leaf = params.self_signed(&key).expect("a certificate");
    serve(vec![leaf.der().clone()], &key)
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn name(name: &str) -> SanType {
    SanType::DnsName(name.try_into().expect("a name in ASCII"))
}

fn address(parts: [u8; 4]) -> SanType {
    SanType::IpAddress(IpAddr::V4(Ipv4Addr::from(parts)))
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn constrained_params() -> CertificateParams {
    let mut params = authority_params();
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("elsewhere.example".to_owned())],
        excluded_subtrees: vec![GeneralSubtree::IpAddress(rcgen::CidrSubnet::V4(
            [127, 0, 0, 0],
            [255, 0, 0, 0],
        ))],
    });
    params
}

fn leaf_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![address([127, 0, 0, 1]), name("localhost")];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn serve(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key in PKCS #8");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the usual versions")
        .with_no_client_auth()
        .with_single_cert(chain, key);
    Arc::new(config.expect("a key that fits its certificate"))
}
