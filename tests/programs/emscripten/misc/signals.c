// raise, signal, sigaction and sigprocmask within the program.
// modes: O1 O2
#include <signal.h>
#include <unistd.h>
#include "../show.h"

static volatile int seen, seen_information;
static void handler(int number) { seen = number; }
static void informed(int number, siginfo_t *information, void *context) { (void)context; seen_information = number + (information != NULL ? 0 : 0); }

int main(void) {
    TRUE(signal(SIGUSR1, handler) == SIG_DFL);
    TRY(raise(SIGUSR1));
    TRUE(seen == SIGUSR1);
    struct sigaction action = {.sa_sigaction = informed, .sa_flags = SA_SIGINFO}, old;
    TRY(sigaction(SIGUSR2, &action, &old));
    TRUE(old.sa_handler == SIG_DFL);
    TRY(raise(SIGUSR2));
    TRUE(seen_information == SIGUSR2);
    TRUE(signal(SIGUSR1, SIG_IGN) == handler);
    seen = 0;
    TRY(raise(SIGUSR1));
    TRY(seen);
    TRY(kill(getpid(), SIGUSR2));
    TRY(sigaction(1000, &action, NULL));
    sigset_t set;
    TRY(sigemptyset(&set));
    TRY(sigaddset(&set, SIGINT));
    TRY(sigismember(&set, SIGINT));
    TRY(sigismember(&set, SIGTERM));
    printf("%s\n", strsignal(SIGINT));
    return 0;
}
