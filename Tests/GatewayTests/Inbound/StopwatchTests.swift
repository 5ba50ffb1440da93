import Testing

@testable import Gateway

@Suite struct StopwatchTests {
    @Test func eachPhaseHasTheTimeFromItsBeginToTheNext() {
        var watch = Stopwatch(at: 1000)
        watch.enters(.verify, at: 1010)
        watch.enters(.fetch, at: 1030)
        watch.enters(.verify, at: 1530)
        watch.enters(.policy, at: 1540)
        watch.enters(nil, at: 1545)
        let told = watch.stop(at: 1600)
        #expect(told.map(\.0) == [.verify, .fetch, .policy, .total])
        #expect(told.map(\.1) == [30, 500, 5, 600])
    }

    @Test func aPhaseThatEndsTheMessageIsToldToo() {
        var watch = Stopwatch(at: 0)
        watch.enters(.backend, at: 5)
        #expect(watch.stop(at: 12).map(\.1) == [7, 12])
    }
}
