use super::settings::is_safe;
use axum::body::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use std::pin::Pin;
use std::time::Duration;

/// For one request, from the connection to the end of the answer.
const LIMIT: Duration = Duration::from_secs(10);

/// Keys and tokens have a few kilobytes.
const LARGEST_ANSWER: usize = 512 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("it names the address {0}, which is not asked")]
    Address(http::Uri),
    #[error("it did not answer within {} seconds", LIMIT.as_secs())]
    Time,
    #[error("{0}")]
    Connection(#[from] hyper_util::client::legacy::Error),
    #[error("its answer cannot be read: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    #[error("the root certificates of this machine cannot be read: {0}")]
    Roots(#[from] std::io::Error),
}

/// Asks the configured issuer, and the addresses that it names. Follows no redirect.
#[derive(Debug)]
pub struct HttpClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    is_local: bool,
}

impl HttpClient {
    /// # Errors
    /// When the machine has no root certificates.
    pub fn new(is_local: bool) -> Result<Self, HttpError> {
        let connector = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), is_local })
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if !is_safe(request.uri(), self.is_local) {
            return Err(HttpError::Address(request.uri().clone()));
        }
        tokio::time::timeout(LIMIT, self.answer(request)).await.map_err(|_| HttpError::Time)?
    }

    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = self.client.request(request.map(|body| Full::new(body.into()))).await?.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await.map_err(HttpError::Body)?;
        Ok(HttpResponse::from_parts(parts, body.to_bytes().into()))
    }
}

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
