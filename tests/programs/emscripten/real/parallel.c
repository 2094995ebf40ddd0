// Threads at work: a prime sieve over shared segments, a parallel merge sort, and a pool with a job queue.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=8
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 2000000, WORKERS = 4, SEGMENT = 50000, NUMBERS = 200000 };

// The job queue: jobs are functions with an argument, taken by whichever worker is free.
struct job { void (*run)(void *); void *argument; struct job *next; };
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed, idle;
    struct job *first, *last;
    int running, waiting, closed;
    pthread_t workers[WORKERS];
};

static void *worker(void *given) {
    struct pool *pool = given;
    long done = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->first && !pool->closed) pthread_cond_wait(&pool->changed, &pool->lock);
        if (!pool->first) break;
        struct job *job = pool->first;
        pool->first = job->next;
        pool->running++;
        pthread_mutex_unlock(&pool->lock);
        job->run(job->argument);
        free(job);
        done++;
        pthread_mutex_lock(&pool->lock);
        pool->running--;
        if (!pool->first && !pool->running) pthread_cond_broadcast(&pool->idle);
    }
    pthread_mutex_unlock(&pool->lock);
    return (void *)done;
}

static void submit(struct pool *pool, void (*run)(void *), void *argument) {
    struct job *job = malloc(sizeof *job);
    *job = (struct job){run, argument, NULL};
    pthread_mutex_lock(&pool->lock);
    if (pool->first) pool->last->next = job;
    else pool->first = job;
    pool->last = job;
    pthread_cond_signal(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

static void wait_idle(struct pool *pool) {
    pthread_mutex_lock(&pool->lock);
    while (pool->first || pool->running) pthread_cond_wait(&pool->idle, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

static unsigned char composite[LIMIT + 1];
static int small_primes[500], small_count;
static atomic_int primes;

static void sieve_segment(void *argument) {
    int from = (int)(long)argument, to = from + SEGMENT > LIMIT ? LIMIT : from + SEGMENT - 1, count = 0;
    for (int i = 0; i < small_count; i++) {
        int prime = small_primes[i], start = (from + prime - 1) / prime * prime;
        if (start < prime * prime) start = prime * prime;
        for (int multiple = start; multiple <= to; multiple += prime) composite[multiple] = 1;
    }
    for (int i = from; i <= to; i++) count += i >= 2 && !composite[i];
    atomic_fetch_add(&primes, count);
}

static uint32_t numbers[NUMBERS], scratch[NUMBERS];
struct range { uint32_t *from, *scratch; size_t length; };

static void *merge_sort(void *argument) {
    struct range *range = argument;
    size_t half = range->length / 2;
    if (range->length < 2) return NULL;
    struct range left = {range->from, range->scratch, half}, right = {range->from + half, range->scratch + half, range->length - half};
    pthread_t thread;
    int parallel = range->length > NUMBERS / 4 && pthread_create(&thread, NULL, merge_sort, &left) == 0;
    if (!parallel) merge_sort(&left);
    merge_sort(&right);
    if (parallel) pthread_join(thread, NULL);
    size_t i = 0, j = half;
    for (size_t k = 0; k < range->length; k++)
        range->scratch[k] = j >= range->length || (i < half && range->from[i] <= range->from[j]) ? range->from[i++] : range->from[j++];
    memcpy(range->from, range->scratch, range->length * sizeof *range->from);
    return NULL;
}

int main(void) {
    struct pool pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    for (int i = 0; i < WORKERS; i++) pthread_create(&pool.workers[i], NULL, worker, &pool);
    for (int n = 2; n * n <= LIMIT; n++) {
        int prime = 1;
        for (int i = 0; i < small_count && small_primes[i] * small_primes[i] <= n; i++) prime &= n % small_primes[i] != 0;
        if (prime) small_primes[small_count++] = n;
    }
    for (long from = 0; from <= LIMIT; from += SEGMENT) submit(&pool, sieve_segment, (void *)from);
    wait_idle(&pool);
    printf("%d primes below %d\n", primes, LIMIT);
    pthread_mutex_lock(&pool.lock);
    pool.closed = 1;
    pthread_cond_broadcast(&pool.changed);
    pthread_mutex_unlock(&pool.lock);
    long jobs = 0;
    for (int i = 0; i < WORKERS; i++) {
        void *done;
        pthread_join(pool.workers[i], &done);
        jobs += (long)done;
    }
    printf("%ld jobs done\n", jobs);
    uint32_t state = 7;
    uint64_t before = 0, after = 0, wrong = 0;
    for (int i = 0; i < NUMBERS; i++) before += numbers[i] = state = state * 1664525 + 1013904223;
    struct range all = {numbers, scratch, NUMBERS};
    merge_sort(&all);
    for (int i = 0; i < NUMBERS; i++) {
        after += numbers[i];
        wrong += i && numbers[i - 1] > numbers[i];
    }
    printf("%llu out of order, sum %s, first %u, last %u\n", (unsigned long long)wrong, before == after ? "kept" : "LOST", numbers[0], numbers[NUMBERS - 1]);
    return 0;
}
