//! What sealing promises: it opens for its own purpose, and for nothing else.

use proptest::prelude::*;

use super::*;
use crate::{KeyRing, Secret};

const PURPOSE: Purpose<'static> = Purpose {
    org: "org_1",
    environment: "test",
    account: "ada@example.com",
    subject: "con_1",
    connector: "example",
    trust: "api.example.com bearer",
    field: "credential",
    version: 3,
};

fn data_key() -> DataKey {
    KeyRing::generate().new_data_key("org_1/test").unwrap().0
}

#[test]
fn a_credential_comes_back_as_it_was() {
    let key = data_key();
    let fields = [("token", "s3cret"), ("refresh", "")];
    let credential =
        Credential::from_fields(fields.map(|(name, text)| (name.to_owned(), Secret::new(text))));
    let blob = key.seal_credential(&PURPOSE, &credential).unwrap();
    let opened = key.open_credential(&PURPOSE, &blob).unwrap();
    let opened: Vec<_> = opened
        .fields()
        .map(|(name, secret)| (name, secret.expose()))
        .collect();
    assert_eq!(opened, [("refresh", ""), ("token", "s3cret")]);
}

#[test]
fn any_flipped_bit_is_refused() {
    let key = data_key();
    let blob = key.seal(&PURPOSE, b"canary").unwrap();
    for (at, bit) in (0..blob.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut changed = blob.clone();
        changed[at] ^= 1 << bit;
        assert!(
            key.open(&PURPOSE, &changed).is_err(),
            "bit {bit} of byte {at}"
        );
    }
}

#[test]
fn any_cut_or_added_byte_is_refused() {
    let key = data_key();
    let blob = key.seal(&PURPOSE, b"canary").unwrap();
    for length in 0..blob.len() {
        assert!(key.open(&PURPOSE, &blob[..length]).is_err(), "{length}");
    }
    assert_eq!(
        key.open(&PURPOSE, &[&blob[..], b"x"].concat()).unwrap_err(),
        SealError::Refused
    );
}

#[test]
fn the_same_blob_is_refused_for_any_other_purpose() {
    let key = data_key();
    let blob = key.seal(&PURPOSE, b"canary").unwrap();
    let others = [
        Purpose {
            org: "org_2",
            ..PURPOSE
        },
        Purpose {
            environment: "production",
            ..PURPOSE
        },
        Purpose {
            account: "bob@example.com",
            ..PURPOSE
        },
        Purpose {
            subject: "con_2",
            ..PURPOSE
        },
        Purpose {
            connector: "other",
            ..PURPOSE
        },
        Purpose {
            trust: "evil.example.com bearer",
            ..PURPOSE
        },
        Purpose {
            field: "settings",
            ..PURPOSE
        },
        Purpose {
            version: 2,
            ..PURPOSE
        },
        // The same letters in another division.
        Purpose {
            org: "org_1t",
            environment: "est",
            ..PURPOSE
        },
    ];
    for other in others {
        assert_eq!(
            key.open(&other, &blob).unwrap_err(),
            SealError::Refused,
            "{other:?}"
        );
    }
    assert_eq!(*key.open(&PURPOSE, &blob).unwrap(), b"canary");
}

#[test]
fn a_blob_of_another_data_key_names_the_key_that_it_needs() {
    let (key, other) = (data_key(), data_key());
    let blob = key.seal(&PURPOSE, b"canary").unwrap();
    let expected = SealError::UnknownKey {
        id: key.id().to_owned(),
    };
    assert_eq!(other.open(&PURPOSE, &blob).unwrap_err(), expected);
}

#[test]
fn a_wrapped_key_is_not_taken_for_a_blob() {
    let (key, wrapped) = KeyRing::generate().new_data_key("org_1/test").unwrap();
    assert!(matches!(
        key.open(&PURPOSE, &wrapped.0),
        Err(SealError::Malformed(_))
    ));
}

#[test]
fn sealing_twice_gives_different_bytes() {
    let key = data_key();
    assert_ne!(
        key.seal(&PURPOSE, b"x").unwrap(),
        key.seal(&PURPOSE, b"x").unwrap()
    );
}

#[test]
fn a_tag_holds_for_its_label_and_data_alone() {
    let key = data_key();
    let tag = key.mac("api_key", b"tk_1");
    assert_eq!(key.mac("api_key", b"tk_1"), tag);
    assert_ne!(key.mac("api_key", b"tk_2"), tag);
    assert_ne!(key.mac("idempotency", b"tk_1"), tag);
    assert_ne!(*key.derive("api_key"), *key.derive("jwt"));
}

#[test]
fn a_data_key_derives_the_same_after_it_was_stored() {
    let ring = KeyRing::generate();
    let (key, wrapped) = ring.new_data_key("instance").unwrap();
    let again = ring.unwrap("instance", &wrapped).unwrap();
    assert_eq!(*key.derive("jwt"), *again.derive("jwt"));
    assert_eq!(key.mac("api_key", b"x"), again.mac("api_key", b"x"));
}

proptest! {
    #[test]
    fn whatever_the_bytes_opening_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
        let ring = KeyRing::generate();
        let (key, _) = ring.new_data_key("instance").unwrap();
        for start in [&b""[..], b"TNNB", b"TNNB\x01\x01", b"TNNB\x01\x01\x10", b"TNNK\x01\x01\x09"] {
            let bytes = [start, &bytes].concat();
            prop_assert!(key.open(&PURPOSE, &bytes).is_err());
            prop_assert!(ring.unwrap("instance", &WrappedKey(bytes)).is_err());
        }
    }

    #[test]
    fn any_text_comes_back(text in proptest::collection::vec(any::<u8>(), 0..4096)) {
        let key = data_key();
        let blob = key.seal(&PURPOSE, &text).unwrap();
        prop_assert_eq!(&*key.open(&PURPOSE, &blob).unwrap(), &text);
    }
}
