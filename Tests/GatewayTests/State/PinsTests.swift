import Testing

@testable import Gateway

@Suite struct PinsTests {
    private func key(_ id: String, _ print: String, _ source: String = "jwks") -> OfferedKey {
        OfferedKey(source: source, id: id, thumbprint: print)
    }

    private func pins(_ keys: OfferedKey...) -> [Pin] {
        keys.map { Pin(key: $0, firstSeen: 1, lastSeen: 1) }
    }

    @Test func ofNobodyAnythingIsFirstSight() {
        #expect(Pins.judge(pins: [], offered: [key("a", "1")]) == .firstSight)
    }

    @Test func theSameKeysOrFewerAreKnown() {
        let known = pins(key("a", "1"), key("b", "2"))
        #expect(Pins.judge(pins: known, offered: [key("a", "1"), key("b", "2")]) == .known)
        #expect(Pins.judge(pins: known, offered: [key("b", "2")]) == .known)
    }

    @Test func aNewKeyBesideAKnownOneIsVouchedFor() {
        let offered = [key("a", "1"), key("b", "2")]
        #expect(
            Pins.judge(pins: pins(key("a", "1")), offered: offered)
                == .continued(added: [key("b", "2")]))
    }

    @Test func aKnownKeyUnderANewNameIsNoSurprise() {
        #expect(
            Pins.judge(pins: pins(key("a", "1")), offered: [key("z", "1")])
                == .continued(added: [key("z", "1")]))
    }

    @Test func allKnownKeysGoneIsASurprise() {
        #expect(
            Pins.judge(pins: pins(key("a", "1")), offered: [key("b", "2")])
                == .surprise(.knownKeysGone))
        #expect(Pins.judge(pins: pins(key("a", "1")), offered: []) == .surprise(.knownKeysGone))
    }

    @Test func aKnownNameForAnotherKeyIsASurpriseWhateverIsBeside() {
        let offered = [key("a", "9"), key("b", "2")]
        #expect(
            Pins.judge(pins: pins(key("a", "1"), key("b", "2")), offered: offered)
                == .surprise(.nameReused))
    }

    @Test func oneNameInTwoSourcesIsTwoNames() {
        let offered = [key("a", "1"), key("a", "2", "discovery")]
        #expect(
            Pins.judge(pins: pins(key("a", "1")), offered: offered)
                == .continued(added: [key("a", "2", "discovery")]))
    }

    /// A named key beside another one would vouch for that in the next message.
    @Test func newKeysThatNobodyNamedAreFound() {
        let offered = [key("a", "1"), key("b", "2"), key("c", "3")]
        #expect(
            Pins.unnamed(offered, by: ["1"], pins: pins(key("z", "2"))) == [key("c", "3")])
        #expect(Pins.unnamed(offered, by: ["1", "3"], pins: pins(key("b", "2"))).isEmpty)
        #expect(Pins.unnamed(offered, by: ["1", "2", "3"], pins: []).isEmpty)
    }

    @Test func firstSightIsKeptAndWhatIsGoneGoes() {
        let merged = Pins.merged(
            pins: pins(key("a", "1"), key("b", "2"), key("c", "3", "discovery")),
            offered: [key("b", "2"), key("d", "4")], now: 9)
        #expect(Set(merged.map(\.key.id)) == ["b", "c", "d"])
        #expect(merged.first { $0.key.id == "b" }?.firstSeen == 1)
        #expect(merged.first { $0.key.id == "d" }?.firstSeen == 9)
    }
}
