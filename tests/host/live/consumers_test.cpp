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
    for (const char* bad : {"", "rates,", "rate", "rates compare", "fits=mpr"}) EXPECT_NE(refusal(bad).find("rates, compare, fit=MODEL"), std::string::npos) << bad;
}

TEST(LiveConsumers, SomeTakeAValue) {
    EXPECT_EQ(parse_live("fit=mpr"), (std::vector<std::string>{"fit=mpr"}));
    EXPECT_EQ(parse_live("rates,fit=two_cumulant"), (std::vector<std::string>{"rates", "fit=two_cumulant"}));
    EXPECT_NE(refusal("fit").find("fit=mpr"), std::string::npos);
    EXPECT_NE(refusal("fit=").find("needs a value"), std::string::npos);
    EXPECT_NE(refusal("rates=1").find("takes no value"), std::string::npos);
    EXPECT_NE(refusal("fit=mpr,fit=none").find("named twice"), std::string::npos);
    EXPECT_NE(refusal("fit=nonesuch").find("two_cumulant"), std::string::npos);
}

}  // namespace
}  // namespace spikemass
