// The side module of pointers.c.
typedef int (*function)(int);
static function functions[10];
static int count;

int side_square(int value) { return value * value; }
static int f0(int v) { return v; }
static int f1(int v) { return v + 1; }
static int f2(int v) { return v + 2; }
static int f4(int v) { return v + 4; }
static int f5(int v) { return v + 5; }
static int f6(int v) { return v + 6; }
static int f7(int v) { return v + 7; }
function side_table[8] = {f0, f1, f2, side_square, f4, f5, f6, f7};

void side_register(function call) { functions[count++] = call; }
function side_get(int index) { return functions[index]; }
int side_run(int value) {
    for (int i = 0; i < count; i++) value = functions[i](value);
    return value;
}
long long side_wide(long long (*wide)(long long), float (*real)(float, double)) { return wide(1LL << 35) + (long long)real(1.5f, 2.5); }
