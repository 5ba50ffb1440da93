import Federation
import Transport

/// Asks the backend for its discovery document and its version.
struct BackendInquiry: Sendable {
    let backend: BackendServer
    /// Whether another place is to be asked.
    let isWanted: @Sendable () -> Bool

    /// What was found, or what each of the places has said instead.
    enum Outcome: Sendable {
        case found(DiscoveryDocument, statusVersion: String?)
        case missing(String)
    }

    /// The document, from the first of the places of its kind that has one, with the version that
    /// `status.php` tells.
    func document(on loop: LoopHandle) async -> Outcome {
        var tried: [String] = []
        for path in backend.kind.discoveryPaths {
            do throws(Miss) {
                let body = try await get(path, on: loop)
                let document: DiscoveryDocument
                do { document = try DiscoveryDocument(parsing: body) } catch {
                    throw Miss("\(error)")
                }
                return .found(document, statusVersion: await statusVersion(on: loop))
            } catch { tried.append("\(path): \(error.text)") }
        }
        return .missing(tried.joined(separator: "; "))
    }

    /// What a place has said, for the log.
    private struct Miss: Error {
        let text: String

        init(_ text: String) { self.text = text }
    }

    private func statusVersion(on loop: LoopHandle) async -> String? {
        switch backend.kind {
        case .nextcloud, .owncloud10:
            guard let body = try? await get("/status.php", on: loop),
                let status = try? JSONValue(parsing: body).object
            else { return nil }
            return status["version"]?.string
        case .ocis, .opencloud, .cernbox, .seafile, .generic: return nil
        }
    }

    /// The body of a 200; redirects are not followed, all places are tried anyway.
    private func get(_ path: String, on loop: LoopHandle) async throws(Miss) -> [UInt8] {
        guard isWanted(),
            let head = try? backend.head.probe(
                .get, target: path, authorization: nil, for: nil)
        else { throw Miss("not asked") }
        let request = BufferedRequest(
            .get, head: head, body: nil, responseLimit: BackendServer.longestAnswer,
            deadline: .seconds(5))
        let response: BufferedResponse
        do { response = try await loop.exchange(request, with: backend.upstream) } catch {
            throw Miss(error.code)
        }
        guard response.status == 200 else { throw Miss("status \(response.status)") }
        return response.body
    }
}
