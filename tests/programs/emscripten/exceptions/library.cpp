// Exceptions that the standard library throws: at, stoi, bad_alloc, bad_cast, bad_any, regex, variant.
// modes: exceptions wasm-exceptions
// flags: -std=c++17
#include <any>
#include <cstdio>
#include <functional>
#include <map>
#include <new>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <variant>
#include <vector>

struct A { virtual ~A() = default; };
struct B : A {};

static void attempt(const char *what, const std::function<void()> &action) {
    try {
        action();
        std::printf("%s: nothing thrown\n", what);
    } catch (const std::out_of_range &) {
        std::printf("%s: out_of_range\n", what);
    } catch (const std::invalid_argument &) {
        std::printf("%s: invalid_argument\n", what);
    } catch (const std::length_error &) {
        std::printf("%s: length_error\n", what);
    } catch (const std::regex_error &) {
        std::printf("%s: regex_error\n", what);
    } catch (const std::bad_any_cast &) {
        std::printf("%s: bad_any_cast\n", what);
    } catch (const std::bad_cast &) {
        std::printf("%s: bad_cast\n", what);
    } catch (const std::bad_alloc &) {
        std::printf("%s: bad_alloc\n", what);
    } catch (const std::exception &) {
        std::printf("%s: another exception\n", what);
    }
}

int main() {
    std::vector<int> few{1, 2, 3};
    std::map<std::string, int> table{{"a", 1}};
    attempt("vector", [&] { few.at(3); });
    attempt("in range", [&] { few.at(2); });
    attempt("map", [&] { table.at("b"); });
    attempt("stoi", [] { std::stoi("none"); });
    attempt("stoi large", [] { std::stoi("99999999999"); });
    attempt("substr", [] { std::string("abc").substr(4); });
    attempt("reserve", [] { std::vector<int>().reserve(static_cast<std::size_t>(-1)); });
    attempt("cast", [] { A a; A &r = a; (void)dynamic_cast<B &>(r); });
    attempt("any", [] { std::any value = 1; std::any_cast<std::string>(value); });
    attempt("variant", [] { std::variant<int, char> value = 1; std::get<char>(value); });
    attempt("optional", [] { std::optional<int> none; none.value(); });
    attempt("function", [] { std::function<void()> none; none(); });
    attempt("regex", [] { std::regex bad("["); });
    A *null = nullptr;
    attempt("typeid", [&] { (void)typeid(*null).name(); });
    return 0;
}
