// std::async, promise, future, packaged_task and shared_future, with an exception passed between threads.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=6 -fexceptions
#include <cstdio>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

int main() {
    std::vector<std::future<long>> parts;
    for (int i = 0; i < 4; i++) {
        parts.push_back(std::async(std::launch::async, [i] {
            long sum = 0;
            for (int k = i * 1000; k < (i + 1) * 1000; k++) sum += k;
            return sum;
        }));
    }
    long total = 0;
    for (auto &part : parts) total += part.get();
    std::printf("%ld\n", total);
    std::promise<std::string> promise;
    auto future = promise.get_future();
    std::thread thread([&] { promise.set_value("from the thread"); });
    std::printf("%s\n", future.get().c_str());
    thread.join();
    auto failing = std::async(std::launch::async, []() -> int { throw std::runtime_error("thrown in a thread"); });
    try {
        failing.get();
        std::printf("never\n");
    } catch (const std::exception &error) {
        std::printf("%s\n", error.what());
    }
    std::packaged_task<int(int)> task([](int value) { return value * 2; });
    auto doubled = task.get_future();
    std::thread(std::move(task), 21).join();
    std::printf("%d\n", doubled.get());
    std::promise<int> broken;
    auto abandoned = broken.get_future();
    { std::promise<int> gone = std::move(broken); }
    try {
        abandoned.get();
    } catch (const std::future_error &error) {
        std::printf("%d\n", error.code() == std::future_errc::broken_promise);
    }
    auto lazy = std::async(std::launch::deferred, [] { return 5; });
    std::printf("%d\n", lazy.get());
    return 0;
}
