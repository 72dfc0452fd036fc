//! Who gets a place, and who waits.

use super::*;

fn caps() -> Caps {
    Caps {
        process: 8,
        host: 4,
        connection: 2,
        tenant_percent: 50,
        ..Caps::default()
    }
}

fn lane(tenant: &str, connection: &str, host: &str) -> Arc<Lane> {
    Arc::new(Lane::of_names(tenant, connection, host))
}

#[test]
fn h3_a_connection_a_tenant_at_a_host_and_a_host_have_no_more_places_than_they_may() {
    let rooms = Rooms::new(caps());
    let enter = |tenant, connection| rooms.try_enter(&lane(tenant, connection, "h"));
    let _first = enter("a", "a1").unwrap();
    let second = enter("a", "a1").unwrap();
    assert_eq!(enter("a", "a1").unwrap_err(), Full::Connection);
    // Half of the host's four is a's share.
    assert_eq!(enter("a", "a2").unwrap_err(), Full::Tenant);
    let _third = enter("b", "b1").unwrap();
    let _fourth = enter("b", "b2").unwrap();
    assert_eq!(enter("c", "c1").unwrap_err(), Full::Host);
    drop(second);
    assert!(enter("c", "c1").is_ok());
}

#[test]
fn h3_the_process_has_a_bound_and_a_tenant_its_share_of_it() {
    let rooms = Rooms::new(caps());
    let enter = |tenant: &str, number: usize| {
        let name = format!("{tenant}{number}");
        rooms.try_enter(&lane(tenant, &name, &name))
    };
    let of_a: Vec<_> = (0..4).map(|number| enter("a", number).unwrap()).collect();
    assert_eq!(enter("a", 4).unwrap_err(), Full::Tenant);
    let _of_b: Vec<_> = (0..4).map(|number| enter("b", number).unwrap()).collect();
    assert_eq!(enter("c", 0).unwrap_err(), Full::Process);
    drop(of_a);
    assert!(enter("c", 0).is_ok());
}

#[tokio::test]
async fn h1_those_who_wait_for_a_full_connection_are_not_in_the_way_of_others() {
    let rooms = Rooms::new(caps());
    let full = lane("a", "a1", "h");
    let mut places = vec![
        rooms.try_enter(&full).unwrap(),
        rooms.try_enter(&full).unwrap(),
    ];
    let waits: Vec<_> = (0..3)
        .map(|_| {
            let (rooms, lane) = (Arc::clone(&rooms), Arc::clone(&full));
            tokio::spawn(async move { rooms.enter(&lane).await.is_some() })
        })
        .collect();
    tokio::task::yield_now().await;
    assert!(rooms.enter(&lane("b", "b1", "h")).await.is_some());
    // A place that is given back goes to the one that waits longest, which gives it back, and so on.
    places.pop();
    for wait in waits {
        assert!(wait.await.unwrap());
    }
    drop(places);
    let state = rooms.state.lock().unwrap();
    assert_eq!(
        (state.all, state.taken.len(), state.waiting.len()),
        (0, 0, 0)
    );
}

#[tokio::test]
async fn a_call_that_gives_up_leaves_its_place_to_the_next() {
    let rooms = Rooms::new(caps());
    let full = lane("a", "a1", "h");
    let (one, two) = (
        rooms.try_enter(&full).unwrap(),
        rooms.try_enter(&full).unwrap(),
    );
    let mut gives_up = Box::pin(rooms.enter(&full));
    let mut next = Box::pin(rooms.enter(&full));
    assert!(futures_pending(&mut gives_up).await && futures_pending(&mut next).await);
    // Given a place in the same moment in which it gives up.
    drop(one);
    drop(gives_up);
    assert!(next.await.is_some());
    drop(two);
    assert_eq!(rooms.state.lock().unwrap().all, 0);
}

async fn futures_pending<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_pending())
    })
    .await
}
