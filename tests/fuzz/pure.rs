//! The pure modules of rescope that are fuzzed, without the others: those bring TLS and HTTP
//! along, which would take minutes to build once more.

#[path = "../../src/oauth/mod.rs"]
pub mod oauth;
#[path = "../../src/policy/mod.rs"]
pub mod policy;
#[path = "../../src/query.rs"]
pub mod query;
#[path = "../../src/rewrite/mod.rs"]
pub mod rewrite;
#[path = "../../src/scope/mod.rs"]
pub mod scope;
