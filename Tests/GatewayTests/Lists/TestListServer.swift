import Federation
import Foundation
import HTTPSignatures
import Logging
import OpenSSL
import Synchronization
import Transport

@testable import Gateway

/// A server of lists that a test plays: answers by URL, and what was asked.
final class TestListServer: Sendable {
    struct Page: Sendable {
        var status = 200
        var etag: String?
        var lastModified: String?
        var body: [UInt8]
    }

    private let state = Mutex(
        (pages: [String: Page](), failure: String?.none, asked: [ListRequest]()))

    /// What is at a URL from now on.
    func put(_ text: String, _ url: String = TestLists.url, etag: String? = nil, status: Int = 200)
    {
        state.withLock {
            $0.pages[url] = Page(status: status, etag: etag, body: Array(text.utf8))
            $0.failure = nil
        }
    }

    /// Nothing can be reached.
    func fail(_ reason: String?) { state.withLock { $0.failure = reason } }

    var asked: [ListRequest] { state.withLock { $0.asked } }

    func answer(_ request: ListRequest) -> ListAnswer {
        state.withLock { state in
            state.asked.append(request)
            if let failure = state.failure { return .failed(failure) }
            guard let page = state.pages[request.url.description] else {
                return .answered(status: 404, etag: nil, lastModified: nil, body: [])
            }
            if page.status == 200, let etag = page.etag, etag == request.etag {
                return .answered(status: 304, etag: etag, lastModified: nil, body: [])
            }
            return .answered(
                status: page.status, etag: page.etag, lastModified: page.lastModified,
                body: page.body)
        }
    }
}

/// A policy with one downloaded list, its keeper and its server.
struct TestLists {
    static let url = "https://lists.test/list.txt"

    let scratch: Scratch
    let server = TestListServer()
    let clock = TestClock()
    private let lines = TestLines()
    private let log: GatewayLog
    let policy: Policy

    /// The server has this text, with the signature beside it.
    func sign(_ text: String, _ key: PrivateKey, at time: Int) throws {
        server.put(text)
        server.put(
            try ListSigner(key, id: nil).detached(Array(text.utf8), now: time), Self.url + ".jws")
    }

    /// `keys/list.jwk`, or another file beside it, holds this key.
    func pin(_ key: PrivateKey, _ name: String = "list.jwk") throws {
        let jwk = JWK(try VerificationKey(key.publicKey), id: nil)
        let text = jwk.members.map { "\"\($0.name)\":\"\($0.value)\"" }.joined(separator: ",")
        try FileManager.default.createDirectory(
            atPath: scratch.file("keys"), withIntermediateDirectories: true)
        try scratch.write("{\(text)}", "keys/\(name)")
    }

    /// - Parameter keys: more keys of the list.
    init(
        standing: String = "block", format: String = "text", _ keys: String = "apply = \"all\"",
        in scratch: Scratch? = nil
    ) throws {
        self.scratch = try scratch ?? Scratch()
        let lines = lines
        log = GatewayLog(
            level: .debug, format: .json, milliseconds: { 0 },
            sink: {
                lines.add($0)
                return true
            })
        policy = try Self.policy(standing: standing, format: format, keys, in: self.scratch)
    }

    static func policy(
        standing: String = "block", format: String = "text", _ keys: String = "apply = \"all\"",
        in scratch: Scratch
    ) throws -> Policy {
        let text = """
            version = 1
            name = "p"
            unknown = "allow"
            [list.far]
            standing = "\(standing)"
            source = "\(url)"
            format = "\(format)"
            \(keys)
            [[rule]]
            name = "all"
            on = "*.in"
            action = "allow"
            """
        return try Policy(
            Array(text.utf8), file: scratch.file("policy.toml"), PolicyFiles { _ in nil })
    }

    /// A keeper on this folder, as after a start.
    func keeper(of owner: ListFolder.Owner = .policy) -> ListKeeper {
        let (clock, server) = (clock, server)
        let state = scratch.file("state.db")
        return ListKeeper(
            ListFolder(state: state, of: owner),
            .init(now: { clock.now }, fetch: { server.answer($0) }, random: { _ in 0 }),
            log: log,
            as: owner == .policy
                ? .policy(before: ListFolder(state: state, of: .candidate))
                : .candidate(CandidateFile("next.toml")))
    }

    /// The lines of one kind that were written.
    func told(_ message: LogMessage) -> [JSONObject] {
        log.flush()
        return lines.objects.filter { $0["message"]?.string == message.rawValue }
    }

    var list: PeerList { policy.lists[0] }

    func verdict(_ keeper: ListKeeper, _ peer: String) throws -> String {
        let filled = keeper.fill(policy)
        let facts = Facts.ordinary(
            Occasion(.share, .inbound), peer: PeerHost(peer), now: clock.now)
        let verdict = filled.evaluate(facts, room: Policy.roomForAll)
        return verdict.action == .allow ? "allow" : verdict.code ?? ""
    }
}
