//! Detects stolen Kubernetes identity on a node, the moment kubectl runs under it.
//!
//! The folders are the flow: `source` ▶ `event` ▶ `enrich` ▶ `rule` (with `eql`) ▶ `exception` ▶ `suppression` ▶
//! `alert` (with `redact`) ▶ `sink`, and [`pipeline`] is the one place that knows them all.

pub mod alert;
pub mod allowance;
pub mod cli;
pub mod command;
pub mod config;
pub mod confine;
pub mod credential;
pub mod doctor;
pub mod enrich;
pub mod eql;
pub mod event;
pub mod exception;
pub mod exceptionset;
pub mod exit;
pub mod explain;
pub mod facts;
pub mod identity;
pub mod integrity;
pub mod interpreter;
pub mod kubectl;
pub mod log;
pub mod loss;
pub mod memory;
pub mod past;
pub mod pipeline;
pub mod redact;
pub mod respond;
pub mod response;
pub mod rule;
pub mod ruleset;
pub mod runbook;
pub mod salt;
pub mod shell;
pub mod signals;
pub mod simulation;
pub mod sink;
pub mod source;
pub mod state;
pub mod suppression;
pub mod surroundings;
