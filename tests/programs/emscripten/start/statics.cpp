// Objects outside functions are made before main, in the order they stand in.
// modes: O1 O2 standalone
#include <cstdio>
#include <string>
#include <vector>

static std::vector<std::string> &log() {
    static std::vector<std::string> lines;
    return lines;
}

struct Entry {
    explicit Entry(const char *text) { log().push_back(text); }
};

static Entry one("one"), two("two");
static std::string joined = [] {
    std::string all;
    for (auto &line : log()) all += line + " ";
    return all;
}();
static int computed = static_cast<int>(joined.size()) * 10;
thread_local Entry never("made when first used");

int main() {
    std::printf("%s%d\n", joined.c_str(), computed);
    (void)&never;
    std::printf("%zu\n", log().size());
    return 0;
}
