//! Folders as mkcert, certbot, Kubernetes, nginx-proxy and people by hand leave them.

use rescope::tls::Certificates;
use rustls::{ProtocolVersion, crypto::aws_lc_rs, version::TLS12};

use super::{
    Authority, Folder,
    handshake::{assert_serves, client, client_with, handshake, shake},
};

const NAME: &str = "app.example.com";

#[test]
fn plain_names_are_served() {
    let authority = Authority::new("root");
    let leaf = authority.leaf(&[NAME]);
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &leaf);
    folder.write("README.md", "# Certificates\n");
    folder.write(".gitignore", "*\n");

    let certificates = folder.open();

    assert_serves(&certificates, &authority, NAME, &leaf);
    let summaries = certificates.summaries();
    assert_eq!(summaries.len(), 1);
    assert_eq!(summaries[0].certificate, "cert.pem");
    assert_eq!(summaries[0].key, "key.pem");
    assert_eq!(summaries[0].names, [NAME]);
    assert_eq!(summaries[0].fingerprint, leaf.fingerprint());
    assert_eq!(Certificates::check(folder.path()).unwrap(), summaries);
}

#[test]
fn mkcert_files_are_served_beside_its_root() {
    let authority = Authority::new("mkcert development CA");
    let leaf = authority.leaf(&[NAME, "localhost", "127.0.0.1", "::1"]);
    let folder = Folder::new();
    folder.write_pair("app.example.com+3.pem", "app.example.com+3-key.pem", &leaf);
    folder.write("rootCA.pem", &authority.certificate);

    let certificates = folder.open();

    assert_serves(&certificates, &authority, "localhost", &leaf);
    assert_eq!(
        certificates.summaries()[0].names,
        [NAME, "localhost", "127.0.0.1", "::1"]
    );
    assert_eq!(
        shake(&certificates, &authority, NAME).chain.len(),
        1,
        "no root is sent"
    );
}

#[test]
fn certbot_links_are_served_with_the_full_chain() {
    let root = Authority::new("root");
    let authority = root.intermediate("intermediate");
    let leaf = authority.leaf(&[NAME]);
    let etc = Folder::new();
    let full = format!("{}{}", leaf.certificate, authority.certificate);
    etc.write("archive/site/cert1.pem", &leaf.certificate);
    etc.write("archive/site/chain1.pem", &authority.certificate);
    etc.write("archive/site/fullchain1.pem", &full);
    etc.write("archive/site/privkey1.pem", &leaf.key);
    etc.write(
        "live/README",
        "This directory contains your keys and certificates.",
    );
    for name in ["cert", "chain", "fullchain", "privkey"] {
        let target = format!("../../archive/site/{name}1.pem");
        etc.link(&format!("live/site/{name}.pem"), &target);
    }

    for (folder, prefix) in [("live/site", ""), ("live", "site/")] {
        let certificates = Certificates::open(&etc.file(folder)).unwrap().certificates;

        let shaken = shake(&certificates, &root, NAME);
        assert_eq!(shaken.chain.len(), 2, "the intermediate is sent too");
        let summaries = certificates.summaries();
        assert_eq!(summaries.len(), 1);
        assert_eq!(summaries[0].certificate, format!("{prefix}fullchain.pem"));
        assert_eq!(summaries[0].key, format!("{prefix}privkey.pem"));
    }
}

#[test]
fn kubernetes_volume_is_served_though_its_key_can_be_read() {
    let authority = Authority::new("root");
    let leaf = authority.leaf(&[NAME]);
    let folder = Folder::new();
    folder.write_pair("..2026_01_01/tls.crt", "..2026_01_01/tls.key", &leaf);
    folder.write("..2026_01_01/ca.crt", &authority.certificate);
    folder.set_mode("..2026_01_01/tls.key", 0o644);
    folder.link("..data", "..2026_01_01");
    for name in ["ca.crt", "tls.crt", "tls.key"] {
        folder.link(name, &format!("..data/{name}"));
    }

    let certificates = folder.open();

    assert_serves(&certificates, &authority, NAME, &leaf);
    assert_eq!(certificates.summaries()[0].certificate, "tls.crt");
}

#[test]
fn nginx_proxy_names_are_served() {
    let authority = Authority::new("root");
    let (one, two) = (authority.leaf(&["one.test"]), authority.leaf(&["two.test"]));
    let folder = Folder::new();
    folder.write_pair("one.test.crt", "one.test.key", &one);
    folder.write_pair("two.test.crt", "two.test.key", &two);
    folder.write("one.test.chain.pem", &authority.certificate);
    folder.write(
        "dhparam.pem",
        "-----BEGIN DH PARAMETERS-----\nMAYCAQ8CAQI=\n-----END DH PARAMETERS-----\n",
    );

    let certificates = folder.open();

    assert_serves(&certificates, &authority, "one.test", &one);
    assert_serves(&certificates, &authority, "two.test", &two);
}

#[test]
fn pairs_are_found_by_their_keys_whatever_their_names() {
    let authority = Authority::new("root");
    let (one, two) = (
        authority.leaf(&["one.test"]),
        authority.rsa_leaf(&["two.test"]),
    );
    let folder = Folder::new();
    folder.write_pair("one.pem", "two-key.pem", &one);
    folder.write_pair("two.pem", "one-key.pem", &two);

    let certificates = folder.open();

    assert_serves(&certificates, &authority, "one.test", &one);
    assert_serves(&certificates, &authority, "two.test", &two);
}

#[test]
fn one_file_may_hold_key_and_chain_in_any_order() {
    let root = Authority::new("root");
    let authority = root.intermediate("intermediate");
    let leaf = authority.leaf(&[NAME]);
    let folder = Folder::new();
    folder.write(
        "haproxy.pem",
        &[leaf.certificate.as_str(), &leaf.key, &authority.certificate].concat(),
    );
    folder.write("copy.key", &leaf.key);

    assert_eq!(shake(&folder.open(), &root, NAME).chain.len(), 2);
}

#[test]
fn chain_in_a_file_of_its_own_is_sent() {
    let root = Authority::new("root");
    let authority = root.intermediate("intermediate");
    let leaf = authority.leaf(&[NAME]);
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &leaf);
    folder.write(
        "ca-bundle.crt",
        &[root.certificate.as_str(), &authority.certificate].concat(),
    );

    assert_eq!(shake(&folder.open(), &root, NAME).chain.len(), 2);
}

#[test]
fn keys_in_their_older_forms_are_read() {
    let authority = Authority::new("root");
    for (leaf, label) in [
        (authority.leaf(&[NAME]), "EC PRIVATE KEY"),
        (authority.rsa_leaf(&[NAME]), "RSA PRIVATE KEY"),
    ] {
        let folder = Folder::new();
        folder.write("cert.pem", &leaf.certificate);
        folder.write("key.pem", &leaf.older_key(label));

        assert_serves(&folder.open(), &authority, NAME, &leaf);
    }
}

#[test]
fn newest_of_two_certificates_for_a_key_is_served() {
    let authority = Authority::new("root");
    let old = authority.leaf_valid(&[NAME], -90, -1);
    let new = authority.renew(&[NAME], &old);
    let folder = Folder::new();
    folder.write_pair("a-old.pem", "key.pem", &old);
    folder.write("b-new.pem", &new.certificate);

    assert_serves(&folder.open(), &authority, NAME, &new);
}

#[test]
fn http2_is_chosen_before_http1_and_http10_is_known() {
    let authority = Authority::new("root");
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &authority.leaf(&[NAME]));
    let server = folder.open().server_config();

    for (offered, chosen) in [
        (&["http/1.1", "h2"][..], Some("h2")),
        (&["http/1.1"][..], Some("http/1.1")),
        (&["http/1.0"][..], Some("http/1.0")),
        (&[][..], None),
    ] {
        let mut client = client(&authority.certificate).as_ref().clone();
        client.alpn_protocols = offered
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let shaken = handshake(server.clone(), client.into(), NAME).unwrap();
        assert_eq!(shaken.alpn.as_deref(), chosen);
    }
}

#[test]
fn both_versions_of_tls_are_spoken() {
    let authority = Authority::new("root");
    let folder = Folder::new();
    folder.write_pair("cert.pem", "key.pem", &authority.leaf(&[NAME]));
    let certificates = folder.open();

    let newest = shake(&certificates, &authority, NAME).version;
    assert_eq!(newest, ProtocolVersion::TLSv1_3);
    let client = client_with(
        aws_lc_rs::default_provider(),
        &TLS12,
        &authority.certificate,
    );
    let older = handshake(certificates.server_config(), client, NAME).unwrap();
    assert_eq!(older.version, ProtocolVersion::TLSv1_2);
}
