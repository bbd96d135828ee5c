// Nearest names, differences, hashes, the listing of keys.

#include "host/config/fingerprint.hpp"
#include "host/config/schema.hpp"
#include "host/config/wording.hpp"
#include "tests/host/config/support.hpp"

namespace spikemass::test {
namespace {

using Json = nlohmann::ordered_json;

TEST(Words, EditDistance) {
    EXPECT_EQ(config::edit_distance("", ""), 0u);
    EXPECT_EQ(config::edit_distance("", "abc"), 3u);
    EXPECT_EQ(config::edit_distance("kitten", "sitting"), 3u);
    EXPECT_EQ(config::edit_distance("size", "szie"), 1u);
    EXPECT_EQ(config::edit_distance("dt", "dtt"), 1u);
}

TEST(Words, NearestName) {
    const std::vector<std::string> names = {"mean_indegree", "probability", "kind", "half_width"};
    EXPECT_EQ(config::nearest_name("mean_degree", names), "mean_indegree");
    EXPECT_EQ(config::nearest_name("Kind", names), "kind");
    EXPECT_EQ(config::nearest_name("halfwidth", names), "half_width");
    EXPECT_EQ(config::nearest_name("xyzzy", names), "");
    EXPECT_EQ(config::nearest_name("q", {"E", "I"}), "");
    EXPECT_EQ(config::nearest_name(std::string(100000, 'a'), names), "");
}

TEST(Words, ShortenKeepsCharactersWhole) {
    EXPECT_EQ(config::shorten("abc"), "abc");
    EXPECT_EQ(config::shorten("a\nb"), "a b");
    EXPECT_EQ(config::shorten("aaaa\xc3\xa9zzzzz", 9), "aaaa ...");
    EXPECT_EQ(config::shorten("aaa\xc3\xa9zzzzz", 9), "aaa\xc3\xa9 ...");
}

TEST(Words, Sha256IsTheStandards) {
    // FIPS 180-2, appendix B.
    EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Words, Difference) {
    const Json a = Json::parse(R"({"run":{"dt":0.1,"seed":1},"list":[1,2],"gone":true,"points":[{"x":1}]})");
    const Json b = Json::parse(R"({"run":{"dt":0.2,"seed":1},"list":[1,3],"new":"n","points":[{"x":2}]})");
    EXPECT_EQ(difference(a, a), "");
    EXPECT_EQ(difference(a, b), "run.dt: 0.1 -> 0.2\nlist: [1,2] -> [1,3]\ngone: true -> (absent)\npoints[0].x: 1 -> 2\nnew: (absent) -> \"n\"");
    EXPECT_EQ(difference(a, b, 2), "run.dt: 0.1 -> 0.2\nlist: [1,2] -> [1,3]\n... and 3 more");
    EXPECT_EQ(difference(Json::parse(R"({"p":{"a":1,"b":1}})"), Json::parse(R"({"p":{"b":1,"a":1}})")), "p: order [\"a\",\"b\"] -> [\"b\",\"a\"]");
    EXPECT_EQ(difference(Json(1), Json("x")), ": 1 -> \"x\"");
}

TEST(Words, TheListingHasEveryKey) {
    const std::string listing = config::describe_keys();
    for (const config::Section& section : config::schema())
        for (const config::Key& key : section.keys)
            if (key.type != config::Type::table && key.type != config::Type::future) {
                EXPECT_NE(listing.find("  " + key.name + " "), std::string::npos) << section.path << "." << key.name;
                EXPECT_STRNE(key.doc, "") << section.path << "." << key.name;
            }
    EXPECT_NE(listing.find("[population.NAME.params.eta]"), std::string::npos);
    EXPECT_NE(listing.find("erdos_renyi"), std::string::npos);
}

TEST(Words, TheSchemaIsConsistent) {
    for (const config::Section& section : config::schema()) {
        if (*section.selector) { EXPECT_NE(section.find(section.selector), nullptr) << section.path; }
        for (const config::Key& key : section.keys) {
            if (key.type == config::Type::table) { EXPECT_NE(key.section, nullptr) << section.path << "." << key.name; }
            for (const std::string& rival : key.rivals) EXPECT_NE(section.find(rival), nullptr) << section.path << "." << key.name;
            for (const std::string& kind : key.kinds) {
                const std::string path = section.deciding_path(section.path);
                const config::Section* chooser = config::section_of(path.substr(0, path.rfind('.')));
                ASSERT_NE(chooser, nullptr) << path;
                const auto& kinds = chooser->find(section.deciding())->available;
                EXPECT_NE(std::find(kinds.begin(), kinds.end(), kind), kinds.end()) << section.path << "." << key.name << ": " << kind;
            }
        }
    }
}

}  // namespace
}  // namespace spikemass::test
