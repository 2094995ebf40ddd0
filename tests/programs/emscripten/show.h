// Shared by the programs: shows a call, what it returned and, if it failed, its errno by name.
#ifndef SHOW_H
#define SHOW_H
#include <errno.h>
#include <stdio.h>
#include <string.h>

static inline const char *error_name(int error) {
    switch (error) {
#define NAME(x) case x: return #x
    case 0: return "0";
    NAME(EPERM); NAME(ENOENT); NAME(EIO); NAME(ENXIO); NAME(EBADF); NAME(EAGAIN); NAME(ENOMEM); NAME(EACCES);
    NAME(EFAULT); NAME(EBUSY); NAME(EEXIST); NAME(EXDEV); NAME(ENODEV); NAME(ENOTDIR); NAME(EISDIR); NAME(EINVAL);
    NAME(EMFILE); NAME(ENOTTY); NAME(EFBIG); NAME(ENOSPC); NAME(ESPIPE); NAME(EROFS); NAME(EMLINK); NAME(EPIPE);
    NAME(EDOM); NAME(ERANGE); NAME(EDEADLK); NAME(ENAMETOOLONG); NAME(ENOSYS); NAME(ENOTEMPTY); NAME(ELOOP);
    NAME(EOVERFLOW); NAME(EILSEQ); NAME(ENOTSOCK); NAME(EDESTADDRREQ); NAME(ENOPROTOOPT); NAME(EPROTONOSUPPORT);
    NAME(EOPNOTSUPP); NAME(EAFNOSUPPORT); NAME(EADDRINUSE); NAME(ENOTCONN); NAME(EISCONN); NAME(ETIMEDOUT);
    NAME(ECONNREFUSED); NAME(EALREADY); NAME(EINPROGRESS); NAME(ESRCH); NAME(ECHILD); NAME(EINTR); NAME(ENOEXEC);
    NAME(E2BIG); NAME(ECANCELED);
#undef NAME
    }
    return "another error";
}

// TRY(call) prints "call = result", and the errno's name after a result of -1.
#define TRY(call)                                                         \
    do {                                                                  \
        errno = 0;                                                        \
        long long result_ = (long long)(call);                            \
        if (result_ == -1) printf("%s = -1 %s\n", #call, error_name(errno)); \
        else printf("%s = %lld\n", #call, result_);                       \
    } while (0)

// CODE(call) prints the name of the error number that the call returns.
#define CODE(call) printf("%s = %s\n", #call, error_name(call))

// TRUE(condition) prints whether the condition holds.
#define TRUE(condition) printf("%s: %s\n", #condition, (condition) ? "yes" : "no")

#endif
