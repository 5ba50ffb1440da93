import Testing

@testable import OpenSSL

@Suite struct TLSTicketKeysTests {
    private let start = ContinuousClock.now

    @Test func aKeySealsForTwelveHours() {
        let keys = TLSTicketKeys()
        let first = keys.current(at: start)
        let later = keys.current(at: start + .seconds(12 * 3600 - 1))
        #expect(later.name == first.name)
        let next = keys.current(at: start + .seconds(12 * 3600))
        #expect(next.name != first.name)
        let secretsDiffer = next.cipher != first.cipher && next.mac != first.mac
        #expect(secretsDiffer)
    }

    @Test func aKeyOpensForTwelveHoursMore() {
        let keys = TLSTicketKeys()
        let first = keys.current(at: start)
        let second = keys.current(at: start + .seconds(12 * 3600))
        #expect(keys.key(named: first.name, at: start + .seconds(24 * 3600 - 1)) != nil)
        #expect(keys.key(named: first.name, at: start + .seconds(24 * 3600)) == nil)
        #expect(keys.key(named: second.name, at: start + .seconds(24 * 3600)) != nil)
        #expect(keys.key(named: [UInt8](repeating: 0, count: 16), at: start) == nil)
    }

    @Test func twoListenersHaveDifferentKeys() {
        #expect(TLSTicketKeys().current(at: start).name != TLSTicketKeys().current(at: start).name)
    }
}
