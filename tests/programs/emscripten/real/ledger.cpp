// A C++ program with iostreams and exceptions: commands on accounts, read from standard input.
// modes: exceptions wasm-exceptions
// flags: -std=c++17
// stdin-file: ledger.txt
#include <algorithm>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

class LedgerError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    virtual int code() const { return 1; }
};

class UnknownAccount : public LedgerError {
public:
    explicit UnknownAccount(const std::string &name) : LedgerError("no account " + name) {}
    int code() const override { return 2; }
};

class Overdrawn : public LedgerError {
    long missing_;

public:
    Overdrawn(const std::string &name, long missing) : LedgerError(name + " is short of " + std::to_string(missing)), missing_(missing) {}
    int code() const override { return 3; }
    long missing() const { return missing_; }
};

class Account {
public:
    explicit Account(std::string name) : name_(std::move(name)) {}
    virtual ~Account() = default;
    virtual void withdraw(long amount) {
        if (amount > balance_) throw Overdrawn(name_, amount - balance_);
        balance_ -= amount;
    }
    void deposit(long amount) {
        if (amount < 0) throw std::invalid_argument("a negative deposit");
        balance_ += amount;
    }
    virtual std::string kind() const { return "plain"; }
    long balance() const { return balance_; }
    const std::string &name() const { return name_; }

protected:
    std::string name_;
    long balance_ = 0;
};

class CreditAccount : public Account {
    long limit_;

public:
    CreditAccount(std::string name, long limit) : Account(std::move(name)), limit_(limit) {}
    void withdraw(long amount) override {
        if (amount > balance_ + limit_) throw Overdrawn(name_, amount - balance_ - limit_);
        balance_ -= amount;
    }
    std::string kind() const override { return "credit " + std::to_string(limit_); }
};

// Undoes what was done unless it is kept.
class Transaction {
    std::vector<std::function<void()>> undo_;

public:
    void on_failure(std::function<void()> action) { undo_.push_back(std::move(action)); }
    void keep() { undo_.clear(); }
    ~Transaction() {
        std::for_each(undo_.rbegin(), undo_.rend(), [](auto &action) { action(); });
        if (!undo_.empty()) std::cout << "  undone " << undo_.size() << " steps\n";
    }
};

class Ledger {
    std::map<std::string, std::unique_ptr<Account>> accounts_;
    using Command = std::function<void(std::istream &)>;
    std::map<std::string, Command> commands_;

    Account &find(const std::string &name) {
        auto found = accounts_.find(name);
        if (found == accounts_.end()) throw UnknownAccount(name);
        return *found->second;
    }
    template <class T> static T argument(std::istream &from, const char *what) {
        T value;
        if (!(from >> value)) throw LedgerError(std::string("expected ") + what);
        return value;
    }
    void open(std::istream &from) {
        auto name = argument<std::string>(from, "a name");
        long limit;
        std::unique_ptr<Account> account;
        if (from >> limit) account = std::make_unique<CreditAccount>(name, limit);
        else account = std::make_unique<Account>(name);
        if (!accounts_.emplace(name, std::move(account)).second) throw LedgerError(name + " exists");
    }
    void move(std::istream &from) {
        auto source = argument<std::string>(from, "a source"), target = argument<std::string>(from, "a target");
        auto amount = argument<long>(from, "an amount");
        Transaction transaction;
        Account &giver = find(source);
        giver.withdraw(amount);
        transaction.on_failure([&giver, amount] { giver.deposit(amount); });
        find(target).deposit(amount);
        transaction.keep();
    }
    void show(std::istream &) {
        for (const auto &[name, account] : accounts_)
            std::cout << "  " << std::left << std::setw(8) << name << std::right << std::setw(10) << std::fixed << std::setprecision(2) << account->balance() / 100.0 << "  " << account->kind() << '\n';
        std::cout << "  total " << std::accumulate(accounts_.begin(), accounts_.end(), 0L, [](long sum, const auto &entry) { return sum + entry.second->balance(); }) << '\n';
    }
    void save(std::istream &from) {
        std::ofstream file(argument<std::string>(from, "a file"));
        file.exceptions(std::ios::failbit | std::ios::badbit);
        for (const auto &[name, account] : accounts_) file << name << ' ' << account->balance() << '\n';
    }
    void load(std::istream &from) {
        auto path = argument<std::string>(from, "a file");
        std::ifstream file(path);
        if (!file) throw LedgerError("cannot read " + path);
        std::string name;
        long balance;
        int count = 0;
        while (file >> name >> balance) count++;
        std::cout << "  " << count << " accounts in the file\n";
    }

public:
    Ledger() {
        commands_["open"] = [this](std::istream &from) { open(from); };
        commands_["move"] = [this](std::istream &from) { move(from); };
        commands_["show"] = [this](std::istream &from) { show(from); };
        commands_["save"] = [this](std::istream &from) { save(from); };
        commands_["load"] = [this](std::istream &from) { load(from); };
        commands_["pay"] = [this](std::istream &from) { auto &account = find(argument<std::string>(from, "a name")); account.deposit(argument<long>(from, "an amount")); };
        commands_["number"] = [](std::istream &from) { std::cout << "  " << std::stol(argument<std::string>(from, "digits")) << '\n'; };
    }
    void run(const std::string &line) {
        std::istringstream words(line);
        std::string name;
        words >> name;
        auto command = commands_.find(name);
        if (command == commands_.end()) throw LedgerError("unknown command " + name);
        command->second(words);
    }
};

int main() {
    Ledger ledger;
    std::string line;
    int done = 0, failed = 0;
    while (std::getline(std::cin, line)) {
        if (line.empty()) continue;
        std::cout << "> " << line << '\n';
        try {
            ledger.run(line);
            done++;
        } catch (const Overdrawn &error) {
            std::cout << "  overdrawn by " << error.missing() << ": " << error.what() << '\n';
            failed++;
        } catch (const LedgerError &error) {
            std::cout << "  error " << error.code() << ": " << error.what() << '\n';
            failed++;
        } catch (const std::logic_error &) {
            std::cout << "  a mistake in the program's use\n";
            failed++;
        } catch (const std::ios_base::failure &) {
            std::cout << "  the file cannot be written\n";
            failed++;
        }
    }
    std::cout << done << " done, " << failed << " failed" << std::endl;
    return 0;
}
