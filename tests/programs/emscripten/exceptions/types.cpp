// Throwing and catching numbers, pointers, classes, references, and catching everything.
// modes: exceptions wasm-exceptions
#include <cstdint>
#include <cstdio>
#include <string>

struct Plain { int a; double b; };
enum class Colour { red = 1, green };

static void raise(int kind) {
    static int pointed = 77;
    switch (kind) {
    case 0: throw 42;
    case 1: throw 2.5;
    case 2: throw 'c';
    case 3: throw static_cast<std::int64_t>(1LL << 40);
    case 4: throw "text";
    case 5: throw &pointed;
    case 6: throw Plain{3, 4.5};
    case 7: throw std::string("a string that is too long for the small buffer");
    case 8: throw Colour::green;
    case 9: throw 1.5f;
    case 10: throw static_cast<unsigned char>(1);
    case 11: throw static_cast<unsigned short>(9);
    }
}

int main() {
    for (int kind = 0; kind < 13; kind++) {
        try {
            raise(kind);
            std::printf("%d: nothing\n", kind);
        } catch (int value) {
            std::printf("%d: int %d\n", kind, value);
        } catch (double value) {
            std::printf("%d: double %g\n", kind, value);
        } catch (char value) {
            std::printf("%d: char %c\n", kind, value);
        } catch (std::int64_t value) {
            std::printf("%d: 64 bits %lld\n", kind, static_cast<long long>(value));
        } catch (const char *value) {
            std::printf("%d: text %s\n", kind, value);
        } catch (int *value) {
            std::printf("%d: pointer to %d\n", kind, *value);
        } catch (const Plain &value) {
            std::printf("%d: class %d %g\n", kind, value.a, value.b);
        } catch (std::string &value) {
            std::printf("%d: string %s\n", kind, value.c_str());
        } catch (Colour value) {
            std::printf("%d: colour %d\n", kind, static_cast<int>(value));
        } catch (...) {
            std::printf("%d: another\n", kind);
        }
    }
    return 0;
}
