// A throw in a program built without exceptions ends it.
// modes: O1 O2
// status: abort
#include <cstdio>
#include <vector>

int main() {
    std::vector<int> few{1, 2};
    std::printf("%d\n", few.at(1));
    std::fflush(stdout);
    std::printf("%d\n", few.at(5));
    return 0;
}
