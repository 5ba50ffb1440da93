import Federation
import Testing

@Suite struct DeciderTests {
    @Test(
        arguments: [
            ("unknown", .unknown), ("default", .fallback), ("list:own", .list("own")),
            ("require:a: b", .requirement("a: b")), ("limit:few", .limit("few")),
            ("rule:all", .rule("all")), ("guard:key_changed", .guard(.keyChanged)),
            ("built-in:advertised-keys", .advertisedKeys), ("built-in:ping-pong", .pingPong),
            ("mode:report", .mode(.report)), ("mode:open", .mode(.open)), ("guard:other", nil),
            ("guard", .undecided), ("guard:own_site", .ownSite), ("", nil),
            ("peer_unknown: policy: unknown", nil), ("mode:x", nil),
        ] as [(String, Decider?)])
    func namesOfVerdictsAreRead(_ name: String, _ expected: Decider?) {
        #expect(Decider(name) == expected)
        #expect((expected?.name ?? name) == name)
    }

    @Test func everyGuardIsOne() {
        for code in DenialCode.allCases {
            #expect(Decider("guard:\(code.rawValue)") == .guard(code))
            #expect(Decider.guard(code).name == "guard:\(code.rawValue)")
            #expect(Decider.isGuard(Decider.guard(code).name))
        }
        // No other policy would decide otherwise.
        #expect(Decider.isGuard(Decider.ownSite.name))
    }
}
