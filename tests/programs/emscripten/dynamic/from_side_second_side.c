// A side module of from_side.c: it is opened by the first.
extern void main_enter(const char *);
extern int first_give(void);

int second_run(int (*give)(void)) {
    main_enter("second_run");
    return give() * 10 + first_give();
}
