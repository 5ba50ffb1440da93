import Federation
import OpenSSL
import Transport

extension Gateway {
    /// What the backend says of the root of shared data to whoever shows a secret, as a receiver of the
    /// share asks it (PROPFIND, `Depth: 0`).
    ///
    /// Refused: `invalid_grant` for a secret that is no user name of `Basic`, and what the exchange
    /// fails by.
    ///
    /// - Parameters:
    ///   - limit: bytes of the answer.
    ///   - deadline: until its last byte.
    ///   - asker: whether the backend is told for whom it is asked.
    func sharedProperties(
        by secret: Secret, limit: Int, deadline: Duration, for client: ClientConnection,
        asking asker: Asker, _ trail: Trail
    ) async throws(Denial) -> BufferedResponse {
        let view = backend.view
        // A Basic user ends at its colon: the backend would take a secret that we may know for it.
        guard !secret.text.utf8.contains(UInt8(ascii: ":")) else {
            throw Denial(.invalidGrant, "a code that no user name can be")
        }
        let shown: ClientConnection? =
            switch asker {
            case .client: client
            case .gateway: nil
            }
        let head = try backend.head.probe(
            .propfind, target: view.webdav + "/",
            authorization: DAVCredential.field(for: secret, view.backend.credential).text,
            for: shown)
        let request = BufferedRequest(
            .propfind, head: head, body: nil, responseLimit: limit, deadline: deadline,
            for: shown)
        trail.enters(.backend)
        defer { trail.enters(nil) }
        do { return try await client.loop.exchange(request, with: backend.upstream) } catch {
            throw Denial(error)
        }
    }
}
