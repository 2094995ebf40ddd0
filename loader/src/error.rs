//! Why an artifact could not be loaded, and what the system refused.

use std::fmt;
use std::io;

use wasmc_contract::target::{CpuFeatures, Target};

/// A system call that failed.
#[derive(Debug)]
pub struct SystemError {
    /// What was being done.
    pub operation: &'static str,
    /// The system's reason.
    pub source: io::Error,
}

impl SystemError {
    /// The last system call's error.
    pub(crate) fn last(operation: &'static str) -> Self {
        Self { operation, source: io::Error::last_os_error() }
    }
}

impl fmt::Display for SystemError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot {}: {}", self.operation, self.source)
    }
}

// No `source`: the text above says it already, and whoever prints a chain would say it twice.
impl std::error::Error for SystemError {}

/// Why an artifact could not be loaded: the cause, the place, and what can be done about it.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The system refused something.
    System(SystemError),
    /// The file is not an object file of this system's kind.
    NotAnObject(&'static str),
    /// The file is an object file, but not one that wasmc wrote: it lacks this section.
    NotAnArtifact(&'static str),
    /// A part of the artifact is not as it must be.
    Malformed {
        /// The section's name.
        section: &'static str,
        /// What is wrong.
        cause: &'static str,
    },
    /// The artifact's layout is of another version.
    Version {
        /// Its contract version.
        version: u32,
        /// Its contract revision.
        revision: u32,
    },
    /// The artifact was compiled for another target (`None`: for one that this loader does not know).
    Target(Option<Target>),
    /// The artifact was compiled with options that this loader does not know: these bits of its flags.
    Flags(u32),
    /// The code needs CPU features that this machine lacks.
    CpuFeatures(CpuFeatures),
}

impl From<SystemError> for LoadError {
    fn from(error: SystemError) -> Self {
        Self::System(error)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(error) => write!(formatter, "{error}"),
            Self::NotAnObject(cause) => write!(formatter, "not a compiled artifact: {cause}"),
            Self::NotAnArtifact(section) => {
                write!(formatter, "not an artifact of wasmc: the object has no section {section}")
            }
            Self::Malformed { section, cause } => {
                write!(formatter, "malformed artifact: {section}: {cause}; compile the module again")
            }
            Self::Version { version, revision } => {
                use wasmc_contract::{CONTRACT_REVISION, CONTRACT_VERSION};
                write!(formatter, "the artifact has layout {version}.{revision}, ")?;
                if *version < CONTRACT_VERSION {
                    write!(
                        formatter,
                        "which this loader has stopped reading (it reads {CONTRACT_VERSION}.0 to \
                         {CONTRACT_VERSION}.{CONTRACT_REVISION}); compile the module again"
                    )
                } else {
                    write!(
                        formatter,
                        "which is newer than this loader (it reads up to {CONTRACT_VERSION}.{CONTRACT_REVISION}); take \
                         the loader that came with the wasmc that compiled it, or compile the module with the wasmc that \
                         this loader came with"
                    )
                }
            }
            Self::Target(found) => {
                let host = Target::host().map_or("an unknown one", Target::name);
                match found {
                    Some(target) => write!(formatter, "the artifact is for {target}, this machine is {host}")?,
                    None => write!(formatter, "the artifact is for an unknown target, this machine is {host}")?,
                }
                write!(formatter, "; compile the module with `wasmc compile --target {host}`")
            }
            Self::Flags(bits) => write!(
                formatter,
                "the artifact was compiled with options that this loader does not know (flags {bits:#x}); use the \
                 loader that came with the wasmc that compiled it"
            ),
            Self::CpuFeatures(missing) => write!(
                formatter,
                "the artifact needs CPU features that this machine lacks: {missing}{}; compile the module with \
                 `wasmc compile --cpu {}`",
                if missing.iter().next().is_none() { "(unknown ones)" } else { "" },
                crate::cpu::highest_level(),
            ),
        }
    }
}

impl std::error::Error for LoadError {}
