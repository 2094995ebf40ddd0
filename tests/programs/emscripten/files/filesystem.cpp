// std::filesystem: making, listing, copying, renaming and removing trees, and error codes.
// modes: exceptions wasm-exceptions
// flags: -std=c++17
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

static void list(const fs::path &folder) {
    std::vector<std::string> lines;
    for (const auto &entry : fs::recursive_directory_iterator(folder))
        lines.push_back(entry.path().lexically_relative(folder).string() + (entry.is_directory() ? "/" : " " + std::to_string(entry.file_size())));
    std::sort(lines.begin(), lines.end());
    for (const auto &line : lines) std::printf("  %s\n", line.c_str());
}

int main() {
    const fs::path root = "/tmp/tree";
    std::printf("%d\n", fs::create_directories(root / "a" / "b" / "c"));
    std::printf("%d\n", fs::create_directories(root / "a" / "b"));
    std::ofstream(root / "a" / "one.txt") << "one";
    std::ofstream(root / "a" / "b" / "two.txt") << "number two";
    list(root);
    std::printf("%d %d %d\n", fs::exists(root / "a" / "one.txt"), fs::is_regular_file(root / "a"), fs::is_directory(root / "a"));
    fs::rename(root / "a" / "one.txt", root / "renamed.txt");
    fs::resize_file(root / "renamed.txt", 10);
    fs::create_symlink(root / "renamed.txt", root / "link");
    std::printf("%d %s\n", fs::is_symlink(root / "link"), fs::read_symlink(root / "link").c_str());
    std::printf("%d\n", static_cast<int>(fs::file_size(root / "link")));
    fs::current_path(root);
    std::printf("%s %d\n", fs::current_path().c_str(), fs::exists("a/b/two.txt"));
    std::printf("%s\n", fs::canonical("a/../a/./b").c_str());
    std::printf("%s\n", fs::path("/x/y.tar.gz").replace_extension("zip").filename().c_str());
    std::error_code code;
    fs::remove(root / "a", code);
    std::printf("%d\n", code == std::errc::directory_not_empty);
    fs::file_size(root / "none", code);
    std::printf("%d\n", code == std::errc::no_such_file_or_directory);
    try {
        fs::create_directory("/tmp/no/such");
        std::printf("never\n");
    } catch (const fs::filesystem_error &error) {
        std::printf("%d %s\n", error.code() == std::errc::no_such_file_or_directory, error.path1().c_str());
    }
    fs::permissions(root / "renamed.txt", fs::perms::owner_read);
    std::printf("%o\n", static_cast<unsigned>(fs::status(root / "renamed.txt").permissions()));
    fs::current_path("/");
    std::printf("%d removed\n", static_cast<int>(fs::remove_all(root)));
    std::printf("%d\n", fs::exists(root));
    std::printf("%s\n", fs::temp_directory_path().c_str());
    return 0;
}
