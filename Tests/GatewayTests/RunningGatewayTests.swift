import Federation
import Testing

@testable import Gateway
@testable import Transport

@Suite struct RunningGatewayTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func configuration() throws -> Configuration {
        let text = """
            [site]
            origin = "https://cloud.test"
            [[listen]]
            address = "unix:\(scratch.path)/http.sock"
            [backend]
            url = "http://127.0.0.1:9"
            kind = "nextcloud"
            [signature]
            keys = "\(scratch.path)/keys"
            [policy]
            file = "\(scratch.path)/policy.toml"
            [state]
            url = "sqlite:\(scratch.path)/state.db"
            seal_key = "\(scratch.path)/seal.key"
            [journal]
            dir = "\(scratch.path)/journal"
            [log]
            level = "error"
            """
        return try Configuration(Array(text.utf8), file: scratch.file("config.toml"))
    }

    private static let policy =
        "version = 1\nname = \"p\"\nmode = \"enforce\"\nunknown = \"deny\"\ndefault = \"deny\"\n"

    @Test func itStartsServesAndLeavesItsStateToTheNext() async throws {
        try scratch.write(Self.policy, "policy.toml")
        for _ in 0..<2 {
            let running = try await RunningGateway.start(try configuration())
            #expect(
                running.server.addresses.map(\.description) == ["unix:\(scratch.path)/http.sock"])
            await running.stop(grace: .milliseconds(100))
        }
    }

    @Test func aSecondOneOnTheSameStateIsNotStartedAndTheFirstGoesOn() async throws {
        try scratch.write(Self.policy, "policy.toml")
        let first = try await RunningGateway.start(try configuration())
        await #expect(throws: StartFailure.self) {
            try await RunningGateway.start(try configuration())
        }
        #expect(first.gateway.store.isHealthy)
        await first.stop(grace: .milliseconds(100))
    }

    @Test(arguments: [
        ("version = \n", "policy.toml:1:"),
        (
            policy + "[[test]]\nname = \"t\"\ngiven = { on = \"share.in\", peer = \"a.test\" }\n"
                + "want = { action = \"allow\" }\n", "policy.toml:6:1: test \"t\" fails"
        ),
    ]) func aPolicyThatCannotBeReliedOnIsNoPolicy(_ text: String, _ place: String) async throws {
        try scratch.write(text, "policy.toml")
        do {
            _ = try await RunningGateway.start(try configuration())
            Issue.record("it started")
        } catch let failure as StartFailure {
            #expect(failure.description.contains(place), "\(failure)")
        }
    }
}
