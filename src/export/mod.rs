//! Documents made from scenes and buffers; no exporter parses or wraps by itself.
