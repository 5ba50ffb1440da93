import Testing

@testable import Gateway

@Suite struct SingleFlightTests {
    @Test func whoComesMeanwhileGetsTheSameResult() async {
        let flight = SingleFlight<String, Int>()
        let runs = TestCounter()
        let comers = TestCounter()
        let results = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    comers.add()
                    return await flight.result(for: "a") {
                        runs.add()
                        // Until all are on their way, however busy the machine is.
                        for _ in 0..<3000 where comers.value < 50 {
                            try? await Task.sleep(for: .milliseconds(10))
                        }
                        try? await Task.sleep(for: .milliseconds(50))
                        return 7
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results == Array(repeating: 7, count: 50))
        #expect(runs.value == 1)
    }

    @Test func afterItIsOverTheWorkIsDoneAgain() async {
        let flight = SingleFlight<String, Int>()
        let runs = TestCounter()
        for _ in 0..<3 {
            _ = await flight.result(for: "a") { runs.add() }
        }
        #expect(runs.value == 3)
    }

    @Test func otherKeysDoNotWait() async {
        let flight = SingleFlight<String, Int>()
        let begun = TestCounter()
        let ended = TestCounter()
        async let slow = flight.result(for: "slow") {
            begun.add()
            // Until the other one is over, which it never is when it waits for this one.
            for _ in 0..<3000 where ended.value == 0 {
                try? await Task.sleep(for: .milliseconds(10))
            }
            return ended.value
        }
        for _ in 0..<3000 where begun.value == 0 {
            try? await Task.sleep(for: .milliseconds(10))
        }
        let quick = await flight.result(for: "quick") { 2 }
        ended.add()
        #expect(quick == 2)
        #expect(await slow == 1)
    }

    @Test func whoWaitsForAbandonedWorkHasItDoneAgain() async {
        let flight = SingleFlight<String, Int>()
        let (begun, runs) = (TestCounter(), TestCounter())
        let work = { @Sendable () async -> Int in
            let run = runs.add()
            begun.add()
            // The first is over when it is cancelled, never before.
            for _ in 0..<3000 where run == 1 && !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(10))
            }
            return run
        }
        async let waiting = flight.result(for: "a", work)
        for _ in 0..<3000 where begun.value == 0 { try? await Task.sleep(for: .milliseconds(10)) }
        async let running = flight.resultOfRunning("a")
        flight.abandon("other")
        flight.abandon("a")
        #expect(await waiting == 2)
        // Whoever came to it too late, or before it was abandoned, has nothing of it.
        #expect(await running != 1)
        #expect(await flight.resultOfRunning("a") == nil)
    }

    @Test func whatRunsCanBeWaitedForWithoutWorkOfOnesOwn() async {
        let flight = SingleFlight<String, Int>()
        let (begun, waiters) = (TestCounter(), TestCounter())
        async let result = flight.result(for: "a") {
            begun.add()
            for _ in 0..<3000 where waiters.value == 0 {
                try? await Task.sleep(for: .milliseconds(10))
            }
            try? await Task.sleep(for: .milliseconds(50))
            return 7
        }
        for _ in 0..<3000 where begun.value == 0 { try? await Task.sleep(for: .milliseconds(10)) }
        #expect(await flight.resultOfRunning("other") == nil)
        waiters.add()
        #expect(await flight.resultOfRunning("a") == 7)
        #expect(await result == 7)
        #expect(await flight.resultOfRunning("a") == nil)
    }
}
