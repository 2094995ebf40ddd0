// File streams: text and bytes, seeking, appending, states and what fails.
// modes: O1 O2
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

int main() {
    {
        std::ofstream out("/tmp/text");
        for (int i = 1; i <= 5; i++) out << "line " << i << ' ' << i * 1.5 << '\n';
    }
    std::ifstream in("/tmp/text");
    std::string word;
    int number;
    double real, sum = 0;
    while (in >> word >> number >> real) sum += number * real;
    std::cout << sum << ' ' << in.eof() << in.fail() << in.bad() << '\n';
    in.clear();
    in.seekg(0);
    std::string line;
    std::getline(in, line);
    std::cout << line << " at " << in.tellg() << '\n';
    in.seekg(-9, std::ios::end);
    std::getline(in, line);
    std::cout << line << '\n';
    in.close();
    std::ofstream("/tmp/text", std::ios::app) << "appended";
    std::stringstream all;
    all << std::ifstream("/tmp/text").rdbuf();
    std::cout << all.str().size() << ' ' << all.str().substr(all.str().size() - 8) << '\n';
    std::vector<unsigned char> bytes(70000);
    for (std::size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<unsigned char>(i * 7);
    std::fstream both("/tmp/bytes", std::ios::in | std::ios::out | std::ios::binary | std::ios::trunc);
    both.write(reinterpret_cast<char *>(bytes.data()), bytes.size());
    both.seekp(1000);
    both.put('!');
    both.seekg(999);
    char three[3];
    both.read(three, 3);
    std::cout << (three[0] == static_cast<char>(bytes[999])) << three[1] << (three[2] == static_cast<char>(bytes[1001])) << '\n';
    both.seekg(0, std::ios::end);
    std::cout << both.tellg() << '\n';
    std::ifstream none("/tmp/none");
    std::cout << none.is_open() << !none << '\n';
    std::ofstream folder("/tmp");
    std::cout << folder.is_open() << '\n';
    return 0;
}
