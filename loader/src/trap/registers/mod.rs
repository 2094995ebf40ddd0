//! The registers of a thread that a fault interrupted, as each system passes them to a handler on each CPU.
//!
//! Each file reads the [`super::Place`] where the thread was, and writes the [`super::Continuation`] where it goes on.

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
mod linux_aarch64;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux_x86_64;
#[cfg(all(target_os = "macos", target_arch = "aarch64"))]
mod macos_aarch64;
#[cfg(all(target_os = "macos", target_arch = "x86_64"))]
mod macos_x86_64;
#[cfg(all(windows, target_arch = "aarch64"))]
mod windows_aarch64;
#[cfg(all(windows, target_arch = "x86_64"))]
mod windows_x86_64;

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
pub(super) use linux_aarch64::{go_on, place};
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(super) use linux_x86_64::{go_on, place};
#[cfg(all(target_os = "macos", target_arch = "aarch64"))]
pub(super) use macos_aarch64::{go_on, place};
#[cfg(all(target_os = "macos", target_arch = "x86_64"))]
pub(super) use macos_x86_64::{go_on, place};
#[cfg(all(windows, target_arch = "aarch64"))]
pub(super) use windows_aarch64::{go_on, place};
#[cfg(all(windows, target_arch = "x86_64"))]
pub(super) use windows_x86_64::{go_on, place};
