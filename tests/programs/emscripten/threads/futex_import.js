// What older releases had in JavaScript.
mergeInto(LibraryManager.library, {
  emscripten_futex_wait: function(address, expected, milliseconds) {
    if (address <= 0 || address > HEAP8.length || address % 4) return -{{{ cDefine('EINVAL') }}};
    switch (Atomics.wait(HEAP32, address >> 2, expected, milliseconds)) {
      case 'timed-out': return -{{{ cDefine('ETIMEDOUT') }}};
      case 'not-equal': return -{{{ cDefine('EWOULDBLOCK') }}};
      default: return 0;
    }
  },
  emscripten_futex_wake: function(address, count) {
    if (address <= 0 || address > HEAP8.length || address % 4 || count < 0) return -{{{ cDefine('EINVAL') }}};
    return Atomics.notify(HEAP32, address >> 2, count);
  },
});
