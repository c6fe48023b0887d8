//! What operators do to a scan. Each returns [`crate::CatalogError::Unknown`] for a scan that does not exist and
//! [`crate::CatalogError::Refused`] where the scan's state does not allow it; nothing is changed then.

mod approve;
mod cancel;
mod confirm;
mod defer;
mod describe;
mod retry;

pub(crate) use retry::restart;
