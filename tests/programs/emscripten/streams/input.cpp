// std::cin: words, numbers, lines, characters, a wrong number and the end.
// modes: O1 O2 standalone
// stdin: 42 2.5 word\na whole line\nnot-a-number 7\nlast
#include <iostream>
#include <limits>
#include <string>

int main() {
    int number;
    double real;
    std::string word, line;
    std::cin >> number >> real >> word;
    std::cout << number << ' ' << real << ' ' << word << '\n';
    std::cin.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    std::getline(std::cin, line);
    std::cout << line << ' ' << line.size() << '\n';
    std::cin >> number;
    std::cout << std::cin.fail() << ' ' << number << '\n';
    std::cin.clear();
    std::cin >> word >> number;
    std::cout << word << ' ' << number << '\n';
    std::cout << std::cin.get() << ' ' << static_cast<char>(std::cin.peek()) << '\n';
    while (std::getline(std::cin, line)) std::cout << '[' << line << ']';
    std::cout << ' ' << std::cin.eof() << std::endl;
    std::clog << "not on standard output\n";
    return 0;
}
