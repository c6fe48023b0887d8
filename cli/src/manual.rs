//! `quire completions` and `quire man`: what the definition of the command line says, for shells and for man.

use crate::arguments::{Arguments, Completions, Manual};
use crate::failure::ReportedFailure;
use crate::terminal::print;
use clap::CommandFactory;
use domain::FailureCode;

const NAME: &str = "quire";

pub fn completions(arguments: &Completions) -> Result<(), ReportedFailure> {
    print(&script(arguments.shell))?;
    Ok(())
}

fn script(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut script);
    String::from_utf8_lossy(&script).trim_end().to_owned()
}

pub fn manual(arguments: &Manual) -> Result<(), ReportedFailure> {
    let Manual { output } = arguments;
    let failed = |error: std::io::Error| {
        let message = format!("The manual cannot be written to {}: {error}.", output.display());
        ReportedFailure::new(FailureCode::CommandOutput, &message, false)
    };
    std::fs::create_dir_all(output).map_err(failed)?;
    // One page for each command: quire.1, quire-upload.1, quire-dlq-list.1 and so on.
    clap_mangen::generate_to(Arguments::command(), output).map_err(failed)?;
    print(&output.display().to_string())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap_complete::Shell;

    #[test]
    fn each_command_has_a_page_with_its_options_and_exit_statuses() {
        let directory = tempfile::tempdir().unwrap();
        manual(&Manual { output: directory.path().join("man1") }).unwrap();
        let mut command = Arguments::command();
        command.build();
        let page = |name: &str| std::fs::read_to_string(directory.path().join("man1").join(name)).unwrap();
        for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.has_subcommands()) {
            if subcommand.get_name() == "help" {
                continue;
            }
            let text = page(&format!("quire-{}.1", subcommand.get_name()));
            assert!(text.contains("Exit status"), "{}", subcommand.get_name());
            for option in
                subcommand.get_arguments().filter(|option| !option.is_hide_set()).filter_map(clap::Arg::get_long)
            {
                assert!(text.contains(&option.replace('-', "\\-")), "{} --{option}", subcommand.get_name());
            }
        }
        assert!(page("quire.1").contains("quire\\-process(1)") && page("quire-dlq-list.1").contains("Exit status"));
    }

    #[test]
    fn each_shell_gets_a_script_with_every_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
            let script = script(shell);
            for subcommand in Arguments::command().get_subcommands() {
                assert!(script.contains(subcommand.get_name()), "{shell}: {}", subcommand.get_name());
            }
        }
    }
}
