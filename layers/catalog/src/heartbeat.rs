//! Renewing a lease while the work goes on.

use crate::connection::Transaction;
use crate::database::Database;
use crate::error::CatalogError;
use crate::lease::Lease;
use sqlx::{ConnectOptions, PgConnection};
use std::io;
use std::time::Duration;

/// A beat that takes longer has failed: a dead connection may never return an error.
const BEAT_TIMEOUT: Duration = Duration::from_secs(10);

/// Renews leases over a connection of its own, so that a long statement of the attempt never delays a beat.
#[derive(Debug)]
pub struct Heartbeat {
    database: Database,
    connection: Option<PgConnection>,
}

impl Heartbeat {
    /// Connects. Call it on the runtime on which [`Heartbeat::beat`] will run.
    pub async fn connect(database: Database) -> Result<Self, CatalogError> {
        let connection = Some(bounded(connect(&database)).await?);
        Ok(Self { database, connection })
    }

    /// Renews the lease. False if the attempt has lost it. After an error the next beat connects again.
    ///
    /// `pages` are the places of the pages, from 1, that the attempt is working on. Only the row of a page range keeps
    /// them.
    pub async fn beat(&mut self, lease: &Lease, pages: &[i32]) -> Result<bool, CatalogError> {
        // Put back only after success: a connection in an unknown state is never used again.
        let connection = self.connection.take();
        let (connection, is_ours) = bounded(async {
            let mut connection = match connection {
                Some(connection) => connection,
                None => connect(&self.database).await?,
            };
            let is_ours = renew(&mut connection, lease, pages).await?;
            Ok((connection, is_ours))
        })
        .await?;
        self.connection = Some(connection);
        Ok(is_ours)
    }
}

/// As [`crate::Catalog`] does, a refusal makes it read the credentials again.
async fn connect(database: &Database) -> Result<PgConnection, CatalogError> {
    match database.options().connect().await.map_err(CatalogError::from) {
        Err(CatalogError::Denied(_)) if database.renew().await? => Ok(database.options().connect().await?),
        connected => connected,
    }
}

async fn bounded<T>(work: impl Future<Output = Result<T, CatalogError>>) -> Result<T, CatalogError> {
    tokio::time::timeout(BEAT_TIMEOUT, work)
        .await
        .unwrap_or_else(|_| Err(sqlx::Error::Io(io::Error::from(io::ErrorKind::TimedOut)).into()))
}

async fn renew(connection: &mut PgConnection, lease: &Lease, pages: &[i32]) -> Result<bool, CatalogError> {
    let mut transaction = Transaction::begin_on(connection).await?;
    let is_ours = match lease.range {
        None => renew_scan(&mut transaction, lease).await?,
        Some((generation, number)) => renew_range(&mut transaction, lease, (generation, number), pages).await?,
    };
    transaction.commit().await?;
    Ok(is_ours)
}

async fn renew_scan(transaction: &mut Transaction<'_>, lease: &Lease) -> Result<bool, CatalogError> {
    let done = sqlx::query!(
        "UPDATE scans SET heartbeat_at = clock_timestamp() WHERE id = $1 AND lease = $2 AND status = $3",
        lease.scan,
        lease.token,
        lease.stage.busy().as_str(),
    )
    .execute(transaction.executor())
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn renew_range(
    transaction: &mut Transaction<'_>,
    lease: &Lease,
    (generation, number): (i32, i32),
    pages: &[i32],
) -> Result<bool, CatalogError> {
    let done = sqlx::query!(
        "UPDATE page_ranges SET heartbeat_at = clock_timestamp(), pages_at_work = $5
         FROM scans
         WHERE scan_id = $1 AND page_ranges.generation = $2 AND number = $3 AND page_ranges.lease = $4
           AND page_ranges.status = 'SCANNING'
           AND scans.id = scan_id AND scans.status = 'SCANNING' AND scans.generation = page_ranges.generation",
        lease.scan,
        generation,
        number,
        lease.token,
        pages,
    )
    .execute(transaction.executor())
    .await?;
    Ok(done.rows_affected() == 1)
}
