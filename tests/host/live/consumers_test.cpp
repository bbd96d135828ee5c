#include "host/live/consumers.hpp"

#include <gtest/gtest.h>

#include "models/base/error.hpp"

namespace spikemass {
namespace {

std::string refusal(const std::string& text) {
    try {
        parse_live(text);
    } catch (const ConfigurationError& e) {
        return e.what();
    }
    return "";
}

TEST(LiveConsumers, NamesAreReadStrictly) {
    EXPECT_EQ(parse_live("rates"), (std::vector<std::string>{"rates"}));
    EXPECT_EQ(parse_live("compare,rates"), (std::vector<std::string>{"compare", "rates"}));
    EXPECT_NE(refusal("rates,rates").find("named twice"), std::string::npos);
    for (const char* bad : {"", "rates,", "rate", "rates compare", "fit=mpr"}) EXPECT_NE(refusal(bad).find("rates, compare"), std::string::npos) << bad;
}

}  // namespace
}  // namespace spikemass
