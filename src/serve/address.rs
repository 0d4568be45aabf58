//! Where a talk is served: the address that the command line names, and the links that people open.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::str::FromStr;

use super::limits::DEFAULT_PORT;

/// Addresses of documentation: connecting a datagram socket sends nothing, but chooses our own address.
const ELSEWHERE: [(&str, &str); 2] = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")];

/// The address to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServeAddress {
    /// The address; unspecified for all of this machine.
    pub ip: IpAddr,
    /// The port; none for the default one, or any other if it is taken.
    pub port: Option<u16>,
}

impl Default for ServeAddress {
    fn default() -> Self {
        Self { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), port: None }
    }
}

impl FromStr for ServeAddress {
    type Err = String;

    /// Reads `PORT`, `:PORT`, `IP` or `IP:PORT`.
    fn from_str(text: &str) -> Result<Self, String> {
        let loopback = Self::default();
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
            return Ok(Self { port: Some(port), ..loopback });
        }
        if let Ok(ip) = bare.parse() {
            return Ok(Self { ip, port: None });
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { ip: address.ip(), port: Some(address.port()) });
        }
        match text.strip_prefix("localhost") {
            Some("") => Ok(loopback),
            Some(rest) if rest.starts_with(':') => rest.parse(),
            _ => Err("expected an IP address, with or without a port, such as `0.0.0.0:8642`; \
                      the deck comes before `--serve`"
                .to_owned()),
        }
    }
}

impl ServeAddress {
    /// Returns the addresses to try, in order. Port 0 is any free one.
    pub(super) fn candidates(self) -> Vec<SocketAddr> {
        let ports = match self.port {
            Some(port) => vec![port],
            None => vec![DEFAULT_PORT, 0],
        };
        ports.into_iter().map(|port| SocketAddr::new(self.ip, port)).collect()
    }
}

/// The links that people open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeLinks {
    /// The audience's page.
    pub audience: String,
    /// The remote, with its secret: only for the speaker.
    pub remote: String,
    /// Whether only this machine can open them.
    pub is_local: bool,
}

impl ServeLinks {
    /// Returns the links of a server that listens on this address.
    pub(super) fn new(bound: SocketAddr, token: &str) -> Self {
        let ip = if bound.ip().is_unspecified() { own_address(bound.ip()) } else { bound.ip() };
        let audience = format!("http://{}/", SocketAddr::new(ip, bound.port()));
        let remote = format!("{audience}remote#{token}");
        Self { audience, remote, is_local: ip.is_loopback() }
    }
}

/// Returns the address of this machine in its network, or else the loopback address.
fn own_address(unspecified: IpAddr) -> IpAddr {
    let loopback = match unspecified {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    let found = |(own, other): &(&str, &str)| {
        let socket = UdpSocket::bind(own).ok()?;
        socket.connect(other).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    // A socket for all addresses of IPv6 takes those of IPv4, too.
    let mut usable = ELSEWHERE.iter().filter_map(found).filter(|ip| !ip.is_unspecified());
    usable.find(|ip| unspecified.is_ipv6() || ip.is_ipv4()).unwrap_or(loopback)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("127.0.0.1:80", "127.0.0.1", Some(80))]
    #[case("0.0.0.0", "0.0.0.0", None)]
    #[case("8000", "127.0.0.1", Some(8000))]
    #[case(":8000", "127.0.0.1", Some(8000))]
    #[case("localhost", "127.0.0.1", None)]
    #[case("localhost:7", "127.0.0.1", Some(7))]
    #[case("::1", "::1", None)]
    #[case("[::1]", "::1", None)]
    #[case("[::]:90", "::", Some(90))]
    fn addresses_are_read(#[case] text: &str, #[case] ip: &str, #[case] port: Option<u16>) {
        let address = text.parse::<ServeAddress>().unwrap();
        assert_eq!(address, ServeAddress { ip: ip.parse().unwrap(), port });
    }

    #[rstest]
    #[case("talk.md")]
    #[case("localhostess")]
    #[case("70000")]
    #[case("example.com:80")]
    #[case("")]
    fn other_words_are_refused(#[case] text: &str) {
        let why = text.parse::<ServeAddress>().unwrap_err();
        assert!(why.contains("the deck comes before `--serve`"), "{why}");
    }

    #[test]
    fn default_port_may_be_taken() {
        let ports = |text: &str| -> Vec<u16> {
            let address: ServeAddress = text.parse().unwrap();
            address.candidates().iter().map(SocketAddr::port).collect()
        };
        assert_eq!(ports("0.0.0.0"), [DEFAULT_PORT, 0]);
        assert_eq!(ports("90"), [90], "a port that was asked for is not replaced");
    }

    #[test]
    fn links_have_the_address_and_the_secret() {
        let links = ServeLinks::new("127.0.0.1:90".parse().unwrap(), "abc");
        assert_eq!(links.audience, "http://127.0.0.1:90/");
        assert_eq!(links.remote, "http://127.0.0.1:90/remote#abc");
        assert!(links.is_local);
        let links = ServeLinks::new("[::1]:90".parse().unwrap(), "abc");
        assert_eq!(links.audience, "http://[::1]:90/");
        let all = ServeLinks::new("0.0.0.0:90".parse().unwrap(), "abc");
        assert!(!all.audience.contains("0.0.0.0"), "{all:?}");
    }
}
