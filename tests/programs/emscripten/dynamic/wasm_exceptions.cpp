// The exceptions of exceptions.cpp by wasm's own instructions: both modules share the tag.
// modes: dynamic
// flags: -fwasm-exceptions
// side: exceptions_side.cpp
#include "exceptions.cpp"
