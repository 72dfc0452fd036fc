//! What the engine asks of the network: one call sent once, a look at a URL, and connections forgotten. The egress crate answers;
//! a simulation may stand in its place, with the same words for what left and what did not.

use async_trait::async_trait;
use tenon_connector::token::TokenPaths;
use tenon_egress::{Call, Contents, Egress, Keep, Response, SendError, Told};
use url::Url;

/// The way out.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends the call, at most once, and says of a failure whether anything may have left.
    async fn send(&self, call: Call<'_>) -> Result<Response, SendError>;

    /// The same with stored files among what is sent, and a place for an answer that is not to be held. Where none is to be kept or
    /// sent, nothing more is asked of a transport than [`Self::send`].
    async fn carry(
        &self,
        call: Call<'_>,
        _files: Contents,
        _keep: Option<Keep<'_>>,
    ) -> Result<Response, SendError> {
        self.send(call).await
    }

    /// The same for whom the status is the answer: of the body no more than so many bytes, and nothing that comes late.
    async fn notify(&self, call: Call<'_>, most: usize) -> Result<Response, SendError>;

    /// Whether this URL may be reached, as far as it tells by itself.
    fn check(&self, url: &Url) -> Result<(), SendError>;

    /// Sends a token request, at most once, and takes the tokens out of its answer.
    async fn tokens(&self, call: Call<'_>, paths: &TokenPaths) -> Result<Told, SendError>;

    /// Closes the idle connections of a partition, as when its credential was revoked.
    fn forget(&self, partition: &str);
}

#[async_trait]
impl Transport for Egress {
    async fn send(&self, call: Call<'_>) -> Result<Response, SendError> {
        Egress::send(self, call).await
    }

    async fn carry(
        &self,
        call: Call<'_>,
        files: Contents,
        keep: Option<Keep<'_>>,
    ) -> Result<Response, SendError> {
        Egress::carry(self, call, files, keep).await
    }

    async fn notify(&self, call: Call<'_>, most: usize) -> Result<Response, SendError> {
        Egress::notify(self, call, most).await
    }

    fn check(&self, url: &Url) -> Result<(), SendError> {
        Egress::check(self, url)
    }

    async fn tokens(&self, call: Call<'_>, paths: &TokenPaths) -> Result<Told, SendError> {
        Egress::tokens(self, call, paths).await
    }

    fn forget(&self, partition: &str) {
        Egress::forget(self, partition);
    }
}
