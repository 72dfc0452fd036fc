//! A9: replicas on one PostgreSQL are restarted one by one, behind a balancer, under load.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tenon_testkit::{Caller, Http, Postgres, Server, promise};
use tokio::net::{TcpListener, TcpStream};

use crate::engines::{Engine, Evidence, Load, Stage, running};

const CALLERS: usize = 8;
/// Within how long a process ends that is asked to, by the promise.
const END: Duration = Duration::from_secs(30);

/// Gives every connection to the next replica, and to the one after it where that refuses.
#[derive(Clone)]
struct Balancer {
    replicas: Arc<Mutex<Vec<SocketAddr>>>,
    next: Arc<AtomicUsize>,
}

impl Balancer {
    async fn start(servers: &[Server]) -> (Self, String) {
        let balancer = Self {
            replicas: Arc::new(Mutex::new(servers.iter().map(address).collect())),
            next: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let own = balancer.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(own.clone().carry(client));
            }
        });
        (balancer, base)
    }

    fn replace(&self, place: usize, server: &Server) {
        self.replicas.lock().unwrap()[place] = address(server);
    }

    async fn carry(self, mut client: TcpStream) {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let replicas = self.replicas.lock().unwrap().clone();
        for place in 0..replicas.len() {
            let replica = replicas[(first + place) % replicas.len()];
            if let Ok(mut server) = connect(replica).await {
                let _ended_by_either =
                    tokio::io::copy_bidirectional(&mut client, &mut server).await;
                return;
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a balancer in front of the servers under test, not a way out of them"
)]
async fn connect(replica: SocketAddr) -> std::io::Result<TcpStream> {
    TcpStream::connect(replica).await
}

fn address(server: &Server) -> SocketAddr {
    let base = server.http.base();
    base.trim_start_matches("http://").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_replicas_are_restarted_one_by_one_without_a_failed_call() {
    let rounds = promise::scale(3, 20);
    let engine = Engine::postgres(Postgres::shared());
    let stage = Stage::new().await;
    let mut servers = vec![stage.server(&engine), stage.server(&engine)];
    let caller = stage.caller(&servers[0]);
    let (balancer, base) = Balancer::start(&servers).await;
    let caller: Caller = caller.at(&Http::new(base));
    let load = Load::start(CALLERS, &caller, true);
    let began = Instant::now();
    let mut longest = Duration::ZERO;
    for _ in 0..rounds {
        for (place, server) in servers.iter_mut().enumerate() {
            load.until(50).await;
            let asked = Instant::now();
            tokio::task::block_in_place(|| server.stop(END));
            longest = longest.max(asked.elapsed());
            load.until(20).await;
            tokio::task::block_in_place(|| server.restart());
            balancer.replace(place, server);
        }
    }
    load.until(50).await;
    let (calls, took) = (load.begun(), began.elapsed());
    let told = load.end().await;
    assert_eq!(told.unanswered.len(), 0, "{:?}", told.unanswered);
    assert_eq!(told.refused.len(), 0, "{:?}", told.refused);
    assert_eq!(running(&caller).await, 0, "left without an end");
    let evidence = Evidence::collect(&stage, &caller, told).await;
    evidence.assert_whole();
    assert_eq!(evidence.unknown(), 0);
    let figure = format!(
        "2 replicas, {rounds} rounds, {calls} calls at {:.0} a second: 0 failed, 0 without an end; a process ends within {longest:.1?}",
        calls as f64 / took.as_secs_f64(),
    );
    promise::kept("A9", figure);
    for server in servers {
        server.finish().await;
    }
}
