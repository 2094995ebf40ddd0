// What C++ programs do with exceptions.

#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

int alive = 0;

struct Guard {
    const char *name;
    explicit Guard(const char *name) : name(name) { alive++; }
    Guard(const Guard &other) : name(other.name) { alive++; }
    ~Guard() {
        alive--;
        std::printf("~%s ", name);
    }
};

struct Base {
    virtual ~Base() = default;
    virtual const char *what() const { return "base"; }
};

struct Derived : Base {
    std::string text;
    explicit Derived(std::string text) : text(std::move(text)) {}
    const char *what() const override { return text.c_str(); }
};

struct Other : Base {};

[[gnu::noinline]] void fail(int how) {
    Guard guard("fail");
    switch (how) {
    case 0: throw 42;
    case 1: throw 2.5;
    case 2: throw "text";
    case 3: throw Derived("derived");
    case 4: throw Other();
    case 5: throw std::runtime_error("runtime");
    case 6: throw std::make_unique<int>(7);
    case 7: throw 1ll << 40;
    default: break;
    }
}

[[gnu::noinline]] void deeper(int depth, int how) {
    Guard guard(depth == 0 ? "last" : "frame");
    if (depth == 0) fail(how);
    else deeper(depth - 1, how);
}

void kinds() {
    for (int how = 0; how < 9; how++) {
        try {
            deeper(2, how);
            std::printf("returned\n");
        } catch (int value) {
            std::printf("int %d\n", value);
        } catch (double value) {
            std::printf("double %.1f\n", value);
        } catch (const char *text) {
            std::printf("text %s\n", text);
        } catch (const Derived &derived) {
            std::printf("derived %s\n", derived.what());
        } catch (Base &base) {
            std::printf("base %s\n", base.what());
        } catch (const std::exception &error) {
            std::printf("std %s\n", error.what());
        } catch (const std::unique_ptr<int> &pointer) {
            std::printf("pointer %d\n", *pointer);
        } catch (...) {
            std::printf("unknown\n");
        }
    }
}

void rethrown() {
    try {
        try {
            fail(3);
        } catch (Base &base) {
            static_cast<Derived &>(base).text += " and changed";
            throw;
        }
    } catch (const Base &base) {
        std::printf("rethrown %s\n", base.what());
    }
    std::exception_ptr kept;
    try {
        fail(5);
    } catch (...) {
        kept = std::current_exception();
    }
    try {
        std::rethrow_exception(kept);
    } catch (const std::runtime_error &error) {
        std::printf("kept %s\n", error.what());
    }
    try {
        try {
            fail(5);
        } catch (const std::exception &) {
            std::throw_with_nested(std::logic_error("outer"));
        }
    } catch (const std::exception &error) {
        std::printf("nested %s: ", error.what());
        try {
            std::rethrow_if_nested(error);
        } catch (const std::exception &inner) {
            std::printf("%s\n", inner.what());
        }
    }
}

struct Part {
    Guard guard;
    Part(const char *name, bool fails) : guard(name) {
        if (fails) throw std::logic_error(name);
    }
};

struct Whole {
    Part first, second, third;
    Whole() try : first("first", false), second("second", true), third("third", false) {
    } catch (const std::logic_error &error) {
        std::printf("while making %s\n", error.what());
    }
};

void constructors() {
    try {
        Whole whole;
    } catch (const std::exception &error) {
        std::printf("not made: %s\n", error.what());
    }
}

void library() {
    try {
        (void)std::vector<int>(3).at(5);
    } catch (const std::out_of_range &) {
        std::printf("out of range\n");
    }
    try {
        std::function<void()> nothing;
        nothing();
    } catch (const std::bad_function_call &) {
        std::printf("bad call\n");
    }
    std::map<std::string, std::function<int(int)>> table;
    table["half"] = [](int value) { return value % 2 ? throw std::domain_error("odd") : value / 2; };
    for (int value : {4, 5}) {
        try {
            std::printf("half of %d is %d\n", value, table.at("half")(value));
        } catch (const std::domain_error &error) {
            std::printf("%d is %s\n", value, error.what());
        }
    }
}

// Many throws, through frames and out of loops, in little memory.
int loops() {
    long long sum = 0;
    for (int i = 0; i < 100000; i++) {
        try {
            if (i % 3 == 0) throw i;
            if (i % 3 == 1) throw std::string("three");
            continue;
        } catch (int value) {
            sum += value;
        } catch (const std::string &text) {
            sum += static_cast<int>(text.size());
        }
    }
    return static_cast<int>(sum % 1000003);
}

struct Late {
    // One that leaves while another is under way ends the program.
    ~Late() noexcept(false) { throw 2; }
};

}  // namespace

int main(int argc, char **argv) {
    if (argc > 1 && std::strcmp(argv[1], "uncaught") == 0) fail(5);
    if (argc > 1 && std::strcmp(argv[1], "noexcept") == 0) [&]() noexcept { fail(0); }();
    if (argc > 1 && std::strcmp(argv[1], "twice") == 0) {
        try {
            Late late;
            throw 1;
        } catch (int) {
            return 0;
        }
    }
    kinds();
    rethrown();
    constructors();
    library();
    std::printf("loops %d, alive %d\n", loops(), alive);
    return 0;
}
