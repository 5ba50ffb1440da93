import Testing

@testable import Gateway

@Suite struct TokenBucketTests {
    @Test func itIsFullAtFirstAndFillsWithTime() {
        var bucket = TokenBucket(perSecond: 2, burst: 4)
        let now = 100
        #expect(bucket.isFull(at: now))
        let first = (0..<6).map { _ in bucket.take(now: now) }
        #expect(first == [true, true, true, true, false, false])
        let second = (0..<3).map { _ in bucket.take(now: now + 1) }
        #expect(second == [true, true, false])
        let back = bucket.take(now: now)
        #expect(!back)
        #expect(!bucket.isFull(at: now + 2))
        #expect(bucket.isFull(at: now + 3))
        let later = (0..<5).map { _ in bucket.take(now: now + 1000) }
        #expect(later == [true, true, true, true, false])
    }

    @Test func partsOfOneAreKept() {
        var bucket = TokenBucket(perSecond: 0.25, burst: 1)
        let taken = (0..<9).map { bucket.take(now: $0) }
        #expect(taken == [true, false, false, false, true, false, false, false, true])
        #expect(bucket.level(at: 10) == 0.5)
    }

    @Test(arguments: [0, 1000])
    func oneThatHoldsNothingGivesNothing(_ now: Int) {
        var bucket = TokenBucket(perSecond: 1, burst: 0)
        let taken = [now, now + 1000].map { bucket.take(now: $0) }
        #expect(taken == [false, false])
    }
}
