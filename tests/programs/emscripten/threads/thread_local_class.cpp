// thread_local objects with constructors and destructors, one for each thread that uses them.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

static std::atomic<int> made, destroyed;
struct Counter {
    int value = 0;
    std::string name = "a name that is too long for the small buffer of a string";
    Counter() { made++; }
    ~Counter() { destroyed++; }
};
thread_local Counter counter;
static int step() {
    thread_local Counter inner;
    return ++inner.value + ++counter.value;
}

int main() {
    std::vector<int> results(3);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; i++) threads.emplace_back([&, i] { for (int k = 0; k <= i; k++) results[i] = step(); });
    for (auto &thread : threads) thread.join();
    std::printf("%d %d %d\n", results[0], results[1], results[2]);
    std::printf("%d made, %d destroyed\n", made.load(), destroyed.load());
    std::thread([] {}).join();
    std::printf("%d made\n", made.load());
    std::printf("%d\n", step());
    std::printf("%d made, %d destroyed\n", made.load(), destroyed.load());
    return 0;
}
