//! Behaviour behind a pooler in transaction mode, and with an unreachable database.

use crate::test_bench::{Bench, Unwrapping};
use catalog::testing::TestDatabase;
use catalog::{Catalog, CatalogError, CredentialSource, Credentials, Database, DatabaseSettings, Heartbeat};
use domain::Stage;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn one_connection_is_used_and_no_session_state_is_left_on_it() {
    let bench = Bench::new().await;
    bench.reviewable().await;
    bench.rescue(&crate::test_bench::RULES, 10).await.unwrap();
    bench.record_sample(0, 0).await.unwrap();
    let others = "FROM pg_stat_activity WHERE datname = current_database()
                  AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let count = format!("SELECT count(*)::text || ' ' || min(state) {others}");
    assert_eq!(bench.database.text(&count).await.unwrap(), "1 idle");
    let locks = "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(bench.database.text(locks).await.unwrap(), "0");
}

/// Named statements would accumulate on the server and fail behind a pooler. The server lists only the statements of the
/// session that asks. So a trigger asks, in the session of the catalog.
#[tokio::test]
async fn no_statement_is_given_a_name() {
    let bench = Bench::new().await;
    let spy = "CREATE TABLE named_statements (statement text);
               CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                   INSERT INTO named_statements SELECT statement FROM pg_prepared_statements;
                   RETURN NULL;
               END $$;
               CREATE TRIGGER spy AFTER UPDATE ON scans FOR EACH STATEMENT EXECUTE FUNCTION spy();
               CREATE TRIGGER spy AFTER INSERT ON samples FOR EACH STATEMENT EXECUTE FUNCTION spy()";
    bench.database.execute(spy).await.unwrap();
    let scan = bench.reviewable().await;
    bench.scan(scan).await.unwrap();
    let lease = bench.splitting().await;
    let mut heartbeat = bench.heartbeat().await;
    assert!(heartbeat.beat(&lease, &[]).await.unwrap());
    assert!(heartbeat.beat(&lease, &[]).await.unwrap());
    bench.record_sample(0, 0).await.unwrap();
    let names = bench.database.lines("SELECT statement FROM named_statements").await.unwrap();
    assert_eq!(names, Vec::<String>::new());
}

#[tokio::test]
async fn migrations_may_run_again_and_at_once() {
    let database = TestDatabase::create().await.unwrap();
    database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let catalog = database.catalog().unwrap();
        tasks.spawn(async move { catalog.migrate().await });
    }
    for outcome in tasks.join_all().await {
        outcome.unwrap();
    }
    database.catalog().unwrap().migrate().await.unwrap();
}

#[tokio::test]
async fn an_unreachable_database_is_a_temporary_error() {
    // Port 1 is reserved and unused, so the connection is refused.
    let settings = DatabaseSettings { url: "postgres://nobody@127.0.0.1:1/quire".to_owned() };
    let error = Catalog::new(&settings).unwrap().scan(1).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.is_temporary()), ("catalog.unreachable", true));
    let error = Heartbeat::connect(Database::new(&settings).unwrap()).await.unwrap_err();
    assert_eq!(error.code(), "catalog.unreachable");
}

#[tokio::test]
async fn wrong_settings_are_not_temporary() {
    let bench = Bench::new().await;
    let url = bench.database.settings().url;
    let options = format!("{url}{}options=-csearch_path%3Dx", if url.contains('?') { "&" } else { "?" });
    for (url, code) in [("nonsense".to_owned(), "catalog.settings"), (options, "catalog.settings")] {
        assert_eq!(Catalog::new(&DatabaseSettings { url }).unwrap_err().code(), code);
    }
    let name = bench.database.text("SELECT current_database()::text").await.unwrap();
    let missing = DatabaseSettings { url: url.replace(&name, "there_is_no_such_database") };
    let error = Catalog::new(&missing).unwrap().scan(1).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.is_temporary()), ("catalog.denied", false));
}

#[tokio::test]
async fn a_missing_table_is_a_statements_fault() {
    let bench = Bench::new().await;
    bench.database.execute("ALTER TABLE scans RENAME TO elsewhere").await.unwrap();
    let error = bench.scan(1).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.is_temporary()), ("catalog.statement", false));
}

#[tokio::test]
async fn a_lost_connection_is_replaced_before_use() {
    let bench = Bench::new().await;
    let scan = bench.uploaded().await;
    let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    bench.database.execute(others).await.unwrap();
    bench.claim(Stage::Compress, scan).await.done();
}

#[test]
fn settings_do_not_print_their_password() {
    let settings = DatabaseSettings { url: "postgres://quire:secret@database/quire".to_owned() };
    assert!(!format!("{settings:?}").contains("secret"));
}

/// A secret that somebody rotates.
#[derive(Debug)]
struct Secret {
    user: String,
    password: Mutex<&'static str>,
}

impl CredentialSource for Secret {
    fn read(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, CatalogError>> + Send + '_>> {
        let password = (*self.password.lock().unwrap()).to_owned();
        Box::pin(async { Ok(Credentials { user: Some(self.user.clone()), password }) })
    }
}

const FIRST: &str = "a/b@c:d?e#f %";
const SECOND: &str = "another";

#[tokio::test]
async fn a_rotated_password_is_read_again() {
    let bench = Bench::new().await;
    let user = bench.database.text("SELECT current_database()::text").await.unwrap();
    let role = |statement: &str| format!("{statement} ROLE {user} LOGIN PASSWORD '{FIRST}'");
    bench.database.execute(&role("CREATE")).await.unwrap();
    bench.database.execute(&format!("GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO {user}")).await.unwrap();
    let secret = Arc::new(Secret { user: user.clone(), password: Mutex::new(FIRST) });
    let database = Database::with_source(&bench.database.settings(), secret.clone()).await.unwrap();
    let catalog = Catalog::on(database.clone());
    catalog.scan(1).await.unwrap();
    let lease = bench.claim(Stage::Compress, bench.uploaded().await).await.done().lease;
    let mut heartbeat = Heartbeat::connect(database).await.unwrap();

    let rotate = format!("ALTER ROLE {user} PASSWORD '{SECOND}'");
    let others = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{user}'");
    bench.database.execute(&format!("{rotate}; {others}")).await.unwrap();
    assert_eq!(catalog.scan(1).await.unwrap_err().code(), "catalog.denied");
    *secret.password.lock().unwrap() = SECOND;
    catalog.scan(1).await.unwrap();
    drop(heartbeat.beat(&lease, &[]).await);
    assert!(heartbeat.beat(&lease, &[]).await.unwrap(), "its connection was cut once");
    bench.database.execute(&format!("DROP OWNED BY {user}; DROP ROLE {user}")).await.unwrap();
}

#[tokio::test]
async fn a_program_refuses_an_older_schema_and_takes_a_newer_one() {
    let bench = Bench::new().await;
    bench.require_schema().await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (999999, 'of a later release', true, '', 0)";
    bench.database.execute(newer).await.unwrap();
    bench.require_schema().await.unwrap();
    bench.database.execute("DELETE FROM _sqlx_migrations WHERE version > 1").await.unwrap();
    let error = bench.require_schema().await.unwrap_err();
    assert_eq!(error.code(), "catalog.old_schema");
    assert!(error.to_string().contains("has schema version 1,"), "{error}");
    bench.database.execute("DROP TABLE _sqlx_migrations").await.unwrap();
    assert_eq!(bench.require_schema().await.unwrap_err().code(), "catalog.old_schema");
}
