// Names of their own for the functions of pthread.c: zig's C library has functions of the same names, which know no
// threads. Included before everything else.
#define pthread_create own_create
#define pthread_join own_join
#define pthread_self own_self
#define pthread_mutex_init own_mutex_init
#define pthread_mutex_trylock own_mutex_trylock
#define pthread_mutex_lock own_mutex_lock
#define pthread_mutex_unlock own_mutex_unlock
#define pthread_cond_init own_cond_init
#define pthread_cond_wait own_cond_wait
#define pthread_cond_signal own_cond_signal
#define pthread_cond_broadcast own_cond_broadcast
#define pthread_once own_once
#define pthread_key_create own_key_create
#define pthread_setspecific own_setspecific
#define pthread_getspecific own_getspecific
