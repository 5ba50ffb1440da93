import Dispatch
import Federation
import Testing

@testable import Gateway

@Suite struct BackgroundTests {
    private func world(_ policy: String) throws -> TestWorld {
        let world = try TestWorld()
        try world.scratch.write(policy, "policy.toml")
        return world
    }

    private static let head =
        "version = 1\nname = \"new\"\nmode = \"enforce\"\nunknown = \"deny\"\n"

    @Test func aNewPolicyIsInForceOnceItIsRead() async throws {
        let world = try world(Self.head + "default = \"deny\"\n")
        let before = world.gateway.policy.current.hash
        await world.gateway.reloadPolicy()
        #expect(world.gateway.policy.current.hash != before)
        world.gateway.log.flush()
        #expect(world.lines.all.joined().contains("gateway.reloaded"))
    }

    @Test(arguments: [
        ("default = ", "policy.toml:5:"), ("default = \"deny\"\nnonsense = 1\n", "nonsense"),
        (
            "default = \"deny\"\n[[test]]\nname = \"t\"\n"
                + "given = { on = \"share.in\", peer = \"a.test\" }\n"
                + "want = { action = \"allow\" }\n", "policy.toml:6:1: test"
        ),
    ]) func oneThatIsBrokenOrFailsItsTestsIsNot(_ text: String, _ problem: String) async throws {
        let world = try world(Self.head + text)
        let before = world.gateway.policy.current.hash
        await world.gateway.reloadPolicy()
        #expect(world.gateway.policy.current.hash == before)
        world.gateway.log.flush()
        let log = world.lines.all.joined()
        #expect(log.contains("gateway.reload-failed") && log.contains(problem), "\(log)")
    }

    /// Nobody needs to have asked for it.
    @Test(.timeLimit(.minutes(10))) func aFileThatIsNotReadForLongIsTold() async throws {
        let world = try TestWorld()
        let gateway = world.gateway
        let goesOn = DispatchSemaphore(value: 0)
        async let read = gateway.readAgain(tellingAfter: .milliseconds(1)) {
            goesOn.wait()
            return 7
        }
        do {
            defer { goesOn.signal() }
            var told = ""
            while !told.contains("configuration.kept") {
                try await Task.sleep(for: .milliseconds(1))
                gateway.log.flush()
                told = world.lines.all.joined()
            }
        }
        #expect(await read == 7)
    }

    @Test func oneThatIsGoneIsNot() async throws {
        let world = try TestWorld()
        let before = world.gateway.policy.current.hash
        await world.gateway.reloadPolicy()
        #expect(world.gateway.policy.current.hash == before)
    }

    @Test func aListThatOnlyARefusedPolicyNamesIsFollowed() async throws {
        let world = try world(
            Self.head + "default = \"deny\"\n[list.more]\nstanding = \"allow\"\n"
                + "source = \"more.list\"\n")
        let gateway = world.gateway
        let before = gateway.policy.current.hash
        await gateway.reloadPolicy()
        #expect(gateway.policy.current.hash == before)
        let (lists, list) = (gateway.listFiles(), world.scratch.file("more.list"))
        #expect(lists == [list] && gateway.policyStamps(lists)[list] == nil)
        try world.scratch.write("a.test\n", "more.list")
        #expect(gateway.policyStamps(lists)[list] != nil)
        await gateway.reloadPolicy()
        #expect(gateway.policy.current.hash != before)
    }
}
