//! Renewing a lease while the work goes on.

use crate::{CatalogError, DatabaseSettings, Lease};

/// Renews leases over a connection of its own, so that a long statement of the work never delays a beat.
#[derive(Debug)]
pub struct Heartbeat {}

impl Heartbeat {
    /// Connects. Call it on the runtime that will beat.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self, CatalogError> {
        let _ = settings;
        todo!()
    }

    /// Renews the lease; false means that it is not ours any more. After an error the next beat connects again.
    pub async fn beat(&mut self, lease: &Lease) -> Result<bool, CatalogError> {
        let _ = lease;
        todo!()
    }
}
