//! Pictures: finding, measuring, decoding in the background, and putting them on the terminal in
//! whatever way it knows.
