import Federation
import Testing

@testable import Gateway

@Suite struct LimitMeterTests {
    private let hash = SipHash(key: Array(0..<16))

    private func demand(
        _ holder: String, peer: String = "a.test", value: String = "", bytes: Int = 0
    ) -> LimitMeter.Demand {
        LimitMeter.Demand(
            holder: hash(holder), peer: hash(peer), value: hash(value), bytes: bytes)
    }

    private func rate(_ text: String, burst: Int) throws -> Limit.Measure {
        .rate(try #require(Rate(text)), burst: burst)
    }

    private func isTaken(_ answer: LimitMeter.Answer) -> Bool {
        if case .room = answer { true } else { false }
    }

    private func wait(_ answer: LimitMeter.Answer) -> Int? {
        if case .full(let seconds) = answer { seconds } else { nil }
    }

    @Test func aBurstPassesAndThenTheRate() throws {
        let meter = LimitMeter()
        let measure = try rate("60/min", burst: 120)
        for _ in 0..<120 {
            #expect(isTaken(meter.take(demand("a"), of: measure, now: 10)))
        }
        #expect(wait(meter.take(demand("a"), of: measure, now: 10)) == 1)
        #expect(wait(meter.take(demand("a"), of: measure, now: 10.5)) == 1)
        #expect(isTaken(meter.take(demand("a"), of: measure, now: 11)))
        #expect(wait(meter.take(demand("a"), of: measure, now: 11)) == 1)
        // Others have room of their own.
        #expect(isTaken(meter.take(demand("b"), of: measure, now: 11)))
    }

    @Test func whatItSaysAboutWhenIsTrue() throws {
        let meter = LimitMeter()
        let measure = try rate("2/day", burst: 2)
        for _ in 0..<2 { _ = meter.take(demand("a"), of: measure, now: 0) }
        let seconds = try #require(wait(meter.take(demand("a"), of: measure, now: 0)))
        #expect(seconds == 43_200)
        #expect(!isTaken(meter.take(demand("a"), of: measure, now: Double(seconds) - 1)))
        #expect(isTaken(meter.take(demand("a"), of: measure, now: Double(seconds))))
    }

    @Test func aClockThatStepsBackFillsNothing() throws {
        let meter = LimitMeter()
        let measure = try rate("1/min", burst: 1)
        #expect(isTaken(meter.take(demand("a"), of: measure, now: 100)))
        #expect(!isTaken(meter.take(demand("a"), of: measure, now: 10)))
        #expect(isTaken(meter.take(demand("a"), of: measure, now: 160)))
    }

    @Test func whatIsGivenBackWasNeverTaken() throws {
        let meter = LimitMeter()
        let measure = try rate("1/day", burst: 1)
        guard case .room(let receipt) = meter.take(demand("a"), of: measure, now: 0) else {
            Issue.record("no room")
            return
        }
        meter.giveBack(receipt)
        #expect(isTaken(meter.take(demand("a"), of: measure, now: 0)))
    }

    /// Whose length nobody told has used nothing when it begins, and is under way for long.
    @Test func whatPassesAfterItsHolderWasForgottenCounts() throws {
        let meter = LimitMeter()
        let measure = Limit.Measure.bytes(ByteCount(1000), period: .seconds(86_400))
        guard case .room(let receipt) = meter.take(demand("a"), of: measure, now: 0) else {
            Issue.record("no room")
            return
        }
        meter.sweep(measure, now: 30)
        #expect(meter.count == 0)
        guard
            case .counted(let count) = meter.add(
                5000, to: receipt, own: 0, of: measure, .counted, now: 31)
        else {
            Issue.record("not counted")
            return
        }
        // The size, and as much debt.
        #expect(count == 2000 && meter.count == 1)
        #expect(!isTaken(meter.take(demand("a"), of: measure, now: 31)))
        #expect(isTaken(meter.take(demand("b"), of: measure, now: 31)))
    }

    @Test func differentValuesAreCountedAndTheSameOnesAreNot() throws {
        let meter = LimitMeter()
        let measure = Limit.Measure.distinct(.recipient, try #require(Rate("3/day")))
        for name in ["x", "y", "z", "x", "y", "z", "x"] {
            #expect(isTaken(meter.take(demand("a", value: name), of: measure, now: 5)))
        }
        #expect(wait(meter.take(demand("a", value: "w"), of: measure, now: 105)) == 86_300)
        // One that is used again counts from then on.
        #expect(isTaken(meter.take(demand("a", value: "x"), of: measure, now: 1000)))
        #expect(isTaken(meter.take(demand("a", value: "w"), of: measure, now: 86_405)))
        #expect(isTaken(meter.take(demand("a", value: "v"), of: measure, now: 86_406)))
        #expect(wait(meter.take(demand("a", value: "u"), of: measure, now: 86_407)) == 993)
    }

    /// What is remembered of the oldest value stays right while values come again and go.
    @Test func theTimeUntilThereIsRoomIsThatOfTheOldestValue() throws {
        let meter = LimitMeter()
        let measure = Limit.Measure.distinct(.recipient, try #require(Rate("2/day")))
        #expect(isTaken(meter.take(demand("a", value: "x"), of: measure, now: 10)))
        #expect(isTaken(meter.take(demand("a", value: "y"), of: measure, now: 20)))
        for now in [30.0, 40] {
            #expect(
                wait(meter.take(demand("a", value: "z"), of: measure, now: now)) == 86_410
                    - Int(now))
        }
        #expect(isTaken(meter.take(demand("a", value: "z"), of: measure, now: 86_410)))
        #expect(wait(meter.take(demand("a", value: "w"), of: measure, now: 86_411)) == 9)
        #expect(isTaken(meter.take(demand("a", value: "w"), of: measure, now: 86_420)))
    }

    /// A message that was refused after all keeps no value longer, and takes none away that another
    /// message has brought since.
    @Test func aValueThatIsGivenBackCountsAsBefore() throws {
        let meter = LimitMeter()
        let measure = Limit.Measure.distinct(.recipient, try #require(Rate("2/day")))
        func take(_ value: String, _ now: Double) throws -> LimitMeter.Receipt {
            let answer = meter.take(demand("a", value: value), of: measure, now: now)
            guard case .room(let receipt) = answer else { throw NoRoom() }
            return receipt
        }
        _ = try take("x", 0)
        _ = try take("y", 70_000)
        meter.giveBack(try take("x", 80_000))
        #expect(wait(meter.take(demand("a", value: "z"), of: measure, now: 80_001)) == 6_399)
        let refused = try take("z", 90_000)
        _ = try take("z", 90_001)
        meter.giveBack(refused)
        #expect(!isTaken(meter.take(demand("a", value: "w"), of: measure, now: 90_002)))
    }

    private struct NoRoom: Error {}

    @Test func bytesAreCountedAndDebtsArePaid() {
        let meter = LimitMeter()
        let measure = Limit.Measure.bytes(ByteCount(1000), period: .seconds(100))
        #expect(isTaken(meter.take(demand("a", bytes: 600), of: measure, now: 0)))
        #expect(wait(meter.take(demand("a", bytes: 600), of: measure, now: 0)) == 20)
        // Nobody could ever send more than all at once, so that is what must be free.
        let other = meter.take(demand("b", bytes: 5000), of: measure, now: 0)
        guard case .room(let receipt) = other else {
            Issue.record("no room")
            return
        }
        // What was claimed beyond twice the size was not taken, so that it cannot be given back.
        #expect(receipt.amount == 2000)
        _ = meter.add(10_000, to: receipt, own: 0, of: measure, .counted, now: 0)
        // Twice the size at most, whatever was sent.
        #expect(wait(meter.take(demand("b"), of: measure, now: 0)) == 101)
    }

    /// What was used has a fraction as soon as some of it has run out.
    @Test func bytesThatThereIsRoomForAreCountedWithoutRounding() {
        let meter = LimitMeter()
        let measure = Limit.Measure.bytes(ByteCount(50 << 30), period: .seconds(86_400))
        guard case .room(let receipt) = meter.take(demand("a"), of: measure, now: 0) else {
            Issue.record("no room")
            return
        }
        for step in 1...1000 {
            let now = Double(step) * 0.001237
            guard
                case .counted(10_000) = meter.add(
                    10_000, to: receipt, own: 0, of: measure, .counted, now: now)
            else {
                Issue.record("less than all was counted at \(now)")
                return
            }
        }
    }

    @Test func placesAreGivenBack() {
        let meter = LimitMeter()
        let measure = Limit.Measure.concurrent(2)
        var receipts: [LimitMeter.Receipt] = []
        for _ in 0..<2 {
            if case .room(let receipt) = meter.take(demand("a"), of: measure, now: 0) {
                receipts.append(receipt)
            }
        }
        #expect(receipts.count == 2 && receipts.allSatisfy(\.isPlace))
        #expect(wait(meter.take(demand("a"), of: measure, now: 1e6)) == 1)
        meter.giveBack(receipts[0])
        #expect(isTaken(meter.take(demand("a"), of: measure, now: 1e6)))
        meter.giveBack(receipts[1])
        meter.giveBack(receipts[1])
        #expect(meter.count == 0)
    }

    @Test func namesThatAreMadeUpResetNothingAndShareOneBucket() throws {
        let meter = LimitMeter(capacity: 1000, perPeer: 100)
        let measure = try rate("50/day", burst: 50)
        for _ in 0..<50 { _ = meter.take(demand("mallory"), of: measure, now: 0) }
        var passed = 0
        for number in 0..<10_000
        where isTaken(
            meter.take(demand("made-up-\(number)"), of: measure, now: 1))
        { passed += 1 }
        // 99 buckets of their own, and one for all the rest.
        #expect(passed == 99 + 50)
        #expect(meter.count == 101)
        #expect(!isTaken(meter.take(demand("mallory"), of: measure, now: 2)))
        // Nobody else suffers.
        #expect(isTaken(meter.take(demand("alice", peer: "b.test"), of: measure, now: 2)))
    }

    @Test func manyPeersFillOnlyWhatThereIs() throws {
        let meter = LimitMeter(capacity: 1000, perPeer: 100)
        let measure = try rate("1/day", burst: 1)
        for number in 0..<5000 {
            _ = meter.take(demand("s\(number)", peer: "p\(number)"), of: measure, now: 0)
        }
        #expect(meter.count <= 1101)
        // What was used up stays so.
        #expect(!isTaken(meter.take(demand("s0", peer: "p0"), of: measure, now: 1)))
        // When it counts no more there is room again.
        #expect(isTaken(meter.take(demand("new", peer: "new"), of: measure, now: 86_401)))
        #expect(meter.count < 10)
    }

    @Test func valuesOfOnePeerDoNotTakeThoseOfOthers() throws {
        let meter = LimitMeter(capacity: 1000, perPeer: 100)
        let measure = Limit.Measure.distinct(.recipient, try #require(Rate("50/day")))
        for sender in 0..<100 {
            for recipient in 0..<50 {
                _ = meter.take(
                    demand("s\(sender)", value: "r\(recipient)"), of: measure, now: 0)
            }
        }
        #expect(isTaken(meter.take(demand("b", peer: "b.test", value: "x"), of: measure, now: 1)))
    }
}
