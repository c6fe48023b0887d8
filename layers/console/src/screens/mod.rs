//! The screens, and what people do on them.

mod activity;
mod failures;
mod health;
mod letters;
mod people;
pub mod sign_in;
mod today;
mod volume;
mod volumes;

use crate::console::Console;
use crate::error::ConsoleError;
use axum::Router;
use std::sync::Arc;

pub fn router() -> Router<Arc<Console>> {
    Router::new()
        .merge(sign_in::routes())
        .merge(today::routes())
        .merge(volumes::routes())
        .merge(volume::routes())
        .merge(failures::routes())
        .merge(letters::routes())
        .merge(health::routes())
        .merge(people::routes())
        .merge(activity::routes())
}

pub async fn not_found() -> ConsoleError {
    ConsoleError::NotFound
}
