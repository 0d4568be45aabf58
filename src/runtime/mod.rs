//! The loop that drives a talk: receive, update, perform, draw.
