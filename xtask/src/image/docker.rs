//! The Docker client and daemon that build and try the image: those of this machine, or Debian's own packages, for a machine
//! that reaches Debian's archive and no registry.

use crate::{program, setup, workspace};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The image that the Dockerfile starts from, and the release of Debian in it.
const BASE: (&str, &str) = ("debian:bookworm-slim", "bookworm");

/// Where Debian's archives are.
const ARCHIVE: &str = "http://deb.debian.org/debian";
const SECURITY: &str = "http://deb.debian.org/debian-security";

/// Debian's client and daemon. Another `docker` may come before them in PATH.
const CLIENT: &str = "/usr/bin/docker";
const DAEMON: &str = "/usr/sbin/dockerd";

/// How long a daemon may take to start.
const START: Duration = Duration::from_secs(60);

/// A client, with the daemon that was started for it.
pub struct Docker {
    client: PathBuf,
    /// The daemon of this task. `None`: the one that the client finds by itself.
    daemon: Option<Daemon>,
}

struct Daemon {
    process: Child,
    /// Its socket and what it keeps while it runs.
    runtime: PathBuf,
    address: String,
}

/// What a daemon and its containers can reach.
#[derive(Clone, Copy)]
enum Network {
    OfMachine,
    /// Nothing but what listens beside the daemon.
    LoopbackOnly,
}

impl Docker {
    /// The client of this machine, with whatever daemon it finds.
    pub fn of_machine(client: &Path) -> Self {
        Self { client: client.to_owned(), daemon: None }
    }

    /// Debian's Docker, with a daemon of this task's own, and with the base image made of Debian's packages.
    pub fn of_debian() -> Result<Self> {
        let wanted = [
            (CLIENT, "docker.io"),
            (DAEMON, "docker.io"),
            ("/usr/sbin/debootstrap", "debootstrap"),
            ("/usr/sbin/ip", "iproute2"),
        ];
        let mut packages: Vec<_> =
            wanted.iter().filter(|(program, _)| !Path::new(program).exists()).map(|(_, package)| *package).collect();
        packages.dedup();
        if !packages.is_empty() {
            setup::install_packages(&packages)?;
        }
        let docker = Self { client: CLIENT.into(), daemon: Some(Daemon::start(Network::OfMachine)?) };
        docker.wait_until_ready()?;
        docker.make_base()?;
        Ok(docker)
    }

    /// Starts the daemon of this task again in a network that has nothing but loopback. The daemon of the machine stays in
    /// the machine's network.
    pub fn cut_off(mut self) -> Result<Self> {
        // Stops the old one first, because both use the same directory.
        if self.daemon.take().is_some() {
            self.daemon = Some(Daemon::start(Network::LoopbackOnly)?);
            self.wait_until_ready()?;
        }
        Ok(self)
    }

    /// A program in the daemon's network, told of client and daemon. The containers reach what it starts.
    pub fn beside(&self, program: &Path) -> Command {
        let mut command = match &self.daemon {
            Some(daemon) => {
                let mut command = Command::new("nsenter");
                command.arg(format!("--net=/proc/{}/ns/net", daemon.process.id())).arg("--").arg(program);
                command.env("DOCKER_HOST", &daemon.address);
                command
            }
            None => Command::new(program),
        };
        command.env("QUIRE_DOCKER", &self.client);
        command
    }

    fn wait_until_ready(&self) -> Result<()> {
        let began = Instant::now();
        while !self.answers() {
            if began.elapsed() > START {
                bail!("Docker's daemon does not answer. Its log is {}", log().display());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    /// The client, told where its daemon is.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.client);
        command.envs(self.daemon.iter().map(|daemon| ("DOCKER_HOST", &daemon.address)));
        command
    }

    pub fn answers(&self) -> bool {
        program::succeeds(self.command().arg("version"))
    }

    /// True unless the client is known to make no attestations.
    pub fn attests(&self) -> bool {
        let mut help = self.command();
        help.args(["build", "--help"]).env("DOCKER_BUILDKIT", "1");
        !self.answers() || program::text(&mut help).is_ok_and(|help| help.contains("--provenance"))
    }

    /// The network of a build. The daemon of this task has no network of its own.
    pub const fn network(&self) -> Option<&'static str> {
        if self.daemon.is_some() { Some("host") } else { None }
    }

    /// Makes the base image, unless there is one.
    fn make_base(&self) -> Result<()> {
        let (name, release) = BASE;
        if program::succeeds(self.command().args(["image", "inspect", name])) {
            return Ok(());
        }
        println!("image: making {name} of Debian's packages (once, about a minute)");
        let root = directory().join("base");
        workspace::remove_directory(&root)?;
        let mut debootstrap = Command::new("/usr/sbin/debootstrap");
        program::output(debootstrap.args(["--variant=minbase", release]).arg(&root).arg(ARCHIVE))?;
        let sources = format!(
            "deb {ARCHIVE} {release} main\ndeb {ARCHIVE} {release}-updates main\ndeb {SECURITY} {release}-security main\n"
        );
        workspace::write(&root.join("etc/apt/sources.list"), sources)?;
        let archive = directory().join("base.tar");
        program::output(
            Command::new("tar").arg("--create").arg("--file").arg(&archive).arg("--directory").arg(&root).arg("."),
        )?;
        program::output(self.command().arg("import").arg(&archive).arg(name))?;
        std::fs::remove_file(&archive).with_context(|| format!("{} could not be deleted", archive.display()))?;
        workspace::remove_directory(&root)
    }
}

impl Daemon {
    /// Starts Debian's daemon. It changes no rule of the firewall and makes no bridge.
    fn start(network: Network) -> Result<Self> {
        let directory = directory();
        workspace::create_directory(&directory)?;
        // A path of a socket has at most 107 bytes, and that of the workspace may be longer.
        let runtime = std::env::temp_dir().join(format!("quire-docker-{}", std::process::id()));
        workspace::create_directory(&runtime)?;
        let address = format!("unix://{}", runtime.join("socket").display());
        let log = File::create(log()).context("The log of Docker's daemon could not be written")?;
        let mut command = match network {
            Network::OfMachine => Command::new(DAEMON),
            Network::LoopbackOnly => {
                let mut command = Command::new("unshare");
                command.args(["--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", DAEMON]);
                command
            }
        };
        command.args(["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=overlay2"]);
        command.arg("--data-root").arg(directory.join("data")).arg("--exec-root").arg(runtime.join("run"));
        command.arg("--pidfile").arg(runtime.join("pid")).args(["--host", &address]);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let process = command.spawn().context("dockerd could not be started; it needs root")?;
        Ok(Self { process, runtime, address })
    }
}

impl Drop for Daemon {
    /// Stops the daemon. It keeps its images for the next time.
    fn drop(&mut self) {
        // A signal that lets it end its containers; `Child` can only kill.
        program::succeeds(Command::new("kill").arg(self.process.id().to_string()));
        self.process.wait().ok();
        // Docker leaves the containers' network mounted there, and a directory with a mount in it cannot be deleted.
        program::succeeds(Command::new("umount").arg(self.runtime.join("run/netns/default")));
        std::fs::remove_dir_all(&self.runtime).ok();
    }
}

fn directory() -> PathBuf {
    workspace::target().join("docker")
}

fn log() -> PathBuf {
    directory().join("daemon.log")
}
