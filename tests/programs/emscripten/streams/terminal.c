// Terminals: isatty, tcgetattr, tcsetattr, tcgetpgrp and window sizes, on terminals and on files.
// modes: O1 O2
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "../show.h"

int main(void) {
    struct termios settings = {0};
    struct winsize size = {0};
    TRY(isatty(0));
    TRY(isatty(1));
    TRY(isatty(2));
    int tty = open("/dev/tty", O_RDWR);
    int file = open("/tmp/file", O_RDWR | O_CREAT, 0644);
    TRY(isatty(tty));
    TRY(isatty(file));
    TRUE(errno == ENOTTY);
    TRY(isatty(99));
    TRUE(errno == EBADF);
    TRY(tcgetattr(tty, &settings));
    TRY(tcsetattr(tty, TCSANOW, &settings));
    TRY(tcsetattr(tty, TCSADRAIN, &settings));
    TRY(tcsetattr(tty, TCSAFLUSH, &settings));
    TRY(tcsetattr(tty, 55, &settings));
    TRY(tcgetattr(file, &settings));
    TRY(tcsetattr(file, TCSANOW, &settings));
    TRY(tcgetattr(99, &settings));
    TRY(ioctl(tty, TIOCGWINSZ, &size));
    TRY(ioctl(tty, TIOCSWINSZ, &size));
    TRY(ioctl(file, TIOCGWINSZ, &size));
    TRY(ioctl(99, TIOCGWINSZ, &size));
    TRY(tcgetpgrp(file));
    TRY(tcgetpgrp(99));
    TRY(tcsetpgrp(tty, 1));
    TRY(tcsetpgrp(file, 1));
    return 0;
}
