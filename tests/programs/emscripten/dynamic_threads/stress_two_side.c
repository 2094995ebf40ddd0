static _Thread_local int own = 2000;

int two_next(void) { return ++own; }
