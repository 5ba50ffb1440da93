import Federation
import OpenSSL
import Testing

@testable import Gateway

@Suite struct TokenLeaseTests {
    private var lease = TokenLease()
    private let token = PeerToken(Secret(utf8: "one"), asked: 1000, lifetime: 300)
    private static let offered = TokenLease.Demand.offered(Secret(utf8: "secret"))

    @Test mutating func withoutATokenOneIsAskedFor() {
        #expect(lease.next(.required, now: 1000).word == "ask")
        #expect(lease.next(Self.offered, now: 1000).word == "ask")
    }

    @Test mutating func aTokenServesUntilFourFifthsOfItsLifeAreOver() {
        lease.obtained(token)
        #expect(lease.next(.required, now: 1000).word == "use Bearer one")
        #expect(lease.next(.required, now: 1239).word == "use Bearer one")
        #expect(lease.next(.required, now: 1240).word == "renew Bearer one")
        #expect(lease.next(.required, now: 1241).word == "use Bearer one")
        #expect(lease.next(.required, now: 1300).word == "ask")
    }

    @Test mutating func theNextTokenTakesThePlaceOfTheOld() {
        lease.obtained(token)
        #expect(lease.next(.required, now: 1250).word == "renew Bearer one")
        lease.obtained(PeerToken(Secret(utf8: "two"), asked: 1250, lifetime: 300))
        #expect(lease.next(.required, now: 1301).word == "use Bearer two")
        #expect(lease.next(.required, now: 1490).word == "renew Bearer two")
    }

    @Test mutating func aRenewalThatFailsIsTriedAgainWhileTheTokenServes() {
        lease.obtained(token)
        #expect(lease.next(.required, now: 1240).word == "renew Bearer one")
        lease.failed(.unreachable("connect"), now: 1241)
        #expect(lease.next(.required, now: 1242).word == "use Bearer one")
        #expect(lease.next(.required, now: 1243).word == "renew Bearer one")
        lease.failed(.unreachable("connect"), now: 1299)
        #expect(lease.next(.required, now: 1300).word == "refuse unreachable 3")
    }

    @Test mutating func whereTokensAreDemandedAnOutageIsNotSurvivedByTheSecret() {
        lease.failed(.unreachable("connect"), now: 1000)
        #expect(lease.next(.required, now: 1001).word == "refuse unreachable 1")
        #expect(lease.next(.required, now: 1002).word == "ask")
        for _ in 0..<9 { lease.failed(.unreachable("connect"), now: 1000) }
        #expect(lease.next(.required, now: 1000).word == "refuse unreachable 30")
        lease.obtained(token)
        lease.failed(.unreachable("connect"), now: 1300)
        #expect(lease.next(.required, now: 1300).word == "refuse unreachable 2")
    }

    @Test mutating func aPeerThatRefusesItsOwnTokensIsAskedEverMoreSeldom() {
        var now = 1000
        var pauses: [String] = []
        for number in 0..<6 {
            #expect(lease.next(.required, now: now).word == "ask")
            let token = PeerToken(Secret(utf8: "\(number)"), asked: now, lifetime: 300)
            lease.obtained(token)
            lease.refused(token, now: now)
            guard case .refuse(.tokenRefused, let pause) = lease.next(.required, now: now) else {
                continue
            }
            pauses.append("\(pause)")
            now += pause
        }
        #expect(pauses == ["5", "10", "20", "40", "60"])
        // One that is refused long after is none of them.
        let late = PeerToken(Secret(utf8: "late"), asked: now, lifetime: 300)
        lease.obtained(late)
        lease.refused(late, now: now + 61)
        #expect(lease.next(.required, now: now + 61).word == "ask")
    }

    @Test(arguments: [
        ExchangeFailure.grantRefused, .clientRefused("x"), .unreachable("x"), .unusable("x"),
        .nowhere, .denied(Denial(.signingFailed)),
        .refused(Denial(.notAllowed), decision: "d1", under: TokenLease.policy),
    ])
    mutating func whereTokensAreOnlyOfferedTheSecretServes(_ failure: ExchangeFailure) {
        lease.failed(failure, now: 1000)
        #expect(lease.next(Self.offered, now: 1001).word == "secret")
        #expect(lease.next(Self.offered, now: 1100).word == "ask")
    }

    @Test(arguments: [PolicyHashes(text: "two", lists: nil), .init(text: "one", lists: "new")])
    mutating func whatAPolicyRefusesAnotherIsAsked(_ other: PolicyHashes) {
        lease.failed(
            .refused(Denial(.notAllowed), decision: "d1", under: TokenLease.policy), now: 1000)
        #expect(lease.next(.required, now: 1001).word == "refuse refused 4")
        #expect(lease.next(.required, now: 1001, under: other).word == "ask")
    }

    /// A peer that has no room may say when, and is not asked before; a minute is long enough.
    @Test(arguments: [(nil, 5), (2, 5), (12, 12), (3600, 60)])
    mutating func aPeerIsAskedAgainNoSoonerThanItWants(_ wanted: Int?, _ pause: Int) {
        lease.failed(.unusable("status 429", retryAfter: wanted), now: 1000)
        #expect(lease.next(.required, now: 1000).word == "refuse unusable \(pause)")
        #expect(lease.next(.required, now: 1000 + pause).word == "ask")
    }

    /// A full limit says when it has room: nobody waits longer, and each is told what is left of it.
    @Test(arguments: [(12, 12), (3600, 60)])
    mutating func whatALimitRefusesIsAskedForOnceItHasRoom(_ full: Int, _ pause: Int) {
        let failure = ExchangeFailure.refused(
            Denial(.limitExceeded, retryAfter: full), decision: "d1", under: TokenLease.policy)
        for _ in 0..<3 { lease.failed(failure, now: 1000) }
        #expect(lease.next(.required, now: 1000).word == "refuse refused \(full)")
        #expect(lease.next(.required, now: 1007).word == "refuse refused \(full - 7)")
        #expect(lease.next(.required, now: 1000 + pause - 1).word != "ask")
        #expect(lease.next(.required, now: 1000 + pause).word == "ask")
        #expect(failure.denial(retryAfter: 5).retryAfter == 5)
        let whole = ExchangeFailure.refused(
            Denial(.notAllowed), decision: "d1", under: TokenLease.policy)
        #expect(whole.denial(retryAfter: 5).retryAfter == nil)
    }

    @Test mutating func aCodeThatIsOverEndsItsTokens() {
        lease.obtained(token)
        lease.failed(.grantRefused, now: 1100)
        #expect(lease.next(.required, now: 1101).word == "refuse grantRefused 59")
        #expect(lease.next(.required, now: 1160).word == "ask")
    }

    @Test mutating func anotherTokenIsAskedForWhenOneIsRefused() {
        lease.obtained(token)
        lease.refused(token, now: 1010)
        #expect(lease.next(.required, now: 1010).word == "ask")
    }

    @Test mutating func twoTokensThatAreRefusedInAMinuteAreEnough() {
        lease.obtained(token)
        lease.refused(token, now: 1010)
        let second = PeerToken(Secret(utf8: "two"), asked: 1010, lifetime: 300)
        lease.obtained(second)
        lease.refused(second, now: 1011)
        #expect(lease.next(.required, now: 1011).word == "refuse tokenRefused 5")
        #expect(lease.next(Self.offered, now: 1011).word == "secret")
        #expect(lease.next(.required, now: 1016).word == "ask")
    }

    @Test mutating func aTokenThatHasBeenReplacedChangesNothingWhenItIsRefused() {
        lease.obtained(token)
        lease.obtained(PeerToken(Secret(utf8: "two"), asked: 1000, lifetime: 300))
        lease.refused(token, now: 1010)
        #expect(lease.next(.required, now: 1010).word == "use Bearer two")
    }

    @Test func aTokenIsNotShown() {
        var text = ""
        dump(token, to: &text)
        #expect(!text.contains("one"))
        #expect(!"\(token)".contains("one"))
    }
}

extension TokenLease {
    fileprivate static let policy = PolicyHashes(text: "one", lists: nil)

    fileprivate mutating func next(_ demand: Demand, now: Int) -> Step {
        next(demand, now: now, under: Self.policy)
    }
}

extension TokenLease.Step {
    fileprivate var word: String {
        switch self {
        case .use(let token): "use \(token.field)"
        case .useAndRenew(let token): "renew \(token.field)"
        case .ask: "ask"
        case .secret: "secret"
        case .refuse(let failure, let retryAfter):
            "refuse \("\(failure)".prefix { $0 != "(" }) \(retryAfter)"
        }
    }
}
