//! Appendix B of the bar: what an application can do to its caller, by number. Some numbers have several forms.

/// Where a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Beyond one answer: before a path can be read, over the life of a connection, or with effect on later requests.
    /// It has a port of its own.
    Port,
    /// In the answer to a request.
    Answer,
}

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident $number:literal $stage:ident $word:literal;)+) => {
        /// One way to misbehave.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Fault { $($(#[doc = $doc])+ $name),+ }

        impl Fault {
            /// Every form of every fault.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its number in the list of thirty.
            pub fn number(self) -> u8 {
                match self { $(Self::$name => $number),+ }
            }

            /// The word that asks for it in a path.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// Where it happens.
            pub fn stage(self) -> Stage {
                match self { $(Self::$name => Stage::$stage),+ }
            }
        }
    };
}

faults! {
    /// Nobody listens.
    Refused 1 Port "refused";
    /// Packets that ask for a connection vanish.
    BlackHole 2 Port "black_hole";
    /// The connection is taken and nothing is ever read.
    Silence 3 Port "silence";
    /// The connection is taken and reset at once.
    ResetOnAccept 4 Port "reset_on_accept";
    /// The TLS handshake never begins. HTTPS only.
    TlsStall 5 Port "tls_stall";
    /// The certificate is over. HTTPS only.
    BadCertificate 6 Port "bad_certificate";
    /// The request is read and the connection closed.
    ReadThenClose 7 Answer "read_then_close";
    /// The request is read and the connection reset.
    ReadThenReset 8 Answer "read_then_reset";
    /// The answer ends within its first line.
    HalfStatusLine 9 Answer "half_status_line";
    /// The answer is noise.
    Garbage 10 Answer "garbage";
    /// The answer is a body without a head, as in HTTP/0.9.
    Http09 11 Answer "http_09";
    /// The head comes one byte a second.
    DripHead 12 Answer "drip_head";
    /// The body comes one byte a second.
    DripBody 13 Answer "drip_body";
    /// The body never ends.
    EndlessBody 14 Answer "endless_body";
    /// The head never ends.
    EndlessHead 15 Answer "endless_head";
    /// The head promises a longer body than there is.
    LengthTooLong 16 Answer "length_too_long";
    /// The head promises a shorter body than there is, and a second answer follows.
    LengthTooShort 17 Answer "length_too_short";
    /// A second answer follows in the same packet.
    SecondAnswer 17 Answer "second_answer";
    /// A second answer follows a little later, on what is an idle connection by then.
    LateSecondAnswer 17 Port "late_second_answer";
    /// A chunk's size is no number.
    BrokenChunk 18 Answer "broken_chunk";
    /// The last chunk is missing.
    MissingChunk 18 Answer "missing_chunk";
    /// A few kilobytes of gzip that become half a gigabyte.
    GzipBomb 19 Answer "gzip_bomb";
    /// The same in deflate.
    DeflateBomb 19 Answer "deflate_bomb";
    /// The same in brotli.
    BrotliBomb 19 Answer "brotli_bomb";
    /// The same in zstd.
    ZstdBomb 19 Answer "zstd_bomb";
    /// Gzip within gzip.
    DoubleEncoding 19 Answer "double_encoding";
    /// A page for people, with status 200.
    Html 20 Answer "html";
    /// JSON that is not UTF-8.
    InvalidUtf8 21 Answer "invalid_utf8";
    /// JSON with one key twice.
    DuplicateKeys 21 Answer "duplicate_keys";
    /// JSON with `NaN` and `Infinity`.
    NotANumber 21 Answer "not_a_number";
    /// JSON that is a hundred thousand lists deep.
    DeepJson 21 Answer "deep_json";
    /// A number of a million digits.
    LongNumber 21 Answer "long_number";
    /// A hundred thousand interim answers before the real one.
    Interims 22 Answer "interims";
    /// A redirect to itself, with the credential in the address.
    RedirectLoop 23 Answer "redirect_loop";
    /// A redirect to the cloud's metadata service.
    RedirectToMetadata 23 Answer "redirect_to_metadata";
    /// 429 with an odd `Retry-After`. It has a port of its own, for a caller may shun the whole host for it.
    OddLimit 24 Port "odd_limit";
    /// 503 with an odd `Retry-After`.
    OddOutage 24 Answer "odd_outage";
    /// A kept connection is closed just when the next request comes, which is not read. HTTP/2 says GOAWAY here.
    StaleUnread 25 Port "stale_unread";
    /// A kept connection is closed after the next request was read. HTTP/2 says RST_STREAM here.
    StaleRead 25 Port "stale_read";
    /// Chunks of one byte with endless extensions. HTTP/2 has empty DATA frames here.
    ChunkExtensions 26 Answer "chunk_extensions";
    /// Trailers without end.
    EndlessTrailers 26 Answer "endless_trailers";
    /// A header with a bare carriage return in it.
    HeaderWithReturn 27 Answer "header_with_return";
    /// A cookie of one MiB.
    HugeCookie 27 Answer "huge_cookie";
    /// 401 for ever, with the credential in a header and in the body.
    Unauthorized 28 Answer "unauthorized";
    /// 204 with a body.
    NoContentWithBody 29 Answer "no_content_with_body";
    /// 200 whose body says that it failed, and repeats the credential.
    OkFalse 30 Answer "ok_false";
}

impl Fault {
    /// The fault that a path asks for.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        let word = path.trim_start_matches('/').split('/').next()?;
        let mut all = Self::ALL.iter();
        all.find(|fault| fault.word() == word).copied()
    }

    /// Whether it can only happen to TLS.
    pub fn needs_tls(self) -> bool {
        matches!(self, Self::TlsStall | Self::BadCertificate)
    }

    /// Whether it shows on the second request of a connection only.
    pub fn is_of_kept_connections(self) -> bool {
        matches!(
            self,
            Self::StaleUnread | Self::StaleRead | Self::LateSecondAnswer
        )
    }

    /// Whether the application says that it did nothing, so that the same request may come again.
    pub(super) fn refuses(self) -> bool {
        self == Self::OddLimit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_thirty_have_a_form_and_each_form_a_word_of_its_own() {
        let numbers: std::collections::BTreeSet<_> =
            Fault::ALL.iter().map(|fault| fault.number()).collect();
        assert_eq!(numbers, (1..=30).collect());
        for fault in Fault::ALL {
            let path = format!("/{}/things/1", fault.word());
            assert_eq!(Fault::of_path(&path), Some(*fault));
        }
    }
}
