//! Running artifacts from a command line.
