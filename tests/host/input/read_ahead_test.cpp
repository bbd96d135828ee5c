#include "host/input/read_ahead.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace spikemass::input {
namespace {

using Numbers = ReadAhead<int>;

void count_to(Numbers& out, int n) {
    for (int i = 0; i < n; ++i) {
        int* piece = out.empty();
        if (!piece) return;
        *piece = i;
        out.filled();
    }
}

TEST(ReadAhead, PiecesComeInOrder) {
    Numbers ahead([](Numbers& out) { count_to(out, 1000); });
    int expected = 0;
    while (const int* piece = ahead.take()) {
        EXPECT_EQ(*piece, expected++);
        ahead.used();
    }
    EXPECT_EQ(expected, 1000);
}

TEST(ReadAhead, WhatTheReaderThrowsComesAfterWhatItRead) {
    Numbers ahead([](Numbers& out) {
        count_to(out, 3);
        throw std::runtime_error("torn");
    });
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(*ahead.take(), i);
        ahead.used();
    }
    EXPECT_THROW(ahead.take(), std::runtime_error);
}

TEST(ReadAhead, AUserWhoLeavesEndsTheReader) {
    bool alive = true;
    {
        Numbers ahead([&](Numbers& out) {
            {
                const Numbers::UntilUsed wait{out};
                count_to(out, 1 << 30);
            }
            alive = false;
        });
        EXPECT_EQ(*ahead.take(), 0);
    }
    EXPECT_FALSE(alive);
}

TEST(ReadAhead, WhatPiecesReferToLivesUntilTheyAreUsed) {
    bool alive = true;
    Numbers ahead([&](Numbers& out) {
        {
            const Numbers::UntilUsed wait{out};
            count_to(out, 3);
        }
        alive = false;
    });
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(*ahead.take(), i);
        EXPECT_TRUE(alive);
        ahead.used();
    }
    EXPECT_EQ(ahead.take(), nullptr);
    EXPECT_FALSE(alive);
}

}  // namespace
}  // namespace spikemass::input
