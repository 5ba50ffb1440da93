import Testing

@testable import Gateway

@Suite struct TokenBucketsTests {
    @Test func aBucketEmptiesAndFillsAgain() {
        let buckets = TokenBuckets(perMinute: 60, burst: 3)
        for _ in 0..<3 { #expect(buckets.take("a", now: 0)) }
        #expect(!buckets.take("a", now: 0))
        #expect(buckets.take("b", now: 0))
        #expect(buckets.take("a", now: 1))
        #expect(!buckets.take("a", now: 1))
    }

    @Test func whetherABucketIsEmptyCostsNothing() {
        let buckets = TokenBuckets(perMinute: 60, burst: 1)
        for _ in 0..<2 { #expect(!buckets.isEmpty("a", now: 0)) }
        #expect(buckets.take("a", now: 0))
        #expect(buckets.isEmpty("a", now: 0))
        #expect(!buckets.isEmpty("a", now: 1))
    }

    @Test func aClockThatStepsBackFillsNothing() {
        let buckets = TokenBuckets(perMinute: 60, burst: 1)
        #expect(buckets.take("a", now: 100))
        #expect(!buckets.take("a", now: 0))
        #expect(!buckets.take("a", now: 100))
        #expect(buckets.take("a", now: 101))
    }

    @Test func whenAllRoomIsTakenNewNamesAreRefused() {
        let buckets = TokenBuckets(perMinute: 1, burst: 2)
        for number in 0..<20_000 { #expect(buckets.take("\(number)", now: 0)) }
        #expect(!buckets.take("one more", now: 0))
        // A minute later all are full again, and forgotten.
        #expect(buckets.take("one more", now: 60))
    }
}
