import Testing
import Transport

@testable import Gateway

@Suite struct SettlingTests {
    /// Sent again with something changed, the share has two records: its end is of both.
    @Test func theEndOfAShareWaitsForTheSameOneThatIsJudgedAgain() async throws {
        let test = try await TestGateway()
        test.backend.answers(201)
        let share = Messages.share(from: "one.test")
        #expect(try await test.signedPost("/ocm/shares", share).status == 201)
        let changed = share.replacing(#"["read"]"#, with: #"["read","write"]"#)
        // Its documents are asked for anew by now.
        test.pass(seconds: 601)
        test.world.net.forget()
        test.world.net.hold()
        async let shared = test.signedPost("/ocm/shares", changed).status
        while test.world.net.asked.isEmpty { await Task.yield() }
        async let ended = test.signedPost(
            "/ocm/notifications", Messages.notification(secret: nil)
        ).status
        // Long enough to find the older one, if it did not wait.
        try await Task.sleep(for: .milliseconds(200))
        test.world.net.release()
        #expect(try await shared == 201)
        #expect(try await ended == 201)
        #expect(test.gateway.registry.all.map { $0.ended != nil } == [true, true])
    }
}
