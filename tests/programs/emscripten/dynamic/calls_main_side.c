// The side module of calls_main.c.
extern int main_counter;
extern const char *main_names[];
extern int main_triple(int);
extern long long main_wide(long long, double);
extern void main_print(const char *);

int side_work(int value) {
    main_print(main_names[2]);
    main_counter += value;
    return main_triple(value) + main_counter;
}
int (*side_pointer_to_main(void))(int) { return main_triple; }
long long side_wide(void) { return main_wide(1LL << 40, 2.75); }
