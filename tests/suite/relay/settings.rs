//! Relays that are configured wrongly, and certificates that are made known.

use dataforge_tests::program::{Place, Up, invite, wait_until};

use super::{relay, relay_state, use_relays};

#[test]
fn what_is_no_relay_is_refused_when_it_is_set() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field"]);
    for text in ["10.0.0.5:7415", "ftp://10.0.0.5", "http://10.0.0.5:7415/relay", "https://10.0.0.5#sha256:12"] {
        let said = ada.fails(&["config", "set", "network.relays", &format!("[{text:?}]")], 2);
        assert!(said.contains(text) && said.contains("hint"), "{said}");
    }
    assert!(ada.fails(&["config", "set", "relay.listen", "here"], 2).contains("relay.listen"));
    assert_eq!(ada.json(&["config", "get", "network.relays"])["values"][0][1], "[]");
}

#[test]
fn a_relay_that_cannot_be_run_says_why() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field"]);
    let files = tempfile::tempdir().unwrap();
    let (cert, key) = (files.path().join("cert.pem"), files.path().join("key.pem"));
    std::fs::write(&cert, "hello").unwrap();
    std::fs::write(&key, "hello").unwrap();
    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let said = ada.fails(&["relay", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key], 4);
    assert!(said.contains("no certificate in") && said.contains("cert.pem"), "{said}");
    assert!(ada.fails(&["relay", "--tls-cert", cert], 2).contains("--tls-key"));
    let said = ada.fails(&["relay", "--listen", "127.0.0.1:0", "--for", "Nowhere"], 3);
    assert!(said.contains("Nowhere"), "{said}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let said = ada.fails(&["relay", "--listen", &at], 7);
    assert!(said.contains(&at) && said.contains("--listen"), "{said}");
}

/// What a member is told of the relay it has configured.
fn problem(member: &Place, url: &str) -> String {
    use_relays(member, &[url]);
    let _up = member.up();
    let mut said = String::new();
    wait_until("the relay is found wrong", || {
        let (state, problem) = relay_state(member);
        said = problem;
        state == "down"
    });
    said
}

#[test]
fn a_wrong_relay_or_certificate_is_named_and_a_right_one_is_used() {
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    let (up, url) = relay(&ada, &["--self-signed", "relay.lan"]);
    let port = url.split('#').next().unwrap().rsplit(':').next().unwrap().trim_end_matches('/').to_owned();
    let pin = up.reply["relay"]["certificate"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://relay.lan:") && url.ends_with(&format!("#sha256:{pin}")), "{url}");
    invite(&ada, &bob, "editor");
    let at = format!("https://127.0.0.1:{port}");
    assert!(problem(&bob, &at).contains("certificate is not trusted"), "nobody knows it");
    let wrong = format!("{at}#sha256:{}", "0".repeat(64));
    assert!(problem(&bob, &wrong).contains("certificate is not trusted"), "another one is known");
    assert!(problem(&bob, &format!("http://127.0.0.1:{port}")).len() > 5, "plain HTTP");
    let free = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    assert!(problem(&bob, &format!("http://{free}")).contains("nobody listens"), "nobody is there");

    let is_used = |member: &Place| {
        let up = member.up();
        wait_until("the relay is in use", || relay_state(member).0 == "in use");
        drop::<Up>(up);
    };
    use_relays(&bob, &[&format!("{at}#sha256:{pin}")]);
    is_used(&bob);
    // Or by the file.
    use_relays(&bob, &[&at]);
    let file = ada.path().join("relay-certificate.pem");
    bob.json(&["config", "set", "network.relay_certificate", file.to_str().unwrap()]);
    is_used(&bob);
    bob.json(&["config", "set", "network.relay_certificate", "/nowhere.pem"]);
    let said = bob.fails(&["up"], 4);
    assert!(said.contains("network.relay_certificate") && said.contains("/nowhere.pem"), "{said}");
    // The certificate stays with the next start: members need not be told again.
    drop(up);
    let (_up, again) = relay(&ada, &["--self-signed", "relay.lan"]);
    assert!(again.ends_with(&pin), "{again}");
}

#[test]
fn a_relay_by_the_settings_runs_with_up() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field"]);
    assert!(ada.up().reply["relay"].is_null(), "none by default");
    ada.json(&["config", "set", "relay.listen", "127.0.0.1:0"]);
    let up = ada.up();
    assert!(up.reply["relay"]["urls"][0].as_str().unwrap().starts_with("http://127.0.0.1:"), "{}", up.reply);
}
