//! A certificate that stands in the upstream's file of trusted ones is trusted itself, once
//! all else of it holds, and once the peer has shown that it has the key.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose as Purpose, IsCa,
    KeyPair, KeyUsagePurpose as Usage, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
    PKCS_ED25519, PKCS_RSA_SHA256, SignatureAlgorithm,
};
use rustls::{
    CertificateError, Error, HandshakeKind, ServerConfig, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::ResolvesServerCert,
    sign::{CertifiedKey, SingleCertAndKey},
    version::{TLS12, TLS13},
};

use super::{
    Authority, Leaf,
    authority::{parameters_of_authority, set_validity},
    handshake::{Shaken, client, handshake},
};

const NAME: &str = "localhost";
const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// As `openssl req -x509` makes it: self-signed, and an authority.
fn own(names: &[&str], change: impl Fn(&mut CertificateParams)) -> Leaf {
    own_of(&PKCS_ECDSA_P256_SHA256, names, change)
}

fn own_of(
    algorithm: &'static SignatureAlgorithm,
    names: &[&str],
    change: impl Fn(&mut CertificateParams),
) -> Leaf {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let mut parameters = CertificateParams::new(names).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut parameters);
    Leaf {
        certificate: parameters.self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

/// A server that presents `chain`, in PEM, and signs with `key`, whether they belong together
/// or not.
fn server(version: &'static SupportedProtocolVersion, chain: &str, key: &str) -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes());
    let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let provider = aws_lc_rs::default_provider();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let resolver = SingleCertAndKey::from(CertifiedKey::new(chain, key));
    let resolver: Arc<dyn ResolvesServerCert> = Arc::new(resolver);
    let config = ServerConfig::builder_with_provider(provider.into())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    Arc::new(config)
}

/// What a client that trusts `trusted` says of a server that presents `leaf`.
fn connect_over(
    version: &'static SupportedProtocolVersion,
    trusted: &str,
    leaf: &Leaf,
    name: &str,
) -> Result<Shaken, Error> {
    let server = server(version, &leaf.certificate, &leaf.key);
    handshake(server, client(trusted), name)
}

/// What it says of a server that presents the very certificate that it trusts.
fn connect(leaf: &Leaf, name: &str) -> Result<Shaken, Error> {
    connect_over(&TLS13, &leaf.certificate, leaf, name)
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(said: Result<T, Error>, reason: &str) {
    match said {
        Err(Error::InvalidCertificate(refused)) => {
            let refused = match refused {
                CertificateError::Other(other) => other.to_string(),
                refused => refused.to_string(),
            };
            assert!(refused.contains(reason), "{refused}");
        }
        other => panic!("not refused for `{reason}`: {other:?}"),
    }
}

#[test]
fn certificate_in_the_file_is_trusted_itself() {
    for algorithm in [
        &PKCS_ECDSA_P256_SHA256,
        &PKCS_ECDSA_P384_SHA384,
        &PKCS_ED25519,
        &PKCS_RSA_SHA256,
    ] {
        let leaf = own_of(algorithm, &[NAME, "*.app.test", "127.0.0.1", "::1"], |_| {});
        for version in VERSIONS {
            for name in [NAME, "a.app.test", "127.0.0.1", "::1"] {
                let shaken = connect_over(version, &leaf.certificate, &leaf, name).unwrap();
                assert_eq!(shaken.fingerprint(), leaf.fingerprint());
                assert_eq!(shaken.version, version.version);
            }
        }
    }
}

/// The one guarantee that is left to such a certificate's trust: nobody else has the key.
#[test]
fn certificate_in_the_file_is_nothing_without_its_key() {
    for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ED25519, &PKCS_RSA_SHA256] {
        let leaf = own_of(algorithm, &[NAME], |_| {});
        let other = own_of(algorithm, &[NAME], |_| {});
        for version in VERSIONS {
            let server = server(version, &leaf.certificate, &other.key);
            let said = handshake(server, client(&leaf.certificate), NAME);
            let expected = Error::InvalidCertificate(CertificateError::BadSignature);
            assert_eq!(said.unwrap_err(), expected, "{version:?}");
        }
    }
}

#[test]
fn certificate_in_the_file_is_for_its_names_alone() {
    let leaf = own(&[NAME, "10.0.0.1"], |_| {});
    for version in VERSIONS {
        for name in ["example.com", "a.localhost", "127.0.0.1", "::1"] {
            let said = connect_over(version, &leaf.certificate, &leaf, name);
            assert_refused(said, "not valid for name");
        }
    }
    // An address is one only as an address, and the common name is no name.
    let named = own(&[], |it| {
        it.subject_alt_names = vec![rcgen::SanType::DnsName("127.0.0.1".try_into().unwrap())];
    });
    assert_refused(connect(&named, "127.0.0.1"), "not valid for name");
    let common = own(&[], |it| {
        it.distinguished_name
            .push(rcgen::DnType::CommonName, "localhost");
    });
    assert_refused(connect(&common, NAME), "not valid for any names");
}

#[test]
fn certificate_in_the_file_is_trusted_between_its_dates() {
    let valid = |from, until| own(&[NAME], move |it| set_validity(it, from, until));
    connect(&valid(-1, 1), NAME).unwrap();
    for version in VERSIONS {
        for (leaf, reason) in [
            (valid(-9, -1), "certificate expired"),
            (valid(1, 9), "not valid yet"),
        ] {
            let said = connect_over(version, &leaf.certificate, &leaf, NAME);
            assert_refused(said, reason);
        }
    }
}

#[test]
fn certificate_in_the_file_may_be_used_for_what_it_says() {
    let usages = |usages: &[Usage]| own(&[NAME], |it| it.key_usages = usages.to_vec());
    connect(
        &usages(&[Usage::KeyCertSign, Usage::DigitalSignature]),
        NAME,
    )
    .unwrap();
    for wrong in [
        &[Usage::KeyCertSign, Usage::CrlSign][..],
        &[Usage::KeyEncipherment],
    ] {
        assert_refused(connect(&usages(wrong), NAME), "its key usage");
    }
    let purposes =
        |purposes: &[Purpose]| own(&[NAME], |it| it.extended_key_usages = purposes.to_vec());
    for right in [
        &[Purpose::ClientAuth, Purpose::ServerAuth][..],
        &[Purpose::Any],
    ] {
        connect(&purposes(right), NAME).unwrap();
    }
    for wrong in [Purpose::ClientAuth, Purpose::CodeSigning] {
        assert_refused(connect(&purposes(&[wrong]), NAME), "its extended key usage");
    }
}

#[test]
fn certificate_in_the_file_with_an_unknown_critical_extension_is_refused() {
    let with = |critical| {
        own(&[NAME], |it| {
            let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
            extension.set_criticality(critical);
            it.custom_extensions.push(extension);
        })
    };
    connect(&with(false), NAME).unwrap();
    assert_refused(connect(&with(true), NAME), "UnsupportedCriticalExtension");
}

/// One of an authority that nobody trusts here; that authority's others are not trusted.
#[test]
fn certificate_in_the_file_needs_no_authority() {
    let authority = Authority::new("unknown");
    let (leaf, other) = (authority.leaf(&[NAME]), authority.leaf(&[NAME]));
    for version in VERSIONS {
        connect_over(version, &leaf.certificate, &leaf, NAME).unwrap();
        let said = connect_over(version, &leaf.certificate, &other, NAME);
        assert_refused(said, "UnknownIssuer");
    }
    // What else the peer sends is not asked for.
    let chain = leaf.certificate.clone() + &authority.certificate + &other.certificate;
    let server = server(&TLS12, &chain, &leaf.key);
    handshake(server, client(&leaf.certificate), NAME).unwrap();
}

#[test]
fn certificate_in_the_file_may_be_one_of_several() {
    let (first, second) = (own(&[NAME], |_| {}), own(&[NAME], |_| {}));
    let authority = Authority::new("root");
    let file = first.certificate.clone() + &authority.certificate + &second.certificate;
    for leaf in [&first, &second, &authority.leaf(&[NAME])] {
        connect_over(&TLS13, &file, leaf, NAME).unwrap();
    }
    let third = own(&[NAME], |_| {});
    assert_refused(
        connect_over(&TLS13, &file, &third, NAME),
        "CaUsedAsEndEntity",
    );
}

/// It is compared as a whole, not by its key or its name.
#[test]
fn another_certificate_of_the_same_key_is_not_trusted() {
    let key = KeyPair::generate().unwrap();
    let [first, second] = [(-1, 1), (-2, 2)].map(|(from, until)| {
        let mut parameters = parameters_of_authority("app");
        parameters.subject_alt_names = vec![rcgen::SanType::DnsName(NAME.try_into().unwrap())];
        set_validity(&mut parameters, from, until);
        let certificate = parameters.self_signed(&key).unwrap().pem();
        let key = key.serialize_pem();
        Leaf { certificate, key }
    });
    connect(&first, NAME).unwrap();
    let said = connect_over(&TLS13, &first.certificate, &second, NAME);
    assert_refused(said, "CaUsedAsEndEntity");
}

/// Who has the key of a server may not make others with it, nor a longer life.
#[test]
fn certificate_of_a_server_in_the_file_signs_no_other() {
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        parameters.is_ca = is_ca;
        let leaf = Leaf {
            certificate: parameters.self_signed(&key).unwrap().pem(),
            key: key.serialize_pem(),
        };
        connect(&leaf, NAME).unwrap();
        let issuer = rcgen::Issuer::new(parameters, key);
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        let other = Leaf {
            certificate: parameters.signed_by(&key, &issuer).unwrap().pem(),
            key: key.serialize_pem(),
        };
        let said = connect_over(&TLS13, &leaf.certificate, &other, NAME);
        assert_refused(said, "UnknownIssuer");
    }
}

#[test]
fn session_with_a_certificate_in_the_file_is_resumed() {
    let leaf = own(&[NAME], |_| {});
    for version in VERSIONS {
        let server = server(version, &leaf.certificate, &leaf.key);
        let client = client(&leaf.certificate);
        let kinds = [(); 2].map(|()| {
            let shaken = handshake(server.clone(), client.clone(), NAME).unwrap();
            shaken.kind
        });
        assert_eq!(kinds, [HandshakeKind::Full, HandshakeKind::Resumed]);
    }
}

/// Version 1 has no names but the common one.
#[test]
fn certificate_of_version_1_names_nobody() {
    let leaf = Leaf {
        certificate: VERSION_1.to_owned(),
        key: own(&[NAME], |_| {}).key,
    };
    for version in VERSIONS {
        let said = connect_over(version, &leaf.certificate, &leaf, NAME);
        assert_refused(said, "not valid for any names");
    }
}

/// Until 2126, as `openssl x509 -req -signkey` makes it of a request.
const VERSION_1: &str = "\
    -----BEGIN CERTIFICATE-----\n\
    MIIBJDCBywIUMFFSryuDZyhK+IK/8bkHPoYGQ7MwCgYIKoZIzj0EAwIwFDESMBAG\n\
    A1UEAwwJbG9jYWxob3N0MCAXDTI2MTIwMTAzNDYxOVoYDzIxMjYxMTA3MDM0NjE5\n\
    WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n\
    AASJY0mFwkPkwxMIobgPHNwAv32loRIHF3NOtFurKzdymsI0ygg7+8nTvgLiHoco\n\
    tBPWCo7JUbW+XJahUYYzcuRHMAoGCCqGSM49BAMCA0gAMEUCIE87yalw637r0ypq\n\
    8V73dSVpCz92dumsojxOlB72Y4bfAiEA0j/rU3gURdMbwkteqevSw8t6wWfGYHeW\n\
    j8c5aO09KBU=\n\
    -----END CERTIFICATE-----\n\
    ";
