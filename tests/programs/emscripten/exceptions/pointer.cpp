// std::exception_ptr: kept, passed on, compared, rethrown more than once, and freed at last.
// modes: exceptions wasm-exceptions
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

struct Tracked {
    static int alive;
    int value;
    explicit Tracked(int v) : value(v) { alive++; }
    Tracked(const Tracked &other) : value(other.value) { alive++; }
    ~Tracked() { alive--; }
};
int Tracked::alive;

int main() {
    std::exception_ptr none, kept;
    std::printf("%d\n", none == nullptr);
    try { throw Tracked(3); } catch (...) { kept = std::current_exception(); }
    std::printf("%d alive\n", Tracked::alive);
    for (int i = 0; i < 3; i++) {
        try { std::rethrow_exception(kept); } catch (Tracked &tracked) { std::printf("%d\n", tracked.value++); }
    }
    std::exception_ptr copy = kept;
    std::printf("%d\n", copy == kept);
    kept = nullptr;
    std::printf("%d alive\n", Tracked::alive);
    copy = nullptr;
    std::printf("%d alive\n", Tracked::alive);
    std::vector<std::exception_ptr> all;
    for (int i = 0; i < 3; i++) all.push_back(std::make_exception_ptr(std::out_of_range("index " + std::to_string(i))));
    for (auto &one : all) {
        try { std::rethrow_exception(one); } catch (const std::logic_error &error) { std::printf("%s\n", error.what()); }
    }
    std::printf("%d\n", std::current_exception() == nullptr);
    return 0;
}
