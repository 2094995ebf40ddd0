// What C++ programs ask of their library: containers, streams, files, algorithms, clocks, random numbers.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <functional>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>
#include <variant>
#include <vector>

struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
};
struct Circle : Shape {
    double radius;
    explicit Circle(double radius) : radius(radius) {}
    double area() const override { return 3.25 * radius * radius; }
};
struct Square : Shape {
    double side;
    explicit Square(double side) : side(side) {}
    double area() const override { return side * side; }
};

struct Close {
    void operator()(std::FILE *file) const { std::fclose(file); }
    void operator()(DIR *folder) const { closedir(folder); }
};

// libc++ has neither file streams nor file systems for WASI, where it is built without exceptions.
static void files() {
    const std::string folder = "/work/tree";
    mkdir(folder.c_str(), 0777);
    for (std::string name : {"z.txt", "m.txt", "k.txt"}) {
        std::unique_ptr<std::FILE, Close> file(std::fopen((folder + '/' + name).c_str(), "w"));
        std::fputs((name + "\nsecond line\n").c_str(), file.get());
    }
    std::set<std::string> found;
    std::unique_ptr<DIR, Close> reader(opendir(folder.c_str()));
    while (dirent *entry = readdir(reader.get())) found.insert(entry->d_name);
    for (auto &name : found) {
        std::cout << std::quoted(name) << ' ';
        std::remove((folder + '/' + name).c_str());
    }
    std::cout << rmdir(folder.c_str()) << ' ' << !std::fopen("/work/tree/z.txt", "r") << '\n';
}

int main(int count, char **arguments) {
    std::vector<std::string> words(arguments + 1, arguments + count);
    std::sort(words.begin(), words.end(), std::greater<>());
    std::copy(words.begin(), words.end(), std::ostream_iterator<std::string>(std::cout, ","));
    std::cout << (std::getenv("GREETING") ?: "nothing") << '\n';
    files();

    std::map<std::string, int> counts;
    std::istringstream text("the cat and the dog and the bird");
    for (std::string word; text >> word;) counts[word]++;
    for (auto &[word, count] : counts) std::cout << word << '=' << count << ' ';
    std::unordered_map<int, std::string> names{{1, "one"}, {2, "two"}};
    std::cout << names.at(2) << ' ' << names.count(3) << '\n';

    std::vector<std::unique_ptr<Shape>> shapes;
    shapes.push_back(std::make_unique<Circle>(2));
    shapes.push_back(std::make_unique<Square>(1.5));
    double area = std::accumulate(shapes.begin(), shapes.end(), 0.0,
                                  [](double sum, auto &shape) { return sum + shape->area(); });
    std::variant<int, std::string> either = "text";
    std::optional<int> none;
    std::cout << std::fixed << std::setprecision(3) << area << ' ' << std::get<std::string>(either) << ' '
              << none.value_or(-1) << ' ' << std::hex << std::showbase << 48879 << std::dec << '\n';

    std::mt19937_64 random(42);
    std::uint64_t number = 0;
    for (int i = 0; i < 10000; i++) number = random();
    auto start = std::chrono::steady_clock::now();
    auto year = std::chrono::system_clock::now().time_since_epoch() / std::chrono::hours(24 * 365);
    std::cout << number << ' ' << (std::chrono::steady_clock::now() >= start) << ' ' << (year > 50) << '\n';
    std::cerr << "done\n";
    return 3;
}
