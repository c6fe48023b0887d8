//! The screens, and what people do on them.

mod activity;
mod failures;
mod health;
mod letters;
mod logs;
mod openid;
mod pages;
mod people;
pub mod sign_in;
mod skip;
mod today;
mod upload;
mod volume;
mod volumes;

use crate::console::Console;
use crate::error::ConsoleError;
use axum::Router;
use std::sync::Arc;

/// For people who have not signed in. Their forms have no session whose token they could hold.
pub fn outside() -> Router<Arc<Console>> {
    sign_in::outside().merge(openid::outside())
}

/// For people who have signed in.
pub fn inside() -> Router<Arc<Console>> {
    Router::new()
        .merge(sign_in::inside())
        .merge(today::routes())
        .merge(volumes::routes())
        .merge(volume::routes())
        .merge(skip::routes())
        .merge(logs::routes())
        .merge(pages::routes())
        .merge(failures::routes())
        .merge(letters::routes())
        .merge(upload::routes())
        .merge(health::routes())
        .merge(people::routes())
        .merge(activity::routes())
}

pub async fn not_found() -> ConsoleError {
    ConsoleError::NotFound
}
