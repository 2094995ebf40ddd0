static _Thread_local int own = 3000;

int three_next(void) { return ++own; }
