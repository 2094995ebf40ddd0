// uname, users, groups, processes, limits and the other facts about a process that are fixed.
// modes: O1 O2 standalone
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    struct utsname name;
    TRY(uname(&name));
    printf("%s %s\n", name.sysname, name.machine);
    TRY(getpid());
    TRY(getppid());
    TRY(getpgid(0));
    TRY(getsid(0));
    TRY(getpgid(999));
    TRY(setpgid(0, 0));
    TRY(getpriority(PRIO_PROCESS, 0));
    TRY(setpriority(PRIO_PROCESS, 0, 5));
    struct rlimit limit;
    TRY(getrlimit(RLIMIT_NOFILE, &limit));
    TRUE(limit.rlim_cur == RLIM_INFINITY);
    TRY(setrlimit(RLIMIT_NOFILE, &limit));
    TRY(umask(022) <= 0777);
    TRY(umask(027));
    TRY(umask(0));
    gid_t groups[4];
    TRY(getgroups(4, groups));
    uid_t real, effective, saved;
    TRY(getresuid(&real, &effective, &saved));
    TRUE(real == effective && effective == saved);
    TRY(pause());
    return 0;
}
