//! The database in the cluster. A LocalStack that is started anew has forgotten its objects and messages, so it gets an
//! empty database; the one before is kept under another name.

use super::error::StackError;
use super::postgres::{self, Programs, USER};
use super::record::{Record, Server, State};
use super::say;
use crate::error::Error;
use crate::{program, workspace};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// The database's name, its user's too.
const NAME: &str = "quire";

/// Waits for the server, makes the database if need be, and hands back its URL.
pub fn prepare(programs: &Programs, state: &State, record: &mut Record) -> Result<String, Error> {
    let Some((server, password)) = record.postgres.zip(record.password.clone()) else {
        return Ok(String::new());
    };
    let owner = record.localstack.map(|localstack| localstack.process);
    let afresh = record.database_of != owner;
    postgres::wait(programs, state, server)?;
    let session = Session { programs, server, password };
    let exists = !session.ask("postgres", "SELECT 1 FROM pg_database WHERE datname = 'quire'")?.is_empty();
    if exists && afresh {
        session.put_aside()?;
    }
    if !exists || afresh {
        session.ask("postgres", &format!("CREATE DATABASE {NAME}"))?;
        record.database_of = owner;
        state.write(record)?;
    }
    Ok(session.url())
}

/// Brings the tables up to date. By the command, not by the crate: xtask would have to build sqlx once more.
pub fn migrate(url: &str) -> Result<(), Error> {
    let mut migrate = Command::new(workspace::quire());
    let output = program::capture(migrate.arg("migrate").env("DATABASE_URL", url))?;
    if !output.status.success() {
        return Err(StackError::Migration { said: program::last_words(&output.stderr) }.into());
    }
    say("PostgreSQL", "the tables are up to date");
    Ok(())
}

struct Session<'a> {
    programs: &'a Programs,
    server: Server,
    password: String,
}

impl Session<'_> {
    fn url(&self) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/{NAME}", self.password, self.server.port)
    }

    /// Runs statements and hands back the values, one line a row.
    fn ask(&self, database: &str, sql: &str) -> Result<String, Error> {
        let mut psql: Command = self.programs.command("psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        psql.args(["--host=127.0.0.1", "--port", &self.server.port.to_string(), "--username", USER]);
        psql.args(["--dbname", database]).env("PGPASSWORD", &self.password);
        postgres::run(&mut psql, sql)
    }

    /// Keeps the database under another name, with the time in seconds since 1970.
    fn put_aside(&self) -> Result<(), Error> {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let kept = format!("{NAME}_until_{seconds}");
        let others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'quire'";
        self.ask("postgres", others)?;
        self.ask("postgres", &format!("ALTER DATABASE {NAME} RENAME TO {kept}"))?;
        say("PostgreSQL", &format!("LocalStack starts empty, so does the database; the last one is kept as {kept}"));
        Ok(())
    }
}
