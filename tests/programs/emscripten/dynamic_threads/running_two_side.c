static _Thread_local int own = 200;

int two_add(int number) { return own++ + number; }
