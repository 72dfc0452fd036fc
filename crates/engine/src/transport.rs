//! What the engine asks of the network: one call sent once, and connections forgotten. The egress crate answers;
//! a simulation may stand in its place, with the same words for what left and what did not.

use async_trait::async_trait;
use tenon_egress::{Call, Egress, Response, SendError};

/// The way out.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends the call, at most once, and says of a failure whether anything may have left.
    async fn send(&self, call: Call<'_>) -> Result<Response, SendError>;

    /// Closes the idle connections of a partition, as when its credential was revoked.
    fn forget(&self, partition: &str);
}

#[async_trait]
impl Transport for Egress {
    async fn send(&self, call: Call<'_>) -> Result<Response, SendError> {
        Egress::send(self, call).await
    }

    fn forget(&self, partition: &str) {
        Egress::forget(self, partition);
    }
}
