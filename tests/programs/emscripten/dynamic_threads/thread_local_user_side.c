extern _Thread_local int side_value;

// Another module's variable, and one of its own.
static _Thread_local int calls = 7;

int user_add(int more) {
    calls++;
    side_value += more;
    return side_value * 10 + calls;
}
