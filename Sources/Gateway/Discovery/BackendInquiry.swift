import Federation
import Transport

/// Asks the backend for its discovery document and its version.
struct BackendInquiry: Sendable {
    let backend: BackendServer
    /// Whether another place is to be asked.
    let isWanted: @Sendable () -> Bool

    /// The document, from the first of the places of its kind that has one, with the version that
    /// `status.php` tells; nil when none answers.
    func document(
        on loop: LoopHandle
    ) async -> (document: DiscoveryDocument, statusVersion: String?)? {
        for path in backend.kind.discoveryPaths {
            guard let body = await get(path, on: loop),
                let document = try? DiscoveryDocument(parsing: body)
            else { continue }
            return (document, await statusVersion(on: loop))
        }
        return nil
    }

    private func statusVersion(on loop: LoopHandle) async -> String? {
        switch backend.kind {
        case .nextcloud, .owncloud10:
            guard let body = await get("/status.php", on: loop),
                let status = try? JSONValue(parsing: body).object
            else { return nil }
            return status["version"]?.string
        case .ocis, .opencloud, .cernbox, .seafile, .generic: return nil
        }
    }

    /// The body of a 200; redirects are not followed, all places are tried anyway.
    private func get(_ path: String, on loop: LoopHandle) async -> [UInt8]? {
        guard isWanted(),
            let head = try? backend.head.probe(
                .get, target: path, authorization: nil, for: nil)
        else {
            return nil
        }
        let request = BufferedRequest(
            .get, head: head, body: nil, responseLimit: 256 << 10, deadline: .seconds(5))
        guard let response = try? await loop.exchange(request, with: backend.upstream),
            response.status == 200
        else { return nil }
        return response.body
    }
}
