// Exceptions thrown and caught in four threads at once, each with its own in flight.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4 -fexceptions
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static int work(int me) {
    int sum = 0;
    for (int i = 0; i < 500; i++) {
        try {
            if (i % 3 == 0) throw me * 1000 + i;
            if (i % 3 == 1) throw std::runtime_error(std::to_string(me));
            sum++;
        } catch (int value) {
            sum += value % 7;
        } catch (const std::exception &error) {
            sum += error.what()[0] - '0';
        }
    }
    return sum;
}

int main() {
    std::vector<int> results(4);
    std::vector<std::thread> threads;
    std::exception_ptr passed;
    for (int i = 0; i < 4; i++) threads.emplace_back([&, i] { results[i] = work(i + 1); });
    for (auto &thread : threads) thread.join();
    for (int i = 0; i < 4; i++) std::printf("%d %d\n", results[i], results[i] == work(i + 1));
    std::thread([&] {
        try { throw std::string("kept"); } catch (...) { passed = std::current_exception(); }
    }).join();
    try {
        std::rethrow_exception(passed);
    } catch (const std::string &text) {
        std::printf("%s\n", text.c_str());
    }
    return 0;
}
