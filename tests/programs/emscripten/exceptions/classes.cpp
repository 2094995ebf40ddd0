// Streams, strings, containers and lambdas together, without exceptions turned on.
// modes: O1 O2 standalone exceptions wasm-exceptions
// flags: -std=c++17
#include <algorithm>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

int main() {
    std::vector<int> numbers(20);
    std::iota(numbers.begin(), numbers.end(), 1);
    std::cout << std::accumulate(numbers.begin(), numbers.end(), 0) << ' ' << *std::max_element(numbers.begin(), numbers.end()) << std::endl;
    std::map<std::string, std::vector<int>> groups;
    for (int n : numbers) groups[n % 3 ? "other" : "three"].push_back(n);
    for (const auto &[name, members] : groups) {
        std::cout << name << ':';
        for (int member : members) std::cout << ' ' << member;
        std::cout << '\n';
    }
    std::stringstream stream("10 20.5 word");
    int whole;
    double real;
    std::string word;
    stream >> whole >> real >> word;
    std::cout << std::setw(6) << whole << std::fixed << std::setprecision(3) << std::setw(10) << real << std::hex << std::setw(6) << 255 << ' ' << word << std::dec << '\n';
    std::set<char> letters(word.begin(), word.end());
    for (char letter : letters) std::cout << letter;
    std::cout << '\n';
    std::unordered_map<int, std::unique_ptr<std::string>> owned;
    for (int i = 0; i < 5; i++) owned[i] = std::make_unique<std::string>(i, 'x');
    std::cout << owned[4]->size() << ' ' << owned.size() << '\n';
    std::function<int(int)> factorial = [&](int n) { return n < 2 ? 1 : n * factorial(n - 1); };
    std::cout << factorial(10) << '\n';
    std::sort(numbers.begin(), numbers.end(), [](int a, int b) { return a % 7 != b % 7 ? a % 7 < b % 7 : a < b; });
    for (int n : numbers) std::cout << n << ' ';
    std::cout << std::boolalpha << std::is_sorted(numbers.begin(), numbers.end()) << '\n';
    std::cerr << "not on standard output\n";
    return 0;
}
