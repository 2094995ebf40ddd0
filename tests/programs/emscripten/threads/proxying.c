// Proxying queues: work done on a chosen thread, waited for or not, and finished by a callback of its own.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <emscripten/threading.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "../show.h"

// 3.1.6 has these functions but not yet their header.
typedef struct em_proxying_queue em_proxying_queue;
typedef struct em_proxying_ctx em_proxying_ctx;
em_proxying_queue *em_proxying_queue_create(void);
void em_proxying_queue_destroy(em_proxying_queue *queue);
void emscripten_proxy_execute_queue(em_proxying_queue *queue);
void emscripten_proxy_finish(em_proxying_ctx *context);
int emscripten_proxy_async(em_proxying_queue *queue, pthread_t thread, void (*work)(void *), void *argument);
int emscripten_proxy_sync(em_proxying_queue *queue, pthread_t thread, void (*work)(void *), void *argument);
int emscripten_proxy_sync_with_ctx(em_proxying_queue *queue, pthread_t thread, void (*work)(em_proxying_ctx *, void *), void *argument);

static em_proxying_queue *queue;
static atomic_int ready, stop, sum, elsewhere;
static pthread_t server;
static em_proxying_ctx *held;

static void add(void *value) {
    if (!pthread_equal(pthread_self(), server)) elsewhere++;
    sum += (int)(long)value;
}
static void hold(em_proxying_ctx *context, void *value) {
    add(value);
    held = context;
}
static void *serve(void *unused) {
    server = pthread_self();
    ready = 1;
    while (!stop) {
        emscripten_proxy_execute_queue(queue);
        if (held) {
            em_proxying_ctx *context = held;
            held = NULL;
            sum += 1000;
            emscripten_proxy_finish(context);
        }
        usleep(200);
    }
    return unused;
}

int main(void) {
    pthread_t thread;
    queue = em_proxying_queue_create();
    pthread_create(&thread, NULL, serve, NULL);
    while (!ready) usleep(500);
    TRY(emscripten_proxy_sync(queue, thread, add, (void *)1L));
    TRY(sum);
    for (long i = 2; i <= 10; i++) emscripten_proxy_async(queue, thread, add, (void *)i);
    while (sum < 55) usleep(500);
    TRY(sum);
    TRY(emscripten_proxy_sync_with_ctx(queue, thread, hold, (void *)100L));
    TRY(sum);
    stop = 1;
    pthread_join(thread, NULL);
    em_proxying_queue_destroy(queue);
    TRY(elsewhere);
    return 0;
}
