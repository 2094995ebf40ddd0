// std::chrono: clocks that move, differences, conversions, and calendar time.
// modes: O1 O2
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iomanip>
#include <sstream>

int main() {
    using namespace std::chrono;
    auto steady = steady_clock::now();
    auto system = system_clock::now();
    auto fine = high_resolution_clock::now();
    volatile unsigned work = 0;
    for (unsigned i = 0; i < 10000000; i++) work += i;
    std::printf("%d %d %d\n", steady_clock::now() > steady, system_clock::now() >= system, high_resolution_clock::now() > fine);
    std::printf("%d\n", steady_clock::is_steady);
    auto seconds_now = duration_cast<seconds>(system.time_since_epoch()).count();
    std::printf("%d\n", seconds_now > 1600000000 && seconds_now <= std::time(nullptr));
    std::printf("%lld\n", static_cast<long long>(duration_cast<nanoseconds>(hours(30)).count()));
    std::time_t time = system_clock::to_time_t(system_clock::from_time_t(1234567890));
    std::tm parts = *std::gmtime(&time);
    std::ostringstream text;
    text << std::put_time(&parts, "%Y-%m-%d %H:%M:%S");
    std::printf("%s\n", text.str().c_str());
    std::tm read{};
    std::istringstream("2024-02-29 01:02:03") >> std::get_time(&read, "%Y-%m-%d %H:%M:%S");
    std::printf("%d %d %d %d\n", read.tm_year, read.tm_mon, read.tm_mday, read.tm_sec);
    return 0;
}
