// Processes cannot be made: fork, execve, popen, wait and nice say so.
// modes: O1 O2
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    char *arguments[] = {"true", NULL};
    TRY(fork());
    TRY(execve("/bin/true", arguments, NULL));
    TRY(execvp("true", arguments));
    TRUE(popen("true", "r") == NULL);
    TRUE(wait(NULL) == -1);
    TRUE(waitpid(1, NULL, 0) == -1);
    TRY(nice(1));
    return 0;
}
