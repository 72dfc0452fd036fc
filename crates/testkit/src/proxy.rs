//! A TCP proxy that spoils what it carries: late, in drips, cut off, broken off or closed on one side, in either direction.
//!
//! It stands between the program and any counterpart, such as a database, and knows nothing of what it carries.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What is done to the bytes of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spoil {
    /// Nothing.
    #[default]
    Nothing,
    /// Each piece comes so much later.
    Delay(Duration),
    /// One byte at a time, with a pause before each.
    Drip(Duration),
    /// After so many bytes, both sides see the connection end.
    CutAt(usize),
    /// After so many bytes, both sides see the connection reset.
    ResetAt(usize),
    /// After so many bytes, the receiver sees an end and the sender none.
    HalfCloseAt(usize),
}

/// What is done to the connections that are made from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Plan {
    /// On the way to the counterpart.
    pub there: Spoil,
    /// On the way back.
    pub back: Spoil,
}

/// A running proxy.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    plan: Arc<Mutex<Plan>>,
}

/// Why a direction is carried no further.
enum End {
    /// Its sender or its receiver is done.
    Done,
    /// Both directions end.
    Cut,
    /// Both directions end with a reset.
    Reset,
}

impl Proxy {
    /// Carries connections to `counterpart`, unspoilt at first.
    ///
    /// # Panics
    /// Where there is no port.
    pub async fn to(counterpart: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let plan = Arc::<Mutex<Plan>>::default();
        let plans = Arc::clone(&plan);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let plan = *plans.lock().unwrap_or_else(PoisonError::into_inner);
                tokio::spawn(carry(stream, counterpart, plan));
            }
        });
        Self { address, plan }
    }

    /// What is done to the connections that are made from now on.
    pub fn spoil(&self, plan: Plan) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = plan;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test's own connection to a test's own counterpart"
)]
async fn carry(mut near: TcpStream, counterpart: SocketAddr, plan: Plan) {
    // A counterpart that is not there looks so through the proxy, too.
    let Ok(mut far) = TcpStream::connect(counterpart).await else {
        return;
    };
    if let End::Reset = exchange(&mut near, &mut far, plan).await {
        for stream in [near, far] {
            // A socket that is gone already needs no more.
            let _gone = stream.set_zero_linger();
        }
    }
}

/// Carries both directions until both are done or one of them ends the other as well.
async fn exchange(near: &mut TcpStream, far: &mut TcpStream, plan: Plan) -> End {
    let ((near_in, near_out), (far_in, far_out)) = (near.split(), far.split());
    let mut there = std::pin::pin!(pump(near_in, far_out, plan.there));
    let mut back = std::pin::pin!(pump(far_in, near_out, plan.back));
    // What breaks off by itself is done.
    let (first, other) = tokio::select! {
        end = &mut there => (end.unwrap_or(End::Done), back),
        end = &mut back => (end.unwrap_or(End::Done), there),
    };
    match first {
        End::Done => other.await.unwrap_or(End::Done),
        end => end,
    }
}

async fn pump(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, spoil: Spoil) -> std::io::Result<End> {
    let (mut buffer, mut carried) = (vec![0; 16 * 1024], 0);
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            to.shutdown().await?;
            return Ok(End::Done);
        }
        let piece = &buffer[..count];
        let (limit, end) = match spoil {
            Spoil::CutAt(limit) => (limit, Some(End::Cut)),
            Spoil::ResetAt(limit) => (limit, Some(End::Reset)),
            Spoil::HalfCloseAt(limit) => (limit, Some(End::Done)),
            _ => (usize::MAX, None),
        };
        let piece = &piece[..count.min(limit - carried)];
        write(&mut to, piece, spoil).await?;
        carried += piece.len();
        if let Some(end) = end.filter(|_| carried == limit) {
            if matches!(end, End::Done) {
                to.shutdown().await?;
                // The sender may go on; nobody hears it.
                tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
            }
            return Ok(end);
        }
    }
}

async fn write(to: &mut WriteHalf<'_>, piece: &[u8], spoil: Spoil) -> std::io::Result<()> {
    match spoil {
        Spoil::Delay(pause) => {
            tokio::time::sleep(pause).await;
            to.write_all(piece).await
        }
        Spoil::Drip(pause) => {
            for byte in piece {
                tokio::time::sleep(pause).await;
                to.write_all(&[*byte]).await?;
            }
            Ok(())
        }
        _ => to.write_all(piece).await,
    }
}

#[cfg(test)]
mod tests;
