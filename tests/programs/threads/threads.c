// What threads are used for: mutexes, condition variables, thread-local data, a parallel sort; and how programs end.
//
//   threads            runs all of it
//   threads trap       a thread traps while the others work and wait
//   threads exit       a thread ends the program with status 7, likewise
//   threads return     the first thread ends the program while others work and wait
//   threads many       starts as many threads as there can be
//   threads sort N M   sorts M million numbers with N threads, and tells how long that takes

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

#define WORKERS 8

static void start(pthread_t *threads, int count, void *(*function)(void *), void *argument) {
    for (int i = 0; i < count; i++) CHECK(pthread_create(&threads[i], NULL, function, argument) == 0);
}

static void join(pthread_t *threads, int count) {
    for (int i = 0; i < count; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

// Mutexes: an account that is read and written without anything atomic.

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long long balance;

static void *deposit(void *unused) {
    for (int i = 0; i < 20000; i++) {
        pthread_mutex_lock(&mutex);
        balance += i;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

static void mutexes(void) {
    pthread_t threads[WORKERS];
    start(threads, WORKERS, deposit, NULL);
    join(threads, WORKERS);
    printf("balance %lld\n", balance);
}

// Condition variables: a queue with little room, several on either side.

static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER, not_empty = PTHREAD_COND_INITIALIZER;
static int queue[4], head, length;
static long long received;

static void *produce(void *unused) {
    for (int i = 1; i <= 2000; i++) {
        pthread_mutex_lock(&mutex);
        while (length == 4) pthread_cond_wait(&not_full, &mutex);
        queue[(head + length++) % 4] = i;
        pthread_cond_signal(&not_empty);
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

static void *consume(void *unused) {
    for (int i = 1; i <= 2000; i++) {
        pthread_mutex_lock(&mutex);
        while (length == 0) pthread_cond_wait(&not_empty, &mutex);
        received += queue[head];
        head = (head + 1) % 4;
        length--;
        pthread_cond_signal(&not_full);
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

static void conditions(void) {
    pthread_t producers[3], consumers[3];
    start(producers, 3, produce, NULL);
    start(consumers, 3, consume, NULL);
    join(producers, 3);
    join(consumers, 3);
    printf("received %lld, left %d\n", received, length);
}

// Thread-local data: variables, and keys with destructors.

static _Thread_local int own = 40;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int made;
static _Atomic int destroyed;

static void destroy(void *value) {
    destroyed += *(int *)value;
}

static void make(void) {
    made++;
    CHECK(pthread_key_create(&key, destroy) == 0);
}

static void *locals(void *number) {
    int value = *(_Atomic int *)number += 1;
    own += value;
    pthread_once(&once, make);
    CHECK(pthread_getspecific(key) == NULL);
    pthread_setspecific(key, &own);
    CHECK(*(int *)pthread_getspecific(key) == 40 + value);
    return NULL;
}

static void thread_locals(void) {
    pthread_t threads[WORKERS];
    _Atomic int number = 0;
    start(threads, WORKERS, locals, &number);
    join(threads, WORKERS);
    printf("made once %d, destroyed %d, own %d\n", made, destroyed, own);
}

// A parallel sort: each thread sorts its part by quicksort, then neighbours are merged in rounds.

struct part {
    unsigned *from, *to, *room;
    size_t middle;
};

static int compare(const void *left, const void *right) {
    unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;
    return (a > b) - (a < b);
}

static void *sort_part(void *argument) {
    struct part *part = argument;
    qsort(part->from, part->to - part->from, sizeof(unsigned), compare);
    return NULL;
}

static void *merge_parts(void *argument) {
    struct part *part = argument;
    unsigned *left = part->from, *middle = part->from + part->middle, *right = middle, *out = part->room;
    while (left < middle && right < part->to) *out++ = *right < *left ? *right++ : *left++;
    while (left < middle) *out++ = *left++;
    while (right < part->to) *out++ = *right++;
    memcpy(part->from, part->room, (part->to - part->from) * sizeof(unsigned));
    return NULL;
}

static void parallel_sort(unsigned *numbers, unsigned *room, size_t count, int workers) {
    pthread_t threads[64];
    struct part parts[64];
    size_t width = (count + workers - 1) / workers;
    int running = 0;
    for (size_t first = 0; first < count; first += width, running++) {
        size_t end = first + width < count ? first + width : count;
        parts[running] = (struct part){numbers + first, numbers + end, room + first, 0};
        start(&threads[running], 1, sort_part, &parts[running]);
    }
    join(threads, running);
    for (; width < count; width *= 2) {
        running = 0;
        for (size_t first = 0; first + width < count; first += 2 * width, running++) {
            size_t end = first + 2 * width < count ? first + 2 * width : count;
            parts[running] = (struct part){numbers + first, numbers + end, room + first, width};
            start(&threads[running], 1, merge_parts, &parts[running]);
        }
        join(threads, running);
    }
}

static void sort(size_t count, int workers, int is_timed) {
    unsigned *numbers = malloc(count * sizeof(unsigned)), *room = malloc(count * sizeof(unsigned));
    CHECK(numbers && room);
    unsigned state = 12345;
    unsigned long long sum = 0;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        sum += numbers[i] = state >> 4;
    }
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    parallel_sort(numbers, room, count, workers);
    clock_gettime(CLOCK_MONOTONIC, &after);
    for (size_t i = 0; i < count; i++) {
        CHECK(i == 0 || numbers[i - 1] <= numbers[i]);
        sum -= numbers[i];
    }
    printf("sorted %zu numbers, sum off by %llu\n", count, sum);
    if (is_timed) {
        double seconds = after.tv_sec - before.tv_sec + (after.tv_nsec - before.tv_nsec) / 1e9;
        printf("%.6f\n", seconds);
    }
    free(numbers);
    free(room);
}

// Ends, while others spin, wait for a mutex that nobody gives back, and sleep.

static _Atomic int spinning;

static void *spin(void *unused) {
    for (spinning = 1; spinning; spinning++) {}
    return unused;
}

static void *stuck(void *unused) {
    pthread_mutex_lock(&mutex);
    return unused;
}

static void *asleep(void *unused) {
    nanosleep(&(struct timespec){.tv_sec = 1000}, NULL);
    return unused;
}

static void *trap(void *unused) {
    while (!spinning) {}
    __builtin_trap();
    return unused;
}

static void *leave(void *unused) {
    while (!spinning) {}
    exit(7);
    return unused;
}

static int end(const char *how) {
    pthread_t threads[4];
    pthread_mutex_lock(&mutex);
    start(&threads[0], 1, spin, NULL);
    start(&threads[1], 1, stuck, NULL);
    start(&threads[2], 1, asleep, NULL);
    if (strcmp(how, "return") == 0) {
        while (!spinning) {}
        return 5;
    }
    start(&threads[3], 1, strcmp(how, "trap") == 0 ? trap : leave, NULL);
    join(threads, 4);
    return 0;
}

static int many(void) {
    static pthread_t threads[1000];
    int count = 0;
    pthread_mutex_lock(&mutex);
    while (count < 1000 && pthread_create(&threads[count], NULL, stuck, NULL) == 0) count++;
    pthread_mutex_unlock(&mutex);
    printf("%d threads\n", count);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 4) {
        sort(atoi(argv[3]) * 1000000, atoi(argv[2]), 1);
        return 0;
    }
    if (argc == 2) return strcmp(argv[1], "many") == 0 ? many() : end(argv[1]);
    mutexes();
    conditions();
    thread_locals();
    sort(300000, 5, 0);
    return 3;
}
