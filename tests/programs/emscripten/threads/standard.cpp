// std::thread, mutex, condition_variable, call_once, shared_mutex and atomic.
// modes: threads threads-proxied
// flags: -sPTHREAD_POOL_SIZE=4 -std=c++17
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <queue>
#include <shared_mutex>
#include <thread>
#include <vector>

int main() {
    std::mutex lock;
    std::shared_mutex shared;
    std::atomic<int> counter{0};
    std::once_flag once;
    int protected_counter = 0, made = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++) {
        threads.emplace_back([&, i] {
            for (int k = 0; k < 1000; k++) {
                counter += i;
                std::lock_guard guard(lock);
                protected_counter++;
            }
            std::call_once(once, [&] { made++; });
            std::shared_lock reading(shared);
        });
    }
    for (auto &thread : threads) thread.join();
    std::printf("%d %d %d\n", counter.load(), protected_counter, made);

    std::queue<int> queue;
    std::condition_variable changed;
    bool done = false;
    long sum = 0;
    std::thread consumer([&] {
        std::unique_lock guard(lock);
        for (;;) {
            changed.wait(guard, [&] { return done || !queue.empty(); });
            while (!queue.empty()) sum += queue.front(), queue.pop();
            if (done) return;
        }
    });
    for (int i = 1; i <= 100; i++) {
        { std::lock_guard guard(lock); queue.push(i); }
        changed.notify_one();
    }
    { std::lock_guard guard(lock); done = true; }
    changed.notify_all();
    consumer.join();
    std::printf("%ld\n", sum);

    std::unique_lock guard(lock);
    std::printf("%d\n", changed.wait_for(guard, std::chrono::milliseconds(20)) == std::cv_status::timeout);
    std::printf("%d\n", std::thread::hardware_concurrency() >= 1);
    std::timed_mutex timed;
    timed.lock();
    bool got = true;
    std::thread([&] { got = timed.try_lock_for(std::chrono::milliseconds(10)); }).join();
    std::printf("%d\n", got);
    auto start = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::printf("%d\n", std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(19));
    return 0;
}
