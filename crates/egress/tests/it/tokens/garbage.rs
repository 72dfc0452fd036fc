//! Everything that a token endpoint can answer instead of tokens, or around them.

use std::collections::HashMap;

use tenon_connector::grant::Proof;
use tenon_egress::{ErrorKind, Granted, Sent, TokenAnswer};
use tenon_testkit::assert_clean;
use tenon_testkit::promise::kept;
use tenon_testkit::provider::{Garbage, Provider, Verdict};

use super::{ask, connector, granted, refreshing, value};

/// The codes that end a grant.
const ENDS: [&str; 2] = ["invalid_grant", "unauthorized_client"];

#[tokio::test]
async fn b4_every_answer_is_taken_for_what_it_is() {
    let provider = Provider::start().await;
    let connector = connector(&provider, |text| text);
    let mut seen: HashMap<Verdict, usize> = HashMap::new();
    for garbage in Garbage::ALL {
        let token = provider.grant("ann").refresh.unwrap();
        provider.script([*garbage]);
        let told = ask(&connector, "oauth2", Proof::Refresh, &refreshing(&token)).await;
        // What is no token is shown to people and written into logs.
        if !matches!(&told, Ok(told) if matches!(told.answer, TokenAnswer::Granted(_))) {
            assert_clean("what was made of it", format!("{told:?}").as_bytes());
        }
        let verdict = match &told {
            Ok(told) => match &told.answer {
                TokenAnswer::Granted(_) => Verdict::Usable,
                TokenAnswer::Refused(refused) if ENDS.contains(&&*refused.code) => {
                    Verdict::Terminal
                }
                TokenAnswer::Refused(_) | TokenAnswer::Unusable { .. } => Verdict::Transient,
            },
            Err(error) => {
                assert_eq!(error.sent, Sent::Maybe, "{garbage:?}");
                Verdict::Transient
            }
        };
        assert_eq!(verdict, garbage.verdict(), "{garbage:?}: {told:?}");
        *seen.entry(verdict).or_default() += 1;
    }
    // Nobody repeated a call or followed a redirect.
    assert_eq!(provider.token_calls("refresh_token"), Garbage::ALL.len());
    assert_eq!(provider.received().len(), Garbage::ALL.len());
    assert_eq!(provider.families_revoked(), 0);
    let [usable, terminal, transient] =
        [Verdict::Usable, Verdict::Terminal, Verdict::Transient].map(|verdict| seen[&verdict]);
    let said = format!(
        "{} answers: {usable} usable, {terminal} end the grant, {transient} pass; all taken for what they are",
        Garbage::ALL.len()
    );
    kept("B4", said);
}

async fn answered(garbage: Garbage) -> (Provider, Granted) {
    let provider = Provider::start().await;
    let connector = connector(&provider, |text| text);
    let token = provider.grant("ann").refresh.unwrap();
    provider.script([garbage]);
    let told = ask(&connector, "oauth2", Proof::Refresh, &refreshing(&token)).await;
    (provider, granted(told))
}

#[tokio::test]
async fn b4_a_life_that_cannot_be_is_none() {
    for (garbage, life) in [
        (Garbage::NegativeLife, None),
        (Garbage::HugeLife, None),
        (Garbage::LifeInText, Some(3600)),
        (Garbage::NoType, Some(3600)),
    ] {
        let (_, granted) = answered(garbage).await;
        assert_eq!(granted.expires_in, life, "{garbage:?}");
        assert!(value(&granted, "refresh_token").is_some(), "{garbage:?}");
    }
    let (_, granted) = answered(Garbage::NoRefreshToken).await;
    assert_eq!(value(&granted, "refresh_token"), None);
    assert!(value(&granted, "access_token").is_some());
}

#[tokio::test]
async fn b4_a_bomb_is_cut_off() {
    let provider = Provider::start().await;
    let connector = connector(&provider, |text| text);
    let token = provider.grant("ann").refresh.unwrap();
    provider.script([Garbage::GzipBomb]);
    let told = ask(&connector, "oauth2", Proof::Refresh, &refreshing(&token)).await;
    assert_eq!(told.unwrap_err().kind, ErrorKind::TooLarge);
}

#[tokio::test]
async fn b4_an_answer_that_says_when_to_come_again_keeps_saying_it() {
    for (garbage, said) in [
        (Garbage::LimitInSeconds, "30"),
        (Garbage::LimitUntilDate, "Fri, 31 Dec 2100 23:59:59 GMT"),
    ] {
        let provider = Provider::start().await;
        let connector = connector(&provider, |text| text);
        let token = provider.grant("ann").refresh.unwrap();
        provider.script([garbage]);
        let told = ask(&connector, "oauth2", Proof::Refresh, &refreshing(&token)).await;
        let headers = told.unwrap().headers;
        let after = headers.iter().find(|(name, _)| name == "retry-after");
        assert_eq!(after.map(|(_, value)| value.as_str()), Some(said));
    }
}
