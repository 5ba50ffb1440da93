import Federation
import Testing

@testable import Gateway

@Suite struct MessageTests {
    private let world: TestWorld

    init() throws { world = try TestWorld() }

    private func code(_ request: TestRequest, as kind: Received.Kind) throws -> DenialCode? {
        let received = try world.received(request, as: kind)
        do throws(Denial) {
            _ = try Message(received)
            return nil
        } catch { return error.code }
    }

    private static let share = Messages.share(from: "modern.test")

    @Test(arguments: [
        "application/json", "application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\"",
    ]) func jsonIsTaken(_ type: String) throws {
        #expect(try code(TestRequest("/", Self.share, type: type), as: .ocm(.shares)) == nil)
    }

    @Test(arguments: [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "",
        "application/json; charset=utf-16", "application/jsonx",
    ]) func anotherTypeIsRefused(_ type: String) throws {
        let request = TestRequest("/", Self.share, type: type)
        #expect(try code(request, as: .ocm(.shares)) == .unsupportedMediaType)
    }

    @Test func twoContentTypesAreNone() throws {
        var request = TestRequest("/", Self.share)
        request.add("content-type", "application/json")
        #expect(try code(request, as: .ocm(.shares)) == .unsupportedMediaType)
    }

    @Test(arguments: ["gzip", "identity", "deflate, gzip", ""])
    func aContentCodingIsRefused(_ coding: String) throws {
        var request = TestRequest("/", Self.share)
        request["content-encoding"] = coding
        #expect(try code(request, as: .ocm(.shares)) == .unsupportedMediaType)
    }

    @Test(arguments: ["/ocm/shares?shareWith=eve", "/ocm/shares?format=json&sender=x", "/?a=1&a=2"])
    func whatTheQuerySaysIsRefused(_ path: String) throws {
        #expect(try code(TestRequest(path, Self.share), as: .ocm(.shares)) == .malformedMessage)
    }

    @Test func theFormatMayStandInTheQuery() throws {
        #expect(
            try code(TestRequest("/ocm/shares?format=json", Self.share), as: .ocm(.shares)) == nil)
    }

    @Test func aFormIsNoShareAndJSONNoForm() throws {
        #expect(
            try code(TestRequest("/", "grant_type=x", type: "application/json"), as: .token)
                != nil)
        #expect(
            try code(
                TestRequest("/", "a=b", type: "application/x-www-form-urlencoded"),
                as: .ocm(.shares)) == .unsupportedMediaType)
        let invite = TestRequest(
            "/", Messages.inviteForm(from: "modern.test"),
            type: "application/x-www-form-urlencoded")
        #expect(try code(invite, as: .ocm(.inviteAccepted)) == nil)
        #expect(try code(invite, as: .ocm(.notifications)) == .unsupportedMediaType)
    }

    @Test func everyMessageKnowsItsSecrets() throws {
        let received = try world.received(TestRequest("/", Self.share))
        #expect(try Message(received).secrets.count == 1)
        let note = try world.received(
            TestRequest("/", Messages.notification()), as: .ocm(.notifications))
        #expect(try Message(note).secrets.count == 1)
        let invite = try world.received(
            TestRequest("/", Messages.invite(from: "modern.test")), as: .ocm(.inviteAccepted))
        #expect(try Message(invite).secrets.count == 1)
    }
}
