//! Codes, tokens and the families that tokens come from: who may use which, and when. It knows no clock.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::CANARY;

use super::behaviour::Rotation;

/// How long a code may wait to be exchanged.
const CODE_LIFE: Duration = Duration::from_secs(60);

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Calls to the API.
    Access,
    /// The next access token.
    Refresh,
}

/// A token that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its number, from 1.
    pub number: u64,
    /// The token.
    pub token: String,
    /// What it is for.
    pub kind: Kind,
    /// The consent that it comes from, from 0.
    pub family: usize,
}

/// What a token call brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The access token.
    pub access: String,
    /// The refresh token, where there is one.
    pub refresh: Option<String>,
    /// How long the access token lives.
    pub life: Duration,
    /// What was consented to.
    pub scope: String,
}

/// Why a token call brings nothing; it is `invalid_grant` always.
pub(super) type Dead = &'static str;

/// Who gets tokens, and for what.
#[derive(Debug, Clone, Default)]
pub(super) struct Grant {
    pub(super) client: String,
    pub(super) account: String,
    pub(super) scope: String,
}

/// How tokens are given at the moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) rotation: Rotation,
    pub(super) access_life: Duration,
}

/// What a consent is bound to.
#[derive(Debug, Clone, Default)]
pub(super) struct Code {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    /// In S256.
    pub(super) challenge: String,
}

struct Waiting {
    code: Code,
    until: Instant,
    /// The family that it became.
    used: Option<usize>,
}

struct Family {
    grant: Grant,
    revoked: bool,
    current: Option<String>,
}

struct Token {
    issued: Issued,
    /// When an access token is over.
    ends: Option<Instant>,
    /// When a refresh token was followed by the next.
    followed: Option<Instant>,
}

/// Everything that was ever given.
#[derive(Default)]
pub(super) struct Ledger {
    codes: BTreeMap<String, Waiting>,
    families: Vec<Family>,
    tokens: BTreeMap<String, Token>,
}

impl Ledger {
    /// A new code.
    pub(super) fn consent(&mut self, code: Code, now: Instant) -> String {
        let name = format!("code-{CANARY}-{}", self.codes.len() + 1);
        let waiting = Waiting {
            code,
            until: now + CODE_LIFE,
            used: None,
        };
        self.codes.insert(name.clone(), waiting);
        name
    }

    /// Exchanges a code, once. A second time ends what the first one brought.
    pub(super) fn exchange(
        &mut self,
        name: &str,
        fits: impl FnOnce(&Code) -> Result<(), Dead>,
        terms: Terms,
        now: Instant,
    ) -> Result<Pair, Dead> {
        let waiting = self.codes.get_mut(name).ok_or("no such code")?;
        if let Some(family) = waiting.used {
            self.families[family].revoked = true;
            return Err("the code was used before");
        }
        if waiting.until < now {
            return Err("the code is too old");
        }
        fits(&waiting.code)?;
        waiting.used = Some(self.families.len());
        let grant = waiting.code.grant.clone();
        Ok(self.begin(grant, true, terms, now))
    }

    /// Begins a family.
    pub(super) fn begin(
        &mut self,
        grant: Grant,
        refreshable: bool,
        terms: Terms,
        now: Instant,
    ) -> Pair {
        let (family, scope) = (self.families.len(), grant.scope.clone());
        self.families.push(Family {
            grant,
            revoked: false,
            current: None,
        });
        let access = self.give(Kind::Access, family, Some(now + terms.access_life));
        let refresh = refreshable.then(|| self.follow(family, now));
        Pair {
            access,
            refresh,
            life: terms.access_life,
            scope,
        }
    }

    /// Takes a refresh token. One that was followed longer ago than the grace allows ends its family.
    pub(super) fn refresh(
        &mut self,
        name: &str,
        client: &str,
        terms: Terms,
        now: Instant,
    ) -> Result<Pair, Dead> {
        let token = self.tokens.get(name).ok_or("no such refresh token")?;
        let (family, kind, followed) = (token.issued.family, token.issued.kind, token.followed);
        let owner = &mut self.families[family];
        if kind != Kind::Refresh || owner.grant.client != client {
            return Err("no such refresh token");
        }
        if owner.revoked {
            return Err("the grant was revoked");
        }
        let grace = match terms.rotation {
            Rotation::Never => Duration::ZERO,
            Rotation::Each { grace } => grace,
        };
        if followed.is_some_and(|followed| grace.is_zero() || now > followed + grace) {
            owner.revoked = true;
            return Err("the refresh token was used before");
        }
        let scope = owner.grant.scope.clone();
        let refresh = (terms.rotation != Rotation::Never).then(|| self.follow(family, now));
        Ok(Pair {
            access: self.give(Kind::Access, family, Some(now + terms.access_life)),
            refresh,
            life: terms.access_life,
            scope,
        })
    }

    /// The next refresh token of a family, which follows the one before.
    fn follow(&mut self, family: usize, now: Instant) -> String {
        let next = self.give(Kind::Refresh, family, None);
        let before = self.families[family].current.replace(next.clone());
        if let Some(before) = before.and_then(|before| self.tokens.get_mut(&before)) {
            before.followed = Some(now);
        }
        next
    }

    fn give(&mut self, kind: Kind, family: usize, ends: Option<Instant>) -> String {
        let number = self.tokens.len() as u64 + 1;
        let word = match kind {
            Kind::Access => "access",
            Kind::Refresh => "refresh",
        };
        let token = format!("{word}-{CANARY}-{family}-{number}");
        let issued = Issued {
            number,
            token: token.clone(),
            kind,
            family,
        };
        let entry = Token {
            issued,
            ends,
            followed: None,
        };
        self.tokens.insert(token.clone(), entry);
        token
    }

    /// Who may call the API with an access token now.
    pub(super) fn bearer(&self, name: &str, now: Instant) -> Option<&Grant> {
        let token = self.tokens.get(name)?;
        let family = &self.families[token.issued.family];
        let lives = token.ends.is_some_and(|ends| now < ends) && !family.revoked;
        lives.then_some(&family.grant)
    }

    /// Ends the family of a refresh token, or an access token alone, where it is this client's.
    pub(super) fn revoke(&mut self, name: &str, client: &str, now: Instant) {
        let Some(token) = self.tokens.get_mut(name) else {
            return;
        };
        let family = &mut self.families[token.issued.family];
        match token.issued.kind {
            _ if family.grant.client != client => {}
            Kind::Refresh => family.revoked = true,
            Kind::Access => token.ends = Some(now),
        }
    }

    /// Ends every family of an account, and says how many.
    pub(super) fn revoke_account(&mut self, account: &str) -> usize {
        let families = self.families.iter_mut();
        families
            .filter(|family| family.grant.account == account && !family.revoked)
            .map(|family| family.revoked = true)
            .count()
    }

    /// Ends every access token.
    pub(super) fn expire(&mut self, now: Instant) {
        for token in self.tokens.values_mut() {
            token.ends = token.ends.map(|ends| ends.min(now));
        }
    }

    /// How many families are over.
    pub(super) fn revoked(&self) -> usize {
        let families = self.families.iter();
        families.filter(|family| family.revoked).count()
    }

    /// Everything that was given, in order.
    pub(super) fn issued(&self) -> Vec<Issued> {
        let tokens = self.tokens.values();
        let mut issued: Vec<_> = tokens.map(|token| token.issued.clone()).collect();
        issued.sort_by_key(|issued| issued.number);
        issued
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn terms(grace: u32) -> Terms {
        Terms {
            rotation: Rotation::Each {
                grace: grace * SECOND,
            },
            access_life: 60 * SECOND,
        }
    }

    fn begun(terms: Terms, now: Instant) -> (Ledger, String) {
        let mut ledger = Ledger::default();
        let pair = ledger.begin(Grant::default(), true, terms, now);
        (ledger, pair.refresh.unwrap())
    }

    #[test]
    fn a_refresh_token_used_twice_ends_its_family() {
        let (now, terms) = (Instant::now(), terms(0));
        let (mut ledger, first) = begun(terms, now);
        let pair = ledger.refresh(&first, "", terms, now).unwrap();
        assert!(ledger.bearer(&pair.access, now).is_some());
        assert!(ledger.refresh(&first, "", terms, now).is_err());
        assert_eq!(ledger.revoked(), 1);
        assert!(ledger.bearer(&pair.access, now).is_none());
        assert!(
            ledger
                .refresh(&pair.refresh.unwrap(), "", terms, now)
                .is_err()
        );
    }

    #[test]
    fn within_the_grace_the_token_before_brings_the_next_pair() {
        let (now, terms) = (Instant::now(), terms(30));
        let (mut ledger, first) = begun(terms, now);
        ledger.refresh(&first, "", terms, now).unwrap();
        let again = ledger
            .refresh(&first, "", terms, now + 29 * SECOND)
            .unwrap();
        let last = ledger.refresh(&again.refresh.unwrap(), "", terms, now + 30 * SECOND);
        assert!(last.is_ok());
        assert!(
            ledger
                .refresh(&first, "", terms, now + 31 * SECOND)
                .is_err()
        );
        assert_eq!(ledger.revoked(), 1);
    }

    #[test]
    fn without_rotation_the_token_stays() {
        let (now, mut terms) = (Instant::now(), terms(0));
        terms.rotation = Rotation::Never;
        let (mut ledger, first) = begun(terms, now);
        for _ in 0..3 {
            let pair = ledger.refresh(&first, "", terms, now).unwrap();
            assert_eq!(pair.refresh, None);
        }
    }

    #[test]
    fn a_code_used_twice_ends_what_it_brought() {
        let (now, terms) = (Instant::now(), terms(0));
        let mut ledger = Ledger::default();
        let code = ledger.consent(Code::default(), now);
        let pair = ledger.exchange(&code, |_| Ok(()), terms, now).unwrap();
        assert!(ledger.exchange(&code, |_| Ok(()), terms, now).is_err());
        assert!(ledger.bearer(&pair.access, now).is_none());
    }

    #[test]
    fn an_access_token_ends_with_its_life() {
        let (now, terms) = (Instant::now(), terms(0));
        let (mut ledger, first) = begun(terms, now);
        let pair = ledger.refresh(&first, "", terms, now).unwrap();
        assert!(ledger.bearer(&pair.access, now + 59 * SECOND).is_some());
        assert!(ledger.bearer(&pair.access, now + 60 * SECOND).is_none());
        ledger.expire(now + SECOND);
        assert!(ledger.bearer(&pair.access, now + SECOND).is_none());
    }

    #[test]
    fn another_client_can_neither_use_nor_revoke_a_token() {
        let (now, terms) = (Instant::now(), terms(0));
        let (mut ledger, first) = begun(terms, now);
        assert!(ledger.refresh(&first, "another", terms, now).is_err());
        ledger.revoke(&first, "another", now);
        assert!(ledger.refresh(&first, "", terms, now).is_ok());
    }
}
