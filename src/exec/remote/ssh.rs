//! How `ssh` is called, and what its errors mean.
//!
//! The user's own configuration and agent decide how to log in. Nothing of a deck is a word of a shell: the
//! machine's name follows `--`, the name of the Python has no special characters, and everything else goes
//! through the connection.

use crate::deck::RemoteHost;

/// The options of every call. No question is asked: there is no terminal to answer it.
const OPTIONS: [&str; 10] = [
    "BatchMode=yes",
    "ConnectTimeout=15",
    // A silent connection counts as broken after 15 seconds.
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    // A connection that the user shares is used, but ours is not shared: it ends with the talk.
    "ControlMaster=no",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "ForwardX11=no",
];

/// Reads the agent's code from standard input and runs it. Every shell passes it on unchanged: it has no
/// single quotes, backslashes, dollar signs or exclamation marks.
const LAUNCH: &str = "import os;f=open(0,\"rb\",0,closefd=False);n=int(f.readline());s=b\"\";\
                      exec(\"while len(s)<n: s+=f.read(n-len(s)) or exit(1)\");\
                      exec(compile(s,\"<livedeck>\",\"exec\"))";

/// The agent's code.
const AGENT: &str = concat!(include_str!("py/crates.py"), "\n\n", include_str!("py/agent.py"));

/// Returns the arguments of `ssh` that start an agent.
pub(super) fn arguments(host: &RemoteHost) -> Vec<String> {
    let options = OPTIONS.iter().flat_map(|option| ["-o".to_owned(), (*option).to_owned()]);
    let command = format!("exec {} -u -c '{LAUNCH}'", host.python);
    options.chain(["--".to_owned(), host.name.to_string(), command]).collect()
}

/// Returns the first bytes to send: the agent's code after its length.
pub(super) fn agent() -> Vec<u8> {
    format!("{}\n{AGENT}", AGENT.len()).into_bytes()
}

/// Says why no agent was started, from what `ssh` and the user's shell wrote.
pub(super) fn connection_error(host: &RemoteHost, errors: &str) -> String {
    let RemoteHost { name, python, .. } = host;
    let line = last_line(errors);
    let has = |text: &str| errors.contains(text);
    if has("Permission denied") || has("Too many authentication failures") {
        format!(
            "`{name}` refused the login ({line}): questions cannot be answered during a talk. Make \
             `ssh {name}` work without one, for example by `ssh-add`"
        )
    } else if has("Host key verification failed") {
        format!("the host key of `{name}` is not known, or has changed: check it with `ssh {name}`")
    } else if has("Could not resolve hostname") {
        format!(
            "`{name}` is no known machine ({line}): check `options.remote.host` and `~/.ssh/config`"
        )
    } else if has("not found") || has("No such file") {
        format!("`{python}` is not installed on `{name}` ({line}): set `options.remote.python`")
    } else if has("SyntaxError") || has("ImportError") || has("ModuleNotFoundError") {
        format!("`{python}` on `{name}` is too old: it must be Python 3.7 or newer ({line})")
    } else if line.is_empty() {
        format!("`ssh {name}` ended without a message")
    } else {
        format!("cannot connect to `{name}`: {line}")
    }
}

/// Says that a connection has broken.
pub(super) fn broken(host: &RemoteHost, errors: &str) -> String {
    let line = last_line(errors);
    let why = if line.is_empty() { String::new() } else { format!(" ({line})") };
    format!("the connection to `{}` broke{why}", host.name)
}

/// Returns the last line that is not empty, without what is not text.
fn last_line(text: &str) -> String {
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    line.trim_end_matches('.').chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> RemoteHost {
        RemoteHost { name: "me@gpu".into(), python: "python3".into(), ..RemoteHost::default() }
    }

    #[test]
    fn host_follows_the_options() {
        let words = arguments(&host());
        let at = words.iter().position(|word| word == "--").unwrap();
        assert!(words[..at].chunks(2).all(|pair| pair[0] == "-o" && pair[1].contains('=')));
        assert_eq!(words[at + 1], "me@gpu");
        assert_eq!(words.len(), at + 3);
        assert!(words[..at].contains(&"BatchMode=yes".to_owned()));
    }

    #[test]
    fn command_means_the_same_in_every_shell() {
        let command = arguments(&host()).pop().unwrap();
        assert_eq!(command.matches('\'').count(), 2);
        assert!(!command.contains(['\\', '$', '!', '`', '\n']), "{command}");
    }

    #[test]
    fn agent_is_its_length_and_its_code() {
        let bytes = agent();
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        let length: usize = String::from_utf8_lossy(&bytes[..end]).parse().unwrap();
        assert_eq!(bytes.len(), end + 1 + length);
    }

    #[test]
    fn errors_say_what_to_do() {
        for (written, said) in [
            ("me@gpu: Permission denied (publickey,password).\r\n", "ssh-add"),
            (
                "No ED25519 host key is known\nHost key verification failed.",
                "check it with `ssh me@gpu`",
            ),
            ("ssh: Could not resolve hostname gpu: Name or service not known", "~/.ssh/config"),
            ("ssh: connect to host gpu port 22: Connection refused", "port 22: Connection refused"),
            ("bash: line 1: exec: python3: not found", "options.remote.python"),
            ("", "ended without a message"),
        ] {
            let message = connection_error(&host(), written);
            assert!(message.contains(said) && message.contains("me@gpu"), "{message}");
            assert!(!message.contains('\r'));
        }
        assert_eq!(broken(&host(), ""), "the connection to `me@gpu` broke");
        assert!(
            broken(&host(), "client_loop: send disconnect\n")
                .ends_with("(client_loop: send disconnect)")
        );
    }
}
