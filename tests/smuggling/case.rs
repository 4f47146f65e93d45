//! One hostile request, and what may become of it.

/// What a client sends on one connection, and what must not come of it.
#[derive(Debug, Clone)]
pub struct Case {
    pub group: &'static str,
    pub name: String,
    pub protocol: Protocol,
    /// All that the client sends, but for the probe that follows.
    pub bytes: Vec<u8>,
    /// How many requests these bytes mean; the app must not see more.
    pub requests: usize,
    /// The RFC and section because of which nobody may pass it on; empty where the RFCs
    /// leave a choice.
    pub must_refuse: &'static str,
    /// Whether the fault is in the body, whose head may be passed on before it is seen.
    pub is_in_body: bool,
    /// Whether a server may well wait for more bytes instead of answering.
    pub waits: bool,
    /// Whether a probe on the same connection would become a part of the request.
    pub is_alone: bool,
    /// What the app's bytes must hold if a request arrives, in lower case; often empty.
    pub has: &'static str,
    /// What the app's bytes must not hold, in lower case; empty for nothing.
    pub lacks: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

impl Case {
    pub fn http1(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            group: "",
            name: name.into(),
            protocol: Protocol::Http1,
            bytes: bytes.into(),
            requests: 1,
            must_refuse: "",
            is_in_body: false,
            waits: false,
            is_alone: false,
            has: "",
            lacks: "",
        }
    }

    /// `frames` are those of stream 1; what a connection begins with goes before them.
    pub fn http2(name: impl Into<String>, frames: impl Into<Vec<u8>>) -> Self {
        Self {
            protocol: Protocol::Http2,
            ..Self::http1(name, frames)
        }
    }

    pub fn requests(self, requests: usize) -> Self {
        Self { requests, ..self }
    }

    pub fn must_refuse(self, must_refuse: &'static str) -> Self {
        Self {
            must_refuse,
            ..self
        }
    }

    pub fn in_body(self) -> Self {
        Self {
            is_in_body: true,
            ..self
        }
    }

    pub fn waits(self) -> Self {
        Self {
            waits: true,
            ..self
        }
    }

    pub fn alone(self) -> Self {
        Self {
            is_alone: true,
            ..self
        }
    }

    pub fn has(self, has: &'static str) -> Self {
        Self { has, ..self }
    }

    pub fn lacks(self, lacks: &'static str) -> Self {
        Self { lacks, ..self }
    }
}

/// Puts `cases` under one heading of the table.
pub fn group(name: &'static str, cases: impl IntoIterator<Item = Case>) -> Vec<Case> {
    let cases = cases.into_iter();
    cases
        .map(|case| Case {
            group: name,
            ..case
        })
        .collect()
}
