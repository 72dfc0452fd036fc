//! The conversation on each connection of the provider.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::vendor::play::whole;
use crate::vendor::request::Request;
use crate::vendor::wire::{After, close, reset};

use super::behaviour::Hold;
use super::garbage::{Answer, Garbage, Verdict};
use super::record::Received;
use super::server::Provider;
use super::{api, authorize, token};

impl Provider {
    pub(super) async fn converse(self, mut stream: TcpStream) {
        let mut buffer = Vec::new();
        while let Some(request) = Request::read(&mut stream, &mut buffer).await {
            let request = Received::of(&request, Instant::now());
            self.state().received.push(request.clone());
            let answer = match request.path.as_str() {
                "/token" => self.fly(request, &mut stream, &mut buffer).await,
                _ => Answer::Whole(self.answer(&request)),
            };
            match send(answer, &mut stream).await {
                Ok(After::Keep) => {}
                Ok(After::Close) => return close(stream).await,
                Ok(After::Reset) => return reset(stream),
                // Nobody listens any more.
                Err(_gone) => return,
            }
        }
    }

    fn answer(&self, request: &Received) -> Vec<u8> {
        let (mut state, now) = (self.state(), Instant::now());
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/authorize") => {
                match authorize::answer(request, &mut state, &self.base, now) {
                    Ok(back) => whole(302, &format!("location: {back}\r\n"), ""),
                    Err(wrong) => whole(400, "", wrong),
                }
            }
            ("POST", "/revoke") => api::revoke(request, &mut state, now),
            _ => api::answer(request, &mut state, now),
        }
    }

    /// Acts on a token call, whether or not its caller still waits.
    async fn fly(&self, request: Received, stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Answer {
        self.state().flights.begin();
        let desk = self.clone();
        let mut work = tokio::spawn(async move { desk.token(&request).await });
        let answer = tokio::select! {
            answer = &mut work => answer.ok(),
            () = gone(stream, buffer) => None,
        };
        self.state().flights.end();
        answer.unwrap_or(Answer::Reset)
    }

    async fn token(&self, request: &Received) -> Answer {
        let (garbage, latency) = {
            let mut state = self.state();
            let scripted = state.script.pop_front();
            let garbage = scripted.or(state.behaviour.garbage);
            (garbage, state.behaviour.latency)
        };
        tokio::time::sleep(latency).await;
        let answer = self.act(request, garbage);
        self.hold().await;
        answer
    }

    fn act(&self, request: &Received, garbage: Option<Garbage>) -> Answer {
        if let Some(garbage) = garbage.filter(|garbage| garbage.verdict() != Verdict::Usable) {
            return garbage.answer(request);
        }
        let rotating = garbage != Some(Garbage::NoRefreshToken);
        let granted = {
            let mut state = self.state();
            token::grant(request, &mut state, rotating, &self.base, Instant::now())
        };
        Answer::Whole(match (granted, garbage) {
            (Ok(pair), Some(garbage)) => garbage.bend(&pair),
            (Ok(pair), None) => whole(200, "", &token::body(&pair).to_string()),
            (Err(refusal), _) => refusal.bytes(),
        })
    }

    async fn hold(&self) {
        let mut released = self.released.subscribe();
        let hold = self.state().behaviour.hold;
        self.held
            .send_modify(|held| *held += usize::from(hold != Hold::No));
        match hold {
            Hold::No => return,
            Hold::For(time) => tokio::time::sleep(time).await,
            // The sender lives as long as this does.
            Hold::UntilReleased => drop(released.changed().await),
        }
        self.held.send_modify(|held| *held -= 1);
    }
}

/// Waits until the other side closes; what comes meanwhile is the next request.
async fn gone(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    while stream.read_buf(buffer).await.is_ok_and(|count| count > 0) {}
}

async fn send(answer: Answer, stream: &mut TcpStream) -> std::io::Result<After> {
    match answer {
        Answer::Reset => return Ok(After::Reset),
        Answer::Whole(bytes) => stream.write_all(&bytes).await?,
        Answer::Cut(bytes) => {
            stream.write_all(&bytes).await?;
            return Ok(After::Close);
        }
        Answer::Drip(bytes) => {
            for byte in bytes {
                stream.write_all(&[byte]).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
    Ok(After::Keep)
}
