import Testing

@testable import HTTP2

@Suite struct TokenBucketTests {
    @Test func itHoldsItsBurstAndFillsWithTime() {
        var bucket = TokenBucket(burst: 3, perSecond: 2)
        let times = [10, 10, 10, 10, 10, 400, 510, 600]
        let taken = times.map { bucket.take(at: $0) }
        #expect(taken == [true, true, true, false, false, false, true, false])
    }

    @Test(arguments: [Int.max, 1 << 40])
    func afterALongTimeItIsFullAndNotFuller(_ time: Int) {
        var bucket = TokenBucket(burst: 2, perSecond: 10)
        for _ in 0..<3 { _ = bucket.take(at: 0) }
        let taken = (0..<3).map { _ in bucket.take(at: time) }
        #expect(taken == [true, true, false])
    }

    @Test func timeThatGoesBackGivesNothing() {
        var bucket = TokenBucket(burst: 1, perSecond: 1)
        let taken = [5000, 0, 5500].map { bucket.take(at: $0) }
        #expect(taken == [true, false, false])
    }
}
