//! Detects stolen Kubernetes identity on a node, the moment kubectl runs under it.
//!
//! The folders are the flow: `source` ▶ `event` ▶ `enrich` ▶ `rule` (with `eql`) ▶ `alert` (with `redact`)
//! ▶ `sink`, and [`pipeline`] is the one place that knows them all.

pub mod enrich;
pub mod eql;
pub mod event;
pub mod explain;
pub mod rule;
pub mod ruleset;
pub mod source;
