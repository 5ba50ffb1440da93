import Federation
import HTTPSignatures
import OpenSSL
import Testing
import Transport

@testable import Gateway

/// Signatures of lists, and keys of publishers, that end.
@Suite struct ListEndTests {
    private let keys = "keys = [\"keys/list.jwk\"]"
    private let key: PrivateKey

    init() throws { key = try .generate(.ed25519) }

    /// The server has this text under an ETag, with a signature beside it that ends then.
    private func put(_ text: String, on lists: TestLists, etag: String, until end: Int?) throws {
        let end = end.map { ",\"exp\":\($0)" } ?? ""
        let header = "{\"alg\":\"EdDSA\",\"iat\":\(lists.clock.now)\(end)}"
        let protected = Base64.encodeURL(Array(header.utf8))
        let payload = Base64.encodeURL(Array(text.utf8))
        let signature = try key.sign(Array("\(protected).\(payload)".utf8), algorithm: .ed25519)
        lists.server.put(text, etag: etag)
        lists.server.put(
            "\(protected)..\(Base64.encodeURL(signature))", TestLists.url + ".jws")
    }

    private func pin(in lists: TestLists, until end: Int?) throws {
        try lists.pin(key)
        guard let end else { return }
        let jwk = JWK(try VerificationKey(key.publicKey), id: nil)
        let members = jwk.members.map { "\"\($0.name)\":\"\($0.value)\"" } + ["\"exp\":\(end)"]
        try lists.scratch.write("{\(members.joined(separator: ","))}", "keys/list.jwk")
    }

    /// Neither by a policy that lets everything take effect nor by a person: the whole answer would be
    /// refused by now.
    @Test(arguments: ["signature", "key"])
    func aDraftEndsWithItsSignatureAndItsKey(_ which: String) async throws {
        let lists = try TestLists("apply = \"drafts\"\n\(keys)")
        let end = lists.clock.now + 3600
        try pin(in: lists, until: which == "key" ? end : nil)
        try put(
            "bad.example\n", on: lists, etag: "\"1\"", until: which == "signature" ? end : nil)
        let keeper = lists.keeper()
        for _ in 0..<2 { #expect(await keeper.refresh(lists.list).word == .waits) }
        #expect(lists.server.asked.last?.etag == "\"1\"")
        lists.clock.pass(3600)
        let eased = try TestLists.policy("apply = \"all\"\n\(keys)", in: lists.scratch)
        for keeper in [keeper, lists.keeper()] {
            #expect(await keeper.refresh(eased.lists[0]).word == .failed)
            await #expect(throws: ListProblem.self) { try await keeper.approve(lists.list) }
            #expect(try lists.verdict(keeper, "good.example") == "list_unavailable")
        }
        try pin(in: lists, until: nil)
        try put("bad.example\n", on: lists, etag: "\"2\"", until: lists.clock.now + 3600)
        #expect(await keeper.refresh(eased.lists[0]).word == .taken)
        #expect(try lists.verdict(keeper, "bad.example") == "peer_blocked")
    }

    /// It stays, as whatever fails changes nothing, and is told; the same text signed anew is taken,
    /// though its ETag is the same, and so is a key that has no end any more.
    @Test(arguments: ["signature", "key"])
    func whatIsInForceWhenItsSignatureEndsIsAskedForWhole(_ which: String) async throws {
        let lists = try TestLists("apply = \"all\"\n\(keys)")
        let end = lists.clock.now + 3600
        try pin(in: lists, until: which == "key" ? end : nil)
        try put(
            "bad.example\n", on: lists, etag: "\"1\"", until: which == "signature" ? end : nil)
        let keeper = lists.keeper()
        #expect(await keeper.refresh(lists.list).word == .taken)
        #expect(await keeper.refresh(lists.list).word == .unchanged)
        #expect(lists.told(.listFailed).isEmpty)
        lists.clock.pass(3600)
        #expect(await keeper.refresh(lists.list).word == .failed)
        #expect(lists.told(.listFailed).count == 1)
        #expect(try lists.verdict(keeper, "bad.example") == "peer_blocked")
        try pin(in: lists, until: nil)
        try put("bad.example\n", on: lists, etag: "\"1\"", until: lists.clock.now + 3600)
        #expect(await keeper.refresh(lists.list).word == .unchanged)
        if which == "signature" {
            #expect(lists.server.asked.last?.url.description == TestLists.url + ".jws")
        }
        #expect(await keeper.refresh(lists.list).word == .unchanged)
        #expect(lists.server.asked.last?.etag == "\"1\"")
    }
}
