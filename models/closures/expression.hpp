#pragma once
// Formulas of learned closures: + - * / ^, parentheses, sqrt abs exp log tanh, numbers and named variables, as postfix programs.
// Numbers with a point or an exponent are constants, which can be fitted; whole numbers without belong to the form.

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/error.hpp"

namespace spikemass::closures {

class Expression {
public:
    static constexpr std::size_t depth = 32;   ///< of the stack

    Expression() = default;
    /// Throws ConfigurationError: where in the text, what was expected, which variables there are.
    Expression(std::string text, std::span<const std::string_view> variables) : text_(std::move(text)), variables_(variables) {
        next();
        sum();
        if (token_.kind != Token::end) fail("an operator");
        if (deepest_ > depth) fail("fewer nested operations");
        variables_ = {};
    }

    const std::string& text() const { return text_; }
    /// Number of operations, variables and numbers.
    std::size_t size() const { return code_.size(); }

    /// Numbers that can be fitted, in the order of the text.
    const std::vector<double>& constants() const { return constants_; }
    /// The text with other constants, to seven digits.
    std::string text_with(std::span<const double> constants) const {
        std::string out;
        std::size_t at = 0;
        for (std::size_t i = 0; i < places_.size(); ++i) {
            const auto [begin, length] = places_[i];
            out += text_.substr(at, begin - at);
            at = begin + length;
            char digits[32];
            const auto end = std::to_chars(digits, digits + sizeof digits, std::abs(constants[i]), std::chars_format::general, 7).ptr;
            std::string size(digits, end);
            if (size.find_first_of(".e") == std::string::npos) size += ".0";
            if (!std::signbit(constants[i])) {
                out += size;
                continue;
            }
            // A sign in front of a number turns with it, unless the number is raised.
            const std::size_t sign = out.find_last_not_of(' '), next = text_.find_first_not_of(' ', at);
            const bool raised = next != std::string::npos && text_[next] == '^';
            if (raised || (sign != std::string::npos && out[sign] != '+' && out[sign] != '-' && out[sign] != '(')) {
                out += "(-" + size + ")";
            } else if (sign == std::string::npos || out[sign] == '(') {
                out += "-" + size;
            } else {
                const std::size_t before = sign == 0 ? std::string::npos : out.find_last_not_of(' ', sign - 1);
                const bool leading = before == std::string::npos || std::string_view("(+-*/").find(out[before]) != std::string_view::npos;
                if (leading && out[sign] == '-') out.erase(sign);
                else out[sign] = out[sign] == '-' ? '+' : '-';
                out += size;
            }
        }
        return out + text_.substr(at);
    }

    /// `variables`: in the order of the constructor's names.  Allocates nothing.
    template <class T>
    T operator()(const T* variables) const {
        return value(variables, [](const Step& s) { return T(s.number); });
    }
    /// The same with other constants.
    template <class T>
    T operator()(const T* variables, const T* constants) const {
        return value(variables, [constants](const Step& s) { return s.constant < 0 ? T(s.number) : constants[s.constant]; });
    }

private:
    enum class Op : unsigned char { number, variable, add, subtract, multiply, divide, negate, power, sqrt, abs, exp, log, tanh };
    struct Step {
        Op op;
        double number = 0.0;
        std::size_t variable = 0;
        int power = 0;
        int constant = -1;
    };

    template <class T, class Number>
    T value(const T* variables, Number&& number) const {
        using std::abs, std::exp, std::log, std::sqrt, std::tanh;
        std::array<T, depth> stack{};
        std::size_t top = 0;
        for (const Step& s : code_) switch (s.op) {
                case Op::number: stack[top++] = number(s); break;
                case Op::variable: stack[top++] = variables[s.variable]; break;
                case Op::add: --top, stack[top - 1] = stack[top - 1] + stack[top]; break;
                case Op::subtract: --top, stack[top - 1] = stack[top - 1] - stack[top]; break;
                case Op::multiply: --top, stack[top - 1] = stack[top - 1] * stack[top]; break;
                case Op::divide: --top, stack[top - 1] = stack[top - 1] / stack[top]; break;
                case Op::negate: stack[top - 1] = -stack[top - 1]; break;
                case Op::power: {
                    T x = stack[top - 1], y = T(1.0);
                    const int n = s.power < 0 ? -s.power : s.power;
                    for (int i = 0; i < n; ++i) y = y * x;
                    stack[top - 1] = s.power < 0 ? 1.0 / y : y;
                    break;
                }
                case Op::sqrt: stack[top - 1] = sqrt(stack[top - 1]); break;
                case Op::abs: stack[top - 1] = stack[top - 1] < 0.0 ? -stack[top - 1] : stack[top - 1]; break;
                case Op::exp: stack[top - 1] = exp(stack[top - 1]); break;
                case Op::log: stack[top - 1] = log(stack[top - 1]); break;
                case Op::tanh: stack[top - 1] = tanh(stack[top - 1]); break;
            }
        return top > 0 ? stack[0] : T(0.0);
    }

    struct Token {
        enum Kind { number, name, sign, end } kind = end;
        std::string_view text;
        double value = 0.0;
    };

    [[noreturn]] void fail(const std::string& expected) const {
        std::string names;
        for (std::string_view v : variables_) (names += names.empty() ? "" : ", ") += v;
        throw ConfigurationError("\"" + text_ + "\", character " + std::to_string(start_ + 1) + ": expected " + expected + (token_.kind == Token::end ? " before the end" : ", found \"" + std::string(token_.text) + "\"") +
                                 ". Formulas have + - * / ^ ( ), sqrt abs exp log tanh, numbers and " + names + ".");
    }
    void next() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
        start_ = at_;
        if (at_ == text_.size()) {
            token_ = {};
            return;
        }
        const char* begin = text_.data() + at_;
        const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
        const auto digit = [](char c) { return c >= '0' && c <= '9'; };
        if (digit(*begin) || *begin == '.') {
            double value = 0.0;
            const auto r = std::from_chars(begin, text_.data() + text_.size(), value);
            const auto n = static_cast<std::size_t>(r.ptr - begin);
            token_ = {Token::number, std::string_view(begin, n > 0 ? n : 1), value};
            if (n == 0) fail("a number");
            at_ += n;
        } else if (letter(*begin)) {
            std::size_t n = 1;
            while (at_ + n < text_.size() && (letter(begin[n]) || digit(begin[n]))) ++n;
            token_ = {Token::name, std::string_view(begin, n)};
            at_ += n;
        } else {
            token_ = {Token::sign, std::string_view(begin, 1)};
            ++at_;
        }
    }
    bool take(char c) {
        if (token_.kind != Token::sign || token_.text[0] != c) return false;
        next();
        return true;
    }
    void emit(Step s, int change) {
        code_.push_back(s);
        height_ += static_cast<std::size_t>(change);
        if (height_ > deepest_) deepest_ = height_;
    }
    void sum() {
        product();
        for (;;) {
            if (take('+')) product(), emit({Op::add}, -1);
            else if (take('-')) product(), emit({Op::subtract}, -1);
            else return;
        }
    }
    void product() {
        unary();
        for (;;) {
            if (take('*')) unary(), emit({Op::multiply}, -1);
            else if (take('/')) unary(), emit({Op::divide}, -1);
            else return;
        }
    }
    void unary() {
        if (++nested_ > 200) fail("fewer nested operations");
        if (take('-')) unary(), emit({Op::negate}, 0);
        else if (take('+')) unary();
        else raised();
        --nested_;
    }
    void raised() {
        primary();
        if (!take('^')) return;
        const bool negative = take('-');
        if (token_.kind != Token::number || token_.value != std::floor(token_.value) || token_.value > 16.0) fail("a whole number up to 16 after ^");
        emit({Op::power, 0.0, 0, static_cast<int>(negative ? -token_.value : token_.value)}, 0);
        next();
    }
    void primary() {
        if (token_.kind == Token::number) {
            const bool fitted = token_.text.find_first_of(".eE") != std::string_view::npos;
            emit({Op::number, token_.value, 0, 0, fitted ? static_cast<int>(constants_.size()) : -1}, 1);
            if (fitted) {
                constants_.push_back(token_.value);
                places_.emplace_back(start_, token_.text.size());
            }
            next();
            return;
        }
        if (take('(')) {
            sum();
            if (!take(')')) fail("a closing parenthesis");
            return;
        }
        if (token_.kind != Token::name) fail("a number, a variable or a parenthesis");
        constexpr std::array<std::pair<std::string_view, Op>, 5> functions{{{"sqrt", Op::sqrt}, {"abs", Op::abs}, {"exp", Op::exp}, {"log", Op::log}, {"tanh", Op::tanh}}};
        for (const auto& [name, op] : functions)
            if (token_.text == name) {
                next();
                if (!take('(')) fail("a parenthesis after " + std::string(name));
                sum();
                if (!take(')')) fail("a closing parenthesis");
                emit({op}, 0);
                return;
            }
        for (std::size_t i = 0; i < variables_.size(); ++i)
            if (variables_[i] == token_.text) {
                emit({Op::variable, 0.0, i}, 1);
                next();
                return;
            }
        fail("a variable");
    }

    std::string text_;
    std::span<const std::string_view> variables_;
    std::vector<Step> code_;
    std::vector<double> constants_;
    std::vector<std::pair<std::size_t, std::size_t>> places_;   ///< of the constants in the text: first character, length
    Token token_;
    std::size_t at_ = 0, start_ = 0, height_ = 0, deepest_ = 0, nested_ = 0;
};

}  // namespace spikemass::closures
