static _Thread_local int own = 1000;

int one_next(void) { return ++own; }
