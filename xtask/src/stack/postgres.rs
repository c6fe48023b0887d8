//! PostgreSQL: a cluster of the stack's own, on loopback, without a socket. `pg_ctl` starts it, waits for it and stops it.

use super::record::{CLUSTER, DATABASE, PASSWORD, POSTGRES_PORT, Record, State};
use super::{free_port, say};
use crate::{program, setup, workspace};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// The only user, and the owner of the databases.
const USER: &str = "quire";

/// Where Debian installs the programs of each version. They are not in PATH.
const VERSIONS: &str = "/usr/lib/postgresql";

/// PostgreSQL refuses to run as root. Root runs it as this user, which Debian's package creates, with its data below the
/// home of that user, because the user cannot read directories of root.
const SYSTEM_USER: &str = "postgres";
const SYSTEM_HOME: &str = "/var/lib/postgresql";

/// Durability is switched off: the stack starts empty, so a crash of the machine loses nothing of value.
const SETTINGS: &str = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c full_page_writes=off";

/// Makes a cluster, with the password from the standard input. `initdb` reads passwords from files only.
const INITIALISE: &str = r#"umask 077 && cat > "$1.password" && "$2" -D "$1" --username "$3" --pwfile "$1.password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync; status=$?; rm -f "$1.password"; exit $status"#;

/// The directory of PostgreSQL's programs.
pub struct Programs(PathBuf);

impl Programs {
    /// Finds the newest version. Installs the Debian package if there is none.
    pub fn install() -> Result<Self> {
        let find = || {
            let in_path = program::find("initdb").and_then(|path| path.parent().map(Path::to_owned));
            newest(Path::new(VERSIONS)).or(in_path.filter(|directory| directory.join("pg_ctl").is_file()))
        };
        if find().is_none() {
            setup::install_packages(&["postgresql"])?;
        }
        find().map(Self).with_context(|| format!("apt-get installed postgresql, but {VERSIONS} contains no server."))
    }

    /// One of the programs, as the user who owns the data.
    fn command(&self, name: &str) -> Command {
        as_owner(&self.0.join(name))
    }

    fn control(&self, action: &str, cluster: &str) -> Command {
        let mut command = self.command("pg_ctl");
        command.args([action, "--silent", "-D", cluster]);
        command
    }
}

fn is_root() -> bool {
    program::text(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

fn as_owner(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let user = [format!("--reuid={SYSTEM_USER}"), format!("--regid={SYSTEM_USER}")];
    command.args(user).args(["--clear-groups", "--"]).arg(program).current_dir("/");
    command
}

/// The programs of the highest version that has a server. A version's directory may contain only a client.
fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(versions).ok()?.flatten();
    let numbered = entries.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let programs = entry.path().join("bin");
        programs.join("pg_ctl").is_file().then_some((version, programs))
    });
    numbered.max().map(|(_, programs)| programs)
}

/// Starts the server, unless it runs, over its earlier data or a new cluster.
pub fn start(programs: &Programs, wanted_port: u16, state: &State, record: &mut Record) -> Result<()> {
    let cluster = cluster(programs, state, record)?;
    // The functions of a LocalStack that still runs know the earlier port.
    let wanted_port = record.get(POSTGRES_PORT).and_then(|port| port.parse().ok()).unwrap_or(wanted_port);
    if program::succeeds(&mut programs.control("status", &cluster)) {
        say("PostgreSQL", &format!("is running on port {wanted_port}"));
        return Ok(());
    }
    let port = free_port(wanted_port, "PostgreSQL")?;
    record.set(POSTGRES_PORT, port);
    state.write(record)?;
    let log = format!("{cluster}/server.log");
    let mut start = programs.control("start", &cluster);
    start.args(["--wait", "--timeout=60", "--log", &log, "--options", &format!("-p {port} {SETTINGS}")]);
    // The server keeps the output open, so it cannot be captured.
    let status = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if !status.success() {
        bail!("PostgreSQL did not start. Its log is {log}.");
    }
    say("PostgreSQL", &format!("started on port {port}"));
    Ok(())
}

/// The data directory. A cluster without a recorded password was not finished, and is made again.
fn cluster(programs: &Programs, state: &State, record: &mut Record) -> Result<String> {
    if let Some((cluster, _)) = record.get(CLUSTER).zip(record.get(PASSWORD)) {
        return Ok(cluster.to_owned());
    }
    let name = workspace::text_fingerprint(&state.directory().to_string_lossy());
    let directory =
        if is_root() { Path::new(SYSTEM_HOME).join(format!("quire-{name}")) } else { state.path("postgres") };
    workspace::remove_directory(&directory)?;
    let cluster = directory.display().to_string();
    record.set(CLUSTER, &cluster);
    state.write(record)?;
    say("PostgreSQL", "creating a cluster");
    let password = random_password()?;
    let mut initialise = as_owner(Path::new("sh"));
    initialise.args(["-c", INITIALISE, "sh", &cluster]).arg(programs.0.join("initdb")).arg(USER);
    with_input(&mut initialise, &password)?;
    record.set(PASSWORD, password);
    state.write(record)?;
    Ok(cluster)
}

/// Runs a command with some input and returns its output.
fn with_input(command: &mut Command, input: &str) -> Result<String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("`{}` could not be started", program::line(command)))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("`{}` failed: {}", program::line(command), program::last_words(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// 128 random bits.
fn random_password() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Returns the URL of the database of this LocalStack, which has no scans of an earlier one. LocalStack loses its objects
/// and messages when it stops, so each has a database of its own. Earlier databases are kept.
pub fn database(programs: &Programs, state: &State, record: &mut Record) -> Result<String> {
    let [password, port] =
        [PASSWORD, POSTGRES_PORT].map(|name| record.get(name).map(str::to_owned).unwrap_or_default());
    let name = match record.get(DATABASE) {
        Some(name) => name.to_owned(),
        None => {
            let name = format!("quire_{}", SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
            let mut psql = programs.command("psql");
            psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--host=127.0.0.1", "--port", &port]);
            psql.args(["--username", USER, "--dbname", "postgres"]).env("PGPASSWORD", &password);
            with_input(&mut psql, &format!("CREATE DATABASE {name}"))?;
            record.set(DATABASE, &name);
            state.write(record)?;
            name
        }
    };
    Ok(format!("postgres://{USER}:{password}@127.0.0.1:{port}/{name}"))
}

/// Stops the server. Clients are disconnected; committed data is kept.
pub fn stop(record: &Record) -> Result<()> {
    let Some(cluster) = record.get(CLUSTER) else { return Ok(()) };
    let programs = Programs::install()?;
    if program::succeeds(&mut programs.control("status", cluster)) {
        program::output(programs.control("stop", cluster).args(["--mode=fast", "--wait", "--timeout=30"]))?;
        say("PostgreSQL", "stopped; its data is kept");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_newest_version_with_a_server_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        for (version, program) in [("9", "pg_ctl"), ("15", "pg_ctl"), ("16", "psql"), ("common", "pg_ctl")] {
            let programs = directory.path().join(version).join("bin");
            fs::create_dir_all(&programs).unwrap();
            fs::write(programs.join(program), "").unwrap();
        }
        assert_eq!(newest(directory.path()), Some(directory.path().join("15/bin")));
        assert_eq!(newest(&directory.path().join("absent")), None);
    }

    #[test]
    fn passwords_are_long_and_differ() {
        let (one, other) = (random_password().unwrap(), random_password().unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
    }
}
