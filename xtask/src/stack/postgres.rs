//! PostgreSQL of the stack's own: a cluster below the state directory, on loopback, without a socket.

use super::error::StackError;
use super::options::UpOptions;
use super::process::Identity;
use super::record::{Record, Server, State};
use super::{ownership, port, process, say};
use crate::error::Error;
use crate::{program, setup};
use rustix::process::Signal;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The only user, and the owner of the database.
pub const USER: &str = "quire";

/// Where Debian's packages put the programs of each version: they are not in PATH.
const VERSIONS: &str = "/usr/lib/postgresql";

/// A cold machine takes seconds; this is for one that is very busy.
const START_LIMIT: Duration = Duration::from_secs(60);
/// For clients to be cut off and a last checkpoint.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// The directory of PostgreSQL's programs.
#[derive(Debug, Clone)]
pub struct Programs(PathBuf);

impl Programs {
    /// Finds the newest version, and installs the package when there is none.
    pub fn ensure() -> Result<Self, Error> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        setup::install_packages(&["postgresql"])?;
        let absent = || Error::PackagesMissing {
            packages: "postgresql".to_owned(),
            reason: "apt-get ran, but /usr/lib/postgresql has no server",
        };
        Self::find().ok_or_else(absent)
    }

    fn find() -> Option<Self> {
        let in_path = program::find("initdb").and_then(|path| path.parent().map(Path::to_owned));
        newest(Path::new(VERSIONS)).or(in_path.filter(|directory| directory.join("postgres").is_file())).map(Self)
    }

    /// One of the programs, as the user who owns the data.
    pub fn command(&self, name: &str) -> Command {
        ownership::command(&self.0.join(name))
    }
}

/// The programs of the highest version that has a server; a directory may hold a client only.
fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(versions).ok()?.flatten();
    let numbered = entries.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let programs = entry.path().join("bin");
        programs.join("postgres").is_file().then_some((version, programs))
    });
    numbered.max().map(|(_, programs)| programs)
}

/// Starts the server unless it runs, over the data that is there or a new cluster.
pub fn start(programs: &Programs, options: &UpOptions, state: &State, record: &mut Record) -> Result<(), Error> {
    if let Some(server) = running(record) {
        say("PostgreSQL", &format!("runs on port {}", server.port));
        record.postgres = Some(server);
        return state.write(record);
    }
    // The functions of a LocalStack that still runs know the port that it had.
    let wanted = record.postgres.map_or(options.postgres_port, |server| server.port);
    let cluster = cluster(programs, state, record)?;
    let port = port::free(wanted, "PostgreSQL", "postgres-port")?;
    let mut server = programs.command("postgres");
    server.arg("-D").arg(&cluster).args(["-p", &port.to_string()]);
    // What is lost with the machine's power is only this stack's, which starts empty: no waiting for the disk.
    let settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "full_page_writes=off"];
    server.args(settings.iter().flat_map(|setting| ["-c", setting]));
    let process = process::start(&server, &log(state))?;
    record.postgres = Some(Server { process, port });
    state.write(record)?;
    say("PostgreSQL", &format!("starting on port {port}"));
    Ok(())
}

/// The server that was started; or the one that serves its data since, because somebody started that again.
fn running(record: &Record) -> Option<Server> {
    Server::running(record.postgres).or_else(|| serving(record.cluster.as_deref()?))
}

/// The server that works in a data directory, from the file that it keeps there: id and port are its first and fourth
/// lines.
fn serving(cluster: &Path) -> Option<Server> {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let process = Identity::of(lines.first()?.parse().ok()?)?;
    // A file that a crash left behind may name a stranger.
    let place = fs::read_link(format!("/proc/{}/cwd", process.pid)).ok();
    let works_there = place.is_some() && place == cluster.canonicalize().ok();
    let port = lines.get(3)?.parse().ok()?;
    works_there.then_some(Server { process, port })
}

/// Waits until the server takes connections.
pub fn wait(programs: &Programs, state: &State, server: Server) -> Result<(), Error> {
    let begun = Instant::now();
    let port = server.port.to_string();
    while !program::succeeds(programs.command("pg_isready").args(["--quiet", "--host=127.0.0.1", "--port", &port])) {
        let reason = match begun.elapsed() {
            _ if !server.process.is_alive() => "it ended".to_owned(),
            elapsed if elapsed > START_LIMIT => format!("{} seconds passed", START_LIMIT.as_secs()),
            _ => {
                std::thread::sleep(Duration::from_millis(50));
                continue;
            }
        };
        return Err(StackError::NotReady { what: "PostgreSQL", reason, log: log(state) }.into());
    }
    Ok(())
}

/// Ends the server if it is the one that was started.
pub fn stop(state: &State, record: &mut Record) -> Result<(), Error> {
    if let Some(server) = running(record) {
        // A fast shutdown: clients are cut off, what is committed is kept.
        server.process.signal(Signal::INT);
        if !server.process.wait(STOP_LIMIT) {
            return Err(StackError::Undead { what: "PostgreSQL", id: server.process.pid }.into());
        }
        say("PostgreSQL", "ended; its data stays");
    }
    record.postgres = None;
    state.write(record)
}

fn log(state: &State) -> PathBuf {
    state.path("postgres.log")
}

/// The data directory; a new cluster when there is none that was finished.
fn cluster(programs: &Programs, state: &State, record: &mut Record) -> Result<PathBuf, Error> {
    if let Some(cluster) = record.cluster.clone().filter(|_| record.password.is_some()) {
        return Ok(cluster);
    }
    let directory = ownership::data_directory(state)?;
    record.cluster = Some(directory.clone());
    state.write(record)?;
    let password = password()?;
    initialise(programs, &directory, &password)?;
    record.password = Some(password);
    state.write(record)?;
    Ok(directory)
}

fn initialise(programs: &Programs, directory: &Path, password: &str) -> Result<(), Error> {
    say("PostgreSQL", "making a cluster");
    let mut command = programs.command("initdb");
    let file = ownership::secret(password)?;
    command.arg("-D").arg(directory).args(["--username", USER, "--auth=scram-sha-256", "--pwfile"]).arg(file.path());
    command.args(["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
    run(&mut command, "").map(drop)
}

/// Runs one of the programs with some input, and hands back what it printed.
pub fn run(command: &mut Command, input: &str) -> Result<String, Error> {
    let started = |source| Error::Start { command: command_line(command), source };
    let mut prepared = Command::new(command.get_program());
    prepared.args(command.get_args()).envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    prepared.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = prepared.spawn().map_err(started)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).map_err(started)?;
    }
    let output = child.wait_with_output().map_err(started)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = program::last_words(&output.stderr);
    Err(StackError::Database { program: command_line(command), said }.into())
}

fn command_line(command: &Command) -> String {
    program::line(command)
}

/// 128 random bits.
fn password() -> Result<String, Error> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    File::open(source).and_then(|mut file| file.read_exact(&mut bytes)).map_err(Error::file("reading", source))?;
    Ok(setup::hexadecimal(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_with_a_server_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        for (version, program) in [("9", "postgres"), ("15", "postgres"), ("16", "psql"), ("common", "postgres")] {
            let programs = directory.path().join(version).join("bin");
            fs::create_dir_all(&programs).unwrap();
            fs::write(programs.join(program), "").unwrap();
        }
        assert_eq!(newest(directory.path()), Some(directory.path().join("15/bin")));
        assert_eq!(newest(&directory.path().join("absent")), None);
    }

    #[test]
    fn only_a_server_that_works_in_the_directory_serves_it() {
        let directory = tempfile::tempdir().unwrap();
        let cluster = directory.path().canonicalize().unwrap();
        let mut child = Command::new("sleep").arg("60").current_dir(&cluster).spawn().unwrap();
        let file = cluster.join("postmaster.pid");
        fs::write(&file, format!("{}\n{}\n1700000000\n5433\n", child.id(), cluster.display())).unwrap();
        assert_eq!(serving(&cluster).map(|server| server.port), Some(5433));
        fs::write(&file, format!("{}\n{}\n1700000000\n5433\n", std::process::id(), cluster.display())).unwrap();
        assert_eq!(serving(&cluster), None);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn passwords_are_long_and_differ() {
        let (one, other) = (password().unwrap(), password().unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
    }
}
