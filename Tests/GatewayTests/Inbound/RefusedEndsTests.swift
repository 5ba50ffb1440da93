import Testing
import Transport

@testable import Gateway

/// The end of a share of which the backend does not want to hear.
@Suite struct RefusedEndsTests {
    /// As a Nextcloud does with a group's share that several of its members have taken.
    @Test(arguments: [true, false])
    func aShareThatItsOwnerTookBackIsOverWhereThatIsSigned(_ isSigned: Bool) async throws {
        let test = try await TestGateway()
        func post(_ target: String, _ text: String) async throws -> Answer {
            isSigned
                ? try await test.signedPost(target, text) : try await test.post(target, text)
        }
        test.backend.answers(201)
        #expect(try await post("/ocm/shares", Messages.share(from: "one.test")).status == 201)
        test.backend.answers(400, #"{"message":"Internal error"}"#)
        let answer = try await post("/ocm/notifications", Messages.notification())
        #expect((answer.status, answer.code) == (400, "not_delivered"))
        // Nobody waits for the end, which is on the disk when something after it is.
        try await test.gateway.store.commit(Change(write: { _ in }))
        #expect(test.gateway.registry.all.map { $0.ended != nil } == [isSigned])
    }
}
