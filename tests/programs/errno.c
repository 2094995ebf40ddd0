// Calls the functions of WASI as a program may, rightly and wrongly, and prints the error number of each call.
//
// Descriptor 3 is a folder to read and write, 4 one to read only; tests/wasi.rs says what lies in them.

#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

enum { ROOT = 3, READ_ONLY = 4, CLOSED = 99 };

static const __wasi_rights_t READ = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL;
static const __wasi_rights_t WRITE = __WASI_RIGHTS_FD_WRITE;
static const __wasi_lookupflags_t FOLLOW = __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW;

static __wasi_fd_t opened;
static __wasi_size_t size;
static __wasi_filestat_t status;
static __wasi_fdstat_t descriptor_status;
static __wasi_filesize_t position;
static uint8_t bytes[64];
static __wasi_iovec_t into = {bytes, sizeof bytes};
static __wasi_ciovec_t from = {(const uint8_t *)"12345", 5};

#define TRY(call) printf("%-92s %s\n", #call, name(call))

static const char *name(__wasi_errno_t number) {
    switch (number) {
    case __WASI_ERRNO_SUCCESS: return "success";
    case __WASI_ERRNO_ACCES: return "acces";
    case __WASI_ERRNO_AGAIN: return "again";
    case __WASI_ERRNO_BADF: return "badf";
    case __WASI_ERRNO_EXIST: return "exist";
    case __WASI_ERRNO_FAULT: return "fault";
    case __WASI_ERRNO_FBIG: return "fbig";
    case __WASI_ERRNO_ILSEQ: return "ilseq";
    case __WASI_ERRNO_INVAL: return "inval";
    case __WASI_ERRNO_IO: return "io";
    case __WASI_ERRNO_ISDIR: return "isdir";
    case __WASI_ERRNO_LOOP: return "loop";
    case __WASI_ERRNO_NAMETOOLONG: return "nametoolong";
    case __WASI_ERRNO_NOENT: return "noent";
    case __WASI_ERRNO_NOSYS: return "nosys";
    case __WASI_ERRNO_NOTCAPABLE: return "notcapable";
    case __WASI_ERRNO_NOTDIR: return "notdir";
    case __WASI_ERRNO_NOTEMPTY: return "notempty";
    case __WASI_ERRNO_NOTSOCK: return "notsock";
    case __WASI_ERRNO_NOTSUP: return "notsup";
    case __WASI_ERRNO_OVERFLOW: return "overflow";
    case __WASI_ERRNO_PERM: return "perm";
    case __WASI_ERRNO_ROFS: return "rofs";
    case __WASI_ERRNO_SPIPE: return "spipe";
    case __WASI_ERRNO_XDEV: return "xdev";
    default: {
        static char other[16];
        snprintf(other, sizeof other, "%u", number);
        return other;
    }
    }
}

// Opens a path, and closes what was opened.
static __wasi_errno_t path_open(__wasi_fd_t folder, __wasi_lookupflags_t lookup, const char *path,
                                __wasi_oflags_t flags, __wasi_rights_t rights, __wasi_fdflags_t descriptor_flags) {
    __wasi_errno_t number = __wasi_path_open(folder, lookup, path, flags, rights, rights, descriptor_flags, &opened);
    return number ? number : __wasi_fd_close(opened);
}

// Opens a path and keeps it.
static __wasi_fd_t keep(const char *path, __wasi_oflags_t flags, __wasi_rights_t rights) {
    __wasi_fd_t descriptor = CLOSED;
    __wasi_errno_t number = __wasi_path_open(ROOT, FOLLOW, path, flags, rights, rights, 0, &descriptor);
    if (number) printf("cannot open %s: %s\n", path, name(number));
    return descriptor;
}

#define CREATE __WASI_OFLAGS_CREAT
#define EXCLUSIVE __WASI_OFLAGS_EXCL
#define DIRECTORY __WASI_OFLAGS_DIRECTORY
#define TRUNCATE __WASI_OFLAGS_TRUNC

static void opening(void) {
    TRY(path_open(ROOT, 0, "file", 0, READ, 0));
    TRY(path_open(ROOT, 0, "./dir/../file", 0, READ, 0));
    TRY(path_open(ROOT, 0, "missing", 0, READ, 0));
    TRY(path_open(ROOT, 0, "", 0, READ, 0));
    TRY(path_open(ROOT, 0, "/", 0, READ, 0));
    TRY(path_open(ROOT, 0, "/file", 0, READ, 0));
    TRY(path_open(ROOT, 0, "..", 0, READ, 0));
    TRY(path_open(ROOT, 0, "dir/../../secret", 0, READ, 0));
    TRY(path_open(ROOT, FOLLOW, "up/secret", 0, READ, 0));
    TRY(path_open(ROOT, FOLLOW, "absolute", 0, READ, 0));
    TRY(path_open(ROOT, 0, "file/", 0, READ, 0));
    TRY(path_open(ROOT, 0, "file/x", 0, READ, 0));
    TRY(path_open(ROOT, 0, "file", DIRECTORY, READ, 0));
    TRY(path_open(ROOT, 0, "dir", DIRECTORY, 0, 0));
    TRY(path_open(ROOT, 0, "dir/", DIRECTORY, 0, 0));
    TRY(path_open(ROOT, 0, "dir/", 0, READ, 0));
    TRY(path_open(ROOT, 0, "dir", 0, WRITE, 0));
    TRY(path_open(ROOT, 0, ".", DIRECTORY, 0, 0));
    TRY(path_open(ROOT, FOLLOW, "link", 0, READ, 0));
    TRY(path_open(ROOT, 0, "link", 0, READ, 0));
    TRY(path_open(ROOT, FOLLOW, "dangling", 0, READ, 0));
    TRY(path_open(ROOT, FOLLOW, "loop", 0, READ, 0));
    TRY(path_open(ROOT, FOLLOW, "loop/x", 0, READ, 0));
    TRY(path_open(ROOT, 0, "folder-link/inner", 0, READ, 0));
    TRY(path_open(ROOT, 0, "folder-link", DIRECTORY, 0, 0));
    TRY(path_open(ROOT, FOLLOW, "folder-link", DIRECTORY, 0, 0));
    TRY(path_open(ROOT, 0, "file", CREATE | EXCLUSIVE, WRITE, 0));
    TRY(path_open(ROOT, 0, "link", CREATE | EXCLUSIVE, WRITE, 0));
    TRY(path_open(ROOT, 0, "dir", CREATE | EXCLUSIVE, WRITE, 0));
    TRY(path_open(ROOT, 0, "missing/new", CREATE, WRITE, 0));
    TRY(path_open(ROOT, 0, "new", CREATE, WRITE, 0));
    TRY(path_open(ROOT, 0, "new", CREATE | TRUNCATE, READ | WRITE, 0));
    TRY(path_open(ROOT, 0, "new", TRUNCATE, WRITE, __WASI_FDFLAGS_APPEND));
    TRY(path_open(ROOT, 0, "new", 0, WRITE, __WASI_FDFLAGS_SYNC));
    TRY(path_open(ROOT, 0, "new", 0, WRITE, __WASI_FDFLAGS_DSYNC));
    TRY(path_open(ROOT, 0, "new", 0, READ, __WASI_FDFLAGS_NONBLOCK));
    TRY(path_open(ROOT, 0, "file", 0x1000, READ, 0));
    TRY(path_open(ROOT, 0, "a\xff", 0, READ, 0));
    TRY(path_open(CLOSED, 0, "file", 0, READ, 0));
    TRY(path_open(1, 0, "file", 0, READ, 0));
    char longest[256 + 1] = {0};
    memset(longest, 'a', 256);
    TRY(path_open(ROOT, 0, longest, 0, READ, 0));
    static char too_long[5000 + 1];
    memset(too_long, 'a', 5000);
    for (int at = 99; at < 5000; at += 100) too_long[at] = '/';
    TRY(path_open(ROOT, 0, too_long, 0, READ, 0));
}

static void reading_only(void) {
    TRY(path_open(READ_ONLY, 0, "file", 0, READ, 0));
    TRY(path_open(READ_ONLY, 0, "file", 0, WRITE, 0));
    TRY(path_open(READ_ONLY, 0, "file", TRUNCATE, READ, 0));
    TRY(path_open(READ_ONLY, 0, "new", CREATE, READ, 0));
    TRY(path_open(READ_ONLY, 0, "dir", DIRECTORY, 0, 0));
    TRY(__wasi_path_create_directory(READ_ONLY, "new"));
    TRY(__wasi_path_unlink_file(READ_ONLY, "file"));
    TRY(__wasi_path_remove_directory(READ_ONLY, "dir"));
    TRY(__wasi_path_rename(READ_ONLY, "file", READ_ONLY, "other"));
    TRY(__wasi_path_rename(READ_ONLY, "file", ROOT, "other"));
    TRY(__wasi_path_rename(ROOT, "file", READ_ONLY, "other"));
    TRY(__wasi_path_link(READ_ONLY, 0, "file", ROOT, "other"));
    TRY(__wasi_path_link(ROOT, 0, "file", READ_ONLY, "other"));
    TRY(__wasi_path_symlink("file", READ_ONLY, "other"));
    TRY(__wasi_path_filestat_set_times(READ_ONLY, 0, "file", 0, 0, __WASI_FSTFLAGS_MTIM));
    TRY(__wasi_path_filestat_get(READ_ONLY, 0, "file", &status));
    TRY(__wasi_fd_filestat_set_times(READ_ONLY, 0, 0, __WASI_FSTFLAGS_MTIM));
    __wasi_fd_t file = CLOSED;
    TRY(__wasi_path_open(READ_ONLY, 0, "file", 0, READ, READ, 0, &file));
    TRY(__wasi_fd_write(file, &from, 1, &size));
    TRY(__wasi_fd_pwrite(file, &from, 1, 0, &size));
    TRY(__wasi_fd_filestat_set_size(file, 1));
    TRY(__wasi_fd_filestat_set_times(file, 0, 0, __WASI_FSTFLAGS_MTIM));
    TRY(__wasi_fd_allocate(file, 0, 100));
    TRY(__wasi_fd_close(file));
    __wasi_fd_t folder = CLOSED;
    TRY(__wasi_path_open(READ_ONLY, 0, "dir", DIRECTORY, READ, READ | WRITE, 0, &folder));
    TRY(path_open(folder, 0, "new", CREATE, WRITE, 0));
    TRY(__wasi_path_create_directory(folder, "new"));
    TRY(__wasi_fd_close(folder));
}

static void naming(void) {
    TRY(__wasi_path_create_directory(ROOT, "made"));
    TRY(__wasi_path_create_directory(ROOT, "made"));
    TRY(__wasi_path_create_directory(ROOT, "made/deeper/"));
    TRY(__wasi_path_create_directory(ROOT, "file/x"));
    TRY(__wasi_path_create_directory(ROOT, "missing/x"));
    TRY(__wasi_path_create_directory(ROOT, "dangling"));
    TRY(__wasi_path_create_directory(ROOT, "../x"));
    TRY(__wasi_path_create_directory(ROOT, "."));
    TRY(__wasi_path_remove_directory(ROOT, "made"));
    TRY(__wasi_path_remove_directory(ROOT, "made/deeper/"));
    TRY(__wasi_path_remove_directory(ROOT, "file"));
    TRY(__wasi_path_remove_directory(ROOT, "link"));
    TRY(__wasi_path_remove_directory(ROOT, "folder-link"));
    TRY(__wasi_path_remove_directory(ROOT, "missing"));
    TRY(__wasi_path_unlink_file(ROOT, "made"));
    TRY(__wasi_path_unlink_file(ROOT, "missing"));
    TRY(__wasi_path_unlink_file(ROOT, "new/"));
    TRY(__wasi_path_unlink_file(ROOT, "../secret"));
    TRY(__wasi_path_symlink("file", ROOT, "made-link"));
    TRY(__wasi_path_symlink("file", ROOT, "made-link"));
    TRY(__wasi_path_symlink("/etc", ROOT, "other"));
    TRY(__wasi_path_symlink("", ROOT, "other"));
    TRY(__wasi_path_symlink("file", ROOT, "missing/x"));
    TRY(__wasi_path_readlink(ROOT, "made-link", bytes, sizeof bytes, &size));
    TRY(__wasi_path_readlink(ROOT, "file", bytes, sizeof bytes, &size));
    TRY(__wasi_path_readlink(ROOT, "missing", bytes, sizeof bytes, &size));
    TRY(__wasi_path_readlink(ROOT, "made-link", bytes, 2, &size));
    TRY(__wasi_path_unlink_file(ROOT, "made-link"));
    TRY(__wasi_path_link(ROOT, 0, "file", ROOT, "hard"));
    TRY(__wasi_path_link(ROOT, 0, "file", ROOT, "hard"));
    TRY(__wasi_path_link(ROOT, 0, "missing", ROOT, "other"));
    TRY(__wasi_path_link(ROOT, 0, "dir", ROOT, "other"));
    TRY(__wasi_path_link(ROOT, FOLLOW, "link", ROOT, "other"));
    TRY(__wasi_path_link(ROOT, 0, "file", ROOT, "../other"));
    TRY(__wasi_path_rename(ROOT, "hard", ROOT, "renamed"));
    TRY(__wasi_path_rename(ROOT, "missing", ROOT, "renamed"));
    TRY(__wasi_path_rename(ROOT, "renamed", ROOT, "dir"));
    TRY(__wasi_path_rename(ROOT, "dir", ROOT, "renamed"));
    TRY(__wasi_path_rename(ROOT, "made", ROOT, "dir"));
    TRY(__wasi_path_rename(ROOT, "made", ROOT, "made/inside"));
    TRY(__wasi_path_rename(ROOT, "renamed", ROOT, "../renamed"));
    TRY(__wasi_path_rename(ROOT, "renamed", ROOT, "new"));
    TRY(__wasi_path_rename(ROOT, "new", ROOT, "nowhere-yet/"));
    TRY(__wasi_path_rename(ROOT, "new/", ROOT, "nowhere-yet"));
    TRY(__wasi_path_rename(ROOT, "new", ROOT, "folder-link/"));
    TRY(__wasi_path_rename(ROOT, "dangling", ROOT, "nowhere-yet/"));
    TRY(__wasi_path_rename(ROOT, "missing/", ROOT, "nowhere-yet/"));
    TRY(__wasi_path_rename(ROOT, "made", ROOT, "made-anew/"));
    TRY(__wasi_path_rename(ROOT, "made-anew/", ROOT, "made"));
    TRY(__wasi_path_open(ROOT, FOLLOW, "folder-link", __WASI_OFLAGS_DIRECTORY, READ, READ, 0, &opened));
    TRY(__wasi_fd_close(opened));
    TRY(__wasi_path_open(ROOT, 0, "folder-link", __WASI_OFLAGS_DIRECTORY, READ, READ, 0, &opened));
    TRY(__wasi_path_open(ROOT, FOLLOW, "dangling", __WASI_OFLAGS_DIRECTORY, READ, READ, 0, &opened));
    TRY(__wasi_path_open(ROOT, FOLLOW, "loop", __WASI_OFLAGS_DIRECTORY, READ, READ, 0, &opened));
    TRY(__wasi_path_open(ROOT, FOLLOW, "up", __WASI_OFLAGS_DIRECTORY, READ, READ, 0, &opened));
    TRY(__wasi_path_open(ROOT, FOLLOW, "dir", __WASI_OFLAGS_TRUNC, READ, READ, 0, &opened));
    TRY(__wasi_path_remove_directory(ROOT, "made/"));
    TRY(__wasi_path_filestat_get(ROOT, 0, "dangling", &status));
    TRY(__wasi_path_filestat_get(ROOT, FOLLOW, "dangling", &status));
    TRY(__wasi_path_filestat_get(ROOT, FOLLOW, "loop", &status));
    TRY(__wasi_path_filestat_get(ROOT, 0, "file/", &status));
    TRY(__wasi_path_filestat_get(ROOT, 0, "..", &status));
    TRY(__wasi_path_filestat_set_times(ROOT, 0, "file", 1, 2, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
    TRY(__wasi_path_filestat_set_times(ROOT, 0, "file", 1, 2, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW));
    TRY(__wasi_path_filestat_set_times(ROOT, 0, "missing", 1, 2, __WASI_FSTFLAGS_MTIM));
}

static void descriptors(void) {
    __wasi_fd_t file = keep("new", CREATE | TRUNCATE, READ | WRITE);
    TRY(__wasi_fd_write(file, &from, 1, &size));
    TRY(__wasi_fd_seek(file, -1, __WASI_WHENCE_SET, &position));
    TRY(__wasi_fd_seek(file, -6, __WASI_WHENCE_END, &position));
    TRY(__wasi_fd_seek(file, 2, __WASI_WHENCE_SET, &position));
    TRY(__wasi_fd_seek(file, 0, 7, &position));
    TRY(__wasi_fd_tell(file, &position));
    TRY(__wasi_fd_read(file, &into, 1, &size));
    TRY(__wasi_fd_pread(file, &into, 1, 100, &size));
    TRY(__wasi_fd_pread(file, &into, 1, UINT64_MAX, &size));
    TRY(__wasi_fd_pwrite(file, &from, 1, 2, &size));
    TRY(__wasi_fd_filestat_set_size(file, 3));
    TRY(__wasi_fd_filestat_set_size(file, UINT64_MAX));
    TRY(__wasi_fd_filestat_get(file, &status));
    TRY(__wasi_fd_fdstat_get(file, &descriptor_status));
    TRY(__wasi_fd_fdstat_set_flags(file, __WASI_FDFLAGS_APPEND));
    TRY(__wasi_fd_fdstat_set_flags(file, 0x100));
    TRY(__wasi_fd_advise(file, 0, 10, __WASI_ADVICE_WILLNEED));
    TRY(__wasi_fd_advise(file, 0, 10, 9));
    TRY(__wasi_fd_sync(file));
    TRY(__wasi_fd_datasync(file));
    TRY(__wasi_fd_readdir(file, bytes, sizeof bytes, 0, &size));
    TRY(__wasi_path_create_directory(file, "x"));
    TRY(__wasi_fd_close(file));
    TRY(__wasi_fd_close(file));
    file = keep("file", 0, WRITE);
    TRY(__wasi_fd_read(file, &into, 1, &size));
    TRY(__wasi_fd_close(file));
    file = keep("file", 0, READ);
    TRY(__wasi_fd_write(file, &from, 1, &size));
    TRY(__wasi_fd_renumber(file, CLOSED));
    TRY(__wasi_fd_renumber(CLOSED, file));
    TRY(__wasi_fd_renumber(file, file));
    TRY(__wasi_fd_close(file));
    TRY(__wasi_fd_read(CLOSED, &into, 1, &size));
    TRY(__wasi_fd_write(CLOSED, &from, 1, &size));
    TRY(__wasi_fd_seek(CLOSED, 0, 0, &position));
    TRY(__wasi_fd_fdstat_get(CLOSED, &descriptor_status));
    TRY(__wasi_fd_filestat_get(CLOSED, &status));
    TRY(__wasi_fd_readdir(CLOSED, bytes, sizeof bytes, 0, &size));
    TRY(__wasi_fd_read(ROOT, &into, 1, &size));
    TRY(__wasi_fd_write(ROOT, &from, 1, &size));
    TRY(__wasi_fd_seek(ROOT, 0, 0, &position));
    TRY(__wasi_fd_tell(ROOT, &position));
    TRY(__wasi_fd_filestat_set_size(ROOT, 0));
    TRY(__wasi_fd_allocate(ROOT, 0, 1));
    TRY(__wasi_fd_sync(ROOT));
    TRY(__wasi_fd_filestat_get(ROOT, &status));
    TRY(__wasi_fd_readdir(ROOT, bytes, sizeof bytes, 0, &size));
    TRY(__wasi_fd_readdir(ROOT, bytes, sizeof bytes, 1000000, &size));
    TRY(__wasi_fd_read(1, &into, 1, &size));
    TRY(__wasi_fd_write(0, &from, 1, &size));
    __wasi_prestat_t granted;
    TRY(__wasi_fd_prestat_get(ROOT, &granted));
    TRY(__wasi_fd_prestat_get(5, &granted));
    TRY(__wasi_fd_prestat_get(1, &granted));
    TRY(__wasi_fd_prestat_dir_name(READ_ONLY, bytes, 1));
    TRY(__wasi_fd_prestat_dir_name(READ_ONLY, bytes, sizeof bytes));
}

static void others(void) {
    __wasi_timestamp_t time;
    TRY(__wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 0, &time));
    TRY(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &time));
    TRY(__wasi_clock_time_get(9, 0, &time));
    TRY(__wasi_clock_res_get(__WASI_CLOCKID_MONOTONIC, &time));
    TRY(__wasi_clock_res_get(9, &time));
    TRY(__wasi_random_get(bytes, sizeof bytes));
    TRY(__wasi_random_get(bytes, 0));
    TRY(__wasi_sched_yield());
    __wasi_subscription_t subscription = {0};
    __wasi_event_t event;
    TRY(__wasi_poll_oneoff(&subscription, &event, 0, &size));
    subscription.u.tag = __WASI_EVENTTYPE_CLOCK;
    subscription.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
    TRY(__wasi_poll_oneoff(&subscription, &event, 1, &size));
    subscription.u.tag = 7;
    TRY(__wasi_poll_oneoff(&subscription, &event, 1, &size));
    TRY(__wasi_sock_shutdown(ROOT, __WASI_SDFLAGS_RD));
    TRY(__wasi_sock_accept(ROOT, 0, &opened));
    TRY(__wasi_sock_accept(CLOSED, 0, &opened));
}

int main(void) {
    opening();
    reading_only();
    naming();
    descriptors();
    others();
    return 0;
}
