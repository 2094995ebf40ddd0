static _Thread_local int own = 4000;

int four_next(void) { return ++own; }
