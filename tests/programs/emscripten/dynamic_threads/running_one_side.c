static int calls;
static _Thread_local int own = 100;

int one_add(int number) {
    calls++;
    return own + number;
}

int one_count(int number) { return calls * 1000 + number; }
