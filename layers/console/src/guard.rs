//! What holds for every request, whatever it asks for.

use crate::console::{Console, LARGEST_FORM};
use crate::error::ConsoleError;
use crate::signed_in::cookie_token;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY};
use http::header::{STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pipeline::secret::is_same;
use std::sync::Arc;

/// The longest address that is looked at. Browsers and proxies cut at 8 KiB.
const LONGEST_ADDRESS: usize = 8 * 1024;

/// The field of every form, and the header of every script, that holds the session's form token.
const TOKEN_FIELD: &str = "form_token";
const TOKEN_HEADER: &str = "x-quire-form-token";

/// Refuses changes that the browser does not ascribe to a page of this console, and addresses of absurd length.
pub async fn check_origin(request: Request, next: Next) -> Response {
    let length = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if length > LONGEST_ADDRESS {
        return ConsoleError::TooLarge.into_response();
    }
    if is_change(&request) && !is_same_origin(request.headers()) {
        // A browser that is answered before it has sent everything may not see the answer.
        drop(to_bytes(request.into_body(), LARGEST_FORM).await);
        return ConsoleError::ForeignForm.into_response();
    }
    next.run(request).await
}

/// Refuses changes whose form was not made for the same session. Without a session, the handler refuses them.
pub async fn check_token(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    match checked(&console, request).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn is_change(request: &Request) -> bool {
    !matches!(*request.method(), Method::GET | Method::HEAD)
}

async fn checked(console: &Console, request: Request) -> Result<Request, ConsoleError> {
    if !is_change(&request) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_FORM).await.map_err(|_| ConsoleError::TooLarge)?;
    if let Some(token) = cookie_token(&CookieJar::from_headers(&parts.headers), console.transport) {
        let sent = sent_token(&parts.headers, &body).ok_or(ConsoleError::ForeignForm)?;
        if !is_same(&sent, &token.form_token()) {
            return Err(ConsoleError::ForeignForm);
        }
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// `Sec-Fetch-Site` cannot be set by scripts, and every current browser sends it. Where it is absent, the origin must be
/// this host.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match text(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => {
            let host = text(HOST);
            let origin = text(ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
            host.is_some() && origin == host
        }
    }
}

fn sent_token(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    if let Some(token) = headers.get(TOKEN_HEADER) {
        return token.to_str().ok().map(ToOwned::to_owned);
    }
    let is_form = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form"));
    let fields = form_urlencoded::parse(if is_form { body } else { b"" });
    fields.into_iter().find(|(name, _)| name == TOKEN_FIELD).map(|(_, value)| value.into_owned())
}

/// Pages may load only what the console serves, and pictures and uploads from the two buckets. They may not be framed, and
/// they tell no other site where the person came from.
pub async fn set_headers(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(CONTENT_SECURITY_POLICY, &policy(&console.objects.origins()));
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "no-referrer");
    set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn policy(buckets: &[String]) -> String {
    let buckets = buckets.join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {buckets}; connect-src 'self' {buckets}; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_the_same_origin_may_change_anything() {
        let is_ours = |pairs| is_same_origin(&headers(pairs));
        assert!(is_ours(&[("sec-fetch-site", "same-origin")]));
        assert!(is_ours(&[("origin", "https://quire.example"), ("host", "quire.example")]));
        for foreign in [
            &[][..],
            &[("host", "quire.example")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://quire.example"), ("host", "quire.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://evil.example"), ("host", "quire.example")],
            &[("origin", "null"), ("host", "quire.example")],
            &[("origin", "https://quire.example.evil.example"), ("host", "quire.example")],
        ] {
            assert!(!is_ours(foreign), "{foreign:?}");
        }
    }

    #[test]
    fn the_token_is_read_from_forms_and_headers_only() {
        let form = headers(&[("content-type", "application/x-www-form-urlencoded")]);
        assert_eq!(sent_token(&form, b"a=b&form_token=x%2By").as_deref(), Some("x+y"));
        assert_eq!(sent_token(&form, b"a=b"), None);
        assert_eq!(sent_token(&headers(&[("content-type", "text/plain")]), b"form_token=x"), None);
        assert_eq!(sent_token(&headers(&[("x-quire-form-token", "z")]), b"").as_deref(), Some("z"));
    }

    #[test]
    fn the_policy_names_the_buckets_and_allows_no_inline_script() {
        let policy = policy(&["https://b.s3.amazonaws.com".to_owned()]);
        assert!(policy.contains("img-src 'self' https://b.s3.amazonaws.com;"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
