//! Whether a browser that comes back from an application may go on. Pure.

use crate::model::{AttemptState, ConnectAttempt, ConnectFault, Millis};

/// What is known of a browser that came back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Return<'a> {
    /// The application in the address that it came back to.
    pub(super) slug: &'a str,
    /// Whether it is the browser that the attempt began in.
    pub(super) same_browser: bool,
    /// Who answered, by its own word (RFC 9207).
    pub(super) issuer: Option<&'a str>,
    /// Who was asked, where the connector knows what it calls itself.
    pub(super) asked: Option<&'a str>,
    /// What the attempt would rely on if it began now.
    pub(super) ground: Option<&'a str>,
    /// The time.
    pub(super) now: Millis,
}

/// Every rule, in the order of what a person can do about it.
pub(super) fn judge(attempt: &ConnectAttempt, back: &Return<'_>) -> Result<(), ConnectFault> {
    let rules = [
        (
            attempt.state == AttemptState::Begun,
            ConnectFault::StateUsed,
        ),
        (back.same_browser, ConnectFault::OtherBrowser),
        (back.slug == attempt.slug, ConnectFault::OtherApplication),
        (!attempt.is_late(back.now), ConnectFault::AttemptOver),
        (back.ground == Some(&attempt.trust), ConnectFault::Changed),
        // Who is known to say its name and does not is not who was asked.
        (
            back.asked.is_none() || back.asked == back.issuer,
            ConnectFault::OtherIssuer,
        ),
    ];
    let broken = rules.into_iter().find(|(kept, _)| !kept);
    broken.map_or(Ok(()), |(_, fault)| Err(fault))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        AccountId, AttemptWish, ConnectAttemptId, ConnectLinkId, Environment, OrgId, Tenant,
    };

    const NOW: Millis = Millis(1_000);

    fn attempt() -> ConnectAttempt {
        ConnectAttempt {
            id: ConnectAttemptId::generate(),
            link: ConnectLinkId::generate(),
            tenant: Tenant {
                org: OrgId::generate(),
                environment: Environment::Test,
            },
            account: AccountId::parse("a").unwrap(),
            slug: "crm".into(),
            auth: "oauth2".into(),
            trust: "ground".into(),
            state: AttemptState::Begun,
            state_hash: None,
            wish: AttemptWish::default(),
            parked: None,
            version: 1,
            connection: None,
            problem: None,
            created_at: NOW,
            expires_at: NOW.plus(1),
        }
    }

    fn back() -> Return<'static> {
        Return {
            slug: "crm",
            same_browser: true,
            issuer: None,
            asked: None,
            ground: Some("ground"),
            now: NOW,
        }
    }

    #[test]
    fn an_honest_return_goes_on() {
        assert_eq!(judge(&attempt(), &back()), Ok(()));
        let named = Return {
            issuer: Some("https://a.example"),
            asked: Some("https://a.example"),
            ..back()
        };
        assert_eq!(judge(&attempt(), &named), Ok(()));
    }

    #[test]
    fn each_rule_stops_what_breaks_it() {
        let other = |change: fn(&mut Return<'static>)| {
            let mut back = back();
            change(&mut back);
            judge(&attempt(), &back)
        };
        use ConnectFault::*;
        assert_eq!(other(|back| back.slug = "shop"), Err(OtherApplication));
        assert_eq!(other(|back| back.same_browser = false), Err(OtherBrowser));
        assert_eq!(other(|back| back.now = NOW.plus(1)), Err(AttemptOver));
        assert_eq!(other(|back| back.ground = Some("other")), Err(Changed));
        assert_eq!(other(|back| back.ground = None), Err(Changed));
        assert_eq!(other(|back| back.asked = Some("x")), Err(OtherIssuer));
        let another = other(|back| (back.asked, back.issuer) = (Some("x"), Some("y")));
        assert_eq!(another, Err(OtherIssuer));
        for state in [
            AttemptState::Parked,
            AttemptState::Redeeming,
            AttemptState::Choosing,
            AttemptState::Connected,
            AttemptState::Failed,
        ] {
            let used = ConnectAttempt { state, ..attempt() };
            assert_eq!(judge(&used, &back()), Err(StateUsed), "{state:?}");
        }
    }
}
