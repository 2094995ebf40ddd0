// A hundred thousand exceptions, whose memory is given back each time.
// modes: exceptions wasm-exceptions
#include <cstdio>
#include <malloc.h>
#include <string>

static int work(int i) {
    std::string text(40, static_cast<char>('a' + i % 26));
    if (i % 2) throw text;
    return static_cast<int>(text.size());
}

static int rounds(int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
        try {
            sum += work(i);
        } catch (const std::string &text) {
            sum += text[39];
        }
    }
    return sum;
}

int main() {
    rounds(100);
    auto before = mallinfo().uordblks;
    std::printf("%d\n", rounds(100000));
    std::printf("%d\n", static_cast<int>(mallinfo().uordblks - before));
    return 0;
}
