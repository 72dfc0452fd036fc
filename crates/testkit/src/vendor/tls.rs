//! The vendor's certificates: an authority that the program under test is told to trust, good leaves, and bad ones.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

const SHA1_ROOT: &str = include_str!("../../certificates/sha1-root.pem");
const SHA1_LEAF: &[u8] = include_bytes!("../../certificates/sha1-leaf.pem");
const SHA1_KEY: &[u8] = include_bytes!("../../certificates/sha1-leaf.key.pem");

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
    /// It is signed with SHA-1.
    Sha1,
    /// It is not even shown: the server speaks nothing newer than TLS 1.0.
    OldVersion,
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
        Self::Sha1,
        Self::OldVersion,
    ];

    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::WrongName => "wrong-name",
            Self::WrongAddress => "wrong-address",
            Self::SelfSigned => "self-signed",
            Self::UnknownIssuer => "unknown-issuer",
            Self::WrongUsage => "wrong-usage",
            Self::OutsideConstraints => "outside-constraints",
            Self::IssuedByLeaf => "issued-by-leaf",
            Self::Sha1 => "sha1",
            Self::OldVersion => "old-version",
        }
    }
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

    /// Writes what is to be trusted: its own certificate, and the root of the leaf that is signed with SHA-1.
    ///
    /// # Panics
    /// Where the file cannot be written.
    pub fn write(&self, path: &Path) {
        let trusted = self.issuer.pem() + SHA1_ROOT;
        std::fs::write(path, trusted).expect("the folder can be written");
    }

    /// What a server of 127.0.0.1 shows.
    ///
    /// # Panics
    /// Where no key can be made.
    pub fn good(&self) -> Arc<ServerConfig> {
        self.leaf(leaf_params())
    }

    /// What a server of 127.0.0.1 shows that is not to be trusted; of the old version, which shows nothing, the good one.
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
            Flaw::Sha1 => return sha1(),
            Flaw::OldVersion => {}
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

fn sha1() -> Arc<ServerConfig> {
    let key = PrivateKeyDer::from_pem_slice(SHA1_KEY).expect("a key in PEM");
    let leaf = CertificateDer::from_pem_slice(SHA1_LEAF).expect("a certificate in PEM");
    serve_with(vec![leaf], key)
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

/// Parameters with a name that no other certificate has: authorities of one name would be taken for each other.
fn named(what: &str) -> CertificateParams {
    static TURN: AtomicU32 = AtomicU32::new(0);
    let turn = TURN.fetch_add(1, Ordering::Relaxed);
    let mut params = CertificateParams::default();
    let name = format!("{what} {turn} of a test");
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority_params() -> CertificateParams {
    let mut params = named("Authority");
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
    let mut params = named("Leaf");
    params.subject_alt_names = vec![address([127, 0, 0, 1]), name("localhost")];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn serve(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key in PKCS #8");
    serve_with(chain, key)
}

fn serve_with(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the usual versions")
        .with_no_client_auth()
        .with_single_cert(chain, key);
    Arc::new(config.expect("a key that fits its certificate"))
}
