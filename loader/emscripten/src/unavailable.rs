//! What only a browser has: functions that trap when they are called, and say which they are.

use wasmc_loader::{DefineError, FunctionType, HostError, Linker, Printable};

use crate::MODULE;

/// Defines `name` so that a call of it ends the program.
pub(crate) fn define(linker: &mut Linker, name: &str, wanted: &FunctionType) -> Result<(), DefineError> {
    let message = message(name);
    let call = move |_: &mut wasmc_loader::Caller<'_>, _: &[wasmc_loader::Value], _: &mut [wasmc_loader::Value]| {
        Err(HostError::Message(message.clone()))
    };
    linker.array_function(MODULE, name, wanted.clone(), call).map(drop)
}

/// What is said when `name` is called.
pub(crate) fn message(name: &str) -> String {
    let is_script =
        ["emscripten_asm_const", "emscripten_run_script", "__asyncjs__"].iter().any(|start| name.starts_with(start));
    let reason = if is_script {
        "which runs JavaScript: there is none here"
    } else {
        "which a browser, or JavaScript of the program's own, would have: it is not there here"
    };
    format!("the program called `{}`, {reason}", Printable(name))
}
