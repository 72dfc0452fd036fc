//! Why a request got no answer, and whether any of it may have left.

use std::error::Error;
use std::fmt;
use std::io;

type Source = Box<dyn Error + Send + Sync>;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The credential does not belong to this host.
    HostNotAllowed,
    /// The host's name or address is not one that may be reached.
    AddressNotAllowed,
    /// The host's name has no address.
    Resolve,
    /// No address of the host takes a connection.
    Connect,
    /// TLS failed, most often over the certificate.
    Tls,
    /// The time was over.
    Timeout,
    /// The connection broke.
    Reset,
    /// The answer is not HTTP, or not in an encoding that was asked for.
    Protocol,
    /// The answer is larger than allowed.
    TooLarge,
    /// A stored file that the plan sends is not there.
    StoredFile,
    /// The answer could not be kept as a file.
    NotKept,
    /// The plan or the credential cannot be made a request.
    Plan,
}

/// Whether the application may have seen the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sent {
    /// Not one byte of it left.
    No,
    /// Some or all of it may have.
    Maybe,
}

/// A kind of failure, and what is said of the host: `api.example.com` followed by the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault(pub ErrorKind, pub &'static str);

/// A request that got no answer. It shows the host and nothing else of the URL, and no header or body.
#[derive(Debug)]
pub struct SendError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Whether the application may have seen the request.
    pub sent: Sent,
    what: &'static str,
    host: Option<String>,
    source: Option<Source>,
}

impl SendError {
    /// An error of which nothing but this is known.
    pub fn new(Fault(kind, what): Fault, sent: Sent) -> Self {
        Self {
            kind,
            sent,
            what,
            host: None,
            source: None,
        }
    }

    /// The same error with its cause, for the log.
    #[must_use]
    pub fn because(self, source: impl Into<Source>) -> Self {
        Self {
            source: Some(source.into()),
            ..self
        }
    }

    pub(crate) fn at(self, host: Option<&str>) -> Self {
        Self {
            host: host.map(str::to_owned),
            ..self
        }
    }

    /// The host that the request was for, if its URL has one.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// A sentence that a caller may read: it tells nothing of the network that this program runs in.
    pub fn message(&self) -> String {
        format!("{} {}", self.host().unwrap_or("the URL"), self.what)
    }
}

/// A fault before anything was sent.
impl From<Fault> for SendError {
    fn from(fault: Fault) -> Self {
        Self::new(fault, Sent::No)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl Error for SendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// The first error of type `E` in the chain of causes.
pub(crate) fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        (*error).source()
    })
    .find_map(|error| error.downcast_ref::<E>())
}

/// What HTTP's own errors mean.
pub(crate) fn http_fault(error: Option<&hyper::Error>) -> Fault {
    match error {
        Some(error) if error.is_parse_too_large() => Fault(
            ErrorKind::TooLarge,
            "answered with more or longer headers than are taken",
        ),
        Some(error) if error.is_parse() => Fault(
            ErrorKind::Protocol,
            "answered with something that is not HTTP",
        ),
        Some(error) if is_malformed(error) => Fault(
            ErrorKind::Protocol,
            "answered with a body that does not keep to HTTP",
        ),
        _ => Fault(
            ErrorKind::Reset,
            "broke the connection before its answer was complete",
        ),
    }
}

/// Chunks that are none, or larger in their extensions and trailers than anybody needs.
fn is_malformed(error: &hyper::Error) -> bool {
    cause::<io::Error>(error).is_some_and(|error| {
        let kind = error.kind();
        matches!(
            kind,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
        )
    })
}
