//! A running rescope in this process, with all of its listeners.

use std::{net::SocketAddr, sync::Arc};

use rescope::app::{App, Reload};
use rescope::config::{self, Config, Overrides};

use crate::raw::{self, Wire};
use crate::wire;

pub struct Rescope {
    /// Where the proxy listens, without TLS first.
    pub proxy: Vec<SocketAddr>,
    /// Where authorize endpoints alone are.
    pub endpoints: Vec<SocketAddr>,
    pub app: raw::App,
    /// In this process.
    pub running: wire::Rescope,
    reload: Arc<Reload>,
}

impl Rescope {
    /// Starts it on a plain port in front of an app, with what `text` adds to its file.
    pub fn start(text: &str) -> Self {
        Self::configured(&format!("listen = '127.0.0.1:0'\n{text}"))
    }

    /// Starts it in front of an app with a configuration file of this text.
    pub fn configured(text: &str) -> Self {
        let app = raw::App::start();
        let look = |bound: &App| {
            let tcp = |address: String| address.split_once("://")?.1.parse().ok();
            let proxy = bound.addresses().filter_map(tcp).collect();
            let endpoints = bound.authorize_addresses().filter_map(tcp).collect();
            (proxy, endpoints, bound.reload())
        };
        let (running, seen) = wire::Rescope::seen(config_for(&app, text), look);
        let (proxy, endpoints, reload) = seen;
        Self {
            proxy,
            endpoints,
            app,
            running,
            reload,
        }
    }

    /// A client of the listener that is for the endpoint alone or, where there is none, of
    /// the proxy's.
    pub fn client(&self) -> Wire {
        Wire::connect(self.address())
    }

    pub fn address(&self) -> SocketAddr {
        *self.endpoints.first().unwrap_or(&self.proxy[0])
    }

    /// Sends one request, and returns its answer.
    pub fn ask(&self, request: impl AsRef<[u8]>) -> String {
        let mut client = self.client();
        client.send(request);
        client.message()
    }

    /// Takes up another configuration, as for SIGHUP.
    pub fn reload(&self, text: &str) {
        let text = format!("listen = '127.0.0.1:0'\n{text}");
        self.reload.apply(Ok(config_for(&self.app, &text)));
    }
}

fn config_for(app: &raw::App, text: &str) -> Config {
    let overrides = Overrides {
        upstream: Some(format!("http://{}", app.address())),
        ..Overrides::default()
    };
    let parsed = config::parse(text, "proxy.toml", &overrides);
    parsed.unwrap_or_else(|report| panic!("{report}"))
}

/// A GET of `target`.
pub fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: app.example\r\n\r\n")
}

/// A POST to `target` of a form with these bytes.
pub fn post(target: &str, form: impl AsRef<[u8]>) -> Vec<u8> {
    let form = form.as_ref();
    let length = form.len();
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: app.example\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), form].concat()
}

/// An answer without its one Date, which is never the same twice.
#[track_caller]
pub fn undated(answer: &str) -> String {
    let is_date = |line: &&str| line.starts_with("date: ") && line.ends_with(" GMT\r\n");
    let dates: Vec<_> = answer.split_inclusive('\n').filter(is_date).collect();
    assert_eq!(dates.len(), 1, "{answer}");
    answer.replace(dates[0], "")
}

/// The status of an answer.
pub fn status(answer: &str) -> u16 {
    answer[9..12].parse().unwrap()
}
